//! Answers as people read them.

use std::fmt::Write;

use kvit_schemas::Money;

use super::table::table;
use crate::admin::{Done, ScheduleView, SourceView, Status};
use crate::queries::{
    AuditReport, CaseSummary, CaseView, Group, OutboxView, PaymentView, ProposalView,
    QuarantineView, Quarantined, StoreReport, Suspended, Why,
};

fn text<T: ToString>(value: &Option<T>) -> String {
    value.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string)
}

fn sums(sums: &[Money]) -> String {
    let each: Vec<String> = sums.iter().map(ToString::to_string).collect();
    if each.is_empty() { "-".to_owned() } else { each.join(", ") }
}

pub(super) fn lines(named: &[(&str, String)]) -> String {
    named.iter().fold(String::new(), |mut all, (name, value)| {
        // Writing to a String cannot fail.
        let _ = writeln!(all, "{name:<14} {value}");
        all
    })
}

pub(super) fn status(status: &Status) -> String {
    let ended: Vec<String> =
        status.ended.iter().map(|(how, count)| format!("{count} {how}")).collect();
    let mut all = lines(&[
        ("kvit", format!("{} {}", status.instance, status.version)),
        ("ready", if status.ready { "yes" } else { "no" }.to_owned()),
        ("started", status.started_at.to_string()),
        ("commit", status.commit.to_string()),
        ("outbox", format!("{} rows", status.outbox_rows)),
        ("deliveries", ended.join(", ")),
    ]);
    for reason in &status.reasons {
        all.push_str(&lines(&[("note", reason.clone())]));
    }
    for (feed, folder) in &status.folders {
        let (files, done, rejected) = (folder.files, folder.done, folder.rejected);
        let text = format!(
            "{feed}: {files} waiting, {done} done, {rejected} rejected, in {}",
            folder.path
        );
        all.push_str(&lines(&[("drop folder", text)]));
    }
    let rows = status.totals.iter().map(|it| {
        [
            &it.feed,
            &it.currency,
            &it.gross,
            &it.settled,
            &it.suspense,
            &it.refund_due,
            &it.reversed,
            &it.accepted,
        ]
        .map(Clone::clone)
        .to_vec()
    });
    let head =
        ["feed", "", "credited", "settled", "suspense", "refund due", "reversed", "accepted"];
    if !status.totals.is_empty() {
        all.push('\n');
        all.push_str(&table(&head, rows));
    }
    all
}

pub(super) fn cases(cases: &[CaseSummary]) -> String {
    let rows = cases.iter().map(|case| {
        vec![
            case.number.to_string(),
            case.order_code.to_string(),
            case.status.clone(),
            text(&case.procedure),
            text(&case.agency),
            text(&case.due),
            text(&case.settled),
            text(&case.due_on),
        ]
    });
    let head = ["number", "order", "status", "procedure", "agency", "due", "settled", "due on"];
    table(&head, rows)
}

pub(super) fn case(case: &CaseView) -> String {
    let it = &case.summary;
    let mut all = lines(&[
        ("order", it.order_code.to_string()),
        ("status", it.status.clone()),
        ("procedure", text(&it.procedure)),
        ("portal", text(&it.portal)),
        ("submitted", text(&it.submitted_at)),
        ("due", text(&it.due)),
        ("settled", text(&it.settled)),
        ("surplus", sums(&case.surplus)),
        ("in suspense", sums(&case.in_suspense)),
        ("pay until", text(&case.pay_until)),
        ("route", text(&case.route)),
        ("agency", if case.stuck { "none: given back".to_owned() } else { text(&it.agency) }),
        ("due on", text(&it.due_on)),
    ]);
    if let Some(decision) = &case.decision {
        let seen = if decision.acknowledged { "acknowledged" } else { "not acknowledged" };
        let line = format!("{} ({}), {seen}", decision.outcome, decision.decision_id);
        all.push_str(&lines(&[("decision", line)]));
    }
    if !case.payments.is_empty() {
        all.push('\n');
        all.push_str(&suspense(&case.payments));
    }
    all
}

pub(super) fn suspense(payments: &[PaymentView]) -> String {
    let rows = payments.iter().map(|payment| {
        let main = payment.sightings.first();
        vec![
            payment.number.to_string(),
            main.map_or("-".to_owned(), |it| format!("{}/{}", it.feed, it.payment_id)),
            payment.state.clone(),
            text(&payment.amount),
            text(&payment.suspense),
            text(&payment.reason),
            text(&payment.paid_at),
        ]
    });
    let head = ["number", "payment", "state", "amount", "in suspense", "because", "paid at"];
    table(&head, rows)
}

pub(super) fn suspended(payment: &Suspended) -> String {
    let mut all = suspense(std::slice::from_ref(&payment.payment));
    for detail in &payment.details {
        all.push('\n');
        all.push_str(&lines(&[
            ("payer", text(&detail.payer)),
            ("purpose", text(&detail.purpose)),
            ("account", text(&detail.personal_account)),
        ]));
    }
    all.push_str(&candidates(&payment.candidates));
    all
}

fn candidates(candidates: &[crate::queries::Candidate]) -> String {
    let mut all = String::new();
    if !candidates.is_empty() {
        all.push_str("\nOrders it may belong to:\n");
    }
    for it in candidates {
        let due = it.due.map_or("nothing due".to_owned(), |due| format!("due {due}"));
        // Writing to a String cannot fail.
        let _ = writeln!(all, "  {}  {} ({due})", it.order_code, it.status);
        for reason in &it.reasons {
            let _ = writeln!(all, "      {reason}");
        }
    }
    all
}

pub(super) fn done(done: &Done) -> String {
    let mut all = match (done.done, done.proposal) {
        (_, Some(number)) => format!(
            "proposal {number} waits for a second person: kvit proposal approve {number} --reason \
             <why>\n"
        ),
        (true, None) => "done, and on stable storage\n".to_owned(),
        (false, None) => "this would happen; nothing was changed\n".to_owned(),
    };
    if let Some(outcome) = &done.outcome {
        all.push_str(&lines(&[("outcome", outcome.clone())]));
    }
    for said in &done.said {
        all.push_str(&lines(&[("", said.clone())]));
    }
    for (to, kind) in &done.messages {
        all.push_str(&lines(&[("to be sent", format!("{kind} to {to}"))]));
    }
    all
}

pub(super) fn groups(groups: &[Group]) -> String {
    let rows = groups.iter().map(|it| {
        vec![
            it.group.clone(),
            it.messages.to_string(),
            it.code.clone(),
            text(&it.party),
            text(&it.kind),
            text(&it.pointer),
            it.last.to_string(),
            it.title.clone(),
        ]
    });
    let head = ["group", "messages", "code", "from", "type", "where", "last", "what"];
    table(&head, rows)
}

pub(super) fn proposals(proposals: &[ProposalView]) -> String {
    let rows = proposals.iter().map(|it| {
        let state = match &it.ended_by {
            Some(by) => format!("{} by {by}", it.state),
            None => it.state.clone(),
        };
        vec![
            it.number.to_string(),
            it.at.to_string(),
            it.by.clone(),
            state,
            it.act.clone(),
            it.reason.clone(),
        ]
    });
    table(&["number", "at", "by", "state", "what", "because"], rows)
}

pub(super) fn outbox(views: &[OutboxView]) -> String {
    let rows = views.iter().map(|it| {
        vec![
            it.destination.clone(),
            it.messages.to_string(),
            it.oldest_at.to_string(),
            it.oldest_type.clone(),
            text(&it.held),
        ]
    });
    table(&["destination", "messages", "oldest", "its type", "held because"], rows)
}

pub(super) fn sources(views: &[SourceView]) -> String {
    let rows = views.iter().map(|it| {
        let state = if it.paused_at.is_some() { "paused" } else { "open" };
        vec![
            it.source.clone(),
            state.to_owned(),
            text(&it.paused_by),
            text(&it.paused_at),
            text(&it.reason),
        ]
    });
    table(&["source", "state", "by", "since", "because"], rows)
}

pub(super) fn schedules(views: &[ScheduleView]) -> String {
    let mut all = String::new();
    for it in views {
        let next: Vec<String> = it.next.iter().map(ToString::to_string).collect();
        all.push_str(&lines(&[
            ("schedule", format!("{} at {}", it.schedule, it.cron)),
            ("last", text(&it.last)),
            ("next", next.join(", ")),
        ]));
    }
    all
}

pub(super) fn quarantine(messages: &[Quarantined]) -> String {
    let rows = messages.iter().map(|it| {
        vec![
            it.number.to_string(),
            it.at.to_string(),
            text(&it.party),
            text(&it.kind),
            text(&it.message_id),
            it.code.clone(),
            it.state.clone(),
            it.group.clone(),
            it.detail.clone(),
        ]
    });
    let head = ["number", "at", "from", "type", "message", "code", "state", "group", "why"];
    table(&head, rows)
}

pub(super) fn quarantined(it: &QuarantineView) -> String {
    let record = &it.record;
    let mut all = lines(&[
        ("number", record.number.to_string()),
        ("at", record.at.to_string()),
        ("from", text(&record.party)),
        ("exchange", format!("{} with key {}", it.address.0, it.address.1)),
        ("code", format!("{} {}", record.code, it.title)),
        ("why", record.detail.clone()),
        ("where", text(&record.pointer)),
        ("cure", it.cure.clone()),
        ("body", format!("{} bytes, sha256 {}", it.body_bytes, it.body_sha256)),
    ]);
    all.push_str(&lines(&[("state", record.state.clone()), ("group", record.group.clone())]));
    if let Some(last) = &record.last {
        let second = last.approved_by.as_ref().map(|by| format!(", approved by {by}"));
        let again = last.code.as_ref().zip(last.detail.as_ref());
        let again = again.map(|(code, detail)| format!(" ({code}: {detail})"));
        all.push_str(&lines(&[(
            "last",
            format!(
                "{} by {}{} at {}{}, because: {}",
                last.outcome,
                last.by,
                second.unwrap_or_default(),
                last.at,
                again.unwrap_or_default(),
                last.reason
            ),
        )]));
    }
    for (name, value) in &it.properties {
        all.push_str(&lines(&[(name, value.clone())]));
    }
    all.push('\n');
    all.push_str(it.body_text.as_deref().or(it.body_hex.as_deref()).unwrap_or_default());
    all
}

pub(super) fn audit(report: &AuditReport) -> String {
    let mut all = format!("{} batches in the audit chain; ", report.batches);
    all.push_str(if report.sound { "nothing was changed or is missing\n" } else { "BROKEN\n" });
    for (commit, what) in &report.faults {
        // Writing to a String cannot fail.
        let _ = writeln!(all, "commit {commit}: {what}");
    }
    all
}

pub(super) fn store(report: &StoreReport) -> String {
    let rows: u64 = report.rows.values().sum();
    let mut all = lines(&[
        ("sound", if report.sound { "yes" } else { "NO" }.to_owned()),
        ("commit", report.commit.to_string()),
        ("rows", format!("{rows}, {}", report.completeness)),
        ("damaged", report.damages_count.to_string()),
        (
            "ledger",
            match report.ledger_agrees {
                Some(true) => "the payments add up to the totals kept",
                Some(false) => "THE PAYMENTS DO NOT ADD UP TO THE TOTALS KEPT",
                None => "not compared",
            }
            .to_owned(),
        ),
    ]);
    for damage in &report.damages {
        all.push_str(&lines(&[("damage", damage.clone())]));
    }
    all
}

pub(super) fn why(why: &Why) -> String {
    let mut all = String::new();
    for (at, line) in why.headline.iter().enumerate() {
        // Writing to a String cannot fail; so below.
        let _ = writeln!(all, "{}{line}", if at == 0 { "" } else { "  " });
    }
    all.push_str("\nWhat happened:\n");
    for entry in &why.story {
        let at = entry.at.in_minsk().format("%Y-%m-%d %H:%M:%S");
        let _ = write!(all, "{at}  #{:<5} {}", entry.seq, entry.who);
        for part in [&entry.message_type, &entry.message_id].into_iter().flatten() {
            let _ = write!(all, "  {part}");
        }
        if let Some(disposition) = &entry.disposition
            && entry.message_id.is_some()
        {
            let _ = write!(all, "  {disposition}");
        }
        all.push('\n');
        for sentence in &entry.said {
            let _ = writeln!(all, "    {sentence}");
        }
    }
    all.push_str(&candidates(&why.candidates));
    if !why.next.is_empty() {
        all.push_str("\nWhat can be done:\n");
    }
    for step in &why.next {
        let _ = writeln!(all, "  {step}");
    }
    all
}
