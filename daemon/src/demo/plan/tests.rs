use std::collections::BTreeSet;
use std::path::Path;

use super::*;
use crate::demo::cast::{Cast, Roles};
use crate::demo::ground::Ground;

fn plan(seed: u64) -> Plan {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/catalogue");
    let place = tempfile::tempdir().unwrap();
    let ground = Ground::lay(place.path(), "amqp://nobody@localhost", &dir).unwrap();
    let how = Play { seed, ..how() };
    make(&ground.catalogue, "2026-11-20".parse().unwrap(), (&ground.cast, &how)).unwrap()
}

fn how() -> Play {
    Play { orders: 2000, seed: 1, faults: None, numbers_from: 0, paid_by_others: false }
}

/// A plan in which only these are played, with everything that can go wrong.
fn partial(roles: Roles, paid_by_others: bool) -> Plan {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/catalogue");
    let place = tempfile::tempdir().unwrap();
    let ground = Ground::lay(place.path(), "amqp://nobody@localhost", &dir).unwrap();
    let cast = Cast::of(&ground.settings, &ground.catalogue, (roles, &[])).unwrap();
    let faults = "duplicates=0.1,early=0.1,damaged=0.1,reversed=0.1,withdrawn=0.1,amounts=0.1,\
                  returned=0.1,refused=0.5";
    let how = Play { faults: Some(faults.parse().unwrap()), paid_by_others, ..how() };
    make(&ground.catalogue, "2026-11-20".parse().unwrap(), (&cast, &how)).unwrap()
}

#[test]
fn only_those_who_are_played_speak_and_only_of_what_they_can_see() {
    let real_agencies = Roles { agencies: false, ..Roles::ALL };
    let plan = partial(real_agencies, false);
    let exchanges: BTreeSet<&str> = plan.posts().map(|post| post.exchange).collect();
    assert_eq!(exchanges, BTreeSet::from(["portal.in", "bank.in"]));
    let hangs_on_an_agency = |event: &Event| match event {
        Event::Assigned(..) | Event::Requested(_) => true,
        Event::Known(_) | Event::Decided(_) | Event::Reported(_) => false,
    };
    let posts = plan.answers.iter().filter(|(event, _)| hangs_on_an_agency(event));
    assert_eq!(posts.map(|(_, posts)| posts.len()).sum::<usize>(), 0);
    let only_portals = Roles { banks: false, ..real_agencies };
    assert!(partial(only_portals, false).orders.values().all(|it| it.due.is_none()));
    assert!(partial(only_portals, true).orders.values().any(|it| it.due.is_some()));
}

fn told(plan: &Plan) -> Vec<(String, Vec<u8>)> {
    let mut answers: Vec<_> = plan.posts().map(|it| (it.id.clone(), it.body.clone())).collect();
    answers[plan.opening.len()..].sort();
    answers
}

#[test]
fn the_same_seed_gives_the_same_plan_and_another_one_another() {
    let (one, same, other) = (plan(1), plan(1), plan(2));
    assert_eq!(told(&one), told(&same));
    assert_eq!(one.money, same.money);
    assert_ne!(told(&one), told(&other));
}

#[test]
fn all_scenarios_procedures_regions_and_refusals_are_played() {
    let plan = plan(1);
    let played: BTreeSet<&str> = plan.orders.values().map(|it| it.scenario).collect();
    let known: BTreeSet<&str> =
        scenarios::PAID.iter().chain(scenarios::FREE).map(|it| it.name).collect();
    assert_eq!(played, known);
    let (mut procedures, mut regions) = (BTreeSet::new(), BTreeSet::new());
    for post in plan.posts().filter(|it| it.end == End::Applied) {
        let body: serde_json::Value = serde_json::from_slice(&post.body).unwrap_or_default();
        if let (Some(code), Some(region)) =
            (body["procedure"].as_str(), body["applicant"]["region"].as_str())
        {
            procedures.insert(code.to_owned());
            regions.insert(region.to_owned());
        }
    }
    assert_eq!((procedures.len(), regions.len()), (15, 7));
    let mut codes = BTreeSet::new();
    for post in plan.posts() {
        match post.end {
            End::Refused(code) | End::FileRefused(code) => drop(codes.insert(code)),
            End::Unanswered => drop(codes.insert("KV1002")),
            End::Applied | End::File(..) => {}
        }
    }
    assert_eq!(codes.len(), 31, "{codes:?}");
}

#[test]
fn the_plan_s_own_money_is_conserved() {
    for (of, sum) in plan(7).money {
        let placed = sum.settled + sum.suspense + sum.refund_due + sum.reversed;
        assert_eq!(placed, sum.gross, "{of:?}");
        assert!(sum.withheld <= sum.gross, "{of:?}");
    }
}

#[test]
fn message_ids_are_reused_only_where_that_is_refused() {
    let plan = plan(3);
    let mut seen = BTreeSet::new();
    for post in plan.posts() {
        let fresh = seen.insert((format!("{:?}", post.speaker), post.id.as_str()));
        let reuse = post.end == End::Refused("KV1201") || post.id.starts_with("app-");
        assert!(fresh || reuse, "{}", post.id);
    }
}
