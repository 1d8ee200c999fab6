//! Orders that a payment in suspense may belong to: proposals, never matches.
//!
//! A person copies thirty digits and gets one wrong, drops one, doubles one, swaps two, or a
//! spreadsheet eats the leading zeros. Each run of digits in what the payer wrote is mended in
//! every such way, and each mended code is looked up. The number of runs is bounded, so the work
//! is: some 330 look-ups a run.

use kvit_adapters::store::{Store, StoreError, Tables};
use kvit_schemas::record::{Case, Payment};
use kvit_schemas::{Money, OrderCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cases::CaseSummary;
use super::payments::details;

/// Runs of digits that are looked at.
const RUNS_MAX: usize = 8;
/// Candidates of one payment.
const CANDIDATES_MAX: usize = 10;
/// The fewest digits in free text that may be a code without its leading zeros: shorter numbers
/// are dates, houses and telephones.
const FREE_DIGITS_MIN: usize = 8;

/// An order that a payment may belong to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Candidate {
    /// The order.
    pub order_code: OrderCode,
    /// Why it may.
    pub reasons: Vec<String>,
    /// Where the case stands.
    pub status: String,
    /// Its whole fee.
    pub due: Option<Money>,
    /// The fee is what was paid.
    pub same_amount: bool,
}

/// A run of digits that was meant to be a code.
struct Run {
    digits: String,
    /// Short ones may be codes too.
    whole_field: bool,
}

/// Orders that a payment may belong to, those with the same amount first.
///
/// # Errors
/// When the store cannot be read.
pub fn candidates(store: &Store, payment: &Payment) -> Result<Vec<Candidate>, StoreError> {
    let mut found = Vec::new();
    let amount = payment.main().map(|main| main.amount);
    for sighting in &payment.sightings {
        for code in sighting.quoted.map(|(code, _)| code).iter().chain(&sighting.found) {
            add(store, &mut found, (*code, "it names this code".to_owned()), amount)?;
        }
    }
    for run in runs(store, payment)?.into_iter().take(RUNS_MAX) {
        for (code, reason) in mended(&run) {
            let reason = format!("{reason} in {}", run.digits);
            add(store, &mut found, (code, reason), amount)?;
        }
    }
    found.sort_by_key(|candidate| !candidate.same_amount);
    found.truncate(CANDIDATES_MAX);
    Ok(found)
}

fn add(
    store: &Store,
    found: &mut Vec<Candidate>,
    (order_code, reason): (OrderCode, String),
    amount: Option<Money>,
) -> Result<(), StoreError> {
    if let Some(known) = found.iter_mut().find(|it| it.order_code == order_code) {
        known.reasons.push(reason);
        return Ok(());
    }
    let case: Option<Case> = store.case(order_code)?.filter(|case| case.application.is_some());
    let Some(case) = case else { return Ok(()) };
    let summary = CaseSummary::of(&case);
    let same_amount = amount.is_some() && summary.due == amount;
    let mut reasons = vec![reason];
    if same_amount {
        reasons.push("its fee is exactly what was paid".to_owned());
    }
    let (status, due) = (summary.status, summary.due);
    found.push(Candidate { order_code, reasons, status, due, same_amount });
    Ok(())
}

fn runs(store: &Store, payment: &Payment) -> Result<Vec<Run>, StoreError> {
    let mut runs: Vec<Run> = Vec::new();
    let mut take = |digits: String, whole_field: bool| {
        if !digits.is_empty() && runs.iter().all(|run| run.digits != digits) {
            runs.push(Run { digits, whole_field });
        }
    };
    for (code, _) in payment.sightings.iter().filter_map(|it| it.quoted) {
        take(code.to_string(), true);
    }
    for detail in details(store, payment)? {
        let account = detail.personal_account.unwrap_or_default();
        if account.trim().bytes().all(|byte| byte.is_ascii_digit()) {
            take(account.trim().to_owned(), true);
        }
        let purpose = detail.purpose.unwrap_or_default();
        for digits in in_text(&account).into_iter().chain(in_text(&purpose)) {
            take(digits, false);
        }
    }
    Ok(runs)
}

/// Runs of digits in a text, and what neighbours separated by one character make together.
fn in_text(text: &str) -> Vec<String> {
    let mut runs = Vec::new();
    let (mut run, mut chain, mut gap) = (String::new(), String::new(), 0);
    for c in text.chars().chain("  ".chars()) {
        if c.is_ascii_digit() {
            run.push(c);
            chain.push(c);
            gap = 0;
            continue;
        }
        if !run.is_empty() {
            runs.push(std::mem::take(&mut run));
        }
        gap += 1;
        if gap == 2 || c.is_alphabetic() {
            runs.push(std::mem::take(&mut chain));
        }
    }
    let long = |run: &String| (FREE_DIGITS_MIN..=OrderCode::DIGITS + 1).contains(&run.len());
    runs.retain(long);
    runs.dedup();
    runs
}

/// Every code that the run may have been, with what happened to it.
fn mended(run: &Run) -> Vec<(OrderCode, &'static str)> {
    let digits = run.digits.as_bytes();
    let mut codes = Vec::new();
    let mut push = |spelled: Vec<u8>, reason| {
        let code = String::from_utf8(spelled).ok().and_then(|text| text.parse().ok());
        codes.extend(code.map(|code: OrderCode| (code, reason)));
    };
    match digits.len() {
        OrderCode::DIGITS => {
            for at in 0..digits.len() {
                for digit in (b'0'..=b'9').filter(|digit| *digit != digits[at]) {
                    let mut other = digits.to_vec();
                    other[at] = digit;
                    push(other, "one digit is wrong");
                }
                if at > 0 && digits[at] != digits[at - 1] {
                    let mut other = digits.to_vec();
                    other.swap(at, at - 1);
                    push(other, "two neighbouring digits are swapped");
                }
            }
            if !run.whole_field {
                push(digits.to_vec(), "it is written out");
            }
        }
        length if length == OrderCode::DIGITS + 1 => {
            for at in (0..length).filter(|at| *at == 0 || digits[*at] != digits[*at - 1]) {
                let mut other = digits.to_vec();
                let dropped = other.remove(at);
                let doubled = other.get(at) == Some(&dropped);
                push(other, if doubled { "a digit is doubled" } else { "there is a digit more" });
            }
        }
        length if length < OrderCode::DIGITS => {
            let mut zeros = vec![b'0'; OrderCode::DIGITS - length];
            zeros.extend_from_slice(digits);
            push(zeros, "leading zeros are missing");
            if length + 1 == OrderCode::DIGITS {
                missing(digits, &mut push);
            }
        }
        _ => {}
    }
    codes
}

fn missing(digits: &[u8], push: &mut impl FnMut(Vec<u8>, &'static str)) {
    for at in 0..=digits.len() {
        // The same digit before or behind its twin makes the same code.
        for digit in (b'0'..=b'9').filter(|digit| at == 0 || *digit != digits[at - 1]) {
            if at == 0 && digit == b'0' {
                continue;
            }
            let mut other = digits.to_vec();
            other.insert(at, digit);
            push(other, "a digit is missing");
        }
    }
}
