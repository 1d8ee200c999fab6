//! How much was paid with a transaction.

use kvit_schemas::Money;

use super::draft::{Entry, Said, Transaction};
use crate::feeds::error::{Fault, RowFault};
use crate::feeds::row::Direction;

/// The money of a transaction.
pub(super) struct Paid {
    /// What was paid, before what was withheld.
    pub(super) amount: Money,
    pub(super) withheld: Option<Money>,
    /// What the entry should be by what the transaction says.
    pub(super) said: Money,
}

/// What was paid with one of several transactions: its amount, what was cleared, its worth, what
/// was ordered, if it is in the currency of the entry; else the payer's is all that is known.
pub(super) fn in_part(paid: &Transaction, entry: Money) -> Result<Paid, Fault> {
    let (own, foreign) = amounts(paid, entry, |_| true)?;
    let known = own.or_else(|| ordered(&paid.instructed_amount, entry)).or(foreign);
    let missing = || Fault::new(RowFault::Missing, "one of several without an amount");
    known.ok_or_else(missing).map(|amount| Paid { amount, withheld: None, said: amount })
}

/// What was paid with a whole entry: what the account got or gave. Where the transaction says more
/// or less, the charges that are told must explain it: then it is what was paid, before them.
pub(super) fn as_whole(
    entry: &Entry,
    paid: &Transaction,
    (direction, booked): (Direction, Money),
) -> Result<Paid, Fault> {
    // A zero is a sample value.
    let (own, _) = amounts(paid, booked, |amount| !amount.is_zero())?;
    let said = own.unwrap_or(booked);
    let (more, less) = match direction {
        Direction::Credit => (said, booked),
        Direction::Debit => (booked, said),
    };
    let kept = more.checked_sub(less).ok().filter(|kept| !kept.is_zero());
    match kept.filter(|kept| entry.charges.are(*kept) || paid.charges.are(*kept)) {
        Some(kept) => {
            let withheld = Some(kept).filter(|_| direction == Direction::Credit);
            Ok(Paid { amount: said, withheld, said: booked })
        }
        None => Ok(Paid { amount: booked, withheld: None, said }),
    }
}

/// The first amount in the currency of the account that will do, and the first in another.
fn amounts(
    paid: &Transaction,
    account: Money,
    will_do: impl Fn(&Money) -> bool,
) -> Result<(Option<Money>, Option<Money>), Fault> {
    let mut foreign = None;
    for said in [&paid.amount, &paid.transaction_amount, &paid.counter_value] {
        match said {
            Some(Ok(amount)) if amount.currency() != account.currency() => {
                foreign = foreign.or(Some(*amount));
            }
            Some(Ok(amount)) if will_do(amount) => return Ok((Some(*amount), foreign)),
            Some(Err(fault)) => return Err(fault.clone()),
            Some(Ok(_)) | None => {}
        }
    }
    Ok((None, foreign))
}

/// `InstdAmt`, which may be in any currency, and before charges.
fn ordered(said: &Said<Money>, entry: Money) -> Option<Money> {
    let said = said.as_ref().and_then(|said| said.as_ref().ok()).copied();
    said.filter(|amount| amount.currency() == entry.currency())
}
