//! The layers that settings come from, and how they are laid over each other.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use config::{Config, ConfigError, Environment, FileFormat, Format, Map, Source, Value};
use toml::de::DeTable;

use super::finding::{Finding, SettingsError};
use super::tree::{self, COMMAND_LINE, Origin, Table};

/// The lowest layer: it explains every key and is the default of every key.
const DEFAULTS: &str = include_str!("../../../config/default.toml");
/// The operator's file when nobody names another.
const FILE: &str = "/etc/kvit/kvit.toml";
/// What the environment's variables begin with.
const PREFIX: &str = "KVIT__";

/// Where settings are read from. Made once by `main`; tests make their own.
#[derive(Clone)]
pub struct Sources {
    /// The operator's file; `conf.d/*.toml` beside it is read after it.
    pub file: OperatorFile,
    /// Variables with their values; only those that begin with `KVIT__` count.
    pub environment: HashMap<String, String>,
    /// Dotted keys with values as text, from the command line; the last word.
    pub overrides: Vec<(String, String)>,
    /// Where relative names of secret files are looked for, if it is set: systemd's
    /// `$CREDENTIALS_DIRECTORY`. Else they are meant beside the operator's file.
    pub credentials: Option<PathBuf>,
}

/// Which file the operator wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OperatorFile {
    /// Named by somebody: it must be there.
    Named(PathBuf),
    /// The usual place: read if it is there.
    IfThere(PathBuf),
}

impl Sources {
    /// The sources of this process: `file` and `overrides` are from its command line.
    ///
    /// # Errors
    /// When a `KVIT__` variable is not UTF-8.
    pub fn of_process(
        file: Option<PathBuf>,
        overrides: Vec<(String, String)>,
    ) -> Result<Self, SettingsError> {
        let named = file.or_else(|| std::env::var_os("KVIT_CONFIG").map(PathBuf::from));
        Ok(Self {
            file: named
                .map_or_else(|| OperatorFile::IfThere(PathBuf::from(FILE)), OperatorFile::Named),
            environment: variables(std::env::vars_os())?,
            overrides,
            credentials: std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from),
        })
    }

    /// Where relative names of secret files are looked for. Never the directory that a command
    /// happens to be given in.
    pub(super) fn secrets(&self) -> &Path {
        let (OperatorFile::Named(file) | OperatorFile::IfThere(file)) = &self.file;
        let beside = file.parent().unwrap_or(Path::new(""));
        self.credentials.as_deref().unwrap_or(beside)
    }
}

fn variables(
    all: impl Iterator<Item = (OsString, OsString)>,
) -> Result<HashMap<String, String>, SettingsError> {
    let mut ours = HashMap::new();
    let mut problems = Vec::new();
    for (name, value) in all {
        let name = name.to_string_lossy().into_owned();
        if !name.starts_with(PREFIX) {
            continue;
        }
        match value.into_string() {
            Ok(value) => drop(ours.insert(name, value)),
            Err(_) => {
                let what = format!("the value of {name} is not UTF-8");
                problems.push(Finding::new(Origin::Environment, "", what));
            }
        }
    }
    if problems.is_empty() { Ok(ours) } else { Err(SettingsError::new(problems)) }
}

/// Lays all layers over each other; tells of every file that cannot be read.
pub(super) fn merge(sources: &Sources) -> Result<Table, SettingsError> {
    let mut layers = Vec::new();
    let mut problems = Vec::new();
    let mut take = |read: Result<Layer, Finding>| match read {
        Ok(layer) => layers.push(layer),
        Err(problem) => problems.push(problem),
    };
    take(Layer::parsed(None, DEFAULTS));
    match files(&sources.file) {
        Ok(paths) => paths.iter().for_each(|path| take(Layer::of_file(path))),
        Err(problem) => take(Err(problem)),
    }
    if !problems.is_empty() {
        return Err(SettingsError::new(problems));
    }
    overlay(&layers, sources).map_err(|error| {
        SettingsError::new(vec![Finding::new(Origin::Default, "", error.to_string())])
    })
}

/// The defaults, and the one file as it is, neither laid over the other.
pub(super) fn alone(path: &Path) -> Result<(Table, Table), SettingsError> {
    let wrong = |finding| SettingsError::new(vec![finding]);
    let defaults = Layer::parsed(None, DEFAULTS).map_err(wrong)?;
    let file = Layer::of_file(path).map_err(wrong)?;
    Ok((tree::table(defaults.values), tree::table(file.values)))
}

/// Files below, then the environment, then the command line.
fn overlay(files: &[Layer], sources: &Sources) -> Result<Table, ConfigError> {
    // Never `try_parsing`: it would make numbers of order codes and of passwords
    // (RULES.md finding 9). Keys read texts themselves, as each needs it.
    let environment = Environment::with_prefix("KVIT")
        .prefix_separator("__")
        .separator("__")
        .source(Some(sources.environment.clone()));

    let mut builder = Config::builder();
    for file in files {
        builder = builder.add_source(file.clone());
    }
    let merged = builder
        .add_source(environment)
        .add_source(Layer::of_command_line(&sources.overrides))
        .build()?;
    let mut root = tree::table(merged.collect()?);
    for file in files {
        tree::claim(&mut root, &file.values, &file.origin);
    }
    Ok(root)
}

/// The operator's file and what lies in `conf.d` beside it, in the order of reading.
fn files(file: &OperatorFile) -> Result<Vec<PathBuf>, Finding> {
    let (path, there) = match file {
        OperatorFile::Named(path) => (path, true),
        OperatorFile::IfThere(path) => (path, path.exists()),
    };
    let mut files = Vec::from_iter(there.then(|| path.clone()));
    let directory = path.with_file_name("conf.d");
    if directory.is_dir() {
        let entries = std::fs::read_dir(&directory)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| unread(&directory, &error))?;
        let mut found: Vec<_> = entries.iter().map(std::fs::DirEntry::path).collect();
        found.retain(|path| path.extension().is_some_and(|ending| ending == "toml"));
        found.sort();
        files.extend(found);
    }
    Ok(files)
}

fn unread(path: &Path, error: &std::io::Error) -> Finding {
    let origin = Origin::File(path.display().to_string());
    Finding::new(origin, "", format!("cannot be read: {error}"))
}

/// One file, or the command line, as `config` wants it.
#[derive(Clone)]
struct Layer {
    origin: Origin,
    values: Map<String, Value>,
}

impl Layer {
    fn of_file(path: &Path) -> Result<Self, Finding> {
        let text = std::fs::read_to_string(path).map_err(|error| unread(path, &error))?;
        Self::parsed(Some(path), &text)
    }

    /// Reads TOML. An error tells line and column, never the text: that may hold a secret.
    fn parsed(path: Option<&Path>, text: &str) -> Result<Self, Finding> {
        let name = path.map(|path| path.display().to_string());
        let origin = name.clone().map_or(Origin::Default, Origin::File);
        if let Err(error) = DeTable::parse(text) {
            return Err(Finding::new(origin, "", located(&error, text)));
        }
        match FileFormat::Toml.parse(name.as_ref(), text) {
            Ok(values) => Ok(Self { origin, values }),
            Err(_) => Err(Finding::new(origin, "", "has a number that is too large")),
        }
    }

    fn of_command_line(overrides: &[(String, String)]) -> Self {
        let name = COMMAND_LINE.to_owned();
        let value = |text: &String| Value::new(Some(&name), text.as_str());
        let values = overrides.iter().map(|(key, text)| (key.clone(), value(text))).collect();
        Self { origin: Origin::CommandLine, values }
    }
}

fn located(error: &toml::de::Error, text: &str) -> String {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or("");
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|&c| c != '\n').count() + 1;
    format!("line {line}, column {column}: {}", error.message())
}

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        Ok(self.values.clone())
    }
}

impl fmt::Debug for Layer {
    /// The origin only: the values may hold a password.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Layer({})", self.origin)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use super::*;

    #[test]
    fn only_our_variables_are_taken_and_must_be_utf8() {
        let pair = |name: &str, value: &[u8]| (name.into(), OsString::from_vec(value.into()));
        let ours = [pair("KVIT__A", b"x"), pair("KVIT_PORT", b"\xff"), pair("PATH", b"/bin")];
        assert_eq!(variables(ours.into_iter()), Ok([("KVIT__A".into(), "x".into())].into()));
        let error = variables([pair("KVIT__A", b"\xff")].into_iter()).unwrap_err();
        assert_eq!(error.to_string(), "environment: the value of KVIT__A is not UTF-8");
    }
}
