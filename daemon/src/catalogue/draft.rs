//! What the files say, before it is held against itself.

use sha2::{Digest, Sha256};
use toml::de::DeTable;

use super::agency::Agency;
use super::base_values::BaseValues;
use super::calendar::Calendar;
use super::document::{Source, Table};
use super::finding::{Findings, Place};
use super::procedure::{Policy, Procedure};

const KEYS: [&str; 6] = ["version", "defaults", "procedure", "agency", "base_value", "calendar"];

/// All that could be read. Any file may hold any part; `version` and `[defaults]` stand once.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) version: String,
    pub(super) procedures: Vec<(Place, Procedure)>,
    pub(super) agencies: Vec<(Place, Agency)>,
    pub(super) base_values: BaseValues,
    pub(super) calendar: Calendar,
    /// False when a procedure or agency is missing here because it could not be read: then nothing
    /// can be said of absent ones.
    pub(super) parties_complete: bool,
    /// The same of base values and calendars.
    pub(super) dates_complete: bool,
}

impl Draft {
    /// Reads all files, in the order of their names.
    pub(super) fn read(files: &[(&str, &str)], notes: &mut Findings) -> Self {
        let mut files: Vec<Source<'_>> =
            files.iter().map(|(name, text)| Source { name, text }).collect();
        files.sort_by_key(|file| file.name);
        let parsed: Vec<(Source<'_>, DeTable<'_>)> =
            files.iter().filter_map(|file| Some((*file, file.parse(notes)?))).collect();
        let tops: Vec<Table<'_>> =
            parsed.iter().map(|(source, table)| Table::top(*source, table)).collect();
        for top in &tops {
            top.only(&KEYS, notes);
        }
        let complete = parsed.len() == files.len();
        let mut draft = Self {
            version: version(&tops, &files, complete, notes),
            procedures: Vec::new(),
            agencies: Vec::new(),
            base_values: BaseValues::default(),
            calendar: Calendar::default(),
            parties_complete: complete,
            dates_complete: complete,
        };
        let defaults = defaults(&tops, complete, notes);
        for top in &tops {
            draft.entries(top, defaults, notes);
        }
        draft
    }

    fn entries(&mut self, top: &Table<'_>, defaults: Policy, notes: &mut Findings) {
        for table in tables(top, "procedure", "code", notes) {
            match Procedure::read(&table, defaults, notes) {
                Some(procedure) => self.procedures.push((table.place().clone(), procedure)),
                None => self.parties_complete = false,
            }
        }
        for table in tables(top, "agency", "id", notes) {
            match Agency::read(&table, notes) {
                Some(agency) => self.agencies.push((table.place().clone(), agency)),
                None => self.parties_complete = false,
            }
        }
        for table in tables(top, "base_value", "from", notes) {
            self.dates_complete &= self.base_values.read(&table, notes).is_some();
        }
        for table in tables(top, "calendar", "year", notes) {
            self.dates_complete &= self.calendar.read(&table, notes).is_some();
        }
    }
}

/// The tables of a list, each named by its key, else by its number.
fn tables<'a>(top: &Table<'a>, list: &str, key: &str, notes: &mut Findings) -> Vec<Table<'a>> {
    let members = top.may(list).and_then(|value| value.list(notes)).unwrap_or_default();
    let mut tables = Vec::with_capacity(members.len());
    for (number, member) in members.iter().enumerate() {
        let Some(table) = member.table(notes) else { continue };
        let name = table.may(key).and_then(|value| value.label());
        let name = name.unwrap_or_else(|| format!("number {}", number + 1));
        tables.push(table.named(format!("{list} {name}")));
    }
    tables
}

fn defaults(tops: &[Table<'_>], complete: bool, notes: &mut Findings) -> Policy {
    let Some(value) = once(tops, "defaults", complete, notes) else { return Policy::unread() };
    let table = value.table(notes);
    table.map_or_else(Policy::unread, |table| Policy::read_defaults(&table, notes))
}

/// The version: what the file calls it, and a short hash of all files, so that a change without a
/// new name shows.
fn version(
    tops: &[Table<'_>],
    files: &[Source<'_>],
    complete: bool,
    notes: &mut Findings,
) -> String {
    let value = once(tops, "version", complete, notes);
    let name: Option<Version> = value.and_then(|value| value.parse(notes));
    let name = name.map(|Version(name)| name).unwrap_or_default();
    let mut hash = Sha256::new();
    for file in files {
        for part in [file.name, file.text] {
            hash.update(part.len().to_string());
            hash.update(":");
            hash.update(part);
        }
    }
    let short: String = hash.finalize().iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("{name}-{short}")
}

/// The value of a top key that exactly one file must hold.
fn once<'a>(
    tops: &[Table<'a>],
    key: &str,
    complete: bool,
    notes: &mut Findings,
) -> Option<super::document::Value<'a>> {
    let mut values = tops.iter().filter_map(|top| top.may(key));
    let first = values.next();
    if let Some(first) = &first {
        for other in values {
            let problem = format!("is already written in {}", first.place.short());
            notes.error(&other.place, problem, "remove one");
        }
    } else if complete {
        let place = Place { keys: key.to_owned(), ..Place::file("catalogue") };
        notes.error(&place, "is in none of the files", "write it in one");
    }
    first
}

/// What a catalogue calls its state.
struct Version(String);

impl std::str::FromStr for Version {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = |c: u8| c.is_ascii_alphanumeric() || c == b'.' || c == b'-';
        if (1..=20).contains(&text.len()) && text.bytes().all(fits) {
            Ok(Self(text.to_owned()))
        } else {
            Err("a version is 1 to 20 of a-z, A-Z, 0-9, . and -")
        }
    }
}
