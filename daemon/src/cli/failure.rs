//! How a command ends when it does not end well: a sentence and an exit code.

use std::error::Error;
use std::io;

use kvit_adapters::store::StoreError;
use kvit_adapters::store::rows::OpenError;

use crate::service::{RunError, SetupError};
use crate::settings::SettingsError;

/// What the process exits with (RULES.md 3.12 L6; the numbers are those of sysexits.h).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    /// What was asked for was done.
    Ok,
    /// It was not, for a reason none of the others names.
    Runtime,
    /// The command line makes no sense.
    Usage,
    /// A file given to the command cannot be read as what it should be.
    Data,
    /// The store is in use, or no daemon answers.
    Unavailable,
    /// Kvit's own bug.
    Bug,
    /// Reading or writing failed.
    Io,
    /// The settings cannot be used.
    Config,
}

impl Exit {
    /// The number.
    pub(super) fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Runtime => 1,
            Self::Usage => 64,
            Self::Data => 65,
            Self::Unavailable => 69,
            Self::Bug => 70,
            Self::Io => 74,
            Self::Config => SettingsError::EXIT_CODE,
        }
    }
}

/// Why a command did not do what it was asked for.
#[derive(Debug)]
pub(super) struct Failure {
    /// What the process exits with.
    pub(super) exit: Exit,
    /// What to tell the person; empty when all is told already.
    pub(super) message: String,
}

impl Failure {
    pub(super) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into() }
    }

    /// All that was to be said is on the screen.
    pub(super) fn silent(exit: Exit) -> Self {
        Self::new(exit, "")
    }
}

/// An error with its sources, on one line.
pub(super) fn chain(error: &dyn Error) -> String {
    let sources = std::iter::successors(error.source(), |&error| error.source());
    sources.fold(error.to_string(), |text, source| format!("{text}: {source}"))
}

/// What the machine refuses is told apart from a store that is in use, lost or damaged.
pub(super) fn of_opening(error: &OpenError) -> Exit {
    match error {
        OpenError::Io { .. } | OpenError::Foreign { .. } => Exit::Io,
        OpenError::Locked { .. }
        | OpenError::Absent { .. }
        | OpenError::Format { .. }
        | OpenError::Incompatible { .. }
        | OpenError::Damaged { .. }
        | OpenError::LostTail { .. }
        | OpenError::Mixed { .. }
        | OpenError::HalfImported { .. } => Exit::Unavailable,
    }
}

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        Self::new(Exit::Config, error.to_string())
    }
}

impl From<SetupError> for Failure {
    fn from(error: SetupError) -> Self {
        let exit = match &error {
            SetupError::Catalogue(_)
            | SetupError::Parties(_)
            | SetupError::BrokerUrl(_)
            | SetupError::Schedule(_) => Exit::Config,
            SetupError::Store(error) => of_opening(error),
            SetupError::Read(_) => Exit::Io,
        };
        Self::new(exit, chain(&error))
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Setup(error) => error.into(),
            RunError::Store(error) => error.into(),
            RunError::Ended(_) => Self::new(Exit::Bug, error.to_string()),
            RunError::Listen { .. } | RunError::Thread(_) => Self::new(Exit::Io, chain(&error)),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::new(Exit::Io, chain(&error))
    }
}

impl From<io::Error> for Failure {
    /// A reader that has seen enough, such as `head`, is no failure.
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::silent(Exit::Ok);
        }
        Self::new(Exit::Io, error.to_string())
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::new(Exit::Bug, format!("an answer could not be spelled: {error}"))
    }
}
