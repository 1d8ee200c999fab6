//! Who may do what, with the users and permissions that `kvit topology` prints, imported into a
//! real broker: each forbidden act is refused, by the broker where it can, else by kvit with its
//! code. Prints the table of what was tried.

use std::collections::HashMap;

use anyhow::{Context, Result, bail, ensure};
use kvit::service::{Left, RunError};
use kvit::settings::{OperatorFile, Settings, Sources};
use kvit_adapters::amqp::{Topology, Users};
use kvit_schemas::record::{Case, Payment};
use kvit_tests::broker::{Peer, PrivateBroker, until};
use kvit_tests::daemon::{Send, World};
use lapin::options::{
    BasicConsumeOptions, BasicGetOptions, BasicPublishOptions, ConfirmSelectOptions,
    ExchangeBindOptions, ExchangeDeclareOptions, ExchangeDeleteOptions, QueueBindOptions,
    QueueDeclareOptions, QueueDeleteOptions, QueuePurgeOptions,
};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties, ErrorKind, ExchangeKind};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const CODE: &str = "000000000000000000000000000017";
const PARTIES: [&str; 7] = ["portal", "other", "erip", "bank", "weak", "agency-a", "agency-b"];

/// A virtual host as an administrator has made it, with a daemon as kvit's own user.
struct House {
    world: World,
    address: String,
    vhost: String,
    /// An administrator, to look.
    peer: Peer,
}

/// Something that a party tries at the broker.
#[derive(Debug, Clone, Copy)]
enum Act {
    Publish { exchange: &'static str, key: &'static str },
    ToQueue(&'static str),
    Forge(&'static str),
    Consume(&'static str),
    Get(&'static str),
    Purge(&'static str),
    DeclareQueue(&'static str),
    DeleteQueue(&'static str),
    Bind { queue: &'static str, exchange: &'static str },
    Unbind { queue: &'static str, exchange: &'static str },
    DeclareExchange(&'static str),
    DeleteExchange(&'static str),
    BindExchange { to: &'static str, from: &'static str },
}

impl House {
    async fn new() -> Result<Self> {
        let broker = PrivateBroker::shared()?;
        let (url, vhost) = broker.virtual_host()?;
        let world = World::new()?;
        // Users of one broker have names of their own.
        let mut text = std::fs::read_to_string(&world.settings)?;
        for party in PARTIES {
            let named = format!("users = [\"{}\"]", user(&world, party));
            text = text.replace(&format!("users = [\"{party}\"]"), &named);
        }
        std::fs::write(&world.settings, text)?;
        let (_, address) = url.rsplit_once('@').context("an address")?;
        let (address, _) = address.split_once('/').context("a virtual host")?;
        let peer = Peer::connect(&url).await?;
        let house = Self { world, address: address.to_owned(), vhost, peer };
        let file = house.world.store().with_file_name("definitions.json");
        let definitions = house.topology()?.definitions(Users::Created);
        std::fs::write(&file, definitions.to_string())?;
        broker.ctl(&["import_definitions", &file.to_string_lossy()])?;
        for party in PARTIES.into_iter().chain(["kvit"]) {
            broker.ctl(&["change_password", &user(&house.world, party), "secret"])?;
        }
        Ok(house)
    }

    fn url(&self, party: &str) -> String {
        format!("amqp://{}:secret@{}/{}", user(&self.world, party), self.address, self.vhost)
    }

    fn settings(&self) -> Result<Settings> {
        let shown = |path: std::path::PathBuf| path.display().to_string();
        let overrides = [
            ("broker.url", self.url("kvit")),
            ("broker.declare", "false".to_owned()),
            ("broker.prefix", self.world.prefix.clone()),
            ("store.path", shown(self.world.store())),
            ("catalogue.path", shown(self.world.catalogue())),
            ("admin.socket", shown(self.world.socket())),
        ];
        let sources = Sources {
            file: OperatorFile::Named(self.world.settings.clone()),
            environment: HashMap::new(),
            overrides: overrides.map(|(key, value)| (key.to_owned(), value)).into(),
            credentials: None,
        };
        match Settings::load(&sources) {
            Ok(loaded) => Ok(loaded.settings),
            Err(error) => bail!("{error}"),
        }
    }

    fn topology(&self) -> Result<Topology> {
        Ok(kvit::service::topology(&self.settings()?)?)
    }

    fn facts(&self) -> Result<(Vec<Case>, Vec<Payment>)> {
        let store = kvit::service::open_store(&self.settings()?, &self.world.store(), false)?;
        Ok((store.cases(None, 100)?.items, store.payments(None, 100)?.items))
    }

    /// Messages in all queues: what a refused act must not change.
    async fn depths(&self) -> Result<Vec<(String, u32)>> {
        let mut depths = Vec::new();
        let topology = self.topology()?;
        for queue in topology.our_queues().into_iter().chain(topology.party_queues()) {
            let many = self.peer.ready(&queue).await?;
            depths.push((queue, many));
        }
        Ok(depths)
    }
}

/// The broker user of a party.
fn user(world: &World, party: &str) -> String {
    format!("{}-{party}", world.prefix)
}

/// The broker's reply code to an act; 0 when it let it happen.
async fn attempt(house: &House, channel: &Channel, act: Act) -> u16 {
    let code = |error: lapin::Error| {
        let ErrorKind::ProtocolError(error) = error.kind() else { panic!("{act:?}: {error}") };
        error.get_id()
    };
    tried(house, channel, act).await.map_or_else(code, |()| 0)
}

async fn tried(house: &House, channel: &Channel, act: Act) -> lapin::Result<()> {
    let name = |what: &str| -> lapin::types::ShortString { house.world.name(what).into() };
    let none = FieldTable::default;
    match act {
        Act::Publish { exchange, key } => {
            publish(channel, &house.world.name(exchange), key, BasicProperties::default()).await
        }
        Act::ToQueue(queue) => {
            publish(channel, "", &house.world.name(queue), BasicProperties::default()).await
        }
        Act::Forge(party) => {
            let forged = BasicProperties::default().with_user_id(user(&house.world, party).into());
            publish(channel, &house.world.name("portal.in"), "x", forged).await
        }
        Act::Consume(queue) => {
            let options = BasicConsumeOptions::default();
            channel.basic_consume(name(queue), "".into(), options, none()).await.map(drop)
        }
        Act::Get(queue) => {
            channel.basic_get(name(queue), BasicGetOptions::default()).await.map(drop)
        }
        Act::Purge(queue) => {
            channel.queue_purge(name(queue), QueuePurgeOptions::default()).await.map(drop)
        }
        Act::DeclareQueue(queue) => {
            let options = QueueDeclareOptions::default();
            channel.queue_declare(name(queue), options, none()).await.map(drop)
        }
        Act::DeleteQueue(queue) => {
            channel.queue_delete(name(queue), QueueDeleteOptions::default()).await.map(drop)
        }
        Act::Bind { queue, exchange } => {
            let options = QueueBindOptions::default();
            channel.queue_bind(name(queue), name(exchange), "#".into(), options, none()).await
        }
        Act::Unbind { queue, exchange } => {
            channel.queue_unbind(name(queue), name(exchange), "#".into(), none()).await
        }
        Act::DeclareExchange(exchange) => {
            let options = ExchangeDeclareOptions::default();
            channel.exchange_declare(name(exchange), ExchangeKind::Topic, options, none()).await
        }
        Act::DeleteExchange(exchange) => {
            channel.exchange_delete(name(exchange), ExchangeDeleteOptions::default()).await
        }
        Act::BindExchange { to, from } => {
            let options = ExchangeBindOptions::default();
            channel.exchange_bind(name(to), name(from), "#".into(), options, none()).await
        }
    }
}

async fn publish(
    channel: &Channel,
    exchange: &str,
    key: &str,
    properties: BasicProperties,
) -> lapin::Result<()> {
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    let options = BasicPublishOptions::default();
    let publish = channel.basic_publish(exchange.into(), key.into(), options, b"{}", properties);
    publish.await?.await.map(drop)
}

/// The exchanges that a party writes, and the queues that it reads.
fn rights(party: &str) -> (&'static [&'static str], &'static [&'static str]) {
    match party {
        "portal" => (&["portal.in"], &["portal.portal.out"]),
        "erip" => (&["bank.in"], &["bank.erip.reports"]),
        "agency-a" => (&["agency.in"], &["agency.agency-a.inbox"]),
        _ => (
            &["portal.out", "agency.out", "bank.out", "ops.out"],
            &["portal.in", "bank.in", "bank.files", "agency.in", "dead"],
        ),
    }
}

/// What each kind of party, and kvit itself, must not be able to do.
fn forbidden(party: &str) -> Vec<Act> {
    use Act::{
        Bind, BindExchange, Consume, DeclareExchange, DeclareQueue, DeleteExchange, DeleteQueue,
        Forge, Get, Publish, Purge, ToQueue, Unbind,
    };
    let exchanges = [
        ("portal.in", "application.submitted"),
        ("bank.in", "erip.payment"),
        ("agency.in", "agency-a"),
        ("portal.out", "portal.case.status"),
        ("agency.out", "agency-a"),
        ("bank.out", "erip"),
        ("ops.out", "x"),
        ("dead", ""),
    ];
    let (writes, reads) = rights(party);
    let queues = [
        "portal.in",
        "bank.in",
        "bank.files",
        "agency.in",
        "dead",
        "ops.out",
        "portal.portal.out",
        "portal.other.out",
        "bank.erip.reports",
        "bank.bank.reports",
        "agency.agency-a.inbox",
        "agency.agency-b.inbox",
    ];
    let mut acts: Vec<Act> = exchanges
        .into_iter()
        .filter(|(exchange, _)| !writes.contains(exchange))
        .map(|(exchange, key)| Publish { exchange, key })
        .collect();
    for queue in queues {
        if !reads.contains(&queue) {
            acts.extend([Consume(queue), Get(queue), Purge(queue)]);
        }
    }
    match party {
        "erip" => acts.extend([
            Publish { exchange: "bank.in", key: "bank.payment" },
            Publish { exchange: "bank.in", key: "bank.file" },
            Publish { exchange: "bank.in", key: "erip.payment.more" },
        ]),
        "agency-a" => acts.extend([
            Publish { exchange: "agency.in", key: "agency-b" },
            Publish { exchange: "agency.in", key: "agency-a.more" },
        ]),
        "portal" => acts.push(Forge("other")),
        _ => {}
    }
    let own = reads.first().copied().unwrap_or("dead");
    acts.extend([
        ToQueue("portal.in"),
        ToQueue("agency.agency-a.inbox"),
        ToQueue("dead"),
        DeclareQueue("mine"),
        DeleteQueue(own),
        Bind { queue: own, exchange: "agency.out" },
        Unbind { queue: own, exchange: "agency.out" },
        DeclareExchange("mine"),
        DeleteExchange("portal.in"),
        BindExchange { to: "dead", from: "portal.in" },
    ]);
    acts
}

#[tokio::test]
async fn what_the_broker_can_refuse_it_refuses_to_each_party_and_to_kvit() -> Result<()> {
    let house = House::new().await?;
    let before = house.depths().await?;
    let mut table = Vec::new();
    for party in ["portal", "erip", "agency-a", "kvit"] {
        let properties = ConnectionProperties::default();
        let connection = Connection::connect(&house.url(party), properties).await?;
        for act in forbidden(party) {
            let channel = connection.create_channel().await?;
            let code = attempt(&house, &channel, act).await;
            let expected = if matches!(act, Act::Forge(_)) { 406 } else { 403 };
            table.push((format!("{party:8} {act:?}: the broker, {code}"), code == expected));
        }
    }
    for (row, _) in &table {
        println!("{row}");
    }
    println!("{} acts", table.len());
    let let_through: Vec<&String> =
        table.iter().filter(|(_, refused)| !refused).map(|(row, _)| row).collect();
    assert!(let_through.is_empty(), "{let_through:#?}");
    ensure!(table.len() > 100, "{} acts", table.len());
    assert_eq!(house.depths().await?, before);
    Ok(())
}

fn application(language: &str) -> Value {
    json!({
        "order_code": CODE, "procedure": "credited", "submitted_at": "2026-03-05T10:15:00+03:00",
        "applicant": { "kind": "citizen", "name": "Іваноў Іван", "region": "BY-HM" },
        "identification": "eds", "language": language,
        "fee": { "amount": "45.00", "currency": "BYN" }, "form": {} })
}

fn payment(feed: &str, state: &str) -> Value {
    json!({ "feed": feed, "payment_id": "1200000001", "state": state, "order_code": CODE,
        "amount": { "amount": "45.00", "currency": "BYN" },
        "paid_at": "2026-03-05T12:00:00+03:00" })
}

/// What is allowed, in order, and with which type it is answered; then what is not, and with which
/// code.
const SAID: &str = "
    portal   application.submitted  portal.in  application.submitted  be        portal.portal.out      case.status
    erip     payment.reported       bank.in    erip.payment           credited  portal.portal.out      case.status
    erip     payment.reported       bank.in    erip.payment           foreign   bank.erip.reports      KV1008
    weak     payment.reported       bank.in    weak.payment           weak      bank.weak.reports      KV1302
    agency-b case.decided           agency.in  agency-b               decided   agency.agency-b.inbox  KV1303
    other    application.withdrawn  portal.in  application.withdrawn  withdrawn portal.other.out       KV1303
    portal   case.decided           portal.in  case.decided           decided   portal.portal.out      KV1007
    portal   payment.reported       portal.in  payment.reported       reversed  portal.portal.out      KV1007
    erip     application.submitted  bank.in    erip.payment           be        bank.erip.reports      KV1007
    portal   application.withdrawn  portal.in  application.submitted  withdrawn portal.portal.out      KV1008
    portal   application.submitted  portal.in  application.submitted  ru        portal.portal.out      KV1202
";

/// What stands in a body of [`SAID`].
fn body(name: &str) -> Value {
    match name {
        "be" | "ru" => application(name),
        "credited" | "reversed" => payment("erip", name),
        "foreign" => payment("bank", "credited"),
        "weak" => payment("weak", "credited"),
        "decided" => json!({ "order_code": CODE, "decision_id": "d1", "outcome": "granted",
            "decided_at": "2026-03-09T12:00:00+03:00", "title": "Рашэнне", "text": "Так",
            "delivery": "electronic" }),
        _ => json!({ "order_code": CODE, "withdrawn_at": "2026-03-06T12:00:00+03:00" }),
    }
}

impl House {
    /// What one row of [`SAID`] is answered with: the type, or the code of a refusal.
    async fn answer(&self, row: &[&str], id: &str) -> Result<String> {
        let [party, kind, exchange, key, content, queue, _] = *row else { bail!("{row:?}") };
        let (kind, user) = (format!("{kind}.v1"), user(&self.world, party));
        let peer = Peer::connect(&self.url(party)).await?;
        let message = Send {
            exchange,
            key,
            kind: &kind,
            user: Some(&user),
            id,
            body: serde_json::to_vec(&body(content))?,
            file: None,
        };
        self.world.send(&peer, message).await?;
        let got = self.world.take(&self.peer, queue, 1).await?.pop().context("no answer")?;
        Ok(match got.text("/code") {
            "" => got.kind.trim_end_matches(".v1").to_owned(),
            code => code.to_owned(),
        })
    }

    /// A daemon as kvit's own user, once it consumes.
    async fn start(&self) -> Result<(JoinHandle<Result<Left, RunError>>, CancellationToken)> {
        let stop = CancellationToken::new();
        let task = tokio::spawn(kvit::service::run(self.settings()?, stop.clone()));
        let queue = self.world.name("dead");
        until("kvit consumes as its own user", async || {
            ensure!(!task.is_finished(), "the daemon has ended");
            Ok(self.peer.consumers(&queue).await? == 1)
        })
        .await?;
        Ok((task, stop))
    }
}

#[tokio::test]
async fn what_the_broker_cannot_refuse_kvit_refuses_and_nothing_changes() -> Result<()> {
    let house = House::new().await?;
    let rows: Vec<Vec<&str>> =
        SAID.trim().lines().map(|row| row.split_whitespace().collect()).collect();
    let (allowed, refused) = rows.split_at(2);
    let mut answers = Vec::new();
    let (task, stop) = house.start().await?;
    for row in allowed {
        answers.push(house.answer(row, row[4]).await?);
    }
    house.world.take(&house.peer, "agency.agency-a.inbox", 1).await?;
    stop.cancel();
    task.await??;
    let before = house.facts()?;
    let (task, stop) = house.start().await?;
    for (at, row) in refused.iter().enumerate() {
        answers.push(house.answer(row, &format!("x{at}")).await?);
        println!("{row:?}");
    }
    stop.cancel();
    task.await??;
    let expected: Vec<&str> = rows.iter().filter_map(|row| row.last().copied()).collect();
    assert_eq!(answers, expected);
    assert_eq!(house.facts()?, before, "a refused message changed something");
    Ok(())
}
