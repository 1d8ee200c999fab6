//! The names of the elements that are open: each must be closed by its own.

/// The most that may be open at once; in messages a dozen are, and some around them.
const DEPTH_MAX: usize = 200;

/// Open elements.
#[derive(Default)]
pub(super) struct Names {
    /// All their names, one behind the other.
    names: Vec<u8>,
    /// Where each begins, and who opened it.
    open: Vec<(usize, Opener)>,
}

/// Who read a start tag. The XML reader keeps the names that it read itself, until it reads
/// their end, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opener {
    Xml,
    Plain,
}

impl Names {
    pub(super) fn depth(&self) -> usize {
        self.open.len()
    }

    /// Another element may be opened.
    pub(super) fn has_room(&self) -> bool {
        self.open.len() < DEPTH_MAX
    }

    pub(super) fn open(&mut self, name: &[u8], opener: Opener) {
        self.open.push((self.names.len(), opener));
        self.names.extend_from_slice(name);
    }

    /// The innermost element is this one, and was opened so.
    pub(super) fn innermost_is(&self, name: &[u8], opener: Opener) -> bool {
        self.open.last().is_some_and(|&(at, by)| by == opener && self.names[at..] == *name)
    }

    /// Closes the innermost element, by the tag of `name`.
    pub(super) fn close(&mut self, name: &[u8]) -> Result<(), &'static str> {
        let (at, _) = self.open.pop().ok_or("an element is closed that is not open")?;
        if self.names[at..] != *name {
            return Err("an element is closed by the tag of another");
        }
        self.names.truncate(at);
        Ok(())
    }
}
