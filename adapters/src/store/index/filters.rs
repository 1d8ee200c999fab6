//! Which runs may hold a name. A run's filter is a row of bits, of which each name sets a few; the
//! filters of 64 runs lie across one another, so that one look at a few words asks all of them.

use super::{BUCKET_ENTRIES, FEW_ENTRIES, Name};

/// Bits for each entry of a run: together with `LOOKS` about one name of seventy thousand seems to
/// be in a run though it is not, so that hundreds of runs seldom cost a row read in vain.
const ENTRY_BITS: usize = 24;
/// Bits that a name sets.
const LOOKS: u64 = 12;
/// Runs that lie across one another: the bits of a word.
pub(super) const GROUP_RUNS: usize = 64;

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

    #[cfg(test)]
    pub(super) fn has(&self, name: &Name) -> bool {
        places(name, self.0.len() * 8).all(|place| self.0[place / 8] >> (place % 8) & 1 == 1)
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
    /// `None` for a run that is gone.
    runs: Vec<Option<Run>>,
}

impl Group {
    /// Part by part: opening a large store does this some hundred million times, and what is
    /// written stays in the processor's cache. Eight filters at a time: a byte of each is a row of
    /// a square of bits, of which a column is what a word takes.
    fn add(&mut self, runs: &[(Run, Bits)]) {
        const PART: usize = 256;
        for (part, words) in self.words.chunks_mut(PART * 8).enumerate() {
            for (eight, own) in runs.chunks(8).zip((self.runs.len()..).step_by(8)) {
                let mut parts = [[0; PART]; 8];
                for (part_of, (_, bits)) in parts.iter_mut().zip(eight) {
                    let bytes = bits.0.chunks(PART).nth(part).unwrap_or_default();
                    part_of[..bytes.len()].copy_from_slice(bytes);
                }
                for (byte, words) in words.chunks_mut(8).enumerate() {
                    let columns = turned(std::array::from_fn(|filter| parts[filter][byte]));
                    for (word, column) in words.iter_mut().zip(columns) {
                        *word |= u64::from(column) << own;
                    }
                }
            }
        }
        self.runs.extend(runs.iter().map(|(run, _)| Some(*run)));
    }
}

/// What is known of a run beside its filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    /// The commit that wrote it.
    pub(super) number: u64,
    /// The newest period of its entries.
    pub(super) period: u32,
}

impl Filters {
    /// Adds the filters of runs that are newer than all others, the oldest first.
    pub(super) fn add(&mut self, mut runs: &[(Run, Bits)]) {
        while let [(_, bits), ..] = runs {
            let places = bits.0.len() * 8;
            let fits = |group: &Group| group.words.len() == places && group.runs.len() < GROUP_RUNS;
            if !self.0.last().is_some_and(fits) {
                self.0.push(Group { words: vec![0; places], runs: Vec::new() });
            }
            let Some(group) = self.0.last_mut() else { return };
            let room = GROUP_RUNS - group.runs.len();
            let alike = runs.iter().take_while(|(_, bits)| bits.0.len() * 8 == places);
            let (fitting, rest) = runs.split_at(alike.take(room).count());
            group.add(fitting);
            runs = rest;
        }
    }

    /// The oldest runs whose entries are all of periods before this one, at most so many; with the
    /// rows each may have.
    pub(super) fn before(&self, period: u32, most: usize) -> Vec<(Run, u16)> {
        let runs = self.0.iter().flat_map(|group| {
            let buckets = buckets(group.words.len());
            group.runs.iter().flatten().map(move |run| (*run, buckets))
        });
        runs.filter(|(run, _)| run.period < period).take(most).collect()
    }

    /// A run is gone.
    pub(super) fn remove(&mut self, gone: Run) {
        for run in self.0.iter_mut().flat_map(|group| &mut group.runs) {
            if *run == Some(gone) {
                *run = None;
            }
        }
        self.0.retain(|group| group.runs.iter().any(Option::is_some));
    }

    /// The number of the newest run.
    pub(super) fn newest(&self) -> Option<u64> {
        let runs = self.0.iter().rev().flat_map(|group| group.runs.iter().rev());
        runs.flatten().map(|run| run.number).next()
    }

    /// How many runs there are.
    #[cfg(test)]
    pub(super) fn runs(&self) -> usize {
        self.0.iter().map(|group| group.runs.iter().flatten().count()).sum()
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
            found.extend(may_hold.filter_map(|(_, run)| Some((run.as_ref()?.number, bucket))));
        }
        found
    }
}

/// The columns of a square of bits by its rows: three steps exchange its bits, its pairs and its
/// quarters across the diagonal (H. S. Warren, Hacker's Delight, 7-3).
fn turned(rows: [u8; 8]) -> [u8; 8] {
    let mut square = u64::from_le_bytes(rows);
    for (distance, upper) in
        [(7, 0x00AA_00AA_00AA_00AA), (14, 0x0000_CCCC_0000_CCCC), (28, 0x0000_0000_F0F0_F0F0)]
    {
        let differing = (square ^ (square >> distance)) & upper;
        square ^= differing ^ (differing << distance);
    }
    square.to_le_bytes()
}

/// The bits of a name in a filter of so many.
fn places(name: &Name, bits: usize) -> impl Iterator<Item = usize> {
    let (first, step) = halves(name);
    (0..LOOKS).map(move |nth| part(first.wrapping_add(step.wrapping_mul(nth)), bits))
}

/// The rows of a run whose filter has so many bits.
fn buckets(bits: usize) -> u16 {
    u16::try_from(bits / (ENTRY_BITS * BUCKET_ENTRIES)).unwrap_or(u16::MAX).max(1)
}

fn bucket(name: &Name, bits: usize) -> u16 {
    // The other half of the name than that which the filter begins with: both are evenly spread.
    u16::try_from(part(halves(name).1, buckets(bits).into())).unwrap_or(u16::MAX)
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
