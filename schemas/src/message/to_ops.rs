//! What kvit tells the tools of its operators.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::RefundPayment;
use crate::{Moment, OrderCode};

/// `alert.raised.v1`, on the operators' exchange.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Alert {
    /// What kind of thing; also the routing key.
    pub kind: AlertKind,
    /// When.
    pub at: Moment,
    /// What happened and what to do.
    pub detail: String,
    /// The order it concerns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_code: Option<OrderCode>,
    /// The payment it concerns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment: Option<RefundPayment>,
}

/// Kinds of alert.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// A message came from nobody known, so nobody can be answered.
    UnknownSender,
    /// The broker gave up on a message.
    DeadLettered,
    /// Money needs a person.
    PaymentSuspended,
    /// A case needs a person: returned without a route, or contradicted.
    CaseStuck,
    /// The cabinet never acknowledged a decision.
    DecisionUnacknowledged,
    /// A message made kvit fail; it is kept in quarantine.
    Defect,
    /// A message has waited too long to be sent.
    OutboxOld,
    /// A commit took too long to reach the disk.
    StoreSlow,
    /// The store's disk is nearly full.
    DiskLow,
    /// Messages wait in a party's queue and nobody reads it.
    QueueUnread,
    /// A file in a drop folder was refused.
    FileRejected,
}

impl AlertKind {
    /// The word used as routing key.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnknownSender => "unknown_sender",
            Self::DeadLettered => "dead_lettered",
            Self::PaymentSuspended => "payment_suspended",
            Self::CaseStuck => "case_stuck",
            Self::DecisionUnacknowledged => "decision_unacknowledged",
            Self::Defect => "defect",
            Self::OutboxOld => "outbox_old",
            Self::StoreSlow => "store_slow",
            Self::DiskLow => "disk_low",
            Self::QueueUnread => "queue_unread",
            Self::FileRejected => "file_rejected",
        }
    }
}
