//! `kvit doctor` against a real broker: a healthy set-up has nothing, and each planted fault is
//! named with its cure.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use kvit::doctor::{Finding, Severity, examine};
use kvit::settings::{OperatorFile, Settings, Sources};
use kvit_adapters::amqp::{Topology, Users};
use kvit_tests::broker::{PATIENCE, Peer, unique, until};
use kvit_tests::daemon::World;
use lapin::options::{
    BasicConsumeOptions, BasicQosOptions, ExchangeDeleteOptions, QueueBindOptions,
    QueueDeleteOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::amqp::tls::{Tested, tested};

/// A set-up that an administrator made, with everything in order.
struct Clinic {
    tested: &'static Tested,
    world: World,
    folder: TempDir,
    vhost: String,
    prefix: String,
    /// As an administrator of the virtual host.
    peer: Peer,
}

const USERS: [&str; 7] = ["portal", "other", "erip", "bank", "weak", "agency-a", "agency-b"];

impl Clinic {
    async fn new() -> Result<Self> {
        let tested = tested()?;
        let (url, vhost) = tested.broker.virtual_host()?;
        let peer = Peer::connect(&url).await?;
        let (world, folder) = (World::new()?, tempfile::tempdir()?);
        let prefix = unique("kvit");
        for user in USERS {
            // Another test may have made it.
            let _ = tested.broker.ctl(&["add_user", user, "unused"]);
        }
        let clinic = Self { tested, world, folder, vhost, prefix, peer };
        fs::create_dir(clinic.path("store"))?;
        fs::set_permissions(clinic.path("store"), fs::Permissions::from_mode(0o700))?;
        fs::write(clinic.path("management"), "guest\n")?;
        clinic.closed("management")?;
        for key in ["kvit", "expired"] {
            fs::set_permissions(
                tested.file(&format!("{key}.key")),
                fs::Permissions::from_mode(0o600),
            )?;
        }
        clinic.import()?;
        clinic.read_by_parties().await?;
        Ok(clinic)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn closed(&self, name: &str) -> Result<()> {
        Ok(fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o600))?)
    }

    fn name(&self, what: &str) -> String {
        format!("{}.{what}", self.prefix)
    }

    fn ctl(&self, arguments: &[&str]) -> Result<()> {
        self.tested.broker.ctl(arguments).map(drop)
    }

    fn sources(&self, changes: &[(&str, String)]) -> Result<Sources> {
        let broker = &self.tested.broker;
        let url = broker.tls_url()?.replace("amqps://", "amqps://kvit@");
        let url = url.replace("%2f", &self.vhost);
        let shown = |path: PathBuf| path.display().to_string();
        let mut overrides = vec![
            ("broker.url", format!("{url}?auth_mechanism=external")),
            ("broker.tls.ca_file", shown(self.tested.file("ca.pem"))),
            ("broker.tls.certificate_file", shown(self.tested.file("kvit.pem"))),
            ("broker.tls.key_file", shown(self.tested.file("kvit.key"))),
            ("broker.prefix", self.prefix.clone()),
            ("broker.declare", "false".into()),
            ("doctor.management_url", broker.management_url()?.replace("http://", "http://guest@")),
            ("doctor.management_password_file", shown(self.path("management"))),
            ("store.path", shown(self.path("store"))),
            ("store.free_bytes_min", "1".into()),
            ("admin.socket", shown(self.path("admin.sock"))),
            ("catalogue.path", shown(self.world.catalogue())),
        ];
        overrides.extend(changes.iter().map(|(key, value)| (*key, value.clone())));
        Ok(Sources {
            file: OperatorFile::Named(self.world.settings.clone()),
            environment: [].into(),
            overrides: overrides.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
            credentials: None,
        })
    }

    fn settings(&self) -> Result<Settings> {
        match Settings::load(&self.sources(&[])?) {
            Ok(loaded) => Ok(loaded.settings),
            Err(error) => bail!("{error}"),
        }
    }

    fn topology(&self) -> Result<Topology> {
        Ok(kvit::service::topology(&self.settings()?)?)
    }

    /// What an administrator does with what `kvit topology` prints.
    fn import(&self) -> Result<()> {
        let file = self.path("definitions.json");
        fs::write(&file, self.topology()?.definitions(Users::Existing).to_string())?;
        self.ctl(&["import_definitions", &file.to_string_lossy()])
    }

    async fn read_by_parties(&self) -> Result<()> {
        self.peer.channel.basic_qos(1, BasicQosOptions::default()).await?;
        for queue in self.topology()?.party_queues() {
            self.read(&queue).await?;
        }
        Ok(())
    }

    async fn read(&self, queue: &str) -> Result<()> {
        let options = BasicConsumeOptions::default();
        let consume = self.peer.channel.basic_consume(
            queue.into(),
            queue.into(),
            options,
            FieldTable::default(),
        );
        // Nobody takes what comes, so that it stays unanswered.
        std::mem::forget(consume.await?);
        Ok(())
    }

    async fn examined(&self, changes: &[(&str, String)]) -> Result<Vec<Finding>> {
        let findings = examine(&self.sources(changes)?).await;
        Ok(findings.into_iter().filter(|it| !is_of_the_machine(it)).collect())
    }

    /// Looks until the findings are as wanted: the management API is a little late.
    async fn looks(
        &self,
        what: &str,
        changes: &[(&str, String)],
        wanted: impl Fn(&[Finding]) -> bool,
    ) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let findings = self.examined(changes).await?;
            if wanted(&findings) {
                return Ok(());
            }
            ensure!(Instant::now() < deadline, "{what}: {findings:#?}");
            sleep(Duration::from_millis(100)).await;
        }
    }

    async fn healthy(&self, when: &str) -> Result<()> {
        self.looks(when, &[], <[Finding]>::is_empty).await
    }

    /// Looks until a finding of this place says this, with a cure that does.
    async fn finds(
        &self,
        what: &str,
        changes: &[(&str, String)],
        [place, said, cure]: [&str; 3],
    ) -> Result<()> {
        let is = |it: &Finding| {
            it.place.contains(place) && it.what.contains(said) && it.cure.contains(cure)
        };
        self.looks(what, changes, |findings| findings.iter().any(is)).await
    }

    async fn delete_queue(&self, name: &str) -> Result<()> {
        let queue = self.name(name);
        self.peer.channel.queue_delete(queue.into(), QueueDeleteOptions::default()).await?;
        Ok(())
    }
}

/// What depends on where the tests run: the file system of temporary files, and how busy it is.
fn is_of_the_machine(finding: &Finding) -> bool {
    finding.what.contains("of the kind overlay") || finding.what.contains("a sync takes")
}

fn set<const N: usize>(changes: [(&'static str, &str); N]) -> [(&'static str, String); N] {
    changes.map(|(key, value)| (key, value.to_owned()))
}

#[tokio::test]
async fn a_healthy_set_up_has_nothing_running_or_stopped() -> Result<()> {
    let clinic = Clinic::new().await?;
    clinic.healthy("stopped, before the first start").await?;
    let stop = CancellationToken::new();
    let task = tokio::spawn(kvit::service::run(clinic.settings()?, stop.clone()));
    let queue = clinic.name("dead");
    until("it consumes", async || Ok(clinic.peer.consumers(&queue).await? == 1)).await?;
    clinic.healthy("running").await?;
    stop.cancel();
    task.await??;
    clinic.healthy("stopped").await?;
    // Before anything was made, one line is enough.
    let nothing = set([("broker.prefix", "nowhere"), ("doctor.management_url", "")]);
    let told = |it: &Finding| it.what.contains("exchanges and queues are missing");
    let findings = clinic.examined(&nothing).await?;
    assert_eq!(findings.iter().filter(|it| told(it)).count(), 1, "{findings:#?}");
    // Without the management API, what was not looked at is a note.
    let without = clinic.examined(&set([("doctor.management_url", "")])).await?;
    assert_eq!(without.len(), 1, "{without:#?}");
    assert_eq!(without[0].severity, Severity::Note);
    assert!(without[0].cure.contains("doctor.management_url"));
    Ok(())
}

#[tokio::test]
async fn faults_of_the_way_to_the_broker_are_named_with_their_cure() -> Result<()> {
    let clinic = Clinic::new().await?;
    let file = |name: &str| clinic.tested.file(name).display().to_string();
    let plain = clinic.tested.broker.url().to_owned();
    let (address, _) = plain.rsplit_once('/').context("a virtual host")?;
    let cases = [
        (
            "wrong password",
            set([(
                "broker.url",
                &format!("{}/{}", address.replace(":guest@", ":no@"), clinic.vhost),
            )])
            .to_vec(),
            [
                "broker.url",
                "check the password of user \"guest\"",
                "rabbitmqctl authenticate_user guest",
            ],
        ),
        (
            "no such virtual host",
            set([("broker.url", &format!("{address}/nowhere"))]).to_vec(),
            ["broker.url", "create the virtual host \"nowhere\"", "rabbitmqctl add_vhost nowhere"],
        ),
        (
            "nobody listens",
            set([("broker.url", "amqp://guest:guest@127.0.0.1:1/%2f")]).to_vec(),
            ["broker.url", "onnection refused", "rabbitmq-diagnostics listeners"],
        ),
        (
            "a broker of another authority",
            set([("broker.tls.ca_file", &file("others/ca.pem"))]).to_vec(),
            ["broker.url", "not of the authority in broker.tls.ca_file", "listeners"],
        ),
        (
            "expired certificate",
            set([
                ("broker.tls.certificate_file", &file("expired.pem")),
                ("broker.tls.key_file", &file("expired.key")),
            ])
            .to_vec(),
            ["broker.tls.certificate_file", "expired on 2021-01-01", "put a new certificate into"],
        ),
        (
            "management API with a wrong password",
            set([("doctor.management_password_file", &file("kvit.key"))]).to_vec(),
            ["doctor.management_url", "401", "set_user_tags"],
        ),
        (
            "no management API",
            set([("doctor.management_url", "http://guest@127.0.0.1:1")]).to_vec(),
            ["doctor.management_url", "refused", "rabbitmq-plugins enable rabbitmq_management"],
        ),
    ];
    for (what, changes, expected) in cases {
        clinic.finds(what, &changes, expected).await?;
    }
    Ok(())
}

#[tokio::test]
async fn faults_of_the_topology_are_named_with_their_cure() -> Result<()> {
    let clinic = Clinic::new().await?;
    let (channel, name) = (&clinic.peer.channel, |what: &str| clinic.name(what));
    let none = FieldTable::default;

    clinic.delete_queue("agency.agency-a.inbox").await?;
    let expected = ["agency.agency-a.inbox", "is missing at the broker", "import_definitions"];
    clinic.finds("queue deleted", &[], expected).await?;
    clinic
        .peer
        .queue(&name("agency.agency-a.inbox"), &[("x-delivery-limit", AMQPValue::LongInt(3))])
        .await?;
    let expected =
        ["agency.agency-a.inbox", "x-delivery-limit is 3, and should be 100", "delete_queue"];
    clinic.finds("queue of another make", &[], expected).await?;
    clinic.delete_queue("agency.agency-a.inbox").await?;

    let exchange = name("bank.out");
    channel.exchange_delete(exchange.as_str().into(), ExchangeDeleteOptions::default()).await?;
    clinic.finds("exchange deleted", &[], ["bank.out", "is missing", "import_definitions"]).await?;
    let durable = lapin::options::ExchangeDeclareOptions { durable: true, ..Default::default() };
    channel
        .exchange_declare(exchange.as_str().into(), lapin::ExchangeKind::Topic, durable, none())
        .await?;
    let expected = ["bank.out", "type is \"topic\", and should be \"direct\"", "import"];
    clinic.finds("exchange of another kind", &[], expected).await?;
    let expected = ["erip.reports", "is missing: messages go nowhere", "import_definitions"];
    clinic.finds("binding lost with its exchange", &[], expected).await?;
    channel.exchange_delete(exchange.as_str().into(), ExchangeDeleteOptions::default()).await?;
    clinic.import()?;
    clinic.read(&name("agency.agency-a.inbox")).await?;
    clinic.healthy("mended").await?;

    clinic.peer.queue("spy", &[]).await?;
    let bind = QueueBindOptions::default();
    channel
        .queue_bind("spy".into(), name("agency.out").into(), "agency-a".into(), bind, none())
        .await?;
    let expected = ["→ spy", "somebody reads along", "administrator remove it"];
    clinic.finds("somebody reads along", &[], expected).await?;
    channel.queue_delete("spy".into(), QueueDeleteOptions::default()).await?;

    let policy = format!("{}.size", name("portal.in"));
    clinic.ctl(&["clear_policy", "--vhost", &clinic.vhost, &policy])?;
    clinic
        .finds("policy lost", &[], ["portal.in", "has no size limit", "import_definitions"])
        .await?;
    let pattern = format!("^{}$", name("portal.in").replace('.', "\\."));
    let small = "{\"max-length-bytes\":1000000}";
    clinic.ctl(&[
        "set_policy",
        "--vhost",
        &clinic.vhost,
        "--apply-to",
        "queues",
        &policy,
        &pattern,
        small,
    ])?;
    let expected = [
        "portal.in",
        "takes 1000000 bytes, less than the largest message",
        "raise max-length-bytes",
    ];
    clinic.finds("policy too small", &[], expected).await?;

    // Declaring tells the make, too, where our user may do that.
    clinic.import()?;
    clinic.ctl(&["set_permissions", "--vhost", &clinic.vhost, "kvit", ".*", ".*", ".*"])?;
    clinic.delete_queue("bank.files").await?;
    clinic.peer.queue(&name("bank.files"), &[]).await?;
    let expected = ["bank.files", "inequivalent arg", "delete_queue"];
    clinic.finds("without management", &set([("doctor.management_url", "")]), expected).await
}

#[tokio::test]
async fn faults_of_rights_and_readers_are_named_with_their_cure() -> Result<()> {
    let clinic = Clinic::new().await?;
    let vhost = clinic.vhost.as_str();
    clinic.ctl(&["set_permissions", "--vhost", vhost, "kvit", "^$", "^$", ".*"])?;
    clinic
        .finds("no right to write", &[], ["agency.out", "may not publish to it", "import"])
        .await?;
    clinic.finds("which right", &[], ["user kvit", "right to write is \"^$\"", "import"]).await?;
    clinic.ctl(&["clear_permissions", "--vhost", vhost, "kvit"])?;
    let expected = ["broker.url", "give user \"kvit\" permissions", "import_definitions"];
    clinic.finds("no rights at all", &[], expected).await?;
    clinic.import()?;
    clinic.ctl(&["set_permissions", "--vhost", vhost, "agency-a", "^$", ".*", ".*"])?;
    clinic
        .finds("a party with all rights", &[], ["user agency-a", "right to write is", "import"])
        .await?;
    clinic.import()?;
    clinic.ctl(&["clear_topic_permissions", "--vhost", vhost, "erip"])?;
    clinic.finds("any routing key", &[], ["user erip", "can speak for others", "import"]).await?;
    clinic.import()?;
    clinic.healthy("mended").await?;

    let inbox = clinic.name("agency.agency-b.inbox");
    let cancel = lapin::options::BasicCancelOptions::default;
    clinic.peer.channel.basic_cancel(inbox.as_str().into(), cancel()).await?;
    clinic
        .finds("nobody reads", &[], ["agency-b.inbox", "nobody reads it", "ask that party"])
        .await?;
    clinic.peer.fill(&inbox, 3).await?;
    clinic.read(&inbox).await?;
    let few = set([("decisions.queue_depth_max", "1")]);
    clinic
        .finds("too deep", &few, ["agency-b.inbox", "2 messages wait, many", "does not keep up"])
        .await?;

    let dead = clinic.name("dead");
    clinic.read(&dead).await?;
    clinic.finds("another consumer", &[], [".dead", "only kvit should", "list_consumers"]).await?;
    clinic.peer.channel.basic_cancel(dead.as_str().into(), cancel()).await?;
    clinic.peer.fill(&clinic.name("bank.in"), 2).await?;
    let expected =
        ["bank.in", "2 messages wait for kvit, which does not run", "systemctl start kvit"];
    clinic.finds("messages wait", &[], expected).await
}

#[tokio::test]
async fn faults_of_the_store_are_named_with_their_cure() -> Result<()> {
    let clinic = Clinic::new().await?;
    let store = clinic.path("store");
    let opened = kvit::service::open_store(&clinic.settings()?, &store, true)?;
    let held = ["store.path", "is held by process", "ps -fp"];
    clinic.finds("held by another", &[], held).await?;
    drop(opened);
    clinic.healthy("let go").await?;

    fs::set_permissions(&store, fs::Permissions::from_mode(0o755))?;
    clinic.finds("open to all", &[], ["store.path", "holds personal data", "chmod o="]).await?;
    fs::set_permissions(&store, fs::Permissions::from_mode(0o700))?;
    fs::write(store.join("blobs/1"), "overlong")?;
    clinic.finds("blobs", &[], ["store.path", "1 files lie in", "kvit store verify"]).await?;
    fs::remove_file(store.join("blobs/1"))?;
    fs::rename(store.join("watermark"), store.join("lost"))?;
    clinic.finds("no watermark", &[], ["store", "without a watermark", "--offline"]).await?;
    fs::rename(store.join("lost"), store.join("watermark"))?;
    File::open(store.join("watermark"))?;
    Ok(())
}

#[tokio::test]
async fn faults_of_machine_and_settings_are_named_with_their_cure() -> Result<()> {
    let clinic = Clinic::new().await?;
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let taken = listener.local_addr()?.to_string();
    let key = clinic.tested.file("open.key");
    fs::copy(clinic.tested.file("kvit.key"), &key)?;
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644))?;
    let key = key.display().to_string();
    let cases = [
        (
            "disk full",
            ("store.free_bytes_min", "1099511627776"),
            ["store.free_bytes_min", "takes no messages", "make room"],
        ),
        ("in memory", ("store.path", "/dev/shm"), ["store.path", "lies in memory", "local disk"]),
        ("port taken", ("health.listen", &taken), ["health.listen", "cannot be had", "ss -ltnp"]),
        (
            "no place for the socket",
            ("admin.socket", "/nowhere/admin.sock"),
            ["admin.socket", "is not there", "mkdir"],
        ),
        (
            "no drop folder",
            ("feeds.erip.folder", "/nowhere/erip"),
            ["feeds.erip.folder", "/nowhere/erip: No such file", "mount it"],
        ),
        (
            "key open to all",
            ("broker.tls.key_file", &key),
            ["command line", "everybody on this machine", "chmod o="],
        ),
        (
            "no catalogue",
            ("catalogue.path", "/nowhere"),
            ["/nowhere", "set catalogue.path", "kvit check"],
        ),
        (
            "mistyped setting",
            ("broker.prefech", "3"),
            ["command line", "did you mean prefetch", "kvit check"],
        ),
        (
            "nobody speaks",
            ("portals.other.users", ""),
            ["command line", "nobody can speak for", "kvit check"],
        ),
        (
            "unknown bank",
            ("feeds.weak.bank", "nobody"),
            ["command line", "not among the banks", "kvit check"],
        ),
    ];
    for (what, change, expected) in cases {
        clinic.finds(what, &set([change]), expected).await?;
    }
    Ok(())
}
