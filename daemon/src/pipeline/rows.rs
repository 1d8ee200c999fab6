//! Payment reports, from messages and from rows of files, in the engine's words.

use kvit_adapters::feeds::{FoundIn, FoundOrderCode, Identity, Lump, Row, RowState, message_id};
use kvit_schemas::code_scan::find_codes;
use kvit_schemas::message::{Inbound, Payer, PaymentReported, PaymentState};
use kvit_schemas::record::{CodeSource, Sighting};
use kvit_schemas::{FeedId, Line, Moment, Money, OrderCode};
use serde::{Deserialize, Serialize};

use crate::engine::Report;

/// What is personal in a payment report; kept apart from the payment.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct PaymentDetail {
    /// Who paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) payer: Option<Payer>,
    /// Free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) purpose: Option<String>,
    /// The personal account of ERIP, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) personal_account: Option<String>,
    /// The account it was paid to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) beneficiary_account: Option<String>,
}

/// What is kept of a message whose body the engine wants kept.
pub(super) fn kept_body(message: &Inbound) -> Vec<u8> {
    let bytes = match message {
        Inbound::PaymentReported(body) => serde_json::to_vec(&PaymentDetail {
            payer: body.payer.clone(),
            purpose: body.purpose.as_ref().map(ToString::to_string),
            personal_account: None,
            beneficiary_account: body.beneficiary_account.as_ref().map(ToString::to_string),
        }),
        Inbound::ApplicationSubmitted(_)
        | Inbound::ApplicationWithdrawn(_)
        | Inbound::ReceiptAttached(_)
        | Inbound::DocumentsAdded(_)
        | Inbound::DecisionAcknowledged(_)
        | Inbound::CaseAccepted(_)
        | Inbound::CaseReturned(_)
        | Inbound::CaseDocumentsRequested(_)
        | Inbound::CaseDeadlineChanged(_)
        | Inbound::CaseDecided(_) => message.to_json(),
    };
    match bytes {
        Ok(bytes) => bytes,
        Err(error) => unreachable!("a decoded message could not be spelled: {error}"),
    }
}

fn codes_in(text: &str) -> Vec<OrderCode> {
    let mut codes: Vec<OrderCode> = find_codes(text).into_iter().map(|found| found.code).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// A message as a report.
pub(super) fn report_of(body: &PaymentReported) -> Report {
    let given = body.references.clone().unwrap_or_default();
    Report {
        feed: body.feed.clone(),
        payment_id: body.payment_id.clone(),
        weak_identity: false,
        state: body.state,
        amount: body.amount,
        withheld: body.withheld,
        paid_at: body.paid_at,
        booked_on: body.booked_on,
        quoted: body.order_code.map(|code| (code, CodeSource::Structured)),
        found: body.purpose.as_ref().map(|text| codes_in(text.as_str())).unwrap_or_default(),
        references: references([
            ("erip_operation", given.erip_operation),
            ("agent_operation", given.agent_operation),
            ("bank_document", given.bank_document),
        ]),
        is_lump: false,
    }
}

fn references(named: [(&str, Option<Line<64>>); 3]) -> Vec<(String, String)> {
    let given = named.into_iter().filter_map(|(kind, value)| Some((kind, value?)));
    given.map(|(kind, value)| (kind.to_owned(), value.to_string())).collect()
}

/// A row of a file as a report; `None` when it tells of no money for us.
///
/// # Errors
/// When it has no date, or one that lies ahead: it can be judged by no window and no day.
pub(super) fn report_of_row(
    feed: &FeedId,
    row: &Row,
    now: Moment,
) -> Result<Option<(Report, PaymentDetail)>, &'static str> {
    let state = match row.state {
        RowState::Accepted => PaymentState::Accepted,
        RowState::Credited => PaymentState::Credited,
        RowState::Reversed => PaymentState::Reversed,
        RowState::Information => return Ok(None),
    };
    let paid_at = row.paid_at.or_else(|| row.booked_on.map(kvit_schemas::Day::start));
    let paid_at = paid_at.ok_or("the row has no date")?;
    if paid_at > now.plus_seconds(24 * 60 * 60) {
        return Err("paid more than a day in the future");
    }
    let codes = row.order_codes();
    let quoted = match codes.as_slice() {
        [only] => source(only.found_in).map(|source| (only.code, source)),
        [] | [_, ..] => None,
    };
    let found = if quoted.is_some() { Vec::new() } else { sorted(codes) };
    let line = |text: &Option<String>| text.as_ref().and_then(|text| text.parse().ok());
    let report = Report {
        feed: feed.clone(),
        payment_id: row.payment_id.clone(),
        weak_identity: row.identity.is_weak(),
        state,
        amount: row.amount,
        withheld: row.withheld,
        paid_at,
        booked_on: row.booked_on,
        quoted,
        found,
        references: references([
            ("erip_operation", line(&row.references.erip_operation)),
            ("agent_operation", line(&row.references.agent_operation)),
            ("bank_document", line(&row.references.bank_document)),
        ])
        .into_iter()
        .chain(named_by_bank(row))
        .collect(),
        is_lump: false,
    };
    let cut = |text: &Option<String>, most: usize| {
        text.as_ref().and_then(|text| text.chars().take(most).collect::<String>().parse().ok())
    };
    let detail = PaymentDetail {
        payer: Some(Payer {
            name: cut(&row.payer.name, 300),
            id: line_of(&row.payer.id),
            account: line_of(&row.payer.account),
        }),
        purpose: row.purpose.clone(),
        personal_account: row.personal_account.clone(),
        beneficiary_account: row.beneficiary_account.clone(),
    };
    Ok(Some((report, detail)))
}

/// What joins a row with what another feed says of the same money.
fn named_by_bank(row: &Row) -> Vec<(String, String)> {
    let mut names = Vec::new();
    if row.identity == Identity::BankReference {
        let all = std::iter::once(&row.payment_id).chain(&row.references.bank_entry);
        names.extend(all.map(|name| (Sighting::BANK_TRANSACTION.to_owned(), name.to_string())));
    }
    if row.state == RowState::Credited {
        let account = row.account.as_deref().unwrap_or_default();
        let reference = row.references.bank_reference.as_ref();
        let reference = reference.map(|reference| format!("{account}/{reference}"));
        let called = row.references.bank_document.clone().into_iter().chain(reference);
        names.extend(called.map(|it| transfer(&it, row.amount)));
    }
    names
}

fn transfer(reference: &str, amount: Money) -> (String, String) {
    (Sighting::TRANSFER.to_owned(), format!("{reference}/{amount}"))
}

/// The transfer that a row came with, as a report of its own.
pub(super) fn report_of_lump(feed: &FeedId, row: &Row, lump: &Lump) -> Option<Report> {
    let paid_at = row.booked_on.map(kvit_schemas::Day::start).or(row.paid_at)?;
    let Lump { reference, amount } = lump;
    Some(Report {
        feed: feed.clone(),
        payment_id: message_id(format!("lump/{reference}/{}/{}", amount.amount(), paid_at.day())),
        weak_identity: false,
        state: PaymentState::Credited,
        amount: *amount,
        withheld: None,
        paid_at,
        booked_on: row.booked_on,
        quoted: None,
        found: Vec::new(),
        references: vec![transfer(reference, *amount)],
        is_lump: true,
    })
}

/// The rule by which a field that holds nothing but a code is believed.
fn source(found_in: FoundIn) -> Option<CodeSource> {
    match found_in {
        FoundIn::CreditorReference => Some(CodeSource::Structured),
        FoundIn::PersonalAccount => Some(CodeSource::PersonalAccount),
        FoundIn::CreditorReferenceText
        | FoundIn::PersonalAccountText
        | FoundIn::EndToEnd
        | FoundIn::Purpose => None,
    }
}

fn sorted(codes: Vec<FoundOrderCode>) -> Vec<OrderCode> {
    let mut codes: Vec<OrderCode> = codes.into_iter().map(|found| found.code).collect();
    codes.sort_unstable();
    codes
}

fn line_of(text: &Option<String>) -> Option<Line<40>> {
    text.as_ref().and_then(|text| text.chars().take(40).collect::<String>().parse().ok())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use kvit_adapters::feeds::{FileFormat, Options, Reader};

    use super::*;

    /// What joins the payment of a notification or statement, which is one entry of 30.00.
    fn joining(message: &str, statement: &str, inside: &str) -> Vec<String> {
        let document = format!(
            "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:{message}\"><BkToCstmr>\
             <{statement}><Id>1</Id><Acct><Id><IBAN>BY1</IBAN></Id><Ccy>BYN</Ccy></Acct><Ntry>\
             <Amt Ccy=\"BYN\">30.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt>\
             <Dt>2026-03-02</Dt></BookgDt><AcctSvcrRef>E1</AcctSvcrRef>{inside}</Ntry>\
             </{statement}></BkToCstmr></Document>"
        );
        let name = if statement == "Stmt" { "BkToCstmrStmt" } else { "BkToCstmrDbtCdtNtfctn" };
        let document = document.replace("BkToCstmr>", &format!("{name}>"));
        let options = Options::default();
        let mut reader = Reader::open(FileFormat::Camt, document.as_bytes(), &options).unwrap();
        let row = reader.next().unwrap().unwrap().unwrap();
        let now = "2026-03-06T10:00:00Z".parse().unwrap();
        let read = report_of_row(&"bank".parse().unwrap(), &row, now).unwrap();
        let references = read.unwrap().0.references;
        let banks = references.into_iter().filter(|(kind, _)| kind == Sighting::BANK_TRANSACTION);
        banks.map(|(_, name)| name).collect()
    }

    #[test]
    fn a_batch_of_one_has_its_entry_s_name_in_common_with_the_statement() {
        let inside =
            "<NtryDtls><TxDtls><Refs><AcctSvcrRef>T1</AcctSvcrRef></Refs></TxDtls></NtryDtls>";
        let notified = joining("camt.054.001.08", "Ntfctn", inside);
        assert_eq!(notified, ["BY1/T1/30.00", "BY1/E1/30.00"]);
        assert_eq!(joining("camt.053.001.08", "Stmt", ""), ["BY1/E1/30.00"]);
    }
}
