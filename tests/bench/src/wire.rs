//! Queues as the bench fills, counts and empties them: the bare library.

use std::time::Duration;

use anyhow::{Context, ensure};
use futures_util::StreamExt;
use lapin::options::{
    BasicCancelOptions, BasicConsumeOptions, BasicPublishOptions, ConfirmSelectOptions,
    QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};

/// Messages that wait for their confirmation together.
const WINDOW: usize = 256;
/// How often queues are counted.
const GLANCE: Duration = Duration::from_millis(10);
/// So long without a message more: no more will come.
const PATIENCE: Duration = Duration::from_secs(60);

/// A message as it is published, or as it came.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) exchange: String,
    pub(crate) key: String,
    pub(crate) kind: String,
    pub(crate) id: String,
    pub(crate) user: Option<String>,
    pub(crate) correlation_id: Option<String>,
    /// The id of the message that caused it.
    pub(crate) cause: Option<String>,
    pub(crate) body: Vec<u8>,
}

/// A channel with confirmations, and the connection it belongs to.
pub(crate) struct Wire {
    connection: Connection,
    channel: Channel,
}

impl Wire {
    pub(crate) async fn open(url: &str) -> anyhow::Result<Self> {
        let connection = Connection::connect(url, ConnectionProperties::default()).await?;
        let channel = confirming(&connection).await?;
        Ok(Self { connection, channel })
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Publishes, and waits until the broker has all of them.
    pub(crate) async fn fill(&self, messages: &[Message]) -> anyhow::Result<()> {
        for window in messages.chunks(WINDOW) {
            publish(&self.channel, window).await?;
        }
        Ok(())
    }

    /// Messages ready in all these queues together.
    pub(crate) async fn ready(&self, queues: &[String]) -> anyhow::Result<usize> {
        let mut sum = 0;
        for queue in queues {
            let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
            let name = queue.as_str().into();
            let found = self.channel.queue_declare(name, passive, FieldTable::default()).await?;
            sum += usize::try_from(found.message_count())?;
        }
        Ok(sum)
    }

    /// True when somebody consumes from the queue.
    pub(crate) async fn is_consumed(&self, queue: &str) -> anyhow::Result<bool> {
        let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let found = self.channel.queue_declare(queue.into(), passive, FieldTable::default());
        Ok(found.await?.consumer_count() > 0)
    }

    /// Waits until so many messages lie in these queues.
    pub(crate) async fn filled(&self, queues: &[String], wanted: usize) -> anyhow::Result<()> {
        let (mut seen, mut since) = (0, tokio::time::Instant::now());
        loop {
            let ready = self.ready(queues).await?;
            ensure!(ready <= wanted, "{ready} messages came, and {wanted} were expected");
            if ready == wanted {
                return Ok(());
            }
            if ready > seen {
                (seen, since) = (ready, tokio::time::Instant::now());
            }
            ensure!(since.elapsed() < PATIENCE, "{seen} of {wanted} messages came");
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// Takes all that is in a queue.
    pub(crate) async fn empty(&self, queue: &str) -> anyhow::Result<Vec<Message>> {
        let many = self.ready(&[queue.to_owned()]).await?;
        let options = BasicConsumeOptions { no_ack: true, ..BasicConsumeOptions::default() };
        let tag = "bench-empty";
        let consume =
            self.channel.basic_consume(queue.into(), tag.into(), options, FieldTable::default());
        let mut consumer = consume.await?;
        let mut taken = Vec::with_capacity(many);
        while taken.len() < many {
            let delivery = consumer.next().await.context("the subscription has ended")??;
            taken.push(Message::of(delivery));
        }
        self.channel.basic_cancel(tag.into(), BasicCancelOptions::default()).await?;
        Ok(taken)
    }
}

impl Message {
    pub(crate) fn of(delivery: lapin::message::Delivery) -> Self {
        let text = |text: &Option<ShortString>| text.as_ref().map(|text| text.as_str().to_owned());
        let properties = &delivery.properties;
        let cause = properties.headers().as_ref().and_then(|headers| {
            match headers.inner().get("kvit-cause") {
                Some(AMQPValue::LongString(text)) => Some(text.to_string()),
                Some(_) | None => None,
            }
        });
        Self {
            exchange: delivery.exchange.to_string(),
            key: delivery.routing_key.to_string(),
            kind: text(properties.kind()).unwrap_or_default(),
            id: text(properties.message_id()).unwrap_or_default(),
            user: text(properties.user_id()),
            correlation_id: text(properties.correlation_id()),
            cause,
            body: delivery.data,
        }
    }

    fn properties(&self) -> BasicProperties {
        let mut properties = BasicProperties::default()
            .with_delivery_mode(2)
            .with_app_id("kvit".into())
            .with_message_id(self.id.as_str().into())
            .with_type(self.kind.as_str().into())
            .with_content_type("application/json".into())
            .with_timestamp(1_772_000_000);
        if let Some(user) = &self.user {
            properties = properties.with_user_id(user.as_str().into());
        }
        if let Some(id) = &self.correlation_id {
            properties = properties.with_correlation_id(id.as_str().into());
        }
        if let Some(cause) = &self.cause {
            let mut headers = FieldTable::default();
            headers.insert("kvit-cause".into(), AMQPValue::LongString(cause.as_str().into()));
            properties = properties.with_headers(headers);
        }
        properties
    }
}

/// A channel of a connection, with confirmations.
pub(crate) async fn confirming(connection: &Connection) -> anyhow::Result<Channel> {
    let channel = connection.create_channel().await?;
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    Ok(channel)
}

/// Publishes a window in one go, and waits for all its confirmations.
pub(crate) async fn publish(channel: &Channel, window: &[Message]) -> anyhow::Result<()> {
    use futures_util::FutureExt;
    let options = BasicPublishOptions { mandatory: true, immediate: false };
    let mut publishes: Vec<_> = window
        .iter()
        .map(|message| {
            Box::pin(async move {
                let (exchange, key) = (message.exchange.as_str(), message.key.as_str());
                let properties = message.properties();
                let (exchange, key) = (exchange.into(), key.into());
                let body = &message.body;
                channel.basic_publish(exchange, key, options, body, properties).await?.await
            })
        })
        .collect();
    // Polled once, each has its frames on the way.
    let answers: Vec<_> =
        publishes.iter_mut().map(|publish| publish.as_mut().now_or_never()).collect();
    for (answer, publish) in answers.into_iter().zip(publishes) {
        let confirmation = match answer {
            Some(answer) => answer?,
            None => publish.await?,
        };
        ensure!(
            matches!(confirmation, lapin::Confirmation::Ack(None)),
            "not taken: {confirmation:?}"
        );
    }
    Ok(())
}
