//! An entry and its transactions, while their elements come in.

use kvit_schemas::{Day, Moment, Money};

use super::places::{EntryText, TransactionText};
use super::values::{Unit, clean, day, moment, reference};
use crate::feeds::error::{Fault, RowFault};
use crate::feeds::row::Direction;

/// The longest value that is read; the standard's longest has 500 characters. A longer one is a
/// fault of its row.
pub(super) const VALUE_BYTES_MAX: usize = 64 << 10;

/// The most free texts, and the most references, of one transaction; the standard allows any
/// number, banks send a dozen at most.
const TEXTS_MAX: usize = 500;

/// The longest text that may be half of an order code: an equal one is kept, for two equal halves
/// are a code. A longer one that says the same again would make the code ambiguous.
const HALF_CODE: usize = 15;

/// What is said of an amount or a direction: nothing, something readable, or something else.
pub(super) type Said<T> = Option<Result<T, Fault>>;

/// What `Sts` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Booked,
    Pending,
    /// Information, or in the future.
    Unmoved,
    /// A word that the standard has for orders, not for entries: it came to nothing.
    Failed,
    /// A word that the standard does not have.
    Unknown,
}

/// What banks kept for their work: `Chrgs`. It only explains a difference: what cannot be read
/// explains none.
#[derive(Debug, Default)]
pub(super) struct Charges {
    sum: Option<Money>,
    /// One of them cannot be read, or not be added to the others: nobody knows their sum.
    unknown: bool,
    total: Option<Money>,
}

/// An entry: `Ntry`.
#[derive(Debug, Default)]
pub(super) struct Entry {
    /// Where it begins in the file.
    pub(super) offset: u64,
    pub(super) reference: Option<String>,
    pub(super) amount: Said<Money>,
    pub(super) direction: Said<Direction>,
    /// The money goes back where it came from.
    pub(super) reversal: bool,
    pub(super) status: Option<Status>,
    pub(super) booked_on: Said<Day>,
    pub(super) value_on: Said<Day>,
    pub(super) bank_reference: Option<String>,
    pub(super) information: Option<String>,
    pub(super) charges: Charges,
    pub(super) fault: Option<Fault>,
}

/// One payment of an entry: `TxDtls`, or the entry itself where it has none.
#[derive(Debug, Default)]
pub(super) struct Transaction {
    pub(super) offset: u64,
    pub(super) bank_reference: Option<String>,
    pub(super) end_to_end: Option<String>,
    pub(super) transaction_id: Option<String>,
    pub(super) instruction_id: Option<String>,
    pub(super) uetr: Option<String>,
    pub(super) amount: Said<Money>,
    pub(super) instructed_amount: Said<Money>,
    pub(super) transaction_amount: Said<Money>,
    pub(super) counter_value: Said<Money>,
    pub(super) direction: Said<Direction>,
    pub(super) charges: Charges,
    pub(super) debtor_name: Option<String>,
    pub(super) ultimate_debtor_name: Option<String>,
    /// A number of the debtor, before its kind is known.
    debtor_number: Option<String>,
    /// The debtor's number for taxes.
    pub(super) debtor_id: Option<String>,
    pub(super) debtor_account: Option<String>,
    pub(super) creditor_account: Option<String>,
    /// The free texts, a line each.
    pub(super) purpose: String,
    texts: usize,
    pub(super) creditor_references: Vec<String>,
    pub(super) accepted_at: Option<Moment>,
    /// It brings back money that went out.
    pub(super) returned: bool,
    pub(super) fault: Option<Fault>,
}

impl Charges {
    fn add(&mut self, charge: Result<Money, Fault>) {
        // Why it cannot be read or added is no matter: see above.
        let sum = charge.ok().and_then(|charge| match self.sum {
            Some(sum) => sum.checked_add(charge).ok(),
            None => Some(charge),
        });
        self.unknown |= sum.is_none();
        self.sum = sum;
    }

    /// They are as much as `kept`.
    pub(super) fn are(&self, kept: Money) -> bool {
        (!self.unknown && self.sum == Some(kept)) || self.total == Some(kept)
    }
}

impl Entry {
    pub(super) fn at(offset: u64) -> Self {
        Self { offset, ..Self::default() }
    }

    /// Takes one of its texts; an amount is in `unit`.
    pub(super) fn take(&mut self, text: EntryText, value: &str, unit: &Result<Unit, Fault>) {
        match text {
            EntryText::Reference => self.reference = reference(value),
            EntryText::Amount => put(&mut self.amount, money("Amt", value, unit), "Amt"),
            EntryText::Indicator => put(&mut self.direction, indicator(value), "CdtDbtInd"),
            EntryText::Reversal => self.reversal = matches!(value.trim(), "true" | "1"),
            EntryText::Status => self.status = status(value).or(self.status),
            EntryText::BookingDay => put_day(&mut self.booked_on, value, "BookgDt"),
            EntryText::ValueDay => put_day(&mut self.value_on, value, "ValDt"),
            EntryText::BankReference => self.bank_reference = reference(value),
            EntryText::Information => self.information = clean(value),
            EntryText::Charge => self.charges.add(money("Chrgs", value, unit)),
            EntryText::ChargesTotal => self.charges.total = money("Chrgs", value, unit).ok(),
        }
    }

    /// Keeps what is wrong first.
    pub(super) fn fail(&mut self, fault: Fault) {
        self.fault.get_or_insert(fault);
    }
}

impl Transaction {
    pub(super) fn at(offset: u64) -> Self {
        Self { offset, ..Self::default() }
    }

    /// Takes one of its texts; an amount is in `unit`.
    pub(super) fn take(&mut self, text: TransactionText, value: &str, unit: &Result<Unit, Fault>) {
        use TransactionText as T;
        match text {
            T::BankReference => self.bank_reference = reference(value),
            T::EndToEnd => self.end_to_end = reference(value),
            T::TransactionId => self.transaction_id = reference(value),
            T::InstructionId => self.instruction_id = reference(value),
            T::Uetr => self.uetr = reference(value),
            T::Amount => put(&mut self.amount, money("Amt", value, unit), "Amt"),
            T::InstructedAmount => {
                put(&mut self.instructed_amount, money("InstdAmt", value, unit), "InstdAmt");
            }
            T::TransactionAmount => {
                put(&mut self.transaction_amount, money("TxAmt", value, unit), "TxAmt");
            }
            T::CounterValue => {
                put(&mut self.counter_value, money("CntrValAmt", value, unit), "CntrValAmt");
            }
            T::Indicator => put(&mut self.direction, indicator(value), "CdtDbtInd"),
            T::DebtorName => self.debtor_name = clean(value),
            T::UltimateDebtorName => self.ultimate_debtor_name = clean(value),
            T::DebtorId => self.debtor_number = clean(value),
            T::DebtorIdScheme => {
                let number = self.debtor_number.take().filter(|_| value.trim() == "TXID");
                self.debtor_id = number.or(self.debtor_id.take());
            }
            T::DebtorAccount => self.debtor_account = clean(value),
            T::CreditorAccount => self.creditor_account = clean(value),
            T::Free => {
                if let Some(text) = clean(value) {
                    self.add_purpose(&text);
                }
            }
            T::CreditorReference => self.add_creditor_reference(value),
            T::Charge => self.charges.add(money("Chrgs", value, unit)),
            T::ChargesTotal => self.charges.total = money("Chrgs", value, unit).ok(),
            T::AcceptedAt => self.accepted_at = moment(value),
            T::Return => self.returned = true,
        }
    }

    /// Keeps what is wrong first.
    pub(super) fn fail(&mut self, fault: Fault) {
        self.fault.get_or_insert(fault);
    }

    /// Adds a line to the purpose. One that was said already is left out: banks repeat the
    /// payer's text in fields of their own.
    pub(super) fn add_purpose(&mut self, text: &str) {
        self.texts += 1;
        if self.texts > TEXTS_MAX || self.purpose.len() + text.len() > VALUE_BYTES_MAX {
            self.fail(Fault::new(RowFault::TooLong, "its texts are longer than any real ones"));
        } else if text.len() <= HALF_CODE || !says(&self.purpose, text) {
            if !self.purpose.is_empty() {
                self.purpose.push('\n');
            }
            self.purpose.push_str(text);
        }
    }

    fn add_creditor_reference(&mut self, value: &str) {
        let Some(text) = reference(value) else { return };
        let length: usize = self.creditor_references.iter().map(String::len).sum();
        if self.creditor_references.len() == TEXTS_MAX || length + text.len() > VALUE_BYTES_MAX {
            self.fail(Fault::new(RowFault::TooLong, "it has more references than any real one"));
        } else {
            self.creditor_references.push(text);
        }
    }
}

/// True when `text` stands in `purpose` as whole lines.
fn says(purpose: &str, text: &str) -> bool {
    if purpose.len() < text.len() {
        return false;
    }
    let bytes = purpose.as_bytes();
    purpose.match_indices(text).any(|(at, _)| {
        let before = at == 0 || bytes[at - 1] == b'\n';
        before && bytes.get(at + text.len()).is_none_or(|&next| next == b'\n')
    })
}

/// Keeps a value; two that differ are a fault.
pub(super) fn put<T: PartialEq>(said: &mut Said<T>, value: Result<T, Fault>, field: &str) {
    match said {
        Some(known) if *known != value => {
            let detail = format!("{field} is there twice, with different values");
            *said = Some(Err(Fault::new(RowFault::Repeated, detail)));
        }
        Some(_) => {}
        None => *said = Some(value),
    }
}

pub(super) fn indicator(value: &str) -> Result<Direction, Fault> {
    match value.trim() {
        "CRDT" => Ok(Direction::Credit),
        "DBIT" => Ok(Direction::Debit),
        other => Err(Fault::value(RowFault::Direction, "CdtDbtInd", other)),
    }
}

fn money(field: &str, value: &str, unit: &Result<Unit, Fault>) -> Result<Money, Fault> {
    match unit {
        Ok(unit) => unit.money(field, value),
        Err(fault) => Err(fault.clone()),
    }
}

/// Keeps a day; around an element that holds it there is nothing but space.
fn put_day(said: &mut Said<Day>, value: &str, field: &str) {
    let value = value.trim();
    if !value.is_empty() {
        put(said, day(value).ok_or_else(|| Fault::value(RowFault::Date, field, value)), field);
    }
}

fn status(value: &str) -> Option<Status> {
    let value = value.trim();
    let is = |code: &str| value.eq_ignore_ascii_case(code);
    if value.is_empty() {
        None
    } else if is("BOOK") {
        Some(Status::Booked)
    } else if is("PDNG") {
        Some(Status::Pending)
    } else if is("INFO") || is("FUTR") {
        Some(Status::Unmoved)
    } else if is("RJCT") || is("CANC") || is("FAIL") {
        Some(Status::Failed)
    } else {
        Some(Status::Unknown)
    }
}
