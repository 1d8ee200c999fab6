//! How many messages the broker may hand over before the first of them is answered. Many, because
//! an answer comes only after a sync; but documents are large, and all that is unanswered lies in
//! memory. So it begins with few, asks for more once they prove to be short, and for fewer when
//! what is unanswered weighs too much.

use std::collections::VecDeque;

/// Messages asked for while nobody knows how large they are.
const FIRST: u16 = 64;

/// What one subscription may have unanswered, and what it has.
#[derive(Debug)]
pub(super) struct Allowance {
    most: u16,
    bytes_max: usize,
    now: u16,
    /// Tags and sizes, in order.
    unanswered: VecDeque<(u64, usize)>,
    unanswered_bytes: usize,
    /// Messages, and their bytes, since the number was last thought about.
    seen: (usize, usize),
}

impl Allowance {
    pub(super) fn new(most: u16, bytes_max: usize) -> Self {
        Self {
            most,
            bytes_max,
            now: most.min(FIRST),
            unanswered: VecDeque::new(),
            unanswered_bytes: 0,
            seen: (0, 0),
        }
    }

    /// Messages that may be unanswered now.
    pub(super) fn now(&self) -> u16 {
        self.now
    }

    pub(super) fn took(&mut self, tag: u64, bytes: usize) {
        self.unanswered.push_back((tag, bytes));
        self.unanswered_bytes += bytes;
        self.seen = (self.seen.0 + 1, self.seen.1 + bytes);
    }

    pub(super) fn answered(&mut self, up_to: u64) {
        while let Some((_, bytes)) = self.unanswered.pop_front_if(|(tag, _)| *tag <= up_to) {
            self.unanswered_bytes -= bytes;
        }
    }

    /// The number to ask for instead, when the one that stands is not good any more; from here on
    /// it stands.
    pub(super) fn change(&mut self) -> Option<u16> {
        let fitting = if self.unanswered_bytes > self.bytes_max {
            self.fitting((self.unanswered.len(), self.unanswered_bytes)).min(self.now)
        } else if self.seen.0 >= usize::from(self.now.max(FIRST)) {
            // A little more is not worth asking anew.
            let seen = std::mem::take(&mut self.seen);
            let fitting = self.fitting(seen);
            let is_worth = fitting >= self.now.saturating_mul(2) || fitting == self.most;
            if is_worth { fitting.max(self.now) } else { self.now }
        } else {
            self.now
        };
        let before = std::mem::replace(&mut self.now, fitting);
        if before == fitting {
            return None;
        }
        self.seen = (0, 0);
        Some(fitting)
    }

    /// How many such messages may be unanswered.
    fn fitting(&self, (messages, bytes): (usize, usize)) -> u16 {
        let fitting = self.bytes_max.saturating_mul(messages) / bytes.max(1);
        u16::try_from(fitting).unwrap_or(u16::MAX).clamp(1, self.most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_messages_are_asked_for_in_numbers_and_long_ones_by_their_weight() {
        let mut allowance = Allowance::new(1_500, 1_000_000);
        let mut tag = 0;
        let mut took = |allowance: &mut Allowance, messages: usize, bytes: usize| {
            let mut asked = Vec::new();
            for _ in 0..messages {
                tag += 1;
                allowance.took(tag, bytes);
                asked.extend(allowance.change());
            }
            (tag, asked)
        };
        assert_eq!(allowance.now(), 64);
        assert!(took(&mut allowance, 63, 400).1.is_empty());
        let (tag, asked) = took(&mut allowance, 1, 400);
        assert_eq!(asked, [1_500], "they are short");
        allowance.answered(tag);

        // Documents: once the limit is passed, so many as keep it, and no further change.
        let (tag, asked) = took(&mut allowance, 100, 50_000);
        assert_eq!(asked, [20]);
        allowance.answered(tag - 1);
        assert_eq!(allowance.unanswered, [(tag, 50_000)]);
        let (tag, asked) = took(&mut allowance, 15, 50_000);
        assert!(asked.is_empty());

        // It grows once there is room for twice as many.
        allowance.answered(tag);
        for (bytes, wanted) in [(40_000, 20..=20), (20_000, 40..=50), (400, 1_500..=1_500)] {
            for _ in 0..24 {
                let (tag, _) = took(&mut allowance, 16, bytes);
                allowance.answered(tag);
            }
            assert!(wanted.contains(&allowance.now()), "{bytes}: {}", allowance.now());
        }
    }

    #[test]
    fn one_message_is_always_allowed_and_the_most_is_never_passed() {
        let mut allowance = Allowance::new(16, 1_000);
        allowance.took(1, 50_000);
        assert_eq!(allowance.change(), Some(1));
        assert_eq!(allowance.change(), None);
        allowance.answered(1);
        for tag in 2..=200 {
            allowance.took(tag, 0);
            allowance.change();
            allowance.answered(tag);
        }
        assert_eq!(allowance.now(), 16);
    }
}
