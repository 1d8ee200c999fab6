//! Money: integer minor units with their currency, checked arithmetic, never floats.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A currency of ISO 4217 that has minor digits defined, or one that it has withdrawn.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

/// An amount that is not negative, in one currency.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

/// Why a text is no amount, or why two amounts cannot be put together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not an ISO 4217 alphabetic code.
    #[error("{0:?} is no ISO 4217 currency code")]
    Currency(String),
    /// The digits are not `<1..13 digits>.<exactly the currency's minor digits>`.
    #[error("an amount in {currency} is written as 1 to 13 digits{}", minor(*digits))]
    Digits {
        /// The currency of the amount.
        currency: Currency,
        /// The currency's number of minor digits.
        digits: usize,
    },
    /// Two currencies where one is needed.
    #[error("{0} and {1} cannot be added")]
    Mixed(Currency, Currency),
    /// More than can be counted, or less than nothing.
    #[error("the sum is out of range")]
    Range,
}

/// Withdrawn currencies, which archives of statements hold, with their minor digits: those that
/// became the euro, and those of the region that lost their zeros. They have no numbers here.
const HISTORIC: [(&str, usize); 23] = [
    ("ATS", 2),
    ("BEF", 0),
    ("BYB", 0),
    ("BYR", 0),
    ("CYP", 2),
    ("DEM", 2),
    ("EEK", 2),
    ("ESP", 0),
    ("FIM", 2),
    ("FRF", 2),
    ("GRD", 0),
    ("IEP", 2),
    ("ITL", 0),
    ("LTL", 2),
    ("LUF", 0),
    ("LVL", 2),
    ("MTL", 2),
    ("NLG", 2),
    ("PTE", 0),
    ("ROL", 2),
    ("SIT", 2),
    ("SKK", 2),
    ("TRL", 0),
];

/// The minor digits of a currency; `None` where there is no such currency.
fn minor_digits(code: &str) -> Option<usize> {
    let current = iso_currency::Currency::from_code(code).and_then(|known| known.exponent());
    let historic = || HISTORIC.iter().find(|(known, _)| *known == code).map(|(_, digits)| *digits);
    current.map(usize::from).or_else(historic)
}

fn minor(digits: usize) -> String {
    if digits == 0 { String::new() } else { format!(", a point and {digits} digits") }
}

impl Currency {
    /// The Belarusian ruble since 1 July 2016.
    pub const BYN: Self = Self(*b"BYN");

    /// The alphabetic code.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("")
    }

    /// The currency of an ISO 4217 number, such as 933, as ERIP writes it.
    pub fn from_numeric(number: u16) -> Option<Self> {
        iso_currency::Currency::from_numeric(number)?.code().parse().ok()
    }

    /// All of them, in the order of their codes.
    pub fn all() -> impl Iterator<Item = Self> {
        let letters = || b'A'..=b'Z';
        let codes = letters()
            .flat_map(move |a| letters().flat_map(move |b| letters().map(move |c| [a, b, c])));
        codes.filter_map(|code| std::str::from_utf8(&code).ok()?.parse().ok())
    }

    /// How many digits stand behind the decimal point.
    pub fn minor_digits(self) -> usize {
        // Nearly all money is in rubles, and the table is searched for each amount.
        if self == Self::BYN {
            return 2;
        }
        minor_digits(self.as_str()).unwrap_or(2)
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "BYN" {
            return Ok(Self::BYN);
        }
        match (minor_digits(text), <[u8; 3]>::try_from(text.as_bytes())) {
            (Some(_), Ok(code)) => Ok(Self(code)),
            (None, _) | (_, Err(_)) => Err(MoneyError::Currency(text.chars().take(8).collect())),
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

crate::text::serde_by_text!(Currency, "Currency", {
    "type": "string", "pattern": "^[A-Z]{3}$", "description": "ISO 4217 alphabetic code."
});

impl Money {
    /// The most integer digits an amount may have.
    pub const INTEGER_DIGITS_MAX: usize = 13;

    /// `minor` units of `currency`; `None` when negative.
    pub fn new(minor: i64, currency: Currency) -> Option<Self> {
        (minor >= 0).then_some(Self { minor, currency })
    }

    /// Nothing, in `currency`.
    pub fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    /// The amount in minor units (kopecks for BYN).
    pub fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// True for 0.00.
    pub fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// Reads `45.00` with exactly the currency's minor digits.
    pub fn parse(amount: &str, currency: Currency) -> Result<Self, MoneyError> {
        let digits = currency.minor_digits();
        let wrong = || MoneyError::Digits { currency, digits };
        let (whole, part) = match amount.split_once('.') {
            Some((whole, part)) if digits > 0 => (whole, part),
            None if digits == 0 => (amount, ""),
            Some(_) | None => return Err(wrong()),
        };
        let numeric = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let sized = (1..=Self::INTEGER_DIGITS_MAX).contains(&whole.len()) && part.len() == digits;
        if !sized || !numeric(whole) || !numeric(part) {
            return Err(wrong());
        }
        let minor = whole
            .bytes()
            .chain(part.bytes())
            .fold(0_i64, |sum, digit| sum * 10 + i64::from(digit - b'0'));
        Ok(Self { minor, currency })
    }

    /// The sum; an error when currencies differ or the range is left.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::Range)?;
        Ok(Self { minor, ..self })
    }

    /// What is left; an error when currencies differ or `other` is more.
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        Self::new(self.minor - other.minor, self.currency).ok_or(MoneyError::Range)
    }

    /// The decimal text, without the currency.
    pub fn amount(self) -> String {
        decimal(self.minor, self.currency)
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::Mixed(self.currency, other.currency))
        }
    }
}

/// `minor` units as decimal text with the currency's digits; a sum may be negative.
pub fn decimal(minor: i64, currency: Currency) -> String {
    let digits = currency.minor_digits();
    let sign = if minor < 0 { "-" } else { "" };
    let text = format!("{:0width$}", minor.unsigned_abs(), width = digits + 1);
    let (whole, part) = text.split_at(text.len() - digits);
    if digits == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") }
}

impl fmt::Display for Money {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.amount(), self.currency)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// Money as the wire spells it.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Money")]
struct WireMoney {
    /// Decimal text with exactly the currency's minor digits, not negative.
    #[schemars(regex(pattern = r"^[0-9]{1,13}(\.[0-9]{1,4})?$"))]
    amount: String,
    currency: Currency,
}

impl Serialize for Money {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            WireMoney { amount: self.amount(), currency: self.currency }.serialize(serializer)
        } else {
            (self.minor, self.currency.0).serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        if deserializer.is_human_readable() {
            let wire = WireMoney::deserialize(deserializer)?;
            Self::parse(&wire.amount, wire.currency).map_err(D::Error::custom)
        } else {
            let (minor, code) = <(i64, [u8; 3])>::deserialize(deserializer)?;
            let code = std::str::from_utf8(&code).map_err(D::Error::custom)?;
            let currency = code.parse().map_err(D::Error::custom)?;
            Self::new(minor, currency)
                .ok_or_else(|| D::Error::custom("a stored amount is negative"))
        }
    }
}

impl JsonSchema for Money {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        WireMoney::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        WireMoney::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_have_exactly_the_minor_digits_of_their_currency() {
        let jpy: Currency = "JPY".parse().unwrap();
        let parse = |text| Money::parse(text, Currency::BYN).map(Money::minor);
        assert_eq!(parse("45.00"), Ok(4500));
        assert_eq!(parse("0.01"), Ok(1));
        assert_eq!(parse("9999999999999.99"), Ok(999_999_999_999_999));
        for wrong in [
            "45",
            "45.0",
            "45.000",
            "-1.00",
            "+1.00",
            ".50",
            "1e3",
            "10000000000000.00",
            "٤.00",
            "",
        ] {
            assert!(parse(wrong).is_err(), "{wrong} must not be an amount");
        }
        assert_eq!(Money::parse("700", jpy).map(Money::amount), Ok("700".to_owned()));
        assert!("byn".parse::<Currency>().is_err());
        assert!("XXX".parse::<Currency>().is_err(), "no currency has no minor digits");
        assert_eq!(Currency::from_numeric(933), Some(Currency::BYN));
    }

    #[test]
    fn withdrawn_currencies_are_known_by_their_letters() {
        for (code, amount) in [("DEM", "84349.74"), ("LTL", "0.01"), ("BGN", "1.00"), ("BYR", "7")]
        {
            let currency: Currency = code.parse().unwrap();
            let money = Money::parse(amount, currency).unwrap();
            assert_eq!(money.to_string(), format!("{amount} {code}"));
        }
        assert!(HISTORIC.is_sorted(), "in the order of their codes");
        let current = |code| iso_currency::Currency::from_code(code).is_some();
        assert!(!HISTORIC.iter().any(|(code, _)| current(code)), "the library tells of its own");
        assert_eq!(Currency::from_numeric(974), None);
    }

    #[test]
    fn currencies_are_never_mixed() {
        let usd = Money::parse("1.00", "USD".parse().unwrap()).unwrap();
        let byn = Money::parse("1.00", Currency::BYN).unwrap();
        assert!(matches!(byn.checked_add(usd), Err(MoneyError::Mixed(..))));
        assert_eq!(
            byn.checked_sub(Money::parse("1.01", Currency::BYN).unwrap()),
            Err(MoneyError::Range)
        );
    }

    proptest! {
        #[test]
        fn printed_amounts_read_back(minor in 0..=999_999_999_999_999_i64) {
            let money = Money::new(minor, Currency::BYN).unwrap();
            prop_assert_eq!(Money::parse(&money.amount(), Currency::BYN), Ok(money));
        }
    }
}
