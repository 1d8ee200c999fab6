//! What is wrong with an XML document, and where.

use crate::Code;
use crate::message::Invalid;

/// A fault with the XPath of the place, in names without prefix: all stand in the contract's
/// namespace.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) code: Code,
    pub(super) path: String,
    pub(super) detail: String,
}

impl Fault {
    pub(super) fn new(code: Code, path: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { code, path: path.into(), detail: detail.into() }
    }
}

impl From<Fault> for Invalid {
    fn from(fault: Fault) -> Self {
        Self::at(fault.code, &fault.path, fault.detail)
    }
}
