//! Which column is what: by its name, and by what stands in it.

use super::profile::Profile;
use super::words::{
    ACCEPTED_WORDS, CREDIT_WORDS, CREDITED_WORDS, DEBIT_WORDS, INFORMATION_WORDS, REVERSED_WORDS,
    Role, is_one, named,
};
use super::{Making, Sample};
use crate::feeds::row::Direction;

/// Words of a column that are told to a person at most.
const WORDS_MAX: usize = 30;

/// A column for a role, and what speaks for it.
struct Claim {
    weight: usize,
    at: usize,
    role: Role,
    by_name: bool,
}

impl Making {
    pub(super) fn roles(&mut self, sample: &Sample) {
        let mut claims = Vec::new();
        for (at, column) in sample.columns.iter().enumerate() {
            let names = named(sample.name(at));
            for (role, weight) in &names {
                if may_be(*role, column) {
                    claims.push(Claim { weight: *weight, at, role: *role, by_name: true });
                }
            }
            if !names.iter().any(|(role, _)| *role == Role::Other) {
                claims.extend(by_content(column).map(|(role, weight)| Claim {
                    weight,
                    at,
                    role,
                    by_name: false,
                }));
            }
        }
        claims.sort_by_key(|claim| (std::cmp::Reverse(claim.weight), claim.at));
        let mut columns = vec![None; sample.columns.len()];
        let mut roles: Vec<Role> = Vec::new();
        for claim in &claims {
            let several = matches!(claim.role, Role::Purpose | Role::Creditor | Role::Other);
            let sided = [Role::Credit, Role::Debit];
            let against = match claim.role {
                Role::Amount => roles.iter().any(|role| sided.contains(role)),
                Role::Credit | Role::Debit => roles.contains(&Role::Amount),
                Role::Date
                | Role::Time
                | Role::Direction
                | Role::Currency
                | Role::State
                | Role::PayerName
                | Role::PayerId
                | Role::PayerAccount
                | Role::Account
                | Role::Purpose
                | Role::BankReference
                | Role::EndToEnd
                | Role::Creditor
                | Role::BankDocument
                | Role::PersonalAccount
                | Role::Other => false,
            };
            let again = !several && roles.contains(&claim.role);
            if columns[claim.at].is_none() && !against && !again {
                columns[claim.at] = Some(claim.role);
                roles.push(claim.role);
                self.assign(sample, claim);
            }
        }
        self.missing(&roles);
        self.words(sample, &columns);
    }

    fn assign(&mut self, sample: &Sample, claim: &Claim) {
        let column = sample.column(claim.at);
        let columns = &mut self.draft.columns;
        let (key, place) = match claim.role {
            Role::Other => return,
            Role::Date => ("columns.date", &mut columns.date),
            Role::Time => ("columns.time", &mut columns.time),
            Role::Amount => ("columns.amount", &mut columns.amount),
            Role::Credit => ("columns.credit", &mut columns.credit),
            Role::Debit => ("columns.debit", &mut columns.debit),
            Role::Direction => ("columns.direction", &mut columns.direction),
            Role::Currency => ("columns.currency", &mut columns.currency),
            Role::State => ("columns.state", &mut columns.state),
            Role::PayerName => ("columns.payer_name", &mut columns.payer_name),
            Role::PayerId => ("columns.payer_id", &mut columns.payer_id),
            Role::PayerAccount => ("columns.payer_account", &mut columns.payer_account),
            Role::Account => ("columns.account", &mut columns.account),
            Role::BankReference => ("columns.bank_reference", &mut columns.bank_reference),
            Role::EndToEnd => ("columns.end_to_end", &mut columns.end_to_end),
            Role::BankDocument => ("columns.bank_document", &mut columns.bank_document),
            Role::PersonalAccount => ("columns.personal_account", &mut columns.personal_account),
            Role::Purpose | Role::Creditor => {
                let (key, list) = if claim.role == Role::Purpose {
                    ("columns.purpose", &mut columns.purpose)
                } else {
                    ("columns.creditor", &mut columns.creditor)
                };
                list.push(column);
                return self.explain(sample, claim, key);
            }
        };
        *place = Some(column);
        self.explain(sample, claim, key);
        if claim.role == Role::Date {
            self.dates(&sample.columns[claim.at]);
        }
    }

    fn explain(&mut self, sample: &Sample, claim: &Claim, key: &'static str) {
        let column = sample.column(claim.at);
        let empty = sample.columns[claim.at].values.is_empty();
        match (claim.by_name, empty) {
            (true, false) => self.note(key, "by its name", claim.weight < 500),
            (true, true) => self.note(key, "by its name; it is empty here", true),
            (false, _) => {
                self.note(key, format!("column {column}, by what stands in it"), true);
            }
        }
    }

    fn dates(&mut self, column: &Profile) {
        let formats = column.dates();
        let Some(first) = formats.first().cloned() else { return };
        let others: Vec<String> = formats.iter().skip(1).map(ToString::to_string).collect();
        // A format with single letters reads all that one with double letters does.
        let unsure = others.iter().any(|it| {
            it.to_lowercase().replace("mm", "m").replace("dd", "d")
                != first.to_string().to_lowercase().replace("mm", "m").replace("dd", "d")
        });
        let why = if unsure {
            format!("all dates can be read so, and as {}", others.join(", "))
        } else {
            "all dates can be read so".to_owned()
        };
        self.draft.dates = vec![first];
        self.note("dates", why, unsure);
    }

    fn missing(&mut self, roles: &[Role]) {
        if !roles.contains(&Role::Date) {
            self.note("columns.date", "no column of dates was found", true);
        }
        if ![Role::Amount, Role::Credit].iter().any(|role| roles.contains(role)) {
            self.note("columns.amount", "no column of amounts was found", true);
        }
        if !roles.contains(&Role::Currency) {
            return;
        }
        self.draft.currency = None;
    }

    /// What the words of the columns of direction and state mean, and the sign of amounts.
    fn words(&mut self, sample: &Sample, roles: &[Option<Role>]) {
        let column = |role| roles.iter().position(|it| *it == Some(role));
        if let Some(at) = column(Role::Direction) {
            let words = sample.columns[at].distinct(WORDS_MAX);
            let of = |known: &str| owned(words.iter().filter(|word| is_one(known, word)));
            self.draft.words.credit = of(CREDIT_WORDS);
            self.draft.words.debit = of(DEBIT_WORDS);
            self.complete_directions();
        } else if let Some(at) = column(Role::Amount) {
            let minus = sample.columns[at].has_minus();
            self.draft.plus = Direction::Credit;
            let why = if minus {
                "some amounts have a minus: these are taken as money from us"
            } else {
                "no amount has a minus: all rows are taken as money to us"
            };
            self.note("plus", why, !minus);
        }
        let Some(at) = column(Role::State) else { return };
        let words = sample.columns[at].distinct(WORDS_MAX);
        let of = |known: &str| owned(words.iter().filter(|word| is_one(known, word)));
        let draft = &mut self.draft.words;
        draft.credited = of(CREDITED_WORDS);
        draft.accepted = of(ACCEPTED_WORDS);
        draft.reversed = of(REVERSED_WORDS);
        draft.information = of(INFORMATION_WORDS);
        let known = [&draft.credited, &draft.accepted, &draft.reversed, &draft.information];
        let unknown: Vec<&str> = words
            .iter()
            .copied()
            .filter(|word| known.iter().all(|list| !list.iter().any(|it| it == word)))
            .collect();
        if !unknown.is_empty() {
            let why = format!("not known, and rows with them are not read: {}", unknown.join(", "));
            self.note("words.credited", why, true);
        }
    }

    /// A sample may have rows of one way only.
    fn complete_directions(&mut self) {
        let words = &self.draft.words;
        let missing = match (words.credit.is_empty(), words.debit.is_empty()) {
            (true, _) => "words.credit",
            (false, true) => "words.debit",
            (false, false) => return,
        };
        self.note(missing, "the sample has no such row: add the word", true);
    }
}

fn owned<'a>(words: impl Iterator<Item = &'a &'a str>) -> Vec<String> {
    words.map(|word| (*word).to_owned()).collect()
}

/// What stands in the column does not speak against it. An empty one may be anything but what
/// every row must have.
fn may_be(role: Role, column: &Profile) -> bool {
    let empty = column.values.is_empty();
    match role {
        Role::Date => !column.dates().is_empty(),
        Role::Amount => column.is_amounts(),
        Role::Credit | Role::Debit => empty || column.is_amounts(),
        Role::Direction => column.is_directions(),
        Role::Currency => column.is_currencies(),
        Role::State => column.is_states(),
        Role::PayerAccount => {
            empty || column.is_accounts() || !column.has_letters() && column.length() >= 8
        }
        Role::Account => column.is_accounts() && column.distinct(2).len() == 1,
        Role::BankReference | Role::EndToEnd | Role::BankDocument => column.length() <= 60,
        Role::Time
        | Role::PayerName
        | Role::PayerId
        | Role::Purpose
        | Role::Creditor
        | Role::PersonalAccount
        | Role::Other => true,
    }
}

/// What the values alone say; names say more.
fn by_content(column: &Profile) -> impl Iterator<Item = (Role, usize)> + use<> {
    let mut found = Vec::new();
    if column.is_order_codes() {
        // Stronger than most names: nothing else is thirty digits with check digits.
        found.push((Role::Creditor, 900));
    } else if !column.dates().is_empty() {
        found.push((Role::Date, 50));
    } else if column.is_currencies() {
        found.push((Role::Currency, 60));
    } else if column.is_directions() && column.distinct(2).len() == 2 {
        found.push((Role::Direction, 45));
    } else if column.is_accounts() {
        found.push((Role::PayerAccount, 50));
    } else if column.is_amounts() && column.has_marks() {
        found.push((Role::Amount, if column.has_minus() { 55 } else { 50 }));
    } else if column.has_letters() && column.length() > 12 {
        found.push((Role::Purpose, 10 + column.length().min(30)));
    }
    found.into_iter()
}
