//! Field 86, the information to the account's owner: free to every bank, and most use one of a few
//! dialects (FEEDS.md D 15 and 16). What is text goes to `purpose`; accounts, mandates and other
//! numbers that no payer chose do not.

mod keys;
mod parts;
mod slashes;
mod subfields;

/// What a field 86 says. Texts are trimmed and never empty.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Details {
    /// The free text, in lines.
    pub(super) purpose: Option<String>,
    /// The other side's name.
    pub(super) name: Option<String>,
    /// The other side's account.
    pub(super) account: Option<String>,
    /// The reference from end to end.
    pub(super) end_to_end: Option<String>,
    /// Structured references of the creditor.
    pub(super) creditor: Vec<String>,
}

/// The most structured references of one entry that are kept.
const CREDITOR_MAX: usize = 32;

/// What was found so far. One serves all entries of a file, so that its texts grow only once.
#[derive(Default)]
pub(super) struct Found {
    /// Free text.
    text: String,
    /// The bank's word for the kind of booking: the text, where there is no other.
    booking: String,
    name: String,
    /// The name of whom the payer paid for.
    on_behalf: String,
    account: String,
    end_to_end: String,
    /// The reference of whoever gave the order to his bank.
    customer: String,
    creditor: Vec<String>,
    /// Empty, and where the text goes while its keys are taken out.
    spare: String,
}

impl Found {
    /// Reads the unfolded text of a field 86.
    pub(super) fn read(&mut self, text: &str) -> Details {
        self.clear();
        let text = subfields::behind_code(text);
        if let Some(parts) = subfields::Subfields::of(text) {
            parts::read(parts, self);
        } else if slashes::begins(text) {
            slashes::read(text, self);
        } else {
            self.text.push_str(text);
        }
        keys::split(self);
        self.details()
    }

    fn clear(&mut self) {
        for text in [
            &mut self.text,
            &mut self.booking,
            &mut self.name,
            &mut self.on_behalf,
            &mut self.account,
            &mut self.end_to_end,
            &mut self.customer,
        ] {
            text.clear();
        }
    }

    /// Nothing that a row has was found.
    fn is_empty(&self) -> bool {
        let Self { text, booking, name, on_behalf, account, .. } = self;
        [text, booking, name, on_behalf, account].into_iter().all(String::is_empty)
    }

    /// Adds text of another part.
    fn add_line(&mut self, text: &str) {
        add(&mut self.text, "\n", text);
    }

    fn details(&mut self) -> Details {
        Details {
            purpose: filled(&self.text).or_else(|| filled(&self.booking)).map(str::to_owned),
            name: one_line(&self.name).or_else(|| one_line(&self.on_behalf)),
            account: filled(&self.account).map(without_spaces),
            end_to_end: reference(&self.end_to_end).or_else(|| reference(&self.customer)),
            creditor: std::mem::take(&mut self.creditor),
        }
    }
}

/// The text without the white space around it. Most have none, and looking at two bytes tells.
fn trim(text: &str) -> &str {
    match text.as_bytes() {
        [b'!'..=b'~', .., b'!'..=b'~'] => text,
        _ => text.trim(),
    }
}

fn filled(text: &str) -> Option<&str> {
    Some(trim(text)).filter(|text| !text.is_empty())
}

fn add(text: &mut String, separator: &str, more: &str) {
    let more = trim(more);
    if !text.is_empty() && !more.is_empty() {
        text.push_str(separator);
    }
    text.push_str(more);
}

fn one_line(text: &str) -> Option<String> {
    let text = filled(text)?;
    Some(if text.contains('\n') { text.replace('\n', " ") } else { text.to_owned() })
}

fn without_spaces(text: &str) -> String {
    // Looking at every byte goes many at a time.
    let solid = text.bytes().fold(true, |all, byte| all & byte.is_ascii_graphic());
    if solid { text.to_owned() } else { text.split_whitespace().collect() }
}

/// A reference without the cuts in it; none of the words that say there is none.
fn reference(text: &str) -> Option<String> {
    let text = filled(text)?;
    let text = if text.contains('\n') { text.replace('\n', "") } else { text.to_owned() };
    (!is_no_reference(&text)).then_some(text)
}

/// The words that stand where there is no reference, and what is nothing but signs or zeros.
pub(super) fn is_no_reference(text: &str) -> bool {
    let words = ["NONREF", "NOTPROVIDED", "NOT PROVIDED", "NOREF", "NONE", "UNKNOWN", "EREF"];
    let is = |word: &str| word.len() == text.len() && word.eq_ignore_ascii_case(text);
    words.into_iter().any(is) || !text.chars().any(|c| c.is_alphanumeric() && c != '0')
}
