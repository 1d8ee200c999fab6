//! Who is who: broker users and the parties they speak for, feeds and what they may say.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::str::FromStr;

use kvit_schemas::{AgencyId, BankId, FeedId, PortalId};

use super::Settings;
use super::members::{Feed, ReportedState};

/// Somebody that kvit exchanges messages with.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Party {
    /// A portal front end.
    Portal(PortalId),
    /// A bank or payment system.
    Bank(BankId),
    /// An agency.
    Agency(AgencyId),
}

impl fmt::Display for Party {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Portal(id) => write!(out, "portal {id}"),
            Self::Bank(id) => write!(out, "bank {id}"),
            Self::Agency(id) => write!(out, "agency {id}"),
        }
    }
}

/// Not the name of a party.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoParty {
    /// It could not be one.
    #[error("{0:?} names no party; write it as \"portal ID\", \"bank ID\" or \"agency ID\"")]
    Misspelled(String),
    /// Nobody of that name is in the settings.
    #[error("there is no {0} in the settings")]
    Unknown(Party),
}

impl FromStr for Party {
    type Err = NoParty;

    fn from_str(text: &str) -> Result<Self, NoParty> {
        let party = text.split_once(' ').and_then(|(kind, id)| match kind {
            "portal" => id.parse().ok().map(Self::Portal),
            "bank" => id.parse().ok().map(Self::Bank),
            "agency" => id.parse().ok().map(Self::Agency),
            _ => None,
        });
        party.ok_or_else(|| NoParty::Misspelled(text.to_owned()))
    }
}

/// Every party of the settings with the key of its table and its users.
pub(super) fn all(settings: &Settings) -> impl Iterator<Item = (Party, String, &BTreeSet<String>)> {
    let portals = settings.portals.iter().map(|(id, member)| (Party::Portal(id.clone()), member));
    let banks = settings.banks.iter().map(|(id, member)| (Party::Bank(id.clone()), member));
    let agencies = settings.agencies.iter().map(|(id, member)| (Party::Agency(id.clone()), member));
    portals.chain(banks).chain(agencies).map(|(party, member)| {
        let key = match &party {
            Party::Portal(id) => format!("portals.{id}"),
            Party::Bank(id) => format!("banks.{id}"),
            Party::Agency(id) => format!("agencies.{id}"),
        };
        (party, key, &member.users)
    })
}

/// What intake asks of the settings for each message; made once from settings that were checked.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    parties: BTreeSet<Party>,
    users: HashMap<String, Party>,
    feeds: BTreeMap<FeedId, Feed>,
    ranks: HashMap<FeedId, usize>,
    hosts: HashMap<Party, BTreeSet<String>>,
}

impl From<&Settings> for Directory {
    fn from(settings: &Settings) -> Self {
        let users = all(settings)
            .flat_map(|(party, _, users)| {
                users.iter().map(move |user| (user.clone(), party.clone()))
            })
            .collect();
        let mut ranked: Vec<_> =
            settings.feeds.iter().map(|(id, feed)| (feed.rank, id.clone())).collect();
        ranked.sort();
        let ranks = ranked.into_iter().enumerate().map(|(at, (_, id))| (id, at)).collect();
        let portals = settings.portals.iter().map(|(id, it)| (Party::Portal(id.clone()), it));
        let agencies = settings.agencies.iter().map(|(id, it)| (Party::Agency(id.clone()), it));
        let hosts = portals
            .chain(agencies)
            .map(|(party, member)| (party, member.attachment_hosts.iter().cloned().collect()))
            .collect();
        let parties = all(settings).map(|(party, _, _)| party).collect();
        Self { parties, users, feeds: settings.feeds.clone(), ranks, hosts }
    }
}

impl Directory {
    /// The party that a broker user speaks for.
    pub fn party_of_user(&self, user: &str) -> Option<Party> {
        self.users.get(user).cloned()
    }

    /// The party that a person means.
    ///
    /// # Errors
    /// When nobody is called so: what is done in the name of nobody is answered to nobody.
    pub fn party_named(&self, name: &str) -> Result<Party, NoParty> {
        let party: Party = name.parse()?;
        if self.parties.contains(&party) { Ok(party) } else { Err(NoParty::Unknown(party)) }
    }

    /// True when a party may name documents on this host.
    pub fn may_link(&self, party: &Party, host: &str) -> bool {
        self.hosts.get(party).is_some_and(|hosts| hosts.contains(host))
    }

    /// What is set of a feed.
    pub fn feed(&self, id: &FeedId) -> Option<&Feed> {
        self.feeds.get(id)
    }

    /// The feeds a bank may speak for, by id.
    pub fn feeds_of(&self, bank: &BankId) -> impl Iterator<Item = (&FeedId, &Feed)> {
        self.feeds.iter().filter(move |(_, feed)| feed.bank == *bank)
    }

    /// A feed's place among all, 0 for the highest; no two are equal. The highest feed of a
    /// merged payment keeps its ledger.
    pub fn rank(&self, id: &FeedId) -> Option<usize> {
        self.ranks.get(id).copied()
    }

    /// True when the feed's word is enough for the state; false also for an unknown feed.
    pub fn may_assert(&self, id: &FeedId, state: ReportedState) -> bool {
        self.feeds.get(id).is_some_and(|feed| match state {
            ReportedState::Failed | ReportedState::Accepted => true,
            ReportedState::Credited | ReportedState::Reversed => feed.asserts.contains(&state),
        })
    }
}
