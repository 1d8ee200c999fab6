//! Faults planted into kvit, each of which the simulation must find: what it is worth is what it
//! finds. Each changes what kvit does, at one of the seams where it meets the store, the broker or
//! its rules; none touches what the simulation looks at.

use kvit::engine::Rules;
use kvit::settings::Directory;
use kvit_adapters::amqp::PublishOutcome;
use kvit_adapters::store::MemoryRows;

use crate::world::WORLD;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mutation {
    /// Deliveries are acknowledged when they are applied, not when that is durable.
    AcknowledgeBeforeSync,
    /// What is said goes straight to the relay, and into no outbox.
    PublishWithoutOutbox,
    /// No mark is made of what was applied.
    ForgetMarks,
    /// Running numbers are not kept: after a restart they begin again.
    ForgetNumbers,
    /// What stands in the audit log is not kept.
    ForgetAudit,
    /// The sums of the ledger are not kept.
    ForgetTotals,
    /// Timers are not kept.
    ForgetTimers,
    /// A returned message counts as sent.
    DropReturned,
    /// A nack counts as success.
    NackIsSuccess,
    /// What nobody knows of counts as success.
    UnknownIsSuccess,
    /// A window that went out to a blocked broker counts as sent.
    BlockIsSuccess,
    /// What is refused, or was given up by the broker, is not kept.
    ForgetQuarantine,
    /// What became of messages in quarantine is not kept.
    ForgetFates,
    /// Which sources are paused is not kept.
    ForgetPauses,
    /// Another sighting of the same money is added to it.
    AddSightings,
    /// A portal is taken for another.
    MistakeParties,
}

impl Mutation {
    /// Tables, by their letter, that are not written.
    pub(crate) fn plant(this: Option<Self>, rows: &MemoryRows) {
        let lost = match this {
            Some(Self::PublishWithoutOutbox) => "o",
            Some(Self::ForgetMarks) => "d",
            Some(Self::ForgetNumbers) => "gn",
            Some(Self::ForgetAudit) => "u",
            Some(Self::ForgetTotals) => "gt",
            Some(Self::ForgetTimers) => "t",
            Some(Self::ForgetQuarantine) => "q",
            Some(Self::ForgetFates) => "Q",
            Some(Self::ForgetPauses) => "z",
            Some(_) | None => return,
        };
        rows.lose(lost.as_bytes());
    }

    pub(crate) fn rules(this: Option<Self>, rules: &Rules) -> Rules {
        let mut rules = rules.clone();
        if this == Some(Self::AddSightings) {
            for feed in rules.feeds.values_mut() {
                feed.settles.clear();
                feed.ids_are_erip_operations = false;
            }
        }
        rules
    }

    pub(crate) fn directory(this: Option<Self>, directory: Directory) -> Directory {
        if this != Some(Self::MistakeParties) {
            return directory;
        }
        let mut settings = WORLD.settings.clone();
        let users: Vec<_> = settings.portals.values().map(|portal| portal.users.clone()).collect();
        for (portal, users) in settings.portals.values_mut().zip(users.into_iter().rev()) {
            portal.users = users;
        }
        Directory::from(&settings)
    }

    /// What kvit makes of the broker's word.
    pub(crate) fn heard(this: Option<Self>, said: PublishOutcome) -> PublishOutcome {
        let taken = match said {
            PublishOutcome::Unroutable => this == Some(Self::DropReturned),
            PublishOutcome::Refused => this == Some(Self::NackIsSuccess),
            PublishOutcome::Unknown(_) => this == Some(Self::UnknownIsSuccess),
            PublishOutcome::Confirmed | PublishOutcome::Malformed(_) => false,
        };
        if taken { PublishOutcome::Confirmed } else { said }
    }
}
