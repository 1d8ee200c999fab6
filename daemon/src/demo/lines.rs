//! By which connection, and as which broker user, each played party speaks and hears.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use anyhow::{Context, ensure};
use kvit_adapters::amqp::{AmqpOptions, BrokerUrl};

use super::cast::Cast;
use super::seen::Reader;
use crate::settings::{Member, Settings};

/// How to connect.
#[derive(Debug, Clone)]
pub enum Connect {
    /// One broker user, who may speak for others (the tag `impersonator`).
    AsOne(BrokerUrl),
    /// Each party with its own address and user, by the party's id.
    Each(BTreeMap<String, BrokerUrl>),
}

/// A connection to be made.
pub(super) struct Line {
    pub(super) options: AmqpOptions,
    /// The queues to read, and who reads each.
    pub(super) queues: Vec<(String, Reader)>,
    /// The broker user by the exchange spoken to and the party.
    pub(super) users: HashMap<(&'static str, String), String>,
}

/// A party that is played.
struct Played<'a> {
    id: String,
    exchange: &'static str,
    member: Option<&'a Member>,
    queues: Vec<(String, Reader)>,
}

/// The lines of all played parties; with `operators` their queue is read too.
///
/// # Errors
/// When a party has no user or no address.
pub(super) fn lines(
    (settings, cast): (&Settings, &Cast),
    connect: &Connect,
    operators: bool,
) -> anyhow::Result<Vec<Line>> {
    let prefix = &settings.broker.prefix;
    let parties = parties(settings, cast);
    match connect {
        Connect::AsOne(url) => {
            let mut line = Line::new(settings, url);
            for party in parties {
                let first = party.member.and_then(|member| member.users.first());
                let user = first.with_context(|| format!("{} has no broker user", party.id))?;
                line.users.insert((party.exchange, party.id), user.clone());
                line.queues.extend(party.queues);
            }
            if operators {
                line.queues.push((format!("{prefix}.ops.out"), Reader::Operators));
            }
            Ok(vec![line])
        }
        Connect::Each(urls) => {
            let mut lines = Vec::new();
            for party in parties {
                let url = urls.get(&party.id);
                let url = url.with_context(|| format!("no address is given for {}", party.id))?;
                let mut line = Line::new(settings, url);
                line.users.insert((party.exchange, party.id), url.user().to_owned());
                line.queues = party.queues;
                lines.push(line);
            }
            ensure!(!lines.is_empty(), "no party is played");
            Ok(lines)
        }
    }
}

fn parties<'a>(settings: &'a Settings, cast: &Cast) -> Vec<Played<'a>> {
    let prefix = &settings.broker.prefix;
    let mut parties = Vec::new();
    for id in cast.portals.iter().filter(|_| cast.roles.portals) {
        let member = settings.portals.iter().find(|(known, _)| known.as_str() == id);
        let queues = vec![(format!("{prefix}.portal.{id}.out"), Reader::Portal(id.clone()))];
        let member = member.map(|(_, member)| member);
        parties.push(Played { id: id.clone(), exchange: "portal.in", member, queues });
    }
    let mut banks: BTreeMap<&str, Vec<(String, Reader)>> = BTreeMap::new();
    for voice in cast.voices().filter(|_| cast.roles.banks) {
        let reader = Reader::Feed(voice.feed.clone(), voice.bank.clone());
        let queue = (format!("{prefix}.bank.{}.reports", voice.feed), reader);
        banks.entry(&voice.bank).or_default().push(queue);
    }
    for (id, queues) in banks {
        let member = settings.banks.iter().find(|(known, _)| known.as_str() == id);
        let member = member.map(|(_, member)| member);
        parties.push(Played { id: id.to_owned(), exchange: "bank.in", member, queues });
    }
    for id in cast.agencies.iter().filter(|_| cast.roles.agencies) {
        let member = settings.agencies.iter().find(|(known, _)| known.as_str() == id);
        let queues = vec![(format!("{prefix}.agency.{id}.inbox"), Reader::Agency(id.clone()))];
        let member = member.map(|(_, member)| member);
        parties.push(Played { id: id.clone(), exchange: "agency.in", member, queues });
    }
    parties
}

impl Line {
    fn new(settings: &Settings, url: &BrokerUrl) -> Self {
        let options = AmqpOptions {
            url: url.clone(),
            tls: settings.broker.tls.files(),
            instance: "parties".to_owned(),
            heartbeat_seconds: 10,
            await_timeout: Duration::from_secs(10),
            confirm_timeout: Duration::from_secs(30),
        };
        Self { options, queues: Vec::new(), users: HashMap::new() }
    }
}
