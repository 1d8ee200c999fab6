//! A list costs its page, however many rows there are: rows read are counted, not time.

use kvit_adapters::store::{Store, Under};
use kvit_schemas::record::{Fate, FateState, QuarantineRecord, Seq};
use kvit_schemas::{Code, Moment};

use super::{CaseFilter, QuarantineFilter, SCAN_MAX, cases, groups, quarantine, suspense};

/// Rows of the large store; KVIT_ROWS=1000000 makes it larger.
fn many() -> u64 {
    std::env::var("KVIT_ROWS").ok().and_then(|text| text.parse().ok()).unwrap_or(200_000)
}

fn record(number: u64, at: Moment) -> QuarantineRecord {
    QuarantineRecord {
        seq: Seq(number),
        at,
        party: Some(format!("portal p{}", number % 3)),
        queue: "portal.in".to_owned(),
        address: ("kvit.portal.in".to_owned(), "application.submitted".to_owned()),
        properties: vec![("message_id".to_owned(), format!("m{number}"))],
        code: if number.is_multiple_of(2) { Code::ORDER_NOT_YOURS } else { Code::TYPE_UNKNOWN },
        detail: format!("number {number}"),
        pointer: Some(format!("/attachments/{}", number % 5)),
        order_code: None,
        body_bytes: 2,
        body_sha256: String::new(),
    }
}

fn filled(many: u64) -> Store {
    let store = Store::in_memory();
    let at: Moment = "2026-03-05T10:15:00+03:00".parse().unwrap();
    for first in (1..=many).step_by(10_000) {
        let mut draft = store.draft();
        for number in first..(first + 10_000).min(many + 1) {
            draft.put_quarantine(&record(number, at), b"{}".to_vec());
            if number.is_multiple_of(4) {
                let state = FateState::Discarded;
                draft.put_fate(Seq(number), &Fate { state, attempts: 0, last: None });
            }
        }
        draft.apply(Seq(many + 1)).unwrap();
    }
    store
}

fn read(store: &Store) -> u64 {
    match store.under() {
        Under::Memory(rows) => rows.rows_read(),
        Under::Sled(_) => unreachable!("these stores are in memory"),
    }
}

#[test]
fn a_page_of_a_large_list_reads_a_page_and_a_filter_that_fits_nothing_reads_a_part() {
    let many = many();
    let store = filled(many);
    let cost = |ask: &dyn Fn()| {
        let before = read(&store);
        ask();
        read(&store) - before
    };
    let scan = u64::try_from(SCAN_MAX).unwrap();
    let page = |filter: &QuarantineFilter| quarantine(&store, filter).unwrap();
    let all = || QuarantineFilter { state: Some("all".to_owned()), ..QuarantineFilter::default() };

    let first = QuarantineFilter { limit: Some(100), ..all() };
    assert_eq!(cost(&|| drop(page(&first))), 200, "a hundred records and what became of each");
    let last = QuarantineFilter { limit: Some(100), after: Some(many - 100), ..all() };
    assert_eq!(page(&last).items.len(), 100);
    assert_eq!(cost(&|| drop(page(&last))), 200, "the last page costs what the first does");
    let never = QuarantineFilter { text: Some("never said".to_owned()), ..all() };
    assert!(cost(&|| drop(page(&never))) <= 2 * scan, "a part of the store, and where to go on");
    assert_eq!(page(&never).next, Some(scan));
    assert!(cost(&|| drop(groups(&store, &all()).unwrap())) <= 2 * scan);
    assert_eq!(cost(&|| drop(cases(&store, &CaseFilter::default()).unwrap())), 0);
    assert_eq!(cost(&|| drop(suspense(&store, None, None).unwrap())), 0);

    // Page after page is the whole, each once.
    let (mut after, mut seen) = (None, 0);
    loop {
        let part = page(&QuarantineFilter { after, limit: Some(1_000), ..Default::default() });
        seen += part.items.len();
        after = part.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, usize::try_from(many - many / 4).unwrap(), "discarded ones are not listed");
}

#[test]
fn filters_and_groups_find_what_belongs_together() {
    let store = filled(2_000);
    let of = |filter: QuarantineFilter| quarantine(&store, &filter).unwrap().items;
    let filter = || QuarantineFilter { limit: Some(7), ..QuarantineFilter::default() };
    let code = Some("KV1303".to_owned());
    let found = of(QuarantineFilter { code, party: Some("portal p1".to_owned()), ..filter() });
    assert!(found.iter().all(|it| it.code == "KV1303" && it.number % 3 == 1), "{found:#?}");
    assert_eq!(found.len(), 7);
    let same = of(QuarantineFilter { group: Some(found[0].group.clone()), ..filter() });
    let numbers =
        |found: &[super::Quarantined]| -> Vec<u64> { found.iter().map(|it| it.number).collect() };
    assert_eq!(numbers(&same), numbers(&found), "places in lists make no group of their own");
    let found = of(QuarantineFilter { text: Some("NUMBER 1234".to_owned()), ..all(filter()) });
    assert_eq!(found[0].number, 1234);
    let bogus = QuarantineFilter { state: Some("gone".to_owned()), ..filter() };
    let refused = quarantine(&store, &bogus).unwrap_err().to_string();
    assert!(refused.contains("open, releasing, released, discarded"), "{refused}");
    let bogus = CaseFilter { status: Some("bogus".to_owned()), ..CaseFilter::default() };
    let refused = cases(&store, &bogus).unwrap_err().to_string();
    assert!(
        refused.contains("awaiting_payment") && refused.contains("no_application"),
        "{refused}"
    );
}

fn all(filter: QuarantineFilter) -> QuarantineFilter {
    QuarantineFilter { state: Some("all".to_owned()), ..filter }
}
