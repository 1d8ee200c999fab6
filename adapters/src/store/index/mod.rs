//! What finds a record by a name that others gave it: an order code, a payment's id, a message's
//! id. Such names come in no order, and as rows of their own they would be two thirds of all rows,
//! each written to another page of the tree.
//!
//! So the entries of a commit lie together in a row, and all of them in memory, too. Once there are
//! enough of them, a commit gathers them in a *run*: rows that hold an equal part of the names
//! each, found by the name itself, and never written again. A filter in memory (`filters.rs`) tells
//! which runs may hold a name; it is a row of the run, so that opening reads no entries of runs.
//! What is newer counts: first memory, then the runs from the last one on.
//!
//! | key | row |
//! |---|---|
//! | letter, commit, part | entries of one commit, until they are in a run and somewhat longer |
//! | run's letter, run | the newest period of its entries, and the run's filter |
//! | run's letter, run, bucket | entries of the run |
//!
//! A run has the number of the commit that wrote it. The rows of single commits before it are of no
//! use any more; some thousand at once would hold everything up, so each further commit takes a few
//! of them away, the oldest first. Marks count for a while only: with each new run the oldest go
//! whose entries are all of periods before those that count.

mod entries;
mod filters;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{PoisonError, RwLock};

use foldhash::HashMap;
use kvit_schemas::hex;
use kvit_schemas::record::Seq;

use super::{KeyValue, StoreError, codec, keys};
use filters::{Bits, Filters, Run};

/// A name: the hash of what others call something.
pub type Name = [u8; 16];
/// Names and what they lead to.
pub(super) type Entries = BTreeMap<Name, Vec<u8>>;

/// Which names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Which {
    /// Of orders and payments; kept for good.
    Names,
    /// Of applied messages; of use for a while.
    Marks,
}

impl Which {
    /// The period that an entry was made in: what a mark begins with. Names know of none, and what
    /// cannot be read is never outdated.
    fn period(self, value: &[u8]) -> u32 {
        match self {
            Self::Marks => codec::decode(&[], value).unwrap_or(u32::MAX),
            Self::Names => u32::MAX,
        }
    }
}

/// Entries in memory, about, until they become a run. They take some 100 bytes each.
pub(super) const ENTRIES_MAX: usize = 32_768;
/// The same for a store in memory, so that tests see runs.
pub(super) const FEW_ENTRIES: usize = 64;
/// Bytes of entries in one row of a commit.
const ROW_BYTES: usize = 5_000;
/// Entries of a row of a run, on the average: the largest of many stays below a row's limit.
const BUCKET_ENTRIES: usize = 64;
/// Filters that are taken in together when a store is opened.
pub(super) const FILTERS_AT_ONCE: usize = filters::GROUP_RUNS;
/// Old runs that go with a new one: more than one, so that they become fewer, and not many, so that
/// no commit becomes long.
const RUNS_GONE_MAX: usize = 2;
/// Rows of single commits that go with a commit, besides two for each that it adds: they go quicker
/// than others come.
const ROWS_GONE: usize = 16;

/// The index of one kind of names.
#[derive(Debug)]
pub(super) struct Index {
    which: Which,
    entries_max: usize,
    state: RwLock<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Entries that are in no run.
    young: HashMap<Name, Vec<u8>>,
    /// The keys of their rows.
    rows: Vec<Vec<u8>>,
    /// The keys of older rows, whose entries are in runs. They are to go, the oldest first.
    settled: VecDeque<Vec<u8>>,
    /// The entries of the newest run: what was named last is asked for most.
    newest: HashMap<Name, Vec<u8>>,
    runs: Filters,
}

/// Where an entry is.
#[derive(Debug)]
pub(super) enum Found {
    /// Here it is.
    Value(Vec<u8>),
    /// In one of these rows, the newest first, or nowhere.
    In(Vec<Vec<u8>>),
}

/// What a commit does for the index: rows to write and to remove, and what is true once it is done.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) rows: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    /// How many of the settled rows go.
    gone: usize,
    after: After,
}

#[derive(Debug)]
enum After {
    Added { entries: Entries, rows: Vec<Vec<u8>> },
    Gathered { run: Run, bits: Bits, newest: Entries, outdated: Vec<Run> },
}

impl Index {
    pub(super) fn new(which: Which, entries_max: usize) -> Self {
        Self { which, entries_max: entries_max.max(FEW_ENTRIES), state: RwLock::default() }
    }

    /// Takes in a row of a commit, in the order of commits, after all runs.
    pub(super) fn load_young(&mut self, (key, row): KeyValue) -> Result<(), StoreError> {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        let commit = keys::commit_of(&key).ok_or_else(|| StoreError::Record {
            key: hex::encode(&key),
            why: "no commit".into(),
        })?;
        if state.runs.newest().is_some_and(|newest| commit <= newest) {
            state.settled.push_back(key);
            return Ok(());
        }
        for entry in entries::read(&key, &row) {
            let (name, value) = entry?;
            state.young.insert(*name, value.to_vec());
        }
        state.rows.push(key);
        Ok(())
    }

    /// Takes in filters of runs, in their order; the more at once, the quicker.
    pub(super) fn load_runs(&mut self, filters: Vec<KeyValue>) -> Result<(), StoreError> {
        let runs: Result<Vec<_>, _> = filters.into_iter().map(run_of).collect();
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        state.runs.add(&runs?);
        Ok(())
    }

    pub(super) fn find(&self, name: &Name) -> Found {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        match state.young.get(name).or_else(|| state.newest.get(name)) {
            Some(value) => Found::Value(value.clone()),
            None => {
                let rows = state.runs.with(name).into_iter();
                Found::In(rows.map(|at| keys::run_row(self.which, at)).collect())
            }
        }
    }

    /// How a commit keeps these entries. Marks of periods before `oldest` count no longer.
    pub(super) fn step(&self, commit: u64, entries: Entries, oldest: u32) -> Step {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        if state.young.len() + entries.len() >= self.entries_max {
            return self.gather((&state, entries), commit, oldest);
        }
        let packed = entries::packed(&entries, ROW_BYTES).into_iter().zip(0..);
        let rows = packed.map(|(row, part)| (keys::young(self.which, commit, part), Some(row)));
        let mut rows: Vec<_> = rows.collect();
        let keys: Vec<_> = rows.iter().map(|(key, _)| key.clone()).collect();
        let gone = state.settled.len().min(ROWS_GONE + 2 * keys.len());
        rows.extend(state.settled.range(..gone).map(|key| (key.clone(), None)));
        Step { rows, gone, after: After::Added { entries, rows: keys } }
    }

    /// All entries become a run.
    fn gather(&self, (state, newest): (&State, Entries), commit: u64, oldest: u32) -> Step {
        let mut run = Run { number: commit, period: 0 };
        let mut bits = Bits::for_entries(self.entries_max);
        let mut buckets: BTreeMap<u16, Vec<u8>> = BTreeMap::new();
        let older = state.young.iter().filter(|(name, _)| !newest.contains_key(*name));
        for (name, value) in newest.iter().chain(older) {
            bits.set(name);
            run.period = run.period.max(self.which.period(value));
            entries::write(buckets.entry(bits.bucket(name)).or_default(), (name, value));
        }
        let filter = [&run.period.to_be_bytes(), bits.bytes()].concat();
        let filter = (keys::run(self.which, commit), Some(filter));
        let rows = buckets.into_iter().map(|(bucket, row)| {
            let key = keys::run_row(self.which, (commit, bucket));
            (key, Some(row))
        });
        let outdated = state.runs.before(oldest, RUNS_GONE_MAX);
        let old = outdated.iter().flat_map(|(run, buckets)| {
            let rows = (0..*buckets).map(|bucket| keys::run_row(self.which, (run.number, bucket)));
            std::iter::once(keys::run(self.which, run.number)).chain(rows)
        });
        let old = old.map(|key| (key, None));
        let rows = std::iter::once(filter).chain(rows).chain(old).collect();
        let outdated = outdated.into_iter().map(|(run, _)| run).collect();
        Step { rows, gone: 0, after: After::Gathered { run, bits, newest, outdated } }
    }

    /// The commit with this step is applied.
    pub(super) fn done(&self, step: Step) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let state = &mut *state;
        state.settled.drain(..step.gone);
        match step.after {
            After::Added { entries, rows } => {
                state.young.extend(entries);
                state.rows.extend(rows);
            }
            After::Gathered { run, bits, newest, outdated } => {
                outdated.into_iter().for_each(|run| state.runs.remove(run));
                state.runs.add(&[(run, bits)]);
                state.young.extend(newest);
                state.newest = std::mem::take(&mut state.young);
                state.settled.extend(state.rows.drain(..));
            }
        }
    }
}

/// A run by its filter's row.
fn run_of((key, filter): KeyValue) -> Result<(Run, Bits), StoreError> {
    let unreadable = |why: &str| StoreError::Record { key: hex::encode(&key), why: why.into() };
    let Seq(number) = keys::number_at_end(&key).ok_or_else(|| unreadable("it names no run"))?;
    let split = filter
        .split_first_chunk()
        .and_then(|(period, bits)| Some((u32::from_be_bytes(*period), Bits::of(bits.to_vec())?)));
    let (period, bits) = split.ok_or_else(|| unreadable("no filter has this length"))?;
    Ok((Run { number, period }, bits))
}

/// The value of a name in a row.
pub(super) fn value_in(
    (key, row): (&[u8], &[u8]),
    name: &Name,
) -> Result<Option<Vec<u8>>, StoreError> {
    for entry in entries::read(key, row) {
        let (found, value) = entry?;
        if found == name {
            return Ok(Some(value.to_vec()));
        }
    }
    Ok(None)
}
