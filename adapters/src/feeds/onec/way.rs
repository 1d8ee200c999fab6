//! Which way the money of a document went, when, and whether it is on the account.

use kvit_schemas::Day;

use super::accounts::Accounts;
use super::document::Document;
use super::keys::Key;
use super::written;
use crate::feeds::error::{Fault, RowFault};
use crate::feeds::row::{Direction, RowState};

/// Which way the money went, seen from our accounts, with the place of the account.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    In(Option<usize>),
    Out(Option<usize>),
    /// From one of our accounts to one of ours.
    Within {
        from: usize,
        to: usize,
    },
}

impl Way {
    /// Which way the money went: by the accounts; where neither is ours, by what the bank filled
    /// in (FEEDS.md D 20).
    pub(super) fn of(document: &Document, accounts: &Accounts, days: &Days) -> Result<Self, Fault> {
        let ours =
            |keys: [Key; 2]| keys.into_iter().find_map(|key| accounts.find(document.get(key)?));
        let payee = ours([Key::PayeeAccount, Key::PayeeOwnAccount]);
        let payer = ours([Key::PayerAccount, Key::PayerOwnAccount]);
        let wrong = |detail: &str| Err(Fault::new(RowFault::Direction, detail));
        let side = match (document.turnover(Key::AmountIn), document.turnover(Key::AmountOut)) {
            (true, true) => return wrong("СуммаПриход and СуммаРасход at once"),
            (true, false) => Some(Direction::Credit),
            (false, true) => Some(Direction::Debit),
            (false, false) => match (days.received, days.spent) {
                (Some(_), None) => Some(Direction::Credit),
                (None, Some(_)) => Some(Direction::Debit),
                (Some(_), Some(_)) | (None, None) => None,
            },
        };
        match (payer, payee, side) {
            (Some(from), Some(to), _) => Ok(Self::Within { from, to }),
            (None, Some(to), Some(Direction::Credit) | None) => Ok(Self::In(Some(to))),
            // The payer's bank told when it took the money, ours has not got it yet.
            (None, Some(to), Some(Direction::Debit)) if !document.turnover(Key::AmountOut) => {
                Ok(Self::In(Some(to)))
            }
            (Some(from), None, Some(Direction::Debit) | None) => Ok(Self::Out(Some(from))),
            (None, None, Some(Direction::Credit)) => Ok(Self::In(accounts.only())),
            (None, None, Some(Direction::Debit)) => Ok(Self::Out(accounts.only())),
            (Some(_), None, Some(Direction::Credit)) | (None, Some(_), Some(Direction::Debit)) => {
                wrong("the accounts say one direction, the bank's fields another")
            }
            (None, None, None) => wrong("neither account is one of the file's"),
        }
    }
}

/// The dates of a document.
pub(super) struct Days {
    pub(super) document: Option<Day>,
    booked: Option<Day>,
    received: Option<Day>,
    spent: Option<Day>,
}

impl Days {
    pub(super) fn of(document: &Document) -> Result<Self, Fault> {
        let day = |key| match document.get(key) {
            Some(text) => {
                written::day(text).ok_or_else(|| Fault::value(RowFault::Date, key.name(), text))
            }
            None => Ok(None),
        };
        Ok(Self {
            document: day(Key::Day)?,
            booked: day(Key::BookedDay)?,
            received: day(Key::ReceivedDay)?,
            spent: day(Key::SpentDay)?,
        })
    }

    /// What is said of the money, and the day of booking.
    ///
    /// Money is on the account from `ДатаПоступило` on. Without it a document of a bank's
    /// statement is booked on its own day all the same, unless the payer's bank alone told when
    /// it took the money; one of a batch of orders is no payment yet.
    pub(super) fn state(&self, way: Way, is_statement: bool) -> (RowState, Option<Day>) {
        match way {
            Way::Within { .. } => {
                (RowState::Information, self.received.or(self.booked).or(self.document))
            }
            Way::Out(_) => (RowState::Information, self.spent.or(self.booked).or(self.document)),
            Way::In(_) => match self.received.or(self.booked) {
                Some(day) => (RowState::Credited, Some(day)),
                None if self.spent.is_some() => (RowState::Accepted, self.document),
                None if is_statement => (RowState::Credited, self.document),
                None => (RowState::Information, self.document),
            },
        }
    }

    /// True for money that the account's balance counts.
    pub(super) fn is_booked(&self, way: Way, state: RowState, is_statement: bool) -> bool {
        match way {
            Way::In(_) => state == RowState::Credited,
            Way::Out(_) => is_statement || self.spent.is_some() || self.booked.is_some(),
            Way::Within { .. } => true,
        }
    }
}
