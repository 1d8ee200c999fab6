//! Faults: where a test makes a commit fail.

use std::fmt;
use std::io;
use std::sync::Arc;

/// A place in the course of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Point {
    /// The batch is complete, nothing of it written.
    BeforeApply,
    /// The batch is visible, the caller does not know yet.
    AfterApply,
    /// Nothing was done for durability yet.
    BeforeSync,
    /// The kernel has the bytes: they survive this process, not a power cut.
    AfterFlush,
    /// The bytes are on stable storage, the watermark does not know yet.
    AfterSync,
}

/// What happens at the [`Point`]s of a commit: nothing, unless a test says so.
///
/// An error fails the step as the disk would. A crash is played by ending the process in the hook,
/// or by copying the store's directory there and opening the copy.
#[derive(Clone, Default)]
pub struct Faults(Option<Arc<Hook>>);

type Hook = dyn Fn(Point) -> io::Result<()> + Send + Sync;

impl Faults {
    /// Nothing ever fails on purpose.
    pub fn none() -> Self {
        Self(None)
    }

    /// Asks `hook` at each point; an error it answers becomes the error of the step.
    pub fn ask(hook: impl Fn(Point) -> io::Result<()> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(hook)))
    }

    pub(super) fn at(&self, point: Point) -> io::Result<()> {
        self.0.as_ref().map_or(Ok(()), |hook| hook(point))
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(if self.0.is_some() { "Faults(asked)" } else { "Faults(none)" })
    }
}
