//! What banks and payment systems say (contract 3.2).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{JsonObject, PaymentState};
use crate::{Day, FeedId, Line, MessageId, Moment, Money, OrderCode, Prose};

/// `payment.reported.v1`: one payment as one feed sees it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PaymentReported {
    /// The feed that reports.
    pub feed: FeedId,
    /// The feed's name for the payment; with `feed` its identity.
    pub payment_id: MessageId,
    /// How far it has come.
    pub state: PaymentState,
    /// The order code in the field meant for it. A damaged one goes into `purpose`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_code: Option<OrderCode>,
    /// Free text of the payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Prose<2000>>,
    /// Gross amount.
    pub amount: Money,
    /// Commission kept back from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withheld: Option<Money>,
    /// When it was paid.
    pub paid_at: Moment,
    /// The day it was booked on the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub booked_on: Option<Day>,
    /// Who paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payer: Option<Payer>,
    /// The account it was paid to. Not checked: real statements carry accounts that fail IBAN's
    /// check digits (DOMAIN.md 2.3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beneficiary_account: Option<Line<40>>,
    /// Names that other feeds know it by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub references: Option<References>,
    /// Kept, carried nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extensions: Option<JsonObject>,
}

/// Who paid.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Payer {
    /// Name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Line<300>>,
    /// Identification number or UNP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Line<40>>,
    /// Account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Line<40>>,
}

/// Names that other feeds know a payment by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct References {
    /// ERIP's operation number (DOMAIN.md 1.3 `erip_op_num`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erip_operation: Option<Line<64>>,
    /// The paying agent's operation number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_operation: Option<Line<64>>,
    /// Number of the bank's payment document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bank_document: Option<Line<64>>,
}
