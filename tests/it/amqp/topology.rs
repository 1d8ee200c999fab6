//! Declaring, checking and exporting the topology.

use anyhow::{Context, Result};
use kvit_adapters::amqp::{
    Admin, Bank, BrokerStatus, Consumer, Depth, InputQueue, Party, QueueLimits, Topology,
    TopologyError, Users,
};
use kvit_tests::broker::{PATIENCE, Peer, PrivateBroker, unique, until};
use lapin::BasicProperties;
use lapin::types::AMQPValue;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::Running;

pub(super) fn topology(vhost: &str) -> Topology {
    let prefix = unique("kvit");
    let party = |id: &str| Party { id: id.into(), users: vec![format!("{prefix}-{id}")] };
    Topology {
        vhost: vhost.into(),
        daemon_users: vec![format!("{prefix}-daemon")],
        ops_users: vec![format!("{prefix}-ops")],
        portals: vec![party("eportal")],
        banks: vec![Bank {
            id: "bank".into(),
            users: vec![format!("{prefix}-bank")],
            feeds: vec!["erip".into(), "statement".into()],
        }],
        agencies: vec![party("mns"), party("mia")],
        limits: QueueLimits {
            delivery_limit: 20,
            in_bytes_max: 1 << 30,
            out_bytes_max: 1 << 30,
            ops_bytes_max: 1 << 20,
        },
        prefix,
    }
}

#[tokio::test]
async fn a_declared_topology_is_complete_and_declaring_it_again_changes_nothing() -> Result<()> {
    let broker = PrivateBroker::shared()?;
    let topology = topology("/");
    let admin = Admin::connect(&broker.options()?).await?;
    let missing = admin.check(&topology).await?;
    assert_eq!(missing.len(), 8 + 11, "8 exchanges and 11 queues: {missing:?}");

    admin.declare(&topology).await?;
    admin.declare(&topology).await?;
    assert_eq!(admin.check(&topology).await?, Vec::<String>::new());
    let inbox = format!("{}.agency.mns.inbox", topology.prefix);
    let depth = Depth { messages: 0, consumers: 0 };
    assert_eq!(admin.depth(&inbox).await?, Some(depth));
    assert_eq!(admin.depth("no-such-queue").await?, None);
    admin.close().await;
    Ok(())
}

#[tokio::test]
async fn a_queue_of_another_make_is_named() -> Result<()> {
    let broker = PrivateBroker::shared()?;
    let topology = topology("/");
    let peer = Peer::connect(broker.url()).await?;
    let name = format!("{}.bank.files", topology.prefix);
    peer.queue(&name, &[("x-delivery-limit", AMQPValue::LongLongInt(3))]).await?;
    let admin = Admin::connect(&broker.options()?).await?;
    let error = admin.declare(&topology).await.err();
    assert!(
        matches!(&error, Some(TopologyError::Different { what, detail })
            if what.ends_with("bank.files") && detail.contains("inequivalent")),
        "{error:?}"
    );
    Ok(())
}

#[tokio::test]
async fn imported_definitions_are_what_would_be_declared() -> Result<()> {
    let broker = PrivateBroker::shared()?;
    let (_, vhost) = broker.virtual_host()?;
    let topology = topology(&vhost);
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("definitions.json");
    std::fs::write(&file, topology.definitions(Users::Created).to_string())?;
    broker.ctl(&["import_definitions", &file.to_string_lossy()])?;

    // As our own user, which the definitions have given its rights.
    let user = &topology.daemon_users[0];
    broker.ctl(&["change_password", user, "secret"])?;
    let (_, address) = broker.url().rsplit_once('@').unwrap_or_default();
    let (address, _) = address.split_once('/').unwrap_or_default();
    let url = format!("amqp://{user}:secret@{address}/{vhost}");
    let admin = Admin::connect(&kvit_tests::broker::options(&url)?).await?;
    assert_eq!(admin.check(&topology).await?, Vec::<String>::new());
    let error = admin.declare(&topology).await.err();
    assert!(matches!(&error, Some(TopologyError::Forbidden { .. })), "{error:?}");
    // As the administrator, who may: nothing differs.
    let mut administrator = broker.options()?;
    administrator.url = format!("amqp://guest:guest@{address}/{vhost}").parse()?;
    Admin::connect(&administrator).await?.declare(&topology).await?;

    let policies = broker.ctl(&["list_policies", "--vhost", &vhost])?;
    assert!(policies.contains("max-length-bytes"), "{policies}");
    for (user, expected) in [("bank", "erip\\.(payment|file)"), ("mns", "^(mns)$")] {
        let user = format!("{}-{user}", topology.prefix);
        let told = broker.ctl(&["list_user_topic_permissions", &user])?;
        let told = told.replace("\\\\", "\\");
        assert!(told.contains(expected), "{told}");
    }
    Ok(())
}

#[tokio::test]
async fn what_fails_too_often_reaches_the_dead_letters_with_its_story() -> Result<()> {
    let broker = PrivateBroker::shared()?;
    let mut topology = topology("/");
    topology.limits.delivery_limit = 2;
    let admin = Admin::connect(&broker.options()?).await?;
    admin.declare(&topology).await?;
    let peer = Peer::connect(broker.url()).await?;
    let publish = peer.channel.basic_publish(
        format!("{}.bank.in", topology.prefix).as_str().into(),
        "erip.payment".into(),
        Default::default(),
        b"poison",
        BasicProperties::default().with_message_id("m-1".into()),
    );
    assert!(publish.await?.await?.is_ack());

    let queue = format!("{}.bank.in", topology.prefix);
    let (sender, mut deliveries) = mpsc::channel(1);
    let (status, _state) = BrokerStatus::new();
    let queues = ["bank.in", "dead"].map(|name| InputQueue {
        source: usize::from(name == "dead"),
        name: format!("{}.{name}", topology.prefix),
        prefetch: 1,
    });
    let (consumer, handle) = Consumer::new(broker.options()?, queues.into(), sender, status);
    let running = Running::start(|stop| consumer.run(stop));
    let mut returned = 0;
    let dead = loop {
        let delivery = timeout(PATIENCE, deliveries.recv()).await?.context("ended")?;
        if delivery.source == 1 {
            break delivery;
        }
        assert_eq!(delivery.redelivered, returned > 0);
        returned += 1;
        handle.pause();
        until("it is back", async || Ok(peer.ready(&queue).await? == 1 || returned == 3)).await?;
        handle.resume();
    };
    assert_eq!(returned, 3, "the first time, and twice again");
    assert_eq!((dead.body.as_slice(), dead.routing_key.as_str()), (&b"poison"[..], "erip.payment"));
    let story = dead.properties.header("x-death").unwrap_or_default();
    assert!(story.contains("reason=delivery_limit") && story.contains(&queue), "{story}");
    handle.acks().acknowledge(vec![dead.ack]);
    handle.drain();
    running.end().await
}
