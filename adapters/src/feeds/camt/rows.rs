//! From an entry and its transactions to rows.

use std::fmt::Write;

use kvit_schemas::{Day, MessageId, Money};

use super::draft::{Entry, Status, Transaction};
use super::paid::{self, Paid};
use crate::feeds::error::Fault;
use crate::feeds::identity::{Identifier, Identity, Names, message_id};
use crate::feeds::row::{Direction, Lump, Payer, References, Row, RowState};

/// What the message and the statement say of all their rows.
pub(super) struct Context<'a> {
    /// A statement (camt.053): it has booked entries only.
    pub(super) is_statement: bool,
    pub(super) account: Option<&'a str>,
    /// The day of entries that name none.
    pub(super) day: Option<Day>,
}

/// The state of an entry's money, if it is money to us.
///
/// `Sts` must be there in each version of the three messages. Where it is missing, a statement's
/// entries are booked, for it has no others by its definition; reports and notifications also
/// tell of what is only expected. What a bank says in words of its own is not known to be booked.
pub(super) fn state(status: Option<Status>, is_statement: bool) -> RowState {
    match status {
        Some(Status::Booked) => RowState::Credited,
        Some(Status::Pending | Status::Unknown) => RowState::Accepted,
        Some(Status::Unmoved | Status::Failed) => RowState::Information,
        None if is_statement => RowState::Credited,
        None => RowState::Accepted,
    }
}

impl Context<'_> {
    /// The row of a transaction and what its entry should be by it; `only` when it is the whole
    /// entry. The inner error is that of one that is no money to us: nothing is lost with it.
    pub(super) fn row(
        &self,
        (entry, money): (&Entry, (Direction, Money)),
        mut paid: Transaction,
        only: bool,
        identifier: &mut Identifier,
    ) -> Result<Result<(Row, Money), Fault>, Fault> {
        let direction = match paid.direction.take() {
            Some(direction) => direction?,
            None => money.0,
        };
        let state = self.state_of(entry, &paid, direction);
        if only && let Some(text) = &entry.information {
            paid.add_purpose(text);
        }
        let read = self.read(entry, &mut paid, (direction, money.1), only);
        let (Paid { amount, withheld, said }, booked_on) = match (read, state) {
            (Ok(read), _) => read,
            (Err(fault), RowState::Information) => return Ok(Err(fault)),
            (Err(fault), RowState::Accepted | RowState::Credited | RowState::Reversed) => {
                return Err(fault);
            }
        };
        // Nothing was moved.
        let state = if amount.is_zero() { RowState::Information } else { state };
        // A statement without details knows only what the account got.
        let moved = if withheld.is_some() { money.1 } else { amount };
        let (payment_id, identity) =
            self.identify((entry, &paid), (direction, moved), booked_on, identifier);
        let named = identity == Identity::BankReference && only;
        let bank_entry = if named { self.named_by_entry(entry, &paid, moved) } else { None };
        let references = references(entry, &mut paid, only, bank_entry);
        let account = self.account.map(str::to_owned);
        let ours = || account.clone().filter(|_| direction == Direction::Credit);
        let row = Row {
            row: 0,
            byte_offset: paid.offset,
            direction,
            state,
            amount,
            withheld,
            fine: None,
            payment_id,
            identity,
            paid_at: paid.accepted_at,
            booked_on,
            reversed_at: None,
            payer: Payer {
                name: paid.debtor_name.or(paid.ultimate_debtor_name),
                id: paid.debtor_id,
                account: paid.debtor_account,
            },
            beneficiary_account: paid.creditor_account.or_else(ours),
            references,
            service: None,
            personal_account: None,
            purpose: Some(paid.purpose).filter(|purpose| !purpose.is_empty()),
            lump: if only { None } else { self.lump(entry, money, state) },
            account,
        };
        Ok(Ok((row, said)))
    }

    /// How much was paid, and when it was booked.
    fn read(
        &self,
        entry: &Entry,
        paid: &mut Transaction,
        money: (Direction, Money),
        only: bool,
    ) -> Result<(Paid, Option<Day>), Fault> {
        if let Some(fault) = paid.fault.take() {
            return Err(fault);
        }
        let read = match &entry.fault {
            Some(fault) if only => return Err(fault.clone()),
            Some(_) | None if only => paid::as_whole(entry, paid, money),
            Some(_) | None => paid::in_part(paid, money.1),
        };
        Ok((read?, self.booked_on(entry)?))
    }

    fn identify(
        &self,
        (entry, paid): (&Entry, &Transaction),
        money: (Direction, Money),
        day: Option<Day>,
        identifier: &mut Identifier,
    ) -> (MessageId, Identity) {
        let bank = paid.bank_reference.as_ref().or(entry.bank_reference.as_ref());
        // Entries may share a reference, as a payment and its fee do; not with the same amount.
        let bank = bank.map(|bank| named(bank, money.1));
        let names = Names { bank: bank.as_deref(), end_to_end: paid.end_to_end.as_deref() };
        let said =
            if identifier.needs_content(names) { said(paid, money, day) } else { String::new() };
        identifier.identify(self.account.unwrap_or(""), names, &said)
    }

    /// The name of an entry, where its only transaction has another.
    fn named_by_entry(
        &self,
        entry: &Entry,
        paid: &Transaction,
        amount: Money,
    ) -> Option<MessageId> {
        let reference = entry.bank_reference.as_ref()?;
        let own = paid.bank_reference.as_ref().filter(|own| *own != reference);
        let account = self.account.unwrap_or("");
        own.map(|_| message_id(format!("{account}/{}", named(reference, amount))))
    }

    /// A credit that is taken back was a debit of ours; a debit that is taken back was a payment.
    fn state_of(&self, entry: &Entry, paid: &Transaction, direction: Direction) -> RowState {
        let state = state(entry.status, self.is_statement);
        match (direction, entry.reversal) {
            (Direction::Credit, false) if !paid.returned => state,
            (Direction::Debit, true) if state == RowState::Credited => RowState::Reversed,
            (Direction::Credit | Direction::Debit, _) => RowState::Information,
        }
    }

    /// What a statement without details shows of a batch's payments.
    fn lump(&self, entry: &Entry, money: (Direction, Money), state: RowState) -> Option<Lump> {
        let reference = entry.bank_reference.as_ref()?;
        let is_one = money.0 == Direction::Credit && state == RowState::Credited;
        let reference = format!("{}/{reference}", self.account.unwrap_or(""));
        is_one.then_some(Lump { reference, amount: money.1 })
    }

    fn booked_on(&self, entry: &Entry) -> Result<Option<Day>, Fault> {
        match (&entry.booked_on, &entry.value_on) {
            (Some(Ok(day)), _) | (None, Some(Ok(day))) => Ok(Some(*day)),
            (Some(Err(fault)), _) | (None, Some(Err(fault))) => Err(fault.clone()),
            (None, None) => Ok(self.day),
        }
    }
}

/// Takes the names of a transaction. The entry's reference is that of its document, unless it is
/// the transaction's own.
fn references(
    entry: &Entry,
    paid: &mut Transaction,
    only: bool,
    bank_entry: Option<MessageId>,
) -> References {
    let own = paid.bank_reference.take();
    let document = !only || bank_entry.is_some();
    let of_entry = |is: bool| entry.bank_reference.as_ref().filter(|_| is).cloned();
    References {
        transaction: paid.transaction_id.take().or(paid.instruction_id.take()),
        bank_document: of_entry(document),
        bank_reference: own.or_else(|| of_entry(only)),
        bank_entry,
        end_to_end: paid.end_to_end.take(),
        creditor: std::mem::take(&mut paid.creditor_references),
        ..References::default()
    }
}

/// The bank's name of a transaction or an entry on its account.
fn named(reference: &str, amount: Money) -> String {
    format!("{reference}/{}", amount.amount())
}

/// All that is known of a transaction whose bank gave it no reference. Nothing of it differs
/// between a report of the day and the statement of the next.
fn said(paid: &Transaction, money: (Direction, Money), day: Option<Day>) -> String {
    let mut said = String::new();
    if let Some(day) = day {
        // Writing to a string cannot fail.
        let _ = write!(said, "{day}");
    }
    let _ = write!(said, "\n{:?}\n{}", money.0, money.1);
    let texts = [
        &paid.end_to_end,
        &paid.transaction_id,
        &paid.instruction_id,
        &paid.uetr,
        &paid.debtor_name,
        &paid.debtor_account,
        &paid.creditor_account,
    ];
    for text in texts {
        let _ = write!(said, "\n{}", text.as_deref().unwrap_or(""));
    }
    for text in paid.creditor_references.iter().chain([&paid.purpose]) {
        let _ = write!(said, "\n{text}");
    }
    said
}
