//! Plays the plan: says what is to be said, reacts to what is heard, and kills the daemon in
//! between when that is wanted.

use std::collections::VecDeque;
use std::io::{IsTerminal, Write};
use std::time::Duration;

use anyhow::ensure;
use tokio::time::Instant;

use super::child::Daemon;
use super::ground::Ground;
use super::plan::{End, Plan, Post};
use super::seen::Seen;
use super::traffic::{Came, Traffic};

/// Nothing came for so long: nothing more will. Longer than a round of the schedule.
const SILENCE: Duration = Duration::from_secs(100);
/// How long it must be quiet after everything has come, to see what should not come.
const QUIET: Duration = Duration::from_secs(2);
/// How often it is counted how far the play is.
const COUNTED_EVERY: Duration = Duration::from_millis(250);
/// A longer pause between deliveries is waiting, not work.
const PAUSE: Duration = Duration::from_millis(500);

/// What came of it.
pub(super) struct Played {
    pub(super) seen: Seen,
    /// Messages said to kvit.
    pub(super) sent: u64,
    /// Time in which messages came without a pause.
    pub(super) busy: Duration,
    /// How often the daemon was killed.
    pub(super) kills: usize,
}

struct Player<'a> {
    plan: &'a Plan,
    traffic: Traffic,
    seen: Seen,
    waiting: VecDeque<Post>,
    began: Instant,
    last: Instant,
    busy: Duration,
    counted_at: Instant,
    done: usize,
    shown: usize,
}

/// Plays until everything has come to its end, or nothing comes any more.
pub(super) async fn play(
    ground: &Ground,
    plan: &Plan,
    (daemon, kills): (&mut Daemon, usize),
) -> anyhow::Result<Played> {
    let now = Instant::now();
    let copies = |post: &Post| std::iter::repeat_n(post.clone(), usize::from(post.copies));
    let mut player = Player {
        plan,
        traffic: Traffic::open(&ground.options, &ground.topology),
        seen: Seen::default(),
        waiting: plan.opening.iter().flat_map(copies).collect(),
        began: now,
        last: now,
        busy: Duration::ZERO,
        counted_at: now,
        done: 0,
        shown: 0,
    };
    let mut killed = 0;
    let mut heard_at_kill = 0;
    loop {
        player.step().await?;
        let due = killed < kills && player.done * (kills + 1) >= plan.orders.len() * (killed + 1);
        if due && player.seen.deliveries > heard_at_kill {
            killed += 1;
            daemon.kill_and_restart(ground).await?;
            daemon.ready(ground).await?;
            heard_at_kill = player.seen.deliveries;
        }
        if player.is_over() {
            break;
        }
        if player.last.elapsed() > PAUSE {
            daemon.check(ground)?;
        }
    }
    player.show(true);
    let Player { traffic, seen, busy, .. } = player;
    let sent = traffic.confirmed;
    traffic.close().await;
    ensure!(killed == kills, "the play was over before the daemon was killed {kills} times");
    Ok(Played { seen, sent, busy, kills: killed })
}

impl Player<'_> {
    async fn step(&mut self) -> anyhow::Result<()> {
        while self.traffic.has_room()
            && let Some(post) = self.waiting.pop_front()
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
                acks.push(delivery.ack);
                let Some(reader) = self.traffic.readers.get(delivery.source) else { continue };
                for event in self.seen.take(self.plan, reader, &delivery) {
                    let answers = self.plan.answers.get(&event).map_or(&[][..], Vec::as_slice);
                    for post in answers {
                        let copies = std::iter::repeat_n(post, usize::from(post.copies));
                        self.waiting.extend(copies.cloned());
                    }
                }
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

    fn is_over(&self) -> bool {
        let silent = self.last.elapsed();
        let said = self.waiting.is_empty() && self.traffic.is_idle();
        let complete = said && self.done == self.plan.orders.len();
        (complete && silent > QUIET && self.is_answered()) || silent > SILENCE
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
