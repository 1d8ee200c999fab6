//! What people at the desk did, as rows: the fate of quarantined messages, proposals, pauses.

use kvit_schemas::record::{Fate, Pause, Proposal, Seq};

use super::listing::Page;
use super::{Draft, Store, StoreError, keys};

impl Draft<'_> {
    /// Notes what became of a message in quarantine.
    pub fn put_fate(&mut self, number: Seq, fate: &Fate) {
        self.put(keys::numbered(keys::FATE, number), fate);
    }

    /// Forgets a message in quarantine, its bytes and what became of it.
    pub fn forget_quarantined(&mut self, number: Seq, fate: &Fate) {
        self.remove(keys::numbered(keys::QUARANTINE, number));
        self.remove_body(number);
        self.remove(keys::numbered(keys::FATE, number));
        if let Some(mended) = fate.last.as_ref().and_then(|deed| deed.replacement) {
            self.remove_body(mended);
        }
    }

    /// Writes a proposal.
    pub fn put_proposal(&mut self, proposal: &Proposal) {
        self.put(keys::numbered(keys::PROPOSAL, proposal.seq), proposal);
    }

    /// Pauses a source.
    pub fn put_pause(&mut self, pause: &Pause) {
        self.put(keys::pause(&pause.source), pause);
    }

    /// Resumes a source.
    pub fn remove_pause(&mut self, source: &str) {
        self.remove(keys::pause(source));
    }
}

impl Store {
    /// Proposals, oldest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn proposals(
        &self,
        after: Option<Seq>,
        limit: usize,
    ) -> Result<Page<Proposal>, StoreError> {
        self.page(keys::PROPOSAL, after, limit)
    }
}
