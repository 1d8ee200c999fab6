//! The Belarusian client-bank statement text (DOMAIN.md 2.1): a first line with kind and account,
//! the echo of the request, then balances, operations from each `DocDate` on, and turnovers. A file
//! may hold several, of one account or of many.

mod dialect;
mod entries;
mod keys;
mod operation;

use std::io::BufRead;

use kvit_schemas::Currency;

use self::dialect::{Dialect, Figures, is_footer};
use self::entries::{Entries, Entry, OPENING};
use self::keys::Key;
use self::operation::{Context, Operation};
use super::books::Item;
use super::charset::Decoder;
use super::error::{Fault, FeedError};
use super::identity::Identifier;
use super::lines::Lines;
use super::row::FileHead;
use super::totals::Declared;
use super::values::{currency, payer_number};
use super::{FileFormat, Options};

/// A word of the first line's title, by which code page 866 is told from windows-1251.
const TITLE_WORDS: &[&str] = &["Выписка", "выписки", "Выпіска", "выпіскі"];

/// The key of the account's currency in a statement of a foreign-currency account.
const ACCOUNT_CURRENCY: &str = "I1";

/// The longest account that is believed; an IBAN has 34 characters at most.
const ACCOUNT_CHARS_MAX: usize = 64;

/// A statement that is being read.
pub(super) struct Statement<R> {
    entries: Entries<R>,
    desk: Desk,
}

/// What was read of a statement.
struct Desk {
    /// That of the file is that of its first statement.
    head: FileHead,
    context: Context,
    figures: Figures,
    operation: Operation,
    /// The operation has begun and not ended.
    is_open: bool,
    /// Inside the echo of the request.
    echo: bool,
    rows: u64,
    /// The line of `#` was the last entry.
    ended: bool,
    end: End,
    statements: u64,
    /// The first line of the statement behind this one, once it was met.
    next: Option<Opening>,
}

/// What the first line of a statement says.
struct Opening {
    kind: &'static str,
    dialect: Dialect,
    account: String,
}

/// What of the end was told.
enum End {
    Open,
    Closed,
    Told,
}

/// True for a first line of the format.
pub(super) fn begins(line: &str) -> bool {
    line.starts_with(OPENING) && line.contains("^Type=")
}

impl<R: BufRead> Statement<R> {
    /// Reads up to the first operation.
    pub(super) fn open(source: R, options: &Options<'_>) -> Result<Self, FeedError> {
        let mut lines = Lines::new(source, Decoder::new(TITLE_WORDS));
        let first = lines.next()?.ok_or(FeedError::Empty)?;
        let first = first.text.map_err(|_| FeedError::Format(FileFormat::ClientBank))?;
        if !begins(first) {
            return Err(FeedError::Format(FileFormat::ClientBank));
        }
        let Opening { kind, dialect, account } = Opening::read(first)?;
        let head = FileHead {
            format: FileFormat::ClientBank,
            kind: kind.into(),
            account: Some(account.clone()),
            unp: None,
            statement_identities: Vec::new(),
            currency: (dialect == Dialect::Rubel).then_some(Currency::BYN),
            declared: Declared::default(),
        };
        let context = Context {
            dialect,
            account,
            unp: None,
            currency: head.currency,
            set: options.currency,
            identifier: Identifier::new(options.identity),
        };
        let desk = Desk {
            head,
            context,
            figures: Figures::default(),
            operation: Operation::default(),
            is_open: false,
            echo: false,
            rows: 0,
            ended: false,
            end: End::Open,
            statements: 0,
            next: None,
        };
        let mut statement = Self { entries: Entries::new(lines), desk };
        statement.read_head()?;
        Ok(statement)
    }

    pub(super) fn progress(&self) -> (u64, &'static str) {
        self.entries.progress()
    }

    pub(super) fn head(&self) -> &FileHead {
        &self.desk.head
    }

    /// The next operation, and at the end of each statement what it declared.
    pub(super) fn next(&mut self) -> Result<Option<Item>, FeedError> {
        loop {
            while self.desk.next.is_none()
                && let Some(entry) = self.entries.next()?
            {
                if let Some(item) = self.desk.take(entry)? {
                    return Ok(Some(item));
                }
            }
            if let Some(item) = self.desk.finish().or_else(|| self.desk.close()) {
                return Ok(Some(item));
            }
            let Some(opening) = self.desk.next.take() else { return Ok(None) };
            self.desk.begin(opening);
            self.read_head()?;
        }
    }

    fn read_head(&mut self) -> Result<(), FeedError> {
        while !self.desk.is_open
            && self.desk.next.is_none()
            && let Some(entry) = self.entries.next()?
        {
            self.desk.take(entry)?;
        }
        self.desk.know_account()
    }
}

impl Opening {
    fn read(line: &str) -> Result<Self, FeedError> {
        let kind = between(line, "^Type=").ok_or(FeedError::Head { field: "Type" })?;
        let (kind, dialect) =
            Dialect::of(kind).ok_or_else(|| FeedError::Kind(kind.chars().take(24).collect()))?;
        let account = between(line, "^Acc=")
            .filter(|account| (1..=ACCOUNT_CHARS_MAX).contains(&account.chars().count()))
            .ok_or(FeedError::Head { field: "Acc" })?;
        Ok(Self { kind, dialect, account: account.to_owned() })
    }
}

impl Desk {
    /// Another statement begins in the same file.
    fn begin(&mut self, Opening { kind: _, dialect, account }: Opening) {
        self.context.dialect = dialect;
        self.context.account = account;
        self.context.unp = None;
        self.context.currency = (dialect == Dialect::Rubel).then_some(Currency::BYN);
        self.context.identifier.begin_statement();
        self.figures = Figures::default();
        self.echo = false;
        self.end = End::Open;
    }

    /// The head is at its end: what it says of the account.
    fn know_account(&mut self) -> Result<(), FeedError> {
        if self.context.dialect != Dialect::Rubel
            && let Some(text) = self.figures.get(ACCOUNT_CURRENCY)
        {
            let named = currency(text).ok_or(FeedError::Head { field: ACCOUNT_CURRENCY })?;
            self.context.currency = Some(named);
        }
        self.context.unp = self.figures.get("UNN").and_then(payer_number);
        self.tell_head();
        Ok(())
    }

    /// The head speaks of the first statement.
    fn tell_head(&mut self) {
        if self.statements == 0 {
            self.head.currency = self.context.currency;
            self.head.unp.clone_from(&self.context.unp);
        }
    }

    /// Puts an entry where it belongs. Gives the operation that it ends.
    fn take(&mut self, entry: Entry<'_>) -> Result<Option<Item>, FeedError> {
        let ended = std::mem::take(&mut self.ended);
        match entry {
            Entry::Field { key, value, offset } => Ok(self.field(key, value, offset)),
            Entry::Section { echo } => {
                self.echo = echo;
                Ok(self.finish())
            }
            Entry::End => {
                self.ended = !self.echo;
                Ok(self.finish())
            }
            Entry::Opening { line } => {
                self.ended = ended;
                self.next = Some(Opening::read(line)?);
                Ok(self.finish())
            }
            Entry::Stray { fault } => {
                if self.is_open {
                    self.operation.fail(fault);
                } else {
                    self.figures.damaged(&fault);
                }
                Ok(None)
            }
        }
    }

    fn field(&mut self, text: &str, value: &str, offset: u64) -> Option<Item> {
        match Key::of(text) {
            Some(key @ Key::DocDate) if !self.echo => {
                let ended = self.finish();
                self.operation.begin(offset);
                self.operation.put(key, value);
                self.is_open = true;
                ended
            }
            Some(key) if self.is_open => {
                self.operation.put(key, value);
                None
            }
            None if self.is_open && !is_footer(text) => None,
            Some(_) | None => {
                self.figures.put(text, value);
                self.finish()
            }
        }
    }

    /// The operation that is being read, if one is, has ended.
    fn finish(&mut self) -> Option<Item> {
        if !std::mem::take(&mut self.is_open) {
            return None;
        }
        self.rows += 1;
        let row = self.operation.row(&mut self.context, self.rows);
        if let Ok(row) = &row {
            self.context.currency = Some(row.amount.currency());
            self.tell_head();
        }
        let fault = |fault: Fault| fault.of_row(self.rows, self.operation.offset);
        Some(Item::Record(row.map(Box::new).map_err(fault)))
    }

    /// The statement is at its end: its control figures, then whether it was cut.
    fn close(&mut self) -> Option<Item> {
        match std::mem::replace(&mut self.end, End::Told) {
            End::Open => {
                let declared = match self.context.currency {
                    Some(currency) => self.figures.declared(self.context.dialect, currency),
                    None => Declared { unreadable: vec![ACCOUNT_CURRENCY], ..Declared::default() },
                };
                // The figures of several statements are each its own.
                self.head.declared =
                    if self.statements == 0 { declared.clone() } else { Declared::default() };
                self.statements += 1;
                self.end = End::Closed;
                Some(Item::Statement(Box::new(declared)))
            }
            End::Closed if self.ended => None,
            // Some banks write no such line (type 6): the balance at the end proves as much.
            End::Closed if self.figures.is_closed(self.context.dialect) => None,
            End::Closed => Some(Item::Cut),
            End::Told => None,
        }
    }
}

/// The text between `key` and the next `^`.
fn between<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    let (_, rest) = line.split_once(key)?;
    let (value, _) = rest.split_once('^')?;
    Some(value.trim())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
