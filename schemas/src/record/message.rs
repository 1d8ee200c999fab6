//! Messages that are kept: marks of those applied, those refused, those to be sent.

use serde::{Deserialize, Serialize};

use super::Seq;
use crate::message::{AlertKind, ContentHash};
use crate::{AgencyId, Code, FeedId, MessageId, Moment, OrderCode, PortalId};

/// The mark of an applied message: whoever repeats it is told nothing new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Its content.
    pub content: ContentHash,
    /// Its number in the store.
    pub seq: Seq,
}

/// Where a message goes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Destination {
    /// A portal's queue.
    Portal(PortalId),
    /// An agency's inbox.
    Agency(AgencyId),
    /// A feed's reports.
    Feed(FeedId),
    /// The operators' tools, by kind of alert.
    Alert(AlertKind),
    /// The operators' tools: refunds of money that belongs to no order.
    Refunds,
}

/// A message to be sent: a row of the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutMessage {
    /// Where to.
    pub destination: Destination,
    /// Its id, fixed before the first attempt.
    pub message_id: MessageId,
    /// Its type with version.
    pub kind: String,
    /// The order it is about.
    pub order_code: Option<OrderCode>,
    /// The inbound message that caused it.
    pub cause: Option<String>,
    /// W3C trace context of that message.
    pub traceparent: Option<String>,
    /// When it was made.
    pub at: Moment,
    /// What it says.
    pub body: OutBody,
    /// When the message that caused it was sent, as its sender says. Not stored: it only measures
    /// how long the way took, and no way is measured across a restart.
    #[serde(skip)]
    pub caused_at: Option<Moment>,
}

/// The body of a message to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum OutBody {
    /// Here.
    Inline(Vec<u8>),
    /// Kept under this number.
    Stored(Seq),
    /// Pieces, in order.
    Pieces(Vec<Piece>),
}

/// A piece of a body to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Piece {
    /// Here.
    Here(Vec<u8>),
    /// A range of the body that is kept under this number.
    Kept {
        /// The number of the body.
        body: Seq,
        /// Where it begins.
        from: u64,
        /// How long it is.
        bytes: u64,
    },
}

/// A refused or conflicting message, with its bytes kept apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuarantineRecord {
    /// Its number in the store; the body is kept under the same.
    pub seq: Seq,
    /// When it came.
    pub at: Moment,
    /// The party, such as `portal epasluga`; absent when nobody known sent it.
    pub party: Option<String>,
    /// The queue it came by.
    pub queue: String,
    /// Exchange and routing key.
    pub address: (String, String),
    /// Its properties as they came, by name.
    pub properties: Vec<(String, String)>,
    /// Why it is here.
    pub code: Code,
    /// What exactly was wrong.
    pub detail: String,
    /// Where in the body.
    pub pointer: Option<String>,
    /// The order it named, where that could be read.
    pub order_code: Option<OrderCode>,
    /// Size of the body as it came; more than is kept when it was over the limit.
    pub body_bytes: u64,
    /// SHA-256 of the body as it came, hexadecimal.
    pub body_sha256: String,
}

/// Something to look at again at a certain time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timer {
    /// Not before this moment.
    pub due: Moment,
    /// What to look at.
    pub kind: TimerKind,
    /// The order.
    pub order_code: OrderCode,
}

/// What a timer is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum TimerKind {
    /// The payment window ends.
    Window,
    /// A decision may have to be published again.
    Republish(MessageId),
    /// The term of this agency comes near, or is over.
    Deadline,
}

/// Timers that are looked at together, by one schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TimerQueue {
    /// Ends of payment windows.
    Windows,
    /// Decisions to be published again.
    Republishing,
    /// Ends of agencies' terms.
    Deadlines,
}

impl TimerQueue {
    /// The letter that stands for it in keys.
    pub fn letter(self) -> u8 {
        match self {
            Self::Windows => b'w',
            Self::Republishing => b'r',
            Self::Deadlines => b'd',
        }
    }
}

impl TimerKind {
    /// The queue it waits in.
    pub fn queue(&self) -> TimerQueue {
        match self {
            Self::Window => TimerQueue::Windows,
            Self::Republish(_) => TimerQueue::Republishing,
            Self::Deadline => TimerQueue::Deadlines,
        }
    }
}
