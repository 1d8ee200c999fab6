//! A real broker for tests: the one in `KVIT_AMQP_URL`, or a private node started for this
//! process. Nothing of anybody else's is touched: each test works under a prefix of its own.

use std::collections::HashMap;
use std::future::Future;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use futures_util::StreamExt;
use kvit_adapters::amqp::AmqpOptions;
use lapin::options::{
    BasicCancelOptions, BasicConsumeOptions, BasicPublishOptions, ConfirmSelectOptions,
    QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};
use tokio::time::{Instant, sleep};

/// Longest wait for anything a test expects to happen.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A broker node that tests may use.
pub struct PrivateBroker {
    url: String,
    /// For TLS, where the node listens for that.
    tls_url: Option<String>,
    /// Of the management API, where the node serves it.
    management_url: Option<String>,
    /// Where the node's files are; unknown for a broker that somebody else has started.
    directory: Option<PathBuf>,
    /// Stopped on drop.
    is_ours: bool,
}

impl PrivateBroker {
    /// The broker of `KVIT_AMQP_URL` (and `KVIT_BROKER_DIR`, where it is a private node), else
    /// one that is started once for this process and ends with it.
    pub fn shared() -> Result<&'static Self> {
        static SHARED: OnceLock<Result<PrivateBroker, String>> = OnceLock::new();
        let shared = SHARED.get_or_init(|| match std::env::var("KVIT_AMQP_URL") {
            Ok(url) => {
                let directory = std::env::var_os("KVIT_BROKER_DIR").map(PathBuf::from);
                Ok(Self { url, directory, is_ours: false, tls_url: None, management_url: None })
            }
            Err(_) => Self::start("shared").map_err(|error| format!("{error:#}")),
        });
        match shared {
            Ok(broker) => Ok(broker),
            Err(error) => bail!("no broker: {error}"),
        }
    }

    /// A node for one test alone, for tests that harm it. Stopped on drop.
    pub fn start(name: &str) -> Result<Self> {
        Self::start_with(name, &[])
    }

    /// The same with TLS, where `ca.pem`, `server.pem` and `server.key` lie in the folder, and
    /// with the management API.
    pub fn start_with_tls(name: &str, certificates: &Path) -> Result<Self> {
        let certificates = certificates.to_str().context("a folder's name that is no text")?;
        Self::start_with(name, &["--tls", certificates, "--management"])
    }

    fn start_with(name: &str, options: &[&str]) -> Result<Self> {
        let owner = std::process::id();
        let directory = workspace().join(format!("target/broker-{owner}-{name}"));
        let output = Command::new(script())
            .arg("start")
            .args(options)
            .arg(&directory)
            .arg(owner.to_string())
            .output()
            .context("starting the private broker")?;
        let told = String::from_utf8_lossy(&output.stdout);
        let told: HashMap<&str, &str> =
            told.lines().filter_map(|line| line.split_once('=')).collect();
        let Some(url) = told.get("KVIT_AMQP_URL") else {
            bail!("the private broker: {}", String::from_utf8_lossy(&output.stderr).trim());
        };
        let more = |name| told.get(name).map(|&url: &&str| url.to_owned());
        Ok(Self {
            url: (*url).to_owned(),
            tls_url: more("KVIT_AMQPS_URL"),
            management_url: more("KVIT_MANAGEMENT_URL"),
            directory: Some(directory),
            is_ours: true,
        })
    }

    /// The broker's address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its address for TLS, without a user.
    pub fn tls_url(&self) -> Result<&str> {
        self.tls_url.as_deref().context("a node without TLS")
    }

    /// The address of its management API.
    pub fn management_url(&self) -> Result<&str> {
        self.management_url.as_deref().context("a node without the management API")
    }

    /// How to reach it, with short times.
    pub fn options(&self) -> Result<AmqpOptions> {
        options(&self.url)
    }

    /// Runs `rabbitmqctl` against the node, and gives what it prints.
    pub fn ctl(&self, arguments: &[&str]) -> Result<String> {
        let directory = self.directory.as_deref().context("not a node of ours")?;
        let mut command = Command::new(script());
        command.arg("ctl").arg(directory).arg("--quiet").args(arguments);
        let output = command.output().context("running rabbitmqctl")?;
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(output.status.success(), "rabbitmqctl {arguments:?}: {complaint}");
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Ends the node and starts it again, with its ports and what it keeps.
    pub fn restart(&self) -> Result<()> {
        ensure!(self.is_ours, "somebody else's node");
        let directory = self.directory.as_deref().context("not a node of ours")?;
        let output = Command::new(script()).arg("restart").arg(directory).output()?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "restarting the node: {complaint}");
        Ok(())
    }

    /// The address of a new virtual host of this node, for a test that closes all its
    /// connections.
    pub fn virtual_host(&self) -> Result<(String, String)> {
        let name = unique("vhost");
        self.ctl(&["add_vhost", &name])?;
        self.ctl(&["set_permissions", "--vhost", &name, "guest", ".*", ".*", ".*"])?;
        let (base, _) = self.url.rsplit_once('/').context("the URL has no virtual host")?;
        Ok((format!("{base}/{name}"), name))
    }
}

impl Drop for PrivateBroker {
    fn drop(&mut self) {
        if let (true, Some(directory)) = (self.is_ours, &self.directory) {
            // The node's watcher stops it when this process ends, should this fail.
            let _ = Command::new(script()).arg("stop").arg(directory).output();
        }
    }
}

/// How to reach a broker, with short times.
pub fn options(url: &str) -> Result<AmqpOptions> {
    Ok(AmqpOptions {
        url: url.parse()?,
        tls: None,
        instance: "test".into(),
        heartbeat_seconds: 10,
        await_timeout: Duration::from_secs(10),
        confirm_timeout: Duration::from_secs(20),
    })
}

/// A name that nothing else has.
pub fn unique(what: &str) -> String {
    format!("{what}-{:016x}", RandomState::new().build_hasher().finish())
}

/// Waits until something holds; fails when it still does not after [`PATIENCE`].
pub async fn until<F: Future<Output = Result<bool>>>(
    what: &str,
    mut holds: impl FnMut() -> F,
) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while !holds().await? {
        ensure!(Instant::now() < deadline, "in vain waited until {what}");
        sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// The other side of the broker, without our adapter: what parties do.
pub struct Peer {
    connection: Connection,
    /// For what the methods here do not cover.
    pub channel: Channel,
}

impl Peer {
    /// Connects, with confirmations.
    pub async fn connect(url: &str) -> Result<Self> {
        let connection = Connection::connect(url, ConnectionProperties::default()).await?;
        let channel = connection.create_channel().await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        Ok(Self { connection, channel })
    }

    /// How many consumers a queue has.
    pub async fn consumers(&self, name: &str) -> Result<u32> {
        let connection = self.channel_to_ask_on().await?;
        let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let queue = connection.queue_declare(name.into(), passive, FieldTable::default()).await?;
        Ok(queue.consumer_count())
    }

    /// A channel that the broker may close: asking for what is not there does that.
    async fn channel_to_ask_on(&self) -> Result<Channel> {
        Ok(self.connection.create_channel().await?)
    }

    /// Declares a quorum queue with further arguments.
    pub async fn queue(&self, name: &str, arguments: &[(&str, AMQPValue)]) -> Result<()> {
        let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        let mut table = FieldTable::default();
        table.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
        for (key, value) in arguments {
            table.insert((*key).into(), value.clone());
        }
        self.channel.queue_declare(name.into(), durable, table).await?;
        Ok(())
    }

    /// Publishes numbered messages to a queue, `0..count`, and waits until the broker has them.
    pub async fn fill(&self, queue: &str, count: usize) -> Result<()> {
        let mut confirms = Vec::with_capacity(count);
        for number in 0..count {
            let properties = BasicProperties::default()
                .with_message_id(number.to_string().into())
                .with_delivery_mode(2);
            let body = number.to_string();
            let options = BasicPublishOptions { mandatory: true, immediate: false };
            let publish = self.channel.basic_publish(
                "".into(),
                queue.into(),
                options,
                body.as_bytes(),
                properties,
            );
            confirms.push(publish.await?);
        }
        for confirm in confirms {
            ensure!(confirm.await?.is_ack(), "a test message was refused");
        }
        Ok(())
    }

    /// Messages ready in a queue.
    pub async fn ready(&self, queue: &str) -> Result<u32> {
        let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let found = self.channel.queue_declare(queue.into(), passive, FieldTable::default());
        Ok(found.await?.message_count())
    }

    /// Takes the messages that are ready out of a queue: their message ids, in order.
    pub async fn take_all(&self, queue: &str) -> Result<Vec<String>> {
        let options = BasicConsumeOptions { no_ack: true, ..BasicConsumeOptions::default() };
        let count = usize::try_from(self.ready(queue).await?)?;
        let tag = unique("take");
        let consume = self.channel.basic_consume(
            queue.into(),
            tag.as_str().into(),
            options,
            FieldTable::default(),
        );
        let mut consumer = consume.await?;
        let mut ids = Vec::with_capacity(count);
        while ids.len() < count {
            let delivery = consumer.next().await.context("the subscription has ended")??;
            let id = delivery.properties.message_id().as_ref();
            ids.push(id.map(|id| id.to_string()).unwrap_or_default());
        }
        self.channel.basic_cancel(tag.as_str().into(), BasicCancelOptions::default()).await?;
        Ok(ids)
    }
}

/// The project's own folder.
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn script() -> PathBuf {
    workspace().join("deploy/private-broker.sh")
}
