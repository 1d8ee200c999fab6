//! Which runs may hold a name. A run's filter is a row of bits, of which each name sets a few; the
//! filters of 64 runs lie across one another, so that one look at a few words asks all of them.

use super::{BUCKET_ENTRIES, FEW_ENTRIES, Name};

/// Bits for each entry of a run: together with `LOOKS` about one name of two thousand seems to be
/// in a run though it is not.
const ENTRY_BITS: usize = 16;
/// Bits that a name sets.
const LOOKS: u64 = 8;
/// Runs that lie across one another: the bits of a word.
const GROUP_RUNS: usize = 64;

/// The filter of one run.
#[derive(Debug)]
pub(super) struct Bits(Vec<u8>);

impl Bits {
    pub(super) fn for_entries(entries: usize) -> Self {
        Self(vec![0; entries * ENTRY_BITS / 8])
    }

    /// As it was kept; `None` for what no run has.
    pub(super) fn of(bytes: Vec<u8>) -> Option<Self> {
        let least = FEW_ENTRIES * ENTRY_BITS / 8;
        (bytes.len() >= least).then_some(Self(bytes))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn set(&mut self, name: &Name) {
        for place in places(name, self.0.len() * 8) {
            self.0[place / 8] |= 1 << (place % 8);
        }
    }

    /// The row of the run that holds a name.
    pub(super) fn bucket(&self, name: &Name) -> u16 {
        bucket(name, self.0.len() * 8)
    }
}

/// The filters of all runs.
#[derive(Debug, Default)]
pub(super) struct Filters(Vec<Group>);

/// Filters of equal size.
#[derive(Debug)]
struct Group {
    /// For each place of a filter, the runs whose bit there is set.
    words: Vec<u64>,
    runs: Vec<u64>,
}

impl Filters {
    /// Adds the filter of a run that is newer than all others.
    pub(super) fn add(&mut self, run: u64, bits: &Bits) {
        let places = bits.0.len() * 8;
        let fits = |group: &Group| group.words.len() == places && group.runs.len() < GROUP_RUNS;
        if !self.0.last().is_some_and(fits) {
            self.0.push(Group { words: vec![0; places], runs: Vec::new() });
        }
        let Some(group) = self.0.last_mut() else { return };
        let own = group.runs.len();
        for (words, byte) in group.words.chunks_mut(8).zip(&bits.0) {
            // Without a branch: opening a large store does this some hundred million times.
            for (nth, word) in words.iter_mut().enumerate() {
                *word |= u64::from(byte >> nth & 1) << own;
            }
        }
        group.runs.push(run);
    }

    /// How many runs there are.
    #[cfg(test)]
    pub(super) fn runs(&self) -> usize {
        self.0.iter().map(|group| group.runs.len()).sum()
    }

    /// The runs that may hold a name, the newest first, each with the row to look into.
    pub(super) fn with(&self, name: &Name) -> Vec<(u64, u16)> {
        let mut found = Vec::new();
        for group in self.0.iter().rev() {
            let mut runs = u64::MAX;
            for place in places(name, group.words.len()) {
                runs &= group.words[place];
                if runs == 0 {
                    break;
                }
            }
            let bucket = bucket(name, group.words.len());
            let newest_first = group.runs.iter().enumerate().rev();
            let may_hold = newest_first.filter(|(nth, _)| runs >> nth & 1 == 1);
            found.extend(may_hold.map(|(_, run)| (*run, bucket)));
        }
        found
    }
}

/// The bits of a name in a filter of so many.
fn places(name: &Name, bits: usize) -> impl Iterator<Item = usize> {
    let (first, step) = halves(name);
    (0..LOOKS).map(move |nth| part(first.wrapping_add(step.wrapping_mul(nth)), bits))
}

fn bucket(name: &Name, bits: usize) -> u16 {
    let buckets = bits / (ENTRY_BITS * BUCKET_ENTRIES);
    // The other half of the name than that which the filter begins with: both are evenly spread.
    u16::try_from(part(halves(name).1, buckets.max(1))).unwrap_or(u16::MAX)
}

/// A name is a hash: its halves are numbers as good as random.
fn halves(name: &Name) -> (u64, u64) {
    let number = u128::from_be_bytes(*name);
    let half = |number: u128| u64::try_from(number & u128::from(u64::MAX)).unwrap_or_default();
    (half(number >> 64), half(number))
}

/// The place of a number among so many, by its share of all numbers.
fn part(number: u64, of: usize) -> usize {
    let share = (u128::from(number) * u128::try_from(of).unwrap_or_default()) >> 64;
    usize::try_from(share).unwrap_or_default()
}
