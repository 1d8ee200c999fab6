//! What a procedure asks of money before a case goes to its agency.

use serde::{Deserialize, Serialize};

/// Which evidence of payment opens the way to the agency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidencePolicy {
    /// Only money that reached the account.
    Credited,
    /// Money that a payment system accepted is enough.
    Accepted,
    /// An attached receipt alone is enough; the agency is told that it is unverified.
    Claimed,
}

/// What becomes of a payment made after the payment window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LatePayment {
    /// It counts like any other and revives an expired case.
    Revive,
    /// It does not count and is due for refund.
    Refund,
}
