//! Reading typed values out of the merged tree, without stopping at the first thing wrong.
//!
//! serde would stop there, and a person who mends settings wants the whole list. So each read
//! answers with a value at any rate: after a problem with a stand-in, which nobody gets to see,
//! because a load with problems fails.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;

use super::choice::Choice;
use super::finding::Finding;
use super::tree::{Node, Origin, Plain, Table, Wanted};

/// The entry of a map of parties that holds what is true of each entry that says nothing else.
pub(super) const COMMON: &str = "_";

/// One table, being read. Every key that is asked for is known; the others are mistakes.
pub(super) struct Section<'a> {
    path: String,
    table: &'a Table,
    origin: Origin,
    common: Option<(String, &'a Table)>,
    /// True for a table that need not be complete.
    partial: bool,
    known: Vec<&'static str>,
    report: Report,
}

/// What came up while reading.
#[derive(Default)]
pub(super) struct Report {
    /// What is wrong.
    pub(super) problems: Vec<Finding>,
    /// Keys that were set by text and what that meant to them.
    pub(super) meant: Vec<(String, Plain)>,
}

impl Report {
    fn add(&mut self, other: Self) {
        for problem in other.problems {
            // What is wrong in a common entry is met again in each that falls back on it.
            if !self.problems.contains(&problem) {
                self.problems.push(problem);
            }
        }
        self.meant.extend(other.meant);
    }
}

impl<'a> Section<'a> {
    /// Reads a whole tree.
    pub(super) fn root<T>(
        table: &'a Table,
        read: impl FnOnce(&mut Section<'a>) -> T,
    ) -> (T, Report) {
        let mut section = Section::of(String::new(), table, Origin::Default);
        let value = read(&mut section);
        (value, section.finish())
    }

    fn of(path: String, table: &'a Table, origin: Origin) -> Self {
        let report = Report::default();
        Self { path, table, origin, common: None, partial: false, known: vec![], report }
    }

    /// Reads the table `key`.
    pub(super) fn section<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Section<'_>) -> T,
    ) -> T {
        self.known.push(key);
        let path = self.path_of(key);
        let nothing = Table::new();
        let common = self.common.as_ref().and_then(|(path, common)| match common.get(key)? {
            Node::Table { table, .. } => Some((format!("{path}.{key}"), table)),
            Node::Leaf(_) => None,
        });
        let own = match self.table.get(key) {
            Some(Node::Table { table, origin }) => Some((table, origin.clone())),
            Some(Node::Leaf(_)) | None => None,
        };
        if own.is_none() {
            self.no_table(key);
        }
        let partial = self.partial || (own.is_none() && common.is_none());
        let (table, origin) = own.unwrap_or((&nothing, self.origin.clone()));
        let mut inner = Section { common, partial, ..Section::of(path, table, origin) };
        let value = read(&mut inner);
        self.report.add(inner.finish());
        value
    }

    /// Reads a table that stands alone, with another one that says what it does not.
    pub(super) fn alone<T>(
        (path, table, origin): (String, &'a Table, Origin),
        (common_path, common): (&str, &'a Table),
        read: impl FnOnce(&mut Section<'a>) -> T,
    ) -> (T, Report) {
        let common = Some((common_path.to_owned(), common));
        let mut section = Section { common, ..Section::of(path, table, origin) };
        let value = read(&mut section);
        (value, section.finish())
    }

    /// True where the table itself says something of `key`.
    pub(super) fn says(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// True for a table that need not be complete.
    pub(super) fn is_partial(&self) -> bool {
        self.partial
    }

    /// How many problems came up so far.
    pub(super) fn problems(&self) -> usize {
        self.report.problems.len()
    }

    /// Tells what is wrong with `key`, or with one below it.
    pub(super) fn problem(&mut self, key: &str, what: String) {
        let origin =
            key.split('.').next().and_then(|first| self.table.get(first)).map(Node::origin);
        let origin = origin.unwrap_or_else(|| self.origin.clone());
        self.report.problems.push(Finding::new(origin, self.path_of(key), what));
    }

    /// Reads the table of tables `key`: one entry an id. Entries that `read` cannot make
    /// anything of are left out; it has told why.
    pub(super) fn entries<I, T>(
        &mut self,
        key: &'static str,
        read: impl Fn(&mut Section<'_>) -> Option<T>,
    ) -> BTreeMap<I, T>
    where
        I: FromStr<Err: Display> + Ord,
    {
        self.known.push(key);
        let mut entries = BTreeMap::new();
        let Some(Node::Table { table, .. }) = self.table.get(key) else {
            self.no_table(key);
            return entries;
        };
        let path = self.path_of(key);
        let nothing = Table::new();
        let common = match table.get(COMMON) {
            Some(Node::Table { table: common, .. }) => common,
            Some(Node::Leaf(_)) | None => &nothing,
        };
        let common = (self.path_of(&format!("{key}.{COMMON}")), common);
        for (id, node) in table {
            let path = format!("{path}.{id}");
            let Node::Table { table: own, .. } = node else {
                self.problem_at(node, path, "must be a table".to_owned());
                continue;
            };
            let mut entry = Section::of(path.clone(), own, node.origin());
            if id == COMMON {
                entry.partial = true;
            } else {
                entry.common = Some(common.clone());
            }
            let value = read(&mut entry);
            self.report.add(entry.finish());
            match id.parse() {
                Ok(id) => entries.extend(value.map(|value| (id, value))),
                Err(_) if id == COMMON => {}
                Err(error) => self.problem_at(node, path, format!("is no id: {error}")),
            }
        }
        entries
    }

    /// A whole number within `range`.
    pub(super) fn number<T>(&mut self, key: &'static str, range: RangeInclusive<T>) -> T
    where
        T: TryFrom<i64> + PartialOrd + Copy + Display,
    {
        let (least, most) = (*range.start(), *range.end());
        let check = |plain: &Plain| {
            let number = match plain {
                Plain::Number(number) => T::try_from(*number).ok(),
                Plain::Text(_) | Plain::Flag(_) | Plain::Texts(_) | Plain::Other(_) => None,
            };
            number
                .filter(|number| range.contains(number))
                .ok_or_else(|| format!("must be a whole number from {least} to {most}, is {plain}"))
        };
        self.read(key, Wanted::Number, check).unwrap_or(least)
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, key: &'static str) -> bool {
        let check = |plain: &Plain| match plain {
            Plain::Flag(flag) => Ok(*flag),
            Plain::Text(_) | Plain::Number(_) | Plain::Texts(_) | Plain::Other(_) => {
                Err(format!("must be true or false, is {plain}"))
            }
        };
        self.read(key, Wanted::Flag, check).unwrap_or(false)
    }

    /// A text that `check` makes something of. The check's error ends "`key` …".
    pub(super) fn text<T>(
        &mut self,
        key: &'static str,
        check: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        self.read(key, Wanted::Text, |plain| match plain {
            Plain::Text(text) => check(text),
            Plain::Flag(_) | Plain::Number(_) | Plain::Texts(_) | Plain::Other(_) => {
                Err(format!("must be text, is {plain}"))
            }
        })
    }

    /// As [`Section::text`], where the empty text means that nothing is set.
    pub(super) fn optional<T>(
        &mut self,
        key: &'static str,
        check: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        self.text(key, |text| if text.is_empty() { Ok(None) } else { check(text).map(Some) })?
    }

    /// A path that is not empty.
    pub(super) fn path(&mut self, key: &'static str) -> PathBuf {
        let filled = |text: &str| match text {
            "" => Err("must be a path, is empty".to_owned()),
            path => Ok(PathBuf::from(path)),
        };
        self.text(key, filled).unwrap_or_default()
    }

    /// One of a few words.
    pub(super) fn choice<T: Choice>(&mut self, key: &'static str) -> T {
        self.text(key, T::from_str).unwrap_or(T::STAND_IN)
    }

    /// A list whose every text `check` makes something of. Repeated texts count once.
    pub(super) fn list<T: Ord>(
        &mut self,
        key: &'static str,
        check: impl Fn(&str) -> Result<T, String>,
    ) -> BTreeSet<T> {
        self.sequence(key, check).into_iter().collect()
    }

    /// As [`Section::list`], in the order of the settings.
    pub(super) fn sequence<T>(
        &mut self,
        key: &'static str,
        check: impl Fn(&str) -> Result<T, String>,
    ) -> Vec<T> {
        let check = |plain: &Plain| match plain {
            Plain::Texts(texts) => {
                let (good, bad): (Vec<_>, Vec<_>) =
                    texts.iter().map(|text| check(text)).partition(Result::is_ok);
                let wrong: Vec<_> = bad.into_iter().filter_map(Result::err).collect();
                if wrong.is_empty() {
                    Ok(good.into_iter().filter_map(Result::ok).collect())
                } else {
                    Err(wrong.join("; "))
                }
            }
            Plain::Text(_) | Plain::Flag(_) | Plain::Number(_) | Plain::Other(_) => {
                Err(format!("must be a list of texts, is {plain}"))
            }
        };
        self.read(key, Wanted::Texts, check).unwrap_or_default()
    }

    /// The one way to a value: from the table, else from the common entry.
    fn read<T>(
        &mut self,
        key: &'static str,
        wanted: Wanted,
        check: impl FnOnce(&Plain) -> Result<T, String>,
    ) -> Option<T> {
        self.known.push(key);
        let Some((path, node)) = self.find(key) else {
            if !self.partial {
                let what = "must be set: it has no default";
                let problem = Finding::new(self.origin.clone(), self.path_of(key), what);
                self.report.problems.push(problem);
            }
            return None;
        };
        let Node::Leaf(leaf) = node else {
            self.problem_at(node, path, "must be a value, is a table".to_owned());
            return None;
        };
        let meant = leaf.meant(wanted);
        let value = check(meant.as_ref().unwrap_or(&leaf.plain));
        self.report.meant.extend(meant.map(|meant| (path.clone(), meant)));
        value.map_err(|what| self.problem_at(node, path, what)).ok()
    }

    /// The value of `key` and the place it was found in.
    fn find(&self, key: &str) -> Option<(String, &'a Node)> {
        if let Some(node) = self.table.get(key) {
            return Some((self.path_of(key), node));
        }
        let (path, common) = self.common.as_ref()?;
        Some((format!("{path}.{key}"), common.get(key)?))
    }

    /// Tells of keys that nobody asked for. Their values are not told: a mistyped key may hold
    /// a secret.
    fn finish(mut self) -> Report {
        let (table, known) = (self.table, std::mem::take(&mut self.known));
        for (key, node) in table.iter().filter(|(key, _)| !known.contains(&key.as_str())) {
            let what = match nearest(key, &known) {
                Some(near) => format!("is no setting; did you mean {near}?"),
                None => "is no setting".to_owned(),
            };
            self.problem_at(node, self.path_of(key), what);
        }
        self.report
    }

    fn no_table(&mut self, key: &'static str) {
        if let Some(node) = self.table.get(key) {
            self.problem_at(node, self.path_of(key), "must be a table".to_owned());
        }
    }

    fn problem_at(&mut self, node: &Node, path: String, what: String) {
        self.report.problems.push(Finding::new(node.origin(), path, what));
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}

/// The known key that `key` most likely means: about a third of it may be wrong.
fn nearest(key: &str, known: &[&'static str]) -> Option<&'static str> {
    let distance = |other: &str| strsim::damerau_levenshtein(key, other);
    let near = known.iter().copied().min_by_key(|other| distance(other))?;
    (distance(near) <= 1 + near.len() / 3).then_some(near)
}
