//! What a statement says of itself: whose it is, and its control figures.

use kvit_schemas::{Currency, Day, MessageId};

use super::places::StatementText;
use super::values::{Unit, clean, day, reference};
use crate::feeds::identity::message_id;
use crate::feeds::totals::{Balance, Declared};

/// What the message says before its statements.
#[derive(Debug, Default)]
pub(super) struct Header {
    created_on: Option<Day>,
    page: Option<String>,
}

/// A statement, a report or a notification.
#[derive(Debug, Default)]
pub(super) struct Statement {
    id: Option<String>,
    created_on: Option<Day>,
    page: Option<String>,
    pub(super) account: Option<String>,
    /// The account's currency, as it is said.
    unit: Option<Unit>,
    /// What it is where nobody says it.
    assumed: Option<Unit>,
    /// That of the first entry.
    pub(super) met: Option<Unit>,
    opening: Option<Figure>,
    previous: Option<Figure>,
    closing: Option<Figure>,
    counts: [Said; 3],
    credits: Said,
    debits: Said,
    balance: Draft,
    closed_on: Option<Day>,
}

/// A text that stands there or not.
type Said = Option<String>;

/// A balance, or `None` where it cannot be read.
type Figure = Option<Balance>;

/// A balance whose elements come in.
#[derive(Debug, Default)]
struct Draft {
    code: String,
    amount: Figure,
    /// A foreign or a nameless currency says nothing of this account.
    other: bool,
    below_zero: bool,
    day: Option<Day>,
}

impl Header {
    /// Takes a text of the message; the others are the statement's.
    pub(super) fn take(&mut self, text: StatementText, value: &str) {
        match text {
            StatementText::MessageCreated => self.created_on = day(value),
            StatementText::MessagePage => self.page = clean(value),
            StatementText::Id
            | StatementText::Created
            | StatementText::Page
            | StatementText::Account
            | StatementText::AccountCurrency
            | StatementText::BalanceCode
            | StatementText::BalanceAmount
            | StatementText::BalanceIndicator
            | StatementText::BalanceDay
            | StatementText::AllCount
            | StatementText::CreditCount
            | StatementText::CreditSum
            | StatementText::DebitCount
            | StatementText::DebitSum => {}
        }
    }
}

impl Statement {
    /// One that begins, on an account that is in `assumed` where it does not tell its currency.
    pub(super) fn of(assumed: Option<Unit>) -> Self {
        Self { assumed, ..Self::default() }
    }

    /// The unit of amounts that name no currency.
    pub(super) fn nameless(&self) -> Option<Unit> {
        self.unit.or(self.assumed)
    }

    /// The unit of the account, as far as anything tells it.
    fn account_unit(&self) -> Option<Unit> {
        self.unit.or(self.met).or(self.assumed)
    }

    /// Takes one of its texts; an amount is in `unit`, or in a currency that does not count.
    pub(super) fn take(&mut self, text: StatementText, value: &str, unit: Option<Unit>) {
        use StatementText as S;
        match text {
            S::MessageCreated | S::MessagePage => {}
            S::Id => self.id = reference(value),
            S::Created => self.created_on = day(value),
            S::Page => self.page = clean(value),
            S::Account => self.account = clean(value),
            S::AccountCurrency => self.unit = value.trim().parse().ok().map(Unit::of),
            S::BalanceCode => value.trim().clone_into(&mut self.balance.code),
            S::BalanceAmount => self.balance.take_amount(value, unit),
            S::BalanceIndicator => self.balance.below_zero = value.trim() == "DBIT",
            S::BalanceDay => self.balance.day = day(value).or(self.balance.day),
            S::AllCount => self.counts[0] = clean(value),
            S::CreditCount => self.counts[1] = clean(value),
            S::DebitCount => self.counts[2] = clean(value),
            S::CreditSum => self.credits = clean(value),
            S::DebitSum => self.debits = clean(value),
        }
    }

    /// A balance is at its end. Interim balances and those of what is available say nothing of
    /// the entries; of several of a kind the first opening and the last closing count.
    pub(super) fn end_balance(&mut self) {
        let balance = std::mem::take(&mut self.balance);
        if balance.other {
            return;
        }
        let mut figure = balance.amount;
        if let Some(figure) = &mut figure
            && balance.below_zero
        {
            figure.minor = -figure.minor;
        }
        match balance.code.as_str() {
            "OPBD" => self.opening = self.opening.or(Some(figure)),
            "PRCD" => self.previous = self.previous.or(Some(figure)),
            "CLBD" => {
                self.closing = Some(figure);
                self.closed_on = balance.day.or(self.closed_on);
            }
            _ => {}
        }
        if self.unit.is_none() {
            self.unit = figure.map(|figure| Unit::of(figure.currency));
        }
    }

    /// The day of entries that name none: the statement's last, else that of its making.
    pub(super) fn day(&self, header: &Header) -> Option<Day> {
        self.closed_on.or(self.created_on).or(header.created_on)
    }

    pub(super) fn currency(&self) -> Option<Currency> {
        self.account_unit().map(|unit| unit.currency)
    }

    /// Its identity: the same statement made again is the same; its pages are several.
    pub(super) fn identity(&self, message: &str, header: &Header) -> Option<MessageId> {
        let id = self.id.as_deref()?;
        let account = self.account.as_deref().unwrap_or("");
        let page = self.page.as_deref().or(header.page.as_deref()).unwrap_or("1");
        Some(message_id(format!("{message}/{account}/{id}/{page}")))
    }

    /// Its control figures. Sums name no currency: it is the account's.
    pub(super) fn declared(&self) -> Declared {
        let mut unreadable = Vec::new();
        let mut sum = |field, text: &Said| {
            let unit = self.account_unit()?;
            // Some banks write what went out below zero.
            let text = text.as_deref()?.trim_start_matches('-');
            // What cannot be read is told as such, without the reason.
            let read = unit.money(field, text).ok();
            if read.is_none() {
                unreadable.push(field);
            }
            read
        };
        let credits = sum("TtlCdtNtries", &self.credits);
        let debits = sum("TtlDbtNtries", &self.debits);
        let mut count = |field, text: &Said| {
            // Told as unreadable, as above.
            let read = text.as_deref()?.parse::<u64>().ok();
            if read.is_none() {
                unreadable.push(field);
            }
            read
        };
        let [all, of_credits, of_debits] = &self.counts;
        let parts = [count("TtlCdtNtries", of_credits), count("TtlDbtNtries", of_debits)];
        let count = match (count("TtlNtries", all), parts) {
            (Some(count), _) => Some(count),
            (None, [Some(credits), Some(debits)]) => credits.checked_add(debits),
            (None, [Some(_) | None, Some(_) | None]) => None,
        };
        let opening = self.opening.or(self.previous);
        if opening == Some(None) {
            unreadable.push("OPBD");
        }
        if self.closing == Some(None) {
            unreadable.push("CLBD");
        }
        let both = opening.flatten().zip(self.closing.flatten());
        let both = both.filter(|(opening, closing)| opening.currency == closing.currency);
        Declared {
            count,
            credits,
            debits,
            opening: both.map(|both| both.0),
            closing: both.map(|both| both.1),
            unreadable,
            ..Declared::default()
        }
    }
}

impl Draft {
    /// A sign is wrong here, and banks write one: `CdtDbtInd` may be missing, too (FEEDS.md D 3).
    fn take_amount(&mut self, value: &str, unit: Option<Unit>) {
        let Some(unit) = unit else {
            self.other = true;
            return;
        };
        let value = value.trim();
        let (digits, sign) = value.strip_prefix('-').map_or((value, 1), |digits| (digits, -1));
        // A balance that is there without an amount is told as unreadable (`Statement::declared`).
        let money = unit.money("Bal", digits).ok();
        self.amount = money.map(|m| Balance { minor: sign * m.minor(), currency: m.currency() });
    }
}
