//! The kinds of client-bank statements, and the keys in which they differ (DOMAIN.md 2.1).

use std::collections::BTreeMap;

use kvit_schemas::{Currency, Money};

use super::keys::Key;
use crate::feeds::error::{Fault, RowFault};
use crate::feeds::totals::{Balance, Declared};
use crate::feeds::values::{amount, balance, filled};

/// The kinds that are read: `Type=`. In others the same keys may mean other money, as 6 shows
/// beside 5 and 600.
const KINDS: [(&str, Dialect); 6] = [
    ("3", Dialect::Rubel),
    ("4", Dialect::Rubel),
    ("400", Dialect::Rubel),
    ("5", Dialect::Foreign),
    ("600", Dialect::Foreign),
    ("6", Dialect::ForeignPlain),
];

/// The families of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Accounts in Belarusian rubels.
    Rubel,
    /// Accounts in another currency: keys with `Q` hold it, those without its worth in rubels.
    Foreign,
    /// Accounts in another currency: keys without `Q` hold it, those with its worth in rubels.
    ForeignPlain,
}

impl Dialect {
    /// The kind's own text and its dialect.
    pub(super) fn of(kind: &str) -> Option<(&'static str, Self)> {
        KINDS.into_iter().find(|(known, _)| *known == kind)
    }

    /// The keys of a row's debit and credit.
    pub(super) fn row_keys(self) -> (Key, Key) {
        match self {
            Self::Rubel => (Key::Db, Key::Credit),
            Self::Foreign => (Key::DebQ, Key::CreQ),
            Self::ForeignPlain => (Key::Deb, Key::Cre),
        }
    }

    /// The keys of a balance's credit side, either of which may stand, and of its debit side:
    /// before the first row, and after the last.
    fn balance_keys(self) -> [([&'static str; 2], &'static str); 2] {
        match self {
            Self::Rubel => [(["CrIn", "RestIn"], "DebIn"), (["CrOut", "RestOut"], "DebOut")],
            Self::Foreign => [(["InCreQ"; 2], "InDebQ"), (["OutCreQ"; 2], "OutDebQ")],
            Self::ForeignPlain => {
                [(["RestIn", "InCre"], "InDeb"), (["RestOut", "OutCre"], "OutDeb")]
            }
        }
    }

    /// The keys of the turnovers: debit, credit.
    fn turnover_keys(self) -> (&'static str, &'static str) {
        match self {
            Self::Rubel => ("DB", "CR"),
            Self::Foreign => ("DebVQ", "CreVQ"),
            Self::ForeignPlain => ("DebV", "CreV"),
        }
    }
}

/// The keys that come after the last operation.
const FOOTER: [&str; 18] = [
    "DB",
    "CR",
    "DebV",
    "CreV",
    "DebVQ",
    "CreVQ",
    "I3",
    "DateOut",
    "DebOut",
    "CrOut",
    "RestOut",
    "RestOutQ",
    "OutDeb",
    "OutCre",
    "OutDebQ",
    "OutCreQ",
    "OutRate",
    "MyBankMFO",
];

/// The keys outside operations that are kept.
const KEPT: [&str; 22] = [
    "I1", "UNN", "CrIn", "RestIn", "DebIn", "CrOut", "RestOut", "DebOut", "DB", "CR", "InCreQ",
    "InDebQ", "OutCreQ", "OutDebQ", "DebVQ", "CreVQ", "InCre", "InDeb", "OutCre", "OutDeb", "DebV",
    "CreV",
];

/// Stands for a line outside the operations that could not be read.
const DAMAGED: &str = "a line outside the operations";

/// True for a key that ends the operations.
pub(super) fn is_footer(key: &str) -> bool {
    FOOTER.contains(&key)
}

/// What stands outside the operations.
#[derive(Default)]
pub(super) struct Figures {
    fields: BTreeMap<&'static str, String>,
    /// Keys that stand there twice with different values, and [`DAMAGED`].
    unclear: Vec<&'static str>,
}

impl Figures {
    pub(super) fn put(&mut self, key: &str, value: &str) {
        let Some(key) = KEPT.into_iter().find(|kept| *kept == key) else { return };
        let Some(value) = filled(value) else { return };
        match self.fields.get(key) {
            Some(known) if known != value && !self.unclear.contains(&key) => {
                self.unclear.push(key);
            }
            Some(_) => {}
            None => {
                self.fields.insert(key, value.to_owned());
            }
        }
    }

    /// A line outside the operations could not be read: what it said is not known. Lines that
    /// are only no fields say nothing here.
    pub(super) fn damaged(&mut self, fault: &Fault) {
        if fault.reason != RowFault::Layout && !self.unclear.contains(&DAMAGED) {
            self.unclear.push(DAMAGED);
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.fields.get(key).map(String::as_str)
    }

    /// True when the balance after the last operation stands there, and with it all of them.
    pub(super) fn is_closed(&self, dialect: Dialect) -> bool {
        let [_, (closing, _)] = dialect.balance_keys();
        closing.into_iter().any(|key| self.fields.contains_key(key))
    }

    /// The control figures, as far as they were read.
    pub(super) fn declared(&self, dialect: Dialect, currency: Currency) -> Declared {
        let mut unreadable = self.unclear.clone();
        let [opening, closing] = dialect
            .balance_keys()
            .map(|(credit, debit)| self.balance(credit, debit, currency, &mut unreadable));
        let (debits, credits) = dialect.turnover_keys();
        let mut turnover = |key| self.money(key, currency, &mut unreadable);
        let (debits, credits) = (turnover(debits), turnover(credits));
        Declared { credits, debits, opening, closing, unreadable, ..Declared::default() }
    }

    fn balance(
        &self,
        credit: [&'static str; 2],
        debit: &'static str,
        currency: Currency,
        unreadable: &mut Vec<&'static str>,
    ) -> Option<Balance> {
        let credit = credit.into_iter().find(|key| self.fields.contains_key(key));
        let mut side = |key: &'static str| {
            let read = balance(self.get(key)?, currency);
            if read.is_none() {
                unreadable.push(key);
            }
            read
        };
        let debited = side(debit);
        let credited = credit.and_then(&mut side);
        match (credited, debited) {
            (Some(credited), Some(debited)) => {
                let minor = credited.minor.checked_sub(debited.minor)?;
                Some(Balance { minor, currency })
            }
            (Some(credited), None) => Some(credited),
            (None, _) => None,
        }
    }

    fn money(
        &self,
        key: &'static str,
        currency: Currency,
        unreadable: &mut Vec<&'static str>,
    ) -> Option<Money> {
        let read: Result<Money, Fault> = amount(key, self.get(key)?, currency);
        if read.is_err() {
            unreadable.push(key);
        }
        read.ok()
    }
}
