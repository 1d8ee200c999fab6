//! Agencies: who decides, and where.

use kvit_schemas::{AgencyId, Line, Region};

use super::document::{Table, Value};
use super::finding::Findings;

/// A name in three languages, each 1 to 500 characters on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Titles {
    /// In Belarusian.
    pub be: Box<str>,
    /// In Russian.
    pub ru: Box<str>,
    /// In English.
    pub en: Box<str>,
}

impl From<&Titles> for kvit_schemas::message::Localized {
    fn from(titles: &Titles) -> Self {
        let [be, ru, en] = [&titles.be, &titles.ru, &titles.en].map(|text| text.to_string());
        Self { be, ru, en }
    }
}

/// An agency that decides cases. Its inbox is named by its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agency {
    /// Its id in settings, queues and messages.
    pub id: AgencyId,
    /// Its name.
    pub title: Titles,
    /// The kind of body it is, such as `civil-registry`: procedures are routed to a kind.
    pub body: Name,
    /// The regions it serves.
    pub regions: Vec<Region>,
    /// The localities it serves; empty when it serves its regions whole.
    pub localities: Vec<Box<str>>,
}

/// A name that files give to a thing within the catalogue: a kind of body, an alternative term.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(Box<str>);

/// The text is no such name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a name here is 1 to 40 of a-z, 0-9, - and _, beginning with a letter")]
pub struct NameError;

impl Name {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::borrow::Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let fits = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-' || c == b'_';
        let begins = text.starts_with(|c: char| c.is_ascii_lowercase());
        let named = begins && text.len() <= 40 && text.bytes().all(fits);
        if named { Ok(Self(text.into())) } else { Err(NameError) }
    }
}

impl Agency {
    /// Reads one `[[agency]]`; `None` when it cannot be said which agency it is or what it serves.
    pub(super) fn read(table: &Table<'_>, notes: &mut Findings) -> Option<Self> {
        table.only(&["id", "title", "body", "regions", "localities"], notes);
        let id = table.need("id", notes).and_then(|id| id.parse(notes));
        let title = titles(table, notes);
        let body = table.need("body", notes).and_then(|body| body.parse(notes));
        let regions = table.need("regions", notes).and_then(|value| regions(&value, notes));
        let localities = localities(table, notes);
        let agency =
            Self { id: id?, title, body: body?, regions: regions?, localities: localities? };
        if !agency.localities.is_empty() && agency.regions.len() > 1 {
            let problem = "serves localities in several regions, which have namesakes";
            notes.error(table.place(), problem, "describe one agency for each region");
        }
        Some(agency)
    }
}

/// Reads `title.be`, `title.ru` and `title.en`. A wrong one reads as empty, so that the rest of
/// its entry can be checked: a catalogue with errors is never used.
pub(super) fn titles(table: &Table<'_>, notes: &mut Findings) -> Titles {
    let title = table.need("title", notes).and_then(|title| title.table(notes));
    if let Some(title) = &title {
        title.only(&["be", "ru", "en"], notes);
    }
    let mut in_language = |language| {
        let value = title.as_ref().and_then(|title| title.need(language, notes));
        text(value, notes)
    };
    Titles { be: in_language("be"), ru: in_language("ru"), en: in_language("en") }
}

/// One line of text; empty when it is wrong.
pub(super) fn text(value: Option<Value<'_>>, notes: &mut Findings) -> Box<str> {
    let line: Option<Line<500>> = value.and_then(|value| value.parse(notes));
    line.map(|line| line.as_str().into()).unwrap_or_default()
}

fn regions(value: &Value<'_>, notes: &mut Findings) -> Option<Vec<Region>> {
    if value.says("all") {
        return Some(Region::ALL.to_vec());
    }
    let mut regions = Vec::new();
    for member in value.list(notes)? {
        let region = member.parse(notes)?;
        if regions.contains(&region) {
            notes.error(&member.place, format!("{region} is named twice"), "remove one");
        }
        regions.push(region);
    }
    if regions.is_empty() {
        notes.error(&value.place, "serves no region", "name its regions, or write \"all\"");
        return None;
    }
    Some(regions)
}

fn localities(table: &Table<'_>, notes: &mut Findings) -> Option<Vec<Box<str>>> {
    let Some(value) = table.may("localities") else { return Some(Vec::new()) };
    let mut names = Vec::new();
    for member in value.list(notes)? {
        let name = member.parse::<Line<100>>(notes)?;
        names.push(name.as_str().into());
    }
    Some(names)
}
