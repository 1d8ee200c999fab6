//! Makes plans: for each order a scenario, and what surrounds it.

use kvit_schemas::Day;

use super::builder::Builder;
use super::faults::{Fault, Faults};
use super::scenarios::{self, Scenario};
use super::{Plan, rejects};
use crate::catalogue::Catalogue;
use crate::demo::bank::Paid;
use crate::demo::cast::Cast;

/// Orders whose messages are shuffled together.
const BLOCK: usize = 300;
/// Every so many orders one is surrounded by messages that must be refused.
const REJECT_EVERY: usize = 6;

/// What to plan.
#[derive(Debug, Clone)]
pub(in crate::demo) struct Play {
    pub(in crate::demo) orders: usize,
    /// The same seed gives the same plan.
    pub(in crate::demo) seed: u64,
    /// How much goes wrong; without it every scenario comes in turn.
    pub(in crate::demo) faults: Option<Faults>,
    /// Numbers of payments and files begin here.
    pub(in crate::demo) numbers_from: u64,
    /// Somebody else pays: there are orders with a fee although no bank is played.
    pub(in crate::demo) paid_by_others: bool,
}

/// Makes the plan of a day.
pub(in crate::demo) fn make(
    catalogue: &Catalogue,
    today: Day,
    (cast, how): (&Cast, &Play),
) -> anyhow::Result<Plan> {
    let (paid, free): (Vec<_>, Vec<_>) = catalogue
        .procedures()
        .flat_map(|procedure| procedure.applicants.keys().map(move |kind| (procedure, *kind)))
        .partition(|(procedure, kind)| {
            procedure.applicants.get(kind).is_some_and(|rule| rule.fee_thousandths > 0)
        });
    anyhow::ensure!(!paid.is_empty() && !free.is_empty(), "the catalogue has too few procedures");
    let mut builder = Builder::new(today, (cast, how));
    let pays = cast.roles.banks || how.paid_by_others;
    let (mut paid_count, mut free_count) = (0, 0);
    for number in 0..how.orders {
        let asks_money = pays && number % 3 != 0;
        let (from, count) =
            if asks_money { (&paid, &mut paid_count) } else { (&free, &mut free_count) };
        let order = builder.order_for_us(catalogue, (from, *count))?;
        let fault = how.faults.as_ref().map(|faults| faults.draw(&mut builder.rng));
        let scenario = chosen(cast, asks_money, (fault, *count));
        *count += 1;
        let mut expected = (scenario.play)(&mut builder, &order);
        expected.scenario = scenario.name;
        expected.decided_by_others = !cast.roles.agencies;
        let surrounded = match &how.faults {
            Some(faults) => faults.draw_refused(&mut builder.rng),
            None => number % REJECT_EVERY == 1,
        };
        if surrounded {
            rejects::surround(&mut builder, &order, &expected, number / REJECT_EVERY);
        }
        builder.plan.orders.insert(order.code, expected);
        if (number + 1) % BLOCK == 0 {
            builder.end_block();
        }
    }
    builder.end_block();
    builder.plan.opening.retain(|post| cast.plays(post));
    builder.plan.answers.values_mut().for_each(|posts| posts.retain(|post| cast.plays(post)));
    Ok(builder.plan)
}

/// The plan of banks that pay what others have submitted: order codes with their amounts.
pub(in crate::demo) fn paying(
    today: Day,
    (cast, how): (&Cast, &Play),
    orders: &[(String, i64)],
) -> Plan {
    let mut builder = Builder::new(today, (cast, how));
    for (code, amount) in orders {
        let paid = Paid {
            id: format!("{}", 710_000_000_000 + builder.next_number()),
            code: Some(code.clone()),
            purpose: None,
            amount: *amount,
            currency: "BYN",
            at: builder.before(1, 36_000),
            document: None,
        };
        builder.online(&paid, &["accepted", "credited"]);
    }
    builder.end_block();
    builder.plan
}

/// The scenario of an order: every one in turn, or one with (or without) the fault that befalls it.
/// Lists are not as long as the rounds of procedures, so that all meet all.
fn chosen(
    cast: &Cast,
    asks_money: bool,
    (fault, count): (Option<Option<Fault>>, usize),
) -> Scenario {
    if asks_money && !cast.roles.banks {
        return scenarios::BY_OTHERS;
    }
    let list = if asks_money { scenarios::PAID } else { scenarios::FREE };
    let playable: Vec<Scenario> = list.iter().filter(|it| cast.has(it.needs)).copied().collect();
    let such: Vec<Scenario> = match fault {
        None => playable,
        Some(fault) => {
            let with = |fault| playable.iter().filter(move |it| it.fault == fault).copied();
            let such: Vec<Scenario> = with(fault).collect();
            if such.is_empty() { with(None).collect() } else { such }
        }
    };
    such[(count + count / such.len()) % such.len()]
}
