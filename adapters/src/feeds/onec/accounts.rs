//! The accounts that an exchange is about, their currencies and their control figures.

use std::collections::HashMap;

use kvit_schemas::{Currency, Money};

use super::keys::Key;
use super::written::{balance_in, money_in};
use crate::feeds::row::Direction;
use crate::feeds::totals::{Declared, Discrepancy, Entry, Totals, compare};
use crate::feeds::values::{currency, filled};

/// The most accounts of one file; real ones have a handful.
pub(super) const ACCOUNTS_MAX: usize = 1_000;

/// The longest account that is believed; an IBAN has 34 characters at most.
const ACCOUNT_CHARS_MAX: usize = 64;

/// Where an account's currency stands in its twenty digits.
const CURRENCY_DIGITS: std::ops::Range<usize> = 5..8;

/// Countries whose accounts are IBANs, and whose exchanges use this format.
const IBAN_CURRENCIES: [(&str, &str); 2] = [("BY", "BYN"), ("KZ", "KZT")];

/// The currency of the standard, which is Russian and names none.
const OF_THE_STANDARD: &str = "RUB";

/// The control figures of a section.
const FIGURES: [Key; 4] = [Key::Opening, Key::Received, Key::Spent, Key::Closing];

/// An account of ours.
struct Account {
    /// As first written.
    number: String,
    declared: Declared,
    totals: Totals,
}

/// A section of balances, as written.
#[derive(Default)]
pub(super) struct Section {
    pub(super) account: Option<String>,
    fields: Vec<(Key, String)>,
}

/// The accounts that the exchange names as its own.
#[derive(Default)]
pub(super) struct Accounts {
    list: Vec<Account>,
    /// By number without spaces.
    known: HashMap<String, usize>,
    /// What the file itself calls its currency.
    named: Option<Currency>,
    /// What the settings say of the account's currency.
    set: Option<Currency>,
    /// Documents whose money could not be read.
    lost: u64,
    /// What was read before an account was named.
    early: Totals,
    /// A section of balances was there: it is a bank's statement, not a batch of orders.
    pub(super) is_statement: bool,
}

impl Section {
    pub(super) fn put(&mut self, key: Key, value: &str) {
        let Some(value) = filled(value) else { return };
        if key == Key::Account {
            self.account.get_or_insert_with(|| value.to_owned());
        } else if FIGURES.contains(&key) && self.get(key).is_none() {
            self.fields.push((key, value.to_owned()));
        }
    }

    fn get(&self, key: Key) -> Option<&str> {
        self.fields.iter().find(|(known, _)| *known == key).map(|(_, value)| value.as_str())
    }

    /// Adds what it says to what the account declares: a file may have a section for each day.
    fn declare(&self, declared: &mut Declared, currency: Currency) {
        let unreadable = &mut declared.unreadable;
        let mut sum = |so_far: &mut Option<Money>, key: Key| {
            let Some(text) = self.get(key) else { return };
            let part = money_in(text, currency);
            let sum = match *so_far {
                Some(sum) => part.and_then(|part| sum.checked_add(part).ok()),
                None => part.filter(|_| !unreadable.contains(&key.name())),
            };
            if sum.is_none() && !unreadable.contains(&key.name()) {
                unreadable.push(key.name());
            }
            *so_far = sum;
        };
        sum(&mut declared.credits, Key::Received);
        sum(&mut declared.debits, Key::Spent);
        let mut balance = |key: Key| {
            let read = balance_in(self.get(key)?, currency);
            if read.is_none() && !unreadable.contains(&key.name()) {
                unreadable.push(key.name());
            }
            read
        };
        let (opening, closing) = (balance(Key::Opening), balance(Key::Closing));
        declared.opening = declared.opening.or(opening);
        declared.closing = closing.or(declared.closing);
    }
}

impl Accounts {
    pub(super) fn new(set: Option<Currency>) -> Self {
        Self { set, ..Self::default() }
    }

    /// Takes an account that the head or a section names. False when there are too many.
    pub(super) fn add(&mut self, number: &str) -> bool {
        let Some(number) = filled(number) else { return true };
        let plain = plain(number);
        if self.known.contains_key(&plain) || plain.chars().count() > ACCOUNT_CHARS_MAX {
            return true;
        }
        if self.list.len() == ACCOUNTS_MAX {
            return false;
        }
        self.known.insert(plain, self.list.len());
        let number = number.to_owned();
        // Documents before all accounts are those of the first: with several they tell their own.
        let (declared, totals) = (Declared::default(), std::mem::take(&mut self.early));
        self.list.push(Account { number, declared, totals });
        true
    }

    /// Takes a section of balances; one without an account is that of the only one.
    pub(super) fn add_section(&mut self, section: Section) -> bool {
        self.is_statement = true;
        let taken = section.account.as_deref().is_none_or(|account| self.add(account));
        let place = match section.account.as_deref() {
            Some(account) => self.find(account),
            None => self.only(),
        };
        let (currency, _) = self.currency(place.and_then(|place| self.number(place)));
        if let (Some(account), Some(currency)) =
            (place.and_then(|place| self.list.get_mut(place)), currency)
        {
            section.declare(&mut account.declared, currency);
        }
        taken
    }

    pub(super) fn name_currency(&mut self, text: &str) {
        self.named = self.named.or_else(|| currency(text.trim()));
    }

    /// The place of an account of ours.
    pub(super) fn find(&self, number: &str) -> Option<usize> {
        self.known.get(&plain(number)).copied()
    }

    pub(super) fn only(&self) -> Option<usize> {
        (self.list.len() == 1).then_some(0)
    }

    pub(super) fn number(&self, place: usize) -> Option<&str> {
        self.list.get(place).map(|account| account.number.as_str())
    }

    pub(super) fn first(&self) -> Option<&str> {
        self.number(0)
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// The currency of an account: its own digits, what the file or the settings say, its
    /// country's, and the standard's at last; true when only the last was left. `None` for an
    /// account in a currency that is no more.
    pub(super) fn currency(&self, number: Option<&str>) -> (Option<Currency>, bool) {
        let plain = number.map(plain).unwrap_or_default();
        let country = || {
            let (_, currency) =
                IBAN_CURRENCIES.into_iter().find(|(country, _)| plain.starts_with(country))?;
            currency.parse().ok()
        };
        match by_digits(&plain) {
            ByDigits::Known(currency) => return (Some(currency), false),
            ByDigits::Withdrawn => return (None, false),
            ByDigits::Unknown => {}
        }
        match self.named.or(self.set).or_else(country) {
            Some(currency) => (Some(currency), false),
            None => (OF_THE_STANDARD.parse().ok(), true),
        }
    }

    /// Counts a document for the account's control figures.
    pub(super) fn count(&mut self, place: Option<usize>, direction: Direction, amount: Money) {
        let entry = Entry { direction, amount, booked: true };
        let totals = match place {
            Some(place) => self.list.get_mut(place).map(|account| &mut account.totals),
            None => self.list.is_empty().then_some(&mut self.early),
        };
        if let Some(totals) = totals
            && totals.add_entry(entry).is_err()
        {
            totals.refuse(true);
        }
    }

    pub(super) fn lose(&mut self) {
        self.lost += 1;
    }

    /// What each account declares, and where that disagrees with its documents. Only a warning:
    /// the figures of real exchanges are of other periods and accounts (FEEDS.md D 20).
    pub(super) fn close(&mut self) -> Vec<(Declared, Vec<Discrepancy>)> {
        let lost = self.lost > 0;
        let accounts = std::mem::take(&mut self.list).into_iter();
        let closed = accounts.map(|Account { number: _, declared, mut totals }| {
            if lost {
                totals.refuse(true);
            }
            let wrong = compare(&declared, &totals, false);
            (declared, wrong)
        });
        closed.collect()
    }
}

/// An account without spaces, in capitals.
fn plain(number: &str) -> String {
    let kept = number.chars().filter(|c| !c.is_whitespace());
    kept.flat_map(char::to_uppercase).collect()
}

/// The currency within the twenty digits of an account. 810 is what 643 was before 1998, and is in
/// accounts still; the rouble of Belarus that 974 was ended in 2016, and there is no counting it.
enum ByDigits {
    Known(Currency),
    Withdrawn,
    Unknown,
}

fn by_digits(plain: &str) -> ByDigits {
    let digits = plain.len() == 20 && plain.bytes().all(|byte| byte.is_ascii_digit());
    let number = plain.get(CURRENCY_DIGITS).filter(|_| digits);
    let known = match number {
        Some("974") => return ByDigits::Withdrawn,
        Some("810") => OF_THE_STANDARD.parse().ok(),
        Some(number) => currency(number),
        None => None,
    };
    known.map_or(ByDigits::Unknown, ByDigits::Known)
}
