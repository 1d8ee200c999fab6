//! What is wrong or doubtful in the settings, each with the place where it was said.

use std::fmt;

use super::tree::Origin;

/// One thing to tell the operator about the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    origin: Origin,
    /// Dotted key; empty when it is about the origin as a whole.
    key: String,
    what: String,
}

impl Finding {
    pub(super) fn new(origin: Origin, key: impl Into<String>, what: impl Into<String>) -> Self {
        Self { origin, key: key.into(), what: what.into() }
    }

    /// The dotted key it is about, such as `broker.prefetch`; empty for a whole file.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// True when it is about `key` or something below it.
    pub(super) fn is_under(&self, key: &str) -> bool {
        self.key.strip_prefix(key).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Origin::Environment if !self.key.is_empty() => {
                write!(out, "environment ({})", variable(&self.key))?;
            }
            Origin::Default | Origin::File(_) | Origin::Environment | Origin::CommandLine => {
                write!(out, "{}", self.origin)?;
            }
        }
        if self.key.is_empty() {
            write!(out, ": {}", self.what)
        } else {
            write!(out, ": {} {}", self.key, self.what)
        }
    }
}

/// The environment variable that sets `key`.
fn variable(key: &str) -> String {
    format!("KVIT__{}", key.to_uppercase().replace('.', "__"))
}

/// The settings cannot be used: everything that is wrong with them, one line each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsError {
    problems: Vec<Finding>,
}

impl SettingsError {
    /// What the process exits with (`EX_CONFIG` of sysexits.h; RULES.md 3.12).
    pub const EXIT_CODE: u8 = 78;

    pub(super) fn new(problems: Vec<Finding>) -> Self {
        Self { problems }
    }

    /// Every problem, in the order in which the settings are read.
    pub fn problems(&self) -> &[Finding] {
        &self.problems
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.problems.iter().enumerate() {
            if at > 0 {
                out.write_str("\n")?;
            }
            write!(out, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for SettingsError {}
