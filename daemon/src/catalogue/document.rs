//! Strict reading of TOML that goes on after a mistake, so that all are found at once. Each value
//! knows its file, line and key.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use kvit_schemas::Day;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::finding::{Findings, Place, instead};

/// A file: its name and its text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) name: &'a str,
    pub(super) text: &'a str,
}

impl<'a> Source<'a> {
    /// The file's top table; `None`, with findings, when it is no TOML.
    pub(super) fn parse(self, notes: &mut Findings) -> Option<DeTable<'a>> {
        let (table, errors) = DeTable::parse_recoverable(self.text);
        for error in &errors {
            let line = error.span().map(|span| self.line(span.start));
            let place = Place { line, ..Place::file(self.name) };
            notes.error(&place, format!("is no TOML: {}", error.message()), "correct the syntax");
        }
        errors.is_empty().then(|| table.into_inner())
    }

    fn line(self, offset: usize) -> usize {
        let before = self.text.as_bytes().iter().take(offset);
        before.filter(|&&byte| byte == b'\n').count() + 1
    }
}

/// A table, and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Table<'a> {
    source: Source<'a>,
    place: Place,
    entries: &'a DeTable<'a>,
}

/// A value, and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Value<'a> {
    source: Source<'a>,
    pub(super) place: Place,
    value: &'a DeValue<'a>,
}

impl<'a> Table<'a> {
    /// The top table of a file.
    pub(super) fn top(source: Source<'a>, entries: &'a DeTable<'a>) -> Self {
        Self { source, place: Place::file(source.name), entries }
    }

    /// The same table, as the entry of this name.
    pub(super) fn named(mut self, entry: String) -> Self {
        self.place.entry = entry;
        self.place.keys.clear();
        self
    }

    /// Where the table begins.
    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    /// Finds keys that are not among the known ones.
    pub(super) fn only(&self, known: &[&str], notes: &mut Findings) {
        for (key, value) in self.each() {
            if !known.contains(&key) {
                notes.error(&value.place, "there is no such key", instead(key, known));
            }
        }
    }

    /// The value of a key that may be left out.
    pub(super) fn may(&self, key: &str) -> Option<Value<'a>> {
        self.entries.get(key).map(|value| self.value(key, value))
    }

    /// The value of a key that must be there.
    pub(super) fn need(&self, key: &str, notes: &mut Findings) -> Option<Value<'a>> {
        let value = self.may(key);
        if value.is_none() {
            let place = self.at(key, self.place.line);
            notes.error(&place, "is missing", "write it");
        }
        value
    }

    /// Every key with its value.
    pub(super) fn each(&self) -> impl Iterator<Item = (&'a str, Value<'a>)> {
        self.entries.iter().map(|(key, value)| {
            let key = key.get_ref().as_ref();
            (key, self.value(key, value))
        })
    }

    fn value(&self, key: &str, value: &'a Spanned<DeValue<'a>>) -> Value<'a> {
        let line = self.source.line(value.span().start);
        Value { source: self.source, place: self.at(key, Some(line)), value: value.get_ref() }
    }

    fn at(&self, key: &str, line: Option<usize>) -> Place {
        let above = &self.place.keys;
        let keys = if above.is_empty() { key.to_owned() } else { format!("{above}.{key}") };
        Place { line, keys, ..self.place.clone() }
    }
}

impl<'a> Value<'a> {
    /// True when it is this text.
    pub(super) fn says(&self, text: &str) -> bool {
        self.value.as_str() == Some(text)
    }

    /// The text of it, to name an entry by; `None` when it is no text, number or date.
    pub(super) fn label(&self) -> Option<String> {
        let text = self.value.as_str().map(str::to_owned);
        let number = || self.value.as_integer().map(ToString::to_string);
        let date = || self.value.as_datetime().map(ToString::to_string);
        text.or_else(number).or_else(date)
    }

    /// The text, through its parser.
    pub(super) fn parse<T: FromStr<Err: Display>>(&self, notes: &mut Findings) -> Option<T> {
        let text = self.text(notes)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                notes.error(&self.place, format!("{text:?} is refused"), format!("{error}"));
                None
            }
        }
    }

    /// One of the named things.
    pub(super) fn choice<T: Copy>(&self, known: &[(&str, T)], notes: &mut Findings) -> Option<T> {
        let text = self.text(notes)?;
        let found = known.iter().find(|(name, _)| *name == text);
        if found.is_none() {
            let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
            notes.error(&self.place, format!("{text:?} is unknown here"), instead(text, &names));
        }
        found.map(|(_, value)| *value)
    }

    /// A whole number in a range.
    pub(super) fn number<T>(&self, range: &RangeInclusive<T>, notes: &mut Findings) -> Option<T>
    where
        T: TryFrom<i64> + PartialOrd + Display,
    {
        let (low, high) = (range.start(), range.end());
        let cure = format!("write a whole number from {low} to {high}");
        let Some(digits) = self.value.as_integer() else {
            return self.mistaken(&cure, notes);
        };
        let number = i64::from_str_radix(digits.as_str(), digits.radix());
        let fits = number.ok().and_then(|number| T::try_from(number).ok());
        let fits = fits.filter(|number| range.contains(number));
        if fits.is_none() {
            notes.error(&self.place, format!("{digits} is out of range"), cure);
        }
        fits
    }

    /// A calendar day, written as a TOML date.
    pub(super) fn day(&self, notes: &mut Findings) -> Option<Day> {
        let day = self.value.as_datetime().and_then(|date| date.to_string().parse().ok());
        day.or_else(|| self.mistaken("write a date without quotes, such as 2026-01-01", notes))
    }

    /// The members of a list.
    pub(super) fn list(&self, notes: &mut Findings) -> Option<Vec<Value<'a>>> {
        let Some(members) = self.value.as_array() else {
            return self.mistaken("write a list in [ ]", notes);
        };
        let member = |value: &'a Spanned<DeValue<'a>>| {
            let line = Some(self.source.line(value.span().start));
            let place = Place { line, ..self.place.clone() };
            Value { source: self.source, place, value: value.get_ref() }
        };
        Some(members.iter().map(member).collect())
    }

    /// A table.
    pub(super) fn table(&self, notes: &mut Findings) -> Option<Table<'a>> {
        match self.value.as_table() {
            Some(entries) => {
                Some(Table { source: self.source, place: self.place.clone(), entries })
            }
            None => self.mistaken("write a table", notes),
        }
    }

    fn text(&self, notes: &mut Findings) -> Option<&'a str> {
        self.value.as_str().or_else(|| self.mistaken("write text in quotes", notes))
    }

    fn mistaken<T>(&self, cure: &str, notes: &mut Findings) -> Option<T> {
        let found = self.value.type_str();
        notes.error(&self.place, format!("has the wrong type: {found}"), cure);
        None
    }
}
