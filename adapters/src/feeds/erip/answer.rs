//! 204, ERIP's answer to a message 202: whether the demands were taken, and which of them not
//! (DOMAIN.md 1.3). It moves no money, so all that it says is told as warnings.

use kvit_schemas::MessageId;

use super::layout::{NUMBER, TIME};
use crate::feeds::FileFormat;
use crate::feeds::error::FeedError;
use crate::feeds::lines::Unread;
use crate::feeds::row::FileHead;
use crate::feeds::totals::Declared;
use crate::feeds::values::{filled, number, stamp};

/// Fields of the header: number of the message 202, the result, its text, how many faults.
const DEMANDS: usize = 4;
const RESULT: usize = 6;
const ERROR: usize = 7;
const FAULTS: usize = 8;

/// The most characters of a text that are told.
const TEXT_CHARS_MAX: usize = 200;

/// An answer that is being read.
pub(super) struct Answer {
    /// What the header says.
    told: Option<String>,
    /// How many faults it announces.
    declared: Option<u64>,
    read: u64,
}

impl Answer {
    pub(super) fn open(fields: &[&str]) -> Result<(FileHead, Self), FeedError> {
        let text = |at: usize| fields.get(at).and_then(|field| filled(field));
        let wrong = |field| FeedError::Head { field };
        let (message, time) = (text(NUMBER).unwrap_or(""), text(TIME).unwrap_or(""));
        stamp(time).ok_or(wrong("msg_datetime"))?;
        let identity: MessageId =
            format!("204-{message}-{time}").parse().map_err(|_| wrong("msg_num"))?;
        let demands = text(DEMANDS).map_or_else(|| "?".to_owned(), shown);
        let told = match text(RESULT) {
            Some(result) if result.bytes().all(|byte| byte == b'0') => {
                format!("message 202 number {demands} was accepted")
            }
            Some(result) => {
                let why = text(ERROR).map(|why| format!(": {}", shown(why))).unwrap_or_default();
                let result = shown(result);
                format!("message 202 number {demands} was not accepted, result {result:?}{why}")
            }
            None => format!("the answer to message 202 number {demands} has no result"),
        };
        let head = FileHead {
            format: FileFormat::Erip,
            kind: "204".into(),
            account: None,
            unp: None,
            statement_identities: vec![identity],
            currency: None,
            declared: Declared::default(),
        };
        let declared = text(FAULTS).and_then(number).map(u64::from);
        Ok((head, Self { told: Some(told), declared, read: 0 }))
    }

    /// What stands before the records.
    pub(super) fn header(&mut self) -> Option<String> {
        self.told.take()
    }

    /// A record: the number of a demand, and what is wrong with it. The demand itself, which
    /// follows, is not repeated: it names a person.
    pub(super) fn record(&mut self, line: Result<&str, Unread>) -> String {
        self.read += 1;
        let record = self.read;
        let Ok(text) = line else { return format!("fault {record} cannot be read") };
        let mut fields = text.split('^');
        let entry = fields.next().and_then(filled).and_then(number);
        match (entry, fields.next().and_then(filled)) {
            (Some(entry), Some(why)) => format!("demand {entry}: {}", shown(why)),
            (Some(entry), None) => format!("demand {entry}: no reason is given"),
            (None, _) => format!("fault {record} cannot be read"),
        }
    }

    /// Whether all that was announced was there.
    pub(super) fn end(&mut self) -> Option<String> {
        let declared = self.declared.take().filter(|declared| *declared != self.read)?;
        Some(format!("{declared} faults are announced, {} were read", self.read))
    }
}

fn shown(text: &str) -> String {
    text.chars().take(TEXT_CHARS_MAX).collect()
}
