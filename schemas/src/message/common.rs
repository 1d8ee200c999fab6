//! Parts that several messages share.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use super::Base64;
use crate::Line;

/// A JSON object carried byte for byte: a form, or extensions.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct JsonObject(Box<RawValue>);

impl JsonObject {
    /// The JSON text.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }
}

impl<'de> Deserialize<'de> for JsonObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        if raw.get().starts_with('{') {
            Ok(Self(raw))
        } else {
            Err(serde::de::Error::custom("must be an object"))
        }
    }
}

impl JsonSchema for JsonObject {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "JsonObject".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "object" })
    }
}

/// How far a payment has come. The order is the contract's: the highest one seen holds.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum PaymentState {
    /// It did not come about.
    Failed,
    /// The payment system took it; the money is on its way.
    Accepted,
    /// The money is on the account.
    Credited,
    /// It was taken back, as a whole.
    Reversed,
}

impl PaymentState {
    /// The word of the contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Accepted => "accepted",
            Self::Credited => "credited",
            Self::Reversed => "reversed",
        }
    }

    /// True while money is there or on its way.
    pub fn is_live(self) -> bool {
        matches!(self, Self::Accepted | Self::Credited)
    }
}

/// What a case's way to the agency rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// Money on the account.
    Credited,
    /// Money a payment system accepted.
    Accepted,
    /// A receipt the applicant attached, unverified.
    Claimed,
    /// Nothing was due.
    NotDue,
}

impl Evidence {
    /// The word of the contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Credited => "credited",
            Self::Accepted => "accepted",
            Self::Claimed => "claimed",
            Self::NotDue => "not_due",
        }
    }
}

/// A signature, carried and passed on as it came.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// Its format, such as `cms`.
    pub format: Line<40>,
    /// The exact bytes that were signed.
    pub signed_content: Base64,
    /// The signature itself.
    pub value: Base64,
}

/// A title in the three languages of those who read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Localized {
    /// Belarusian.
    pub be: String,
    /// Russian.
    pub ru: String,
    /// English.
    pub en: String,
}

impl Localized {
    /// The same in all three: an id, where nothing better is known.
    pub fn same(text: &str) -> Self {
        Self { be: text.to_owned(), ru: text.to_owned(), en: text.to_owned() }
    }
}

/// Reads an absent or null list as an empty one.
pub(super) fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(Option::<Vec<T>>::deserialize(deserializer)?.unwrap_or_default())
}
