//! What happens to payments, cases and messages, counted where it happens.

use std::time::Duration;

use kvit_schemas::record::Note;
use kvit_schemas::{Code, Moment};

use super::list;

/// Counts what a line of a story says.
pub(crate) fn noted(note: &Note) {
    if let Note::Matched { rule, .. } = note {
        let rule = rule.as_str().replace(' ', "_").to_lowercase();
        list::PAYMENTS_MATCHED.add(1, &[("rule", rule)]);
    } else if let Note::Suspended { reason, .. } = note {
        list::PAYMENTS_SUSPENDED.add(1, &[("reason", reason.as_str().to_owned())]);
    } else if let Note::Routed { agency, .. } = note {
        list::CASES_ROUTED.add(1, &[("agency", agency.to_string())]);
    } else if let Note::DecidedBy { agency, .. } = note {
        list::DECISIONS_RECEIVED.add(1, &[("agency", agency.to_string())]);
    }
}

/// Counts a message that goes to quarantine.
pub(crate) fn quarantined(code: Code) {
    list::MESSAGES_QUARANTINED.add(1, &[("code", code.to_string())]);
}

/// Observes how long it took from the message that caused something until that was with the
/// broker. A sender's clock may be ahead: then it took no time, and the skew is counted.
pub(crate) fn took(kind: &str, caused_at: Moment, now: Moment) {
    let micros = now.micros().saturating_sub(caused_at.micros());
    let time = u64::try_from(micros).map(Duration::from_micros).unwrap_or_else(|_| {
        list::CLOCK_SKEWS.add(1, &[]);
        Duration::ZERO
    });
    list::CRITICAL_TIME.observe(time, &[("type", kind.to_owned())]);
}
