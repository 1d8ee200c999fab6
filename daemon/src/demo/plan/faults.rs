//! How much of what goes wrong is played.

use std::str::FromStr;

use super::rng::Rng;

/// A kind of thing that goes wrong, or comes otherwise than one would like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    /// Messages and facts said several times.
    Duplicates,
    /// Payments and withdrawals before the application.
    Early,
    /// Codes that cannot be used.
    Damaged,
    /// Money that is taken back.
    Reversed,
    /// Applications that are taken back.
    Withdrawn,
    /// Too little, too much, too late, in parts, in another currency.
    Amounts,
    /// Cases given back, decisions corrected, documents asked for.
    Returned,
    /// Orders surrounded by messages that must be refused.
    Refused,
}

impl Fault {
    const ALL: [Self; 8] = [
        Self::Duplicates,
        Self::Early,
        Self::Damaged,
        Self::Reversed,
        Self::Withdrawn,
        Self::Amounts,
        Self::Returned,
        Self::Refused,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Duplicates => "duplicates",
            Self::Early => "early",
            Self::Damaged => "damaged",
            Self::Reversed => "reversed",
            Self::Withdrawn => "withdrawn",
            Self::Amounts => "amounts",
            Self::Returned => "returned",
            Self::Refused => "refused",
        }
    }
}

/// The share of orders that each fault befalls, in millionths; no order meets two, but for
/// `refused`, which comes on top.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults(Vec<(Fault, u64)>);

/// One.
const WHOLE: u64 = 1_000_000;

impl Faults {
    /// The fault of the next order, if it has any.
    pub(super) fn draw(&self, rng: &mut Rng) -> Option<Fault> {
        let mut drawn = rng.below(WHOLE);
        for (fault, share) in self.0.iter().filter(|(fault, _)| *fault != Fault::Refused) {
            if drawn < *share {
                return Some(*fault);
            }
            drawn -= share;
        }
        None
    }

    /// True when messages that must be refused go with the next order.
    pub(super) fn draw_refused(&self, rng: &mut Rng) -> bool {
        let share = self.0.iter().find(|(fault, _)| *fault == Fault::Refused);
        rng.below(WHOLE) < share.map_or(0, |(_, share)| *share)
    }
}

impl FromStr for Faults {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut shares: Vec<(Fault, u64)> = Vec::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, share) = part.split_once('=').ok_or("must be name=share,name=share")?;
            let fault = Fault::ALL.into_iter().find(|fault| fault.name() == name.trim());
            let fault = fault.ok_or_else(|| {
                format!("{name} is none of {}", Fault::ALL.map(Fault::name).join(", "))
            })?;
            let share = millionths(share.trim()).ok_or("a share is a decimal from 0 to 1")?;
            if shares.iter().any(|(known, _)| *known == fault) {
                return Err(format!("{name} is there twice"));
            }
            shares.push((fault, share));
        }
        let others = shares.iter().filter(|(fault, _)| *fault != Fault::Refused);
        if others.map(|(_, share)| share).sum::<u64>() > WHOLE {
            return Err("the shares are more than 1 together".to_owned());
        }
        Ok(Self(shares))
    }
}

/// A decimal of at most six places, from 0 to 1.
fn millionths(text: &str) -> Option<u64> {
    let (whole, places) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || places.len() > 6 || !digits(whole) || !digits(places) {
        return None;
    }
    let whole: u64 = whole.parse().ok()?;
    let places: u64 = format!("{places:0<6}").parse().ok()?;
    whole.checked_mul(WHOLE)?.checked_add(places).filter(|share| *share <= WHOLE)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;

    #[test]
    fn a_mix_is_read_and_anything_else_is_told() {
        let mix: Faults = "duplicates=0.05, early=.5".parse::<Faults>().unwrap_or_default();
        assert_eq!(mix, Faults::default(), "a decimal begins with a digit");
        let mix: Faults = "duplicates=0.05, refused=1".parse().unwrap();
        assert_eq!(mix, Faults(vec![(Fault::Duplicates, 50_000), (Fault::Refused, WHOLE)]));
        for wrong in
            ["early", "late=0.1", "early=2", "early=0.1,early=0.1", "early=0.6,amounts=0.5"]
        {
            assert!(wrong.parse::<Faults>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn shares_are_met() {
        let mix: Faults = "early=0.2,damaged=0.1,refused=0.5".parse().unwrap();
        let mut rng = Rng::new(5);
        let drawn: Vec<_> = (0..10_000).map(|_| mix.draw(&mut rng)).collect();
        let count = |fault| drawn.iter().filter(|it| **it == fault).count();
        assert!((1_800..2_200).contains(&count(Some(Fault::Early))));
        assert!((850..1_150).contains(&count(Some(Fault::Damaged))));
        assert_eq!(count(Some(Fault::Refused)), 0);
        let refused = (0..10_000).filter(|_| mix.draw_refused(&mut rng)).count();
        assert!((4_700..5_300).contains(&refused));
    }
}
