//! A message in quarantine as a delivery again: what came is looked at anew, as on its first day.

use kvit_adapters::amqp::Properties;
use kvit_schemas::record::QuarantineRecord;

use crate::pipeline::intake::{Arrival, Queue};
use crate::settings::{Directory, Party};

/// Why a message cannot be released.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAgain {
    /// Only a part of its bytes was kept.
    #[error(
        "only {kept} of its {of} bytes were kept (limits.quarantine_body_bytes_max); release mended \
         bytes with --replace, or have it sent again"
    )]
    Cut {
        /// Kept.
        kept: usize,
        /// Of so many.
        of: u64,
    },
    /// Nobody knows which queue it had come by.
    #[error(
        "the broker does not say which queue it came from (no x-first-death-queue and no x-death \
         header): have it sent again"
    )]
    NoQueue,
    /// A message of kvit's own that its party could not take.
    #[error(
        "it was kvit's own message, given up in {0}: kvit takes none from there. Take it out with \
         `kvit quarantine export`, and put it into that queue again once its reader is mended"
    )]
    Own(String),
}

/// The delivery that a message in quarantine was, with mended bytes in place of its own where some
/// are given, and the party that sent it as far as it is known now.
///
/// # Errors
/// See [`NotAgain`].
pub fn arrival_again(
    record: &QuarantineRecord,
    (kept, mended): (Vec<u8>, Option<Vec<u8>>),
    directory: &Directory,
) -> Result<(Arrival, Option<Party>), NotAgain> {
    let mut properties = properties(record);
    let queue = queue(record, &properties)?;
    let whole = u64::try_from(kept.len()).is_ok_and(|kept| kept == record.body_bytes);
    if mended.is_none() && !whole {
        return Err(NotAgain::Cut { kept: kept.len(), of: record.body_bytes });
    }
    // What the broker added on the way to its dead letters is no part of what the party sent.
    properties.headers.retain(|(name, _)| !is_death(name));
    if mended.is_some() {
        properties.content_encoding = None;
    }
    let (exchange, routing_key) = record.address.clone();
    // A user who was nobody when the message came may have been mapped meanwhile; a fact that had
    // waited for its order has no user, and its party is on record.
    let named = properties.user_id.as_deref().and_then(|user| directory.party_of_user(user));
    let party = match properties.user_id {
        Some(_) => named,
        None => record.party.as_deref().and_then(|party| party.parse().ok()),
    };
    let body = mended.unwrap_or(kept);
    Ok((Arrival { queue, exchange, routing_key, properties, body }, party))
}

fn properties(record: &QuarantineRecord) -> Properties {
    let of = |wanted: &str| {
        let found = record.properties.iter().find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.clone())
    };
    let headers = record.properties.iter().filter_map(|(name, value)| {
        Some((name.strip_prefix("header ")?.to_owned(), value.clone()))
    });
    Properties {
        message_id: of("message_id"),
        kind: of("type"),
        user_id: of("user_id"),
        content_type: of("content_type"),
        content_encoding: of("content_encoding"),
        correlation_id: of("correlation_id"),
        timestamp: of("timestamp").and_then(|text| text.parse().ok()),
        app_id: of("app_id"),
        headers: headers.collect(),
    }
}

/// The queue it came by; of a dead letter the one it had been in first.
fn queue(record: &QuarantineRecord, properties: &Properties) -> Result<Queue, NotAgain> {
    let by_name = |name: &str| Queue::ALL.into_iter().find(|queue| queue.name() == name);
    let queue = by_name(&record.queue).ok_or(NotAgain::NoQueue)?;
    if queue != Queue::Dead {
        return Ok(queue);
    }
    let death = properties.header("x-death").unwrap_or_default();
    let last = death.rsplit("queue=").next().and_then(|rest| rest.split([',', ']']).next());
    let first = properties.header("x-first-death-queue").or(last.filter(|_| !death.is_empty()));
    let first = first.ok_or(NotAgain::NoQueue)?;
    Queue::ALL
        .into_iter()
        .filter(|queue| *queue != Queue::Dead)
        .find(|queue| first.strip_suffix(queue.name()).is_some_and(|prefix| prefix.ends_with('.')))
        .ok_or_else(|| NotAgain::Own(first.to_owned()))
}

fn is_death(header: &str) -> bool {
    header == "x-death"
        || header.starts_with("x-first-death-")
        || header.starts_with("x-last-death-")
}

#[cfg(test)]
mod tests {
    use kvit_schemas::Code;
    use kvit_schemas::record::Seq;

    use super::*;

    fn record(queue: &str, properties: &[(&str, &str)]) -> QuarantineRecord {
        QuarantineRecord {
            seq: Seq(7),
            at: "2026-03-05T10:15:00+03:00".parse().unwrap(),
            party: Some("portal epasluga".to_owned()),
            queue: queue.to_owned(),
            address: ("kvit.portal.in".to_owned(), "application.submitted".to_owned()),
            properties: properties.iter().map(|(a, b)| ((*a).into(), (*b).into())).collect(),
            code: Code::DEAD_LETTERED,
            detail: String::new(),
            pointer: None,
            order_code: None,
            body_bytes: 2,
            body_sha256: String::new(),
        }
    }

    fn again(record: &QuarantineRecord, kept: &[u8]) -> Result<(Arrival, Option<Party>), NotAgain> {
        arrival_again(record, (kept.to_vec(), None), &Directory::default())
    }

    #[test]
    fn a_dead_letter_comes_again_by_the_queue_it_died_in_without_the_brokers_headers() {
        let record = record(
            "dead",
            &[
                ("message_id", "m1"),
                ("header x-first-death-queue", "kvit.bank.in"),
                ("header x-death", "[[count=1, queue=kvit.bank.in, reason=delivery_limit]]"),
                ("header kvit-file-name", "a.txt"),
            ],
        );
        let (arrival, party) = again(&record, b"{}").unwrap();
        assert_eq!(arrival.queue, Queue::Bank);
        let headers = [("kvit-file-name".to_owned(), "a.txt".to_owned())];
        assert_eq!(arrival.properties.headers, headers);
        assert_eq!(party.map(|party| party.to_string()).as_deref(), Some("portal epasluga"));
        let mut without = record;
        without.properties.retain(|(name, _)| name != "header x-first-death-queue");
        assert_eq!(again(&without, b"{}").unwrap().0.queue, Queue::Bank);
        let inbox = "kvit.agency.zags-brest.inbox".to_owned();
        without.properties = vec![("header x-first-death-queue".to_owned(), inbox.clone())];
        assert_eq!(again(&without, b"{}").unwrap_err(), NotAgain::Own(inbox));
        without.properties.clear();
        assert_eq!(again(&without, b"{}").unwrap_err(), NotAgain::NoQueue);
    }

    #[test]
    fn a_message_that_was_cut_is_not_released_and_a_stranger_stays_one() {
        let record = record("portal.in", &[("user_id", "stranger")]);
        assert_eq!(again(&record, b"{").unwrap_err(), NotAgain::Cut { kept: 1, of: 2 });
        let (arrival, party) = again(&record, b"{}").unwrap();
        assert_eq!((arrival.queue, party), (Queue::Portal, None));
    }
}
