//! Plays the plan: says what is to be said, reacts to what is heard.

use std::collections::VecDeque;
use std::io::{IsTerminal, Write};
use std::time::Duration;

use tokio::time::Instant;

use super::improvise;
use super::plan::{End, Plan, Post};
use super::seen::{Heard, Seen};
use super::traffic::{Came, Traffic};

/// How long it must be quiet after everything has come, to see what should not come.
const QUIET: Duration = Duration::from_secs(2);
/// How often it is counted how far the play is.
const COUNTED_EVERY: Duration = Duration::from_millis(250);
/// A longer pause between deliveries is waiting, not work.
pub(super) const PAUSE: Duration = Duration::from_millis(500);

/// How to play.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner {
    /// Nothing came for so long: nothing more will.
    pub(super) patience: Duration,
    /// Most orders a second; without it as fast as they are taken.
    pub(super) rate: Option<f64>,
    /// Cases of others' orders to answer before it may be over.
    pub(super) foreign_cases: usize,
}

/// Players in the middle of the play.
pub(super) struct Player<'a> {
    plan: &'a Plan,
    manner: Manner,
    traffic: Traffic,
    pub(super) seen: Seen,
    /// Said without a cause.
    opening: VecDeque<Post>,
    opened: u32,
    waiting: VecDeque<Post>,
    /// Improvised, not planned.
    pub(super) improvised: Vec<Post>,
    pub(super) foreign_cases: usize,
    began: Instant,
    last: Instant,
    /// Time in which messages came without a pause.
    pub(super) busy: Duration,
    counted_at: Instant,
    pub(super) done: usize,
    shown: usize,
}

impl<'a> Player<'a> {
    /// Players at their places.
    pub(super) fn new(plan: &'a Plan, traffic: Traffic, (seen, manner): (Seen, Manner)) -> Self {
        let now = Instant::now();
        let copies = |post: &Post| std::iter::repeat_n(post.clone(), usize::from(post.copies));
        Self {
            plan,
            manner,
            traffic,
            seen,
            opening: plan.opening.iter().flat_map(copies).collect(),
            opened: 0,
            waiting: VecDeque::new(),
            improvised: Vec::new(),
            foreign_cases: 0,
            began: now,
            last: now,
            busy: Duration::ZERO,
            counted_at: now,
            done: 0,
            shown: 0,
        }
    }

    /// Says and hears a little.
    pub(super) async fn step(&mut self) -> anyhow::Result<()> {
        while self.traffic.has_room()
            && let Some(post) = self.next_post()
        {
            self.traffic.send(&post).await?;
        }
        if let Came::Deliveries(deliveries) = self.traffic.next().await? {
            let pause = self.last.elapsed();
            if pause < PAUSE {
                self.busy += pause;
            }
            self.last = Instant::now();
            let mut acks = Vec::with_capacity(deliveries.len());
            for delivery in deliveries {
                let Some(reader) = self.traffic.readers.get(delivery.source).cloned() else {
                    continue;
                };
                if let Some(heard) = self.seen.take(self.plan, &reader, &delivery) {
                    self.answer(&heard);
                }
                acks.push((delivery.source, delivery.ack));
            }
            self.traffic.acknowledge(acks);
        }
        if self.counted_at.elapsed() > COUNTED_EVERY {
            self.counted_at = Instant::now();
            self.done = self.finished();
            self.show(false);
        }
        Ok(())
    }

    /// What is said next: answers at once, the rest at the rate.
    fn next_post(&mut self) -> Option<Post> {
        if let Some(answer) = self.waiting.pop_front() {
            return Some(answer);
        }
        if let Some(rate) = self.manner.rate {
            let orders = u32::try_from(self.plan.orders.len().max(1)).unwrap_or(u32::MAX);
            let posts = u32::try_from(self.plan.opening.len()).unwrap_or(u32::MAX);
            let a_second = rate * f64::from(posts) / f64::from(orders);
            if f64::from(self.opened) > self.began.elapsed().as_secs_f64() * a_second {
                return None;
            }
        }
        self.opened = self.opened.saturating_add(1);
        let post = self.opening.pop_front();
        if post.is_some() {
            self.last = Instant::now();
        }
        post
    }

    /// As the plan says; what it does not foresee, as a party would.
    fn answer(&mut self, heard: &Heard) {
        if let Some(posts) = self.plan.answers.get(&heard.event) {
            for post in posts {
                let copies = std::iter::repeat_n(post, usize::from(post.copies));
                self.waiting.extend(copies.cloned());
            }
            return;
        }
        let posts = improvise::answer(self.plan, heard);
        if !posts.is_empty() && !self.plan.orders.contains_key(&heard.order_code) {
            self.foreign_cases += 1;
        }
        self.waiting.extend(posts.iter().cloned());
        self.improvised.extend(posts);
    }

    fn finished(&self) -> usize {
        let as_expected = |(code, expected): (&String, _)| {
            self.seen.orders.get(code).is_some_and(|view| view.differences(expected).is_empty())
        };
        self.plan.orders.iter().filter(|entry| as_expected(*entry)).count()
    }

    /// Everything answered that must be answered.
    fn is_answered(&self) -> bool {
        self.plan.posts().all(|post| match post.end {
            End::Refused(_) => self.seen.refusals.contains_key(&post.name()),
            End::FileRefused(_) | End::File(..) => self.seen.reports.contains_key(&post.id),
            End::Applied | End::Unanswered => true,
        })
    }

    /// How long nothing has come.
    pub(super) fn silence(&self) -> Duration {
        self.last.elapsed()
    }

    /// True when all has come, or nothing more will.
    pub(super) fn is_over(&self) -> bool {
        let silent = self.silence();
        let said = self.waiting.is_empty() && self.opening.is_empty() && self.traffic.is_idle();
        let complete = said
            && self.done == self.plan.orders.len()
            && self.foreign_cases >= self.manner.foreign_cases;
        (complete && silent > QUIET && self.is_answered()) || silent > self.manner.patience
    }

    /// Ends the play: what was seen, how many messages were said, and the time it took.
    pub(super) async fn end(mut self) -> (Seen, u64, Duration) {
        self.show(true);
        let sent = self.traffic.confirmed;
        self.traffic.close().await;
        (self.seen, sent, self.busy)
    }

    /// How far it is, on one line.
    fn show(&mut self, last: bool) {
        let mut out = std::io::stderr();
        let line = format!(
            "{:>4} s  {} of {} orders at their end, {} messages said, {} heard",
            self.began.elapsed().as_secs(),
            self.done,
            self.plan.orders.len(),
            self.traffic.confirmed,
            self.seen.deliveries,
        );
        // A progress line that cannot be written harms nothing.
        if out.is_terminal() {
            let _ = write!(out, "\r{line}{}", if last { "\n" } else { "" });
            let _ = out.flush();
        } else if last
            || (self.done != self.shown && self.began.elapsed().as_secs().is_multiple_of(5))
        {
            self.shown = self.done;
            let _ = writeln!(out, "{line}");
        }
    }
}
