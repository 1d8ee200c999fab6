//! Who may do what.

use super::access::{Peer, Person, person};
use crate::settings::{OperatorFile, Role, Settings, Sources};

fn settings(overrides: &[(&str, &str)]) -> Settings {
    let sources = Sources {
        file: OperatorFile::IfThere("/nonexistent/kvit.toml".into()),
        environment: overrides
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect(),
        overrides: Vec::new(),
        credentials: None,
    };
    Settings::load(&sources).unwrap().settings
}

fn local(uid: u32) -> Peer {
    Peer::Local { uid: Some(uid) }
}

fn remote(subject: Option<&str>) -> Peer {
    Peer::Remote { subject: subject.map(str::to_owned) }
}

fn known(id: &str, roles: &[Role]) -> Option<Person> {
    Some(Person { id: id.parse().unwrap(), roles: roles.iter().copied().collect() })
}

#[test]
fn without_operators_root_and_our_own_user_may_do_everything_here_and_nobody_from_afar() {
    let settings = settings(&[]);
    let all = [Role::Viewer, Role::Operator, Role::Approver];
    assert_eq!(person(&settings, (&local(0), None), 990), known("uid-0", &all));
    assert_eq!(person(&settings, (&local(990), None), 990), known("uid-990", &all));
    assert_eq!(person(&settings, (&local(1001), None), 990), None);
    assert_eq!(person(&settings, (&remote(Some("CN=root")), Some("token")), 990), None);
}

#[test]
fn with_operators_only_they_may_and_only_what_their_roles_say() {
    let hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    let settings = settings(&[
        ("KVIT__OPERATORS__AKSANA__UID", "1001"),
        ("KVIT__OPERATORS__BORIS__CERTIFICATE", "CN=boris, O=Desk"),
        ("KVIT__OPERATORS__BORIS__ROLES", "operator"),
        ("KVIT__OPERATORS__VERA__TOKEN_SHA256", hash),
        ("KVIT__OPERATORS__VERA__ROLES", "approver"),
    ]);
    let viewer = known("aksana", &[Role::Viewer]);
    assert_eq!(person(&settings, (&local(1001), None), 990), viewer, "a viewer by default");
    assert_eq!(person(&settings, (&local(0), None), 990), None, "root is nobody in particular");
    assert_eq!(person(&settings, (&local(990), None), 990), None);
    let boris = known("boris", &[Role::Operator]);
    assert_eq!(person(&settings, (&remote(Some("CN=boris,O=Desk")), None), 990), boris);
    assert_eq!(person(&settings, (&remote(Some("CN=boris")), None), 990), None);
    assert_eq!(person(&settings, (&remote(None), None), 990), None);
    let vera = known("vera", &[Role::Approver]);
    assert_eq!(person(&settings, (&remote(None), Some("test")), 990), vera);
    assert_eq!(person(&settings, (&local(1001), Some("tset")), 990), None, "a wrong token is none");
}

#[test]
fn every_route_is_described_once_and_names_its_role() {
    let document: serde_json::Value = serde_json::from_str(&super::openapi()).unwrap();
    let mut ids = std::collections::BTreeSet::new();
    let mut routes = 0;
    for route in super::routes::ROUTES.iter().flat_map(|group| group.iter()) {
        let operation = &document["paths"][route.path][route.verb];
        assert_eq!(operation["operationId"], route.id, "{}", route.path);
        let about = operation["description"].as_str().unwrap();
        assert!(about.contains(route.role), "{about}");
        assert!(ids.insert(route.id), "{} is there twice", route.id);
        routes += 1;
    }
    let described = document["paths"].as_object().unwrap().values();
    let described: usize = described.map(|path| path.as_object().unwrap().len()).sum();
    assert_eq!(described, routes);
    // Conflicting paths would end the daemon at its start.
    drop(super::routes::router());
}
