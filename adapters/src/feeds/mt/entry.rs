//! One entry, field 61 and the text that belongs to it → one row.

use std::borrow::Cow;

use kvit_schemas::{Day, Money, OrderCode};

use super::details::{Details, Found, is_no_reference};
use super::names::{self, Names, push_number};
use super::posting::{Mark, Posting};
use super::statement::Statement;
use super::text::{Decoder, Folded};
use super::value::{ReadDay, entry_day, value_day};
use crate::feeds::error::{Fault, RowFault};
use crate::feeds::row::{Direction, Payer, References, Row, RowState};
use crate::feeds::totals;

/// The length of a line of supplementary details.
const SUPPLEMENT_CHARS: usize = 34;

/// The lines of an entry while they come.
#[derive(Default)]
pub(super) struct EntryLines {
    pub(super) offset: u64,
    /// The first line of field 61.
    posting: Vec<u8>,
    /// Its further lines: supplementary details.
    pub(super) supplement: Folded,
    /// The fields 86.
    pub(super) text: Folded,
    /// The field NS, its lines without their numbers.
    pub(super) numbered: Folded,
}

impl EntryLines {
    pub(super) fn begin(&mut self, offset: u64, posting: &[u8]) {
        self.offset = offset;
        self.posting.clear();
        self.posting.extend_from_slice(posting.trim_ascii());
        self.supplement.clear();
        self.text.clear();
        self.numbered.clear();
    }

    /// Field 86, or what some banks give in its place.
    fn text(&self) -> &Folded {
        if self.text.bytes().is_empty() { &self.numbered } else { &self.text }
    }

    /// True when something of the entry was too long to be kept.
    fn is_cut(&self) -> bool {
        self.supplement.is_cut() || self.text.is_cut() || self.numbered.is_cut()
    }
}

/// An entry whose money is read.
pub(super) struct Entry<'a> {
    lines: &'a EntryLines,
    /// The further lines of field 61 without a reference of the bank.
    supplement: &'a [u8],
    pub(super) posting: Posting<'a>,
    pub(super) amount: Money,
    /// It is on the account for good.
    is_final: bool,
}

impl<'a> Entry<'a> {
    pub(super) fn read(lines: &'a EntryLines, statement: &Statement) -> Result<Self, Fault> {
        let mut posting = Posting::read(&lines.posting)?;
        let mut supplement = lines.supplement.bytes();
        // Some banks write each subfield of field 61 in a line of its own.
        if posting.bank.is_empty()
            && let Some(line) = supplement.strip_prefix(b"//")
        {
            let end = line.iter().position(|&byte| byte == b'\n').unwrap_or(line.len());
            posting.bank = line[..end].trim_ascii();
            supplement = line[end..].trim_ascii_start();
        }
        let unit = statement.unit.ok_or_else(|| {
            let detail = if statement.opened {
                "the balance before the entry names no known currency"
            } else {
                "nothing names the entry's currency, nor do the settings"
            };
            Fault::new(RowFault::Currency, detail)
        })?;
        let amount = unit.amount(posting.amount).ok_or_else(|| {
            let text = String::from_utf8_lossy(posting.amount);
            Fault::value(RowFault::Amount, "the amount of field 61", &text)
        })?;
        Ok(Self { lines, supplement, posting, amount, is_final: statement.is_final() })
    }

    /// What the sums count: a credit taken back is a debit, a debit taken back a credit.
    pub(super) fn counted(&self) -> totals::Entry {
        let (direction, booked) = match self.posting.mark {
            Mark::Credit | Mark::DebitReversed => (Direction::Credit, true),
            Mark::Debit | Mark::CreditReversed => (Direction::Debit, true),
            Mark::CreditExpected => (Direction::Credit, false),
            Mark::DebitExpected => (Direction::Debit, false),
        };
        totals::Entry { direction, amount: self.amount, booked }
    }

    /// The row, and what is odd about its dates.
    pub(super) fn row(
        &self,
        number: u64,
        statement: &Statement,
        names: &mut Names,
        found: &mut Found,
        decoder: &mut Decoder,
    ) -> Result<(Row, Option<&'static str>), Fault> {
        if self.lines.is_cut() {
            return Err(Fault::new(RowFault::TooLong, "the entry's text is too long"));
        }
        let mut said = found.read(&decoder.text(self.lines.text().bytes()));
        let bank_document = self.names_beside(&mut said, decoder);
        said.account.take_if(|account| statement.is_ours(account));
        let bank = decoder.text(self.posting.bank);
        let bank = Some(bank.as_ref()).filter(|bank| names::is_real(bank));
        let end_to_end = said.end_to_end.as_deref();
        let (payment_id, identity) =
            names.identify(&statement.bare_account, self, bank, end_to_end);
        let (booked_on, odd) = self.booked_on(statement);
        let other = Payer { name: said.name, id: None, account: said.account };
        let (payer, beneficiary_account) = self.parties(other, statement.account.as_deref());
        let row = Row {
            row: number,
            byte_offset: self.lines.offset,
            account: statement.account.clone(),
            direction: self.counted().direction,
            state: self.state(),
            amount: self.amount,
            withheld: None,
            fine: None,
            payment_id,
            identity,
            paid_at: None,
            booked_on,
            reversed_at: None,
            payer,
            beneficiary_account,
            references: References {
                bank_document,
                bank_reference: bank.map(str::to_owned),
                end_to_end: said.end_to_end,
                creditor: said.creditor,
                ..References::default()
            },
            service: None,
            personal_account: None,
            purpose: said.purpose,
            lump: None,
        };
        Ok((row, odd))
    }

    /// All that is known of an entry without a reference. White space does not count, so that
    /// another folding of the same text changes nothing.
    pub(super) fn said(&self) -> String {
        let Posting { value_date, owner, bank, .. } = self.posting;
        let text = self.lines.text().bytes();
        let mut said = String::with_capacity(text.len() + 64);
        said.push_str(match self.counted().direction {
            Direction::Credit => "credit ",
            Direction::Debit => "debit ",
        });
        push_number(&mut said, self.amount.minor());
        for part in [value_date, owner, bank, text] {
            said.push('\n');
            String::from_utf8_lossy(part).split_ascii_whitespace().for_each(|it| said.push_str(it));
        }
        said
    }

    /// Only a credit is a payment to us, and only a statement says that it is on the account: an
    /// interim report tells of the day's entries before they are final.
    fn state(&self) -> RowState {
        if self.amount.is_zero() {
            return RowState::Information;
        }
        match self.posting.mark {
            Mark::Credit if self.is_final => RowState::Credited,
            Mark::Credit => RowState::Accepted,
            Mark::CreditReversed if self.is_final => RowState::Reversed,
            Mark::CreditReversed
            | Mark::Debit
            | Mark::DebitReversed
            | Mark::CreditExpected
            | Mark::DebitExpected => RowState::Information,
        }
    }

    /// The day of booking, and what is odd about it. The value date stands in for an entry date
    /// that is not there or is no day.
    fn booked_on(&self, statement: &Statement) -> (Option<Day>, Option<&'static str>) {
        let value = value_day(self.posting.value_date);
        let near = value.map(|read| read.day).or_else(|| statement.dated_on());
        // Most entries have one date, and finding out what day it is takes longer than looking.
        let same = |digits| value.is_some() && Some(digits) == self.posting.value_date.get(2..);
        let entry = self
            .posting
            .entry_date
            .map(|digits| if same(digits) { value } else { entry_day(digits, near) });
        match (entry, value) {
            (Some(Some(read)), _) | (None, Some(read)) => {
                let ReadDay { day, clamped } = read;
                (Some(day), clamped.then_some("names no day of its month; the last was taken"))
            }
            (Some(None), Some(read)) => {
                (Some(read.day), Some("has an entry date that is no day; its value date was taken"))
            }
            (None | Some(None), None) => (None, Some("has dates that are no days")),
        }
    }

    /// Puts in what field 61 names of the other side, as some banks do, where field 86 does not.
    /// Gives the owner's reference if it is one: the number of the document behind the entry.
    fn names_beside(&self, said: &mut Details, decoder: &mut Decoder) -> Option<String> {
        let owner = decoder.text(self.posting.owner);
        let supplement = decoder.text(self.supplement);
        let beside = decoder.text(self.posting.beside);
        let is_account = is_iban(&owner) || (!beside.is_empty() && has_digits(&owner, 5));
        if is_iban(&supplement) {
            said.account.get_or_insert_with(|| supplement.to_string());
        } else if is_account {
            said.account.get_or_insert_with(|| owner.to_string());
        }
        if !beside.is_empty() {
            said.name.get_or_insert_with(|| beside.to_string());
        } else if is_iban(&owner) && !supplement.is_empty() {
            said.name.get_or_insert_with(|| supplement.replace('\n', " "));
        }
        // The bank's own line is searched for no code, but shown where nothing else is said.
        let shows = supplement.contains(char::is_alphabetic) && !has_digits(&supplement, 20);
        let bytes = self.lines.text().bytes();
        let is_whole = |text: &str, decoder: &mut Decoder| decoder.text(bytes).trim() == text;
        match &mut said.purpose {
            None if shows && !is_iban(&supplement) => said.purpose = Some(supplement.to_string()),
            Some(text) if shows && runs_on(&supplement, text) && is_whole(text, decoder) => {
                text.insert_str(0, &supplement);
            }
            Some(_) | None => {}
        }
        let points = owner.ends_with('+') || matches!(&*owner, "EREF" | "KREF" | "PREF" | "MARF");
        let none = is_account || points || is_no_reference(&owner);
        (!none).then(|| Cow::into_owned(owner))
    }

    /// Who paid, and to which account: the other side to us, or we to the other side.
    fn parties(&self, other: Payer, ours: Option<&str>) -> (Payer, Option<String>) {
        let ours = ours.map(str::to_owned);
        match self.posting.mark {
            Mark::Credit | Mark::CreditReversed | Mark::CreditExpected => (other, ours),
            Mark::Debit | Mark::DebitReversed | Mark::DebitExpected => {
                (Payer { account: ours, ..Payer::default() }, other.account)
            }
        }
    }
}

/// An IBAN by its check digits: references look like one otherwise.
fn is_iban(text: &str) -> bool {
    let bytes = text.as_bytes();
    if !(15..=34).contains(&bytes.len())
        || !bytes[..2].iter().all(u8::is_ascii_uppercase)
        || !bytes[2..4].iter().all(u8::is_ascii_digit)
    {
        return false;
    }
    let rest = bytes[4..].iter().chain(&bytes[..4]).try_fold(0, |rest, byte| match byte {
        b'0'..=b'9' => Some((rest * 10 + u32::from(byte - b'0')) % 97),
        b'A'..=b'Z' => Some((rest * 100 + u32::from(byte - b'A') + 10) % 97),
        _ => None,
    });
    rest == Some(1)
}

/// True when a text begins in field 61 and goes on in field 86, as that of some British banks
/// does: the line is full, and nothing tells that the text, or an order code in it, stands alone.
fn runs_on(line: &str, text: &str) -> bool {
    let full = line.chars().count() == SUPPLEMENT_CHARS && !line.contains('\n');
    let own = line.starts_with('/') || line.get(..3).is_some_and(|code| text.starts_with(code));
    full && !own && !has_digits(text, OrderCode::DIGITS)
}

fn has_digits(text: &str, least: usize) -> bool {
    text.bytes().filter(u8::is_ascii_digit).count() >= least
}
