//! One run: a scheduler with a seed chooses what happens next, until all is said and done. What
//! may go wrong goes wrong on the way; then the faults end, and so must the run.

mod drain;
mod figures;
mod strain;

use std::sync::Arc;
use std::time::Duration;

use kvit_adapters::amqp::{Outcomes, Outgoing, PublishOutcome};
use kvit_adapters::clock::Clock;
use kvit_adapters::store::{Fault, MemoryRows, Store, Under};
use tokio::time::Instant;

use crate::block::Block;
use crate::broker::{Broker, Content, QUEUES, Window};
use crate::checks::{Broken, Checked, Observer, must};
use crate::daemon::Daemon;
use crate::desk::Desk;
use crate::mutations::Mutation;
use crate::operator::Operator;
use crate::story::{Story, When};
use crate::world::{BEGIN, LATER, moment};
pub(crate) use figures::Figures;
use kvit_tests::dice::Dice;

/// Steps with faults, about.
const STEPS: usize = 600;
/// Destinations at the broker that may take nothing for a while.
const DESTINATIONS: [&str; 8] = [
    "kvit.portal.out alpha.case.status",
    "kvit.portal.out beta.case.status",
    "kvit.portal.out alpha.decision.published",
    "kvit.portal.out beta.refund.due",
    "kvit.agency.out agency-a",
    "kvit.agency.out agency-b",
    "kvit.ops.out payment_suspended",
    "kvit.bank.out erip",
];

/// What may happen next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Send,
    SendAgain,
    Deliver,
    Look,
    Commit,
    Sync,
    Answer,
    Acknowledge,
    Relay,
    Publish,
    Schedule,
    Files,
    Wait,
    Later,
    Person,
    Kick,
    Unread,
    LoseChannel,
    CloseDestination,
    OpenDestinations,
    FailStore,
    Crash,
    Block,
    Unblock,
    Bury,
    Operator,
    Watch,
}

const WEIGHTS: [(usize, Step); 27] = [
    (18, Step::Send),
    (4, Step::SendAgain),
    (24, Step::Deliver),
    (24, Step::Look),
    (20, Step::Commit),
    (14, Step::Sync),
    (24, Step::Answer),
    (12, Step::Acknowledge),
    (24, Step::Relay),
    (20, Step::Publish),
    (2, Step::Schedule),
    (12, Step::Files),
    (8, Step::Wait),
    (1, Step::Later),
    (6, Step::Person),
    (1, Step::Kick),
    (1, Step::Unread),
    (2, Step::LoseChannel),
    (2, Step::CloseDestination),
    (2, Step::OpenDestinations),
    (1, Step::FailStore),
    (2, Step::Crash),
    (2, Step::Block),
    (3, Step::Unblock),
    (1, Step::Bury),
    (6, Step::Operator),
    (4, Step::Watch),
];

pub(crate) struct Run {
    dice: Dice,
    story: Story,
    broker: Broker,
    daemon: Daemon,
    observer: Observer,
    clock: Clock,
    begun: Instant,
    /// How long it has run, for whoever waits.
    passed: Duration,
    mutation: Option<Mutation>,
    trace: bool,
    desk: Desk,
    operator: Operator,
    block: Block,
    pub(crate) figures: Figures,
}

fn over(rows: MemoryRows) -> Store {
    Store::over(Under::Memory(rows)).expect("rows in memory can be read")
}

fn memory(store: &Store) -> &MemoryRows {
    match store.under() {
        Under::Memory(rows) => rows,
        Under::Sled(_) => unreachable!("a run is played in memory"),
    }
}

impl Run {
    pub(crate) fn new(seed: u64, mutation: Option<Mutation>, trace: bool) -> Self {
        let clock = Clock::manual(moment(BEGIN));
        let rows = MemoryRows::default();
        Mutation::plant(mutation, &rows);
        let store = Arc::new(over(rows));
        Self {
            dice: Dice::new(seed),
            story: Story::of(seed),
            broker: Broker::default(),
            daemon: Daemon::start(store, &clock, mutation),
            observer: Observer::default(),
            clock,
            begun: Instant::now(),
            passed: Duration::ZERO,
            mutation,
            trace,
            desk: Desk::default(),
            operator: Operator::default(),
            block: Block::default(),
            figures: Figures::default(),
        }
    }

    /// Plays it to its end.
    pub(crate) fn play(&mut self) -> Checked {
        let steps = STEPS / 2 + self.dice.below(STEPS);
        // Some runs have few faults, so that they come far.
        let quiet = 1 + self.dice.below(6);
        // Every other run has a pace of its own: some parts starve in it, others are always first.
        let paces: &[usize] = if self.dice.one_in(2) { &[1] } else { &[0, 1, 1, 2, 6] };
        let weights = WEIGHTS.map(|(weight, step)| (weight * *self.dice.pick(paces), step));
        for _ in 0..steps {
            let Some(step) = self.dice.weighed(&weights) else { continue };
            let faulty =
                matches!(step, Step::FailStore | Step::Crash | Step::LoseChannel | Step::Block);
            if faulty && !self.dice.one_in(quiet) {
                continue;
            }
            self.step(step, true)?;
        }
        self.come_to_an_end()
    }

    fn wait(&mut self, time: Duration) {
        self.passed += time;
        let seconds = i64::try_from(time.as_secs()).unwrap();
        self.clock.set(self.clock.now().plus_seconds(seconds));
    }

    fn say(&self, what: impl FnOnce() -> String) {
        if self.trace {
            println!("{:>5} {}", self.figures.steps, what());
        }
    }

    fn step(&mut self, step: Step, faults: bool) -> Checked {
        self.figures.steps += 1;
        match step {
            Step::Send => self.send(),
            Step::SendAgain => self.send_again(),
            Step::Deliver => return self.deliver(),
            Step::Look => drop(self.daemon.look()),
            Step::Commit => return self.commit(),
            Step::Sync => return self.sync(),
            Step::Answer => drop(self.daemon.answer()),
            Step::Acknowledge => return self.acknowledge(),
            Step::Relay => return self.relay(),
            Step::Publish => return self.publish(faults),
            Step::Schedule => {
                let looked = self.daemon.schedule();
                return looked.map(drop).map_err(|error| Broken(format!("schedule: {error}")));
            }
            Step::Files => self.daemon.take_files(),
            Step::Wait => {
                let seconds = self.dice.below(40);
                self.wait(Duration::from_secs(u64::try_from(seconds).unwrap()));
                if self.dice.one_in(10) {
                    // Somebody sets the clock back.
                    self.clock.set(self.clock.now().plus_seconds(-60));
                }
            }
            Step::Later => self.later(),
            Step::Person => {
                let (daemon, observer) = (&self.daemon, &mut self.observer);
                let done = self.desk.act(daemon, observer, &mut self.dice, faults);
                if let Some(done) = done {
                    self.say(|| done);
                }
            }
            Step::Kick => {
                let at = self.begun + self.passed;
                return self.daemon.kick(at).map_err(|error| Broken(format!("relay: {error}")));
            }
            Step::Unread => {
                let portals = ["alpha", "beta"].iter().filter(|_| self.dice.one_in(2));
                let portals = portals.map(|portal| portal.parse().unwrap()).collect();
                self.daemon.unread.send_replace(portals);
            }
            Step::LoseChannel => {
                let slot = self.dice.below(QUEUES);
                self.say(|| format!("the channel of queue {slot} is lost"));
                self.broker.lose_channel(slot);
            }
            Step::CloseDestination => {
                let (at, full) = (self.dice.below(DESTINATIONS.len()), self.dice.one_in(2));
                self.say(|| format!("closed, full {full}: {}", DESTINATIONS[at]));
                self.broker.close(DESTINATIONS[at].to_owned(), full);
            }
            Step::OpenDestinations => self.broker.open_all(),
            Step::FailStore => {
                let fault = *self.dice.pick(&[Fault::Apply, Fault::Applied, Fault::Sync]);
                self.say(|| format!("the store will fail: {fault:?}"));
                memory(&self.daemon.store).fail_next(fault);
            }
            Step::Crash => {
                let unsynced = memory(&self.daemon.store).unsynced();
                let left = self.dice.below(unsynced + 1);
                return self.crash(left);
            }
            Step::Block => self.block(),
            Step::Unblock => return self.unblock(faults),
            Step::Bury => self.bury(),
            Step::Operator => return self.operate(faults),
            Step::Watch => return self.watch(),
        }
        Ok(())
    }

    /// Letters that could be written and were not.
    fn sendable(&self) -> Vec<usize> {
        let letters = self.story.letters.iter().enumerate();
        let may = |when: &When| match when {
            When::Any => true,
            When::Later => self.observer.windows_over,
            When::Acknowledged(letter) => {
                let Self { broker, operator, .. } = self;
                broker.acknowledged.contains(letter) || operator.released.contains(letter)
            }
            When::Assigned(order, agency) => {
                self.observer.assigned.get(order).is_some_and(|it| it.contains(*agency))
            }
            When::Published(order, decision) => self.observer.is_published(order, decision),
        };
        let unsent = letters.filter(|(at, _)| !self.observer.sent.contains(at));
        unsent.filter(|(_, letter)| may(&letter.when)).map(|(at, _)| at).collect()
    }

    fn send(&mut self) {
        let sendable = self.sendable();
        if sendable.is_empty() || self.block.on {
            return;
        }
        let at = *self.dice.pick(&sendable);
        self.post(at);
        self.observer.sent.insert(at);
    }

    fn send_again(&mut self) {
        let sent: Vec<usize> = self.observer.sent.iter().copied().collect();
        // Nobody repeats after weeks what he said before: kvit need not know it any more.
        if sent.is_empty() || self.observer.windows_over || self.block.on {
            return;
        }
        let at = *self.dice.pick(&sent);
        self.post(at);
    }

    fn post(&mut self, at: usize) {
        let letter = &self.story.letters[at];
        self.say(|| {
            let body =
                String::from_utf8_lossy(&letter.bytes[..letter.bytes.len().min(400)]).into_owned();
            format!("{} says {} {}: {body}", letter.user, letter.id, letter.kind)
        });
        self.broker.send((at, letter), &mut self.dice);
    }

    fn deliver(&mut self) -> Checked {
        self.steer()?;
        let queues = self.broker.deliverable();
        if queues.is_empty() || !self.daemon.has_room() {
            return Ok(());
        }
        let slot = *self.dice.pick(&queues);
        self.observer.taken(slot)?;
        if let Some(delivery) = self.broker.deliver(slot, &self.story.letters) {
            self.figures.redelivered += usize::from(delivery.redelivered);
            let (id, again) = (&delivery.properties.message_id, delivery.redelivered);
            self.say(|| format!("delivered {id:?}, again {again}"));
            self.daemon.receive(delivery);
        }
        Ok(())
    }

    fn commit(&mut self) -> Checked {
        let most = 1 + self.dice.below(6);
        let before = self.daemon.store.last_commit();
        match self.daemon.commit(most) {
            Ok(false) => return Ok(()),
            Ok(true) => {}
            Err(error) => return self.failed(&format!("{error:?}")),
        }
        self.say(|| format!("commit {}", before + 1));
        let balanced =
            self.daemon.shared().tally.counts().iter().all(|(_, it)| it.unbalanced() == 0);
        must(balanced, || "deliveries are not counted right".to_owned())?;
        let seen = (&*self.daemon.store, &self.story);
        self.observer.committed(seen, &self.broker.confirmed)
    }

    fn sync(&mut self) -> Checked {
        match self.daemon.sync() {
            Ok(true) => {
                self.say(|| "synced".to_owned());
                self.observer.synced(&self.daemon.store);
                Ok(())
            }
            Ok(false) => Ok(()),
            Err(error) => self.failed(&format!("{error:?}")),
        }
    }

    /// The store failed: the daemon stops, and is started again.
    fn failed(&mut self, why: &str) -> Checked {
        self.figures.failures += 1;
        self.say(|| format!("the store fails: {why}"));
        let unsynced = memory(&self.daemon.store).unsynced();
        let left = self.dice.below(unsynced + 1);
        self.crash(left)
    }

    /// Everything in memory is gone; of what was not synced this many commits are left.
    fn crash(&mut self, left: usize) -> Checked {
        self.figures.crashes += 1;
        self.say(|| format!("crash; {left} commits that were not synced are left"));
        let rows = memory(&self.daemon.store).after_crash(left);
        let store = Arc::new(over(rows));
        self.broker.lose_all_channels();
        self.lose_connection()?;
        self.observer.crashed(&store)?;
        self.operator.crashed();
        self.daemon = Daemon::start(store, &self.clock, self.mutation);
        self.desk.crashed(&self.daemon.store, &mut self.observer);
        Ok(())
    }

    fn acknowledge(&mut self) -> Checked {
        for slot in 0..QUEUES {
            let gone = self.broker.take_acks(slot, &self.daemon.acks);
            self.acknowledged(&gone)?;
        }
        Ok(())
    }

    fn acknowledged(&mut self, gone: &[Content]) -> Checked {
        if !gone.is_empty() {
            self.say(|| format!("acknowledged {gone:?}"));
        }
        let letters = &self.story.letters;
        self.observer.acknowledged(gone.iter().map(|it| self.broker.id(*it, letters)))
    }

    fn relay(&mut self) -> Checked {
        let (first, at) = (self.dice.one_in(2), self.begun + self.passed);
        let turned = self.daemon.relay(first, at);
        turned.map(drop).map_err(|error| Broken(format!("the relay fails: {error}")))
    }

    fn publish(&mut self, faults: bool) -> Checked {
        let mut lanes = self.daemon.busy_lanes();
        lanes.retain(|lane| !self.block.holds(*lane));
        if lanes.is_empty() {
            return Ok(());
        }
        let lane = *self.dice.pick(&lanes);
        let most = 1 + self.dice.below(8);
        let window = self.daemon.window(lane, most);
        if self.block.on {
            self.keep(lane, window);
            return Ok(());
        }
        let trouble = (faults && self.dice.one_in(12), faults && self.dice.one_in(40));
        let outcomes = self.taken(window, trouble)?;
        self.daemon.outcomes.push_back(outcomes);
        Ok(())
    }

    /// The broker takes a window: what kvit hears of it.
    fn taken(&mut self, window: Vec<Outgoing>, trouble: (bool, bool)) -> Result<Outcomes, Broken> {
        let ids: Vec<String> = window.iter().map(|it| it.message_id.clone()).collect();
        let Window { outcomes, arrived } = self.broker.publish(window, trouble, &mut self.dice);
        self.say(|| {
            let told = ids.iter().zip(&outcomes).map(|(id, (_, it))| format!("{id} {it:?}"));
            format!("published {}", told.collect::<Vec<_>>().join(", "))
        });
        for (_, outcome) in &outcomes {
            let unknown = matches!(outcome, PublishOutcome::Unknown(_));
            let fine = *outcome == PublishOutcome::Confirmed;
            self.figures.unknown += usize::from(unknown);
            self.figures.refused += usize::from(!unknown && !fine);
        }
        for message in arrived {
            self.observer.arrived(message, &self.story)?;
        }
        let heard = outcomes.into_iter();
        let heard = heard.map(|(ticket, said)| (ticket, Mutation::heard(self.mutation, said)));
        Ok(heard.collect())
    }

    fn later(&mut self) {
        if self.story.later && !self.observer.windows_over {
            self.say(|| "seven weeks pass".to_owned());
            self.observer.windows_over = true;
            self.clock.set(moment(LATER));
        }
    }
}
