//! The messages of an order's cycle: application, payment, acceptance, decision, acknowledgement.

use std::sync::LazyLock;

use kvit_adapters::clock::Clock;
use kvit_schemas::Moment;

use crate::wire::Message;

/// The day before yesterday, so that no order of the bench runs out of its time.
static SUBMITTED: LazyLock<Moment> =
    LazyLock::new(|| Clock::System.now().day().minus_days(2).start());

/// So many hours after the submission.
fn at(hours: i64) -> String {
    SUBMITTED.plus_seconds(hours * 3_600).to_string()
}

/// What is said at each step of an order, in the order in which it is said.
pub(crate) const STEPS: [Step; 5] =
    [Step::Application, Step::Payment, Step::Acceptance, Step::Decision, Step::Acknowledgement];

/// Where the cases go, by region: those of the shipped catalogue for a repeated certificate.
const REGIONS: [(&str, &str); 4] = [
    ("BY-BR", "zags-brest"),
    ("BY-HO", "zags-homiel"),
    ("BY-HM", "zags-minsk"),
    ("BY-VI", "zags-viciebsk"),
];

/// All agencies that get cases.
pub(crate) fn agencies() -> impl Iterator<Item = &'static str> {
    REGIONS.iter().map(|(_, agency)| *agency)
}

/// A step of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    /// The portal hands it in.
    Application,
    /// The payment system says that its money is there.
    Payment,
    /// The agency registers it.
    Acceptance,
    /// The agency decides.
    Decision,
    /// The portal has shown the decision.
    Acknowledgement,
}

impl Step {
    /// What the ids of its messages begin with.
    pub(crate) fn mark(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::Payment => "payment",
            Self::Acceptance => "acceptance",
            Self::Decision => "decision",
            Self::Acknowledgement => "acknowledgement",
        }
    }

    /// The step whose message has this id.
    pub(crate) fn of_id(id: &str) -> Option<Self> {
        let (mark, _) = id.split_once('-')?;
        STEPS.into_iter().find(|step| step.mark() == mark)
    }

    /// How many messages kvit says of it.
    pub(crate) fn answers(self) -> usize {
        match self {
            // The status.
            Self::Application | Self::Acceptance => 1,
            // The case or the decision, and the status.
            Self::Payment | Self::Decision => 2,
            Self::Acknowledgement => 0,
        }
    }
}

/// The order code of an order.
pub(crate) fn code(order: usize) -> String {
    format!("{:030}", 7_000_000_000_000_u64 + order as u64)
}

/// What is said at a step of an order.
pub(crate) fn message(prefix: &str, step: Step, order: usize) -> Message {
    let code = code(order);
    let (region, agency) = REGIONS[order % REGIONS.len()];
    let (party, exchange, key, kind) = match step {
        Step::Application => {
            ("portal", "portal.in", "application.submitted", "application.submitted.v1")
        }
        Step::Payment => ("erip", "bank.in", "erip.payment", "payment.reported.v1"),
        Step::Acceptance => (agency, "agency.in", agency, "case.accepted.v1"),
        Step::Decision => (agency, "agency.in", agency, "case.decided.v1"),
        Step::Acknowledgement => {
            ("portal", "portal.in", "decision.acknowledged", "decision.acknowledged.v1")
        }
    };
    Message {
        exchange: format!("{prefix}.{exchange}"),
        key: key.to_owned(),
        kind: kind.to_owned(),
        id: format!("{}-{order}", step.mark()),
        user: Some(party.to_owned()),
        correlation_id: Some(code.clone()),
        cause: None,
        body: body(step, &code, region, order).into_bytes(),
    }
}

fn body(step: Step, code: &str, region: &str, order: usize) -> String {
    let at = at(match step {
        Step::Application => 0,
        Step::Payment => 1,
        Step::Acceptance => 5,
        Step::Decision => 10,
        Step::Acknowledgement => 11,
    });
    match step {
        Step::Application => format!(
            r#"{{"order_code":"{code}","procedure":"5.9","submitted_at":"{at}","applicant":{{"kind":"citizen","id":"D{order:012}","name":"Узорны Прыклад Прыкладавіч","region":"{region}","locality":"Прыклад"}},"identification":"unique_id","language":"be","fee":{{"amount":"45.00","currency":"BYN"}},"exemption":null,"form":{{"record":"birth","year":1987,"copies":1,"note":"перадаецца байт у байт"}},"attachments":[]}}"#
        ),
        Step::Payment => format!(
            r#"{{"feed":"erip","payment_id":"{order}","state":"credited","order_code":"{code}","purpose":null,"amount":{{"amount":"45.00","currency":"BYN"}},"withheld":{{"amount":"0.45","currency":"BYN"}},"paid_at":"{at}","booked_on":null,"payer":{{"name":"УЗОРНЫ ПРЫКЛАД","id":null,"account":null}},"references":{{"erip_operation":"{order}","agent_operation":"a{order}","bank_document":null}}}}"#
        ),
        Step::Acceptance => format!(
            r#"{{"order_code":"{code}","registration_number":"{order}-д","registered_at":"{at}"}}"#
        ),
        Step::Decision => format!(
            r#"{{"order_code":"{code}","decision_id":"d-{order}","outcome":"granted","decided_at":"{at}","title":"Пасведчанне выдадзена","text":"Паўторнае пасведчанне аб нараджэнні выдадзена. Яго можна атрымаць у аддзеле загса.","documents":[],"delivery":"paper"}}"#
        ),
        Step::Acknowledgement => {
            format!(r#"{{"order_code":"{code}","decision_id":"d-{order}","shown_at":"{at}"}}"#)
        }
    }
}
