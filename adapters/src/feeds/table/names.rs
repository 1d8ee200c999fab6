//! Identities of a table's payments. Nobody says that a table's references are unique: a bank may
//! give one to all parts of a lump, or begin to count anew each day. So a reference names a payment
//! together with its day and amount, and those that are equal even so are numbered.

use std::collections::HashMap;

use kvit_schemas::{Day, MessageId, Moment};
use sha2::{Digest, Sha256};

use super::row::Moved;
use crate::feeds::identity::{self, Identifier, Identity, IdentityRule};
use crate::feeds::row::{Direction, References};

/// What a row says of its payment.
pub(super) struct Said<'a> {
    pub(super) moved: Moved,
    pub(super) day: Option<Day>,
    pub(super) paid_at: Option<Moment>,
    /// Name and account.
    pub(super) counterparty: [Option<&'a str>; 2],
    pub(super) purpose: Option<&'a str>,
}

/// Gives the rows of a file their identities.
pub(super) struct Names {
    identifier: Identifier,
    /// How often each reference was met with the same day and amount, by half of its hash.
    met: HashMap<u64, u32>,
}

impl Names {
    pub(super) fn new(rule: IdentityRule) -> Self {
        Self { identifier: Identifier::new(rule), met: HashMap::new() }
    }

    /// The identity of the payment, and what gave it.
    pub(super) fn of(
        &mut self,
        account: &str,
        references: &References,
        said: &Said<'_>,
    ) -> (MessageId, Identity) {
        let side = match said.moved.direction {
            Direction::Credit => "credit",
            Direction::Debit => "debit",
        };
        let day = said.day.map(|day| day.to_string()).unwrap_or_default();
        let money = format!("{day} {side} {}", said.moved.money);
        let bank = self.numbered(account, references.bank_reference.as_deref(), &money);
        let end_to_end = self.numbered(account, references.end_to_end.as_deref(), &money);
        let names = identity::Names { bank: bank.as_deref(), end_to_end: end_to_end.as_deref() };
        let [name, other] = said.counterparty.map(Option::unwrap_or_default);
        let paid_at = said.paid_at.map(|at| at.to_string()).unwrap_or_default();
        let document = references.bank_document.as_deref().unwrap_or("");
        let purpose = said.purpose.unwrap_or("");
        let said = format!("{money}\n{paid_at}\n{document}\n{name}\n{other}\n{purpose}");
        self.identifier.begin_entry();
        self.identifier.identify(account, names, &said)
    }

    fn numbered(&mut self, account: &str, name: Option<&str>, money: &str) -> Option<String> {
        let name = name?;
        let hash = Sha256::digest(format!("{account}\n{name}\n{money}").as_bytes());
        let mut half = [0; 8];
        half.copy_from_slice(&hash[..8]);
        let met = self.met.entry(u64::from_be_bytes(half)).or_insert(0);
        *met += 1;
        let number = if *met == 1 { String::new() } else { format!("#{met}") };
        Some(format!("{name}/{money}{number}").replace(' ', "/"))
    }
}
