//! What may happen to an order, and how it must end.

mod cases;
mod money;

use super::Expected;
use super::builder::{Builder, Order};
use cases::{
    corrected, documents, extended, free, in_work, passed_on, returned, withdrawn,
    withdrawn_at_agency, withdrawn_decided,
};
use money::{
    booked, counter, dollars, early_payment, exempt, expired, late, online, paid_though_free, part,
    pay_all, receipt, reduced, registers, reversed_after, reversed_before, second_sighting,
    statement, surplus, suspended, twice, two_parts,
};

/// Plays one order.
type Scenario = fn(&mut Builder, &Order) -> Expected;

/// Orders with a fee.
pub(super) const PAID: &[(&str, Scenario)] = &[
    ("paid online", |it, o| online(it, o, "granted")),
    ("paid by 206 and 210", registers),
    ("paid by statement", |it, o| {
        statement(it, o, |code| (format!("Пошлина {code}."), String::new()))
    }),
    ("code over two fields", |it, o| {
        statement(it, o, |code| (format!("код {}", &code[..14]), format!("{} ад", &code[14..])))
    }),
    ("code in groups", |it, o| {
        let grouped = |code: &str| format!("{} {} {}", &code[..10], &code[10..20], &code[20..]);
        statement(it, o, move |code| (grouped(code), String::new()))
    }),
    ("everything twice", twice),
    ("paid before the application", early_payment),
    ("withdrawn before the application", |it, o| withdrawn(it, o, true)),
    ("withdrawn", |it, o| withdrawn(it, o, false)),
    ("withdrawn at the agency", withdrawn_at_agency),
    ("withdrawn after the decision", withdrawn_decided),
    ("damaged code", |it, o| {
        let damaged = o.code[1..].to_owned();
        suspended(it, o, (format!("Пошлина {damaged}"), String::new()))
    }),
    ("two codes", |it, o| {
        let other = it.code();
        suspended(it, o, (format!("{}, {other}", o.code), String::new()))
    }),
    ("underpaid", |it, o| part(it, o, 0)),
    ("paid in two parts", two_parts),
    ("overpaid", |it, o| surplus(it, o, true)),
    ("paid twice", |it, o| surplus(it, o, false)),
    ("paid late", late),
    ("expired", |it, o| expired(it, o, false)),
    ("expired underpaid", |it, o| expired(it, o, true)),
    ("reversed at once", |it, o| reversed_before(it, o, false)),
    ("reversed at once by 216", |it, o| reversed_before(it, o, true)),
    ("reversed at the agency", |it, o| reversed_after(it, o, false)),
    ("reversed at the agency by 216", |it, o| reversed_after(it, o, true)),
    ("fully exempt, paid", exempt),
    ("partly exempt", reduced),
    ("paid in dollars", dollars),
    ("paid over the counter", counter),
    ("accepted by one feed, booked by another", booked),
    ("perhaps seen by two feeds", second_sighting),
    ("not accepted by the agency", |it, o| online(it, o, "not_accepted")),
    ("returned to another agency", |it, o| {
        pay_all(it, o);
        passed_on(it, o)
    }),
    ("decision corrected", |it, o| {
        pay_all(it, o);
        corrected(it, o)
    }),
    ("receipt attached", receipt),
];

/// Orders without one.
pub(super) const FREE: &[(&str, Scenario)] = &[
    ("granted", |it, o| free(it, o, "granted")),
    ("refused", |it, o| free(it, o, "refused")),
    ("not accepted", |it, o| free(it, o, "not_accepted")),
    ("withdrawn", |it, o| withdrawn(it, o, false)),
    ("withdrawn before the application", |it, o| withdrawn(it, o, true)),
    ("withdrawn at the agency", withdrawn_at_agency),
    ("withdrawn after the decision", withdrawn_decided),
    ("documents asked for", documents),
    ("returned to another agency", passed_on),
    ("returned to nobody", returned),
    ("term extended", extended),
    ("decision corrected", corrected),
    ("paid though free", paid_though_free),
    ("everything twice", twice),
    ("in work", in_work),
];
