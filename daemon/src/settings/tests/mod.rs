//! What an operator may rely on when writing settings.

mod refused;
mod shown;

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
    assert_eq!(pipeline.commit_interval.as_millis(), 8);
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
fn the_directory_knows_who_speaks_and_what_feeds_may_say() {
    let text = fs::read_to_string(format!("{CONFIG}example.toml")).unwrap();
    let machine = Machine::new().file("kvit.toml", &text).argument("broker.password_file", "");
    let directory = Directory::from(&machine.settings());

    let party = |user: &str| directory.party_of_user(user).map(|party| party.to_string());
    assert_eq!(party("epasluga-2").as_deref(), Some("portal epasluga"));
    assert_eq!(party("belarusbank").as_deref(), Some("bank belarusbank"));
    assert_eq!(party("gai-minsk").as_deref(), Some("agency gai-minsk"));
    assert_eq!(party("epasluga"), None);

    let named = |name: &str| directory.party_named(name).map_err(|error| error.to_string());
    assert_eq!(named("bank erip").unwrap().to_string(), "bank erip");
    assert_eq!(named("portal epaslga").unwrap_err(), "there is no portal epaslga in the settings");
    assert!(named("epasluga").unwrap_err().contains("write it as"));

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
