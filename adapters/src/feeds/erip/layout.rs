//! Where ERIP's messages keep what (DOMAIN.md 1.3), and how to tell them apart. The layouts are
//! reverse-documented: fields behind the last one that is needed may be missing or too many.

use crate::feeds::error::FeedError;
use crate::feeds::values::{is_stamp, number};

/// The fields of a line that are looked at; the reversal of 216 has the most, 21.
const FIELDS_MAX: usize = 24;

/// The fields of a line, those behind the first [`FIELDS_MAX`] left out.
pub(super) struct Fields<'a> {
    all: [&'a str; FIELDS_MAX],
    count: usize,
}

impl<'a> Fields<'a> {
    /// Fields are short: to search for the end of each costs more than to look at eight bytes at
    /// once.
    pub(super) fn of(line: &'a str) -> Self {
        let mut fields = Self { all: [""; FIELDS_MAX], count: 0 };
        let mut start = 0;
        let (words, rest) = line.as_bytes().as_chunks::<8>();
        for (number, word) in words.iter().enumerate() {
            let mut carets = carets(u64::from_le_bytes(*word));
            while carets != 0 {
                let byte = usize::try_from(carets.trailing_zeros() / 8).unwrap_or(0);
                let end = number * 8 + byte;
                fields.push(&line[start..end]);
                start = end + 1;
                carets &= carets - 1;
            }
        }
        for (at, _) in rest.iter().enumerate().filter(|(_, byte)| **byte == b'^') {
            let end = words.len() * 8 + at;
            fields.push(&line[start..end]);
            start = end + 1;
        }
        fields.push(&line[start..]);
        fields
    }

    pub(super) fn as_slice(&self) -> &[&'a str] {
        &self.all[..self.count]
    }

    fn push(&mut self, field: &'a str) {
        if let Some(place) = self.all.get_mut(self.count) {
            *place = field;
            self.count += 1;
        }
    }
}

/// The highest bit of each byte that is a `^`.
fn carets(word: u64) -> u64 {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let others = word ^ u64::from_ne_bytes([b'^'; 8]);
    !(((others & LOW) + LOW) | others | LOW)
}

/// The messages that are payment registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// 206: payments that ERIP accepted.
    Accepted,
    /// 210: payments whose money was passed on to the account.
    Credited,
    /// 216: payments that were taken back.
    Reversed,
}

/// Indexes of a header's fields, from 0.
pub(super) struct HeaderFields {
    pub(super) currency: usize,
    pub(super) total: usize,
    pub(super) fine: usize,
    /// Of the transfer: account, document number, time, amount.
    pub(super) transfer: Option<[usize; 4]>,
}

/// Indexes of a record's fields, from 0.
pub(super) struct RecordFields {
    pub(super) transfer: Option<usize>,
    pub(super) paid_at: usize,
    pub(super) reversed_at: Option<usize>,
    pub(super) operation: usize,
    pub(super) agent_operation: usize,
    pub(super) info: usize,
}

/// Fields of every header: number and time of the message, its count of records, the UNP.
pub(super) const NUMBER: usize = 2;
pub(super) const TIME: usize = 3;
pub(super) const COUNT: usize = 4;
pub(super) const UNP: usize = 6;

/// Fields of every record.
pub(super) const ENTRY: usize = 0;
pub(super) const SERVICE: usize = 1;
pub(super) const PERSONAL_ACCOUNT: usize = 2;
pub(super) const NAME: usize = 3;
pub(super) const AMOUNT: usize = 6;
pub(super) const FINE: usize = 7;

/// Where a record of 216 has the time of the reversal and one of 206 its meters.
const REVERSED_AT: usize = 9;

impl Kind {
    const ALL: [Self; 3] = [Self::Accepted, Self::Credited, Self::Reversed];

    /// The message type, which is the extension of its file's name.
    pub(super) fn number(self) -> &'static str {
        match self {
            Self::Accepted => "206",
            Self::Credited => "210",
            Self::Reversed => "216",
        }
    }

    pub(super) fn header(self) -> HeaderFields {
        match self {
            Self::Accepted | Self::Reversed => {
                HeaderFields { currency: 7, total: 8, fine: 9, transfer: None }
            }
            Self::Credited => {
                HeaderFields { currency: 11, total: 12, fine: 13, transfer: Some([8, 9, 10, 14]) }
            }
        }
    }

    pub(super) fn record(self) -> RecordFields {
        let (transfer, paid_at, reversed_at, operation) = match self {
            Self::Accepted => (None, 8, None, 11),
            Self::Credited => (Some(8), 9, None, 12),
            Self::Reversed => (None, 8, Some(REVERSED_AT), 12),
        };
        let (agent_operation, info) = (operation + 1, operation + 4);
        RecordFields { transfer, paid_at, reversed_at, operation, agent_operation, info }
    }
}

/// True for a record that has the time of a reversal where 206 has its meters.
pub(super) fn is_reversal(record: &[&str]) -> bool {
    record.get(REVERSED_AT).is_some_and(|field| is_stamp(field.trim()))
}

/// A message that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Message {
    /// Payments.
    Register(Kind),
    /// 204: the answer to demands.
    Answer,
}

impl Message {
    fn number(self) -> &'static str {
        match self {
            Self::Register(kind) => kind.number(),
            Self::Answer => "204",
        }
    }
}

/// What a message is by its name and its header; `first` is its first record.
pub(super) fn message_of(
    name: Option<&str>,
    header: &[&str],
    first: Option<&[&str]>,
) -> Result<Message, FeedError> {
    let named = name.map(message_by_name).transpose()?.flatten();
    let register = |kind| Ok(Message::Register(kind));
    match (shape(header), named) {
        (Shape::Demands, _) => Err(FeedError::NotARegister("202")),
        (Shape::Answer, None | Some(Message::Answer)) => Ok(Message::Answer),
        (Shape::Transfer, None | Some(Message::Register(Kind::Credited))) => {
            register(Kind::Credited)
        }
        (Shape::Register, Some(Message::Register(kind @ (Kind::Accepted | Kind::Reversed)))) => {
            register(kind)
        }
        (Shape::Register, None) => match first {
            Some(record) if is_reversal(record) => register(Kind::Reversed),
            Some(_) => register(Kind::Accepted),
            None => Err(FeedError::Kind("206 or 216".to_owned())),
        },
        (Shape::Unknown, None) => Err(FeedError::Kind(format!("{} fields", header.len()))),
        (Shape::Answer | Shape::Transfer | Shape::Register | Shape::Unknown, Some(named)) => {
            Err(FeedError::KindMismatch { name: named.number() })
        }
    }
}

/// The message a file's name tells by its extension, also where another was put behind it; other
/// than ERIP's extensions tell nothing.
fn message_by_name(name: &str) -> Result<Option<Message>, FeedError> {
    let base = name.rsplit(['/', '\\']).next().unwrap_or(name).trim();
    let mut parts = base.rsplit('.');
    let (last, before, rest) = (parts.next(), parts.next(), parts.next());
    let extension = match (last, before, rest) {
        (Some(last), Some(before), Some(_)) if number(last).is_none() => before,
        (Some(last), Some(_), _) => last,
        (Some(_), None, _) | (None, _, _) => "",
    };
    if let Some(kind) = Kind::ALL.into_iter().find(|kind| kind.number() == extension) {
        return Ok(Some(Message::Register(kind)));
    }
    match extension {
        "202" => Err(FeedError::NotARegister("202")),
        "204" => Ok(Some(Message::Answer)),
        three if three.len() == 3 && number(three).is_some() => {
            Err(FeedError::Kind(three.to_owned()))
        }
        _ => Ok(None),
    }
}

/// What a header looks like.
enum Shape {
    Demands,
    Answer,
    /// 206 or 216: their headers are the same.
    Register,
    Transfer,
    Unknown,
}

/// True for a line that begins as each of ERIP's headers does: version, sender, number, time.
pub(super) fn is_header(fields: &[&str]) -> bool {
    let digits = |at: usize| {
        let text: &str = fields.get(at).map_or("", |field| field.trim());
        (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    digits(0) && digits(1) && digits(2) && is_stamp(fields.get(TIME).map_or("", |f| f.trim()))
}

/// Tells by the fields that all messages of a kind have: those at the end may be missing, and
/// others may follow them.
fn shape(header: &[&str]) -> Shape {
    let field = |at: usize| header.get(at).map_or("", |field| field.trim());
    let is_currency = |at: usize| field(at).len() == 3 && number(field(at)).is_some();
    let is_amount = |at: usize| {
        let digits = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b',' | b'-');
        field(at).bytes().all(digits)
    };
    if is_stamp(field(5)) {
        Shape::Answer
    } else if field(10) == "PS" {
        Shape::Demands
    } else if is_currency(11) && (is_stamp(field(10)) || !is_amount(8)) {
        Shape::Transfer
    } else if is_currency(7) && is_amount(8) {
        Shape::Register
    } else {
        Shape::Unknown
    }
}
