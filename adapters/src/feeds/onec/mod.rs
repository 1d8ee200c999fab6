//! 1CClientBankExchange, the text that bookkeeping programs and banks of the former Soviet states
//! exchange (DOMAIN.md 2.2, FEEDS.md D 19, 20): a head that names the accounts, sections of
//! balances, then documents, each an entry of one row.

mod accounts;
mod document;
mod head;
mod keys;
mod way;
mod written;

use std::collections::VecDeque;
use std::io::BufRead;

use self::accounts::{ACCOUNTS_MAX, Accounts, Section};
use self::document::{Document, Told};
use self::keys::{Key, Mark, Said, WORDS, said};
use self::way::Way;
use super::books::Item;
use super::charset::Decoder;
use super::error::{Fault, FeedError, RowFault};
use super::identity::Identifier;
use super::lines::Lines;
use super::row::{Direction, FileHead};
use super::totals::{Declared, Entry};
use super::{FileFormat, Options};

/// How much may be found wrong with a head before the first document is waited for no longer.
const HEAD_ITEMS_MAX: usize = 100;

/// An exchange that is being read.
pub(super) struct Exchange<R> {
    lines: Lines<R>,
    desk: Desk,
}

/// What was read of an exchange.
struct Desk {
    head: FileHead,
    /// The character set of the lines.
    charset: &'static str,
    settings: Settings,
    accounts: Accounts,
    place: Place,
    /// What was read and not given yet.
    items: VecDeque<Item>,
    documents: u64,
    identifier: Identifier,
    said_once: Once,
    is_over: bool,
}

/// What the options say.
struct Settings {
    currency: Option<kvit_schemas::Currency>,
    identity: super::IdentityRule,
}

/// Where in the exchange the next line stands.
enum Place {
    /// Outside all sections: at first the head.
    Between,
    Account(Section),
    Document(Box<Document>),
    /// Behind the mark of the end.
    After,
}

/// What was warned of already.
#[derive(Default)]
struct Once {
    orders: bool,
    currency: bool,
    accounts: bool,
    behind: bool,
}

/// True for the first line of an exchange.
pub(super) fn begins(line: &str) -> bool {
    said(line.trim_start_matches('\u{feff}')) == Said::Mark(Mark::Exchange)
}

impl<R: BufRead> Exchange<R> {
    /// Reads up to the first document.
    pub(super) fn open(source: R, options: &Options<'_>) -> Result<Self, FeedError> {
        let mut lines = Lines::new(source, Decoder::new(WORDS));
        let first = lines.next()?.ok_or(FeedError::Empty)?;
        if !first.text.is_ok_and(begins) {
            return Err(FeedError::Format(FileFormat::OneC));
        }
        let settings = Settings { currency: options.currency, identity: options.identity };
        let head = FileHead {
            format: FileFormat::OneC,
            kind: "".into(),
            account: None,
            unp: None,
            statement_identities: Vec::new(),
            currency: None,
            declared: Declared::default(),
        };
        let (_, charset) = lines.progress();
        let desk = Desk {
            head,
            charset,
            accounts: Accounts::new(settings.currency),
            place: Place::Between,
            items: VecDeque::new(),
            documents: 0,
            identifier: Identifier::new(settings.identity),
            settings,
            said_once: Once::default(),
            is_over: false,
        };
        let mut exchange = Self { lines, desk };
        while !matches!(exchange.desk.place, Place::Document(_))
            && exchange.desk.items.len() < HEAD_ITEMS_MAX
            && exchange.step()?
        {}
        let Desk { head, accounts, .. } = &mut exchange.desk;
        head.account = accounts.first().map(str::to_owned);
        if head.currency.is_none() && head.account.is_some() {
            head.currency = accounts.currency(accounts.first()).0;
        }
        Ok(exchange)
    }

    pub(super) fn progress(&self) -> (u64, &'static str) {
        self.lines.progress()
    }

    pub(super) fn head(&self) -> &FileHead {
        &self.desk.head
    }

    pub(super) fn next(&mut self) -> Result<Option<Item>, FeedError> {
        loop {
            if let Some(item) = self.desk.items.pop_front() {
                return Ok(Some(item));
            }
            if !self.step()? && self.desk.items.is_empty() {
                return Ok(None);
            }
        }
    }

    /// Reads a line. False at the end of the file.
    fn step(&mut self) -> Result<bool, FeedError> {
        if !self.lines.advance()? {
            self.desk.over();
            return Ok(false);
        }
        let (line, desk) = (self.lines.line(), &mut self.desk);
        (_, desk.charset) = self.lines.progress();
        match line.text.map(said) {
            Ok(Said::Mark(mark)) => desk.mark(mark, line.offset),
            Ok(Said::Field(key, value)) => desk.field(key, value),
            Ok(Said::Other) => desk.other(),
            Ok(Said::Word(line)) => desk.word(line),
            Ok(Said::Text(text)) => desk.text(text),
            Err(unread) => desk.damaged(unread.fault()),
        }
        Ok(true)
    }
}

impl Desk {
    /// The file is at its end.
    fn over(&mut self) {
        if !std::mem::replace(&mut self.is_over, true) {
            self.end(!matches!(self.place, Place::After));
        }
    }

    fn mark(&mut self, mark: Mark, offset: u64) {
        match mark {
            Mark::Exchange => {
                self.end(!matches!(self.place, Place::After));
                self.begin_again();
            }
            Mark::Account => {
                self.leave();
                self.place = Place::Account(Section::default());
            }
            Mark::Document => {
                self.leave();
                self.place = Place::Document(Box::new(Document::new(offset)));
            }
            Mark::AccountEnd => {
                if matches!(self.place, Place::Account(_)) {
                    self.leave();
                }
            }
            Mark::DocumentEnd => match std::mem::replace(&mut self.place, Place::Between) {
                Place::Document(document) => self.finish(*document),
                place @ (Place::Between | Place::Account(_) | Place::After) => self.place = place,
            },
            Mark::End => {
                self.leave();
                self.place = Place::After;
            }
        }
    }

    /// Another exchange follows in the same file.
    fn begin_again(&mut self) {
        self.place = Place::Between;
        self.accounts = Accounts::new(self.settings.currency);
        self.identifier.begin_statement();
        self.said_once.behind = false;
    }

    /// The section that is being read has no end, or needs none.
    fn leave(&mut self) {
        match std::mem::replace(&mut self.place, Place::Between) {
            Place::Between | Place::After => {}
            Place::Account(section) => {
                let taken = self.accounts.add_section(section);
                self.warn_of_accounts(taken);
            }
            Place::Document(mut document) => {
                let detail = "КонецДокумента is missing";
                document.fail(Fault::new(RowFault::Unterminated, detail));
                self.finish(*document);
            }
        }
    }

    fn field(&mut self, key: Key, value: &str) {
        match &mut self.place {
            Place::Document(document) => document.put(key, value),
            Place::Account(_) if key == Key::Currency => self.accounts.name_currency(value),
            Place::Account(section) => section.put(key, value),
            Place::Between => self.head_field(key, value),
            Place::After => self.behind(value),
        }
    }

    fn other(&mut self) {
        match &mut self.place {
            Place::Document(document) => document.put_other(),
            Place::Between | Place::Account(_) | Place::After => {}
        }
    }

    /// What may be a field that is not read is text where a purpose goes before.
    fn word(&mut self, line: &str) {
        match &mut self.place {
            Place::Document(document) if document.is_in_purpose() => document.go_on(line),
            Place::Document(_) | Place::Between | Place::Account(_) | Place::After => self.other(),
        }
    }

    fn text(&mut self, text: &str) {
        match &mut self.place {
            Place::Document(document) => document.go_on(text),
            Place::Between | Place::Account(_) => {}
            Place::After => self.behind(text),
        }
    }

    /// Text behind the end; the mark that DOS puts there is none.
    fn behind(&mut self, text: &str) {
        let says = text.chars().any(|c| !c.is_whitespace() && c != char::REPLACEMENT_CHARACTER);
        if says && !std::mem::replace(&mut self.said_once.behind, true) {
            self.warn("behind КонецФайла stands what is not read".to_owned());
        }
    }

    fn damaged(&mut self, fault: Fault) {
        match &mut self.place {
            Place::Document(document) => document.fail(fault),
            Place::Between | Place::Account(_) => {
                self.warn(format!("a line of the head cannot be read: {}", fault.detail));
            }
            Place::After => self.behind(&fault.detail),
        }
    }

    fn finish(&mut self, document: Document) {
        self.documents += 1;
        let offset = document.offset;
        match document.told(&self.accounts, &mut self.identifier, self.documents) {
            Ok(told) => self.give(told),
            Err(fault) => {
                self.accounts.lose();
                let error = fault.of_row(self.documents, offset);
                self.items.push_back(Item::Refused { error, lost: true });
            }
        }
    }

    fn give(&mut self, told: Told) {
        let Told { row, way, booked, unsure_currency } = told;
        let amount = row.amount;
        match way {
            Way::In(place) => self.accounts.count(place, Direction::Credit, amount),
            Way::Out(place) => self.accounts.count(place, Direction::Debit, amount),
            Way::Within { from, to } => {
                self.accounts.count(Some(to), Direction::Credit, amount);
                if from != to {
                    self.accounts.count(Some(from), Direction::Debit, amount);
                }
            }
        }
        if unsure_currency && !std::mem::replace(&mut self.said_once.currency, true) {
            let currency = amount.currency();
            self.warn(format!("nothing names a currency: amounts are read as {currency}"));
        }
        let is_order = !booked && row.state == super::RowState::Information;
        if is_order && !amount.is_zero() && !std::mem::replace(&mut self.said_once.orders, true) {
            self.warn("documents without balances and dates are orders, not payments".to_owned());
        }
        self.head.currency.get_or_insert(amount.currency());
        let entry = Entry { direction: row.direction, amount, booked };
        self.items.extend([Item::Entry(entry), Item::Row(Box::new(row))]);
    }

    /// The exchange is at its end. What it declares of one account is compared again with all
    /// rows by whoever counts them, so only figures that agree are passed on.
    fn end(&mut self, is_cut: bool) {
        self.leave();
        let (is_one, is_none) = (self.accounts.len() == 1, self.accounts.len() == 0);
        let closed = self.accounts.close();
        if is_one && let Some((declared, _)) = closed.first() {
            self.head.declared = declared.clone();
        }
        for (number, (declared, wrong)) in closed.into_iter().enumerate() {
            for discrepancy in &wrong {
                let account = number + 1;
                self.warn(format!("control figures of account {account}: {discrepancy}"));
            }
            let passed_on = if is_one && wrong.is_empty() { declared } else { Declared::default() };
            self.items.push_back(Item::Statement(Box::new(passed_on)));
        }
        if is_none {
            self.items.push_back(Item::Statement(Box::default()));
        }
        if is_cut {
            self.items.push_back(Item::Cut);
        }
    }

    fn warn_of_accounts(&mut self, taken: bool) {
        if !taken && !std::mem::replace(&mut self.said_once.accounts, true) {
            self.warn(format!("only the first {ACCOUNTS_MAX} accounts are told apart"));
        }
    }

    fn warn(&mut self, warning: String) {
        self.items.push_back(Item::Warning(warning));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
