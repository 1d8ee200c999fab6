//! How a payment is told from all others of its feed (DOMAIN.md 7.1).
//!
//! A bank's own reference is the best there is. Where a row has none, what the row says is its
//! identity, and the rows of one statement that say the same are numbered in their order: five
//! equal fees are five payments, and the same statement read again gives the same five.

use std::collections::HashMap;

use kvit_schemas::{MessageId, hex};
use sha2::{Digest, Sha256};

use super::NameError;

/// Which of a row's references identifies its payment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum IdentityRule {
    /// The bank's own; what the row says where there is none.
    #[default]
    BankReference,
    /// The reference that travels with the payment from end to end, for banks whose own changes
    /// from one export to the next; then the bank's.
    EndToEnd,
    /// What the row says, for banks whose references are not their payments' own.
    Content,
}

/// What gave a row its `payment_id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    /// The payment system's operation number.
    Operation,
    /// The bank's reference of this row.
    BankReference,
    /// The reference from end to end.
    EndToEnd,
    /// What the row says, and its number among those of the statement that say the same.
    Content,
}

/// The references among which a rule chooses.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Names<'a> {
    /// The bank's reference of this row, or of its entry.
    pub(super) bank: Option<&'a str>,
    /// The reference from end to end.
    pub(super) end_to_end: Option<&'a str>,
}

/// Gives the rows of a file their identities.
pub(super) struct Identifier {
    rule: IdentityRule,
    /// How often each content was met in the statement, by half of its hash.
    met: HashMap<u64, u32>,
    /// How often each reference was given in the entry that is being read.
    entry: HashMap<String, u32>,
    /// Where references are put together.
    plain: String,
}

impl Identifier {
    pub(super) fn new(rule: IdentityRule) -> Self {
        Self { rule, met: HashMap::new(), entry: HashMap::new(), plain: String::new() }
    }

    /// A statement begins: equal contents are numbered anew.
    pub(super) fn begin_statement(&mut self) {
        self.met = HashMap::new();
        self.begin_entry();
    }

    /// An entry begins, whose rows may share a reference.
    pub(super) fn begin_entry(&mut self) {
        // Clearing takes as long as the largest entry was.
        if !self.entry.is_empty() {
            self.entry = HashMap::new();
        }
    }

    /// True when a row with these references is known by what it says.
    pub(super) fn needs_content(&self, names: Names<'_>) -> bool {
        match self.rule {
            IdentityRule::BankReference => names.bank.is_none(),
            IdentityRule::EndToEnd => names.bank.or(names.end_to_end).is_none(),
            IdentityRule::Content => true,
        }
    }

    /// The identity of a row of `account`: by the rule, else by `said`, which is all that is
    /// known of it. A format where several entries may share a reference gives it with what else
    /// tells them apart, such as the amount.
    pub(super) fn identify(
        &mut self,
        account: &str,
        names: Names<'_>,
        said: &str,
    ) -> (MessageId, Identity) {
        match self.chosen(names) {
            Some((name, identity)) => {
                (self.numbered_in_entry(format!("{account}/{name}")), identity)
            }
            None => (self.numbered_in_statement(account, said), Identity::Content),
        }
    }

    /// The identity of a row that is alone in its entry: [`Self::identify`] without what rows of
    /// one entry cost.
    pub(super) fn identify_alone(
        &mut self,
        account: &str,
        names: Names<'_>,
        said: impl FnOnce() -> String,
    ) -> (MessageId, Identity) {
        let Some((name, identity)) = self.chosen(names) else {
            return (self.numbered_in_statement(account, &said()), Identity::Content);
        };
        self.plain.clear();
        for part in [account, "/", name] {
            self.plain.push_str(part);
        }
        (id_of(&self.plain), identity)
    }

    fn chosen<'a>(&self, names: Names<'a>) -> Option<(&'a str, Identity)> {
        let bank = names.bank.map(|name| (name, Identity::BankReference));
        let end_to_end = names.end_to_end.map(|name| (name, Identity::EndToEnd));
        match self.rule {
            IdentityRule::BankReference => bank,
            IdentityRule::EndToEnd => end_to_end.or(bank),
            IdentityRule::Content => None,
        }
    }

    fn numbered_in_entry(&mut self, plain: String) -> MessageId {
        let given = self.entry.entry(plain.clone()).or_insert(0);
        *given += 1;
        message_id(if *given == 1 { plain } else { format!("{plain}#{given}") })
    }

    fn numbered_in_statement(&mut self, account: &str, said: &str) -> MessageId {
        let hash = Sha256::digest(format!("{account}\n{said}").as_bytes());
        let mut half = [0; 8];
        half.copy_from_slice(&hash[..8]);
        let given = self.met.entry(u64::from_be_bytes(half)).or_insert(0);
        *given += 1;
        let number = if *given == 1 { String::new() } else { format!("#{given}") };
        message_id(format!("weak-{}{number}", hex::encode(&hash)))
    }
}

impl Identity {
    /// The name in what is printed and kept.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Operation => "operation",
            Self::BankReference => "bank_reference",
            Self::EndToEnd => "end_to_end",
            Self::Content => "content",
        }
    }

    /// Two payments may have the same.
    pub fn is_weak(self) -> bool {
        self == Self::Content
    }
}

impl std::str::FromStr for IdentityRule {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        match text {
            "bank_reference" => Ok(Self::BankReference),
            "end_to_end" => Ok(Self::EndToEnd),
            "content" => Ok(Self::Content),
            _ => Err(NameError { expected: "bank_reference, end_to_end, content" }),
        }
    }
}

/// The text as an identifier; its hash where it has characters or a length that none may have.
pub fn message_id(plain: String) -> MessageId {
    id_of(&plain)
}

fn id_of(plain: &str) -> MessageId {
    if let Ok(id) = plain.parse() {
        return id;
    }
    match format!("ref-{}", hex::encode(&Sha256::digest(plain.as_bytes()))).parse() {
        Ok(id) => id,
        Err(error) => unreachable!("a hash is an identifier: {error}"),
    }
}
