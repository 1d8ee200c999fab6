//! What an exchange says of itself before its sections.

use super::Desk;
use super::keys::Key;
use crate::feeds::values::{filled, owned};

/// The versions of the standard, and the Kazakh edition.
const VERSIONS: [&str; 4] = ["1.01", "1.02", "1.03", "2.00"];

/// The most characters of a version that are shown.
const VERSION_CHARS_MAX: usize = 16;

impl Desk {
    pub(super) fn head_field(&mut self, key: Key, value: &str) {
        if key == Key::Version {
            self.version(value);
        } else if key == Key::Encoding {
            self.encoding(value);
        } else if key == Key::Account {
            let taken = self.accounts.add(value);
            self.warn_of_accounts(taken);
        } else if key == Key::Currency {
            self.accounts.name_currency(value);
        }
    }

    fn version(&mut self, value: &str) {
        let Some(version) = owned(value) else { return };
        let version: String = version.chars().take(VERSION_CHARS_MAX).collect();
        if !VERSIONS.contains(&version.as_str()) {
            self.warn(format!("version {version:?} of the format is read as 1.03 is"));
        }
        if self.head.kind.is_empty() {
            self.head.kind = version.into();
        }
    }

    /// Says where the label of the character set lies; only the bytes were asked.
    fn encoding(&mut self, value: &str) {
        let charset = self.charset;
        let Some(labelled) = charset_of(value) else { return };
        if charset != "ascii" && labelled != charset {
            self.warn(format!("Кодировка says {labelled}, the file is {charset}"));
        }
    }
}

/// The character set that a label means, under the name that decoding gives it.
fn charset_of(label: &str) -> Option<&'static str> {
    let label = filled(label)?.to_lowercase();
    let is = |names: &[&str]| names.iter().any(|name| label.contains(name));
    if is(&["utf"]) {
        Some("utf-8")
    } else if is(&["dos", "866", "oem"]) {
        Some("ibm866")
    } else if is(&["win", "1251", "ansi"]) {
        Some("windows-1251")
    } else {
        None
    }
}
