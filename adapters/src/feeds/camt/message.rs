//! What comes of a message's elements: entries, rows, and the statements' control figures.

use std::borrow::Cow;
use std::collections::VecDeque;

use kvit_schemas::Currency;

use super::draft::{Status, Transaction};
use super::open::{Counting, Open, signed};
use super::places::{EntryText, Place, StatementText, Text, TransactionText};
use super::rows::{Context, state};
use super::statement::{Header, Statement};
use super::values::Unit;
use crate::feeds::books::Item;
use crate::feeds::error::{Fault, RowFault};
use crate::feeds::identity::Identifier;
use crate::feeds::row::{FileHead, RowState, STATEMENTS_MAX};
use crate::feeds::totals::{Declared, Entry as Counted};
use crate::feeds::{FileFormat, Options};

/// A message that is being read.
pub(super) struct Message {
    pub(super) head: FileHead,
    /// `camt.052`, `.053` or `.054`.
    number: &'static str,
    header: Header,
    statement: Statement,
    statements: u64,
    open: Option<Open>,
    identifier: Identifier,
    /// The currency of the amount whose element is open.
    unit: Result<Unit, Fault>,
    /// The account's currency by the settings, for statements that do not tell it.
    assumed: Option<Unit>,
    /// Currencies that were met.
    units: Vec<Unit>,
    rows: u64,
    unknown_status: bool,
    /// What is ready to be taken.
    pub(super) items: VecDeque<Item>,
}

impl Message {
    pub(super) fn new(options: &Options<'_>) -> Self {
        Self {
            head: FileHead {
                format: FileFormat::Camt,
                kind: Cow::Borrowed("camt"),
                account: None,
                unp: None,
                statement_identities: Vec::new(),
                currency: None,
                declared: Declared::default(),
            },
            number: "camt",
            header: Header::default(),
            statement: Statement::default(),
            statements: 0,
            open: None,
            identifier: Identifier::new(options.identity),
            unit: Err(no_currency()),
            assumed: options.currency.map(Unit::of),
            units: Vec::new(),
            rows: 0,
            unknown_status: false,
            items: VecDeque::new(),
        }
    }

    /// A message begins.
    pub(super) fn begin(&mut self, number: &'static str) {
        self.number = number;
        self.header = Header::default();
    }

    /// The head of the file is that of its first message. `version` is what its namespace says,
    /// which may be another message's.
    pub(super) fn describe(&mut self, number: &'static str, version: Option<&str>) {
        let version = version.filter(|version| version.starts_with(number));
        self.head.kind = version.map_or(Cow::Borrowed(number), |text| Cow::Owned(text.to_owned()));
    }

    /// There was a document, and no message in it.
    pub(super) fn empty(&mut self, version: &str) {
        self.head.kind = Cow::Owned(version.to_owned());
        self.items.push_back(Item::Warning("the document holds no message".to_owned()));
    }

    /// An element begins at `offset`.
    pub(super) fn start(&mut self, place: Place, offset: u64) {
        if place == Place::Statement {
            self.statement = Statement::of(self.assumed);
            self.identifier.begin_statement();
        } else if place == Place::Entry {
            self.open = Some(Open::at(offset));
            self.identifier.begin_entry();
            self.tell_head();
        } else if place == Place::Transaction
            && let Some(open) = &mut self.open
            && open.begin_transaction(offset)
        {
            self.release(false);
        }
    }

    /// The element of an amount begins; it names its currency so.
    pub(super) fn start_amount(&mut self, code: Option<&str>) {
        self.unit = match code {
            // The standard's word for no currency, which some banks write for the account's.
            None | Some("XXX") => self.statement.nameless().ok_or_else(no_currency),
            Some(code) => self.unit_of(code),
        };
    }

    fn unit_of(&mut self, code: &str) -> Result<Unit, Fault> {
        if let Some(known) = self.units.iter().find(|unit| unit.currency.as_str() == code) {
            return Ok(*known);
        }
        let currency: Currency =
            code.trim().parse().map_err(|_| Fault::value(RowFault::Currency, "Ccy", code))?;
        self.units.push(Unit::of(currency));
        Ok(Unit::of(currency))
    }

    /// The text of an element that ends; a fault when it was too long to be kept.
    pub(super) fn text(&mut self, text: Text, value: Result<&str, Fault>) {
        match text {
            Text::Statement(text) => match value {
                Ok(value) => self.statement_text(text, value),
                Err(fault) => self.items.push_back(Item::Warning(fault.detail)),
            },
            Text::Entry(text) => {
                let Some(open) = &mut self.open else { return };
                match value {
                    Ok(value) => open.entry.take(text, value, &self.unit),
                    Err(fault) => open.entry.fail(fault),
                }
            }
            Text::Transaction(text) => {
                let open = self.open.as_mut();
                let Some(transaction) = open.and_then(|open| open.transaction.as_mut()) else {
                    return;
                };
                match value {
                    Ok(value) => transaction.take(text, value, &self.unit),
                    Err(fault) => transaction.fail(fault),
                }
            }
        }
    }

    fn statement_text(&mut self, text: StatementText, value: &str) {
        self.header.take(text, value);
        let unit = self.unit.as_ref().ok().copied();
        self.statement.take(text, value, unit);
    }

    /// An element ends.
    pub(super) fn end(&mut self, place: Place) {
        if place == Place::Balance {
            self.statement.end_balance();
        } else if place == Place::Statement {
            self.end_statement();
        } else if place == Place::Transaction
            && let Some(open) = &mut self.open
        {
            open.held.extend(open.transaction.take());
        } else if place == Place::Entry
            && let Some(open) = &mut self.open
        {
            if open.transactions == 0 {
                open.held.push(Transaction::at(open.entry.offset));
            }
            self.release(true);
            self.end_entry();
        }
    }

    /// Counts the entry that is open, and makes rows of what waits of it.
    fn release(&mut self, complete: bool) {
        let Some(open) = &mut self.open else { return };
        let is_statement = self.number == "camt.053";
        if let Counting::Waits = open.counted {
            open.counted = match open.money() {
                Ok((direction, amount)) => {
                    let booked = state(open.entry.status, is_statement) == RowState::Credited;
                    self.items.push_back(Item::Entry(Counted { direction, amount, booked }));
                    Counting::Counted(direction, amount)
                }
                Err(fault) => {
                    self.rows += 1;
                    let error = fault.of_row(self.rows, open.entry.offset);
                    self.items.push_back(Item::Refused { error, lost: true });
                    Counting::Lost
                }
            };
        }
        let Counting::Counted(direction, amount) = open.counted else {
            open.held.clear();
            return;
        };
        let held = open.take_held(direction, complete);
        self.statement.met.get_or_insert_with(|| Unit::of(amount.currency()));
        let context = Context {
            is_statement,
            account: self.statement.account.as_deref(),
            day: self.statement.day(&self.header),
        };
        let only = complete && open.transactions <= 1;
        for mut paid in held {
            let offset = paid.offset;
            let entry = (&open.entry, (direction, amount));
            open.decides.settle(&mut paid, direction);
            let item = match context.row(entry, paid, only, &mut self.identifier) {
                Ok(Ok((mut row, said))) => {
                    self.rows += 1;
                    row.row = self.rows;
                    open.add((row.direction, said), amount.currency());
                    Item::Row(Box::new(row))
                }
                Ok(Err(fault)) => {
                    open.sum = None;
                    let place = format!("at byte {offset}, which is no money to us");
                    Item::Warning(format!("{place}, cannot be read: {}", fault.detail))
                }
                Err(fault) => {
                    self.rows += 1;
                    open.sum = None;
                    Item::Refused { error: fault.of_row(self.rows, offset), lost: false }
                }
            };
            self.items.push_back(item);
        }
    }

    /// Says what is odd about the entry that ends.
    fn end_entry(&mut self) {
        let Some(open) = self.open.take() else { return };
        let offset = open.entry.offset;
        if matches!(open.entry.status, Some(Status::Failed | Status::Unknown))
            && !self.unknown_status
        {
            self.unknown_status = true;
            let odd = format!("the entry at byte {offset} has a status that is not the standard's");
            self.items.push_back(Item::Warning(odd));
        }
        if open.turned {
            let odd = "has transactions of the other direction alone: its own is taken";
            self.items.push_back(Item::Warning(format!("the entry at byte {offset} {odd}")));
        }
        if let (Counting::Counted(direction, amount), Some(sum)) = (open.counted, open.sum)
            && sum != signed(direction, amount.minor())
        {
            let odd = format!("the entry at byte {offset} is not the sum of its transactions");
            self.items.push_back(Item::Warning(odd));
        }
        if let Some(fault) = open.entry.fault
            && open.transactions > 1
        {
            let odd = format!("the entry at byte {offset}: {}", fault.detail);
            self.items.push_back(Item::Warning(odd));
        }
    }

    fn end_statement(&mut self) {
        self.tell_head();
        self.statements += 1;
        let identity = self.statement.identity(self.number, &self.header);
        if self.head.statement_identities.len() < STATEMENTS_MAX {
            self.head.statement_identities.extend(identity);
        }
        let declared = self.statement.declared();
        // The figures of several statements are each its own.
        self.head.declared =
            if self.statements == 1 { declared.clone() } else { Declared::default() };
        self.items.push_back(Item::Statement(Box::new(declared)));
    }

    /// The head speaks of the first statement.
    fn tell_head(&mut self) {
        if self.statements == 0 {
            self.head.account.clone_from(&self.statement.account);
            self.head.currency = self.statement.currency();
        }
    }
}

fn no_currency() -> Fault {
    let detail = "an amount in no currency, on an account of none: --currency, or the feed's \
                  setting, tells it";
    Fault::new(RowFault::Currency, detail)
}

/// True for an element whose attribute names a currency.
pub(super) fn is_amount(text: Text) -> bool {
    matches!(
        text,
        Text::Statement(StatementText::BalanceAmount)
            | Text::Entry(EntryText::Amount | EntryText::Charge | EntryText::ChargesTotal)
            | Text::Transaction(
                TransactionText::Amount
                    | TransactionText::InstructedAmount
                    | TransactionText::TransactionAmount
                    | TransactionText::CounterValue
                    | TransactionText::Charge
                    | TransactionText::ChargesTotal
            )
    )
}
