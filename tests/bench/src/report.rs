//! The page: medians, spreads, and the last line.

use crate::latency::{Latency, Times};
use crate::rounds::{Measured, Round};
use crate::usage::Memory;

const MIB: f64 = 1_048_576.0;

impl Measured {
    pub(crate) fn kvit_orders_per_second(&self) -> f64 {
        median(&self.kvit, Round::orders_per_second)
    }
}

fn sorted<T>(rounds: &[T], what: impl Fn(&T) -> f64) -> Vec<f64> {
    let mut values: Vec<f64> = rounds.iter().map(what).collect();
    values.sort_by(f64::total_cmp);
    values
}

fn median<T>(rounds: &[T], what: impl Fn(&T) -> f64) -> f64 {
    let values = sorted(rounds, what);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

pub(crate) fn rounds(measured: &Measured) {
    println!("             orders/s (least, most)      messages/s   CPU/order: own, broker (ms)");
    for (name, rounds) in [("kvit", &measured.kvit), ("bare loop", &measured.bare)] {
        let rates = sorted(rounds, Round::orders_per_second);
        let [Some(least), Some(most)] = [rates.first(), rates.last()] else { continue };
        println!(
            "{name:<10} {:>8.0} ({least:.0}, {most:.0}) {:>16.0}   {:.3}, {:.3}",
            median(rounds, Round::orders_per_second),
            median(rounds, Round::messages_per_second),
            median(rounds, |round| round.own_cpu * 1e3 / round.orders as f64),
            median(rounds, |round| round.broker_cpu * 1e3 / round.orders as f64),
        );
    }
    let (bytes, cases) = measured.stored;
    println!(
        "start {:.2} s; memory {:.0} MiB, peak {:.0} MiB; store {:.0} MiB, {:.0} bytes a case",
        measured.started_in.as_secs_f64(),
        measured.memory.now as f64 / MIB,
        measured.memory.peak as f64 / MIB,
        bytes as f64 / MIB,
        bytes as f64 / cases as f64,
    );
}

pub(crate) fn latency(latency: &Latency) {
    println!(
        "from payment to agency at {:.0} orders/s, ms (p99 least, most of rounds):",
        latency.orders_per_second
    );
    for (name, of) in [("kvit", &latency.kvit), ("bare loop", &latency.bare)] {
        let percent = |of_hundred| median(of, |times| times.percent(of_hundred));
        let p99 = sorted(of, |times| times.percent(99.0));
        let [Some(least), Some(most)] = [p99.first(), p99.last()] else { continue };
        println!(
            "{name:<10} p50 {:.1}, p99 {:.1} ({least:.1}, {most:.1}), p99.9 {:.1}, worst {:.1} of {} payments",
            percent(50.0),
            percent(99.0),
            percent(99.9),
            sorted(of, |times| times.percent(100.0)).last().copied().unwrap_or(f64::NAN),
            of.iter().map(Times::len).sum::<usize>(),
        );
    }
}

pub(crate) fn growth(cases: u64, grown: &Measured, at_none: &Measured) {
    let rate = grown.kvit_orders_per_second();
    println!(
        "{cases} cases stored: {rate:.0} orders/s, {:.2} of that at none; start {:.2} s; \
         memory peak {:.0} MiB; store {:.0} MiB, {:.0} bytes a case",
        rate / at_none.kvit_orders_per_second(),
        grown.started_in.as_secs_f64(),
        grown.memory.peak as f64 / MIB,
        grown.stored.0 as f64 / MIB,
        grown.stored.0 as f64 / grown.stored.1 as f64,
    );
}

pub(crate) fn last_line(measured: &Measured, latency: &Latency, memory: Memory) {
    let kvit = median(&measured.kvit, Round::messages_per_second);
    let bare = median(&measured.bare, Round::messages_per_second);
    println!(
        "kvit/bare = {:.2} (kvit {kvit:.0} msg/s, bare {bare:.0} msg/s, p99 {:.1} ms, {:.0} MiB)",
        kvit / bare,
        median(&latency.kvit, |times| times.percent(99.0)),
        memory.peak as f64 / MIB,
    );
}
