//! Who may do what.

use super::access::{Person, person};
use crate::settings::{OperatorFile, Settings, Sources};

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

fn allowed(id: &str, may_act: bool) -> Option<Person> {
    Some(Person { id: id.parse().unwrap(), may_act })
}

#[test]
fn without_operators_root_and_our_own_user_may_do_everything() {
    let settings = settings(&[]);
    assert_eq!(person(&settings, 0, 990), allowed("uid-0", true));
    assert_eq!(person(&settings, 990, 990), allowed("uid-990", true));
    assert_eq!(person(&settings, 1001, 990), None);
}

#[test]
fn with_operators_only_they_may_and_only_what_their_roles_say() {
    let settings = settings(&[("KVIT__OPERATORS__AKSANA__UID", "1001")]);
    assert_eq!(person(&settings, 1001, 990), allowed("aksana", false), "a viewer by default");
    assert_eq!(person(&settings, 0, 990), None, "root is nobody in particular");
    assert_eq!(person(&settings, 990, 990), None);
}
