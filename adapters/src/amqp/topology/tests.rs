use expect_test::expect;

use super::*;

fn sample() -> Topology {
    let party = |id: &str| Party { id: id.into(), users: vec![format!("{id}-user")] };
    Topology {
        prefix: "kvit".into(),
        vhost: "/".into(),
        daemon_users: vec!["kvit".into()],
        ops_users: vec!["watch".into()],
        portals: vec![party("eportal")],
        banks: vec![Bank {
            id: "belarusbank".into(),
            users: vec!["bank-user".into()],
            feeds: vec!["erip".into(), "statement".into()],
        }],
        agencies: vec![party("mns")],
        limits: QueueLimits {
            delivery_limit: 20,
            in_bytes_max: 1000,
            out_bytes_max: 500,
            ops_bytes_max: 100,
        },
    }
}

#[test]
fn every_party_has_its_queues() {
    let queues = sample().queues();
    let mut shown = String::new();
    for queue in &queues {
        shown += &format!("{} <- {} [{}]\n", queue.name, queue.exchange, queue.binding_key);
    }
    expect![[r#"
        kvit.dead <- kvit.dead []
        kvit.ops.out <- kvit.ops.out [#]
        kvit.portal.in <- kvit.portal.in [#]
        kvit.bank.in <- kvit.bank.in [*.payment]
        kvit.bank.files <- kvit.bank.in [*.file]
        kvit.agency.in <- kvit.agency.in [#]
        kvit.portal.eportal.out <- kvit.portal.out [eportal.#]
        kvit.agency.mns.inbox <- kvit.agency.out [mns]
        kvit.bank.erip.reports <- kvit.bank.out [erip]
        kvit.bank.statement.reports <- kvit.bank.out [statement]
    "#]]
    .assert_eq(&shown);
}

#[test]
fn every_queue_is_a_bounded_quorum_queue_that_loses_nothing_but_old_alerts() {
    for queue in sample().queues() {
        let argument = |name| {
            let found = queue.arguments.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| value.clone())
        };
        let text = |text: &str| Some(Argument::Text(text.into()));
        assert_eq!(argument("x-queue-type"), text("quorum"), "{}", queue.name);
        assert!(argument("x-delivery-limit").is_some(), "{}", queue.name);
        let is_last = matches!(queue.name.as_str(), "kvit.dead" | "kvit.ops.out");
        let dead = if is_last { None } else { text("kvit.dead") };
        assert_eq!(argument("x-dead-letter-exchange"), dead, "{}", queue.name);
        let full = if queue.name == "kvit.ops.out" { "drop-head" } else { "reject-publish" };
        assert_eq!(argument("x-overflow"), text(full), "{}", queue.name);
    }
}

#[test]
fn definitions_give_each_party_its_own_and_nothing_more() {
    let definitions = sample().definitions(Users::Created);
    let lines = |key: &str| -> String {
        let rows = definitions[key].as_array().unwrap();
        rows.iter().map(|row| row.to_string() + "\n").collect()
    };
    expect![[r#"
        {"name":"kvit","tags":[]}
        {"name":"bank-user","tags":[]}
        {"name":"eportal-user","tags":[]}
        {"name":"mns-user","tags":[]}
        {"name":"watch","tags":[]}
    "#]]
    .assert_eq(&lines("users"));
    expect![[r#"
        {"user":"kvit","vhost":"/","configure":"^$","write":"^(kvit\\.portal\\.out|kvit\\.agency\\.out|kvit\\.bank\\.out|kvit\\.ops\\.out)$","read":"^(kvit\\.portal\\.in|kvit\\.bank\\.in|kvit\\.bank\\.files|kvit\\.agency\\.in|kvit\\.dead)$"}
        {"user":"bank-user","vhost":"/","configure":"^$","write":"^(kvit\\.bank\\.in)$","read":"^(kvit\\.bank\\.erip\\.reports|kvit\\.bank\\.statement\\.reports)$"}
        {"user":"eportal-user","vhost":"/","configure":"^$","write":"^(kvit\\.portal\\.in)$","read":"^(kvit\\.portal\\.eportal\\.out)$"}
        {"user":"mns-user","vhost":"/","configure":"^$","write":"^(kvit\\.agency\\.in)$","read":"^(kvit\\.agency\\.mns\\.inbox)$"}
        {"user":"watch","vhost":"/","configure":"^$","write":"^$","read":"^(kvit\\.ops\\.out)$"}
    "#]]
    .assert_eq(&lines("permissions"));
    expect![[r#"
        {"user":"bank-user","vhost":"/","exchange":"kvit.bank.in","write":"^(erip\\.(payment|file)|statement\\.(payment|file))$","read":"^$"}
        {"user":"mns-user","vhost":"/","exchange":"kvit.agency.in","write":"^(mns)$","read":"^$"}
    "#]]
    .assert_eq(&lines("topic_permissions"));
    assert_eq!(sample().definitions(Users::Existing).get("users"), None);
}

#[test]
fn only_sizes_are_policies_and_the_dead_letters_have_none() {
    let definitions = sample().definitions(Users::Existing);
    let policies = definitions["policies"].as_array().unwrap();
    assert_eq!(policies.len(), sample().queues().len() - 1);
    let expected = serde_json::json!({
        "name": "kvit.ops.out.size", "vhost": "/", "pattern": "^kvit\\.ops\\.out$",
        "apply-to": "queues", "priority": 0, "definition": { "max-length-bytes": 100 },
    });
    assert_eq!(policies[0], expected);
    assert!(policies.iter().all(|policy| policy["name"] != "kvit.dead.size"));
}
