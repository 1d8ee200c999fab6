//! The identities of entries (DOMAIN.md 7.1). A bank's reference is rarely an entry's own: a batch
//! has one for all its payments, a number may come again next year. So it counts together with the
//! value date and the amount, and those that have all of it in common are numbered within their
//! statement. The mark does not count, so that a credit taken back names the credit if the bank's
//! reference is the same; nor does the report's kind, so that MT940 names what MT942 told.

use std::fmt::Write;
use std::hash::BuildHasher;

use foldhash::HashMap;
use foldhash::quality::FixedState;
use kvit_schemas::MessageId;

use super::details::is_no_reference;
use super::entry::Entry;
use crate::feeds::identity::{Identifier, Identity, IdentityRule, message_id};

/// Gives the entries of a file their identities.
pub(super) struct Names {
    rule: IdentityRule,
    weak: Identifier,
    /// How often each name was given in the statement, by the hash of name and mark.
    given: HashMap<u64, u32>,
    /// The same in each process: should two hashes be equal, the numbers are so each time the
    /// file is read, after a crash, too.
    hashes: FixedState,
    /// The name that is being made.
    plain: String,
}

impl Names {
    pub(super) fn new(rule: IdentityRule) -> Self {
        Self {
            rule,
            weak: Identifier::new(IdentityRule::Content),
            given: HashMap::default(),
            hashes: FixedState::default(),
            plain: String::new(),
        }
    }

    /// A statement begins that goes on with none before it.
    pub(super) fn begin_statement(&mut self) {
        self.weak.begin_statement();
        self.given = HashMap::default();
    }

    /// The identity of an entry of `account` with these references.
    pub(super) fn identify(
        &mut self,
        account: &str,
        entry: &Entry<'_>,
        bank: Option<&str>,
        end_to_end: Option<&str>,
    ) -> (MessageId, Identity) {
        let bank = bank.map(|name| (name, Identity::BankReference));
        let end_to_end = end_to_end.map(|name| (name, Identity::EndToEnd));
        let chosen = match self.rule {
            IdentityRule::BankReference => bank,
            IdentityRule::EndToEnd => end_to_end.or(bank),
            IdentityRule::Content => None,
        };
        match chosen {
            Some((name, identity)) => (self.numbered(account, name, entry), identity),
            None => self.weak.identify(account, Default::default(), &entry.said()),
        }
    }

    fn numbered(&mut self, account: &str, name: &str, entry: &Entry<'_>) -> MessageId {
        let date = std::str::from_utf8(entry.posting.value_date).unwrap_or("");
        let plain = &mut self.plain;
        plain.clear();
        for part in [account, "/", name, "/", date, "/"] {
            plain.push_str(part);
        }
        push_number(plain, entry.amount.minor());
        let hash = self.hashes.hash_one((&*plain, entry.posting.mark));
        let given = self.given.entry(hash).or_insert(0);
        *given = given.saturating_add(1);
        if *given > 1 {
            // Writing to a String cannot fail.
            let _ = write!(plain, "#{given}");
        }
        plain.parse().unwrap_or_else(|_| message_id(plain.clone()))
    }
}

/// Formatting would take longer than all else that a name needs.
pub(super) fn push_number(text: &mut String, number: i64) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    let mut rest = number.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    text.push_str(std::str::from_utf8(&digits[at..]).unwrap_or(""));
}

/// True for what may be a reference of one booking: some banks put the beginning of a text where
/// it belongs (`//MasterCard`).
pub(super) fn is_real(reference: &str) -> bool {
    let digits = reference.bytes().filter(u8::is_ascii_digit).count();
    reference.len() >= 5 && digits >= 4 && !is_no_reference(reference)
}
