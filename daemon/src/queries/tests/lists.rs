//! Lists, quarantine, and the same answers from an imported store.

use super::*;

#[test]
fn lists_are_filtered_and_go_on_where_they_ended() {
    let mut desk = Desk::new();
    for first in 1..=5 {
        let code = format!("{first}{}", &CODE[1..]);
        desk.apply_for(&code);
        if first % 2 == 0 {
            desk.pay(&format!("p{first}"), Some(&code), None);
        }
    }
    let ask = |filter: CaseFilter| {
        let found = cases(&desk.store, &filter).unwrap();
        let codes: String = found.items.iter().map(|it| &it.order_code.as_str()[..1]).collect();
        (codes, found.next)
    };
    let routed = || Some("routed".to_owned());
    assert_eq!(ask(CaseFilter::default()).0, "12345");
    assert_eq!(ask(CaseFilter { status: routed(), ..CaseFilter::default() }).0, "24");
    let (codes, next) = ask(CaseFilter { limit: Some(2), ..CaseFilter::default() });
    assert_eq!(codes, "12");
    assert_eq!(ask(CaseFilter { after: next, ..CaseFilter::default() }).0, "345");
    let agency = Some("gai-minsk".parse().unwrap());
    assert_eq!(ask(CaseFilter { agency, ..CaseFilter::default() }).0, "");
    let code: OrderCode = format!("2{}", &CODE[1..]).parse().unwrap();
    let view = case(&desk.store, code).unwrap();
    let read: CaseView = serde_json::from_str(&serde_json::to_string(&view).unwrap()).unwrap();
    assert_eq!(read.payments.len(), 1);
    assert!(totals(&desk.store).unwrap().iter().all(|it| it.conserved));
    assert!(verify_audit(&desk.store, |_| {}).unwrap().sound);
    assert!(verify_store(&desk.store, |_| {}).unwrap().sound);
}

#[test]
fn quarantine_shows_text_as_text_and_what_to_do() {
    let mut desk = Desk::new();
    desk.say("bank", "payment.reported.v1", "bad-1", &json!({ "feed": "bank" }));
    let number = quarantine(&desk.store, &QuarantineFilter::default()).unwrap().items[0].number;
    let shown = quarantined(&desk.store, number).unwrap();
    assert_eq!(shown.body_text.as_deref(), Some("{\"feed\":\"bank\"}"));
    assert_eq!(shown.record.code, "KV1106");
    assert_eq!(shown.cure, "Add the field.");
}

#[test]
fn an_imported_store_answers_every_question_as_the_exported_one() {
    use kvit_adapters::store::{carry, rows};

    let mut desk = Desk::new();
    let other = CODE.replacen('1', "9", 1);
    desk.apply_for(CODE).apply_for(&other).pay("77", Some(CODE), None);
    desk.pay("78", None, Some("няма кода")).pay("78", None, Some("other money"));
    let mut bytes = Vec::new();
    let sums = carry::export(&desk.store, &mut bytes, desk.now, |_| {}).unwrap();

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let options =
        rows::RowOptions { now: desk.now, ..crate::service::store_options(&desk.settings, true) };
    let purpose = carry::Purpose { path: &path, options, reason: "a move" };
    let imported = carry::import(&*bytes, purpose, carry::Bounds::default(), |_| {}).unwrap();
    assert_eq!(imported.sums, sums);
    let store = &imported.store;
    let books = Books { store, settings: &desk.settings, now: desk.now };
    for question in [CODE, &other, "bank/77", "bank/78", "3", "pay-78", "app-123"] {
        let before = why(desk.books(), question).unwrap();
        assert_eq!(why(books, question).unwrap(), before, "{question}");
    }
    let listed = |store: &Store| {
        let cases = cases(store, &CaseFilter::default()).unwrap().items;
        let suspense = suspense(store, None, None).unwrap().items;
        let quarantine = quarantine(store, &QuarantineFilter::default()).unwrap().items;
        let audit = verify_audit(store, |_| {}).unwrap();
        let totals = totals(store).unwrap();
        assert!(audit.sound && !cases.is_empty() && !suspense.is_empty());
        assert!(!quarantine.is_empty() && !totals.is_empty());
        serde_json::to_string(&(cases, suspense, quarantine, audit, totals)).unwrap()
    };
    assert_eq!(listed(store), listed(&desk.store));
    assert_eq!(audit_head(store).unwrap(), audit_head(&desk.store).unwrap());
    let verified = verify_store(store, |_| {}).unwrap();
    assert!(verified.sound && verified.ledger_agrees == Some(true), "{verified:?}");
    assert_eq!(verified.commit, desk.store.last_commit());
}
