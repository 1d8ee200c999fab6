//! A file of a drop folder in the words of a delivery, and how the same laying-down of a file is
//! known again.

use std::sync::Arc;

use kvit_adapters::amqp::Properties;
use kvit_adapters::drop_folder::Dropped;
use kvit_adapters::store::{Draft, StoreError, Tables};
use kvit_schemas::message::{ContentHash, FileReport, MessageType};
use kvit_schemas::record::{Mark, Seq};
use kvit_schemas::{BankId, FeedId, MessageId, hex};
use sha2::{Digest, Sha256};

use super::FileContent;
use super::report::spelled;
use crate::engine::At;
use crate::pipeline::Applier;
use crate::pipeline::Spelling;
use crate::pipeline::intake::{Arrival, Body, Checked, Prepared, Queue};
use crate::settings::Party;

/// The file as a delivery of its feed's bank. The id is that of the laying-down: the same after a
/// crash, another when the file is put there again.
pub(super) fn prepared(
    dropped: &Arc<Dropped>,
    (feed, bank): (&FeedId, &BankId),
    sha256: &str,
) -> Prepared {
    let name: String = dropped.name().chars().filter(|c| !c.is_control()).take(255).collect();
    let message_id = message_id(feed, &dropped.identity(), sha256);
    let headers = [
        ("kvit-file-name", name.clone()),
        ("kvit-folder-file", dropped.path().display().to_string()),
    ];
    let arrival = Arrival {
        queue: Queue::Files,
        exchange: String::new(),
        routing_key: format!("{feed}.file"),
        properties: Properties {
            message_id: Some(message_id.to_string()),
            kind: Some(MessageType::StatementFile.as_str().to_owned()),
            headers: headers.map(|(name, value)| (name.to_owned(), value)).into(),
            ..Properties::default()
        },
        body: Vec::new(),
    };
    let content = FileContent::Dropped { file: Arc::clone(dropped), sha256: sha256.to_owned() };
    let kind = MessageType::StatementFile.as_str().as_bytes();
    let checked = Checked {
        message_id,
        content: ContentHash::of(&[kind, sha256.as_bytes()]),
        body: Body::File { feed: feed.clone(), bank: bank.clone(), name, content },
        spelling: Spelling::Json,
    };
    Prepared {
        arrival,
        party: Some(Party::Bank(bank.clone())),
        result: Ok(checked),
        released: None,
    }
}

fn message_id(feed: &FeedId, identity: &str, sha256: &str) -> MessageId {
    let digest = Sha256::digest(format!("{feed}\n{identity}\n{sha256}"));
    let text = format!("drop-{}", hex::encode(&digest[..16]));
    match text.parse() {
        Ok(id) => id,
        Err(error) => unreachable!("{text} is visible ASCII: {error}"),
    }
}

impl Applier {
    /// Marks a laying-down as done with, however it ended, and keeps its report: should a crash
    /// come before the file is moved, it is moved with the same report, and nothing else happens.
    pub(super) fn mark_dropped(
        &mut self,
        draft: &mut Draft<'_>,
        (party, checked): (&Party, &Checked),
        (report, at): (&FileReport, At),
    ) {
        let seq = self.take_seq();
        draft.put_body(seq, spelled(report).into_bytes());
        let mark = Mark { content: checked.content, seq };
        let named = (&*party.to_string(), checked.message_id.as_str());
        draft.put_mark(self.periods(at.now), named, mark);
    }

    /// The report of a laying-down that was marked; none for a file that came as a message.
    pub(super) fn marked_report(
        &mut self,
        draft: &Draft<'_>,
        (party, checked): (&Party, &Checked),
        at: At,
    ) -> Result<Option<Box<FileReport>>, StoreError> {
        if !checked.is_dropped() {
            return Ok(None);
        }
        let periods = self.periods(at.now);
        let mark = draft.mark(periods, &party.to_string(), checked.message_id.as_str())?;
        let body = match mark {
            Some(Mark { seq: Seq(seq), .. }) => draft.body(Seq(seq))?,
            None => None,
        };
        Ok(body.and_then(|bytes| serde_json::from_slice(&bytes).ok()).map(Box::new))
    }
}
