//! Rounds of kvit and of the bare loop in turn. Queues are filled while nobody consumes; the time
//! runs from the first subscription to the last answer in its queue.
//!
//! A round has all five steps, each for other orders: while some are submitted, those of the round
//! before are paid, those before them accepted, and so on. So the steps lie side by side in the
//! queues as in ordinary service, and no message comes before its cause.

use std::time::{Duration, Instant};

use anyhow::Context;

use crate::bare::{Answers, BareLoop};
use crate::daemon::{BARE, Daemon, Ground, PREFIX};
use crate::orders::{self, STEPS, Step};
use crate::usage::{self, Memory, Process};
use crate::wire::{Message, Wire};

/// What a round took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Round {
    pub(crate) took: Duration,
    /// Orders that went through one step each of all five.
    pub(crate) orders: usize,
    /// Messages in and out.
    pub(crate) messages: usize,
    /// Seconds of CPU of the one who moved them.
    pub(crate) own_cpu: f64,
    /// And of the broker.
    pub(crate) broker_cpu: f64,
}

/// All rounds, in the order in which they were.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    pub(crate) kvit: Vec<Round>,
    pub(crate) bare: Vec<Round>,
    pub(crate) started_in: Duration,
    pub(crate) memory: Memory,
    /// Bytes of the store, and cases in it.
    pub(crate) stored: (u64, usize),
}

/// Kvit running, both sets of queues empty, orders under way.
pub(crate) struct Bench {
    pub(crate) wire: Wire,
    pub(crate) url: String,
    broker: Option<Process>,
    pub(crate) daemon: Daemon,
    store: std::path::PathBuf,
    /// Rounds that were filled so far: the next one's number.
    next: usize,
    /// Number of the first order, for those that are stored already.
    first: usize,
    orders_seen: usize,
    pub(crate) answers: Answers,
}

impl Bench {
    /// With so many cases in the store already.
    pub(crate) async fn open_after(
        ground: &mut Ground,
        url: &str,
        broker: Option<Process>,
        first: usize,
    ) -> anyhow::Result<Self> {
        let wire = Wire::open(url).await?;
        let daemon = ground.start(&wire).await?;
        Ok(Self {
            wire,
            url: url.to_owned(),
            broker,
            daemon,
            store: ground.store(),
            next: 0,
            first,
            orders_seen: 0,
            answers: Answers::new(),
        })
    }

    /// Rounds until every step is under way; what kvit says there is what the bare loop will say.
    pub(crate) async fn warm_up(&mut self, orders: usize) -> anyhow::Result<()> {
        for _ in 0..STEPS.len() {
            self.kvit_round(orders).await?;
        }
        Ok(())
    }

    pub(crate) async fn rounds(
        &mut self,
        (rounds, orders): (usize, usize),
        alone: bool,
    ) -> anyhow::Result<Measured> {
        let mut measured = Measured { started_in: self.daemon.started_in, ..Measured::default() };
        for nth in 0..rounds {
            let round = self.kvit_round(orders).await?;
            measured.kvit.push(round);
            eprint!(
                "round {} of {rounds}: kvit {:.0} orders/s",
                nth + 1,
                round.orders_per_second()
            );
            if !alone {
                let round = self.bare_round(orders).await?;
                measured.bare.push(round);
                eprint!(", bare {:.0}", round.orders_per_second());
            }
            eprintln!();
        }
        measured.memory = self.memory()?;
        measured.stored = (usage::disk(&self.store)?, self.first + self.orders_seen);
        Ok(measured)
    }

    pub(crate) fn memory(&self) -> anyhow::Result<Memory> {
        self.daemon.process().memory()
    }

    async fn kvit_round(&mut self, orders: usize) -> anyhow::Result<Round> {
        self.daemon.pause(&self.wire).await?;
        let round = self.next;
        self.next += 1;
        self.orders_seen += orders;
        let first = self.first;
        let messages = messages(PREFIX, (first, round), orders);
        let outs = out_queues(PREFIX);
        let wanted = messages.iter().map(|(step, _)| step.answers()).sum::<usize>();
        let inputs: Vec<Message> = messages.into_iter().map(|(_, message)| message).collect();
        self.wire.fill(&inputs).await?;
        let (own, broker) = (self.daemon.process().cpu()?, cpu(self.broker)?);
        let began = Instant::now();
        self.daemon.resume().await?;
        self.wire.filled(&outs, wanted).await?;
        let took = began.elapsed();
        let round = Round {
            took,
            orders,
            messages: inputs.len() + wanted,
            own_cpu: self.daemon.process().cpu()? - own,
            broker_cpu: cpu(self.broker)? - broker,
        };
        for queue in &outs {
            for message in self.wire.empty(queue).await? {
                self.learn(message)?;
            }
        }
        Ok(round)
    }

    /// Keeps what was said of the first message of a step.
    fn learn(&mut self, message: Message) -> anyhow::Result<()> {
        let cause = message.cause.as_deref().context("a message without a cause")?;
        let step = Step::of_id(cause).with_context(|| format!("because of {cause}?"))?;
        let said = self.answers.entry(step).or_default();
        if said.len() < step.answers() && said.iter().all(|it| it.cause.as_deref() == Some(cause)) {
            said.push(message);
        }
        Ok(())
    }

    async fn bare_round(&mut self, orders: usize) -> anyhow::Result<Round> {
        let round = self.next;
        let messages = messages(BARE, (self.first, round), orders);
        let outs = out_queues(BARE);
        let wanted = messages.iter().map(|(step, _)| step.answers()).sum::<usize>();
        let inputs: Vec<Message> = messages.into_iter().map(|(_, message)| message).collect();
        self.wire.fill(&inputs).await?;
        let (own, broker) = (Process::own().cpu()?, cpu(self.broker)?);
        let began = Instant::now();
        let bare = BareLoop::start(&self.url, &in_queues(BARE), &self.answers).await?;
        self.wire.filled(&outs, wanted).await?;
        let round = Round {
            took: began.elapsed(),
            orders,
            messages: inputs.len() + wanted,
            own_cpu: Process::own().cpu()? - own,
            broker_cpu: cpu(self.broker)? - broker,
        };
        drop(bare);
        // What was answered last may not have been acknowledged: it would come again.
        for queue in in_queues(BARE).iter().chain(&outs) {
            self.wire.empty(queue).await?;
        }
        Ok(round)
    }

    pub(crate) async fn close(self) -> anyhow::Result<()> {
        self.daemon.stop()
    }
}

/// Seconds of CPU; none known of a broker that is another's.
fn cpu(process: Option<Process>) -> anyhow::Result<f64> {
    process.map_or(Ok(f64::NAN), Process::cpu)
}

impl Round {
    pub(crate) fn orders_per_second(&self) -> f64 {
        self.orders as f64 / self.took.as_secs_f64()
    }

    pub(crate) fn messages_per_second(&self) -> f64 {
        self.messages as f64 / self.took.as_secs_f64()
    }
}

/// The queues that are read.
pub(crate) fn in_queues(prefix: &str) -> Vec<String> {
    ["portal.in", "bank.in", "agency.in"].iter().map(|name| format!("{prefix}.{name}")).collect()
}

/// The queues that are written to.
pub(crate) fn out_queues(prefix: &str) -> Vec<String> {
    let inboxes = orders::agencies().map(|agency| format!("{prefix}.agency.{agency}.inbox"));
    inboxes.chain([format!("{prefix}.portal.portal.out")]).collect()
}

/// What is said in a round, the last steps first: they are through when the first ones are.
fn messages(prefix: &str, (first, round): (usize, usize), orders: usize) -> Vec<(Step, Message)> {
    let mut messages = Vec::with_capacity(orders * STEPS.len());
    for (behind, step) in STEPS.into_iter().enumerate().rev() {
        let Some(wave) = round.checked_sub(behind) else { continue };
        let start = first + wave * orders;
        let said = (start..start + orders).map(|order| orders::message(prefix, step, order));
        messages.extend(said.map(|message| (step, message)));
    }
    messages
}
