//! Cases and payments in a draft, with their indexes and what lies beside them.

use kvit_schemas::FeedId;
use kvit_schemas::record::{Case, Payment, Seq, Sighting, Subject};
use serde::Serialize;

use super::Draft;
use crate::store::beside::{self, Beside, Place, STORY_MAX};
use crate::store::index::Which;
use crate::store::tables::Tables;
use crate::store::{StoreError, codec, keys};

/// Payments listed under one number of a transfer.
const TRANSFERS_MAX: usize = 16;

impl Draft<'_> {
    /// Writes a case.
    ///
    /// # Errors
    /// When its row cannot be read.
    pub fn put_case(&mut self, case: &Case, is_new: bool) -> Result<(), StoreError> {
        if is_new {
            self.put_entry(Which::Names, keys::code(case.order_code), &case.seq);
        }
        self.put_record(keys::numbered(keys::CASE, case.seq), case)
    }

    /// Writes a record and leaves what lies beside it.
    fn put_record<T: Serialize>(&mut self, key: Vec<u8>, record: &T) -> Result<(), StoreError> {
        let beside = match self.get(&key)? {
            Some(row) => beside::split(&key, &row)?.0,
            None => Beside::default(),
        };
        let row = beside::join(&beside, &codec::encode(record));
        self.changes.insert(key, Some(row));
        Ok(())
    }

    /// Changes what lies beside a record; false when there is no such row.
    fn amend(&mut self, key: Vec<u8>, amend: impl FnOnce(&mut Beside)) -> Result<bool, StoreError> {
        let Some(row) = self.get(&key)? else { return Ok(false) };
        let (mut beside, record) = beside::split(&key, &row)?;
        amend(&mut beside);
        let row = beside::join(&beside, record);
        self.changes.insert(key, Some(row));
        Ok(true)
    }

    /// Writes a payment with its indexes. `before` is what was there, `link` the case it belongs
    /// to now and `unlink` the one it belonged to.
    ///
    /// # Errors
    /// When its row or the cases' cannot be read.
    pub fn put_payment(
        &mut self,
        payment: &Payment,
        before: Option<&Payment>,
        (link, unlink): (Option<Seq>, Option<Seq>),
    ) -> Result<(), StoreError> {
        let known = |feed: &FeedId, id: &str| {
            let same = |it: &Sighting| it.feed == *feed && it.payment_id.as_str() == id;
            before.is_some_and(|before| before.sightings.iter().any(same))
        };
        for sighting in &payment.sightings {
            if !known(&sighting.feed, sighting.payment_id.as_str()) {
                let key = keys::identity(&sighting.feed, sighting.payment_id.as_str());
                self.put_entry(Which::Names, key, &payment.seq);
            }
            let earlier = before.iter().flat_map(|it| &it.sightings);
            let earlier: Vec<_> = earlier.flat_map(Sighting::joining).collect();
            for reference in sighting.joining().filter(|it| !earlier.contains(it)) {
                self.list_reference(reference, sighting.is_lump, payment.seq)?;
            }
        }
        self.relink(payment.seq, link, unlink)?;
        let waiting = payment.allocation.reason.is_some();
        let waited = before.is_some_and(|before| before.allocation.reason.is_some());
        if waiting != waited {
            let value = waiting.then(Vec::new);
            self.changes.insert(keys::numbered(keys::SUSPENSE, payment.seq), value);
        }
        self.put_record(keys::numbered(keys::PAYMENT, payment.seq), payment)
    }

    /// Lists a payment under a reference. Numbers of transfers repeat, and the newest are what a
    /// transfer of these days can be: older ones leave the list, so that it stays short.
    fn list_reference(
        &mut self,
        (kind, value): &(String, String),
        is_lump: bool,
        payment: Seq,
    ) -> Result<(), StoreError> {
        let mut sharing = self.payments_by_reference((kind, value), is_lump)?;
        let Err(at) = sharing.binary_search(&payment) else { return Ok(()) };
        sharing.insert(at, payment);
        if kind == Sighting::TRANSFER && sharing.len() > TRANSFERS_MAX {
            sharing.remove(0);
        }
        self.put_entry(Which::Names, keys::reference((kind, value), is_lump), &sharing);
        Ok(())
    }

    /// Removes a payment that was joined into another; its identities point there already. Its
    /// story stays.
    ///
    /// # Errors
    /// When its row or the case's cannot be read.
    pub fn remove_payment(
        &mut self,
        payment: &Payment,
        unlink: Option<Seq>,
    ) -> Result<(), StoreError> {
        for sighting in &payment.sightings {
            for (kind, value) in sighting.joining() {
                let mut sharing = self.payments_by_reference((kind, value), sighting.is_lump)?;
                sharing.retain(|it| *it != payment.seq);
                let name = keys::reference((kind, value), sighting.is_lump);
                self.put_entry(Which::Names, name, &sharing);
            }
        }
        self.relink(payment.seq, None, unlink)?;
        self.remove(keys::numbered(keys::SUSPENSE, payment.seq));
        let key = keys::numbered(keys::PAYMENT, payment.seq);
        if let Some(row) = self.get(&key)? {
            let story = beside::split(&key, &row)?.0.story;
            self.put_story(Subject::Payment(payment.seq), story);
        }
        self.remove(key);
        Ok(())
    }

    fn relink(
        &mut self,
        payment: Seq,
        link: Option<Seq>,
        unlink: Option<Seq>,
    ) -> Result<(), StoreError> {
        if link == unlink {
            return Ok(());
        }
        if let Some(case) = unlink {
            let key = keys::numbered(keys::CASE, case);
            self.amend(key, |beside| beside.payments.retain(|it| *it != payment))?;
        }
        if let Some(case) = link {
            let key = keys::numbered(keys::CASE, case);
            self.amend(key, |beside| {
                if let Err(at) = beside.payments.binary_search(&payment) {
                    beside.payments.insert(at, payment);
                }
            })?;
        }
        Ok(())
    }

    /// Lines of a story as rows of their own.
    fn put_story(&mut self, subject: Subject, story: Vec<Place>) {
        for (commit, line) in story {
            self.changes.insert(keys::story(subject, commit, line), Some(Vec::new()));
        }
    }

    /// Notes that a line of this commit belongs to the story of its subject.
    pub(super) fn add_to_story(
        &mut self,
        subject: Subject,
        place: Place,
    ) -> Result<(), StoreError> {
        let mut older = Vec::new();
        let add = |beside: &mut Beside| {
            if beside.story.len() >= STORY_MAX {
                older = std::mem::take(&mut beside.story);
            }
            beside.story.push(place);
        };
        let is_there = match keys::of_subject(subject) {
            Some(key) => self.amend(key, add)?,
            None => false,
        };
        if !is_there {
            older.push(place);
        }
        self.put_story(subject, older);
        Ok(())
    }
}
