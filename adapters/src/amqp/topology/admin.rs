//! Declaring and checking the topology, over a connection of its own.

use std::time::Duration;

use lapin::options::{
    BasicPublishOptions, ConfirmSelectOptions, ExchangeDeclareOptions, ExchangeDeleteOptions,
    QueueBindOptions, QueueDeclareOptions, QueueDeleteOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Connection, ExchangeKind};

use super::{Argument, Exchange, Kind, Queue, Topology};
use crate::amqp::AmqpOptions;
use crate::amqp::connection::{self, AmqpError, code, in_time, name};

/// What declaring cannot do, to be told to whoever uses it outside of development.
pub const WITHOUT_POLICIES: &str = "queues were declared without size limits, which only a policy \
    can set: import the definitions that `kvit topology --users existing` prints for those";

/// The topology is not as it should be, or could not be looked at.
#[derive(Debug, thiserror::Error)]
pub enum TopologyError {
    /// Something of that name exists and is of another make.
    #[error(
        "{what} exists and is different ({detail}); drain and delete it, then declare again, or \
         change the settings back"
    )]
    Different {
        /// Exchange or queue, with its name.
        what: String,
        /// What differs, in the broker's words.
        detail: String,
    },
    /// Our user may not do that.
    #[error("{what} may not be declared by our user: {detail}")]
    Forbidden {
        /// Exchange or queue, with its name.
        what: String,
        /// In the broker's words.
        detail: String,
    },
    /// The broker did not answer, or refused for another reason.
    #[error("{what} could not be declared or checked")]
    Failed {
        /// Exchange or queue, with its name.
        what: String,
        /// Why.
        #[source]
        source: AmqpError,
    },
}

/// How full a queue is, and who reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Depth {
    /// Messages ready for delivery.
    pub messages: u32,
    /// Consumers subscribed to it.
    pub consumers: u32,
}

/// A connection for declaring and asking.
pub struct Admin {
    connection: Connection,
    await_timeout: Duration,
}

impl Admin {
    /// Connects once, without trying again.
    pub async fn connect(options: &AmqpOptions) -> Result<Self, AmqpError> {
        let connection = connection::connect(options, "admin").await?;
        Ok(Self { connection, await_timeout: options.await_timeout })
    }

    /// False once the connection is lost; a new one is to be made then.
    pub fn is_connected(&self) -> bool {
        self.connection.status().connected()
    }

    /// Closes the connection.
    pub async fn close(self) {
        connection::close(&self.connection).await;
    }

    /// Declares all exchanges, queues and bindings; what is there already stays as it is. Size
    /// limits are not declared: see [`WITHOUT_POLICIES`].
    pub async fn declare(&self, topology: &Topology) -> Result<(), TopologyError> {
        let opened = self.channel().await;
        let channel = opened.map_err(|error| failed("the topology".into(), error))?;
        for exchange in topology.exchanges() {
            let what = format!("exchange {}", exchange.name);
            let declared = self.declare_exchange(&channel, &exchange, false).await;
            declared.map_err(|error| failed(what, error))?;
        }
        for queue in topology.queues() {
            let what = format!("queue {}", queue.name);
            let declared = self.declare_queue(&channel, &queue).await;
            declared.map_err(|error| failed(what, error))?;
        }
        Ok(())
    }

    /// Deletes all exchanges and queues of the topology, with what is in them. What is not there
    /// is no error.
    pub async fn remove(&self, topology: &Topology) -> Result<(), TopologyError> {
        let opened = self.channel().await;
        let channel = opened.map_err(|error| failed("the topology".into(), error))?;
        for queue in topology.queues() {
            let what = format!("queue {}", queue.name);
            let removed = self.remove_queue(&channel, &queue.name).await;
            removed.map_err(|error| failed(what, error))?;
        }
        for exchange in topology.exchanges() {
            let what = format!("exchange {}", exchange.name);
            let removed = self.remove_exchange(&channel, &exchange.name).await;
            removed.map_err(|error| failed(what, error))?;
        }
        self.done(&channel).await;
        Ok(())
    }

    /// Deletes a queue with what is in it.
    async fn remove_queue(&self, channel: &Channel, queue: &str) -> Result<(), AmqpError> {
        let delete = channel.queue_delete(name(queue)?, QueueDeleteOptions::default());
        in_time(self.await_timeout, "deleting a queue", delete).await.map(drop)
    }

    async fn remove_exchange(&self, channel: &Channel, exchange: &str) -> Result<(), AmqpError> {
        let delete = channel.exchange_delete(name(exchange)?, ExchangeDeleteOptions::default());
        in_time(self.await_timeout, "deleting an exchange", delete).await
    }

    /// Declares a quorum queue that is bound to nothing, for measurements;
    /// [`Admin::remove_loose`] deletes it.
    pub async fn declare_loose(&self, queue: &str) -> Result<(), AmqpError> {
        let channel = self.channel().await?;
        let mut arguments = FieldTable::default();
        arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
        let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        let declare = channel.queue_declare(name(queue)?, options, arguments);
        in_time(self.await_timeout, "declaring a queue", declare).await?;
        self.done(&channel).await;
        Ok(())
    }

    /// Deletes a queue made by [`Admin::declare_loose`], with what is in it.
    pub async fn remove_loose(&self, queue: &str) -> Result<(), AmqpError> {
        let channel = self.channel().await?;
        self.remove_queue(&channel, queue).await?;
        self.done(&channel).await;
        Ok(())
    }

    /// Names all exchanges and queues that are missing. Neither bindings nor the make of what is
    /// there can be seen in this way; declaring shows both.
    pub async fn check(&self, topology: &Topology) -> Result<Vec<String>, TopologyError> {
        let mut missing = Vec::new();
        for exchange in topology.exchanges() {
            let what = format!("exchange {}", exchange.name);
            let found = self.has_exchange(&exchange).await;
            match found {
                Ok(true) => {}
                Ok(false) => missing.push(what),
                Err(error) => return Err(failed(what, error)),
            }
        }
        for queue in topology.queues() {
            let what = format!("queue {}", queue.name);
            match self.depth(&queue.name).await {
                Ok(Some(_)) => {}
                Ok(None) => missing.push(what),
                Err(error) => return Err(failed(what, error)),
            }
        }
        Ok(missing)
    }

    /// What is there and of another make than it should be, or may not be compared. Changes
    /// nothing: what is there is declared again as it should be, which the broker takes without
    /// effect, or refuses with what differs. Bindings and policies cannot be seen in this way.
    pub async fn differences(&self, topology: &Topology) -> Result<Vec<TopologyError>, AmqpError> {
        let mut differences = Vec::new();
        for exchange in topology.exchanges() {
            if self.has_exchange(&exchange).await? {
                let channel = self.channel().await?;
                let declared = self.declare_exchange(&channel, &exchange, false).await;
                let what = format!("exchange {}", exchange.name);
                differences.extend(declared.err().map(|error| failed(what, error)));
                self.done(&channel).await;
            }
        }
        for queue in topology.queues() {
            if self.depth(&queue.name).await?.is_some() {
                let channel = self.channel().await?;
                let declared = self.declare_queue_alone(&channel, &queue).await;
                let what = format!("queue {}", queue.name);
                differences.extend(declared.err().map(|error| failed(what, error)));
                self.done(&channel).await;
            }
        }
        Ok(differences)
    }

    /// Whether our user may publish to an exchange: sends an empty message with a key that no
    /// queue of ours is bound with, so that the broker drops it. Not for exchanges with a queue
    /// that takes everything.
    pub async fn may_publish(&self, exchange: &str) -> Result<bool, AmqpError> {
        let channel = self.channel().await?;
        let confirming = channel.confirm_select(ConfirmSelectOptions::default());
        in_time(self.await_timeout, "asking for confirmations", confirming).await?;
        let publish = async {
            let options = BasicPublishOptions::default();
            let properties = BasicProperties::default();
            let (exchange, key) = (exchange.into(), "".into());
            channel.basic_publish(exchange, key, options, &[], properties).await?.await
        };
        let published = in_time(self.await_timeout, "publishing", publish).await;
        self.done(&channel).await;
        match published {
            Ok(_) => Ok(true),
            Err(error) if error.code() == Some(code::ACCESS_REFUSED) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// How full a queue is; nothing when there is no such queue.
    pub async fn depth(&self, queue: &str) -> Result<Option<Depth>, AmqpError> {
        let channel = self.channel().await?;
        let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let asked = channel.queue_declare(name(queue)?, passive, FieldTable::default());
        let found = found(in_time(self.await_timeout, "asking for a queue", asked).await)?;
        self.done(&channel).await;
        Ok(found.map(|queue| Depth {
            messages: queue.message_count(),
            consumers: queue.consumer_count(),
        }))
    }

    async fn has_exchange(&self, exchange: &Exchange) -> Result<bool, AmqpError> {
        let channel = self.channel().await?;
        let found = found(self.declare_exchange(&channel, exchange, true).await)?;
        self.done(&channel).await;
        Ok(found.is_some())
    }

    async fn declare_exchange(
        &self,
        channel: &Channel,
        exchange: &Exchange,
        passive: bool,
    ) -> Result<(), AmqpError> {
        let kind = match exchange.kind {
            Kind::Topic => ExchangeKind::Topic,
            Kind::Direct => ExchangeKind::Direct,
            Kind::Fanout => ExchangeKind::Fanout,
        };
        let options =
            ExchangeDeclareOptions { passive, durable: true, ..ExchangeDeclareOptions::default() };
        let declare =
            channel.exchange_declare(name(&exchange.name)?, kind, options, FieldTable::default());
        in_time(self.await_timeout, "declaring an exchange", declare).await
    }

    async fn declare_queue(&self, channel: &Channel, queue: &Queue) -> Result<(), AmqpError> {
        self.declare_queue_alone(channel, queue).await?;
        let bind = channel.queue_bind(
            name(&queue.name)?,
            name(&queue.exchange)?,
            name(&queue.binding_key)?,
            QueueBindOptions::default(),
            FieldTable::default(),
        );
        in_time(self.await_timeout, "binding a queue", bind).await
    }

    async fn declare_queue_alone(&self, channel: &Channel, queue: &Queue) -> Result<(), AmqpError> {
        let mut arguments = FieldTable::default();
        for (key, value) in &queue.arguments {
            let value = match value {
                Argument::Text(text) => AMQPValue::LongString(text.as_str().into()),
                Argument::Number(number) => AMQPValue::LongLongInt(i64::from(*number)),
            };
            arguments.insert((*key).into(), value);
        }
        let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        let declare = channel.queue_declare(name(&queue.name)?, options, arguments);
        in_time(self.await_timeout, "declaring a queue", declare).await.map(drop)
    }

    /// A channel to throw away: a refusal closes it.
    async fn channel(&self) -> Result<Channel, AmqpError> {
        in_time(self.await_timeout, "opening a channel", self.connection.create_channel()).await
    }

    async fn done(&self, channel: &Channel) {
        if channel.status().connected() {
            let closing = channel.close(code::OK, "done".into());
            if let Err(error) = in_time(self.await_timeout, "closing a channel", closing).await {
                tracing::debug!(reason = error.reason(), "channel not closed in order");
            }
        }
    }
}

/// Turns "no such thing" into nothing.
fn found<T>(asked: Result<T, AmqpError>) -> Result<Option<T>, AmqpError> {
    match asked {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.code() == Some(code::NOT_FOUND) => Ok(None),
        Err(error) => Err(error),
    }
}

fn failed(what: String, error: AmqpError) -> TopologyError {
    let detail = error.reason();
    match error.code() {
        Some(code::PRECONDITION_FAILED) => TopologyError::Different { what, detail },
        Some(code::ACCESS_REFUSED) => TopologyError::Forbidden { what, detail },
        Some(_) | None => TopologyError::Failed { what, source: error },
    }
}
