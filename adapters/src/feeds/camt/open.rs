//! The entry that is being read, with its transactions that wait, and whose direction they have.

use kvit_schemas::{Currency, Money};

use super::draft::{Entry, Transaction};
use crate::feeds::error::{Fault, RowFault};
use crate::feeds::row::Direction;

/// The most transactions of an entry that wait for its end. They wait because an entry with one
/// transaction is read otherwise than one with several, and because some banks write amount and
/// direction behind the transactions; a batch may have any number of them.
const HELD_MAX: usize = 16;

/// How much of the file may wait while all transactions go the other way than their entry. In a
/// netted entry one goes the entry's way soon.
const HELD_BYTES_MAX: u64 = 1 << 20;

/// An entry that is being read.
#[derive(Default)]
pub(super) struct Open {
    pub(super) entry: Entry,
    /// Its transactions that are complete and wait.
    pub(super) held: Vec<Transaction>,
    /// How many of those were asked for their direction.
    asked: usize,
    pub(super) transaction: Option<Transaction>,
    pub(super) transactions: u64,
    pub(super) counted: Counting,
    pub(super) decides: Decides,
    /// Transactions were given the entry's direction against their own.
    pub(super) turned: bool,
    /// What its rows add up to, as the account sees it; `None` when one is not known.
    pub(super) sum: Option<i64>,
}

/// Whether an entry was counted.
#[derive(Default, Clone, Copy)]
pub(super) enum Counting {
    #[default]
    Waits,
    Counted(Direction, Money),
    /// Its money cannot be read.
    Lost,
}

/// Who says which way the money of a transaction went (FEEDS.md D 1).
///
/// An entry may be the net of transactions of both directions. It cannot be that of transactions
/// that all go the other way: its own direction is what was booked, theirs is the counterparty's,
/// or that of what was taken back.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decides {
    /// The entry: so far no transaction goes its way.
    #[default]
    Entry,
    /// Each for itself.
    Transaction,
    /// Nobody: too many went the other way for the rest to be waited for.
    Nobody,
}

impl Decides {
    /// Takes the direction from a transaction that does not decide.
    pub(super) fn settle(self, paid: &mut Transaction, entry: Direction) {
        let Some(Ok(said)) = paid.direction else { return };
        match self {
            Self::Transaction => {}
            Self::Entry => paid.direction = None,
            Self::Nobody if said == entry => {}
            Self::Nobody => {
                let detail = "it and all before it go the other way than their entry";
                paid.direction = Some(Err(Fault::new(RowFault::Direction, detail)));
            }
        }
    }
}

impl Open {
    pub(super) fn at(offset: u64) -> Self {
        Self { entry: Entry::at(offset), sum: Some(0), ..Self::default() }
    }

    /// A transaction begins; true when those before it need not wait for more.
    pub(super) fn begin_transaction(&mut self, offset: u64) -> bool {
        self.transactions += 1;
        self.transaction = Some(Transaction::at(offset));
        self.held.len() >= HELD_MAX
    }

    /// The transactions that wait for nothing more; all of them when the entry is complete.
    pub(super) fn take_held(&mut self, direction: Direction, complete: bool) -> Vec<Transaction> {
        if self.decides == Decides::Entry {
            let own = |paid: &Transaction| match &paid.direction {
                Some(Ok(said)) => *said == direction,
                Some(Err(_)) => false,
                None => true,
            };
            let first = self.held.first().map_or(0, |paid| paid.offset);
            let last = self.held.last().map_or(0, |paid| paid.offset);
            if self.held[self.asked..].iter().any(own) {
                self.decides = Decides::Transaction;
            } else if complete {
                self.turned = self.held.iter().any(|paid| matches!(paid.direction, Some(Ok(_))));
            } else if last - first < HELD_BYTES_MAX {
                self.asked = self.held.len();
                return Vec::new();
            } else {
                self.decides = Decides::Nobody;
            }
        }
        self.asked = 0;
        std::mem::take(&mut self.held)
    }

    pub(super) fn money(&self) -> Result<(Direction, Money), Fault> {
        let missing = |field| Fault::new(RowFault::Missing, format!("an entry without {field}"));
        let amount = self.entry.amount.clone().ok_or_else(|| missing("Amt"))??;
        let direction = self.entry.direction.clone().ok_or_else(|| missing("CdtDbtInd"))??;
        Ok((direction, amount))
    }

    pub(super) fn add(&mut self, (direction, amount): (Direction, Money), currency: Currency) {
        let same = amount.currency() == currency;
        let added = self.sum.and_then(|sum| sum.checked_add(signed(direction, amount.minor())));
        self.sum = added.filter(|_| same);
    }
}

/// An amount as the account sees it.
pub(super) fn signed(direction: Direction, minor: i64) -> i64 {
    match direction {
        Direction::Credit => minor,
        Direction::Debit => -minor,
    }
}
