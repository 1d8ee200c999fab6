//! One document of an exchange → one row.

use std::collections::BTreeMap;

use kvit_schemas::{Currency, Day, MessageId, Money};

use super::accounts::Accounts;
use super::keys::Key;
use super::way::{Days, Way};
use super::written;
use crate::feeds::error::{Fault, RowFault};
use crate::feeds::identity::{Identifier, Identity, Names};
use crate::feeds::lines::LINE_BYTES_MAX;
use crate::feeds::row::{Direction, Payer, References, Row, RowState};
use crate::feeds::values::{currency, filled, owned, payer_number};

/// The fields of a document while they are collected.
pub(super) struct Document {
    pub(super) offset: u64,
    fields: BTreeMap<Key, String>,
    /// The field that lines without a key go on with.
    last: Option<Key>,
    fault: Option<Fault>,
}

/// A document that was read.
pub(super) struct Told {
    pub(super) row: Row,
    pub(super) way: Way,
    /// It is on the account.
    pub(super) booked: bool,
    /// Nothing told the currency.
    pub(super) unsure_currency: bool,
}

impl Document {
    pub(super) fn new(offset: u64) -> Self {
        Self { offset, fields: BTreeMap::new(), last: None, fault: None }
    }

    pub(super) fn put(&mut self, key: Key, value: &str) {
        self.last = Some(key);
        let value = value.trim();
        match self.fields.get_mut(&key) {
            None => {
                self.fields.insert(key, value.to_owned());
            }
            Some(known) if known.is_empty() => value.clone_into(known),
            Some(known) if known == value || value.is_empty() => {}
            Some(_) if is_purpose(key) => self.go_on(value),
            Some(_) if is_decisive(key) => {
                self.fail(Fault::new(RowFault::Repeated, format!("{} is there twice", key.name())));
            }
            Some(_) => {}
        }
    }

    /// A field that is not read ends the one before it.
    pub(super) fn put_other(&mut self) {
        self.last = None;
    }

    /// The field before is the purpose, or a part of it.
    pub(super) fn is_in_purpose(&self) -> bool {
        self.last.is_some_and(is_purpose)
    }

    /// A line without a key: the value before it has several lines.
    pub(super) fn go_on(&mut self, text: &str) {
        let Some(key) = self.last else { return };
        let value = self.fields.entry(key).or_default();
        if value.len() + text.len() > LINE_BYTES_MAX {
            self.fail(Fault::new(RowFault::TooLong, format!("{} is too long", key.name())));
            return;
        }
        if !value.is_empty() {
            value.push('\n');
        }
        value.push_str(text.trim());
    }

    /// Makes the document unusable; the first reason stays.
    pub(super) fn fail(&mut self, fault: Fault) {
        self.fault.get_or_insert(fault);
    }

    /// The row that the document is.
    pub(super) fn told(
        mut self,
        accounts: &Accounts,
        identifier: &mut Identifier,
        row: u64,
    ) -> Result<Told, Fault> {
        if let Some(fault) = self.fault.take() {
            return Err(fault);
        }
        let days = Days::of(&self)?;
        let way = Way::of(&self, accounts, &days)?;
        let account = self.account(accounts, way);
        let (currency, unsure_currency) = self.currency(accounts, account.as_deref())?;
        let (direction, amount) = self.money(way, currency)?;
        let (state, booked_on) = days.state(way, accounts.is_statement);
        let state = if amount.is_zero() { RowState::Information } else { state };
        let booked = days.is_booked(way, state, accounts.is_statement);
        let said = (days.document, direction, amount);
        let (payment_id, identity) =
            self.identity(identifier, account.as_deref().unwrap_or(""), said);
        let row = Row {
            row,
            byte_offset: self.offset,
            account,
            direction,
            state,
            amount,
            withheld: None,
            fine: None,
            payment_id,
            identity,
            paid_at: None,
            booked_on,
            reversed_at: None,
            payer: self.payer(),
            beneficiary_account: self.party([Key::PayeeOwnAccount, Key::PayeeAccount]),
            references: References {
                bank_document: self.get(Key::Number).map(str::to_owned),
                creditor: self.code().map(str::to_owned).into_iter().collect(),
                ..References::default()
            },
            service: None,
            personal_account: None,
            purpose: self.purpose(),
            lump: None,
        };
        Ok(Told { row, way, booked, unsure_currency })
    }

    pub(super) fn get(&self, key: Key) -> Option<&str> {
        self.fields.get(&key).and_then(|value| filled(value))
    }

    /// True for an amount that is more than nothing.
    pub(super) fn turnover(&self, key: Key) -> bool {
        self.get(key).is_some_and(|text| text.bytes().any(|byte| (b'1'..=b'9').contains(&byte)))
    }

    fn party(&self, keys: [Key; 2]) -> Option<String> {
        keys.into_iter().find_map(|key| self.get(key)).map(str::to_owned)
    }

    /// The account of ours that the row is about; as the document writes it where the file names
    /// several or none.
    fn account(&self, accounts: &Accounts, way: Way) -> Option<String> {
        let (place, keys) = match way {
            Way::In(place) => (place, [Key::PayeeAccount, Key::PayeeOwnAccount]),
            Way::Out(place) => (place, [Key::PayerAccount, Key::PayerOwnAccount]),
            Way::Within { to, .. } => (Some(to), [Key::PayeeAccount, Key::PayeeOwnAccount]),
        };
        let ours = place.and_then(|place| accounts.number(place)).map(str::to_owned);
        ours.or_else(|| self.party(keys))
    }

    fn currency(
        &self,
        accounts: &Accounts,
        account: Option<&str>,
    ) -> Result<(Currency, bool), Fault> {
        let wrong = |text: &str| Fault::value(RowFault::Currency, "Валюта", text);
        let named = match self.get(Key::Currency) {
            Some(text) => Some(currency(text).ok_or_else(|| wrong(text))?),
            None => None,
        };
        let (told, unsure) = accounts.currency(account);
        match (told, named) {
            (None, Some(_)) => Err(wrong(self.get(Key::Currency).unwrap_or(""))),
            (Some(told), Some(named)) if told != named && account.is_some_and(is_numbered) => {
                Err(wrong(self.get(Key::Currency).unwrap_or("")))
            }
            (_, Some(named)) => Ok((named, false)),
            (Some(told), None) => Ok((told, unsure)),
            (None, None) => {
                Err(Fault::new(RowFault::Currency, "the account's currency is no more"))
            }
        }
    }

    fn money(&self, way: Way, currency: Currency) -> Result<(Direction, Money), Fault> {
        let (direction, key) = match way {
            Way::In(_) | Way::Within { .. } => (Direction::Credit, Key::AmountIn),
            Way::Out(_) => (Direction::Debit, Key::AmountOut),
        };
        let used = [key, Key::Amount].into_iter().find(|key| self.turnover(*key));
        let key = used.unwrap_or(if self.get(key).is_some() { key } else { Key::Amount });
        let Some(text) = self.get(key) else {
            return Err(Fault::new(RowFault::Missing, format!("{} is missing", key.name())));
        };
        let money = written::money_in(text, currency);
        let money = money.ok_or_else(|| Fault::value(RowFault::Amount, key.name(), text))?;
        Ok((direction, money))
    }

    /// No document has an identity of its own: what it says is, and two may say the same.
    fn identity(
        &self,
        identifier: &mut Identifier,
        account: &str,
        (day, direction, amount): (Option<Day>, Direction, Money),
    ) -> (MessageId, Identity) {
        let day = day.map(|day| day.to_string()).unwrap_or_default();
        let side = match direction {
            Direction::Credit => "credit",
            Direction::Debit => "debit",
        };
        let get = |key| self.get(key).unwrap_or("");
        let payer = self.party([Key::PayerOwnAccount, Key::PayerAccount]).unwrap_or_default();
        let payee = self.party([Key::PayeeOwnAccount, Key::PayeeAccount]).unwrap_or_default();
        let (number, code) = (get(Key::Number), self.code().unwrap_or(""));
        let said = format!("{day}\n{number}\n{side} {amount}\n{payer}\n{payee}\n{code}");
        identifier.identify_alone(account, Names::default(), || said)
    }

    fn payer(&self) -> Payer {
        let full = self.get(Key::PayerFullName);
        let (number, rest) = full.map_or((None, None), tax_number_before);
        Payer {
            name: self.get(Key::PayerName).or(rest).and_then(owned),
            id: self.get(Key::PayerId).and_then(payer_number).or(number),
            account: self.party([Key::PayerOwnAccount, Key::PayerAccount]),
        }
    }

    /// The identifier of the payment that the creditor gave out; zero stands for none.
    fn code(&self) -> Option<&str> {
        self.get(Key::Code).filter(|code| code.chars().any(|c| c != '0'))
    }

    /// The whole purpose, else its folded copy.
    fn purpose(&self) -> Option<String> {
        if let Some(whole) = self.get(Key::Purpose) {
            return owned(whole);
        }
        let lines = (1..=6).filter_map(|line| self.get(Key::PurposeLine(line)));
        owned(&lines.collect::<Vec<_>>().join("\n"))
    }
}

/// True for an account of twenty digits, which hold its currency.
fn is_numbered(account: &str) -> bool {
    let digits = account.bytes().filter(u8::is_ascii_digit).count();
    digits == 20 && account.bytes().all(|byte| byte.is_ascii_digit() || byte == b' ')
}

/// `ИНН 7700000005 ООО "Пример"`: the number and the name behind it.
fn tax_number_before(full: &str) -> (Option<String>, Option<&str>) {
    let rest = ["ИНН", "УНП", "УНН"].into_iter().find_map(|prefix| full.strip_prefix(prefix));
    let Some(rest) = rest else { return (None, Some(full)) };
    match rest.trim_start().split_once(' ') {
        Some((number, name)) => match payer_number(number) {
            Some(number) => (Some(number), Some(name)),
            None => (None, Some(full)),
        },
        None => (payer_number(rest), None),
    }
}

fn is_purpose(key: Key) -> bool {
    matches!(key, Key::Purpose | Key::PurposeLine(_))
}

/// Fields that may not be there twice with different values.
fn is_decisive(key: Key) -> bool {
    matches!(
        key,
        Key::Amount
            | Key::AmountIn
            | Key::AmountOut
            | Key::ReceivedDay
            | Key::SpentDay
            | Key::PayerAccount
            | Key::PayeeAccount
            | Key::Code
            | Key::Currency
    )
}
