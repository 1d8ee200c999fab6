//! What one message says beside its entries: account, number, balances (MT940) or counts and sums
//! (MT942). A page of a statement is a message of its own, with balances of its own.

use kvit_schemas::{Currency, Day, MessageId, Money};

use super::tag::Tag;
use super::value::{BalanceField, Unit, value_day};
use crate::feeds::identity::message_id;
use crate::feeds::totals::{Balance, Declared};

/// The kinds of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// MT940, the customer statement: what is booked.
    Statement,
    /// MT942, the interim report: entries of a day whose statement comes later.
    Interim,
    /// MT950, the statement message of banks among themselves: entries without texts.
    Bare,
}

impl Kind {
    pub(super) fn number(self) -> &'static str {
        match self {
            Self::Statement => "940",
            Self::Interim => "942",
            Self::Bare => "950",
        }
    }

    pub(super) fn of(number: &[u8]) -> Option<Self> {
        match number.get(..3)? {
            b"940" => Some(Self::Statement),
            b"942" => Some(Self::Interim),
            b"950" => Some(Self::Bare),
            _ => None,
        }
    }
}

/// The longest account that is believed; field 25 has 35 characters.
const ACCOUNT_CHARS_MAX: usize = 64;

/// A message's head and foot.
#[derive(Default)]
pub(super) struct Statement {
    /// What the frame says it is.
    pub(super) framed: Option<Kind>,
    pub(super) account: Option<String>,
    /// The account without spaces, for identities.
    pub(super) bare_account: String,
    reference: String,
    number: String,
    /// The date of the opening balance or, in an interim report, its time.
    dated: String,
    /// The date of the closing balance.
    closed_on: String,
    pub(super) unit: Option<Unit>,
    opening: Option<Balance>,
    closing: Option<Balance>,
    /// It has an opening balance, readable or not.
    pub(super) opened: bool,
    /// It has a closing balance or, an interim report, a sum, readable or not.
    pub(super) closed: bool,
    /// It continues the statement before it.
    pub(super) continued: bool,
    /// A field that only interim reports have was met.
    interim: bool,
    /// Entries below an amount are left out and yet counted in the sums.
    floored: bool,
    debits: Option<(u64, Money)>,
    credits: Option<(u64, Money)>,
    unreadable: Vec<&'static str>,
    /// Some field or entry of it was met.
    pub(super) begun: bool,
    pub(super) has_entries: bool,
    /// Its frame has no end, or its lines have none.
    pub(super) cut: bool,
    /// The mark behind a message was met.
    pub(super) ended: bool,
}

impl Statement {
    /// An opening balance makes it a statement, whatever its frame says; nothing at all does, too.
    pub(super) fn kind(&self) -> Kind {
        match self.framed {
            Some(Kind::Bare) => Kind::Bare,
            Some(kind) if !self.opened => kind,
            None if self.interim && !self.opened => Kind::Interim,
            Some(_) | None => Kind::Statement,
        }
    }

    /// True when its entries are on the account for good: a statement by its balance or its frame.
    /// What has neither may be anything.
    pub(super) fn is_final(&self) -> bool {
        self.opened || matches!(self.framed, Some(Kind::Statement | Kind::Bare))
    }

    /// The account's currency.
    pub(super) fn currency(&self) -> Option<Currency> {
        self.unit.map(|unit| unit.currency)
    }

    /// Takes a field of the head or the foot, decoded.
    pub(super) fn take(&mut self, tag: Tag, text: &str) {
        let value = text.trim();
        match tag {
            Tag::Reference => self.reference = short(value),
            Tag::Account => self.take_account(value),
            Tag::Number => self.number = short(value),
            Tag::Opening => self.take_opening("60F", value),
            Tag::OpeningOfPage => {
                self.continued = true;
                self.take_opening("60M", value);
            }
            Tag::Closing => self.take_closing("62F", value),
            Tag::ClosingOfPage => self.take_closing("62M", value),
            Tag::Floor => self.take_floor(value),
            Tag::Stamp => {
                self.interim = true;
                self.dated = short(value);
            }
            Tag::Debits => self.debits = self.take_sum("90D", value),
            Tag::Credits => self.credits = self.take_sum("90C", value),
            Tag::Kind
            | Tag::Related
            | Tag::Entry
            | Tag::Text
            | Tag::Numbered
            | Tag::Available
            | Tag::Other => {}
        }
    }

    fn take_account(&mut self, value: &str) {
        let length = value.chars().count();
        if (1..=ACCOUNT_CHARS_MAX).contains(&length) {
            self.account = Some(value.to_owned());
            self.bare_account = value.chars().filter(|c| !c.is_whitespace()).collect();
        } else if length > 0 {
            self.unreadable("25");
        }
        // `1291.99.348EUR`: a currency behind the number counts until a balance names one.
        if let Some((number, code)) =
            value.len().checked_sub(3).and_then(|at| value.split_at_checked(at))
            && number.ends_with(|c: char| c.is_ascii_digit() || c == ' ')
        {
            self.unit = self.unit.or(Unit::of(code.as_bytes()));
        }
    }

    fn take_opening(&mut self, name: &'static str, value: &str) {
        self.opened = true;
        if let Some(field) = BalanceField::read(value.as_bytes()) {
            self.dated = String::from_utf8_lossy(field.date).into_owned();
        }
        self.opening = self.balance(name, value);
    }

    fn take_closing(&mut self, name: &'static str, value: &str) {
        self.closed = true;
        if let Some(field) = BalanceField::read(value.as_bytes()) {
            self.closed_on = String::from_utf8_lossy(field.date).into_owned();
        }
        self.closing = self.balance(name, value);
    }

    fn balance(&mut self, name: &'static str, value: &str) -> Option<Balance> {
        let field = BalanceField::read(value.as_bytes());
        let unit = field.and_then(|field| Unit::of(field.currency));
        let balance = field.zip(unit).and_then(|(field, unit)| field.balance(unit));
        if self.opening.is_none() && !self.closed {
            // An opening balance names the currency, even with an amount that cannot be read.
            self.unit = unit;
        }
        let ours = |currency| self.currency().is_none_or(|ours| ours == currency);
        let other = balance.is_some_and(|balance| !ours(balance.currency));
        if balance.is_none() || other {
            self.unreadable(name);
        }
        balance.filter(|_| !other)
    }

    /// `EUR0,`, `EURD12345,67`: the least amount that is listed.
    fn take_floor(&mut self, value: &str) {
        self.interim = true;
        let Some((code, rest)) = value.split_at_checked(3) else { return };
        let unit = Unit::of(code.as_bytes());
        if !self.opened {
            self.unit = unit.or(self.unit);
        }
        let amount = rest.trim_start_matches(['C', 'D']);
        let least = unit.and_then(|unit| unit.amount(amount.as_bytes()));
        self.floored |= !least.is_some_and(Money::is_zero);
    }

    /// `3PLN0,03`: how many entries and their sum.
    fn take_sum(&mut self, name: &'static str, value: &str) -> Option<(u64, Money)> {
        self.interim = true;
        self.closed = true;
        let digits = value.bytes().take_while(u8::is_ascii_digit).count();
        let read = || {
            let unit = Unit::of(value.get(digits..digits + 3)?.as_bytes())?;
            let sum = unit.amount(value.get(digits + 3..)?.as_bytes())?;
            // Where there is nothing to count some banks leave the number out.
            let none = digits == 0 && sum.is_zero();
            let count = if none { 0 } else { value.get(..digits)?.parse().ok()? };
            self.unit = self.unit.or(Some(unit));
            Some((count, sum))
        };
        let read = { read }();
        if read.is_none() {
            self.unreadable(name);
        }
        read
    }

    fn unreadable(&mut self, name: &'static str) {
        // A field may be there any number of times.
        if !self.unreadable.contains(&name) {
            self.unreadable.push(name);
        }
    }

    /// The control figures. Sums that count more than is listed control nothing.
    pub(super) fn declared(&self) -> Declared {
        let listed = |sum: Option<(u64, Money)>| sum.filter(|_| !self.floored);
        let (debits, credits) = (listed(self.debits), listed(self.credits));
        let count =
            debits.zip(credits).and_then(|(debits, credits)| debits.0.checked_add(credits.0));
        Declared {
            count,
            credits: credits.map(|credits| credits.1),
            debits: debits.map(|debits| debits.1),
            opening: self.opening,
            closing: self.closing,
            unreadable: self.unreadable.clone(),
            ..Declared::default()
        }
    }

    /// Account, number and page, and the date of the opening balance; the message's reference where
    /// there is no number. Some banks number nothing (`00000/001`): there the end of the period and
    /// its balance tell a longer export from a shorter one. `None` without an account.
    pub(super) fn identity(&self) -> Option<MessageId> {
        if self.bare_account.is_empty() {
            return None;
        }
        let number = if self.number.is_empty() { &self.reference } else { &self.number };
        let kind = self.kind().number();
        let mut plain = format!("{kind}/{}/{number}/{}", self.bare_account, self.dated);
        if number.bytes().take_while(|&byte| byte != b'/').all(|byte| byte == b'0') {
            let minor = self.closing.map_or(0, |balance| balance.minor);
            plain = format!("{plain}-{}/{minor}", self.closed_on);
        }
        Some(message_id(plain))
    }

    /// The currency of a message that names none.
    pub(super) fn assume(&mut self, currency: Option<Currency>) {
        if self.unit.is_none() && !self.opened {
            self.unit = currency.map(Unit::new);
        }
    }

    /// It has no end: a statement its closing balance, or any its frame's.
    pub(super) fn is_cut(&self) -> bool {
        self.cut || (self.opened && !self.closed)
    }

    /// True for the account that the message is about: some banks repeat it as the other side's.
    pub(super) fn is_ours(&self, account: &str) -> bool {
        // The last digit tells most apart.
        let last = |text: &str| text.as_bytes().last().copied();
        last(account) == last(&self.bare_account)
            && self
                .bare_account
                .strip_suffix(account)
                .is_some_and(|before| before.is_empty() || before.ends_with('/'))
    }

    /// Its head was cut behind the account, before a balance, an entry, or what interim reports
    /// have. A reference alone tells of no statement; real files end so.
    pub(super) fn is_only_begun(&self) -> bool {
        let holds = self.opened || self.closed || self.interim || self.has_entries;
        self.begun && self.account.is_some() && !holds && !self.ended
    }

    /// A message without a reference of its own is about the account of the one before it.
    pub(super) fn go_on_from(&mut self, before: &Self) {
        self.account.clone_from(&before.account);
        self.bare_account.clone_from(&before.bare_account);
        self.number.clone_from(&before.number);
        self.framed = before.framed;
    }

    /// The day of the opening balance or of the report.
    pub(super) fn dated_on(&self) -> Option<Day> {
        value_day(self.dated.as_bytes()).map(|read| read.day)
    }

    /// True when the message behind this one goes on with its statement.
    pub(super) fn is_followed_by(&self, next: &Self) -> bool {
        let statement = |number: &str| number.split('/').next().unwrap_or("").to_owned();
        next.continued
            && self.account == next.account
            && statement(&self.number) == statement(&next.number)
    }
}

fn short(value: &str) -> String {
    value.chars().take(ACCOUNT_CHARS_MAX).collect()
}
