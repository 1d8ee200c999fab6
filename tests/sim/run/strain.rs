//! What puts a strain on a run without breaking anything: a broker that takes nothing for a while,
//! a kvit that holds back, messages that a party cannot take, and people who release and pause.

use kvit::pipeline::Queue;
use kvit::service::SOURCES;
use kvit_adapters::amqp::{Outgoing, PublishOutcome};
use kvit_adapters::store::Tables;

use super::Run;
use crate::broker::{Content, QUEUES};
use crate::checks::{Broken, Checked, must};
use crate::mutations::Mutation;

impl Run {
    /// The broker is short of memory or disk.
    pub(super) fn block(&mut self) {
        if !self.block.on {
            self.say(|| "the broker is blocked".to_owned());
            self.block.on = true;
            self.figures.blocks += 1;
        }
    }

    /// A person at the admin API hears what came of a request, or makes one.
    pub(super) fn operate(&mut self, faults: bool) -> Checked {
        let seen = (&self.daemon, &self.story);
        let done = self.operator.act(seen, &mut self.observer, &mut self.dice, faults)?;
        if let Some(done) = done {
            self.say(|| done);
        }
        self.pauses_hold()
    }

    /// Kvit looks whether it must hold back.
    pub(super) fn watch(&mut self) -> Checked {
        let looked = self.daemon.watch();
        let changed = looked.map_err(|error| Broken(format!("the watch: {error}")))?;
        self.figures.strained += usize::from(changed);
        Ok(())
    }

    /// Unless somebody is about to change it, the consumer takes from all sources that the store
    /// does not say are paused, and from no others.
    fn pauses_hold(&self) -> Checked {
        if !self.operator.is_idle() || self.daemon.is_holding_back() {
            return Ok(());
        }
        let pauses = self.daemon.store.pauses().unwrap();
        for (source, queue) in SOURCES {
            let paused = pauses.iter().any(|pause| pause.source == source);
            let slot = Queue::ALL.iter().position(|it| *it == queue).unwrap();
            let wanted = self.daemon.shared().consumer.is_wanted(slot);
            must(wanted != paused, || format!("of {source}: paused {paused}, wanted {wanted}"))?;
        }
        Ok(())
    }

    /// A window goes out to a broker that is blocked: nobody hears of it for now.
    pub(super) fn keep(&mut self, lane: usize, window: Vec<Outgoing>) {
        self.figures.waited += 1;
        if self.mutation == Some(Mutation::BlockIsSuccess) {
            let heard = window.iter().map(|it| (it.ticket, PublishOutcome::Confirmed));
            self.daemon.outcomes.push_back(heard.collect());
        }
        self.block.keep(lane, window, &mut self.dice);
    }

    /// The broker has room again, or the connection breaks down before it has.
    pub(super) fn unblock(&mut self, faults: bool) -> Checked {
        if !self.block.on {
            return Ok(());
        }
        let lost = faults && self.dice.one_in(4);
        self.say(|| format!("the broker is not blocked any more, connection lost {lost}"));
        for window in self.block.end() {
            let outcomes = self.taken(window, (lost, false))?;
            self.daemon.outcomes.push_back(outcomes);
        }
        Ok(())
    }

    /// Kvit is gone. Of what it had sent to a blocked broker some is read later.
    pub(super) fn lose_connection(&mut self) -> Checked {
        for window in self.block.lose_connection() {
            drop(self.taken(window, (true, false))?);
        }
        Ok(())
    }

    /// A party gives a message of kvit back again and again.
    pub(super) fn bury(&mut self) {
        if let Some(message) = self.observer.any_for_a_party(&mut self.dice) {
            self.say(|| format!("{} dies in {:?}", message.id, message.queue()));
            self.broker.bury(message);
        }
    }

    /// Kvit's channels follow what is wanted of them.
    pub(super) fn steer(&mut self) -> Checked {
        for slot in 0..QUEUES {
            let wanted = self.daemon.shared().consumer.is_wanted(slot);
            let gone = self.broker.steer(slot, wanted, &self.daemon.acks);
            self.acknowledged(&gone)?;
        }
        Ok(())
    }

    /// What was done by the end, for the figures.
    pub(super) fn count(&mut self) {
        let own = |it: &&Content| matches!(it, Content::Own(_));
        self.figures.own_dead = self.broker.dead.iter().filter(own).count();
        self.figures.dead = self.broker.dead.len() - self.figures.own_dead;
        self.figures.answered = self.operator.answered;
    }
}
