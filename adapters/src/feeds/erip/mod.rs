//! ERIP's payment registers 206, 210 and 216, and its answers 204: windows-1251, `^` between
//! fields, a header line, then one line a record (DOMAIN.md 1.2, 1.3).

mod answer;
mod layout;
mod record;

use std::io::BufRead;

use kvit_schemas::{Currency, MessageId, Money};

use self::answer::Answer;
use self::layout::{COUNT, Fields, Kind, Message, NUMBER, TIME, UNP, is_header, message_of};
use self::record::Context;
use super::books::Item;
use super::charset::Decoder;
use super::error::FeedError;
use super::lines::Lines;
use super::row::{FileHead, Lump};
use super::totals::Declared;
use super::values::{amount, currency, filled, number, owned, stamp};
use super::{AmountRule, FileFormat, Options};

/// A message that is being read.
pub(super) struct Register<R> {
    lines: Lines<R>,
    head: FileHead,
    records: Records,
    rows: u64,
    ended: bool,
}

/// What the records are.
enum Records {
    Payments(Box<Context>),
    Faults(Answer),
}

/// True for bytes that begin as an ERIP message does.
pub(super) fn begins(line: &str) -> bool {
    let fields: Vec<&str> = line.splitn(5, '^').collect();
    fields.len() == 5 && is_header(&fields)
}

impl<R: BufRead> Register<R> {
    pub(super) fn open(source: R, options: &Options<'_>) -> Result<Self, FeedError> {
        let mut lines = Lines::new(source, Decoder::new(&[]));
        let header = lines.next()?.ok_or(FeedError::Empty)?;
        let header = header.text.map_err(|_| FeedError::Format(FileFormat::Erip))?.to_owned();
        let fields = Fields::of(&header);
        let fields = fields.as_slice();
        if !is_header(fields) {
            return Err(FeedError::Format(FileFormat::Erip));
        }
        let (head, records) = match message(&mut lines, options.file_name, fields)? {
            Message::Register(kind) => {
                let (head, context) = read_header(kind, fields, options.amount_rule)?;
                (head, Records::Payments(Box::new(context)))
            }
            Message::Answer => {
                let (head, answer) = Answer::open(fields)?;
                (head, Records::Faults(answer))
            }
        };
        Ok(Self { lines, head, records, rows: 0, ended: false })
    }

    pub(super) fn progress(&self) -> (u64, &'static str) {
        self.lines.progress()
    }

    pub(super) fn head(&self) -> &FileHead {
        &self.head
    }

    pub(super) fn next(&mut self) -> Result<Option<Item>, FeedError> {
        if let Records::Faults(answer) = &mut self.records
            && let Some(told) = answer.header()
        {
            return Ok(Some(Item::Warning(told)));
        }
        let Some(line) = self.lines.next()? else { return Ok(self.end()) };
        let context = match &mut self.records {
            Records::Payments(context) => context,
            Records::Faults(answer) => return Ok(Some(Item::Warning(answer.record(line.text)))),
        };
        self.rows += 1;
        let row = match line.text {
            Ok(text) => context.row(self.rows, line.offset, text),
            Err(unread) => Err(unread.fault()),
        };
        let row = row.map(Box::new).map_err(|fault| fault.of_row(self.rows, line.offset));
        Ok(Some(Item::Record(row)))
    }

    fn end(&mut self) -> Option<Item> {
        if let Records::Faults(answer) = &mut self.records
            && let Some(told) = answer.end()
        {
            return Some(Item::Warning(told));
        }
        let ended = !std::mem::replace(&mut self.ended, true);
        ended.then(|| Item::Statement(Box::new(self.head.declared.clone())))
    }
}

/// Tells what it is, looking at the first record, which stays the next line.
fn message<R: BufRead>(
    lines: &mut Lines<R>,
    name: Option<&str>,
    header: &[&str],
) -> Result<Message, FeedError> {
    let Some(first) = lines.next()? else { return message_of(name, header, None) };
    let fields = first.text.ok().map(Fields::of);
    let message = message_of(name, header, fields.as_ref().map(Fields::as_slice));
    lines.hold();
    message
}

fn read_header(
    kind: Kind,
    fields: &[&str],
    rule: AmountRule,
) -> Result<(FileHead, Context), FeedError> {
    let text = |at: usize| fields.get(at).and_then(|field| filled(field));
    let wrong = |field| FeedError::Head { field };
    let places = kind.header();
    let currency = text(places.currency).and_then(currency).ok_or(wrong("currency_code"))?;
    let (number, time) = (text(NUMBER).unwrap_or(""), text(TIME).unwrap_or(""));
    stamp(time).ok_or(wrong("msg_datetime"))?;
    let identity: MessageId =
        format!("{}-{number}-{time}", kind.number()).parse().map_err(|_| wrong("msg_num"))?;
    let [account, document, booked, _] = match places.transfer {
        Some(places) => places.map(text),
        None => [None; 4],
    };
    let booked_on = match booked {
        Some(booked) => Some(stamp(booked).ok_or(wrong("transfer_datetime"))?.day()),
        None => None,
    };
    let head = FileHead {
        format: FileFormat::Erip,
        kind: kind.number().into(),
        account: account.map(str::to_owned),
        unp: text(UNP).and_then(owned),
        statement_identities: vec![identity],
        currency: Some(currency),
        declared: declared(kind, fields, currency)?,
    };
    let context = Context {
        kind,
        rule,
        currency,
        account: head.account.clone(),
        document: document.map(str::to_owned),
        booked_on,
        lump: document
            .zip(head.declared.net)
            .map(|(document, amount)| Lump { reference: document.to_owned(), amount }),
    };
    Ok((head, context))
}

/// The header's control figures; those at its end may be left out.
fn declared(kind: Kind, fields: &[&str], currency: Currency) -> Result<Declared, FeedError> {
    let text = |at: usize| fields.get(at).and_then(|field| filled(field));
    let given = |field: &'static str, at: usize| -> Result<Option<Money>, FeedError> {
        let read = text(at).map(|text| amount(field, text, currency));
        read.transpose().map_err(|_| FeedError::Head { field })
    };
    let places = kind.header();
    let count = text(COUNT).and_then(number).ok_or(FeedError::Head { field: "entries_count" })?;
    Ok(Declared {
        count: Some(count.into()),
        credits: given("total_amount", places.total)?,
        fines: given("fine_amount", places.fine)?,
        net: match places.transfer {
            Some([.., transfer]) => given("transfer_amount", transfer)?,
            None => None,
        },
        ..Declared::default()
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
