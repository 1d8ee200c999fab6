//! Rows that were written a short while ago, for the one who commits: what an order's next message
//! reads is mostly what its last one wrote, and sled takes some ten thousand instructions to find
//! a row. Nothing here is more than a copy of what the tree holds.

use foldhash::HashMap;

use super::read::Old;

/// Bytes of one generation; there are two.
const GENERATION_BYTES: usize = 8 << 20;
/// What an entry costs besides its key and value.
const ENTRY_BYTES: usize = 96;

/// A row as it is in the tree.
#[derive(Debug, Clone)]
pub(super) struct Copy {
    pub(super) old: Old,
    /// `None` where only its replacement is expected.
    pub(super) value: Option<Vec<u8>>,
}

/// Two generations of copies: when the younger one is full it becomes the older, and that goes.
#[derive(Debug, Default)]
pub(super) struct Recent {
    young: HashMap<Vec<u8>, Copy>,
    old: HashMap<Vec<u8>, Copy>,
    young_bytes: usize,
}

impl Recent {
    pub(super) fn get(&self, key: &[u8]) -> Option<&Copy> {
        self.young.get(key).or_else(|| self.old.get(key))
    }

    pub(super) fn put(&mut self, key: &[u8], copy: Copy) {
        self.remove(key);
        self.young_bytes += bytes(key, &copy);
        self.young.insert(key.to_vec(), copy);
        if self.young_bytes > GENERATION_BYTES {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
    }

    pub(super) fn remove(&mut self, key: &[u8]) {
        if let Some(gone) = self.young.remove(key) {
            self.young_bytes -= bytes(key, &gone);
        }
        self.old.remove(key);
    }
}

fn bytes(key: &[u8], copy: &Copy) -> usize {
    ENTRY_BYTES + key.len() + copy.value.as_ref().map_or(0, Vec::len)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn copy(bytes: usize) -> Copy {
        Copy { old: Old { pieces: 1, checksum: 7 }, value: Some(vec![0; bytes]) }
    }

    #[test]
    fn what_was_written_last_is_there_and_never_more_than_two_generations() {
        let mut recent = Recent::default();
        for number in 0..100_000_u32 {
            recent.put(&number.to_be_bytes(), copy(1_000));
            assert!(recent.get(&number.to_be_bytes()).is_some());
            let held = recent.young.len() + recent.old.len();
            assert!(held * 1_000 <= 2 * GENERATION_BYTES, "{held}");
        }
        assert!(recent.get(&0_u32.to_be_bytes()).is_none());
    }

    #[test]
    fn a_replaced_or_removed_row_is_not_there_any_more() {
        let mut recent = Recent::default();
        recent.put(b"k", copy(1));
        recent.put(b"k", copy(2));
        assert_eq!(recent.get(b"k").unwrap().value.as_ref().unwrap().len(), 2);
        recent.old.insert(b"k".to_vec(), copy(3));
        recent.remove(b"k");
        assert!(recent.get(b"k").is_none());
        assert_eq!(recent.young_bytes, 0);
    }
}
