//! The one list of metrics. `deploy/metrics.md` is made from it, dashboard and alerts are checked
//! against it, and no other name is ever exposed.

use std::time::Duration;

/// One metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Metric {
    /// Its name as Prometheus sees it.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// The names of its labels; their values are closed sets.
    pub labels: &'static [&'static str],
    /// What it means, in a sentence.
    pub help: &'static str,
}

/// What a metric is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// Only grows, from 0 at each start.
    Counter,
    /// A figure of the moment.
    Gauge,
    /// How observations are spread, with the upper bounds of its buckets.
    Histogram(&'static [f64]),
}

impl Kind {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram(_) => "histogram",
        }
    }
}

/// Values of labels.
pub type Labels<'a> = &'a [(&'static str, String)];

impl Metric {
    /// Adds to a counter.
    pub fn add(&self, many: u64, labels: Labels<'_>) {
        metrics::counter!(self.name, labels).increment(many);
    }

    /// Sets a counter that somebody else keeps.
    pub fn total(&self, value: u64, labels: Labels<'_>) {
        metrics::counter!(self.name, labels).absolute(value);
    }

    /// Sets a gauge. It is a float; figures here stay far below the 2^53 that one holds exactly.
    #[allow(clippy::as_conversions, clippy::cast_precision_loss, reason = "see above")]
    pub fn set(&self, value: u64, labels: Labels<'_>) {
        metrics::gauge!(self.name, labels).set(value as f64);
    }

    /// Observes a time.
    pub fn observe(&self, time: Duration, labels: Labels<'_>) {
        metrics::histogram!(self.name, labels).record(time.as_secs_f64());
    }

    /// Observes a number of things.
    #[allow(clippy::as_conversions, clippy::cast_precision_loss, reason = "as for gauges")]
    pub fn observe_many(&self, many: usize) {
        metrics::histogram!(self.name).record(many as f64);
    }
}

/// From a tenth of a millisecond, a fast disk, to ten seconds, one that hangs.
const DISK: &[f64] = &[
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    10.0,
];
/// Up to the time after which a confirmation is given up.
const CONFIRM: &[f64] =
    &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];
/// From at once to a day: what holds a decision up is mostly a receiver that does not read.
const CRITICAL: &[f64] =
    &[0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0, 14_400.0, 86_400.0];
/// Powers of two up to the largest batch there may be.
const BATCH: &[f64] =
    &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0];

/// Declares each metric once, as a constant and as an entry of the list.
macro_rules! metrics {
    ($($name:ident = $text:literal, $kind:expr, [$($label:literal),*], $help:literal;)*) => {
        $(
            #[doc = $help]
            pub const $name: Metric =
                Metric { name: $text, kind: $kind, labels: &[$($label),*], help: $help };
        )*
        /// All of them.
        pub const ALL: &[Metric] = &[$($name),*];
    };
}

use Kind::{Counter, Gauge, Histogram};

metrics! {
    MESSAGES_RECEIVED = "kvit_messages_received_total", Counter, ["queue"],
        "Deliveries taken from a queue. Equals the sum of those disposed of and those in flight.";
    MESSAGES_REDELIVERED = "kvit_messages_redelivered_total", Counter, ["queue"],
        "Of the received, those that the broker marked as delivered before.";
    MESSAGES_DISPOSED = "kvit_messages_disposed_total", Counter, ["queue", "disposition"],
        "Deliveries by how they ended: applied, duplicate, conflict, refused; or unanswered, \
         when kvit could not finish one and the broker delivers it again.";
    MESSAGES_IN_FLIGHT = "kvit_messages_in_flight", Gauge, ["queue"],
        "Deliveries received and not disposed of yet.";
    MESSAGES_UNBALANCED = "kvit_messages_unbalanced", Gauge, [],
        "Received less disposed of less in flight, over all queues. Anything but 0 is a bug.";
    MESSAGES_ACKNOWLEDGED = "kvit_messages_acknowledged_total", Counter, [],
        "Acknowledgements given to the broker.";
    ACKS_LOST = "kvit_acks_lost_total", Counter, [],
        "Acknowledgements whose channel was gone: the messages come again, and are duplicates.";
    MESSAGES_QUARANTINED = "kvit_messages_quarantined_total", Counter, ["code"],
        "Refused and conflicting messages by code.";
    PAYMENTS_MATCHED = "kvit_payments_matched_total", Counter, ["rule"],
        "Payments that found their order, by the rule that found it.";
    PAYMENTS_SUSPENDED = "kvit_payments_suspended_total", Counter, ["reason"],
        "Payments put in suspense.";
    CASES_ROUTED = "kvit_cases_routed_total", Counter, ["agency"],
        "Cases sent to an agency.";
    DECISIONS_RECEIVED = "kvit_decisions_received_total", Counter, ["agency"],
        "Decisions that agencies took.";
    PUBLISHES_ENDED = "kvit_publishes_ended_total", Counter, ["outcome"],
        "Attempts to publish by the broker's word: confirmed, returned (no queue), nacked \
         (queue full), unknown (no word), malformed (too long for AMQP).";
    PUBLISH_CONFIRM = "kvit_publish_confirm_seconds", Histogram(CONFIRM), [],
        "From handing a message to the publisher to the broker's confirmation.";
    CRITICAL_TIME = "kvit_critical_time_seconds", Histogram(CRITICAL), ["type"],
        "From the timestamp of the message that caused it to the broker's confirmation of a \
         published decision or an assigned case. Not measured across a restart.";
    CLOCK_SKEWS = "kvit_clock_skews_clamped_total", Counter, [],
        "Critical times that would have been negative: a sender's clock is ahead of ours.";
    COMMIT_INPUTS = "kvit_commit_inputs", Histogram(BATCH), [],
        "Inputs of one commit.";
    COMMIT_APPLY = "kvit_commit_apply_seconds", Histogram(DISK), [],
        "Reading facts, the engine, and writing the batch, of one commit.";
    COMMIT_FLUSH = "kvit_commit_flush_seconds", Histogram(DISK), [],
        "Handing the commits of one sync to the kernel.";
    COMMIT_FSYNC = "kvit_commit_fsync_seconds", Histogram(DISK), [],
        "Putting the commits of one sync on stable storage.";
    STORE_COMMIT = "kvit_store_commit", Gauge, [],
        "Number of the last commit on stable storage.";
    STORE_BYTES = "kvit_store_bytes", Gauge, [],
        "Size of the store's files.";
    STORE_FREE_BYTES = "kvit_store_free_bytes", Gauge, [],
        "Free space on the store's disk.";
    OUTBOX_ROWS = "kvit_outbox_rows", Gauge, [],
        "Outbox rows that are not sent yet, exactly.";
    BACKLOG_ITEMS = "kvit_backlog_items", Gauge, ["place"],
        "What waits, looked at every quarter of a minute: outbox (rows), retry (messages held \
         for a destination), waiting (payments whose order is not known yet), suspense (all \
         other payments there), quarantine (messages).";
    BACKLOG_OLDEST = "kvit_backlog_oldest_seconds", Gauge, ["place"],
        "Age of the oldest of them; 0 when there is none.";
    BROKER_CONNECTED = "kvit_broker_connected", Gauge, ["side"],
        "1 while the consuming or the publishing side works.";
    BROKER_BLOCKED = "kvit_broker_blocked", Gauge, ["side"],
        "1 while the broker takes nothing for want of memory or disk.";
    CERTIFICATE_EXPIRES = "kvit_certificate_expires_seconds", Gauge, ["which"],
        "For how long a file of certificates still holds; 0 once one in it has expired.";
    INTAKE_PAUSED = "kvit_intake_paused", Gauge, [],
        "1 while kvit takes no messages.";
    READY = "kvit_ready", Gauge, [],
        "1 while /readyz says so.";
    PROCESS_RESIDENT_BYTES = "kvit_process_resident_bytes", Gauge, [],
        "Memory that the process really takes.";
    FOLDER_SETTLED = "kvit_folder_files_settled_total", Counter, ["feed", "outcome"],
        "Files of drop folders that were moved away, by the outcome in their report: applied, \
         partial, refused, duplicate.";
    FOLDER_SKIPPED = "kvit_folder_files_skipped_total", Counter, ["feed", "reason"],
        "Files of drop folders that could not be taken when they were looked at.";
    FOLDER_FILES = "kvit_folder_files", Gauge, ["feed"],
        "Files that lie in a drop folder, complete or not.";
    FOLDER_OLDEST = "kvit_folder_oldest_seconds", Gauge, ["feed"],
        "Age of the oldest of them; 0 when there is none.";
    FOLDER_USABLE = "kvit_folder_usable", Gauge, ["feed"],
        "1 while a drop folder can be read and written.";
    SPANS_DROPPED = "kvit_spans_dropped_total", Counter, [],
        "Spans that the collector of telemetry.otlp_endpoint did not get: it was away or slow, or \
         would not have them. Messages do not wait for it.";
    ALERTS_RAISED = "kvit_alerts_raised_total", Counter, ["kind"],
        "Alerts sent to kvit.ops.out by what the daemon watches itself.";
}
