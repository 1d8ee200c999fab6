//! Lines of messages → items: what each line is, where it belongs, and when an entry or a message
//! is complete.

use std::collections::VecDeque;

use kvit_schemas::Currency;

use super::details::Found;
use super::entry::{Entry, EntryLines};
use super::lines::Line;
use super::names::Names;
use super::statement::{Kind, Statement};
use super::tag::{self, Tag};
use super::text::Decoder;
use crate::feeds::books::Item;
use crate::feeds::error::{Fault, RowFault};
use crate::feeds::row::{FileHead, STATEMENTS_MAX};
use crate::feeds::totals::Declared;
use crate::feeds::{FileFormat, Options};

/// What the line read next goes on with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    /// Nothing that counts.
    Nothing,
    /// Field 61 of the entry.
    Entry,
    /// Field 86 of the entry.
    Text,
    /// Field NS of the entry.
    Numbered,
}

/// Where lines become items.
pub(super) struct Desk {
    head: FileHead,
    decoder: Decoder,
    names: Names,
    statement: Statement,
    entry: EntryLines,
    found: Found,
    /// An entry is being collected.
    collecting: bool,
    open: Open,
    /// The kind that the frame or the line before the next message names.
    announced: Option<Kind>,
    /// The currency that counts where no message names one.
    currency: Option<Currency>,
    /// Inside block 4, which has an end of its own.
    framed: bool,
    /// A field of such a message was met.
    known: bool,
    /// A field was met that no other message has.
    told: bool,
    /// The message before.
    previous: Statement,
    statements: u64,
    entries: u64,
    items: VecDeque<Item>,
}

impl Desk {
    pub(super) fn new(options: &Options<'_>) -> Self {
        Self {
            head: FileHead {
                format: FileFormat::Mt940,
                kind: Kind::Statement.number().into(),
                account: None,
                unp: None,
                statement_identities: Vec::new(),
                currency: None,
                declared: Declared::default(),
            },
            decoder: Decoder::default(),
            names: Names::new(options.identity),
            statement: Statement::default(),
            entry: EntryLines::default(),
            found: Found::default(),
            collecting: false,
            open: Open::Nothing,
            announced: None,
            currency: options.currency,
            framed: false,
            known: false,
            told: false,
            previous: Statement::default(),
            statements: 0,
            entries: 0,
            items: VecDeque::new(),
        }
    }

    /// Takes the next line.
    pub(super) fn line(&mut self, line: &Line<'_>) {
        let mut bytes = tag::plain(line.bytes);
        while let Some(frame) = tag::frame(bytes) {
            self.break_off();
            self.statement.ended |= frame.ends;
            if frame.ends || frame.blocks {
                self.statement.cut |= self.framed && !frame.ends;
                self.framed = false;
            }
            self.announced = frame.kind.map_or(self.announced, Kind::of);
            let Some(inside) = frame.inside else { return };
            self.framed = true;
            bytes = inside;
        }
        if tag::is_separator(bytes) {
            self.statement.ended = true;
            return self.break_off();
        }
        // The end of the block may stand behind its last field.
        let last = self.framed.then(|| bytes.strip_suffix(b"-}")).flatten();
        self.inside(last.unwrap_or(bytes), line);
        if last.is_some() {
            self.break_off();
            self.statement.ended = true;
            self.framed = false;
        }
    }

    /// Takes a line of a message.
    fn inside(&mut self, bytes: &[u8], line: &Line<'_>) {
        // Some banks put the separator before a field in its line.
        let (field_line, glued) = match bytes {
            [b'-', rest @ ..] if rest.first() == Some(&b':') => (rest, true),
            _ => (bytes, false),
        };
        match tag::field(field_line) {
            Some((tag, value)) if !self.is_text(tag, value, glued) => {
                if glued {
                    self.break_off();
                }
                self.field(tag, value, field_line.len() - value.len(), line);
            }
            Some(_) | None => self.text(bytes, line.cut),
        }
    }

    /// True for what looks like a field of the head and cannot be one inside an entry's text.
    fn is_text(&self, tag: Tag, value: &[u8], glued: bool) -> bool {
        if glued {
            return tag == Tag::Other;
        }
        let text = match self.open {
            Open::Nothing => return false,
            Open::Entry => &self.entry.supplement,
            Open::Text => &self.entry.text,
            Open::Numbered => &self.entry.numbered,
        };
        matches!(tag, Tag::Related | Tag::Account | Tag::Number)
            || tag::may_be_time(text.bytes(), tag, value)
    }

    /// A line that goes on with the field before it.
    fn text(&mut self, line: &[u8], cut: bool) {
        let folded = match self.open {
            Open::Nothing => return,
            Open::Entry => &mut self.entry.supplement,
            Open::Text => &mut self.entry.text,
            Open::Numbered => return self.numbered(line, cut),
        };
        folded.push(line, 0);
        if cut {
            folded.set_cut();
        }
    }

    /// A line of NS without its number.
    fn numbered(&mut self, line: &[u8], cut: bool) {
        let text = match line {
            [b'0'..=b'9', b'0'..=b'9', text @ ..] => text,
            text => text,
        };
        self.entry.numbered.push(text, 1);
        if cut {
            self.entry.numbered.set_cut();
        }
    }

    fn field(&mut self, tag: Tag, value: &[u8], tag_length: usize, line: &Line<'_>) {
        self.known |= tag != Tag::Other;
        self.told |= tag.is_telling();
        match tag {
            Tag::Entry => {
                self.break_off();
                self.statement.begun = true;
                self.collecting = true;
                self.entry.begin(line.offset, value);
                self.open = Open::Entry;
                if line.cut {
                    self.entry.supplement.set_cut();
                }
            }
            Tag::Text if self.collecting => {
                self.open = Open::Text;
                self.entry.text.push(value, tag_length);
                if line.cut {
                    self.entry.text.set_cut();
                }
            }
            Tag::Numbered if self.collecting => {
                self.open = Open::Numbered;
                self.numbered(value, line.cut);
            }
            Tag::Text | Tag::Numbered | Tag::Other => self.open = Open::Nothing,
            Tag::Available => self.break_off(),
            Tag::Kind => {
                self.break_off();
                self.announced = Kind::of(&line.bytes[1..]);
            }
            Tag::Reference
            | Tag::Related
            | Tag::Account
            | Tag::Number
            | Tag::Opening
            | Tag::OpeningOfPage
            | Tag::Closing
            | Tag::ClosingOfPage
            | Tag::Floor
            | Tag::Stamp
            | Tag::Debits
            | Tag::Credits => {
                self.break_off();
                self.head_or_foot(tag, value);
            }
        }
    }

    /// A field of a message's head, which may be the next one's, or of its foot.
    fn head_or_foot(&mut self, tag: Tag, value: &[u8]) {
        let next = match tag {
            Tag::Reference => true,
            Tag::Related | Tag::Account | Tag::Number => {
                self.statement.closed || self.statement.has_entries
            }
            Tag::Opening | Tag::OpeningOfPage => self.statement.closed || self.statement.opened,
            Tag::Floor | Tag::Stamp => self.statement.closed,
            Tag::Closing
            | Tag::ClosingOfPage
            | Tag::Debits
            | Tag::Credits
            | Tag::Kind
            | Tag::Entry
            | Tag::Text
            | Tag::Numbered
            | Tag::Available
            | Tag::Other => false,
        };
        if next && self.statement.begun {
            self.begin_statement(tag);
        }
        self.statement.begun = true;
        // Without the ends of its lines the message's entries are in a value of its head.
        self.statement.cut |= tag::holds_fields(tag, value);
        self.statement.framed = self.announced.take().or(self.statement.framed);
        let text = self.decoder.text(value);
        self.statement.take(tag, &text);
    }

    /// An entry is complete where anything but its own text comes.
    fn break_off(&mut self) {
        self.open = Open::Nothing;
        if std::mem::take(&mut self.collecting) {
            self.finish_entry(None);
        }
    }

    fn finish_entry(&mut self, fault: Option<Fault>) {
        if !self.statement.has_entries {
            self.statement.has_entries = true;
            self.statement.assume(self.currency);
            if !self.previous.is_followed_by(&self.statement) {
                self.names.begin_statement();
            }
        }
        self.entries += 1;
        let (number, offset) = (self.entries, self.entry.offset);
        let read = match fault {
            Some(fault) => Err(fault),
            None => Entry::read(&self.entry, &self.statement),
        };
        let entry = match read {
            Ok(entry) => entry,
            Err(fault) => {
                let error = fault.of_row(number, offset);
                return self.items.push_back(Item::Refused { error, lost: true });
            }
        };
        self.items.push_back(Item::Entry(entry.counted()));
        let Self { statement, names, found, decoder, .. } = self;
        match entry.row(number, statement, names, found, decoder) {
            Ok((row, odd)) => {
                if let Some(odd) = odd {
                    self.items.push_back(Item::Warning(format!("row {number} {odd}")));
                }
                self.items.push_back(Item::Row(Box::new(row)));
            }
            Err(fault) => {
                let error = fault.of_row(number, offset);
                self.items.push_back(Item::Refused { error, lost: false });
            }
        }
    }

    /// The message is complete, and another begins with `tag`.
    fn begin_statement(&mut self, tag: Tag) {
        self.end_statement();
        let mut next = Statement::default();
        if tag != Tag::Reference {
            next.go_on_from(&self.statement);
        }
        self.previous = std::mem::replace(&mut self.statement, next);
    }

    fn end_statement(&mut self) {
        self.describe();
        let declared = self.statement.declared();
        self.head.declared =
            if self.statements == 0 { declared.clone() } else { Declared::default() };
        self.statements += 1;
        if self.head.statement_identities.len() < STATEMENTS_MAX {
            self.head.statement_identities.extend(self.statement.identity());
        }
        self.items.push_back(Item::Statement(Box::new(declared)));
        if self.statement.is_cut() {
            self.items.push_back(Item::Cut);
        }
    }

    /// The file is at its end. An entry that nothing closes in a statement that nothing closes was
    /// cut: its text, by which it may be told from others, is not all there.
    pub(super) fn end(&mut self) {
        // Of a fragment that nothing tells to be a statement a warning is enough.
        let only_begun = self.told && !self.collecting && self.statement.is_only_begun();
        self.statement.cut |= self.framed || self.announced.is_some() || only_begun;
        if self.collecting && self.open != Open::Nothing && self.statement.is_cut() {
            self.collecting = false;
            let fault = Fault::new(RowFault::Unterminated, "the file ends inside the entry");
            self.finish_entry(Some(fault));
        } else if self.collecting && self.open != Open::Nothing {
            let row = self.entries + 1;
            let warning = format!("nothing tells that row {row}, the file's last, is whole");
            self.items.push_back(Item::Warning(warning));
        }
        self.break_off();
        if self.statement.begun {
            self.end_statement();
        }
        if !self.told {
            let warning = "nothing tells that it is a statement: a part of one, or something else";
            self.items.push_back(Item::Warning(warning.to_owned()));
        }
    }

    /// The head of the file is that of its first message.
    pub(super) fn describe(&mut self) {
        if self.statements == 0 {
            self.head.kind = self.statement.kind().number().into();
            self.head.account.clone_from(&self.statement.account);
            self.head.currency = self.statement.currency();
        }
    }

    /// The next item, where one is complete.
    pub(super) fn take(&mut self) -> Option<Item> {
        self.items.pop_front()
    }

    pub(super) fn is_idle(&self) -> bool {
        self.items.is_empty()
    }

    /// A field of such a message was met.
    pub(super) fn knows_format(&self) -> bool {
        self.known
    }

    pub(super) fn head(&self) -> &FileHead {
        &self.head
    }

    pub(super) fn charset(&self) -> &'static str {
        self.decoder.name()
    }

    pub(super) fn marked_utf8(&mut self) {
        self.decoder.marked_utf8();
    }
}
