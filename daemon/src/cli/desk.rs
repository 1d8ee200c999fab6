//! Where questions go: to the running daemon, or with `--offline` to its stopped store. Both give
//! the same answers.

use kvit_adapters::clock::Clock;
use kvit_adapters::store::Store;
use kvit_schemas::OrderCode;

use super::Global;
use super::client::{Client, with_query};
use super::failure::{Exit, Failure, chain};
use crate::queries::{
    self, AuditReport, Books, CaseFilter, CaseSummary, CaseView, Listed, PaymentView,
    QuarantineView, Quarantined, QueryError, StoreReport, Suspended, Why,
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
    /// At most so many, up to 1000
    #[arg(long, default_value_t = 100)]
    pub(super) limit: usize,
}

impl Desk {
    pub(super) fn open(global: &Global, offline: bool) -> Result<Self, Failure> {
        let settings = global.load()?.settings;
        if !offline {
            return Client::new(settings.admin.socket).map(Self::Live);
        }
        let store = service::open_store(&settings, &settings.store.path, false)?;
        Ok(Self::Stopped(Box::new(Stopped { store, settings })))
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

    pub(super) fn suspended(&self, number: u64) -> Result<Suspended, Failure> {
        match self {
            Self::Live(client) => client.get(&format!("/v1/suspense/{number}")),
            Self::Stopped(stopped) => Ok(queries::suspended(&stopped.store, number)?),
        }
    }

    pub(super) fn quarantine(&self, part: Part) -> Result<Listed<Quarantined>, Failure> {
        match self {
            Self::Live(client) => client.get(&part.of("/v1/quarantine")),
            Self::Stopped(stopped) => {
                Ok(queries::quarantine(&stopped.store, part.after, Some(part.limit))?)
            }
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
            QueryError::Store(_) => Exit::Io,
        };
        Self::new(exit, chain(&error))
    }
}
