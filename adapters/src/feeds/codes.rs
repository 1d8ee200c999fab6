//! The order codes of a row, in the order in which matching trusts its fields (DESIGN.md 4): a
//! reference field made for them, the personal account of ERIP, then free text. Accounts and a
//! bank's own references are never looked at.

use kvit_schemas::{OrderCode, each_code};

use super::row::Row;

/// Where in a row an order code stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoundIn {
    /// A creditor's reference, which is the code.
    CreditorReference,
    /// Text around it in a creditor's reference.
    CreditorReferenceText,
    /// The personal account of ERIP, which is the code.
    PersonalAccount,
    /// Text around it in a personal account that is none.
    PersonalAccountText,
    /// The reference from end to end, which the payer's side chose.
    EndToEnd,
    /// The purpose.
    Purpose,
}

/// An order code of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoundOrderCode {
    /// The code.
    pub code: OrderCode,
    /// Where it stood.
    pub found_in: FoundIn,
}

impl FoundIn {
    /// The name in what is printed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CreditorReference => "creditor_reference",
            Self::CreditorReferenceText => "creditor_reference_text",
            Self::PersonalAccount => "personal_account",
            Self::PersonalAccountText => "personal_account_text",
            Self::EndToEnd => "end_to_end",
            Self::Purpose => "purpose",
        }
    }
}

impl Row {
    /// The distinct order codes of the fields that are trusted most among those that have any.
    pub fn order_codes(&self) -> Vec<FoundOrderCode> {
        let mut codes = Vec::new();
        for reference in &self.references.creditor {
            if let Some(code) = whole(reference) {
                add(&mut codes, code, FoundIn::CreditorReference);
            }
        }
        if !codes.is_empty() {
            return codes;
        }
        let account = self.personal_account.as_deref();
        if let Some(code) = account.and_then(|account| account.trim().parse().ok()) {
            return vec![FoundOrderCode { code, found_in: FoundIn::PersonalAccount }];
        }
        for reference in &self.references.creditor {
            scan(&mut codes, reference, FoundIn::CreditorReferenceText);
        }
        for (text, found_in) in [
            (account, FoundIn::PersonalAccountText),
            (self.references.end_to_end.as_deref(), FoundIn::EndToEnd),
            (self.purpose.as_deref(), FoundIn::Purpose),
        ] {
            scan(&mut codes, text.unwrap_or(""), found_in);
        }
        codes
    }
}

/// The code that a reference is, grouped by spaces or not.
fn whole(text: &str) -> Option<OrderCode> {
    let text = text.trim();
    if let Ok(code) = text.parse() {
        return Some(code);
    }
    let digits: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    digits.parse().ok()
}

fn scan(codes: &mut Vec<FoundOrderCode>, text: &str, found_in: FoundIn) {
    each_code(text, |found| add(codes, found.code, found_in));
}

fn add(codes: &mut Vec<FoundOrderCode>, code: OrderCode, found_in: FoundIn) {
    if codes.iter().all(|known| known.code != code) {
        codes.push(FoundOrderCode { code, found_in });
    }
}
