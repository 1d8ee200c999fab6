//! A broker that is short of memory or disk: it takes no messages from anybody until it has room
//! again. What was on its way to it waits, and nobody hears of it. Consuming goes on, on a
//! connection of its own, but for what kvit itself holds back.

use std::collections::BTreeMap;

use kvit_adapters::amqp::Outgoing;

use kvit_tests::dice::Dice;

#[derive(Default)]
pub(crate) struct Block {
    pub(crate) on: bool,
    /// Kvit was told: it sends nothing more.
    told: bool,
    /// Windows, by lane, that were sent before kvit knew.
    waiting: BTreeMap<usize, Vec<Outgoing>>,
}

impl Block {
    /// A lane waits for the broker's word on its window, or knows that there will be none now.
    pub(crate) fn holds(&self, lane: usize) -> bool {
        self.on && (self.told || self.waiting.contains_key(&lane))
    }

    /// Keeps a window that is sent all the same. The broker says that it is blocked only to who
    /// publishes, and other lanes may have sent theirs by then.
    pub(crate) fn keep(&mut self, lane: usize, window: Vec<Outgoing>, dice: &mut Dice) {
        self.told = dice.one_in(2);
        self.waiting.insert(lane, window);
    }

    /// The broker has room again, or the connection is gone: the windows that waited.
    pub(crate) fn end(&mut self) -> impl Iterator<Item = Vec<Outgoing>> + use<> {
        std::mem::take(self).waiting.into_values()
    }

    /// Kvit is gone, and with it its connection. The block stays.
    pub(crate) fn lose_connection(&mut self) -> impl Iterator<Item = Vec<Outgoing>> + use<> {
        self.told = false;
        std::mem::take(&mut self.waiting).into_values()
    }
}
