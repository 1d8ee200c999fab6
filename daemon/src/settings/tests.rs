//! What an operator may rely on when writing settings.

use std::fs;
use std::path::PathBuf;

use expect_test::{Expect, expect};

use super::*;

/// A directory for the operator's files, and sources that read from nowhere else.
struct Machine {
    directory: tempfile::TempDir,
    sources: Sources,
}

impl Machine {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = OperatorFile::IfThere(directory.path().join("kvit.toml"));
        let sources =
            Sources { file, environment: [].into(), overrides: vec![], credentials: None };
        Self { directory, sources }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn file(self, name: &str, text: &str) -> Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    fn open_to(self, name: &str, mode: u32) -> Self {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).unwrap();
        self
    }

    fn variable(mut self, name: &str, value: &str) -> Self {
        self.sources.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    fn argument(mut self, key: &str, value: &str) -> Self {
        self.sources.overrides.push((key.to_owned(), value.to_owned()));
        self
    }

    fn loaded(&self) -> Loaded {
        Settings::load(&self.sources).unwrap_or_else(|error| panic!("{error}"))
    }

    fn settings(&self) -> Settings {
        self.loaded().settings
    }

    /// Text without the name of the directory, which is another each time.
    fn told(&self, text: &str) -> String {
        text.replace(&format!("{}/", self.directory.path().display()), "")
    }

    fn error(&self) -> String {
        self.told(&Settings::load(&self.sources).unwrap_err().to_string())
    }

    fn warnings(&self) -> String {
        let warnings: Vec<_> = self.loaded().warnings.iter().map(ToString::to_string).collect();
        self.told(&warnings.join("\n"))
    }
}

#[track_caller]
fn check_error(text: &str, expected: Expect) {
    expected.assert_eq(&Machine::new().file("kvit.toml", text).error());
}

const CONFIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../config/");

#[test]
fn the_defaults_alone_are_settings() {
    let loaded = Machine::new().loaded();
    let Settings { broker, limits, pipeline, store, .. } = &loaded.settings;
    assert_eq!(broker.prefix, "kvit");
    assert!(!broker.declare);
    assert_eq!((broker.prefetch, broker.heartbeat_seconds), (512, 10));
    assert_eq!((limits.message_bytes_max, limits.file_bytes_max), (1 << 20, 16 << 20));
    assert_eq!((pipeline.batch_messages_max, pipeline.outbox_rows_max), (256, 100_000));
    assert_eq!((store.kind, store.cache_bytes), (StoreKind::Sled, 64 << 20));
    assert!(loaded.settings.portals.is_empty() && loaded.settings.feeds.is_empty());
    assert_eq!(loaded.warnings, []);
}

#[test]
fn the_example_and_the_development_file_are_settings() {
    for name in ["example.toml", "development.toml"] {
        let text = fs::read_to_string(format!("{CONFIG}{name}")).unwrap();
        let machine = Machine::new().file("kvit.toml", &text).file("broker-password", "s");
        let mut machine = machine.open_to("broker-password", 0o640);
        machine.sources.credentials = Some(machine.directory.path().to_owned());
        assert_eq!(machine.warnings(), "", "{name}");
    }
}

#[test]
fn each_layer_beats_the_one_before() {
    let mut machine = Machine::new();
    let mut seen = vec![];
    let mut look = |machine: &Machine| seen.push(machine.settings().broker.prefetch);
    look(&machine);
    machine = machine.file("kvit.toml", "[broker]\nprefetch = 1000\ndeclare = true");
    look(&machine);
    machine = machine.file("conf.d/10-a.toml", "broker.prefetch = 1001");
    look(&machine);
    machine = machine.file("conf.d/20-b.toml", "broker.prefetch = 1002");
    machine = machine.file("conf.d/30-c.toml.bak", "broker.prefetch = 1");
    look(&machine);
    machine = machine.variable("KVIT__BROKER__PREFETCH", "1003");
    look(&machine);
    machine = machine.argument("broker.prefetch", "1004");
    look(&machine);
    machine = machine.argument("broker.prefetch", "1005");
    look(&machine);
    assert_eq!(seen, [512, 1000, 1001, 1002, 1003, 1004, 1005]);
    assert!(machine.settings().broker.declare, "what later layers do not say stays");
}

#[test]
fn the_file_that_somebody_named_must_be_there() {
    let mut machine = Machine::new();
    machine.sources.file = OperatorFile::Named(machine.path("other.toml"));
    expect!["other.toml: cannot be read: No such file or directory (os error 2)"]
        .assert_eq(&machine.error());
}

#[test]
fn the_environment_is_read_as_each_key_wants_it() {
    let settings = Machine::new()
        .variable("KVIT__BROKER__PREFETCH", "256")
        .variable("KVIT__BROKER__DECLARE", "true")
        .variable("KVIT__PORTALS__EPASLUGA__USERS", "a, b")
        .variable("KVIT__AGENCIES__ZAGS-MINSK__USERS", "zags")
        .variable("KVIT_CONFIG", "not a setting")
        .settings();
    assert_eq!(settings.broker.prefetch, 256);
    assert!(settings.broker.declare);
    let portal = &settings.portals[&"epasluga".parse().unwrap()];
    assert_eq!(Vec::from_iter(&portal.users), ["a", "b"]);
    assert!(settings.agencies.contains_key(&"zags-minsk".parse().unwrap()));
}

#[test]
fn digits_that_mean_text_stay_text() {
    let code = "000123456789012345678901234567";
    let settings = Machine::new()
        .variable("KVIT__INSTANCE__NAME", code)
        .variable("KVIT__BROKER__PREFIX", "007")
        .variable("KVIT__PORTALS__1__USERS", "1e5,true")
        .settings();
    assert_eq!(settings.instance.name, code);
    assert_eq!(settings.broker.prefix, "007");
    let portal = &settings.portals[&"1".parse().unwrap()];
    assert_eq!(Vec::from_iter(&portal.users), ["1e5", "true"]);
}

#[test]
fn what_is_common_to_parties_holds_where_one_says_nothing_else() {
    let settings = Machine::new()
        .file(
            "kvit.toml",
            "[agencies._]
             attachment_hosts = ['docs.example.by']
             [agencies.gai]
             users = ['gai']
             [agencies.zags]
             users = ['zags']
             attachment_hosts = []",
        )
        .settings();
    let hosts = |id: &str| settings.agencies[&id.parse().unwrap()].attachment_hosts.len();
    assert_eq!((hosts("gai"), hosts("zags")), (1, 0));
}

#[test]
fn a_mistyped_key_is_refused_with_the_nearest_one() {
    check_error(
        "[brokr]
         url = 'amqp://user:hunter2@host/'
         [broker]
         prefetsh = 1
         pasword_file = 'hunter2'
         colour = 'red'
         [feeds._]
         rnak = 1
         [feeds.erip]
         format = 'erip'
         bank = 'erip'
         setles = []
         [banks.erip]
         user = ['erip']
         [portal.epasluga]",
        expect![[r#"
            kvit.toml: broker.colour is no setting
            kvit.toml: broker.pasword_file is no setting; did you mean password_file?
            kvit.toml: broker.prefetsh is no setting; did you mean prefetch?
            kvit.toml: banks.erip.user is no setting; did you mean users?
            kvit.toml: feeds._.rnak is no setting; did you mean rank?
            kvit.toml: feeds.erip.setles is no setting; did you mean settles?
            kvit.toml: brokr is no setting; did you mean broker?
            kvit.toml: portal is no setting; did you mean portals?"#]],
    );
}

#[test]
fn everything_wrong_is_told_at_once_and_with_its_layer() {
    let machine = Machine::new()
        .file(
            "kvit.toml",
            "[broker]
             prefetch = 70000
             declare = 'true'
             url = 'http://user:hunter2@host/'
             [store]
             kind = 'postgres'
             path = ''
             [feeds.Big]
             format = 'pain'
             [feeds.a]
             bank = 'nobody'
             settles = ['b', 'c']
             account = 'by36'
             asserts = ['paid']
             [portals._]
             content_type = 'text/xml'
             [portals.a]
             [portals.b]
             [schedule]
             expiry = '0 */5 * * * *'
             [log]
             filter = 'info,=,='
             [operators.ivan]
             uid = -2
             roles = 'viewer'
             [fees]
             base_value_day = 'paid'",
        )
        .file("conf.d/a.toml", "health = true\nadmin.listen = '0.0.0.0'")
        .variable("KVIT__PIPELINE__BATCH_MESSAGES_MAX", "many")
        .variable("KVIT__LIMITS", "none")
        .variable("KVIT__DEDUPE__KEEP__DAYS", "30")
        .argument("shutdown.grace_seconds", "0")
        .argument("what ever", "0");
    expect![[r#"
        kvit.toml: broker.url must be amqp://user@host:port/virtual-host; this does not begin with amqp:// or amqps://
        kvit.toml: broker.declare must be true or false, is "true"
        kvit.toml: broker.prefetch must be a whole number from 1 to 65535, is 70000
        environment (KVIT__LIMITS): limits must be a table
        environment (KVIT__PIPELINE__BATCH_MESSAGES_MAX): pipeline.batch_messages_max must be a whole number from 1 to 4096, is "many"
        kvit.toml: store.kind must be one of sled, is "postgres"; this version keeps records in sled only
        kvit.toml: store.path must be a path, is empty
        kvit.toml: portals._.content_type must be one of application/json, application/xml, application/cloudevents+json, is "text/xml"
        kvit.toml: feeds.Big.bank must be set: it has no default
        kvit.toml: feeds.Big.format must be one of erip, client_bank, camt, 1c, mt940, table, messages, is "pain"
        kvit.toml: feeds.Big is no id: an id is 1 to 40 of a-z, 0-9 and -, not beginning with -
        kvit.toml: feeds.a.format must be set: it has no default
        kvit.toml: feeds.a.asserts must be one of failed, accepted, credited, reversed, is "paid"
        kvit.toml: feeds.a.account must be an IBAN, 15 to 34 of A-Z and 0-9 without blanks, is "by36"
        kvit.toml: operators.ivan.uid must be a whole number from -1 to 4294967295, is -2
        kvit.toml: operators.ivan.roles must be a list of texts, is "viewer"
        kvit.toml: fees.base_value_day must be one of submitted, is "paid"; this version counts by the day of the application only
        kvit.toml: schedule.expiry must have 5 fields: minute, hour, day of month, month, day of week; has 6
        environment (KVIT__DEDUPE__KEEP): dedupe.keep is no setting
        conf.d/a.toml: admin.listen must be an address like 127.0.0.1:9465, is "0.0.0.0"
        conf.d/a.toml: health must be a table
        command line: shutdown.grace_seconds must be a whole number from 1 to 600, is 0
        kvit.toml: log.filter must be a level, or targets with levels; "info,=,=": invalid filter directive
        command line: what ever is no setting
        kvit.toml: feeds.a.bank names "nobody", which is not among the banks
        kvit.toml: feeds.a.settles names "b", which is not among the feeds
        kvit.toml: feeds.a.settles names "c", which is not among the feeds"#]].assert_eq(&machine.error());
}

#[test]
fn broken_toml_is_told_by_line_and_without_its_text() {
    let machine = Machine::new()
        .file("kvit.toml", "[broker]\nurl = amqp://user:hunter2@host/\n")
        .file("conf.d/a.toml", "a = 1\na = 'hunter2'")
        .file("conf.d/b.toml", "a = 99999999999999999999999999")
        .file("conf.d/c.toml", "[broker]\nurl = 'amqp://user:hunter2@host/")
        .file("conf.d/d.toml", "b = \"hunter2\\q\"");
    expect![[r#"
        kvit.toml: line 2, column 7: string values must be quoted, expected literal string
        conf.d/a.toml: line 2, column 1: duplicate key
        conf.d/b.toml: has a number that is too large
        conf.d/c.toml: line 2, column 33: invalid literal string, expected `'`
        conf.d/d.toml: line 1, column 14: missing escaped value, expected `b`, `e`, `f`, `n`, `r`, `\`, `"`, `x`, `u`, `U`"#]].assert_eq(&machine.error());
}

#[test]
fn keys_that_do_not_go_together_are_refused() {
    check_error(
        "[limits]
         message_bytes_max = 2_097_152
         [portals.epasluga]
         users = ['one']
         [agencies.gai]
         users = ['one', 'two']
         [banks.erip]
         users = ['two']
         [feeds.a]
         format = 'erip'
         bank = 'nobody'
         settles = ['b', 'gone']
         [feeds.b]
         format = 'erip'
         bank = 'erip'
         settles = ['c']
         [feeds.c]
         format = 'erip'
         bank = 'erip'
         settles = ['b']
         [operators.ivan]
         uid = 7
         [operators.maria]
         uid = 7",
        expect![[r#"
            kvit.toml: limits.message_bytes_max is above limits.quarantine_body_bytes_max, 1048576: raise both
            kvit.toml: agencies.gai.users has "one", who speaks for portal epasluga already
            kvit.toml: agencies.gai.users has "two", who speaks for bank erip already
            kvit.toml: feeds.a.bank names "nobody", which is not among the banks
            kvit.toml: feeds.a.settles names "gone", which is not among the feeds
            kvit.toml: feeds.b.settles runs in a circle: b, c, b
            kvit.toml: operators.maria.uid is 7, as of ivan"#]],
    );
}

#[test]
fn a_problem_is_told_once_and_not_in_its_consequences() {
    check_error(
        "[banks.erip]
         [feeds._]
         format = 'erip'
         bank = 'erip'
         [feeds.a]
         settles = ['b']
         [feeds.b]
         bank = 'NO'
         service = ['1', 'x', '']",
        expect![[r#"
            kvit.toml: feeds.b.bank has "NO": an id is 1 to 40 of a-z, 0-9 and -, not beginning with -
            kvit.toml: feeds.b.service must hold ERIP service numbers, 1 to 20 digits each, has "x"; must hold ERIP service numbers, 1 to 20 digits each, has """#]],
    );
}

#[test]
fn a_feed_cannot_settle_itself() {
    check_error(
        "[banks.erip]
         [feeds.a]
         format = 'erip'
         bank = 'erip'
         settles = ['a']",
        expect!["kvit.toml: feeds.a.settles runs in a circle: a, a"],
    );
}

#[test]
fn what_works_but_deserves_a_look_is_a_warning() {
    let machine = Machine::new().file(
        "kvit.toml",
        "[broker]
         prefetch = 600
         [banks.bank]
         [feeds.bank]
         format = 'client_bank'
         bank = 'bank'
         account = 'BY36AKBB36029170100080000001'",
    );
    expect![[r#"
        kvit.toml: broker.prefetch times limits.message_bytes_max is 600 MiB of memory for each queue, at worst
        kvit.toml: banks.bank.users is empty: nobody can speak for bank bank
        kvit.toml: feeds.bank.account has check digits that do not fit"#]].assert_eq(&machine.warnings());
}

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

#[test]
fn the_directory_knows_who_speaks_and_what_feeds_may_say() {
    let text = fs::read_to_string(format!("{CONFIG}example.toml")).unwrap();
    let machine = Machine::new().file("kvit.toml", &text).argument("broker.password_file", "");
    let directory = Directory::from(&machine.settings());

    let party = |user: &str| directory.party_of_user(user).map(|party| party.to_string());
    assert_eq!(party("epasluga-2").as_deref(), Some("portal epasluga"));
    assert_eq!(party("belarusbank").as_deref(), Some("bank belarusbank"));
    assert_eq!(party("gai-minsk").as_deref(), Some("agency gai-minsk"));
    assert_eq!(party("epasluga"), None);

    let feed = |id: &str| id.parse::<FeedId>().unwrap();
    let bank = "belarusbank".parse().unwrap();
    let feeds: Vec<_> = directory.feeds_of(&bank).map(|(id, _)| id.as_str()).collect();
    assert_eq!(feeds, ["belarusbank", "belarusbank-online"]);
    assert_eq!(directory.feed(&feed("erip")).unwrap().service.len(), 1);

    use ReportedState::{Accepted, Credited, Failed, Reversed};
    let may = |id: &str| {
        [Failed, Accepted, Credited, Reversed].map(|state| directory.may_assert(&feed(id), state))
    };
    assert_eq!(may("erip"), [true; 4]);
    assert_eq!(may("belarusbank"), [true, true, true, true]);
    assert_eq!(may("belarusbank-online"), [true, true, false, false]);
    assert_eq!(may("unknown"), [false; 4]);
}

#[test]
fn among_feeds_of_one_rank_the_first_by_alphabet_is_highest() {
    let machine = Machine::new().file(
        "kvit.toml",
        "[banks.erip]
         [feeds._]
         format = 'messages'
         bank = 'erip'
         [feeds.b]
         [feeds.a]
         [feeds.z]
         rank = 1",
    );
    let directory = Directory::from(&machine.settings());
    let rank = |id: &str| directory.rank(&id.parse().unwrap());
    assert_eq!((rank("z"), rank("a"), rank("b"), rank("no")), (Some(0), Some(1), Some(2), None));
}

#[test]
fn amqps_wants_an_authority_and_files_that_can_be_used() {
    let url = |url: &str| Machine::new().argument("broker.url", url);
    let ca = |machine: Machine| machine.argument("broker.tls.ca_file", "ca.pem");
    let of = |machine: &Machine| machine.told(&machine.error());
    let mut told = vec![of(&url("amqps://kvit@b/v"))];
    let mut absent = ca(url("amqps://kvit@b/v"));
    absent.sources.credentials = Some(absent.path("credentials"));
    told.push(of(&absent));
    let mut empty = ca(url("amqps://kvit@b/v")).file("credentials/ca.pem", "no certificate\n");
    empty.sources.credentials = Some(empty.path("credentials"));
    told.push(of(&empty));
    told.push(of(&ca(url("amqps://kvit@b/v")).argument("broker.tls.key_file", "k")));
    told.push(of(&ca(url("amqps://kvit@b/v?auth_mechanism=external"))));
    told.push(ca(url("amqp://kvit@b/v")).warnings());
    expect![[r#"
        default: broker.tls.ca_file must be set for amqps
        command line: broker.tls credentials/ca.pem cannot be read: No such file or directory (os error 2)
        command line: broker.tls credentials/ca.pem holds no usable certificate: there is none
        default: broker.tls.certificate_file goes together with key_file
        command line: broker.url says external, which wants broker.tls.certificate_file, and in the url the user as whom the broker knows that certificate
        command line: broker.tls.ca_file has no use without amqps"#]].assert_eq(&told.join("\n"));
}
