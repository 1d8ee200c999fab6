//! One operation of a statement → one row.

use kvit_schemas::{Currency, Day, MessageId, Moment, Money, OrderCode};

use super::dialect::Dialect;
use super::keys::Key;
use crate::feeds::error::{Fault, RowFault};
use crate::feeds::identity::{Identifier, Identity, Names};
use crate::feeds::row::{Direction, Payer, References, Row, RowState};
use crate::feeds::values::{amount, currency, day_and_rest, filled, payer_number, time_of};

/// What the statement says of all its operations.
pub(super) struct Context {
    pub(super) dialect: Dialect,
    pub(super) account: String,
    pub(super) unp: Option<String>,
    /// The account's currency, when the head names it.
    pub(super) currency: Option<Currency>,
    /// What the settings say of it, for statements that say nothing.
    pub(super) set: Option<Currency>,
    pub(super) identifier: Identifier,
}

/// The fields of an operation while they are collected.
#[derive(Default)]
pub(super) struct Operation {
    pub(super) offset: u64,
    /// The values, one behind the other.
    text: String,
    /// Where each is, by the place of its key.
    places: [Option<Place>; Key::COUNT],
    fault: Option<Fault>,
}

/// Where a value stands among the others.
#[derive(Clone, Copy)]
struct Place {
    start: usize,
    end: usize,
}

impl Operation {
    /// Makes room for another operation.
    pub(super) fn begin(&mut self, offset: u64) {
        self.offset = offset;
        self.text.clear();
        self.places = [None; Key::COUNT];
        self.fault = None;
    }

    /// Takes a field.
    pub(super) fn put(&mut self, key: Key, value: &str) {
        match self.text(key) {
            Some(known) if known != value => {
                self.fail(Fault::new(RowFault::Repeated, format!("{} is there twice", key.name())));
            }
            Some(_) => {}
            None => {
                let start = self.text.len();
                self.text.push_str(value);
                self.places[key.place()] = Some(Place { start, end: self.text.len() });
            }
        }
    }

    /// Makes the operation unusable; the first reason stays.
    pub(super) fn fail(&mut self, fault: Fault) {
        self.fault.get_or_insert(fault);
    }

    /// The row that the operation is.
    pub(super) fn row(&mut self, context: &mut Context, row: u64) -> Result<Row, Fault> {
        if let Some(fault) = self.fault.take() {
            return Err(fault);
        }
        let document_day = self.document_day()?;
        let (booked_on, paid_at) = self.times(document_day)?;
        let (direction, amount) = self.money(context)?;
        let (payment_id, identity) = self.identity(context, document_day, direction, amount);
        let (payer, beneficiary_account) = self.parties(context, direction);
        let state = match direction {
            Direction::Credit if !amount.is_zero() => RowState::Credited,
            Direction::Credit | Direction::Debit => RowState::Information,
        };
        let document = self.get(Key::Num).or(self.get(Key::NDoc));
        let references =
            References { bank_document: document.map(str::to_owned), ..References::default() };
        Ok(Row {
            row,
            byte_offset: self.offset,
            account: Some(context.account.clone()),
            direction,
            state,
            amount,
            withheld: None,
            fine: None,
            payment_id,
            identity,
            paid_at,
            booked_on: Some(booked_on),
            reversed_at: None,
            payer,
            beneficiary_account,
            references,
            service: None,
            personal_account: None,
            purpose: self.purpose(),
            lump: None,
        })
    }

    fn get(&self, key: Key) -> Option<&str> {
        self.text(key).and_then(filled)
    }

    /// As written.
    fn text(&self, key: Key) -> Option<&str> {
        let Place { start, end } = self.places[key.place()]?;
        Some(&self.text[start..end])
    }

    fn document_day(&self) -> Result<Day, Fault> {
        let text = self.get(Key::DocDate).unwrap_or("");
        let is_time = |(day, rest): &(Day, &str)| rest.is_empty() || time_of(*day, rest).is_some();
        let read = day_and_rest(text).filter(is_time);
        read.map(|(day, _)| day).ok_or_else(|| Fault::value(RowFault::Date, "DocDate", text))
    }

    /// The day of booking, and the moment of payment where a time of day is given. A time beside
    /// the operation's date goes before the document's.
    fn times(&self, document_day: Day) -> Result<(Day, Option<Moment>), Fault> {
        let wrong = |key, text| Fault::value(RowFault::Date, key, text);
        let at = |day, key, text| time_of(day, text).ok_or_else(|| wrong(key, text)).map(Some);
        let (booked_on, time) = match self.get(Key::OpDate) {
            Some(text) => day_and_rest(text).ok_or_else(|| wrong("OpDate", text))?,
            None => (document_day, ""),
        };
        let paid_at = match (filled(time), self.get(Key::DateTime), self.get(Key::DocTime)) {
            (Some(time), _, _) => at(booked_on, "OpDate", time)?,
            (None, Some(time), _) => at(booked_on, "DateTime", time)?,
            (None, None, Some(time)) => at(document_day, "DocTime", time)?,
            (None, None, None) => None,
        };
        Ok((booked_on, paid_at))
    }

    /// Both sides must stand there, so that a cut operation is not taken for one without money; one
    /// may be empty beside money on the other.
    fn money(&self, context: &Context) -> Result<(Direction, Money), Fault> {
        let currency = self.currency(context)?;
        let missing =
            |key: Key| Fault::new(RowFault::Missing, format!("{} is missing", key.name()));
        let side = |key: Key| match self.get(key) {
            Some(text) => amount(key.name(), text, currency).map(Some),
            None if self.text(key).is_some() => Ok(None),
            None => Err(missing(key)),
        };
        let filled = |key, side: Option<Money>, other: Option<Money>| match (side, other) {
            (Some(side), _) => Ok(side),
            (None, Some(other)) if !other.is_zero() => Ok(Money::zero(currency)),
            (None, Some(_) | None) => Err(missing(key)),
        };
        let keys = context.dialect.row_keys();
        let (debit, credit) = (side(keys.0)?, side(keys.1)?);
        let (debit, credit) = (filled(keys.0, debit, credit)?, filled(keys.1, credit, debit)?);
        match (debit.is_zero(), credit.is_zero()) {
            (true, _) => Ok((Direction::Credit, credit)),
            (false, true) => Ok((Direction::Debit, debit)),
            (false, false) => {
                Err(Fault::new(RowFault::Direction, "an operation is debit and credit at once"))
            }
        }
    }

    fn currency(&self, context: &Context) -> Result<Currency, Fault> {
        if context.dialect == Dialect::Rubel {
            return Ok(Currency::BYN);
        }
        // Where accounts in rubels have the counterparty bank's BIC, `Code` is the currency.
        let marked = [Key::I2, Key::CurrCode, Key::Code].into_iter().find_map(|key| self.get(key));
        let named = match marked {
            Some(text) => currency(text)
                .map(Some)
                .ok_or_else(|| Fault::value(RowFault::Currency, "the currency", text))?,
            None => None,
        };
        match (context.currency, named) {
            (Some(account), Some(named)) if account != named => Err(Fault::new(
                RowFault::Currency,
                format!("the operation is in {named}, the account in {account}"),
            )),
            (Some(known), _) | (None, Some(known)) => Ok(known),
            (None, None) => {
                context.set.ok_or_else(|| Fault::new(RowFault::Currency, "no currency is named"))
            }
        }
    }

    /// The bank's operation id; else what the row says, which two operations may both say.
    fn identity(
        &self,
        context: &mut Context,
        day: Day,
        direction: Direction,
        amount: Money,
    ) -> (MessageId, Identity) {
        let named = |key| self.get(key).filter(|id| id.chars().any(|c| c != '0'));
        let names = Names { bank: named(Key::OperationID).or(named(Key::DocID)), end_to_end: None };
        context.identifier.identify_alone(&context.account, names, || {
            let side = match direction {
                Direction::Credit => "credit",
                Direction::Debit => "debit",
            };
            let number = self.get(Key::Num).or(self.get(Key::NDoc)).unwrap_or("");
            let other = self.get(Key::Acc).or(self.get(Key::KorName)).unwrap_or("");
            format!("{day}\n{number}\n{side} {amount}\n{other}")
        })
    }

    /// Who paid, and to which account: the counterparty to us, or we to the counterparty.
    fn parties(&self, context: &Context, direction: Direction) -> (Payer, Option<String>) {
        let counterparty = self.get(Key::Acc).map(str::to_owned);
        let ours = Some(context.account.clone());
        match direction {
            Direction::Credit => {
                let id = [Key::KorUNP, Key::UNNRec, Key::UNNKorr]
                    .into_iter()
                    .find_map(|key| self.get(key));
                let id = id.and_then(payer_number);
                let name = self.get(Key::KorName).map(str::to_owned);
                (Payer { name, id, account: counterparty }, ours)
            }
            Direction::Debit => {
                (Payer { name: None, id: context.unp.clone(), account: ours }, counterparty)
            }
        }
    }

    /// Both parts without a separator: banks cut inside words and numbers. Only an order code
    /// that is whole in one of them must not become part of a longer number.
    fn purpose(&self) -> Option<String> {
        let part = |key| self.text(key).unwrap_or("");
        let (first, second) = (part(Key::Nazn), part(Key::Nazn2));
        let last = first.bytes().rev().take_while(u8::is_ascii_digit).count();
        let next = second.bytes().take_while(u8::is_ascii_digit).count();
        let between = match (last, next) {
            (OrderCode::DIGITS, 1..) | (1.., OrderCode::DIGITS) => "\n",
            _ => "",
        };
        let mut whole = String::with_capacity(first.len() + between.len() + second.len());
        for part in [first, between, second] {
            whole.push_str(part);
        }
        match filled(&whole) {
            Some(text) if text.len() == whole.len() => Some(whole),
            text => text.map(str::to_owned),
        }
    }
}
