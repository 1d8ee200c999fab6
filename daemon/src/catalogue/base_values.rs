//! The base value, of which fees are multiples, by the day from which each applies.

use std::collections::BTreeMap;

use kvit_schemas::{Currency, Day, Money};

use super::document::Table;
use super::finding::{Findings, Place};

/// The largest rate a fee may have: a thousand base values.
pub(super) const THOUSANDTHS_MAX: u32 = 1_000_000;

/// The dated table of base values, in Belarusian rubles.
#[derive(Debug, Clone, Default)]
pub(super) struct BaseValues(BTreeMap<Day, (Money, Place)>);

impl BaseValues {
    /// The base value that applies on that day; `None` before the first.
    pub(super) fn on(&self, day: Day) -> Option<Money> {
        self.0.range(..=day).next_back().map(|(_, (amount, _))| *amount)
    }

    /// The first day with a base value, and where the table says so.
    pub(super) fn first(&self) -> Option<(Day, &Place)> {
        self.0.first_key_value().map(|(day, (_, place))| (*day, place))
    }

    /// The smallest base value of all.
    pub(super) fn least(&self) -> Option<Money> {
        self.0.values().map(|(amount, _)| *amount).min()
    }

    /// Adds one row; `None` when it cannot be read.
    pub(super) fn read(&mut self, table: &Table<'_>, notes: &mut Findings) -> Option<()> {
        let from = table.need("from", notes).and_then(|day| day.day(notes));
        table.only(&["from", "amount"], notes);
        let amount = table.need("amount", notes).and_then(|value| {
            let Amount(amount) = value.parse(notes)?;
            Some((amount, value.place))
        });
        let (day, (amount, place)) = (from?, amount?);
        if amount.is_zero() {
            notes.error(&place, "a base value is more than nothing", "write the amount");
        }
        if let Some((_, earlier)) = self.0.insert(day, (amount, place)) {
            let problem = format!("the same day is already in {}", earlier.short());
            notes.error(table.place(), problem, "remove one");
        }
        Some(())
    }
}

/// `thousandths` of the base value, rounded half up to a whole kopeck; `None` when that is nothing.
///
/// No published rule of rounding was found; published prices are whole kopecks of themselves.
pub(super) fn share(base: Money, thousandths: u32) -> Option<Money> {
    // 10^15 minor units at most times 10^6 does not fit 64 bits, so saturate rather than wrap.
    let product = base.minor().saturating_mul(i64::from(thousandths));
    let minor = product.saturating_add(500) / 1000;
    Money::new(minor, base.currency()).filter(|fee| !fee.is_zero())
}

/// An amount of rubles as the files write it.
struct Amount(Money);

impl std::str::FromStr for Amount {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let amount = Money::parse(text, Currency::BYN);
        amount.map(Self).map_err(|_| "write rubles and kopecks, such as 45.00")
    }
}
