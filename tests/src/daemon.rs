//! A whole daemon for a test, on a store of its own and under a prefix of its own, and the parties
//! around it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use kvit::service::{Left, RunError};
use kvit::settings::{OperatorFile, Settings, Sources};
use kvit_adapters::store::Store;
use kvit_schemas::contract::Direction;
use kvit_schemas::message::xml_to_json;
use lapin::options::{BasicGetOptions, BasicPublishOptions};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{BasicProperties, Confirmation};
use serde_json::Value;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::broker::{Peer, PrivateBroker, unique, until, workspace};

/// Everything a test needs: a broker, settings, a store's directory.
pub struct World {
    /// What all names begin with.
    pub prefix: String,
    /// The settings' file.
    pub settings: PathBuf,
    /// Further settings: key and value.
    pub set: Vec<(String, String)>,
    directory: TempDir,
    store: PathBuf,
    url: String,
    catalogue: PathBuf,
}

/// A daemon that runs.
pub struct Running {
    stop: CancellationToken,
    task: JoinHandle<Result<Left, RunError>>,
}

/// A message as a party got it.
#[derive(Debug, Clone)]
pub struct Got {
    /// Its type.
    pub kind: String,
    /// Its id.
    pub message_id: String,
    /// What it says, however it was spelled.
    pub body: Value,
    /// How it was spelled.
    pub content_type: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The message that caused it.
    pub cause: Option<String>,
}

/// A message as a party sends it.
#[derive(Debug, Clone)]
pub struct Send<'a> {
    /// `portal.in`, `bank.in` or `agency.in`.
    pub exchange: &'a str,
    /// The routing key.
    pub key: &'a str,
    /// The type.
    pub kind: &'a str,
    /// The broker user.
    pub user: Option<&'a str>,
    /// The id.
    pub id: &'a str,
    /// The body.
    pub body: Vec<u8>,
    /// The name of a file.
    pub file: Option<&'a str>,
}

impl World {
    /// A world with the shipped catalogue and the settings of `tests/fixtures/world.toml`.
    pub fn new() -> Result<Self> {
        Self::at(PrivateBroker::shared()?.url().to_owned())
    }

    /// The same at another broker, or in a virtual host of its own.
    pub fn at(url: String) -> Result<Self> {
        let directory = tempfile::tempdir()?;
        let prefix = unique("kvit");
        let root = workspace();
        let fixture = std::fs::read_to_string(root.join("tests/fixtures/world.toml"))?;
        let settings = directory.path().join("kvit.toml");
        std::fs::write(&settings, fixture)?;
        let catalogue = root.join("tests/it/convergence/catalogue.toml");
        let beside = directory.path().join("catalogue");
        std::fs::create_dir(&beside)?;
        std::fs::copy(&catalogue, beside.join("catalogue.toml"))?;
        let store = directory.path().join("store");
        Ok(Self { prefix, settings, set: Vec::new(), directory, store, url, catalogue: beside })
    }

    /// A directory for this test's files.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The broker's address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where the catalogue is.
    pub fn catalogue(&self) -> PathBuf {
        self.catalogue.clone()
    }

    /// Leaves the directory there, for somebody to look into.
    pub fn keep(&mut self) -> &Path {
        self.directory.disable_cleanup(true);
        self.directory.path()
    }

    /// Where the store is.
    pub fn store(&self) -> PathBuf {
        self.store.clone()
    }

    /// Puts the store elsewhere.
    pub fn move_store(&mut self, path: &Path) {
        path.clone_into(&mut self.store);
    }

    /// Where the admin API listens.
    pub fn socket(&self) -> PathBuf {
        self.directory.path().join("admin.sock")
    }

    /// The settings in force.
    pub fn load(&self) -> Result<Settings> {
        load(&self.settings, self.overrides())
    }

    /// What is set beside the file, by key.
    pub fn overrides(&self) -> Vec<(String, String)> {
        let text = |path: &Path| path.display().to_string();
        let overrides = [
            ("broker.url", self.url.clone()),
            ("broker.prefix", self.prefix.clone()),
            ("store.path", text(&self.store())),
            ("catalogue.path", text(&self.catalogue)),
            ("admin.socket", text(&self.socket())),
        ];
        let own = overrides.map(|(key, value)| (key.to_owned(), value));
        own.into_iter().chain(self.set.iter().cloned()).collect()
    }

    /// Starts a daemon and waits until it consumes.
    pub async fn start(&self) -> Result<Running> {
        let stop = CancellationToken::new();
        let task = tokio::spawn(kvit::service::run(self.load()?, stop.clone()));
        let peer = self.peer().await?;
        let queue = self.name("agency.in");
        until("the daemon consumes", || async {
            ensure!(!task.is_finished(), "the daemon has ended");
            Ok(peer.consumers(&queue).await.is_ok_and(|many| many > 0))
        })
        .await?;
        Ok(Running { stop, task })
    }

    /// Opens the store of a stopped daemon.
    pub fn open_store(&self) -> Result<Store> {
        kvit::service::open_store(&self.load()?, &self.store(), false).context("opening the store")
    }

    /// A connection for the parties.
    pub async fn peer(&self) -> Result<Peer> {
        Peer::connect(&self.url).await
    }

    /// A name with the prefix.
    pub fn name(&self, what: &str) -> String {
        format!("{}.{what}", self.prefix)
    }

    /// Sends a message, and waits for the broker's word.
    pub async fn send(&self, peer: &Peer, message: Send<'_>) -> Result<()> {
        self.send_with(peer, message, |properties| properties).await
    }

    /// The same with properties of the caller's own.
    pub async fn send_with(
        &self,
        peer: &Peer,
        message: Send<'_>,
        amend: impl FnOnce(BasicProperties) -> BasicProperties,
    ) -> Result<()> {
        let mut properties = BasicProperties::default()
            .with_message_id(message.id.into())
            .with_type(message.kind.into())
            .with_content_type("application/json".into())
            .with_delivery_mode(2);
        if let Some(user) = message.user {
            properties = properties.with_user_id(user.into());
        }
        if let Some(file) = message.file {
            let mut headers = FieldTable::default();
            headers.insert(ShortString::from("kvit-file-name"), AMQPValue::LongString(file.into()));
            properties = properties.with_headers(headers);
        }
        let properties = amend(properties);
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let exchange = self.name(message.exchange);
        let confirm = peer
            .channel
            .basic_publish(exchange.into(), message.key.into(), options, &message.body, properties)
            .await?
            .await?;
        ensure!(matches!(confirm, Confirmation::Ack(None)), "not taken: {confirm:?}");
        Ok(())
    }

    /// Takes messages from a queue until there are as many as wanted.
    pub async fn take(&self, peer: &Peer, queue: &str, many: usize) -> Result<Vec<Got>> {
        let queue = self.name(queue);
        let mut got = Vec::new();
        let deadline = tokio::time::Instant::now() + crate::broker::PATIENCE;
        while got.len() < many {
            let next =
                peer.channel.basic_get(queue.clone().into(), BasicGetOptions { no_ack: true });
            match next.await? {
                Some(message) => got.push(Got::of(&message.delivery)?),
                None => {
                    let late = tokio::time::Instant::now() > deadline;
                    ensure!(!late, "{queue}: waited for {many} messages, got {got:#?}");
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            }
        }
        Ok(got)
    }
}

/// Settings of a file, with some keys set otherwise.
pub fn load(file: &Path, overrides: Vec<(String, String)>) -> Result<Settings> {
    let sources = Sources {
        file: OperatorFile::Named(file.to_owned()),
        environment: std::collections::HashMap::new(),
        overrides,
        credentials: None,
    };
    match Settings::load(&sources) {
        Ok(loaded) => Ok(loaded.settings),
        Err(error) => bail!("{error}"),
    }
}

impl Got {
    fn of(delivery: &lapin::message::Delivery) -> Result<Self> {
        let text = |text: &Option<ShortString>| text.as_ref().map(|text| text.as_str().to_owned());
        let headers = delivery.properties.headers().as_ref();
        let cause = headers.and_then(|headers| match headers.inner().get("kvit-cause") {
            Some(AMQPValue::LongString(text)) => Some(text.to_string()),
            Some(_) | None => None,
        });
        let kind = text(delivery.properties.kind()).context("a message without type")?;
        let content_type = text(delivery.properties.content_type()).unwrap_or_default();
        Ok(Self {
            body: said(&kind, &content_type, &delivery.data)?,
            bytes: delivery.data.clone(),
            kind,
            message_id: text(delivery.properties.message_id()).context("a message without id")?,
            content_type,
            cause,
        })
    }

    /// A text of the body by its JSON Pointer.
    pub fn text(&self, pointer: &str) -> &str {
        self.body.pointer(pointer).and_then(Value::as_str).unwrap_or("")
    }
}

impl Running {
    /// Stops the daemon in order; what is left in its outbox.
    pub async fn stop(self) -> Result<Left> {
        self.stop.cancel();
        Ok(self.task.await??)
    }
}

/// What a body says.
fn said(kind: &str, content_type: &str, body: &[u8]) -> Result<Value> {
    match content_type {
        "application/xml" => {
            let json = xml_to_json((kind.parse()?, Direction::Out), body, None);
            let json = json.map_err(|invalid| anyhow!("{kind}: {invalid:?}"))?;
            Ok(serde_json::from_str(&json)?)
        }
        "application/cloudevents+json" => {
            let mut event: Value = serde_json::from_slice(body)?;
            ensure!(event["specversion"] == "1.0" && event["type"] == kind, "{event:#}");
            Ok(event["data"].take())
        }
        _ => Ok(serde_json::from_slice(body)?),
    }
}
