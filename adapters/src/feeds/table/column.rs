//! Where in a row a value stands: in the column under a name, in the column at a position, or in
//! a range of a line's characters.

use std::fmt;
use std::str::FromStr;

/// The last column, and the last character of a line, that a mapping may name.
pub(super) const COLUMNS_MAX: usize = 512;
const CHARACTERS_MAX: usize = 16_384;

/// A place in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Column {
    /// The column that the header row names so. Letter case and blanks around do not matter.
    Name(String),
    /// The column at a position, from 1.
    Position(usize),
    /// Characters of a line of fixed width, from 1, both ends included.
    Range {
        /// The first.
        from: usize,
        /// The last.
        to: usize,
    },
}

impl Column {
    /// The name without what may differ from file to file: letter case, blanks, line ends.
    pub(super) fn plain_name(name: &str) -> String {
        name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
    }

    /// True where both would read the same characters.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Name(one), Self::Name(two)) => Self::plain_name(one) == Self::plain_name(two),
            (Self::Position(one), Self::Position(two)) => one == two,
            (Self::Range { from, to }, Self::Range { from: start, to: end }) => {
                from <= end && start <= to
            }
            (Self::Name(_) | Self::Position(_) | Self::Range { .. }, _) => false,
        }
    }
}

impl FromStr for Column {
    type Err = String;

    /// Digits are a position, digits with a dash between them a range, and all else a name; `=`
    /// before a name keeps it from being taken for one of the former.
    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(name) = text.strip_prefix('=') {
            return named(name);
        }
        let digits = |text: &str| {
            let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| text.parse::<usize>().unwrap_or(usize::MAX))
        };
        if let Some(position) = digits(text) {
            let fits = (1..=COLUMNS_MAX).contains(&position);
            let range = || format!("a position is from 1 to {COLUMNS_MAX}, is {text}");
            return fits.then_some(Self::Position(position)).ok_or_else(range);
        }
        match text.split_once('-').map(|(from, to)| (digits(from), digits(to))) {
            Some((Some(from), Some(to))) => {
                let fits = from >= 1 && from <= to && to <= CHARACTERS_MAX;
                let range = || {
                    format!("a range is like 11-20, from 1 to {CHARACTERS_MAX} at most, is {text}")
                };
                fits.then_some(Self::Range { from, to }).ok_or_else(range)
            }
            Some(_) | None => named(text),
        }
    }
}

fn named(name: &str) -> Result<Column, String> {
    if name.trim().is_empty() {
        return Err("names an empty column".to_owned());
    }
    Ok(Column::Name(name.to_owned()))
}

impl fmt::Display for Column {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => match name.parse() {
                Ok(Self::Name(plain)) if plain == *name => out.write_str(name),
                Ok(Self::Name(_) | Self::Position(_) | Self::Range { .. }) | Err(_) => {
                    write!(out, "={name}")
                }
            },
            Self::Position(position) => write!(out, "{position}"),
            Self::Range { from, to } => write!(out, "{from}-{to}"),
        }
    }
}
