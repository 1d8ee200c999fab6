//! The sections of the settings that are about kvit itself. Fields are named as the keys are;
//! what each means to an operator is said in config/default.toml.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use tracing_subscriber::EnvFilter;

use super::choice::choice;
use super::section::Section;

/// The most bytes a message or a file message may be set to have (CONTRACT.md 2).
const BODY_BYTES_MAX: usize = 16 << 20;

/// `[instance]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// What this process calls itself; an id.
    pub name: String,
}

/// `[limits]`, in bytes after decompression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Of a message.
    pub message_bytes_max: usize,
    /// Of a file that comes as a message.
    pub file_bytes_max: usize,
    /// What quarantine keeps of a body; never less than `message_bytes_max`.
    pub quarantine_body_bytes_max: usize,
}

/// `[pipeline]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pipeline {
    /// Messages in one commit.
    pub batch_messages_max: usize,
    /// At most from one commit to the next, while messages keep coming.
    pub commit_interval: Duration,
    /// Unsent messages above which intake stops.
    pub outbox_rows_max: u64,
}

choice! {
    /// Where records are kept.
    pub enum StoreKind {
        /// The embedded store.
        Sled = "sled",
    }
    hint: "; this version keeps records in sled only"
}

/// `[store]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    /// Which store.
    pub kind: StoreKind,
    /// Its directory.
    pub path: PathBuf,
    /// Memory of its page cache.
    pub cache_bytes: u64,
    /// Free disk below which intake stops; 0 for none.
    pub free_bytes_min: u64,
}

/// `[catalogue]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueFiles {
    /// Its directory.
    pub path: PathBuf,
}

choice! {
    /// What becomes of an application whose fee is not the catalogue's.
    pub enum FeeCheck {
        /// It is refused.
        Refuse = "refuse",
        /// It is taken, and a person is told.
        Flag = "flag",
        /// It is taken, with the fee of the message.
        Off = "off",
    }
}

choice! {
    /// The day whose base value counts for a fee.
    pub enum BaseValueDay {
        /// The day of the application.
        Submitted = "submitted",
    }
    hint: "; this version counts by the day of the application only"
}

/// `[fees]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fees {
    /// What a difference leads to.
    pub check: FeeCheck,
    /// Which day's base value counts.
    pub base_value_day: BaseValueDay,
}

/// `[schedule]`: cron expressions of five fields, Minsk time. Only their number of fields is
/// checked here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Of closing payment windows.
    pub expiry: String,
    /// Of looking for decisions to publish again.
    pub republish: String,
    /// Of reminding agencies.
    pub reminders: String,
    /// Of forgetting what was kept long enough.
    pub retention: String,
}

/// `[deadlines]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deadlines {
    /// Days before a deadline on which it is said to approach.
    pub approaching_days: u16,
}

/// `[decisions]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decisions {
    /// Wait for an acknowledgement before publishing again.
    pub republish_after_seconds: u64,
    /// Publishes at all.
    pub attempts_max: u32,
    /// Messages in the portal's queue above which nothing is published again.
    pub queue_depth_max: u32,
}

/// `[dedupe]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dedupe {
    /// For which message ids are remembered.
    pub keep_days: u16,
}

/// `[health]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// Address of health and metrics, if any.
    pub listen: Option<SocketAddr>,
    /// After which a part that does not get on counts as hung.
    pub stalled_after_seconds: u64,
    /// After which waiting work makes the daemon not ready.
    pub late_after_seconds: u64,
}

/// `[alerts]`: from when on the operators' tools are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alerts {
    /// Of the oldest message that waits to be sent.
    pub outbox_age_seconds_max: u64,
    /// Of a sync.
    pub sync_seconds_max: u64,
    /// Without a reader, of a queue with messages.
    pub unread_after_seconds: u64,
}

/// `[shutdown]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shutdown {
    /// For finishing what was begun.
    pub grace_seconds: u64,
}

choice! {
    /// How log lines look.
    pub enum LogFormat {
        /// For a terminal.
        Human = "human",
        /// For a collector.
        Json = "json",
    }
}

/// `[log]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// How lines look.
    pub format: LogFormat,
    /// An `EnvFilter`, known to parse.
    pub filter: String,
}

pub(super) fn instance(s: &mut Section<'_>) -> Instance {
    Instance { name: s.text("name", |text| name(text, "-")).unwrap_or_default() }
}

pub(super) fn limits(s: &mut Section<'_>) -> Limits {
    Limits {
        message_bytes_max: s.number("message_bytes_max", 1024..=BODY_BYTES_MAX),
        file_bytes_max: s.number("file_bytes_max", 1024..=BODY_BYTES_MAX),
        quarantine_body_bytes_max: s.number("quarantine_body_bytes_max", 1024..=BODY_BYTES_MAX),
    }
}

pub(super) fn pipeline(s: &mut Section<'_>) -> Pipeline {
    Pipeline {
        batch_messages_max: s.number("batch_messages_max", 1..=4096),
        commit_interval: Duration::from_millis(s.number("commit_interval_ms", 0..=1000)),
        outbox_rows_max: s.number("outbox_rows_max", 1000..=100_000_000),
    }
}

pub(super) fn store(s: &mut Section<'_>) -> Store {
    Store {
        kind: s.choice("kind"),
        path: s.path("path"),
        cache_bytes: s.number("cache_bytes", 1 << 20..=1 << 40),
        free_bytes_min: s.number("free_bytes_min", 0..=1 << 40),
    }
}

pub(super) fn catalogue(s: &mut Section<'_>) -> CatalogueFiles {
    CatalogueFiles { path: s.path("path") }
}

pub(super) fn fees(s: &mut Section<'_>) -> Fees {
    Fees { check: s.choice("check"), base_value_day: s.choice("base_value_day") }
}

pub(super) fn schedule(s: &mut Section<'_>) -> Schedule {
    let mut cron = |key| s.text(key, five_fields).unwrap_or_default();
    Schedule {
        expiry: cron("expiry"),
        republish: cron("republish"),
        reminders: cron("reminders"),
        retention: cron("retention"),
    }
}

pub(super) fn deadlines(s: &mut Section<'_>) -> Deadlines {
    Deadlines { approaching_days: s.number("approaching_days", 0..=60) }
}

pub(super) fn decisions(s: &mut Section<'_>) -> Decisions {
    Decisions {
        republish_after_seconds: s.number("republish_after_seconds", 60..=2_592_000),
        attempts_max: s.number("attempts_max", 1..=1000),
        queue_depth_max: s.number("queue_depth_max", 1..=1_000_000),
    }
}

pub(super) fn dedupe(s: &mut Section<'_>) -> Dedupe {
    Dedupe { keep_days: s.number("keep_days", 30..=366) }
}

pub(super) fn health(s: &mut Section<'_>) -> Health {
    Health {
        listen: s.optional("listen", address),
        stalled_after_seconds: s.number("stalled_after_seconds", 1..=600),
        late_after_seconds: s.number("late_after_seconds", 1..=86_400),
    }
}

pub(super) fn alerts(s: &mut Section<'_>) -> Alerts {
    Alerts {
        outbox_age_seconds_max: s.number("outbox_age_seconds_max", 1..=604_800),
        sync_seconds_max: s.number("sync_seconds_max", 1..=600),
        unread_after_seconds: s.number("unread_after_seconds", 60..=604_800),
    }
}

pub(super) fn shutdown(s: &mut Section<'_>) -> Shutdown {
    Shutdown { grace_seconds: s.number("grace_seconds", 1..=600) }
}

pub(super) fn log(s: &mut Section<'_>) -> Log {
    Log { format: s.choice("format"), filter: s.text("filter", filter).unwrap_or_default() }
}

pub(super) fn name(text: &str, also: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let fits = (1..=40).contains(&text.len())
        && text.starts_with(plain)
        && text.chars().all(|c| plain(c) || also.contains(c));
    if fits {
        return Ok(text.to_owned());
    }
    Err(format!("must be 1 to 40 of a-z, 0-9 and {also}, beginning with one of the former"))
}

fn five_fields(text: &str) -> Result<String, String> {
    match text.split_whitespace().count() {
        5 => Ok(text.to_owned()),
        count => Err(format!(
            "must have 5 fields: minute, hour, day of month, month, day of week; has {count}"
        )),
    }
}

pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| format!("must be an address like 127.0.0.1:9465, is {text:?}"))
}

fn filter(text: &str) -> Result<String, String> {
    match text.parse::<EnvFilter>() {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(format!("must be a level, or targets with levels; {text:?}: {error}")),
    }
}
