//! TLS against a node that wants a certificate of each client, and knows it by that.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Context, Result, bail};
use kvit_adapters::amqp::{Admin, AmqpOptions, BrokerStatus, Consumer, InputQueue, Link, Topology};
use kvit_adapters::tls::{Identity, Tls, expires};
use kvit_tests::broker::{PrivateBroker, options, unique, until};
use kvit_tests::certificates::{Authority, Valid};
use tempfile::TempDir;
use tokio::sync::mpsc;

use super::{Running, is_up, link};

/// A node, and what its users have in hand.
pub(crate) struct Tested {
    pub(crate) broker: PrivateBroker,
    folder: TempDir,
    ours: Authority,
}

/// One node for all tests here; it ends with this process.
pub(crate) fn tested() -> Result<&'static Tested> {
    static TESTED: OnceLock<Result<Tested, String>> = OnceLock::new();
    let make = || -> Result<Tested> {
        let folder = tempfile::tempdir()?;
        let ours = Authority::new(folder.path(), "ca")?;
        ours.issue("server", "localhost", Valid::Long)?;
        ours.issue("kvit", "kvit", Valid::Long)?;
        ours.issue("expired", "kvit", Valid::No)?;
        let others = Authority::new(&folder.path().join("others"), "ca")?;
        others.issue("kvit", "kvit", Valid::Long)?;
        let broker = PrivateBroker::start_with_tls("tls", folder.path())?;
        for user in ["kvit", "kvit-b"] {
            broker.ctl(&["add_user", user, &unique("unused")])?;
            broker.ctl(&["set_permissions", user, ".*", ".*", ".*"])?;
        }
        Ok(Tested { broker, folder, ours })
    };
    match TESTED.get_or_init(|| make().map_err(|error| format!("{error:#}"))) {
        Ok(tested) => Ok(tested),
        Err(error) => bail!("no node with TLS: {error}"),
    }
}

impl Tested {
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Options of the user whom the certificate of this name makes us.
    fn options(&self, certificate: Option<&str>) -> Result<AmqpOptions> {
        let url = self.broker.tls_url()?.replace("amqps://", "amqps://kvit@");
        let mut options = options(&format!("{url}?auth_mechanism=external"))?;
        options.tls = Some(Tls {
            ca_file: self.file("ca.pem"),
            identity: certificate.map(|name| identity(self.folder.path(), name)),
            server_name: None,
        });
        Ok(options)
    }
}

fn identity(folder: &Path, name: &str) -> Identity {
    Identity {
        certificate_file: folder.join(format!("{name}.pem")),
        key_file: folder.join(format!("{name}.key")),
    }
}

async fn refusal(options: &AmqpOptions) -> Result<String> {
    match Admin::connect(options).await {
        Ok(_) => bail!("connected"),
        Err(error) => Ok(error.reason()),
    }
}

#[tokio::test]
async fn a_certificate_is_all_that_is_needed_to_log_in() -> Result<()> {
    let tested = tested()?;
    let admin = Admin::connect(&tested.options(Some("kvit"))?).await?;
    let topology =
        Topology { vhost: "/".into(), prefix: unique("kvit"), ..super::topology::topology("/") };
    admin.declare(&topology).await?;
    assert_eq!(admin.check(&topology).await?, Vec::<String>::new());
    let told = tested.broker.ctl(&["list_connections", "user", "ssl", "auth_mechanism"])?;
    assert!(told.contains("kvit\ttrue\tEXTERNAL"), "{told}");
    admin.remove(&topology).await?;
    admin.close().await;
    Ok(())
}

#[tokio::test]
async fn each_wrong_certificate_is_refused_with_what_mends_it() -> Result<()> {
    let tested = tested()?;
    let with = |change: &dyn Fn(&mut AmqpOptions)| -> Result<AmqpOptions> {
        let mut options = tested.options(Some("kvit"))?;
        change(&mut options);
        Ok(options)
    };
    let tls = |options: &mut AmqpOptions, change: &dyn Fn(&mut Tls)| {
        options.tls.as_mut().map(change);
    };
    let identified = |name: &'static str| {
        move |options: &mut AmqpOptions| {
            tls(options, &|tls| tls.identity = Some(identity(tested.folder.path(), name)));
        }
    };
    let plain =
        tested.broker.url().replace("amqp://guest:guest@127.0.0.1", "amqps://kvit@localhost");
    let cases: Vec<(&str, AmqpOptions, &str)> = vec![
        ("no certificate", tested.options(None)?, "wants a certificate of ours"),
        ("expired", with(&identified("expired"))?, "our certificate has expired"),
        ("of others", with(&identified("others/kvit"))?, "authority that issued our certificate"),
        (
            "a broker of others",
            with(&|it| tls(it, &|tls| tls.ca_file = tested.file("others/ca.pem")))?,
            "not of the authority in broker.tls.ca_file",
        ),
        (
            "another name",
            with(&|it| tls(it, &|tls| tls.server_name = Some("elsewhere".into())))?,
            "set broker.tls.server_name",
        ),
        (
            "key of another",
            with(&|it| {
                tls(it, &|tls| {
                    tls.identity.iter_mut().for_each(|it| it.key_file = tested.file("server.key"));
                });
            })?,
            "do not belong together",
        ),
        (
            "no file",
            with(&|it| tls(it, &|tls| tls.ca_file = tested.file("nowhere.pem")))?,
            "nowhere.pem cannot be read",
        ),
        (
            "no certificate in the file",
            with(&|it| tls(it, &|tls| tls.ca_file = tested.file("kvit.key")))?,
            "holds no usable certificate",
        ),
        ("no authority", with(&|it| it.tls = None)?, "set broker.tls.ca_file"),
        (
            "a port without TLS",
            with(&|it| it.url = plain.parse().expect("a url"))?,
            "speak TLS on this port",
        ),
    ];
    for (what, options, sentence) in cases {
        let told = refusal(&options).await.context(what)?;
        assert!(told.contains(sentence), "{what}: {told}");
    }
    Ok(())
}

#[tokio::test]
async fn certificates_replaced_on_disk_are_used_from_the_next_connection_on() -> Result<()> {
    let tested = tested()?;
    tested.ours.issue("renewed", "kvit", Valid::No)?;
    let topology = super::topology::topology("/");
    let admin = Admin::connect(&tested.options(Some("kvit"))?).await?;
    admin.declare(&topology).await?;
    let name = format!("{}.portal.in", topology.prefix);
    let queue = InputQueue { source: 0, name, prefetch: 1 };
    let (sender, _deliveries) = mpsc::channel(1);
    let (status, mut state) = BrokerStatus::new();
    let options = tested.options(Some("renewed"))?;
    let (consumer, _handle) = Consumer::new(options, vec![queue], sender, status);
    let running = Running::start(|stop| consumer.run(stop));
    let expired = |link: &Link| matches!(link, Link::Down { reason, .. } if reason.contains("our certificate has expired"));
    link(&mut state, |state| &state.consuming, expired).await?;

    tested.ours.issue("renewed", "kvit", Valid::Long)?;
    link(&mut state, |state| &state.consuming, is_up).await?;

    // The same file, another user: only a new connection shows it.
    tested.ours.issue("renewed", "kvit-b", Valid::Long)?;
    let connections = |user: &str| -> Result<bool> {
        Ok(tested.broker.ctl(&["list_connections", "user"])?.lines().any(|line| line == user))
    };
    assert!(!connections("kvit-b")?);
    tested.broker.ctl(&["close_all_connections", "renewal"])?;
    until("the new certificate is used", async || connections("kvit-b")).await?;
    running.stop().await?;
    let admin = Admin::connect(&tested.options(Some("kvit"))?).await?;
    admin.remove(&topology).await?;
    Ok(())
}

#[tokio::test]
async fn the_end_of_a_certificate_is_known() -> Result<()> {
    let tested = tested()?;
    assert_eq!(expires(&tested.file("expired.pem"))?.to_string(), "2021-01-01T03:00:00+03:00");
    assert!(expires(&tested.file("kvit.pem"))? > expires(&tested.file("expired.pem"))?);
    assert!(expires(&tested.file("kvit.key")).is_err());
    Ok(())
}
