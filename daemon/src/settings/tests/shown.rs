//! Secrets, and what of the settings is shown.

use super::*;

#[test]
fn the_password_comes_from_a_file_and_stands_encoded_in_the_url() {
    let file = "[broker]\nurl = 'amqp://kvit:old@host/v'\npassword_file = 'secret'";
    let machine = Machine::new().file("kvit.toml", file).file("secret", "p@ss/wörd\nmore");
    let mut machine = machine.open_to("kvit.toml", 0o640).open_to("secret", 0o640);
    machine.sources.credentials = Some(machine.directory.path().to_owned());
    let url = machine.settings().broker.url;
    assert_eq!(url.expose().expose(), "amqp://kvit:p%40ss%2Fw%C3%B6rd@host/v");
    assert_eq!(machine.warnings(), "");

    machine = machine.open_to("kvit.toml", 0o644).open_to("secret", 0o604);
    expect![[r#"
        kvit.toml: broker.url holds a password, and everybody on this machine can read the file
        kvit.toml: broker.password_file secret can be read by everybody on this machine"#]]
    .assert_eq(&machine.warnings());

    machine = machine.file("secret", "\n").variable("KVIT__LOG__FORMAT", "xml");
    expect![[r#"
        environment (KVIT__LOG__FORMAT): log.format must be one of human, json, is "xml"
        kvit.toml: broker.password_file has an empty first line in secret"#]]
    .assert_eq(&machine.error());
    machine = machine.argument("broker.password_file", "gone");
    expect![[r#"
        environment (KVIT__LOG__FORMAT): log.format must be one of human, json, is "xml"
        command line: broker.password_file cannot be read from gone: No such file or directory (os error 2)"#]].assert_eq(&machine.error());
    machine = machine.argument("broker.password_file", "kvit.toml");
    machine = machine.argument("broker.url", "amqp://host/");
    expect![[r#"
        environment (KVIT__LOG__FORMAT): log.format must be one of human, json, is "xml"
        command line: broker.url names no user for the password of broker.password_file"#]]
    .assert_eq(&machine.error());
}

#[test]
fn secrets_lie_beside_the_settings_unless_the_service_manager_hands_them_out() {
    let text = "[broker]\nurl = 'amqp://kvit@host/v'\npassword_file = 'secret'
                [doctor]\nmanagement_password_file = 'other'
                [admin.tls]\nkey_file = '/etc/key'";
    let machine = Machine::new().file("kvit.toml", text).file("secret", "beside");
    let mut machine = machine.file("handed/secret", "handed out");
    let settings = machine.settings();
    assert_eq!(settings.broker.url.expose().expose(), "amqp://kvit:beside@host/v");
    assert_eq!(settings.doctor.management_password_file, Some(machine.path("other")));
    assert_eq!(settings.admin.tls.key_file, Some(PathBuf::from("/etc/key")));
    machine.sources.credentials = Some(machine.path("handed"));
    let url = machine.settings().broker.url;
    assert_eq!(url.expose().expose(), "amqp://kvit:handed%20out@host/v");
}

#[test]
fn whoever_does_not_speak_with_the_broker_needs_no_secrets() {
    let text = "[broker]\nurl = 'amqps://kvit@host/v'\npassword_file = 'secret'
                [broker.tls]\nca_file = 'ca.pem'";
    let machine = Machine::new().file("kvit.toml", text);
    expect![[r#"
        kvit.toml: broker.password_file cannot be read from secret: No such file or directory (os error 2)
        kvit.toml: broker.tls ca.pem cannot be read: No such file or directory (os error 2)"#]]
    .assert_eq(&machine.error());
    let settings = Settings::load_without_secrets(&machine.sources).unwrap().settings;
    assert_eq!(settings.broker.url.expose().expose(), "amqps://kvit@host/v");
    let machine = machine.argument("broker.prefetch", "0");
    let error = Settings::load_without_secrets(&machine.sources).unwrap_err().to_string();
    assert!(error.contains("broker.prefetch must be"), "{error}");
}

#[test]
fn a_url_is_refused_without_being_repeated() {
    let cases = [
        "hunter2",
        "http://u:hunter2@h/",
        "amqp://u:hunter2@/",
        "amqp://u:hun/ter2@h/",
        "amqp://u:hun@ter2@h/",
        "amqp://u:hunter2@h/v@w",
        "amqp://u:hunter2@h:port/",
        "amqp://u:hun ter2@h/",
        "amqp://[::1/",
        "amqps://[::1]:5671/v",
        "amqp://u:hunter2@h",
    ];
    let told = cases.map(|text| match text.parse::<BrokerUrl>() {
        Ok(url) => format!("{url} {url:?}"),
        Err(what) => what,
    });
    expect![[r#"
        must be amqp://user@host:port/virtual-host; this does not begin with amqp:// or amqps://
        must be amqp://user@host:port/virtual-host; this does not begin with amqp:// or amqps://
        must be amqp://user@host:port/virtual-host; this has no host, or a port that is none
        must be amqp://user@host:port/virtual-host; / ? # @ in its parts are written %2F %3F %23 %40
        must be amqp://user@host:port/virtual-host; / ? # @ in its parts are written %2F %3F %23 %40
        must be amqp://user@host:port/virtual-host; / ? # @ in its parts are written %2F %3F %23 %40
        must be amqp://user@host:port/virtual-host; this has no host, or a port that is none
        must be amqp://user@host:port/virtual-host; this has blanks or characters beyond ASCII in it
        must be amqp://user@host:port/virtual-host; this has no host, or a port that is none
        amqps://[::1]:5671/v amqps://[::1]:5671/v
        amqp://u:***@h amqp://u:***@h"#]]
    .assert_eq(&told.join("\n"));
}

#[test]
fn secrets_never_show() {
    let machine = Machine::new()
        .file("kvit.toml", "[broker]\nurl = 'amqp://kvit:hunter2@host/v'")
        .file("conf.d/a.toml", "broker.url = 'amqp://kvit:hunter2-a@host/v'")
        .variable("KVIT__BROKER__URL", "amqp://kvit:hunter2-b@host/v")
        .argument("broker.url", "amqp://kvit:hunter2-c@host/v");
    let loaded = machine.loaded();
    assert!(loaded.settings.broker.url.expose().expose().contains("hunter2-c"));
    let secret = Secret::new("hunter2");
    let shown = [
        format!("{loaded:?} {loaded:#?}"),
        loaded.effective(),
        format!("{:?} {}", loaded.warnings, machine.warnings()),
        format!("{secret} {secret:?}"),
        machine.argument("broker.url", "amqp://kvit:hunter2@:x/v").error(),
    ];
    assert!(shown.iter().all(|text| !text.contains("hunter2")), "{shown:?}");
}

#[test]
fn what_holds_is_printed_with_its_layer() {
    let machine = Machine::new()
        .file("kvit.toml", "[broker]\nurl = 'amqp://kvit:hunter2@host/v'\n[banks.erip]")
        .variable("KVIT__BROKER__PREFETCH", "256")
        .variable("KVIT__BANKS__ERIP__USERS", "a,b");
    let printed = machine.told(&machine.loaded().effective());
    let sections = ["[banks._]", "[banks.erip]", "[broker]"];
    let shown: Vec<_> = printed
        .split("\n\n")
        .filter(|part| sections.iter().any(|section| part.starts_with(section)))
        .collect();
    expect![[r#"
        [banks._]
        attachment_hosts = [] # default
        content_type = "application/json" # default
        users = [] # default

        [banks.erip]
        users = ["a", "b"] # environment

        [broker]
        await_timeout_seconds = 10 # default
        confirm_timeout_seconds = 30 # default
        declare = false # default
        heartbeat_seconds = 10 # default
        password_file = "" # default
        prefetch = 256 # environment
        prefix = "kvit" # default
        publish_lanes = 2 # default
        url = "amqp://kvit:***@host/v" # kvit.toml"#]]
    .assert_eq(&shown.join("\n\n"));
}

#[test]
fn what_was_printed_reads_as_the_same_settings() {
    let example = fs::read_to_string(format!("{CONFIG}example.toml")).unwrap();
    let first = Machine::new()
        .file("kvit.toml", &example)
        .argument("broker.password_file", "")
        .argument("catalogue.path", "a \"quoted\" \\ path\twith a tab")
        .argument("agencies.empty.users", "")
        .argument("operators.aksana.uid", "1003")
        .variable("KVIT__BROKER__DECLARE", "true")
        .variable("KVIT__PORTALS__TERMINALS__USERS", "a,b");
    let printed = first.loaded().effective();
    let second = Machine::new().file("kvit.toml", &printed);
    assert_eq!(second.settings(), first.settings());
}
