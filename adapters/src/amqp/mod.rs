//! The broker, spoken to in AMQP 0-9-1.
//!
//! Three roles, each with a connection of its own, because a broker that is short of memory or
//! disk stops a publishing connection as a whole, acknowledgements included:
//! [`Consumer`] receives and acknowledges, [`Publisher`] sends and collects confirmations,
//! [`Admin`] declares and checks the [`Topology`]. The first two live as long as the daemon and
//! reconnect by themselves; what they go through is seen in [`BrokerState`].
//!
//! Nothing here decides anything: a delivery is acknowledged when the caller says so, and a
//! message that was not confirmed is the caller's to send again, under the same message id.

use std::time::Duration;

use crate::tls::Tls;

mod acks;
mod connection;
mod consumer;
mod delivery;
mod link;
mod publisher;
mod topology;
mod transport;
mod url;
mod window;

pub use acks::{AckHandle, AckPrefix, Acks};
pub use connection::AmqpError;
pub use consumer::{Consumer, ConsumerHandle, ConsumerStats, InputQueue};
pub use delivery::{Delivery, Properties};
pub use link::{BrokerState, BrokerStatus, Link};
pub use publisher::{
    Lanes, Outcomes, Outgoing, PublishOutcome, Publisher, PublisherHandle, Speaker,
};
pub use topology::{
    Admin, Bank, Depth, Party, QueueLimits, Topology, TopologyError, Users, WITHOUT_POLICIES,
};
pub use transport::Mender;
pub use url::{BrokerUrl, BrokerUrlError};

/// How the broker is reached.
#[derive(Debug, Clone)]
pub struct AmqpOptions {
    /// The broker, the user and the virtual host.
    pub url: BrokerUrl,
    /// With `amqps`: whom to trust, and who we are.
    pub tls: Option<Tls>,
    /// This process among several, shown in the broker's list of connections as
    /// `kvit/<instance>/<role>`.
    pub instance: String,
    /// Interval after which a silent peer is asked for a sign of life; 10 to 15 is usual.
    pub heartbeat_seconds: u16,
    /// The longest wait for one answer of the broker: connecting, opening, declaring, closing.
    pub await_timeout: Duration,
    /// The longest wait for the confirmations of one window; not less than two heartbeats, so
    /// that a dead connection is noticed as such first.
    pub confirm_timeout: Duration,
}
