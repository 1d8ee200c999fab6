//! What may happen to an order, and how it must end.

mod cases;
mod money;

use super::Expected;
use super::builder::{Builder, Order};
use super::faults::{Fault, Fault as F};
use crate::demo::cast::Need::{self, Agencies, Banks, Counter, Registers, Schedule, Statements};
use cases::{
    corrected, documents, extended, free, in_work, passed_on, returned, withdrawn,
    withdrawn_at_agency, withdrawn_decided,
};
use money::{
    booked, by_others, counter, dollars, early_payment, exempt, expired, late, online,
    paid_though_free, part, pay_all, receipt, reduced, registers, reversed_after, reversed_before,
    second_sighting, statement, surplus, suspended, twice, two_parts,
};

/// Plays one order.
type Play = fn(&mut Builder, &Order) -> Expected;

/// What may happen to an order.
#[derive(Clone, Copy)]
pub(super) struct Scenario {
    pub(super) name: &'static str,
    /// What goes wrong in it.
    pub(super) fault: Option<Fault>,
    /// Who must be played.
    pub(super) needs: &'static [Need],
    pub(super) play: Play,
}

const fn scenario(
    name: &'static str,
    fault: Option<Fault>,
    needs: &'static [Need],
    play: Play,
) -> Scenario {
    Scenario { name, fault, needs, play }
}

/// Orders with a fee.
pub(super) const PAID: &[Scenario] = &[
    scenario("paid online", None, &[Banks], |it, o| online(it, o, "granted")),
    scenario("paid by 206 and 210", None, &[Banks, Registers], registers),
    scenario("paid by statement", None, &[Banks, Statements], |it, o| {
        statement(it, o, |code| (format!("Пошлина {code}."), String::new()))
    }),
    scenario("code over two fields", None, &[Banks, Statements], |it, o| {
        statement(it, o, |code| (format!("код {}", &code[..14]), format!("{} ад", &code[14..])))
    }),
    scenario("code in groups", None, &[Banks, Statements], |it, o| {
        let grouped = |code: &str| format!("{} {} {}", &code[..10], &code[10..20], &code[20..]);
        statement(it, o, move |code| (grouped(code), String::new()))
    }),
    scenario("everything twice", Some(F::Duplicates), &[Banks], twice),
    scenario("paid before the application", Some(F::Early), &[Banks], early_payment),
    scenario("withdrawn before the application", Some(F::Early), &[Banks], |it, o| {
        withdrawn(it, o, true)
    }),
    scenario("withdrawn", Some(F::Withdrawn), &[Banks, Agencies], |it, o| withdrawn(it, o, false)),
    scenario(
        "withdrawn at the agency",
        Some(F::Withdrawn),
        &[Banks, Agencies],
        withdrawn_at_agency,
    ),
    scenario(
        "withdrawn after the decision",
        Some(F::Withdrawn),
        &[Banks, Agencies],
        withdrawn_decided,
    ),
    scenario("damaged code", Some(F::Damaged), &[Banks], |it, o| {
        let damaged = o.code[1..].to_owned();
        suspended(it, o, (format!("Пошлина {damaged}"), String::new()))
    }),
    scenario("two codes", Some(F::Damaged), &[Banks], |it, o| {
        let other = it.code();
        suspended(it, o, (format!("{}, {other}", o.code), String::new()))
    }),
    scenario("underpaid", Some(F::Amounts), &[Banks], |it, o| part(it, o, 0)),
    scenario("paid in two parts", Some(F::Amounts), &[Banks], two_parts),
    scenario("overpaid", Some(F::Amounts), &[Banks], |it, o| surplus(it, o, true)),
    scenario("paid twice", Some(F::Amounts), &[Banks], |it, o| surplus(it, o, false)),
    scenario("paid late", Some(F::Amounts), &[Banks], late),
    scenario("expired", Some(F::Amounts), &[Schedule], |it, o| expired(it, o, false)),
    scenario("expired underpaid", Some(F::Amounts), &[Banks, Schedule], |it, o| {
        expired(it, o, true)
    }),
    scenario("reversed at once", Some(F::Reversed), &[Banks], |it, o| {
        reversed_before(it, o, false)
    }),
    scenario("reversed at once by 216", Some(F::Reversed), &[Banks, Registers], |it, o| {
        reversed_before(it, o, true)
    }),
    scenario("reversed at the agency", Some(F::Reversed), &[Banks, Agencies], |it, o| {
        reversed_after(it, o, false)
    }),
    scenario(
        "reversed at the agency by 216",
        Some(F::Reversed),
        &[Banks, Agencies, Registers],
        |it, o| reversed_after(it, o, true),
    ),
    scenario("fully exempt, paid", None, &[Banks], exempt),
    scenario("partly exempt", None, &[Banks], reduced),
    scenario("paid in dollars", Some(F::Amounts), &[Banks], dollars),
    scenario("paid over the counter", None, &[Banks, Counter], counter),
    scenario("accepted by one feed, booked by another", None, &[Banks, Statements], booked),
    scenario("perhaps seen by two feeds", None, &[Banks, Statements], second_sighting),
    scenario("not accepted by the agency", None, &[Banks, Agencies], |it, o| {
        online(it, o, "not_accepted")
    }),
    scenario("returned to another agency", Some(F::Returned), &[Banks, Agencies], |it, o| {
        pay_all(it, o);
        passed_on(it, o)
    }),
    scenario("decision corrected", Some(F::Returned), &[Banks, Agencies], |it, o| {
        pay_all(it, o);
        corrected(it, o)
    }),
    scenario("receipt attached", None, &[Banks], receipt),
];

/// Orders without one.
pub(super) const FREE: &[Scenario] = &[
    scenario("granted", None, &[], |it, o| free(it, o, "granted")),
    scenario("refused", None, &[Agencies], |it, o| free(it, o, "refused")),
    scenario("not accepted", None, &[Agencies], |it, o| free(it, o, "not_accepted")),
    scenario("withdrawn", Some(F::Withdrawn), &[Agencies], |it, o| withdrawn(it, o, false)),
    scenario("withdrawn before the application", Some(F::Early), &[], |it, o| {
        withdrawn(it, o, true)
    }),
    scenario("withdrawn at the agency", Some(F::Withdrawn), &[Agencies], withdrawn_at_agency),
    scenario("withdrawn after the decision", Some(F::Withdrawn), &[Agencies], withdrawn_decided),
    scenario("documents asked for", Some(F::Returned), &[Agencies], documents),
    scenario("returned to another agency", Some(F::Returned), &[Agencies], passed_on),
    scenario("returned to nobody", Some(F::Returned), &[Agencies], returned),
    scenario("term extended", Some(F::Returned), &[Agencies], extended),
    scenario("decision corrected", Some(F::Returned), &[Agencies], corrected),
    scenario("paid though free", None, &[Banks], paid_though_free),
    scenario("everything twice", Some(F::Duplicates), &[], twice),
    scenario("in work", None, &[Agencies], in_work),
];

/// An order with a fee that somebody else pays.
pub(super) const BY_OTHERS: Scenario = scenario("paid by others", None, &[], by_others);
