//! What is known of our connections to the broker, for health checks and for the log.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;
use tokio::time::Instant;

/// One side of the traffic with the broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// Everything that should be open is open.
    Up,
    /// Something is not, and is being tried again.
    Down {
        /// What is wrong and, where it is known, what mends it.
        reason: String,
        /// Since when.
        since: Instant,
    },
    /// The broker has run short of memory or disk and takes no messages until it has recovered.
    Blocked {
        /// In the broker's words.
        reason: String,
    },
}

/// Both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokerState {
    /// Receiving and acknowledging.
    pub consuming: Link,
    /// Sending.
    pub publishing: Link,
}

/// Where consumer and publisher tell their state. Logs each change once.
#[derive(Debug, Clone)]
pub struct BrokerStatus(Arc<watch::Sender<BrokerState>>);

impl BrokerStatus {
    /// A status and its reading end; both sides are down at first.
    pub fn new() -> (Self, watch::Receiver<BrokerState>) {
        let down = Link::Down { reason: "not connected yet".into(), since: Instant::now() };
        let (sender, receiver) =
            watch::channel(BrokerState { consuming: down.clone(), publishing: down });
        (Self(Arc::new(sender)), receiver)
    }

    fn set(&self, side: Side, link: Link) {
        self.0.send_if_modified(|state| {
            let current = match side {
                Side::Consuming => &mut state.consuming,
                Side::Publishing => &mut state.publishing,
            };
            if current.says_the_same_as(&link) {
                return false;
            }
            link.log(side);
            *current = link;
            true
        });
    }
}

impl Link {
    /// Equal but for the time: that of the first of several equal failures is kept.
    fn says_the_same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Down { reason: a, .. }, Self::Down { reason: b, .. })
            | (Self::Blocked { reason: a }, Self::Blocked { reason: b }) => a == b,
            (Self::Up, Self::Up) => true,
            (Self::Up | Self::Down { .. } | Self::Blocked { .. }, _) => false,
        }
    }

    fn log(&self, side: Side) {
        match self {
            Self::Up => tracing::info!(%side, "broker link up"),
            Self::Down { reason, .. } => tracing::warn!(%side, reason, "broker link down"),
            Self::Blocked { reason } => tracing::warn!(%side, reason, "broker link blocked"),
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Side {
    Consuming,
    Publishing,
}

impl fmt::Display for Side {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Consuming => "consume",
            Self::Publishing => "publish",
        })
    }
}

/// One side's state, composed of its connection and of the parts (queues, lanes) on it.
pub(crate) struct LinkReport {
    status: BrokerStatus,
    side: Side,
    parts: Mutex<Parts>,
}

struct Parts {
    connection: Result<(), String>,
    blocked: Option<String>,
    channels: Vec<Part>,
}

#[derive(Clone)]
enum Part {
    Opening,
    Open,
    Fault(String),
}

impl LinkReport {
    pub(crate) fn new(status: BrokerStatus, side: Side, parts: usize) -> Self {
        let parts = Parts {
            connection: Err("not connected yet".into()),
            blocked: None,
            channels: vec![Part::Opening; parts],
        };
        Self { status, side, parts: Mutex::new(parts) }
    }

    pub(crate) fn side(&self) -> Side {
        self.side
    }

    pub(crate) fn connected(&self) {
        self.change(|parts| {
            parts.connection = Ok(());
            parts.blocked = None;
            parts.channels.fill(Part::Opening);
        });
    }

    pub(crate) fn disconnected(&self, reason: String) {
        self.change(|parts| parts.connection = Err(reason));
    }

    pub(crate) fn blocked(&self, reason: Option<String>) {
        self.change(|parts| parts.blocked = reason);
    }

    pub(crate) fn part_opened(&self, part: usize) {
        self.change(|parts| parts.set(part, Part::Open));
    }

    pub(crate) fn part_failed(&self, part: usize, reason: String) {
        self.change(|parts| parts.set(part, Part::Fault(reason)));
    }

    fn change(&self, change: impl FnOnce(&mut Parts)) {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut parts);
        if let Some(link) = parts.link() {
            self.status.set(self.side, link);
        }
    }
}

impl Parts {
    fn set(&mut self, part: usize, state: Part) {
        if let Some(known) = self.channels.get_mut(part) {
            *known = state;
        }
    }

    /// The side as a whole; nothing while it is still opening, so that what was said last stays.
    fn link(&self) -> Option<Link> {
        if let Err(reason) = &self.connection {
            return Some(Link::Down { reason: reason.clone(), since: Instant::now() });
        }
        if let Some(reason) = &self.blocked {
            return Some(Link::Blocked { reason: reason.clone() });
        }
        let mut faults = Vec::new();
        let mut opening = false;
        for channel in &self.channels {
            match channel {
                Part::Opening => opening = true,
                Part::Open => {}
                Part::Fault(reason) => faults.push(reason.as_str()),
            }
        }
        faults.dedup();
        match (faults.is_empty(), opening) {
            (false, _) => Some(Link::Down { reason: faults.join("; "), since: Instant::now() }),
            (true, true) => None,
            (true, false) => Some(Link::Up),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(state: &watch::Receiver<BrokerState>) -> String {
        match &state.borrow().consuming {
            Link::Up => "up".into(),
            Link::Down { reason, .. } => format!("down: {reason}"),
            Link::Blocked { reason } => format!("blocked: {reason}"),
        }
    }

    #[test]
    fn a_side_is_up_when_its_connection_and_all_its_parts_are() {
        let (status, state) = BrokerStatus::new();
        let report = LinkReport::new(status, Side::Consuming, 2);
        assert_eq!(shown(&state), "down: not connected yet");
        report.connected();
        report.part_opened(0);
        assert_eq!(shown(&state), "down: not connected yet", "the second part is still opening");
        report.part_failed(1, "queue b is missing".into());
        assert_eq!(shown(&state), "down: queue b is missing");
        report.part_opened(1);
        assert_eq!(shown(&state), "up");
        report.blocked(Some("low on memory".into()));
        assert_eq!(shown(&state), "blocked: low on memory");
        report.disconnected("closed".into());
        assert_eq!(shown(&state), "down: closed");
    }
}
