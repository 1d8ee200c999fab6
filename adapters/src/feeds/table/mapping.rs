//! The declared layout of a table of payments: what an operator says of a bank's file, and the
//! proof that it can be read so.

use kvit_schemas::Currency;

use super::amounts::AmountFormat;
use super::column::Column;
use super::dates::DateFormat;
use super::text::TableCharset;
use crate::feeds::row::Direction;

/// What is said of a table, not yet checked as a whole. Absent texts and lists are empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableDraft {
    /// How values are told apart.
    pub kind: TableKind,
    /// The character set; `None` to tell by the bytes.
    pub charset: Option<TableCharset>,
    /// Lines before everything else that are not looked at.
    pub skip_lines: u32,
    /// A row names the columns: the first one that has all the names used here. Lines of fixed
    /// width have none.
    pub header: bool,
    /// How amounts are written.
    pub amounts: AmountFormat,
    /// Which way money went whose amount has no minus, where no column says it.
    pub plus: Direction,
    /// How dates are written; the first one that fits counts.
    pub dates: Vec<DateFormat>,
    /// The currency of rows that name none.
    pub currency: Option<Currency>,
    /// Where values stand.
    pub columns: Columns,
    /// What words in them mean.
    pub words: Words,
    /// Rows that are no payments.
    pub rows: Rows,
}

/// How the values of a row are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableKind {
    /// By a character between them.
    Delimited {
        /// That character.
        delimiter: u8,
        /// What a value with such characters in it is put between, where there is something.
        quote: Option<u8>,
    },
    /// By their place in the line.
    Fixed,
}

/// The columns of each value that is read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    /// The account that the row is about.
    pub account: Option<Column>,
    /// The day of booking, with or without a time.
    pub date: Option<Column>,
    /// The time of that day.
    pub time: Option<Column>,
    /// The amount, whichever way it went.
    pub amount: Option<Column>,
    /// The amount of money to us.
    pub credit: Option<Column>,
    /// The amount of money from us.
    pub debit: Option<Column>,
    /// The word that says which way `amount` went.
    pub direction: Option<Column>,
    /// The currency.
    pub currency: Option<Column>,
    /// The word that says whether it is booked.
    pub state: Option<Column>,
    /// The counterparty's name: the payer's, where money came.
    pub payer_name: Option<Column>,
    /// Its number (UNP).
    pub payer_id: Option<Column>,
    /// Its account.
    pub payer_account: Option<Column>,
    /// The account that money to us went to.
    pub beneficiary_account: Option<Column>,
    /// Free text; several columns are joined by line ends.
    pub purpose: Vec<Column>,
    /// The bank's own reference of the transaction.
    pub bank_reference: Option<Column>,
    /// The reference from end to end.
    pub end_to_end: Option<Column>,
    /// References of the creditor.
    pub creditor: Vec<Column>,
    /// The number of the bank's document.
    pub bank_document: Option<Column>,
    /// A payer's personal account with the creditor.
    pub personal_account: Option<Column>,
}

/// Words of columns. Letter case does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// In `direction`: to us.
    pub credit: Vec<String>,
    /// In `direction`: from us.
    pub debit: Vec<String>,
    /// In `state`: it is on the account.
    pub credited: Vec<String>,
    /// In `state`: it is not, yet.
    pub accepted: Vec<String>,
    /// In `state`: it was taken back.
    pub reversed: Vec<String>,
    /// In `state`: it moves nothing.
    pub information: Vec<String>,
}

/// Rows that are no payments, by their first value that is not empty (of fixed width: by how the
/// line begins). `*` at the end of a pattern stands for whatever follows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rows {
    /// Where given, only these are payments; others that nothing is said of are faults.
    pub data: Vec<String>,
    /// To be passed over.
    pub ignore: Vec<String>,
    /// Nothing is read from here on.
    pub end: Vec<String>,
    /// The row with totals.
    pub total: Vec<String>,
    /// In it: the number of payments.
    pub total_count: Option<Column>,
    /// In it: the sum of money to us.
    pub total_credits: Option<Column>,
    /// In it: the sum of money from us.
    pub total_debits: Option<Column>,
    /// The row with the balance before the first payment.
    pub opening: Vec<String>,
    /// In it: the balance.
    pub opening_balance: Option<Column>,
    /// The row with the balance after the last.
    pub closing: Vec<String>,
    /// In it: the balance.
    pub closing_balance: Option<Column>,
}

/// What is wrong with a mapping.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key} {what}")]
pub struct MappingProblem {
    /// The key, below that of the mapping.
    pub key: &'static str,
    /// The end of a sentence that begins with the key.
    pub what: String,
}

/// A mapping by which files can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableMapping(TableDraft);

impl TableMapping {
    /// Checks what is said against itself.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn new(draft: TableDraft) -> Result<Self, Vec<MappingProblem>> {
        let problems = super::lint::problems(&draft);
        if problems.is_empty() { Ok(Self(draft)) } else { Err(problems) }
    }

    /// What is said.
    pub fn get(&self) -> &TableDraft {
        &self.0
    }
}

impl TableDraft {
    /// The columns of payments with their keys, in the order of the settings.
    pub(super) fn payment_columns(&self) -> Vec<(&'static str, &Column)> {
        let it = &self.columns;
        let single = [
            ("columns.account", &it.account),
            ("columns.date", &it.date),
            ("columns.time", &it.time),
            ("columns.amount", &it.amount),
            ("columns.credit", &it.credit),
            ("columns.debit", &it.debit),
            ("columns.direction", &it.direction),
            ("columns.currency", &it.currency),
            ("columns.state", &it.state),
            ("columns.payer_name", &it.payer_name),
            ("columns.payer_id", &it.payer_id),
            ("columns.payer_account", &it.payer_account),
            ("columns.beneficiary_account", &it.beneficiary_account),
            ("columns.bank_reference", &it.bank_reference),
            ("columns.end_to_end", &it.end_to_end),
            ("columns.bank_document", &it.bank_document),
            ("columns.personal_account", &it.personal_account),
        ];
        let single = single.into_iter().filter_map(|(key, column)| Some((key, column.as_ref()?)));
        let purpose = it.purpose.iter().map(|column| ("columns.purpose", column));
        let creditor = it.creditor.iter().map(|column| ("columns.creditor", column));
        single.chain(purpose).chain(creditor).collect()
    }

    /// Every column, to put positions in the place of names.
    pub(super) fn all_columns(&mut self) -> impl Iterator<Item = &mut Column> {
        let Columns {
            account,
            date,
            time,
            amount,
            credit,
            debit,
            direction,
            currency,
            state,
            payer_name,
            payer_id,
            payer_account,
            beneficiary_account,
            purpose,
            bank_reference,
            end_to_end,
            creditor,
            bank_document,
            personal_account,
        } = &mut self.columns;
        let rows = &mut self.rows;
        let payment = [
            account,
            date,
            time,
            amount,
            credit,
            debit,
            direction,
            currency,
            state,
            payer_name,
            payer_id,
            payer_account,
            beneficiary_account,
            bank_reference,
            end_to_end,
            bank_document,
            personal_account,
        ];
        let control = [
            &mut rows.total_count,
            &mut rows.total_credits,
            &mut rows.total_debits,
            &mut rows.opening_balance,
            &mut rows.closing_balance,
        ];
        let lists = purpose.iter_mut().chain(creditor.iter_mut());
        payment.into_iter().chain(control).filter_map(Option::as_mut).chain(lists)
    }

    /// The columns of control figures with their keys, and the rows they stand in.
    pub(super) fn control_columns(&self) -> Vec<(&'static str, &Column, &'static str)> {
        let it = &self.rows;
        let all = [
            ("rows.total_count", &it.total_count, "rows.total"),
            ("rows.total_credits", &it.total_credits, "rows.total"),
            ("rows.total_debits", &it.total_debits, "rows.total"),
            ("rows.opening_balance", &it.opening_balance, "rows.opening"),
            ("rows.closing_balance", &it.closing_balance, "rows.closing"),
        ];
        all.into_iter()
            .filter_map(|(key, column, row)| Some((key, column.as_ref()?, row)))
            .collect()
    }
}

impl TableDraft {
    /// A delimited table of which only `kind`, and what nearly all have, is said.
    pub fn of_kind(kind: TableKind) -> Self {
        let amounts = AmountFormat { decimal: super::DecimalMark::Comma, thousands: None };
        Self {
            kind,
            charset: None,
            skip_lines: 0,
            header: kind != TableKind::Fixed,
            amounts,
            plus: Direction::Credit,
            dates: Vec::new(),
            currency: None,
            columns: Columns::default(),
            words: Words::default(),
            rows: Rows::default(),
        }
    }
}
