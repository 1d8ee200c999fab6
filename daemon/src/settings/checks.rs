//! What keys must be to each other, and what works but deserves a look.
//!
//! A check that builds on a key which is wrong in itself says nothing: the first problem is
//! enough.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use kvit_schemas::FeedId;

use super::broker::{Broker, Doctor};
use super::finding::Finding;
use super::members::{Feed, FeedFormat};
use super::secret;
use super::tree::{Origin, Table, origin_of};
use super::{Secrets, Settings, parties};

/// Bytes that the unanswered messages of one queue may take before it is worth a warning.
const QUEUE_BYTES_MAX: usize = 512 << 20;

/// Collects what is wrong or doubtful beyond single keys.
pub(super) struct Checks<'a> {
    tree: &'a Table,
    problems: Vec<Finding>,
    warnings: Vec<Finding>,
}

impl<'a> Checks<'a> {
    /// Goes on after reading found `problems`.
    pub(super) fn new(tree: &'a Table, problems: Vec<Finding>) -> Self {
        Self { tree, problems, warnings: Vec::new() }
    }

    /// The warnings; or, when there is one problem at all, the problems.
    pub(super) fn finish(self) -> Result<Vec<Finding>, Vec<Finding>> {
        if self.problems.is_empty() { Ok(self.warnings) } else { Err(self.problems) }
    }

    /// Puts the password of `broker.password_file` into the url.
    pub(super) fn password(&mut self, broker: &mut Broker, secrets: Secrets) {
        self.warn_of_open_settings(broker);
        let (Some(path), Secrets::Read) = (&broker.password_file, secrets) else { return };
        let password = match secret::read(path) {
            Ok(password) => password,
            Err(what) => return self.problem("broker.password_file", what),
        };
        if secret::is_open_to_all(path) {
            let what = format!("{} can be read by everybody on this machine", path.display());
            self.warning("broker.password_file", what);
        }
        match broker.url.clone().with_password(password.expose()) {
            Some(url) => broker.url = url,
            None if self.is_clean(&["broker.url"]) => {
                self.problem(
                    "broker.url",
                    "names no user for the password of broker.password_file",
                );
            }
            None => {}
        }
    }

    /// Looks at the file with the password of the management API.
    pub(super) fn management_password(&mut self, doctor: &Doctor) {
        if let Some(path) = doctor.management_password_file.as_deref()
            && secret::is_open_to_all(path)
        {
            let what = format!("{} can be read by everybody on this machine", path.display());
            self.warning("doctor.management_password_file", what);
        }
    }

    /// Looks whether a connection could be made with the files of `broker.tls`.
    pub(super) fn tls(&mut self, broker: &Broker, secrets: Secrets) {
        let tls = &broker.tls;
        if !self.is_clean(&["broker.url", "broker.tls"]) {
            return;
        }
        if tls.certificate_file.is_some() != tls.key_file.is_some() {
            return self.problem("broker.tls.certificate_file", "goes together with key_file");
        }
        if broker.url.is_external() && (tls.certificate_file.is_none() || !broker.url.has_user()) {
            let what = "says external, which wants broker.tls.certificate_file, and in the url \
                        the user as whom the broker knows that certificate";
            return self.problem("broker.url", what);
        }
        match (broker.url.is_tls(), tls.files()) {
            (true, None) => self.problem("broker.tls.ca_file", "must be set for amqps"),
            (false, Some(_)) => self.warning("broker.tls.ca_file", "has no use without amqps"),
            (true, Some(files)) if secrets == Secrets::Read => {
                if let Err(error) = files.client() {
                    self.problem("broker.tls", error.to_string());
                }
            }
            (true, Some(_)) | (false, None) => {}
        }
        if let Some(key) = broker.tls.key_file.as_deref().filter(|key| secret::is_open_to_all(key))
        {
            let what = format!("{} can be read by everybody on this machine", key.display());
            self.warning("broker.tls.key_file", what);
        }
    }

    fn warn_of_open_settings(&mut self, broker: &Broker) {
        let key = "broker.url";
        if let Origin::File(path) = origin_of(self.tree, key)
            && broker.url.has_secret()
            && secret::is_open_to_all(Path::new(&path))
        {
            let what = "holds a password, and everybody on this machine can read the file";
            self.warning(key, what);
        }
    }

    /// Holds keys against each other.
    pub(super) fn weigh(&mut self, settings: &Settings) {
        self.sizes(settings);
        self.users(settings);
        self.feeds(settings);
        self.circles(settings);
        self.strangers(settings);
        self.operators(settings);
        self.admin(settings);
    }

    fn sizes(&mut self, settings: &Settings) {
        let (kept, largest) = ("limits.quarantine_body_bytes_max", "limits.message_bytes_max");
        if !self.is_clean(&[kept, largest, "broker.prefetch"]) {
            return;
        }
        let limits = &settings.limits;
        if limits.message_bytes_max > limits.quarantine_body_bytes_max {
            let what = format!("is above {kept}, {}: raise both", limits.quarantine_body_bytes_max);
            self.problem(largest, what);
        }
        let bytes = limits.message_bytes_max.saturating_mul(settings.broker.prefetch.into());
        if bytes > QUEUE_BYTES_MAX {
            let mib = bytes >> 20;
            let what = format!("times {largest} is {mib} MiB of memory for each queue, at worst");
            self.warning("broker.prefetch", what);
        }
    }

    fn users(&mut self, settings: &Settings) {
        let mut speaks_for = BTreeMap::new();
        for (party, key, users) in parties::all(settings) {
            let key = format!("{key}.users");
            if users.is_empty() && self.is_clean(&[&key]) {
                self.warning(&key, format!("is empty: nobody can speak for {party}"));
            }
            for user in users {
                if let Some(other) = speaks_for.insert(user, party.clone()) {
                    let what = format!("has {user:?}, who speaks for {other} already");
                    self.problem(&key, what);
                }
            }
        }
    }

    fn feeds(&mut self, settings: &Settings) {
        for (id, feed) in &settings.feeds {
            if !settings.banks.contains_key(&feed.bank) {
                let what = format!("names {:?}, which is not among the banks", feed.bank.as_str());
                self.problem(&format!("feeds.{id}.bank"), what);
            }
            for other in &feed.settles {
                let known = settings.feeds.contains_key(other);
                if !known && self.is_clean(&[&format!("feeds.{other}")]) {
                    let what = format!("names {:?}, which is not among the feeds", other.as_str());
                    self.problem(&format!("feeds.{id}.settles"), what);
                }
            }
            self.folder((id, feed), settings);
            if feed.account.as_deref().is_some_and(|account| !is_iban(account)) {
                let what = "has check digits that do not fit";
                self.warning(&format!("feeds.{id}.account"), what);
            }
        }
    }

    fn folder(&mut self, (id, feed): (&FeedId, &Feed), settings: &Settings) {
        let Some(folder) = &feed.folder else { return };
        let key = format!("feeds.{id}.folder");
        if feed.format == FeedFormat::Messages && self.is_clean(&[&format!("feeds.{id}.format")]) {
            self.problem(&key, "is set, and the feed's format is \"messages\": it has no files");
        }
        let other = settings
            .feeds
            .iter()
            .find(|(other, it)| *other < id && it.folder.as_ref().is_some_and(|it| it == folder));
        if let Some((other, _)) = other {
            self.problem(&key, format!("is the folder of feed {other}, too"));
        }
    }

    fn circles(&mut self, settings: &Settings) {
        if let Some(circle) = circle(settings)
            && let Some(first) = circle.first()
        {
            let names: Vec<_> = circle.iter().chain([first]).map(|id| id.as_str()).collect();
            let what = format!("runs in a circle: {}", names.join(", "));
            self.problem(&format!("feeds.{first}.settles"), what);
        }
    }

    /// Two feeds with files of one bank, of which no word says how they belong together.
    fn strangers(&mut self, settings: &Settings) {
        let with_files = |(_, feed): &(&FeedId, &Feed)| feed.format != FeedFormat::Messages;
        let feeds: Vec<_> = settings.feeds.iter().filter(with_files).collect();
        for (at, (id, feed)) in feeds.iter().enumerate() {
            for (other, beside) in &feeds[..at] {
                let apart = feed.account.is_some()
                    && beside.account.is_some()
                    && feed.account != beside.account;
                let told = feed.settles.contains(*other) || beside.settles.contains(*id);
                if feed.bank == beside.bank && !apart && !told {
                    let what = format!(
                        "does not name feed {other}, of the same bank, nor the other way round: \
                         money in files of both counts twice where ERIP has no number for it"
                    );
                    self.warning(&format!("feeds.{id}.settles"), what);
                }
            }
        }
    }

    fn operators(&mut self, settings: &Settings) {
        let mut known = BTreeMap::new();
        for (id, operator) in &settings.operators {
            let own = format!("operators.{id}");
            if !self.is_clean(&[&own]) {
                continue;
            }
            let marks = [
                ("uid", operator.uid.map(|uid| uid.to_string())),
                ("certificate", operator.certificate.clone()),
                ("token_sha256", operator.token_sha256.clone()),
            ];
            if marks.iter().all(|(_, mark)| mark.is_none()) {
                let what = "is known by nothing: set uid, certificate or token_sha256";
                self.problem(&own, what);
            }
            for (name, mark) in marks {
                let Some(mark) = mark else { continue };
                if let Some(other) = known.insert((name, mark.clone()), id) {
                    self.problem(&format!("{own}.{name}"), format!("is {mark}, as of {other}"));
                }
            }
        }
    }

    fn admin(&mut self, settings: &Settings) {
        let admin = &settings.admin;
        let (listen, hosts) = ("admin.listen", "admin.allowed_hosts");
        if admin.listen.is_none() || !self.is_clean(&["admin"]) {
            return;
        }
        if admin.tls.certificate_file.is_none() || admin.tls.key_file.is_none() {
            let what = "needs admin.tls.certificate_file and admin.tls.key_file: the API is never \
                        served in clear over TCP";
            self.problem(listen, what);
        }
        if admin.allowed_hosts.is_empty() {
            self.problem(hosts, "is empty: no client could call admin.listen by any name");
        }
        let by_token = settings.operators.values().any(|it| it.token_sha256.is_some());
        let by_certificate = settings.operators.values().any(|it| it.certificate.is_some());
        if by_certificate && admin.tls.client_ca_file.is_none() {
            let what = "must be set: certificates of [operators] are not known without it";
            self.problem("admin.tls.client_ca_file", what);
        }
        if !by_token && !by_certificate {
            let what = "is of no use: no operator has a certificate or a token_sha256";
            self.warning(listen, what);
        }
    }

    fn is_clean(&self, keys: &[&str]) -> bool {
        !self.problems.iter().any(|problem| keys.iter().any(|key| problem.is_under(key)))
    }

    fn problem(&mut self, key: &str, what: impl Into<String>) {
        self.problems.push(Finding::new(origin_of(self.tree, key), key, what));
    }

    fn warning(&mut self, key: &str, what: impl Into<String>) {
        self.warnings.push(Finding::new(origin_of(self.tree, key), key, what));
    }
}

/// Feeds that settle each other in a circle, in that order; `None` when there is no circle.
fn circle(settings: &Settings) -> Option<Vec<&FeedId>> {
    // Feeds whose settled feeds are all outside are taken out until none is left to take out.
    // What remains then leads into a circle.
    let mut inside: BTreeSet<&FeedId> = settings.feeds.keys().collect();
    let next = |id: &FeedId, inside: &BTreeSet<&FeedId>| -> Option<&FeedId> {
        settings.feeds.get(id)?.settles.iter().find(|other| inside.contains(other))
    };
    while let Some(end) = inside.iter().copied().find(|id| next(id, &inside).is_none()) {
        inside.remove(end);
    }
    let mut walked = Vec::new();
    let mut at = *inside.first()?;
    loop {
        if let Some(start) = walked.iter().position(|id| *id == at) {
            return Some(walked.split_off(start));
        }
        walked.push(at);
        at = next(at, &inside)?;
    }
}

/// The check of ISO 13616: the number, moved by four and spelled in digits, is 1 modulo 97.
fn is_iban(account: &str) -> bool {
    let Some((head, tail)) = account.split_at_checked(4) else { return false };
    let rest = tail.chars().chain(head.chars()).try_fold(0, |rest, c| {
        let digit = c.to_digit(36)?;
        Some((rest * if digit < 10 { 10 } else { 100 } + digit) % 97)
    });
    rest == Some(1)
}
