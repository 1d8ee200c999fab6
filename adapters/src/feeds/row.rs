//! What every feed format is read into: one head, then rows. Nothing here names a format's fields.

use std::borrow::Cow;

use kvit_schemas::{Currency, Day, MessageId, Moment, Money};

use super::FileFormat;
use super::identity::Identity;
use super::totals::Declared;

/// Which way the money of a row went, seen from the account the file is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To us.
    Credit,
    /// From us.
    Debit,
}

/// What a row says of its money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowState {
    /// A payment system took it; it is not on the account yet.
    Accepted,
    /// It is on the account.
    Credited,
    /// It was taken back, as a whole.
    Reversed,
    /// No payment to us: a debit, or a line that moved nothing. Only control totals count it.
    Information,
}

/// One record of a file. Texts are decoded and hold no control characters but line feeds; none
/// of them was checked further, and an absent one is `None`, never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Number of the record in the file, from 1.
    pub row: u64,
    /// Where in the file the record begins.
    pub byte_offset: u64,
    /// The account the statement is about, as written.
    pub account: Option<String>,
    /// Which way the money went.
    pub direction: Direction,
    /// What is said of it.
    pub state: RowState,
    /// The gross amount that counts.
    pub amount: Money,
    /// What the payment system kept back of `amount`.
    pub withheld: Option<Money>,
    /// The part paid as a fine, when there is one. Whether `amount` includes it is the reader's
    /// [`AmountRule`](super::AmountRule).
    pub fine: Option<Money>,
    /// The payment's identity within its feed, by the format's own rule (DOMAIN.md 7.1).
    pub payment_id: MessageId,
    /// What gave `payment_id`.
    pub identity: Identity,
    /// When the payer paid; `None` when the file names a day only.
    pub paid_at: Option<Moment>,
    /// The day it was booked on the account.
    pub booked_on: Option<Day>,
    /// When it was taken back.
    pub reversed_at: Option<Moment>,
    /// Who paid.
    pub payer: Payer,
    /// The account the money went to.
    pub beneficiary_account: Option<String>,
    /// The names that others have for it.
    pub references: References,
    /// The number of the service it was paid for.
    pub service: Option<String>,
    /// The ERIP personal account, exactly as written.
    pub personal_account: Option<String>,
    /// Free text of the payer, put together again where the format cuts it.
    pub purpose: Option<String>,
    /// The one transfer by which its money came to the account together with that of other rows;
    /// on one row of each transfer at least.
    pub lump: Option<Lump>,
}

/// A transfer that brings the money of several payments (DOMAIN.md 7.2): another feed may show it
/// as one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lump {
    /// What the other feed calls it: the number of the bank's document, or the account and the
    /// bank's reference with `/` between them.
    pub reference: String,
    /// What was transferred, after what was withheld.
    pub amount: Money,
}

/// Who paid.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Payer {
    /// The name as written.
    pub name: Option<String>,
    /// The payer's number (UNP), without prefixes; its check digit is not checked.
    pub id: Option<String>,
    /// The account as written.
    pub account: Option<String>,
}

/// The names that others have for a payment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct References {
    /// ERIP's operation number.
    pub erip_operation: Option<String>,
    /// The operation number of the agent who took the money.
    pub agent_operation: Option<String>,
    /// The number of the bank's document: for a transfer of a payment system, the lump's.
    pub bank_document: Option<String>,
    /// The reference that the account's bank gave the transaction, the same in its notification
    /// and in its statement.
    pub bank_reference: Option<String>,
    /// What a statement without details would name the payment, where it is the only transaction
    /// of an entry and the bank gave each a reference of its own.
    pub bank_entry: Option<MessageId>,
    /// The identification that the banks gave the transaction between them (ISO 20022 `TxId`, else
    /// the instruction's).
    pub transaction: Option<String>,
    /// The reference of whoever ordered the payment, carried from end to end.
    pub end_to_end: Option<String>,
    /// References of the creditor in fields made for them: where an order code belongs.
    pub creditor: Vec<String>,
}

/// The most statements of one file whose identities are kept.
pub const STATEMENTS_MAX: usize = 10_000;

/// What a file says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileHead {
    /// The format it was read as.
    pub format: FileFormat,
    /// The kind within the format, such as `210` or `400`.
    pub kind: Cow<'static, str>,
    /// The account it is about; with several statements, that of the first.
    pub account: Option<String>,
    /// The payer number (UNP) of the account's holder.
    pub unp: Option<String>,
    /// The identities of its statements within the feed, where the format has them; complete
    /// after the last row, and at most [`STATEMENTS_MAX`].
    pub statement_identities: Vec<MessageId>,
    /// The account's currency; where only the rows name it, known after the first.
    pub currency: Option<Currency>,
    /// The control figures of a file that is one statement; complete after the last row.
    pub declared: Declared,
}
