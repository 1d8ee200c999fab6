//! Who applies, from where, and how surely the portal knows them.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Kinds of applicant.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ApplicantKind {
    /// A citizen of Belarus.
    Citizen,
    /// A foreign citizen or stateless person.
    Foreigner,
    /// An individual entrepreneur.
    Entrepreneur,
    /// A legal person.
    Organisation,
}

/// How the applicant proved who they are, weakest first (DOMAIN.md 4.2).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Identification {
    /// Registered with an e-mail address and a password.
    Password,
    /// With the unique identifier; not for organisations.
    UniqueId,
    /// With a key of electronic digital signature certified by ГосСУОК.
    Eds,
}

/// The first-level divisions of Belarus by ISO 3166-2:BY.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Region {
    /// Brest region.
    Brest,
    /// Minsk city.
    MinskCity,
    /// Homieĺ region.
    Homiel,
    /// Hrodna region.
    Hrodna,
    /// Mahilioŭ region.
    Mahiliou,
    /// Minsk region.
    Minsk,
    /// Viciebsk region.
    Viciebsk,
}

impl Region {
    /// All seven, in the order of their codes.
    pub const ALL: [Self; 7] = [
        Self::Brest,
        Self::MinskCity,
        Self::Homiel,
        Self::Hrodna,
        Self::Mahiliou,
        Self::Minsk,
        Self::Viciebsk,
    ];

    /// The ISO 3166-2 code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Brest => "BY-BR",
            Self::MinskCity => "BY-HM",
            Self::Homiel => "BY-HO",
            Self::Hrodna => "BY-HR",
            Self::Mahiliou => "BY-MA",
            Self::Minsk => "BY-MI",
            Self::Viciebsk => "BY-VI",
        }
    }
}

/// The text is none of the seven codes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a region is one of BY-BR, BY-HM, BY-HO, BY-HR, BY-MA, BY-MI, BY-VI")]
pub struct RegionError;

impl FromStr for Region {
    type Err = RegionError;

    fn from_str(text: &str) -> Result<Self, RegionError> {
        Self::ALL.into_iter().find(|region| region.as_str() == text).ok_or(RegionError)
    }
}

impl fmt::Display for Region {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

crate::text::serde_by_text!(Region, "Region", {
    "type": "string", "enum": ["BY-BR", "BY-HM", "BY-HO", "BY-HR", "BY-MA", "BY-MI", "BY-VI"],
    "description": "ISO 3166-2:BY code."
});
