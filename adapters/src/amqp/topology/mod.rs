//! What must exist at the broker: CONTRACT.md 1, computed from the configured parties.
//!
//! Everything that makes a queue safe (kind, delivery limit, dead-lettering, what happens when it
//! is full) is a queue *argument*, in the definitions and in what we declare alike. So it is the
//! same however the topology was made, it holds even if a policy is lost, and declaring over
//! imported definitions changes nothing. Only size limits are policies: they are the one thing
//! that an operator must be able to change without making the queue anew.

mod admin;
mod definitions;

pub use admin::{Admin, Depth, TopologyError, WITHOUT_POLICIES};
pub use definitions::Users;

/// The parties and limits from which everything follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topology {
    /// What every name begins with, `kvit` by default.
    pub prefix: String,
    /// The virtual host, for the definitions.
    pub vhost: String,
    /// kvit's own broker users.
    pub daemon_users: Vec<String>,
    /// Broker users of the operators' tools, who read the alerts.
    pub ops_users: Vec<String>,
    /// Portals.
    pub portals: Vec<Party>,
    /// Banks and payment systems.
    pub banks: Vec<Bank>,
    /// Agencies.
    pub agencies: Vec<Party>,
    /// How far queues may grow, and how often a delivery may fail.
    pub limits: QueueLimits,
}

/// A portal or an agency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// Its id.
    pub id: String,
    /// Its broker users.
    pub users: Vec<String>,
}

/// A bank or payment system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bank {
    /// Its id.
    pub id: String,
    /// Its broker users.
    pub users: Vec<String>,
    /// The feeds it may speak for.
    pub feeds: Vec<String>,
}

/// Bounds of queues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueLimits {
    /// Failed deliveries after which a message is dead-lettered. Crashes count, and those of
    /// neighbours on the same channel too.
    pub delivery_limit: u32,
    /// Bytes in each queue that kvit reads; when it is full, senders are refused.
    pub in_bytes_max: u64,
    /// Bytes in each queue that a party reads; when it is full, kvit is refused.
    pub out_bytes_max: u64,
    /// Bytes in the queue of alerts; when it is full, the oldest go.
    pub ops_bytes_max: u64,
}

/// Dead letters must not die: no counting in practice, and a number that every broker takes.
const DEAD_DELIVERY_LIMIT: u32 = 1_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Topic,
    Direct,
    Fanout,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Topic => "topic",
            Self::Direct => "direct",
            Self::Fanout => "fanout",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Exchange {
    name: String,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Queue {
    name: String,
    arguments: Vec<(&'static str, Argument)>,
    bytes_max: Option<u64>,
    exchange: String,
    binding_key: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Argument {
    Text(String),
    Number(u32),
}

impl Topology {
    fn name(&self, rest: &str) -> String {
        format!("{}.{rest}", self.prefix)
    }

    /// The queues that kvit reads, and the dead letters among them.
    pub fn our_queues(&self) -> Vec<String> {
        ["portal.in", "bank.in", "bank.files", "agency.in", "dead"]
            .map(|name| self.name(name))
            .into()
    }

    /// The queues that parties read.
    pub fn party_queues(&self) -> Vec<String> {
        let ours = self.our_queues();
        let alerts = self.name("ops.out");
        let names = self.queues().into_iter().map(|queue| queue.name);
        names.filter(|name| *name != alerts && !ours.contains(name)).collect()
    }

    /// The exchanges that kvit writes.
    pub fn our_exchanges(&self) -> Vec<String> {
        ["portal.out", "agency.out", "bank.out", "ops.out"].map(|name| self.name(name)).into()
    }

    fn exchanges(&self) -> Vec<Exchange> {
        [
            ("portal.in", Kind::Topic),
            ("bank.in", Kind::Topic),
            ("agency.in", Kind::Topic),
            ("portal.out", Kind::Topic),
            ("agency.out", Kind::Direct),
            ("bank.out", Kind::Direct),
            ("ops.out", Kind::Topic),
            ("dead", Kind::Fanout),
        ]
        .map(|(name, kind)| Exchange { name: self.name(name), kind })
        .into()
    }

    fn queues(&self) -> Vec<Queue> {
        let mut queues = vec![
            self.dead(),
            self.alerts(),
            self.inbound("portal.in", "portal.in", "#"),
            self.inbound("bank.in", "bank.in", "*.payment"),
            self.inbound("bank.files", "bank.in", "*.file"),
            self.inbound("agency.in", "agency.in", "#"),
        ];
        for portal in &self.portals {
            let name = format!("portal.{}.out", portal.id);
            queues.push(self.outbound(&name, "portal.out", format!("{}.#", portal.id)));
        }
        for agency in &self.agencies {
            let name = format!("agency.{}.inbox", agency.id);
            queues.push(self.outbound(&name, "agency.out", agency.id.clone()));
        }
        for feed in self.banks.iter().flat_map(|bank| &bank.feeds) {
            let name = format!("bank.{feed}.reports");
            queues.push(self.outbound(&name, "bank.out", feed.clone()));
        }
        queues
    }

    fn inbound(&self, name: &str, exchange: &str, binding_key: &str) -> Queue {
        let bytes_max = self.limits.in_bytes_max;
        self.dead_lettered(name, exchange, binding_key.into(), bytes_max)
    }

    fn outbound(&self, name: &str, exchange: &str, binding_key: String) -> Queue {
        self.dead_lettered(name, exchange, binding_key, self.limits.out_bytes_max)
    }

    /// A queue that loses nothing: full, it refuses; what fails too often goes to the dead
    /// letters, and stays until they have it (which the broker only promises together with
    /// `reject-publish`).
    fn dead_lettered(
        &self,
        name: &str,
        exchange: &str,
        binding_key: String,
        bytes_max: u64,
    ) -> Queue {
        let text = |text: &str| Argument::Text(text.into());
        let arguments = vec![
            ("x-queue-type", text("quorum")),
            ("x-delivery-limit", Argument::Number(self.limits.delivery_limit)),
            ("x-dead-letter-exchange", Argument::Text(self.name("dead"))),
            ("x-dead-letter-strategy", text("at-least-once")),
            ("x-overflow", text("reject-publish")),
        ];
        let (name, exchange) = (self.name(name), self.name(exchange));
        Queue { name, arguments, bytes_max: Some(bytes_max), exchange, binding_key }
    }

    /// Old alerts give way to new ones, and are not worth a dead letter.
    fn alerts(&self) -> Queue {
        let arguments = vec![
            ("x-queue-type", Argument::Text("quorum".into())),
            ("x-delivery-limit", Argument::Number(self.limits.delivery_limit)),
            ("x-overflow", Argument::Text("drop-head".into())),
        ];
        let name = self.name("ops.out");
        let bytes_max = Some(self.limits.ops_bytes_max);
        Queue { exchange: name.clone(), name, arguments, bytes_max, binding_key: "#".into() }
    }

    /// The last resort: bounded by nothing but the disk.
    fn dead(&self) -> Queue {
        let arguments = vec![
            ("x-queue-type", Argument::Text("quorum".into())),
            ("x-delivery-limit", Argument::Number(DEAD_DELIVERY_LIMIT)),
            ("x-overflow", Argument::Text("reject-publish".into())),
        ];
        let name = self.name("dead");
        Queue { exchange: name.clone(), name, arguments, bytes_max: None, binding_key: "".into() }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests;
