//! From payment to agency inbox, while all steps go on at a steady rate.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::ensure;
use futures_util::StreamExt;
use lapin::options::BasicConsumeOptions;
use lapin::types::FieldTable;
use tokio::task::JoinSet;

use crate::bare::BareLoop;
use crate::daemon::{BARE, PREFIX};
use crate::orders::{self, STEPS, Step};
use crate::rounds::{Bench, in_queues, out_queues};
use crate::wire::{Message, Wire};

/// How often messages are sent.
const TICK: Duration = Duration::from_millis(5);
/// Between the steps of an order.
const STEP: Duration = Duration::from_secs(2);
/// Orders of this measurement have numbers from here on, and those of the bare loop further ones.
const FIRST: usize = 500_000_000;
const PATIENCE: Duration = Duration::from_secs(60);

/// Rounds of each, in turn: each 512 MiB the broker begins a new write-ahead log. That holds all up
/// for some 0.3 s, whoever's round it is, and is its p99. Medians say what is usual.
const ROUNDS: usize = 3;

pub(crate) struct Latency {
    pub(crate) orders_per_second: f64,
    /// Of each round.
    pub(crate) kvit: Vec<Times>,
    pub(crate) bare: Vec<Times>,
}

/// Times in milliseconds, sorted.
#[derive(Debug, Default)]
pub(crate) struct Times(Vec<f64>);

impl Times {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The time within which so many of a hundred came.
    pub(crate) fn percent(&self, of_hundred: f64) -> f64 {
        let at = (self.0.len() as f64 * of_hundred / 100.0).ceil() as usize;
        self.0.get(at.max(1) - 1).copied().unwrap_or(f64::NAN)
    }
}

pub(crate) async fn measure(bench: &mut Bench, rate: f64, seconds: u64) -> anyhow::Result<Latency> {
    let orders = (rate * seconds as f64) as usize;
    let mut latency = Latency { orders_per_second: rate, kvit: Vec::new(), bare: Vec::new() };
    for round in 0..ROUNDS {
        let own = (FIRST + round * orders, orders);
        latency.kvit.push(steady(&bench.url, PREFIX, own, rate).await?);
        let bare = BareLoop::start(&bench.url, &in_queues(BARE), &bench.answers).await?;
        latency.bare.push(steady(&bench.url, BARE, own, rate).await?);
        drop(bare);
    }
    Ok(latency)
}

/// When each order was paid, until its case came.
type Paid = Arc<Mutex<(HashMap<String, Instant>, Vec<f64>)>>;

/// Sends all steps of these orders at a rate, and reads as parties do.
async fn steady(
    url: &str,
    prefix: &str,
    (first, orders): (usize, usize),
    rate: f64,
) -> anyhow::Result<Times> {
    let paid = Paid::default();
    let mut readers = JoinSet::new();
    let reading = Wire::open(url).await?;
    for queue in out_queues(prefix) {
        let channel = reading.connection().create_channel().await?;
        let options = BasicConsumeOptions { no_ack: true, ..BasicConsumeOptions::default() };
        let consume =
            channel.basic_consume(queue.as_str().into(), "".into(), options, FieldTable::default());
        let (mut consumer, paid) = (consume.await?, Arc::clone(&paid));
        readers.spawn(async move {
            let _channel = channel;
            while let Some(Ok(delivery)) = consumer.next().await {
                arrived(&paid, &Message::of(delivery));
            }
        });
    }
    let wires = [Wire::open(url).await?, Wire::open(url).await?];
    let begin = Instant::now();
    let mut sent = [0_usize; STEPS.len()];
    let mut tick = tokio::time::interval(TICK);
    while sent.iter().any(|sent| *sent < orders) {
        tick.tick().await;
        let mut batch = Vec::new();
        for ((behind, step), sent) in STEPS.into_iter().enumerate().zip(&mut sent) {
            let since = begin.elapsed().saturating_sub(STEP * u32::try_from(behind)?);
            let due = ((since.as_secs_f64() * rate) as usize).min(orders);
            batch.extend((*sent..due).map(|nth| orders::message(prefix, step, first + nth)));
            *sent = due;
        }
        let now = Instant::now();
        {
            let mut paid = paid.lock().unwrap_or_else(PoisonError::into_inner);
            let payments = batch.iter().filter(|it| Step::of_id(&it.id) == Some(Step::Payment));
            paid.0.extend(payments.map(|it| (it.correlation_id.clone().unwrap_or_default(), now)));
        }
        // Parties do not wait for each other: half of the messages go by each connection.
        let (some, others) = batch.split_at(batch.len() / 2);
        tokio::try_join!(wires[0].fill(some), wires[1].fill(others))?;
    }
    let ended = Instant::now();
    while paid.lock().unwrap_or_else(PoisonError::into_inner).1.len() < orders {
        ensure!(ended.elapsed() < PATIENCE, "not every case came to its agency");
        tokio::time::sleep(TICK).await;
    }
    // What is said last is still on its way.
    tokio::time::sleep(STEP).await;
    let mut times = std::mem::take(&mut paid.lock().unwrap_or_else(PoisonError::into_inner).1);
    times.sort_by(f64::total_cmp);
    Ok(Times(times))
}

fn arrived(paid: &Paid, message: &Message) {
    if message.kind != "case.assigned.v1" {
        return;
    }
    let Some(code) = &message.correlation_id else { return };
    let mut paid = paid.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(since) = paid.0.remove(code) {
        paid.1.push(since.elapsed().as_secs_f64() * 1e3);
    }
}
