//! What was read against what the file declares: control totals and balances.

use std::collections::BTreeMap;
use std::fmt;

use kvit_schemas::money::{MoneyError, decimal};
use kvit_schemas::{Currency, Money};

use super::row::{Direction, Row};

/// A balance: money that may be below zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balance {
    /// Minor units of the currency.
    pub minor: i64,
    /// The currency.
    pub currency: Currency,
}

impl fmt::Display for Balance {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", decimal(self.minor, self.currency), self.currency)
    }
}

/// The file's own control figures; `None` where it gives none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Declared {
    /// The number of records.
    pub count: Option<u64>,
    /// What came in: the turnover, or a register's total.
    pub credits: Option<Money>,
    /// What went out.
    pub debits: Option<Money>,
    /// What of `credits` is fines.
    pub fines: Option<Money>,
    /// What was passed on of `credits` after what was withheld.
    pub net: Option<Money>,
    /// The balance before the first row.
    pub opening: Option<Balance>,
    /// The balance after the last.
    pub closing: Option<Balance>,
    /// Figures that stand there but cannot be read, by their names in the format.
    pub unreadable: Vec<&'static str>,
}

/// What was read so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// Entries, usable or not: what the account's holder sees as one line of the statement. One
    /// may be a batch of several rows.
    pub entries: u64,
    /// Entries whose money could not be read.
    pub lost: u64,
    /// Rows that can be used.
    pub rows: u64,
    /// Rows that cannot.
    pub refused: u64,
    /// The sums of the entries.
    pub sums: BTreeMap<Currency, Sums>,
}

/// One entry of a statement, for its sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) direction: Direction,
    pub(super) amount: Money,
    /// It is on the account, so balances count it.
    pub(super) booked: bool,
}

/// Sums in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sums {
    /// Money to us, by the amounts that count, booked or not.
    pub credits: Money,
    /// Money from us, booked or not.
    pub debits: Money,
    /// What the booked entries moved, in minor units: credits less debits.
    pub moved: i64,
    /// What was withheld of `credits`.
    pub withheld: Money,
    /// The rows' fines, whether `credits` includes them or not.
    pub fines: Money,
}

impl Sums {
    fn zero(currency: Currency) -> Self {
        let zero = Money::zero(currency);
        Self { credits: zero, debits: zero, moved: 0, withheld: zero, fines: zero }
    }

    fn with_entry(mut self, entry: Entry) -> Result<Self, MoneyError> {
        let minor = entry.amount.minor();
        let minor = match entry.direction {
            Direction::Credit => {
                self.credits = self.credits.checked_add(entry.amount)?;
                minor
            }
            Direction::Debit => {
                self.debits = self.debits.checked_add(entry.amount)?;
                -minor
            }
        };
        if entry.booked {
            self.moved = self.moved.checked_add(minor).ok_or(MoneyError::Range)?;
        }
        Ok(self)
    }

    fn with_parts(mut self, row: &Row) -> Result<Self, MoneyError> {
        if let Some(withheld) = row.withheld {
            self.withheld = self.withheld.checked_add(withheld)?;
        }
        if let Some(fine) = row.fine {
            self.fines = self.fines.checked_add(fine)?;
        }
        Ok(self)
    }
}

impl Totals {
    /// Counts an entry; an error, and nothing counted, when a sum leaves its range.
    pub(super) fn add_entry(&mut self, entry: Entry) -> Result<(), MoneyError> {
        let sums = self.in_currency(entry.amount.currency());
        *sums = sums.with_entry(entry)?;
        self.entries += 1;
        Ok(())
    }

    /// Counts a usable row of an entry that was counted.
    pub(super) fn add_row(&mut self, row: &Row) -> Result<(), MoneyError> {
        if row.withheld.is_some() || row.fine.is_some() {
            let sums = self.in_currency(row.amount.currency());
            *sums = sums.with_parts(row)?;
        }
        self.rows += 1;
        Ok(())
    }

    /// Counts a row that cannot be used; `lost` when its entry was not counted, either.
    pub(super) fn refuse(&mut self, lost: bool) {
        self.refused += 1;
        self.entries += u64::from(lost);
        self.lost += u64::from(lost);
    }

    fn in_currency(&mut self, currency: Currency) -> &mut Sums {
        self.sums.entry(currency).or_insert_with(|| Sums::zero(currency))
    }

    /// The sums in `currency`, zero when no row had it.
    pub fn of(&self, currency: Currency) -> Sums {
        self.sums.get(&currency).copied().unwrap_or_else(|| Sums::zero(currency))
    }
}

/// Which sum a discrepancy is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    /// What came in.
    Credits,
    /// What went out.
    Debits,
    /// The fines.
    Fines,
    /// What was passed on after what was withheld.
    Net,
}

impl fmt::Display for Figure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Credits => "credits",
            Self::Debits => "debits",
            Self::Fines => "fines",
            Self::Net => "net",
        })
    }
}

/// A control figure that disagrees with what was read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Discrepancy {
    /// More or fewer records than declared.
    #[error("{declared} records are declared, {read} were read")]
    Count {
        /// By the file's head.
        declared: u64,
        /// Usable or not.
        read: u64,
    },
    /// A sum of entries differs.
    #[error("{figure} of {declared} are declared, {read} were read")]
    Sum {
        /// Which.
        figure: Figure,
        /// By the file.
        declared: Money,
        /// By its rows.
        read: Money,
    },
    /// Opening + credits − debits is not closing.
    #[error("from {opening} the rows lead to {reached}, not to {closing}")]
    Balance {
        /// Before the first row.
        opening: Balance,
        /// Opening, credits and debits of the rows together.
        reached: Balance,
        /// By the file.
        closing: Balance,
    },
    /// A figure stands there and cannot be read.
    #[error("{figure} cannot be read")]
    Unreadable {
        /// Its name in the format.
        figure: &'static str,
    },
    /// The mark that ends such a file is missing: it was cut.
    #[error("the mark at the end is missing")]
    EndMissing,
}

/// Compares what the file declares with what was read of it to the end.
///
/// `fines_counted` says whether the rows' amounts include their fines; whether a declared total
/// does is not known (DOMAIN.md 1.3), so it may. Where records were unusable their money is
/// missing from the sums: these may then only fall short, and balances say nothing.
pub(super) fn compare(
    declared: &Declared,
    totals: &Totals,
    fines_counted: bool,
) -> Vec<Discrepancy> {
    let mut found: Vec<_> =
        declared.unreadable.iter().map(|&figure| Discrepancy::Unreadable { figure }).collect();
    let read = totals.entries;
    if let Some(declared) = declared.count.filter(|&count| count != read) {
        found.push(Discrepancy::Count { declared, read });
    }
    let partial = totals.lost > 0;
    for (figure, declared) in [
        (Figure::Credits, declared.credits),
        (Figure::Debits, declared.debits),
        (Figure::Fines, declared.fines),
        (Figure::Net, declared.net),
    ] {
        let Some(declared) = declared else { continue };
        let read = readings(figure, &totals.of(declared.currency()), fines_counted);
        let agrees = |read: &Money| if partial { *read <= declared } else { *read == declared };
        if !read.iter().any(agrees) {
            found.push(Discrepancy::Sum { figure, declared, read: read[0] });
        }
    }
    if !partial {
        found.extend(unbalanced(declared, totals));
    }
    found
}

/// What a declared figure may mean of the rows, the plain meaning first.
fn readings(figure: Figure, sums: &Sums, fines_counted: bool) -> [Money; 2] {
    let less = |from: Money, part| from.checked_sub(part).unwrap_or(from);
    match figure {
        Figure::Credits if fines_counted => [less(sums.credits, sums.fines), sums.credits],
        Figure::Credits => {
            [sums.credits, sums.credits.checked_add(sums.fines).unwrap_or(sums.credits)]
        }
        Figure::Debits => [sums.debits; 2],
        Figure::Fines => [sums.fines; 2],
        Figure::Net => [less(sums.credits, sums.withheld); 2],
    }
}

fn unbalanced(declared: &Declared, totals: &Totals) -> Option<Discrepancy> {
    let (opening, closing) = (declared.opening?, declared.closing?);
    let reached = opening.minor.checked_add(totals.of(opening.currency).moved);
    if reached == Some(closing.minor) {
        return None;
    }
    let reached = Balance { minor: reached.unwrap_or(i64::MAX), ..opening };
    Some(Discrepancy::Balance { opening, reached, closing })
}
