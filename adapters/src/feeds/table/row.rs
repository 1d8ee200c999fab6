//! The values of a row → one payment.

use kvit_schemas::{Currency, Day, Money};

use super::amounts::{Signed, named_currency};
use super::column::Column;
use super::dates::DayAndTime;
use super::mapping::TableDraft;
use super::names::{Names, Said};
use super::records::Cells;
use crate::feeds::error::{Fault, RowFault};
use crate::feeds::row::{Direction, Payer, References, Row, RowState};
use crate::feeds::totals::Entry;
use crate::feeds::values::{currency, time_of};

/// The most characters of a name, a number or a reference; real ones stay below 200.
const VALUE_CHARS_MAX: usize = 1024;

/// A row that is being read.
pub(super) struct RowReader<'a> {
    pub(super) draft: &'a TableDraft,
    pub(super) cells: &'a Cells,
}

/// What a row says of its money: what the sums of a file need.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moved {
    pub(super) direction: Direction,
    pub(super) money: Money,
    pub(super) state: RowState,
    /// It is on the account.
    pub(super) booked: bool,
}

impl Moved {
    pub(super) fn entry(self) -> Entry {
        Entry { direction: self.direction, amount: self.money, booked: self.booked }
    }
}

impl RowReader<'_> {
    fn get(&self, column: &Option<Column>) -> Option<&str> {
        self.cells.get(column.as_ref()?)
    }

    fn owned(&self, column: &Option<Column>) -> Option<String> {
        let text = self.get(column)?;
        Some(text.chars().take(VALUE_CHARS_MAX).collect())
    }

    /// The money, and whether it is on the account.
    pub(super) fn moved(&self) -> Result<Moved, Fault> {
        let currency = self.currency()?;
        let (direction, money) = self.money(currency)?;
        let word = self.state()?;
        let booked = matches!(word, RowState::Credited | RowState::Reversed);
        let state = match (word, direction) {
            (RowState::Credited, Direction::Credit) if money.is_zero() => RowState::Information,
            (RowState::Accepted | RowState::Credited | RowState::Reversed, Direction::Debit) => {
                RowState::Information
            }
            (state, _) => state,
        };
        Ok(Moved { direction, money, state, booked })
    }

    fn currency(&self) -> Result<Currency, Fault> {
        if let Some(text) = self.get(&self.draft.columns.currency) {
            let named = currency(text).or_else(|| currency(&text.to_ascii_uppercase()));
            return named
                .or_else(|| named_currency(text))
                .ok_or_else(|| Fault::value(RowFault::Currency, "the currency", text));
        }
        let missing = || Fault::new(RowFault::Currency, "no currency is named");
        self.draft.currency.ok_or_else(missing)
    }

    fn money(&self, currency: Currency) -> Result<(Direction, Money), Fault> {
        let columns = &self.draft.columns;
        if columns.amount.is_none() {
            return self.sides(currency);
        }
        let signed = self.amount("amount", &columns.amount, currency)?;
        let signed = signed.ok_or_else(|| Fault::new(RowFault::Missing, "amount is missing"))?;
        if columns.direction.is_none() {
            let direction = match (signed.negative, self.draft.plus) {
                (false, plus) => plus,
                (true, Direction::Credit) => Direction::Debit,
                (true, Direction::Debit) => Direction::Credit,
            };
            return Ok((direction, signed.money));
        }
        let direction = self.direction()?;
        if signed.negative && direction == Direction::Credit {
            let what = "an amount is below zero, and its direction is credit";
            return Err(Fault::new(RowFault::Direction, what));
        }
        Ok((direction, signed.money))
    }

    fn direction(&self) -> Result<Direction, Fault> {
        let words = &self.draft.words;
        let Some(word) = self.get(&self.draft.columns.direction) else {
            return Err(Fault::new(RowFault::Direction, "the direction is missing"));
        };
        if is_among(&words.credit, word) {
            Ok(Direction::Credit)
        } else if is_among(&words.debit, word) {
            Ok(Direction::Debit)
        } else {
            Err(Fault::value(RowFault::Direction, "the direction", word))
        }
    }

    /// The money of separate columns; what came must not be below zero, what went may be.
    fn sides(&self, currency: Currency) -> Result<(Direction, Money), Fault> {
        let columns = &self.draft.columns;
        let credit = self.amount("credit", &columns.credit, currency)?;
        let debit = self.amount("debit", &columns.debit, currency)?;
        if credit.is_some_and(|credit| credit.negative && !credit.money.is_zero()) {
            return Err(Fault::new(RowFault::Direction, "a credit is below zero"));
        }
        let filled = |side: Option<Signed>| side.filter(|side| !side.money.is_zero());
        match (filled(credit), filled(debit)) {
            (Some(credit), None) => Ok((Direction::Credit, credit.money)),
            (None, Some(debit)) => Ok((Direction::Debit, debit.money)),
            (Some(_), Some(_)) => {
                Err(Fault::new(RowFault::Direction, "a row is debit and credit at once"))
            }
            (None, None) if credit.or(debit).is_some() => {
                Ok((Direction::Credit, Money::zero(currency)))
            }
            (None, None) => Err(Fault::new(RowFault::Missing, "credit and debit are missing")),
        }
    }

    fn amount(
        &self,
        name: &str,
        column: &Option<Column>,
        currency: Currency,
    ) -> Result<Option<Signed>, Fault> {
        self.whole(name, column)?;
        let text = self.get(column);
        text.map(|text| self.draft.amounts.read(name, text, currency)).transpose()
    }

    /// A line that ends inside a number would give another number.
    fn whole(&self, name: &str, column: &Option<Column>) -> Result<(), Fault> {
        if column.as_ref().is_some_and(|column| self.cells.cuts(column)) {
            return Err(Fault::new(RowFault::Layout, format!("the line ends inside {name}")));
        }
        Ok(())
    }

    /// What the state's word means: `Credited` where there is none, booked money either way.
    fn state(&self) -> Result<RowState, Fault> {
        let words = &self.draft.words;
        if self.draft.columns.state.is_none() {
            return Ok(RowState::Credited);
        }
        let Some(word) = self.get(&self.draft.columns.state) else {
            return Err(Fault::new(RowFault::State, "the state is missing"));
        };
        let known = [
            (&words.credited, RowState::Credited),
            (&words.accepted, RowState::Accepted),
            (&words.reversed, RowState::Reversed),
            (&words.information, RowState::Information),
        ];
        let known = known.into_iter().find(|(words, _)| is_among(words, word));
        known
            .map(|(_, state)| state)
            .ok_or_else(|| Fault::value(RowFault::State, "the state", word))
    }

    /// The day and the time of it; of money that is not on the account there may be none.
    fn date(&self, state: RowState) -> Result<Option<DayAndTime>, Fault> {
        let columns = &self.draft.columns;
        self.whole("date", &columns.date)?;
        match self.get(&columns.date) {
            Some(text) => {
                let read = self.draft.dates.iter().find_map(|format| format.read(text));
                read.map(Some).ok_or_else(|| Fault::value(RowFault::Date, "date", text))
            }
            None if state == RowState::Accepted => Ok(None),
            None => Err(Fault::new(RowFault::Missing, "date is missing")),
        }
    }

    /// The payment: what the row says beside its money.
    pub(super) fn row(
        &self,
        (number, offset): (u64, u64),
        moved: Moved,
        names: &mut Names,
    ) -> Result<Row, Fault> {
        let Moved { direction, money, state, booked: _ } = moved;
        let columns = &self.draft.columns;
        let date = self.date(state)?;
        let day = date.map(|date| date.day);
        let paid_at = match (day, self.get(&columns.time)) {
            (Some(day), Some(text)) => {
                Some(time_of(day, text).ok_or_else(|| Fault::value(RowFault::Date, "time", text))?)
            }
            (Some(_), None) | (None, _) => date.and_then(DayAndTime::moment),
        };
        // What is not booked has no day of booking: the day is all that is known of its payment.
        let is_booked = state != RowState::Accepted;
        let paid_at = paid_at.or_else(|| day.filter(|_| !is_booked).map(Day::start));
        let (payer, beneficiary_account) = self.parties(direction);
        let (references, purpose) = (self.references(), self.purpose());
        let counterparty = [payer.name.as_deref(), self.get(&columns.payer_account)];
        let said = Said { moved, day, paid_at, counterparty, purpose: purpose.as_deref() };
        let account = self.get(&columns.account).unwrap_or("");
        let (payment_id, identity) = names.of(account, &references, &said);
        Ok(Row {
            row: number,
            byte_offset: offset,
            account: self.owned(&columns.account),
            direction,
            state,
            amount: money,
            withheld: None,
            fine: None,
            payment_id,
            identity,
            paid_at,
            booked_on: day.filter(|_| is_booked),
            reversed_at: None,
            payer,
            beneficiary_account,
            references,
            service: None,
            personal_account: self.owned(&columns.personal_account),
            purpose,
            lump: None,
        })
    }

    /// Who paid, and to which account: the counterparty to us, or we to the counterparty.
    fn parties(&self, direction: Direction) -> (Payer, Option<String>) {
        let columns = &self.draft.columns;
        let counterparty = self.owned(&columns.payer_account);
        match direction {
            Direction::Credit => {
                let (name, id) = (self.owned(&columns.payer_name), self.owned(&columns.payer_id));
                let ours = self.owned(&columns.beneficiary_account);
                let ours = ours.or_else(|| self.owned(&columns.account));
                (Payer { name, id, account: counterparty }, ours)
            }
            Direction::Debit => {
                let account = self.owned(&columns.account);
                (Payer { name: None, id: None, account }, counterparty)
            }
        }
    }

    fn references(&self) -> References {
        let columns = &self.draft.columns;
        let creditor = columns.creditor.iter().filter_map(|column| self.cells.get(column));
        References {
            erip_operation: None,
            agent_operation: None,
            transaction: None,
            bank_entry: None,
            bank_document: self.reference(&columns.bank_document),
            bank_reference: self.reference(&columns.bank_reference),
            end_to_end: self.reference(&columns.end_to_end),
            creditor: creditor.filter(|text| is_reference(text)).map(str::to_owned).collect(),
        }
    }

    fn reference(&self, column: &Option<Column>) -> Option<String> {
        self.owned(column).filter(|text| is_reference(text))
    }

    fn purpose(&self) -> Option<String> {
        let parts: Vec<&str> =
            self.draft.columns.purpose.iter().filter_map(|it| self.cells.get(it)).collect();
        (!parts.is_empty()).then(|| parts.join("\n"))
    }
}

/// Not one of the words by which banks say that there is none.
fn is_reference(text: &str) -> bool {
    !["NOTPROVIDED", "NONREF", "NOT PROVIDED"].iter().any(|none| text.eq_ignore_ascii_case(none))
        && text.chars().any(|c| !matches!(c, '0' | '-' | ' '))
}

fn is_among(words: &[String], word: &str) -> bool {
    let word = Column::plain_name(word);
    words.iter().any(|known| Column::plain_name(known) == word)
}
