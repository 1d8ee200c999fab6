//! Who is played: the parties of some settings, and what each of them can say.

use std::collections::BTreeSet;

use anyhow::{Context, ensure};
use kvit_schemas::FeedId;

use super::bank::{ACCOUNT, UNP};
use super::plan::Post;
use crate::catalogue::Catalogue;
use crate::settings::{Feed, FeedFormat, ReportedState, Settings};

/// Which sides are played; the others are real, or absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Roles {
    /// Portals.
    pub portals: bool,
    /// Banks and payment systems.
    pub banks: bool,
    /// Agencies.
    pub agencies: bool,
}

impl Roles {
    /// Everybody.
    pub const ALL: Self = Self { portals: true, banks: true, agencies: true };
}

/// What a scenario, or a message that must be refused, needs of those who play it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// Banks are played.
    Banks,
    /// Agencies are played.
    Agencies,
    /// The paying feed takes ERIP's registers.
    Registers,
    /// There is a feed of statements.
    Statements,
    /// There is a feed that may only say that money was accepted.
    Counter,
    /// There is a second agency.
    OtherAgency,
    /// There is a second portal.
    OtherPortal,
    /// One broker user speaks for all: some lies cannot be told with a party's own user.
    AnySender,
    /// The daemon's schedules run every minute.
    Schedule,
    /// The paying feed is for one taxpayer only.
    Unp,
    /// The catalogue has the procedure 2.2, which wants more than a password.
    Certified,
    /// The message limit is the default one.
    UsualLimit,
}

/// A feed that is played.
#[derive(Debug, Clone)]
pub(super) struct Voice {
    pub(super) feed: String,
    pub(super) bank: String,
    pub(super) owner: Owner,
    registers: bool,
    for_one_unp: bool,
}

/// Whose money a file is about.
#[derive(Debug, Clone)]
pub(super) struct Owner {
    pub(super) unp: String,
    pub(super) account: String,
    pub(super) service: String,
}

/// The parties that are played.
#[derive(Debug, Clone)]
pub(super) struct Cast {
    pub(super) roles: Roles,
    pub(super) portals: Vec<String>,
    /// Says that money was accepted, credited and taken back.
    pub(super) online: Voice,
    pub(super) statements: Option<Voice>,
    pub(super) counter: Option<Voice>,
    /// The agencies that may get cases.
    pub(super) agencies: BTreeSet<String>,
    any_sender: bool,
    schedule: bool,
    certified: bool,
    usual_limit: bool,
}

impl Cast {
    /// The parties of the settings that have these roles; of a role of which `only` names
    /// parties, just those.
    ///
    /// # Errors
    /// When a role cannot be played.
    pub(super) fn of(
        settings: &Settings,
        catalogue: &Catalogue,
        (roles, only): (Roles, &[String]),
    ) -> anyhow::Result<Self> {
        let wanted = |all: Vec<String>| -> Vec<String> {
            let named: Vec<String> = all.iter().filter(|id| only.contains(id)).cloned().collect();
            if named.is_empty() { all } else { named }
        };
        let portals = wanted(settings.portals.keys().map(ToString::to_string).collect());
        let banks = wanted(settings.banks.keys().map(ToString::to_string).collect());
        let agencies = wanted(settings.agencies.keys().map(ToString::to_string).collect());
        for id in only {
            let known = [&portals, &banks, &agencies].into_iter().any(|ids| ids.contains(id));
            ensure!(known, "no portal, bank or agency of the settings is called {id}");
        }
        ensure!(!portals.is_empty(), "the settings name no portal");
        let mut feeds: Vec<(&FeedId, &Feed)> = settings
            .feeds
            .iter()
            .filter(|(_, feed)| banks.contains(&feed.bank.to_string()))
            .collect();
        feeds.sort_by_key(|(_, feed)| feed.rank);
        let whole = |feed: &Feed| {
            feed.asserts.contains(&ReportedState::Credited)
                && feed.asserts.contains(&ReportedState::Reversed)
        };
        let online = feeds
            .iter()
            .find(|(_, feed)| whole(feed) && feed.format == FeedFormat::Erip)
            .or_else(|| feeds.iter().find(|(_, feed)| whole(feed)))
            .context("no feed may say that money was credited, and taken back")?;
        let statement = feeds.iter().find(|(id, feed)| {
            let settles = feed.settles.contains(online.0);
            *id != online.0 && whole(feed) && feed.format == FeedFormat::ClientBank && settles
        });
        let counter = feeds.iter().find(|(_, feed)| feed.asserts.is_empty());
        Ok(Self {
            roles,
            portals,
            online: voice(online),
            statements: statement.map(voice),
            counter: counter.map(voice),
            agencies: agencies.into_iter().collect(),
            any_sender: false,
            schedule: false,
            certified: catalogue.procedures().any(|it| it.code.as_str() == "2.2"),
            usual_limit: settings.limits.message_bytes_max == 1 << 20,
        })
    }

    /// The same with one broker user for all, and a daemon whose schedules run every minute.
    pub(super) fn on_own_ground(self) -> Self {
        Self { any_sender: true, schedule: true, ..self }
    }

    /// True when all of this is there.
    pub(super) fn has(&self, needs: &[Need]) -> bool {
        needs.iter().all(|need| match need {
            Need::Banks => self.roles.banks,
            Need::Agencies => self.roles.agencies,
            Need::Registers => self.online.registers,
            Need::Statements => self.statements.is_some(),
            Need::Counter => self.counter.is_some(),
            Need::OtherAgency => self.agencies.len() > 1,
            Need::OtherPortal => self.portals.len() > 1,
            Need::AnySender => self.any_sender,
            Need::Schedule => self.schedule,
            Need::Unp => self.online.for_one_unp,
            Need::Certified => self.certified,
            Need::UsualLimit => self.usual_limit,
        })
    }

    /// True when the one who says this is played.
    pub(super) fn plays(&self, post: &Post) -> bool {
        match post.exchange {
            "portal.in" => self.roles.portals,
            "bank.in" => self.roles.banks,
            _ => self.roles.agencies,
        }
    }

    /// The feeds that are played.
    pub(super) fn voices(&self) -> impl Iterator<Item = &Voice> {
        [&self.online].into_iter().chain(&self.statements).chain(&self.counter)
    }
}

fn voice((id, feed): &(&FeedId, &Feed)) -> Voice {
    let owner = Owner {
        unp: feed.unp.clone().unwrap_or_else(|| UNP.to_owned()),
        account: feed.account.clone().unwrap_or_else(|| ACCOUNT.to_owned()),
        service: feed.service.first().cloned().unwrap_or_else(|| "2".to_owned()),
    };
    Voice {
        feed: id.to_string(),
        bank: feed.bank.to_string(),
        owner,
        registers: feed.format == FeedFormat::Erip,
        for_one_unp: feed.unp.is_some(),
    }
}
