//! Lines of the audit log, by what finds them.

use kvit_schemas::Moment;
use kvit_schemas::record::{Actor, AuditBatch, AuditLine, Case, Disposition, Seq, Subject};

use super::{AuditFault, Store, Tables, codec, draft, keys};

fn line(seq: u64, disposition: Disposition, subjects: Vec<Subject>) -> AuditLine {
    AuditLine {
        at: Moment::from_micros(0).unwrap(),
        seq: Seq(seq),
        actor: Actor::Unknown,
        message: Some(("payment.reported.v1".to_owned(), format!("m-{seq}"))),
        disposition: Some(disposition),
        subjects,
        notes: Vec::new(),
    }
}

/// Commits of so many lines each; one without lines lies between them, as when messages were sent.
fn store(commits: &[u64]) -> Store {
    let store = Store::in_memory();
    let mut seq = 0;
    for lines in commits {
        let mut draft = store.draft();
        for _ in 0..*lines {
            seq += 2;
            draft.audit(line(seq, Disposition::Applied, vec![Subject::Case(Seq(1))]));
        }
        draft.apply(Seq(seq + 1)).unwrap();
    }
    store
}

#[test]
fn a_number_leads_to_its_line_whatever_lies_between() {
    for commits in [&[1][..], &[0, 3, 0, 0, 1, 2, 0], &[5, 5, 5, 5], &[0, 0], &[]] {
        let store = store(commits);
        let last = commits.iter().sum::<u64>() * 2;
        for seq in 0..=last + 3 {
            let found = store.lines_of_seq(Seq(seq)).unwrap();
            let found: Vec<u64> = found.iter().map(|it| it.line.seq.0).collect();
            let there = seq > 0 && seq <= last && seq % 2 == 0;
            assert_eq!(found, if there { vec![seq] } else { vec![] }, "{seq} of {commits:?}");
        }
    }
}

/// What somebody does to the row of the second of four commits.
type Damage = fn(AuditBatch) -> Option<AuditBatch>;
/// Commits, and what is said of each.
type Seen = &'static [(u64, &'static str)];

#[test]
fn a_log_that_somebody_changed_is_seen_where_it_was_changed() {
    const PARTED: &str = "does not follow what is before it";
    let cases: [(u64, Damage, Seen); 5] = [
        (2, Some, &[]),
        (2, |_| None, &[(3, PARTED)]),
        (4, |_| None, &[(5, "the end of the chain is missing")]),
        (
            2,
            |batch| Some(AuditBatch { lines: Vec::new(), ..batch }),
            &[(2, "its lines were changed")],
        ),
        (
            2,
            |batch| {
                let hash = draft::link(&batch.previous, &batch.lines[1..]);
                Some(AuditBatch { lines: batch.lines[1..].to_vec(), hash, ..batch })
            },
            &[(3, PARTED)],
        ),
    ];
    for (commit, damage, expected) in cases {
        let store = store(&[2, 2, 2, 2]);
        let key = keys::numbered(keys::AUDIT, Seq(commit));
        let batch: AuditBatch = store.record(&key).unwrap().unwrap();
        let mut draft = store.draft();
        match damage(batch) {
            Some(batch) => draft.plant(key, codec::encode(&batch)),
            None => draft.remove(key),
        }
        draft.apply(Seq(100)).unwrap();
        let (_, faults) = store.verify_audit(|_| {}).unwrap();
        let faults: Vec<_> =
            faults.iter().map(|AuditFault { commit, what }| (*commit, *what)).collect();
        assert_eq!(faults, expected);
    }
}

#[test]
fn only_messages_that_no_mark_leads_to_are_indexed_by_their_ids() {
    let store = Store::in_memory();
    let mut draft = store.draft();
    let case = || vec![Subject::Case(Seq(1))];
    draft.audit(line(1, Disposition::Applied, case()));
    draft.audit(line(2, Disposition::Refused, case()));
    draft.audit(line(3, Disposition::Duplicate, case()));
    draft.audit(line(4, Disposition::Applied, Vec::new()));
    draft.apply(Seq(5)).unwrap();
    let found = |id: &str| store.story(Subject::message(id)).unwrap().len();
    assert_eq!(["m-1", "m-2", "m-3", "m-4"].map(found), [0, 1, 1, 1]);
}

#[test]
fn a_story_longer_than_its_row_takes_is_told_whole_and_in_order() {
    let store = Store::in_memory();
    let mut draft = store.draft();
    let order_code = "000000000000000000000000000017".parse().unwrap();
    draft.put_case(&Case::new(Seq(1), order_code), true).unwrap();
    draft.apply(Seq(2)).unwrap();
    for seq in 0..150 {
        let mut draft = store.draft();
        for nth in 0..2 {
            let about = vec![Subject::Case(Seq(1))];
            draft.audit(line(2 + 2 * seq + nth, Disposition::Applied, about));
        }
        // The row is also written anew now and then, which must leave the story alone.
        if seq % 3 == 0 {
            let case = draft.case(order_code).unwrap().unwrap();
            draft.put_case(&case, false).unwrap();
        }
        draft.apply(Seq(4 + 2 * seq)).unwrap();
    }
    let told = store.story(Subject::Case(Seq(1))).unwrap();
    let told: Vec<u64> = told.iter().map(|line| line.line.seq.0).collect();
    assert_eq!(told, (2..302).collect::<Vec<_>>());
}
