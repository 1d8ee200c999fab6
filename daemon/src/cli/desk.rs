//! Where questions go: to the running daemon, or with `--offline` to its stopped store. Both give
//! the same answers.

use kvit_adapters::clock::Clock;
use kvit_adapters::store::{Store, Tables};
use kvit_schemas::OrderCode;
use kvit_schemas::record::Seq;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Global;
use super::client::{Client, encoded, with_query};
use super::failure::{Exit, Failure, chain};
use crate::queries::{
    self, AuditReport, Books, CaseFilter, CaseSummary, CaseView, Group, Listed, OutboxView,
    PaymentView, ProposalView, QuarantineFilter, QuarantineView, Quarantined, QueryError,
    StoreReport, Suspended, Why,
};
use crate::service;
use crate::settings::Settings;

/// Somebody to ask.
#[derive(Debug)]
pub(super) enum Desk {
    /// The running daemon.
    Live(Client),
    /// The store of one that is stopped.
    Stopped(Box<Stopped>),
}

/// A store that no daemon has open.
#[derive(Debug)]
pub(super) struct Stopped {
    store: Store,
    settings: Settings,
}

/// Which part of a list.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(super) struct Part {
    /// Only those after this number
    #[arg(long, value_name = "NUMBER")]
    pub(super) after: Option<u64>,
    /// At most so many
    #[arg(long, default_value_t = 100, value_parser = at_least_one)]
    pub(super) limit: usize,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    let many = text.parse().map_err(|error| format!("{error}"))?;
    if many > 0 { Ok(many) } else { Err("must be at least 1".to_owned()) }
}

impl Desk {
    pub(super) fn open(global: &Global, offline: bool) -> Result<Self, Failure> {
        if !offline {
            return Client::of(global).map(Self::Live);
        }
        global.remote.only_here()?;
        let settings = global.load()?.settings;
        let store = service::open_store(&settings, &settings.store.path, false)?;
        Ok(Self::Stopped(Box::new(Stopped { store, settings })))
    }

    /// Has the running daemon do something.
    pub(super) fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        wish: &impl Serialize,
    ) -> Result<T, Failure> {
        match self {
            Self::Live(client) => client.post(path, wish),
            Self::Stopped(_) => Err(Failure::new(Exit::Usage, "only a running daemon acts")),
        }
    }

    pub(super) fn cases(&self, filter: &CaseFilter) -> Result<Listed<CaseSummary>, Failure> {
        let parts = [
            ("status", filter.status.clone()),
            ("agency", filter.agency.as_ref().map(ToString::to_string)),
            ("procedure", filter.procedure.as_ref().map(ToString::to_string)),
            ("after", filter.after.map(|after| after.to_string())),
            ("limit", filter.limit.map(|limit| limit.to_string())),
        ];
        match self {
            Self::Live(client) => client.get(&with_query("/v1/cases", &parts)),
            Self::Stopped(stopped) => Ok(queries::cases(&stopped.store, filter)?),
        }
    }

    pub(super) fn case(&self, code: OrderCode) -> Result<CaseView, Failure> {
        match self {
            Self::Live(client) => client.get(&format!("/v1/cases/{code}")),
            Self::Stopped(stopped) => Ok(queries::case(&stopped.store, code)?),
        }
    }

    pub(super) fn why(&self, question: &str) -> Result<Why, Failure> {
        match self {
            Self::Live(client) => {
                client.get(&with_query("/v1/why", &[("q", Some(question.to_owned()))]))
            }
            Self::Stopped(stopped) => Ok(queries::why(stopped.books(), question)?),
        }
    }

    pub(super) fn suspense(&self, part: Part) -> Result<Listed<PaymentView>, Failure> {
        match self {
            Self::Live(client) => client.get(&part.of("/v1/suspense")),
            Self::Stopped(stopped) => {
                Ok(queries::suspense(&stopped.store, part.after, Some(part.limit))?)
            }
        }
    }

    pub(super) fn suspended(&self, name: &str) -> Result<Suspended, Failure> {
        match self {
            // A slash would be another path.
            Self::Live(client) => {
                client.get(&format!("/v1/suspense/{}", encoded(&name.replacen('/', ":", 1))))
            }
            Self::Stopped(stopped) => Ok(queries::suspended(&stopped.store, name)?),
        }
    }

    pub(super) fn quarantine(
        &self,
        filter: &QuarantineFilter,
    ) -> Result<Listed<Quarantined>, Failure> {
        match self {
            Self::Live(client) => client.get(&queried("/v1/quarantine", filter)?),
            Self::Stopped(stopped) => Ok(queries::quarantine(&stopped.store, filter)?),
        }
    }

    pub(super) fn groups(&self, filter: &QuarantineFilter) -> Result<Listed<Group>, Failure> {
        match self {
            Self::Live(client) => client.get(&queried("/v1/quarantine-groups", filter)?),
            Self::Stopped(stopped) => Ok(queries::groups(&stopped.store, filter)?),
        }
    }

    /// The bytes of a message in quarantine as they came.
    pub(super) fn body(&self, number: u64) -> Result<Vec<u8>, Failure> {
        match self {
            Self::Live(client) => {
                Ok(client.bytes(&format!("/v1/quarantine/{number}/body"))?.to_vec())
            }
            Self::Stopped(stopped) => {
                queries::quarantined(&stopped.store, number)?;
                Ok(stopped.store.body(Seq(number))?.unwrap_or_default())
            }
        }
    }

    pub(super) fn proposals(&self, all: bool, part: Part) -> Result<Listed<ProposalView>, Failure> {
        match self {
            Self::Live(client) => {
                let path = part.of("/v1/proposals");
                client.get(&format!("{path}&all={all}"))
            }
            Self::Stopped(stopped) => {
                let part = (part.after, Some(part.limit));
                Ok(queries::proposals(&stopped.store, all, part)?)
            }
        }
    }

    pub(super) fn outbox(&self) -> Result<Vec<OutboxView>, Failure> {
        match self {
            Self::Live(client) => client.get("/v1/outbox"),
            Self::Stopped(stopped) => Ok(queries::outbox(&stopped.store)?),
        }
    }

    pub(super) fn quarantined(&self, number: u64) -> Result<QuarantineView, Failure> {
        match self {
            Self::Live(client) => client.get(&format!("/v1/quarantine/{number}")),
            Self::Stopped(stopped) => Ok(queries::quarantined(&stopped.store, number)?),
        }
    }

    pub(super) fn verify_audit(&self, progress: impl FnMut(u64)) -> Result<AuditReport, Failure> {
        match self {
            Self::Live(client) => client.walk("/v1/audit/verify", progress),
            Self::Stopped(stopped) => Ok(queries::verify_audit(&stopped.store, progress)?),
        }
    }

    pub(super) fn verify_store(&self, progress: impl FnMut(u64)) -> Result<StoreReport, Failure> {
        match self {
            Self::Live(client) => client.walk("/v1/store/verify", progress),
            Self::Stopped(stopped) => Ok(queries::verify_store(&stopped.store, progress)?),
        }
    }
}

/// A path with a filter as its query.
fn queried(path: &str, filter: &impl Serialize) -> Result<String, Failure> {
    let Value::Object(parts) = serde_json::to_value(filter)? else { return Ok(path.to_owned()) };
    let text = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let parts: Vec<(String, Option<String>)> =
        parts.into_iter().map(|(name, value)| (name, Some(text(value)))).collect();
    let named: Vec<(&str, Option<String>)> =
        parts.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    Ok(with_query(path, &named))
}

impl Stopped {
    fn books(&self) -> Books<'_> {
        Books { store: &self.store, settings: &self.settings, now: Clock::System.now() }
    }
}

impl Part {
    fn of(self, path: &str) -> String {
        let after = self.after.map(|after| after.to_string());
        with_query(path, &[("after", after), ("limit", Some(self.limit.to_string()))])
    }
}

impl From<QueryError> for Failure {
    fn from(error: QueryError) -> Self {
        let exit = match &error {
            QueryError::NotFound(_) => Exit::Runtime,
            QueryError::Invalid(_) => Exit::Usage,
            QueryError::Store(_) => Exit::Io,
        };
        Self::new(exit, chain(&error))
    }
}
