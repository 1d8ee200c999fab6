//! The settings: read from layers, checked as a whole, typed.
//!
//! `config/default.toml` explains every key and is its default; the type of a key is the code
//! that reads it (`sections`, `members`), and what keys must be to each other is in `checks`.
//! Whatever is wrong is told at once.

mod broker;
mod checks;
mod choice;
mod effective;
mod finding;
mod layers;
mod members;
mod parties;
mod people;
pub(crate) mod secret;
mod section;
mod sections;
mod table;
mod telemetry;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
mod tree;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use kvit_schemas::{AgencyId, BankId, FeedId, OperatorId, PortalId};

pub use broker::{Broker, BrokerTls, Doctor, Management};
pub(crate) use effective::quoted;
pub use finding::{Finding, SettingsError};
pub use layers::{OperatorFile, Sources};
pub use members::{
    Complete, ContentType, Feed, FeedFormat, Folders, Member, Operator, PaidAmount, ReportedState,
    Role, RowIdentity, Totals,
};
pub use parties::{Directory, NoParty, Party};
pub use people::{Admin, AdminTls, Approvals, Quarantine};
pub use secret::{BrokerUrl, Secret};
use section::{Report, Section};
pub use sections::{
    Alerts, BaseValueDay, CatalogueFiles, Deadlines, Decisions, Dedupe, FeeCheck, Fees, Health,
    Instance, Limits, Log, LogFormat, Pipeline, Schedule, Shutdown, Store, StoreKind,
};
pub use table::table_of_file;
pub use telemetry::{OtlpEndpoint, Telemetry};
use tree::Table;

/// All settings, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// This process.
    pub instance: Instance,
    /// The broker and how it is spoken with.
    pub broker: Broker,
    /// What `kvit doctor` may look at.
    pub doctor: Doctor,
    /// Sizes of what comes in.
    pub limits: Limits,
    /// The way from queue to commit.
    pub pipeline: Pipeline,
    /// Where records are kept.
    pub store: Store,
    /// Where the catalogue is.
    pub catalogue: CatalogueFiles,
    /// Portal front ends.
    pub portals: BTreeMap<PortalId, Member>,
    /// Banks and payment systems.
    pub banks: BTreeMap<BankId, Member>,
    /// Agencies.
    pub agencies: BTreeMap<AgencyId, Member>,
    /// Streams of payment reports.
    pub feeds: BTreeMap<FeedId, Feed>,
    /// People who operate kvit; without any, root and our own user may do everything.
    pub operators: BTreeMap<OperatorId, Operator>,
    /// How drop folders are looked at.
    pub folders: Folders,
    /// How fees are judged.
    pub fees: Fees,
    /// When things run.
    pub schedule: Schedule,
    /// When agencies are reminded.
    pub deadlines: Deadlines,
    /// How decisions are published again.
    pub decisions: Decisions,
    /// How long message ids are remembered.
    pub dedupe: Dedupe,
    /// What was refused.
    pub quarantine: Quarantine,
    /// What needs a second person.
    pub approvals: Approvals,
    /// The admin API.
    pub admin: Admin,
    /// Health and metrics.
    pub health: Health,
    /// When the operators' tools are told.
    pub alerts: Alerts,
    /// Spans.
    pub telemetry: Telemetry,
    /// The end.
    pub shutdown: Shutdown,
    /// The log.
    pub log: Log,
}

/// Whether files that hold secrets are opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Secrets {
    Read,
    LeftAlone,
}

/// Settings, and what is to be said about them.
pub struct Loaded {
    /// The settings.
    pub settings: Settings,
    /// What an operator should look at, though it works.
    pub warnings: Vec<Finding>,
    tree: Table,
}

impl Settings {
    /// Reads all layers, and the files that secrets lie in.
    ///
    /// # Errors
    /// Everything that is wrong, as one list: files that cannot be read; else keys that do not
    /// exist, values of the wrong type or range, and values that do not go together.
    pub fn load(sources: &Sources) -> Result<Loaded, SettingsError> {
        Self::checked(sources, Secrets::Read)
    }

    /// The same for those who do not speak with the broker: files that hold secrets are left
    /// alone, as not everybody who may ask the daemon may read them.
    ///
    /// # Errors
    /// As [`Settings::load`].
    pub fn load_without_secrets(sources: &Sources) -> Result<Loaded, SettingsError> {
        Self::checked(sources, Secrets::LeftAlone)
    }

    fn checked(sources: &Sources, secrets: Secrets) -> Result<Loaded, SettingsError> {
        let mut tree = layers::merge(sources)?;
        let (mut settings, Report { problems, meant }) = Section::root(&tree, Self::read);
        for (key, plain) in meant {
            tree::replace(&mut tree, &key, plain);
        }
        settings.locate_secrets(sources.secrets());
        let mut checks = checks::Checks::new(&tree, problems);
        checks.password(&mut settings.broker, secrets);
        checks.management_password(&settings.doctor);
        checks.tls(&settings.broker, secrets);
        checks.weigh(&settings);
        let warnings = checks.finish().map_err(SettingsError::new)?;
        Ok(Loaded { settings, warnings, tree })
    }

    /// Finds the files that are named relative to `directory`.
    fn locate_secrets(&mut self, directory: &Path) {
        let (broker, admin) = (&mut self.broker, &mut self.admin.tls);
        let files = [
            &mut broker.password_file,
            &mut broker.tls.ca_file,
            &mut broker.tls.certificate_file,
            &mut broker.tls.key_file,
            &mut self.doctor.management_password_file,
            &mut admin.certificate_file,
            &mut admin.key_file,
            &mut admin.client_ca_file,
        ];
        for file in files.into_iter().flatten() {
            *file = directory.join(&*file);
        }
    }

    fn read(s: &mut Section<'_>) -> Self {
        Self {
            instance: s.section("instance", sections::instance),
            broker: s.section("broker", broker::broker),
            doctor: s.section("doctor", broker::doctor),
            limits: s.section("limits", sections::limits),
            pipeline: s.section("pipeline", sections::pipeline),
            store: s.section("store", sections::store),
            catalogue: s.section("catalogue", sections::catalogue),
            portals: s.entries("portals", members::member),
            banks: s.entries("banks", members::member),
            agencies: s.entries("agencies", members::member),
            feeds: s.entries("feeds", members::feed),
            operators: s.entries("operators", members::operator),
            folders: s.section("folders", members::folders),
            fees: s.section("fees", sections::fees),
            schedule: s.section("schedule", sections::schedule),
            deadlines: s.section("deadlines", sections::deadlines),
            decisions: s.section("decisions", sections::decisions),
            dedupe: s.section("dedupe", sections::dedupe),
            quarantine: s.section("quarantine", people::quarantine),
            approvals: s.section("approvals", people::approvals),
            admin: s.section("admin", people::admin),
            health: s.section("health", sections::health),
            alerts: s.section("alerts", sections::alerts),
            telemetry: s.section("telemetry", telemetry::telemetry),
            shutdown: s.section("shutdown", sections::shutdown),
            log: s.section("log", sections::log),
        }
    }
}

impl Loaded {
    /// What holds, as TOML that can be read again, with the layer each value comes from and
    /// with secrets masked.
    pub fn effective(&self) -> String {
        effective::printed(&self.tree)
    }
}

impl fmt::Debug for Loaded {
    /// Without the tree: the url in it is not masked.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { settings, warnings, tree: _ } = self;
        out.debug_struct("Loaded")
            .field("settings", settings)
            .field("warnings", warnings)
            .finish_non_exhaustive()
    }
}
