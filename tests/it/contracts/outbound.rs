//! What kvit says fits what it promises: one full and one sparse value of every message it sends.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use kvit_schemas::contract::{Direction, json_schema};
use kvit_schemas::message::*;
use kvit_schemas::{Code, Money};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::schema::faults;
use super::{example, workspace};

const CODE: &str = "000000000000000000000000000017";
const AT: &str = "2026-03-05T10:15:00+03:00";

#[test]
fn what_kvit_sends_fits_its_schemas() -> Result<()> {
    let mut sent = BTreeSet::new();
    // Where other programs look at them too: tests/foreign.sh.
    let folder = workspace().join("target/contracts/out");
    std::fs::create_dir_all(&folder)?;
    for (nth, message) in full()?.into_iter().chain(sparse()?).enumerate() {
        let kind = message.kind();
        let schema = json_schema(kind, Direction::Out).context("an outbound type has a schema")?;
        let body: Value = serde_json::from_slice(&message.to_json()?)?;
        let faults = faults(&schema, &body)?;
        ensure!(faults.is_empty(), "{kind}: {faults:#?} in {body:#}");
        let written = json_to_xml((kind, Direction::Out), &message.to_json()?)?;
        std::fs::write(folder.join(format!("{kind}.value-{nth}.xml")), &written)?;
        let read = xml_to_json((kind, Direction::Out), &written, None);
        let read = read.map_err(|invalid| anyhow::anyhow!("{kind}: {invalid:?}"))?;
        ensure!(without_empty(serde_json::from_str(&read)?) == without_empty(body), "{kind}");
        sent.insert(kind);
    }
    let wanted = MessageType::ALL.iter().copied();
    let wanted: BTreeSet<_> =
        wanted.filter(|kind| kind.senders().contains(&Sender::Kvit)).collect();
    assert_eq!(sent, wanted);
    Ok(())
}

#[test]
fn receivers_may_be_sent_fields_they_do_not_know() -> Result<()> {
    for kind in MessageType::ALL {
        let Some(schema) = json_schema(*kind, Direction::Out) else { continue };
        let mut body: Value = serde_json::from_slice(&example(*kind)?)?;
        body["a_field_of_tomorrow"] = json!(1);
        ensure!(faults(&schema, &body)?.is_empty(), "{kind}");
    }
    Ok(())
}

/// A body without empty lists: XML does not tell them from absent ones.
fn without_empty(body: Value) -> Value {
    match body {
        Value::Object(members) => {
            let kept = members.into_iter().filter(|(_, member)| *member != json!([]));
            kept.map(|(name, member)| (name, without_empty(member))).collect()
        }
        other @ (Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)) => other,
    }
}

/// Reads a value through its own parser.
fn v<T: DeserializeOwned>(value: Value) -> Result<T> {
    Ok(serde_json::from_value(value)?)
}

/// The value of a field of an example.
fn of<T: DeserializeOwned>(kind: MessageType, pointer: &str) -> Result<T> {
    let example: Value = serde_json::from_slice(&example(kind)?)?;
    // Through text: a carried object wants its own bytes.
    let text = example.pointer(pointer).context("a field of the example")?.to_string();
    Ok(serde_json::from_str(&text)?)
}

fn money(minor: i64) -> Result<Money> {
    Money::new(minor, "BYN".parse()?).context("not negative")
}

fn title() -> Localized {
    Code::FEE_DISAGREES.title()
}

/// Every optional field is there.
fn full() -> Result<Vec<Outbound>> {
    let mut all = full_to_agency()?;
    all.extend(full_to_portal()?);
    all.extend(full_to_others()?);
    Ok(all)
}

fn full_to_agency() -> Result<Vec<Outbound>> {
    use MessageType::ApplicationSubmitted as Application;
    let assigned = CaseAssigned {
        order_code: CODE.parse()?,
        revision: 1,
        procedure: AssignedProcedure { code: "5.9".parse()?, title: title() },
        applicant: of(Application, "/applicant")?,
        identification: of(Application, "/identification")?,
        exemption: of(Application, "/exemption")?,
        form: of(Application, "/form")?,
        attachments: of(Application, "/attachments")?,
        signature: of(Application, "/signature")?,
        language: "be".parse()?,
        evidence: Evidence::NotDue,
        payment: AssignmentPayment {
            due: Some(money(4500)?),
            settled: Some(money(4500)?),
            payments: vec![AssignedPayment {
                feed: "erip".parse()?,
                payment_id: "1200000001".parse()?,
                state: PaymentState::Credited,
                amount: money(4500)?,
                paid_at: AT.parse()?,
            }],
            receipts: vec![of(MessageType::ReceiptAttached, "/claim")?],
        },
        submitted_at: AT.parse()?,
        assigned_at: AT.parse()?,
        due_on: "2026-03-20".parse()?,
        signature_check: SignatureCheck {
            status: SignatureStatus::Valid,
            signer: Some("Іваноў Іван".to_owned()),
            certificate_serial: Some("40F1".to_owned()),
        },
    };
    Ok(vec![
        Outbound::CaseAssigned(Box::new(assigned)),
        Outbound::CaseWithdrawn(CaseWithdrawn {
            order_code: CODE.parse()?,
            revision: 2,
            withdrawn_at: AT.parse()?,
            reason: Some("Дакумент\nзнайшоўся".parse()?),
        }),
        Outbound::CasePaymentChanged(CasePaymentChanged {
            order_code: CODE.parse()?,
            revision: 3,
            kind: PaymentChange::Overpaid,
            amount: money(1)?,
            at: AT.parse()?,
            remaining_due: money(0)?,
        }),
        Outbound::CaseDeadline(CaseDeadline {
            order_code: CODE.parse()?,
            revision: 4,
            due_on: "2026-03-20".parse()?,
            kind: DeadlineKind::Overdue,
            days: -3,
        }),
        Outbound::DocumentsAdded(Box::new(of(MessageType::DocumentsAdded, "")?)),
    ])
}

fn full_to_portal() -> Result<Vec<Outbound>> {
    use MessageType::CaseDecided as Decided;
    Ok(vec![
        Outbound::CaseStatus(CaseStatus {
            order_code: CODE.parse()?,
            revision: 5,
            status: Status::PaymentReversed,
            at: AT.parse()?,
            due: Some(money(4500)?),
            settled: Some(money(0)?),
            reason: Some("reversed by the bank".to_owned()),
            due_on: Some("2026-03-20".parse()?),
        }),
        Outbound::DecisionPublished(Box::new(DecisionPublished {
            order_code: CODE.parse()?,
            revision: 6,
            decision_id: "d-1".parse()?,
            agency: AgencyName { id: "zags-minsk".parse()?, title: title() },
            outcome: of(Decided, "/outcome")?,
            decided_at: of(Decided, "/decided_at")?,
            title: of(Decided, "/title")?,
            text: of(Decided, "/text")?,
            documents: of(Decided, "/documents")?,
            delivery: of(Decided, "/delivery")?,
            signature: of(Decided, "/signature")?,
            replaces: Some("d-0".parse()?),
        })),
        Outbound::CaseDocumentsRequested(Box::new(of(MessageType::CaseDocumentsRequested, "")?)),
        Outbound::RefundDue(RefundDue {
            refund_id: "rf-1".to_owned(),
            revision: 7,
            state: RefundState::Done,
            order_code: Some(CODE.parse()?),
            payment: refund_payment()?,
            amount: money(500)?,
            reason: RefundReason::SecondPayment,
        }),
        Outbound::MessageRefused(Box::new(MessageRefused {
            refused_message_id: Some("m-1".to_owned()),
            kind: Some("application.submitted.v1".to_owned()),
            code: Code::FEE_DISAGREES.as_str(),
            title: title(),
            detail: "the catalogue says 45.00 BYN".to_owned(),
            pointer: Some("/fee".to_owned()),
            order_code: Some(CODE.parse()?),
        })),
    ])
}

fn refund_payment() -> Result<RefundPayment> {
    Ok(RefundPayment { feed: "erip".parse()?, payment_id: "1200000001".parse()? })
}

fn full_to_others() -> Result<Vec<Outbound>> {
    Ok(vec![
        Outbound::FileReport(Box::new(of(MessageType::FileReport, "")?)),
        Outbound::Alert(Alert {
            kind: AlertKind::PaymentSuspended,
            at: AT.parse()?,
            detail: "no order code".to_owned(),
            order_code: Some(CODE.parse()?),
            payment: Some(refund_payment()?),
        }),
    ])
}

/// Every field that may be absent is.
fn sparse() -> Result<Vec<Outbound>> {
    let documents = json!({ "order_code": CODE, "added_at": AT });
    let request = json!({ "order_code": CODE, "request_id": "r", "requested_at": AT, "text": "?" });
    let report = json!({ "feed": "erip", "file_name": "a", "sha256": "", "format": "",
        "outcome": "refused", "sums": {}, "errors": [],
        "rows": { "read": 0, "applied": 0, "duplicate": 0, "suspended": 0, "rejected": 0 } });
    let status = Status::AwaitingPayment;
    Ok(vec![
        Outbound::DocumentsAdded(Box::new(v(documents)?)),
        Outbound::CaseDocumentsRequested(Box::new(v(request)?)),
        Outbound::FileReport(Box::new(v(report)?)),
        Outbound::CaseStatus(CaseStatus {
            order_code: CODE.parse()?,
            revision: 1,
            status,
            at: AT.parse()?,
            due: None,
            settled: None,
            reason: None,
            due_on: None,
        }),
        Outbound::MessageRefused(Box::new(MessageRefused {
            refused_message_id: None,
            kind: None,
            code: Code::MALFORMED.as_str(),
            title: title(),
            detail: "the body is not UTF-8".to_owned(),
            pointer: None,
            order_code: None,
        })),
        Outbound::Alert(Alert {
            kind: AlertKind::Defect,
            at: AT.parse()?,
            detail: "index out of bounds".to_owned(),
            order_code: None,
            payment: None,
        }),
    ])
}
