//! Field 86, the information to the account's owner: free to every bank, and most use one of a few
//! dialects (FEEDS.md D 15 and 16). What is text goes to `purpose`; accounts, mandates and other
//! numbers that no payer chose do not.

mod keys;
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

/// Reads the unfolded text of a field 86.
pub(super) fn read(text: &str) -> Details {
    let mut found = Found::default();
    if let Some(parts) = subfields::Subfields::of(text) {
        subfields::read(parts, &mut found);
    } else if slashes::begins(text) {
        slashes::read(text, &mut found);
    } else {
        found.text.push_str(text);
    }
    keys::split(&mut found);
    found.finish()
}

/// What was found so far.
#[derive(Default)]
struct Found {
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
}

impl Found {
    /// Adds text of another part.
    fn add_line(&mut self, text: &str) {
        add(&mut self.text, "\n", text);
    }

    fn finish(self) -> Details {
        let text = if self.text.trim().is_empty() { self.booking } else { self.text };
        let end_to_end = reference(self.end_to_end).or(reference(self.customer));
        let mut account = self.account;
        account.retain(|c| !c.is_whitespace());
        Details {
            purpose: filled(text),
            name: filled(one_line(self.name)).or(filled(one_line(self.on_behalf))),
            account: filled(account),
            end_to_end,
            creditor: self.creditor,
        }
    }
}

fn add(text: &mut String, separator: &str, more: &str) {
    let more = more.trim();
    if !text.is_empty() && !more.is_empty() {
        text.push_str(separator);
    }
    text.push_str(more);
}

fn filled(text: String) -> Option<String> {
    let kept = text.trim();
    if kept.is_empty() {
        return None;
    }
    if kept.len() == text.len() { Some(text) } else { Some(kept.to_owned()) }
}

fn one_line(text: String) -> String {
    if text.contains('\n') { text.replace('\n', " ") } else { text }
}

/// A reference without the cuts in it; none of the words that say there is none.
fn reference(text: String) -> Option<String> {
    let text = filled(if text.contains('\n') { text.replace('\n', "") } else { text })?;
    (!is_no_reference(&text)).then_some(text)
}

/// The words that stand where there is no reference, and what is nothing but signs or zeros.
pub(super) fn is_no_reference(text: &str) -> bool {
    let words = ["NONREF", "NOTPROVIDED", "NOT PROVIDED", "NOREF", "NONE", "UNKNOWN", "EREF"];
    let is = |word: &str| word.len() == text.len() && word.eq_ignore_ascii_case(text);
    words.into_iter().any(is) || !text.chars().any(|c| c.is_alphanumeric() && c != '0')
}
