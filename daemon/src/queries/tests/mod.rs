//! Stories of made messages in a store in memory, and what is asked of them.

mod hot;
mod lists;

use std::sync::Arc;

use expect_test::{Expect, expect};
use kvit_adapters::amqp::Properties;
use kvit_adapters::store::Store;
use kvit_schemas::record::{Actor, Seq};
use kvit_schemas::{Moment, OrderCode};
use serde_json::json;

use super::*;
use crate::catalogue::Catalogue;
use crate::engine::Input;
use crate::pipeline::desk::{By, DeskAct, DeskWork};
use crate::pipeline::{Applier, Arrival, Ended, Intake, Limits, Queue};
use crate::settings::{Directory, OperatorFile, Sources};

const CODE: &str = "123456789012345678901234567890";
const SETTINGS: &str = "
    [portals.epasluga]
    users = ['epasluga']
    [banks.erip]
    users = ['erip']
    [banks.bank]
    users = ['bank']
    [feeds.erip]
    format = 'erip'
    bank = 'erip'
    asserts = ['credited']
    [feeds.bank]
    format = 'client_bank'
    bank = 'bank'
    asserts = ['credited', 'reversed']
    settles = ['erip']
    [agencies.zags-minsk]
    users = ['zags-minsk']";

/// A daemon without broker, threads and clock: each message is a commit, a second apart.
struct Desk {
    store: Store,
    settings: Settings,
    applier: Applier,
    intake: Intake,
    now: Moment,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("kvit.toml");
        std::fs::write(&file, SETTINGS).unwrap();
        let sources = Sources {
            file: OperatorFile::Named(file),
            environment: std::collections::HashMap::new(),
            overrides: Vec::new(),
            credentials: None,
        };
        let settings = Settings::load(&sources).unwrap().settings;
        let catalogue = concat!(env!("CARGO_MANIFEST_DIR"), "/../config/catalogue");
        let catalogue = Catalogue::load(catalogue.as_ref()).unwrap();
        let rules = crate::service::rules(&settings, Arc::new(catalogue));
        let directory = Directory::from(&settings);
        let limits =
            Limits { message_bytes: 1 << 20, file_bytes: 1 << 20, quarantine_bytes: 1 << 20 };
        let store = Store::in_memory();
        let applier = Applier::new(&store, rules, directory.clone(), limits, 30).unwrap();
        let now = "2026-03-05T10:20:00+03:00".parse().unwrap();
        Self { store, settings, applier, intake: Intake { directory, limits }, now }
    }

    fn tick(&mut self) {
        self.now = self.now.plus_seconds(1);
    }

    fn say(&mut self, user: &str, kind: &str, id: &str, body: &serde_json::Value) -> &mut Self {
        self.tick();
        let unversioned = kind.trim_end_matches(".v1").to_owned();
        let (queue, routing_key) = match user {
            "epasluga" => (Queue::Portal, unversioned),
            "zags-minsk" => (Queue::Agency, user.to_owned()),
            _ => (Queue::Bank, format!("{user}.payment")),
        };
        let properties = Properties {
            message_id: Some(id.to_owned()),
            kind: Some(kind.to_owned()),
            user_id: Some(user.to_owned()),
            ..Properties::default()
        };
        let exchange = String::new();
        let body = serde_json::to_vec(body).unwrap();
        let arrival = Arrival { queue, exchange, routing_key, properties, body };
        let prepared = self.intake.check(arrival, self.now);
        let mut draft = self.store.draft();
        self.applier.delivery(&mut draft, &prepared, self.now).unwrap();
        draft.apply(self.applier.next_seq()).unwrap();
        self
    }

    fn apply_for(&mut self, code: &str) -> &mut Self {
        let body = json!({
            "order_code": code, "procedure": "5.9", "submitted_at": "2026-03-05T10:15:00+03:00",
            "applicant": { "kind": "citizen", "id": "3120890H017PB0", "name": "Іваноў Іван",
                "region": "BY-HM", "locality": "Мінск" },
            "identification": "unique_id", "language": "be",
            "fee": { "amount": "45.00", "currency": "BYN" }, "form": {}, "attachments": [],
        });
        self.say("epasluga", "application.submitted.v1", &format!("app-{}", &code[..3]), &body)
    }

    fn pay(&mut self, id: &str, code: Option<&str>, purpose: Option<&str>) -> &mut Self {
        let body = json!({
            "feed": "bank", "payment_id": id, "state": "credited", "order_code": code,
            "purpose": purpose, "amount": { "amount": "45.00", "currency": "BYN" },
            "paid_at": "2026-03-05T13:30:15+03:00",
            "payer": { "name": "ИВАНОВ ИВАН", "id": null, "account": null },
            "references": { "erip_operation": null, "agent_operation": null, "bank_document": id },
        });
        self.say("bank", "payment.reported.v1", &format!("pay-{id}"), &body)
    }

    fn act(&mut self, input: Input) -> Ended {
        self.tick();
        let actor = Actor::Operator { id: "aksana".into(), reason: "the payer called".into() };
        let mut draft = self.store.draft();
        let ended = self.applier.act(&mut draft, input, actor, self.now).unwrap();
        draft.apply(self.applier.next_seq()).unwrap();
        ended
    }

    fn discard(&mut self, number: u64) {
        self.tick();
        let by = By { id: "aksana".parse().unwrap(), reason: "sent anew".to_owned() };
        let act = DeskAct::Discard { number: Seq(number) };
        let work = DeskWork { act, by, approves: None, dry_run: false };
        let mut draft = self.store.draft();
        self.applier.desk(&mut draft, work, self.now).unwrap();
        draft.apply(self.applier.next_seq()).unwrap();
    }

    fn books(&self) -> Books<'_> {
        Books { store: &self.store, settings: &self.settings, now: self.now }
    }

    #[track_caller]
    fn tells(&self, question: &str, expected: Expect) {
        let why = why(self.books(), question).unwrap();
        let read: Why = serde_json::from_str(&serde_json::to_string(&why).unwrap()).unwrap();
        assert_eq!(read, why, "the answer survives its way through JSON");
        expected.assert_eq(&crate::cli::story_text(&why));
    }
}

#[test]
fn the_story_of_a_case_from_application_to_decision() {
    let mut desk = Desk::new();
    desk.apply_for(CODE);
    desk.tells(CODE, expect![[r#"
        Order 123456789012345678901234567890: awaiting payment
          procedure 5.9, submitted 2026-03-05 10:15:00 through the portal epasluga
          due 45.00 BYN, settled 0.00 BYN; to be paid until 2026-04-04 10:15:00
          it waits for 45.00 BYN from the applicant
          no agency has it yet; its route leads to zags-minsk

        What happened:
        2026-03-05 10:20:01  #1     portal epasluga  application.submitted.v1  app-123  applied
            application accepted: procedure 5.9, 45.00 BYN is due; zags-minsk is to decide it by 2026-03-11
            the portal is told: awaiting payment (0.00 BYN of 45.00 BYN settled)

        What can be done:
          the applicant pays 45.00 BYN and quotes 123456789012345678901234567890; if they say they did, look whether the money is in suspense: kvit suspense list
    "#]]);
    desk.pay("77", Some(CODE), None);
    let decided = json!({
        "order_code": CODE, "decision_id": "d-1", "outcome": "granted",
        "decided_at": "2026-03-06T09:00:00+03:00", "title": "Рашэнне", "text": "Так",
        "delivery": "electronic",
    });
    desk.now = "2026-03-06T09:00:00+03:00".parse().unwrap();
    desk.say("zags-minsk", "case.decided.v1", "dec-1", &decided);
    desk.tells(CODE, expect![[r#"
        Order 123456789012345678901234567890: decided
          procedure 5.9, submitted 2026-03-05 10:15:00 through the portal epasluga
          due 45.00 BYN, settled 45.00 BYN; to be paid until 2026-04-04 10:15:00
          agency zags-minsk has it, to decide by 2026-03-11
          decision d-1: granted by zags-minsk on 2026-03-06 09:00:00; not yet acknowledged; published so far: 1
          payment 2 (bank/77): 45.00 BYN, credited, 45.00 BYN settled

        What happened:
        2026-03-05 10:20:01  #1     portal epasluga  application.submitted.v1  app-123  applied
            application accepted: procedure 5.9, 45.00 BYN is due; zags-minsk is to decide it by 2026-03-11
            the portal is told: awaiting payment (0.00 BYN of 45.00 BYN settled)
        2026-03-05 10:20:02  #2     bank bank  payment.reported.v1  pay-77  applied
            bank reports payment 77 of 45.00 BYN, paid at 2026-03-05 13:30:15: it is on the account
            matched to order 123456789012345678901234567890: the field for the order code holds it
            of payment 77 (bank) now: 45.00 BYN on order 123456789012345678901234567890
            sent to zags-minsk, to be decided by 2026-03-11; evidence: the money is on the account
            the portal is told: at the agency (45.00 BYN of 45.00 BYN settled)
        2026-03-06 09:00:01  #3     agency zags-minsk  case.decided.v1  dec-1  applied
            zags-minsk decided: granted (decision d-1)
            the portal is told: decided (45.00 BYN of 45.00 BYN settled)

        What can be done:
          the portal acknowledges decision d-1 with decision.acknowledged.v1
    "#]]);
}

#[test]
fn the_story_of_money_in_suspense_until_a_person_says_where_it_belongs() {
    let mut desk = Desk::new();
    let typo = CODE.replacen("5678", "5768", 1);
    desk.apply_for(CODE).pay("78", None, Some(&format!("Пошлина {typo}, спасибо")));
    desk.tells("bank/78", expect![[r#"
        Payment 2 (bank/78): 45.00 BYN, credited, in suspense: no application with its order code is known yet
          it names order 123457689012345678901234567890
          bank says credited: code quoted: none; codes in the text: 123457689012345678901234567890; references: bank_document 78

        What happened:
        2026-03-05 10:20:02  #2     bank bank  payment.reported.v1  pay-78  applied
            bank reports payment 78 of 45.00 BYN, paid at 2026-03-05 13:30:15: it is on the account
            matched to order 123457689012345678901234567890: it is the only order code in the payer's text
            put in suspense: no application with its order code is known yet (123457689012345678901234567890)

        Orders it may belong to:
          123456789012345678901234567890  awaiting_payment (due 45.00 BYN)
              two neighbouring digits are swapped in 123457689012345678901234567890
              its fee is exactly what was paid

        What can be done:
          kvit suspense assign 2 123456789012345678901234567890 --reason <why>
          or wait: once its application comes, the money goes there by itself
          payer and purpose: kvit suspense show 2
    "#]]);
    let payment = suspense(&desk.store, None, None).unwrap().items[0].number;
    let input = Input::AssignPayment {
        payment: Seq(payment),
        order_code: CODE.parse().unwrap(),
        by: "aksana".parse().unwrap(),
        reason: "the payer called".into(),
    };
    assert_eq!(desk.act(input), Ended::Applied(None));
    desk.tells(&payment.to_string(), expect![[r#"
        Payment 2 (bank/78): 45.00 BYN, credited, 45.00 BYN settled
          it belongs to order 123456789012345678901234567890
          assigned by aksana at 2026-03-05 10:20:03: the payer called
          bank says credited: code quoted: none; codes in the text: 123457689012345678901234567890; references: bank_document 78

        What happened:
        2026-03-05 10:20:02  #2     bank bank  payment.reported.v1  pay-78  applied
            bank reports payment 78 of 45.00 BYN, paid at 2026-03-05 13:30:15: it is on the account
            matched to order 123457689012345678901234567890: it is the only order code in the payer's text
            put in suspense: no application with its order code is known yet (123457689012345678901234567890)
        2026-03-05 10:20:03  #3     operator aksana, because: the payer called
            a person assigned the payment to order 123456789012345678901234567890
            matched to order 123456789012345678901234567890: a person said so
            of payment 78 (bank) now: 45.00 BYN on order 123456789012345678901234567890
            sent to zags-minsk, to be decided by 2026-03-11; evidence: the money is on the account
            the portal is told: at the agency (45.00 BYN of 45.00 BYN settled)

        What can be done:
          the order's own story: kvit why 123456789012345678901234567890
    "#]]);
    assert!(suspense(&desk.store, None, None).unwrap().items.is_empty());
}

#[test]
fn messages_are_found_by_their_ids_however_they_ended() {
    let mut desk = Desk::new();
    desk.apply_for(CODE).apply_for(CODE).pay("79", Some(CODE), None);
    desk.say("bank", "payment.reported.v1", "bad-1", &json!({ "feed": "bank" }));
    desk.tells("app-123", expect![[r#"
        Message app-123 from portal epasluga: duplicate

        What happened:
        2026-03-05 10:20:01  #1     portal epasluga  application.submitted.v1  app-123  applied
            application accepted: procedure 5.9, 45.00 BYN is due; zags-minsk is to decide it by 2026-03-11
            the portal is told: awaiting payment (0.00 BYN of 45.00 BYN settled)
        2026-03-05 10:20:02  #2     portal epasluga  application.submitted.v1  app-123  duplicate

        What can be done:
          kvit why 123456789012345678901234567890
    "#]]);
    desk.tells(
        "pay-79",
        expect![[r#"
        Message pay-79 from bank bank: applied

        What happened:
        2026-03-05 10:20:03  #3     bank bank  payment.reported.v1  pay-79  applied
            bank reports payment 79 of 45.00 BYN, paid at 2026-03-05 13:30:15: it is on the account
            matched to order 123456789012345678901234567890: the field for the order code holds it
            of payment 79 (bank) now: 45.00 BYN on order 123456789012345678901234567890
            sent to zags-minsk, to be decided by 2026-03-11; evidence: the money is on the account
            the portal is told: at the agency (45.00 BYN of 45.00 BYN settled)

        What can be done:
          kvit why 123456789012345678901234567890
          kvit why 3
    "#]],
    );
    desk.tells("bad-1", expect![[r#"
        Message bad-1 from bank bank: refused
          its bytes are in quarantine under number 4

        What happened:
        2026-03-05 10:20:04  #4     bank bank  payment.reported.v1  bad-1  refused
            refused with KV1106, A required field is missing at /payment_id: the field is required. Cure: Add the field.

        What can be done:
          Add the field.
          the message as it came: kvit quarantine show 4
    "#]]);
    desk.discard(4);
    let told = why(desk.books(), "bad-1").unwrap();
    assert_eq!(told.headline[0], "Message bad-1 from bank bank: refused", "not: noted by aksana");
    assert_eq!(told.story.len(), 2);
    let unknown = why(desk.books(), "never-heard").unwrap_err();
    expect![[
        r#"nothing is known of "never-heard": no order, payment, file or message of that name"#
    ]]
    .assert_eq(&unknown.to_string());
}

#[test]
fn damaged_codes_lead_to_the_order_that_was_meant() {
    let mut desk = Desk::new();
    let small = "000000000000000000000087654321";
    desk.apply_for(CODE).apply_for(small);
    let damages = [
        ("wrong", format!("9{}", &CODE[1..])),
        ("swapped", CODE.replacen("12", "21", 1)),
        ("missing", CODE.replacen('5', "", 1)),
        ("doubled", CODE.replacen('5', "55", 1)),
        ("grouped and wrong", format!("9{} {}", &CODE[1..10], &CODE[10..])),
        ("zeros eaten", "87654321".to_owned()),
        ("nothing like it", "2026 12345".to_owned()),
    ];
    let mut table = String::new();
    for (at, (what, purpose)) in damages.iter().enumerate() {
        desk.pay(&format!("{at}"), None, Some(purpose));
        let feed = "bank".parse().unwrap();
        let payment =
            kvit_adapters::store::Tables::payment_by_identity(&desk.store, &feed, &format!("{at}"));
        let found = candidates(&desk.store, &payment.unwrap().unwrap()).unwrap();
        let found: Vec<_> =
            found.iter().map(|it| format!("{} {:?}", it.order_code, it.reasons)).collect();
        table.push_str(&format!("{what}: {}\n", found.join("; ")));
    }
    expect![[r#"
        wrong: 123456789012345678901234567890 ["one digit is wrong in 923456789012345678901234567890", "its fee is exactly what was paid"]
        swapped: 123456789012345678901234567890 ["two neighbouring digits are swapped in 213456789012345678901234567890", "its fee is exactly what was paid"]
        missing: 123456789012345678901234567890 ["a digit is missing in 12346789012345678901234567890", "its fee is exactly what was paid"]
        doubled: 123456789012345678901234567890 ["a digit is doubled in 1234556789012345678901234567890", "its fee is exactly what was paid"]
        grouped and wrong: 123456789012345678901234567890 ["one digit is wrong in 923456789012345678901234567890", "its fee is exactly what was paid"]
        zeros eaten: 000000000000000000000087654321 ["leading zeros are missing in 87654321", "its fee is exactly what was paid"]
        nothing like it: 
    "#]].assert_eq(&table);
}
