//! What people did, as sentences.

use kvit_schemas::record::{DeedOutcome, DeskNote, ProposedAct};

use crate::queries::at_text;

/// What a note of the desk says.
pub(super) fn sentence(note: &DeskNote) -> String {
    use DeskNote as N;
    match note {
        N::Released { number, outcome, party, mended } => {
            let mended = if *mended { " with mended bytes" } else { "" };
            let party = party.as_ref().map(|party| format!(" as {party}")).unwrap_or_default();
            let came = outcome_text(outcome);
            format!("number {} was released from quarantine{mended}{party}: {came}", number.0)
        }
        N::Discarded { number } => {
            format!("number {} in quarantine was discarded", number.0)
        }
        N::Proposed { proposal, act } => {
            format!("proposal {}, for a second person to approve: {}", proposal.0, proposed(act))
        }
        N::Approved { proposal, by, reason } => {
            format!("approved proposal {} of {by}, who gave as reason: {reason}", proposal.0)
        }
        N::ProposalWithdrawn { proposal } => format!("proposal {} was withdrawn", proposal.0),
        N::Paused { source } => format!("nothing more is taken from the source {source}"),
        N::Resumed { source } => format!("messages are taken from the source {source} again"),
        N::ScheduleRun { schedule } => format!("{schedule} was run out of turn"),
        N::Kicked { destination } => {
            let which = destination.as_deref().unwrap_or("every destination that waits");
            format!("sending was tried again at once: {which}")
        }
        N::Forgotten { messages, before } => format!(
            "{messages} messages in quarantine that came before {} were forgotten",
            at_text(*before)
        ),
    }
}

/// What came of a release, in words.
pub(crate) fn outcome_text(outcome: &DeedOutcome) -> String {
    match outcome {
        DeedOutcome::UnderWay => "it is being applied".to_owned(),
        DeedOutcome::Applied => "it was applied".to_owned(),
        DeedOutcome::Duplicate => "it had been applied before; nothing changed".to_owned(),
        DeedOutcome::Refused { code, detail } => format!("it was refused again, {code}: {detail}"),
        DeedOutcome::Discarded => "it was discarded".to_owned(),
    }
}

/// What was proposed, in words.
pub(crate) fn proposed(act: &ProposedAct) -> String {
    match act {
        ProposedAct::Release { number, party, replacement } => {
            let party = party.as_ref().map(|party| format!(" as {party}")).unwrap_or_default();
            let mended = if replacement.is_some() { " with mended bytes" } else { "" };
            format!("release number {} from quarantine{party}{mended}", number.0)
        }
        ProposedAct::Discard { number } => {
            format!("discard number {} in quarantine", number.0)
        }
        ProposedAct::Assign { payment, order_code } => {
            format!("assign payment {} to order {order_code}", payment.0)
        }
    }
}
