//! From settings to what the parts are built of.

use std::num::NonZeroU64;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use kvit_adapters::amqp::{AmqpOptions, Bank, BrokerUrlError, Party, QueueLimits, Topology};
use kvit_adapters::clock::Clock;
use kvit_adapters::crash::{self, Point};
use kvit_adapters::store::Store;
use kvit_adapters::store::carry::{self, Origin};
use kvit_adapters::store::rows::{Faults, OnLostTail, OpenError, RowOptions};

use crate::catalogue::{Catalogue, Finding};
use crate::engine::{FeeCheck, FeedRule, Reminders, Rules};
use crate::schedule::CronError;
use crate::settings::{
    Directory, FeeCheck as FeeSetting, FeedFormat, Member, ReportedState, Settings,
};

/// Why the daemon cannot start.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The catalogue has errors.
    #[error("the catalogue cannot be used:\n{}", lines(.0))]
    Catalogue(Vec<Finding>),
    /// The catalogue and the settings disagree.
    #[error("the catalogue and the settings disagree:\n{0}")]
    Parties(String),
    /// The store cannot be opened.
    #[error("{}", .0.told())]
    Store(OpenError),
    /// The broker's address cannot be used.
    #[error("broker.url: {0}")]
    BrokerUrl(#[source] BrokerUrlError),
    /// A schedule cannot be used.
    #[error("{0}")]
    Schedule(CronError),
    /// The store cannot be read.
    #[error("reading the store")]
    Read(#[from] kvit_adapters::store::StoreError),
}

fn lines(findings: &[Finding]) -> String {
    findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// Everything that is known before the first part starts.
#[derive(Debug)]
pub struct Prepared {
    /// The settings.
    pub settings: Settings,
    /// Who is who.
    pub directory: Directory,
    /// The rules.
    pub rules: Rules,
    /// The open store.
    pub store: Arc<Store>,
}

/// Loads the catalogue and opens the store.
pub(super) fn prepare(settings: Settings) -> Result<Prepared, SetupError> {
    let catalogue = Catalogue::load(&settings.catalogue.path).map_err(SetupError::Catalogue)?;
    let unknown = unserved(&settings, &catalogue);
    if !unknown.is_empty() {
        return Err(SetupError::Parties(unknown.join("\n")));
    }
    let rules = rules(&settings, Arc::new(catalogue));
    let directory = Directory::from(&settings);
    let store = open_store(&settings, &settings.store.path, true)?;
    crash::reach(Point::Opened);
    Ok(Prepared { settings, directory, rules, store: Arc::new(store) })
}

/// Agencies that the catalogue routes to and nobody reads for, or that are set and unknown.
pub(crate) fn unserved(settings: &Settings, catalogue: &Catalogue) -> Vec<String> {
    let missing = catalogue
        .agencies()
        .filter(|agency| !settings.agencies.contains_key(&agency.id))
        .map(|agency| format!("agencies.{}: in the catalogue, not in the settings", agency.id));
    let unknown = settings
        .agencies
        .keys()
        .filter(|id| catalogue.agency(id).is_none())
        .map(|id| format!("agencies.{id}: in the settings, not in the catalogue"));
    missing.chain(unknown).collect()
}

/// Opens the store of the settings.
///
/// # Errors
/// [`SetupError::Store`].
pub fn open_store(settings: &Settings, path: &Path, create: bool) -> Result<Store, SetupError> {
    let options = store_options(settings, create);
    if create {
        make_parent(path);
    }
    let (store, report) = Store::open(path, options).map_err(SetupError::Store)?;
    if report.blob_files > 0 {
        let files = report.blob_files;
        tracing::error!(files, "the store has unsynced side files; run `kvit store verify`");
    }
    tracing::info!(path = %path.display(), commit = report.commit.0, created = report.created,
        "store open");
    if let Some(Origin { header, began_at, reason, .. }) = carry::origin(&store)? {
        tracing::info!(store = header.store, commit = header.commit, at = %began_at, reason,
            "the store was imported");
    }
    Ok(store)
}

/// How the store is opened.
pub fn store_options(settings: &Settings, create: bool) -> RowOptions {
    RowOptions {
        create,
        now: Clock::System.now(),
        cache_bytes: settings.store.cache_bytes,
        flush_every_ms: NonZeroU64::new(500).unwrap_or(NonZeroU64::MIN),
        watermark_every: Duration::from_secs(1),
        on_lost_tail: OnLostTail::Refuse,
        faults: Faults::none(),
    }
}

/// Makes the directory above a new store's; the store makes its own.
pub fn make_parent(path: &Path) {
    if let Some(parent) = path.parent()
        && let Err(error) = std::fs::create_dir_all(parent)
    {
        tracing::warn!(path = %parent.display(), %error, "directory not made");
    }
}

/// The rules of the engine.
pub fn rules(settings: &Settings, catalogue: Arc<Catalogue>) -> Rules {
    let directory = Directory::from(settings);
    let feed = |(id, feed): (&kvit_schemas::FeedId, &crate::settings::Feed)| {
        let rule = FeedRule {
            bank: feed.bank.clone(),
            asserts_credited: feed.asserts.contains(&ReportedState::Credited),
            asserts_reversed: feed.asserts.contains(&ReportedState::Reversed),
            settles: feed.settles.iter().cloned().collect(),
            rank: directory.rank(id).and_then(|rank| rank.try_into().ok()).unwrap_or(u32::MAX),
            ids_are_erip_operations: feed.format == FeedFormat::Erip,
        };
        (id.clone(), rule)
    };
    let seconds = settings.decisions.republish_after_seconds;
    Rules {
        catalogue,
        feeds: settings.feeds.iter().map(feed).collect(),
        fee_check: match settings.fees.check {
            FeeSetting::Refuse => FeeCheck::Refuse,
            FeeSetting::Flag => FeeCheck::Flag,
            FeeSetting::Off => FeeCheck::Off,
        },
        reminders: Reminders {
            approaching_days: u32::from(settings.deadlines.approaching_days),
            republish_after_seconds: i64::try_from(seconds).unwrap_or(i64::MAX),
            attempts_max: settings.decisions.attempts_max,
        },
    }
}

/// How the broker is reached.
///
/// # Errors
/// When the address cannot be used.
pub fn amqp_options(settings: &Settings) -> Result<AmqpOptions, SetupError> {
    let broker = &settings.broker;
    Ok(AmqpOptions {
        url: broker.url.expose().expose().parse().map_err(SetupError::BrokerUrl)?,
        tls: broker.tls.files(),
        instance: settings.instance.name.clone(),
        heartbeat_seconds: broker.heartbeat_seconds,
        await_timeout: Duration::from_secs(broker.await_timeout_seconds),
        confirm_timeout: Duration::from_secs(broker.confirm_timeout_seconds),
    })
}

/// What must exist at the broker.
///
/// # Errors
/// When the broker's address cannot be used.
pub fn topology(settings: &Settings) -> Result<Topology, SetupError> {
    let options = amqp_options(settings)?;
    let party = |(id, member): (String, &Member)| Party {
        id,
        users: member.users.iter().cloned().collect(),
    };
    let bank = |(id, member): (&kvit_schemas::BankId, &Member)| {
        let feeds = settings.feeds.iter().filter(|(_, feed)| feed.bank == *id);
        Bank {
            id: id.to_string(),
            users: member.users.iter().cloned().collect(),
            feeds: feeds.map(|(feed, _)| feed.to_string()).collect(),
        }
    };
    Ok(Topology {
        prefix: settings.broker.prefix.clone(),
        vhost: options.url.vhost().to_owned(),
        daemon_users: vec![options.url.user().to_owned()],
        ops_users: Vec::new(),
        portals: settings.portals.iter().map(|(id, it)| party((id.to_string(), it))).collect(),
        banks: settings.banks.iter().map(bank).collect(),
        agencies: settings.agencies.iter().map(|(id, it)| party((id.to_string(), it))).collect(),
        limits: QueueLimits {
            // Crashes of kvit count too, for whatever it had prefetched.
            delivery_limit: 100,
            in_bytes_max: 1 << 30,
            out_bytes_max: 1 << 30,
            ops_bytes_max: 64 << 20,
        },
    })
}
