//! How often what happened, so that whoever reads it knows what a run is worth.

use crate::operator::Answered;

/// How much went on in a run.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Figures {
    pub(crate) steps: usize,
    pub(crate) letters: usize,
    pub(crate) crashes: usize,
    pub(crate) failures: usize,
    pub(crate) refused: usize,
    pub(crate) unknown: usize,
    pub(crate) redelivered: usize,
    pub(crate) blocks: usize,
    /// Windows that were on their way when the broker was blocked.
    pub(crate) waited: usize,
    /// Letters, and messages of kvit's own, that the broker gave up.
    pub(crate) dead: usize,
    pub(crate) own_dead: usize,
    /// What people were told who asked by the admin API.
    pub(crate) answered: Answered,
    /// How often kvit itself began or ceased to hold back.
    pub(crate) strained: usize,
}

impl Figures {
    pub(crate) fn add(&mut self, other: &Self) {
        self.steps += other.steps;
        self.letters += other.letters;
        self.crashes += other.crashes;
        self.failures += other.failures;
        self.refused += other.refused;
        self.unknown += other.unknown;
        self.redelivered += other.redelivered;
        self.blocks += other.blocks;
        self.waited += other.waited;
        self.dead += other.dead;
        self.own_dead += other.own_dead;
        self.answered.add(&other.answered);
        self.strained += other.strained;
    }
}
