//! The sections of the settings that are about others: parties, their feeds, and operators.

use std::collections::BTreeSet;
use std::path::PathBuf;

use kvit_adapters::feeds::TableMapping;
use kvit_schemas::{BankId, Currency, FeedId};

use super::choice::{Choice, choice};
use super::section::Section;
use super::table::table;

choice! {
    /// How messages to a party are written.
    pub enum ContentType {
        /// JSON.
        Json = "application/json",
        /// XML.
        Xml = "application/xml",
        /// A CloudEvent around JSON.
        Event = "application/cloudevents+json",
    }
}

/// What is set of a portal, a bank or an agency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Broker users that speak for it.
    pub users: BTreeSet<String>,
    /// How messages to it are written.
    pub content_type: ContentType,
    /// Hosts its attachments may lie on.
    pub attachment_hosts: BTreeSet<String>,
}

choice! {
    /// What files of a feed look like.
    pub enum FeedFormat {
        /// Messages 204, 206, 210 and 216 of ERIP (DOMAIN.md 1.3).
        Erip = "erip",
        /// The Belarusian client-bank text statement (DOMAIN.md 2.1).
        ClientBank = "client_bank",
        /// ISO 20022 camt.052, .053 and .054.
        Camt = "camt",
        /// 1CClientBankExchange (DOMAIN.md 2.2).
        OneC = "1c",
        /// SWIFT's MT940 and MT942.
        Mt940 = "mt940",
        /// Delimited text, or lines of fixed width, as `[feeds.<id>.table]` says.
        Table = "table",
        /// No files, only messages.
        Messages = "messages",
    }
}

choice! {
    /// A state of a payment that a feed can report, the lowest first.
    pub enum ReportedState {
        /// It came to nothing.
        Failed = "failed",
        /// A payment system has taken the money.
        Accepted = "accepted",
        /// The money is on the account.
        Credited = "credited",
        /// The money went back.
        Reversed = "reversed",
    }
}

choice! {
    /// What becomes of a file whose control totals disagree with its rows.
    pub enum Totals {
        /// It is refused whole.
        Refuse = "refuse",
        /// It is applied, and a person is told.
        Warn = "warn",
    }
}

choice! {
    /// What counts as paid where a format knows a fine.
    pub enum PaidAmount {
        /// The amount without the fine.
        Amount = "amount",
        /// Both together.
        AmountPlusFine = "amount_plus_fine",
    }
}

choice! {
    /// What identifies a payment among those of a feed's files.
    pub enum RowIdentity {
        /// The bank's own reference; what the row says where there is none.
        BankReference = "bank_reference",
        /// The reference that travels with the payment from end to end; then the bank's.
        EndToEnd = "end_to_end",
        /// What the row says.
        Content = "content",
    }
}

choice! {
    /// How it is known that a file in a drop folder is complete.
    pub enum Complete {
        /// It is written under a temporary name and renamed.
        Rename = "rename",
        /// It has not changed for a while.
        Stable = "stable",
        /// A marker file lies beside it.
        Marker = "marker",
    }
}

/// What is set of a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    /// What its files look like.
    pub format: FeedFormat,
    /// What stands where in its files, where they are tables.
    pub table: Option<TableMapping>,
    /// The bank or payment system that may speak for it.
    pub bank: BankId,
    /// States that its word is enough for, beside `failed` and `accepted`, which always may be
    /// reported.
    pub asserts: BTreeSet<ReportedState>,
    /// Feeds whose money it brings to the account.
    pub settles: BTreeSet<FeedId>,
    /// The account whose statement it is.
    pub account: Option<String>,
    /// The account's currency, for files that do not name it.
    pub currency: Option<Currency>,
    /// The account owner's taxpayer number.
    pub unp: Option<String>,
    /// Our ERIP service numbers; empty for all.
    pub service: BTreeSet<String>,
    /// What disagreeing control totals lead to.
    pub totals: Totals,
    /// The smallest keeps the ledger of a payment seen through several feeds.
    pub rank: u16,
    /// What counts as paid.
    pub amount: PaidAmount,
    /// What identifies a payment in its files.
    pub identity: RowIdentity,
    /// Where its files may be put instead of being sent.
    pub folder: Option<PathBuf>,
    /// How it is known that a file there is complete.
    pub folder_complete: Complete,
    /// For how long a file must not have changed, where that is how.
    pub folder_stable_seconds: u32,
    /// The ending of marker files, where those are how.
    pub folder_marker: String,
}

impl Feed {
    /// True for rows of an account that the feed is for. Statements may write more than the
    /// account itself: a bank's code before it, a currency behind it, blanks between.
    pub fn is_ours(&self, account: Option<&str>) -> bool {
        let (Some(ours), Some(theirs)) = (&self.account, account) else { return true };
        let theirs: String = theirs.chars().filter(|c| !c.is_whitespace()).collect();
        theirs.contains(ours)
    }
}

/// `[folders]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folders {
    /// Between two looks at a drop folder.
    pub poll_seconds: u64,
}

choice! {
    /// What an operator may do.
    pub enum Role {
        /// See.
        Viewer = "viewer",
        /// Act.
        Operator = "operator",
        /// Be the second person for weighty acts.
        Approver = "approver",
    }
}

/// What is set of an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// The uid of their processes, at the Unix socket.
    pub uid: Option<u32>,
    /// The subject of their client certificate, over TLS.
    pub certificate: Option<String>,
    /// SHA-256 of their token in hexadecimal, over TLS.
    pub token_sha256: Option<String>,
    /// What they may do.
    pub roles: BTreeSet<Role>,
}

pub(super) fn member(s: &mut Section<'_>) -> Option<Member> {
    Some(Member {
        users: s.list("users", user),
        content_type: s.choice("content_type"),
        attachment_hosts: s.list("attachment_hosts", host),
    })
}

/// `None` without a usable bank.
pub(super) fn feed(s: &mut Section<'_>) -> Option<Feed> {
    let bank = s.text("bank", id);
    let format = s.text("format", str::parse);
    let table = mapping(s, format);
    Some(Feed {
        format: format.unwrap_or(FeedFormat::STAND_IN),
        table,
        asserts: s.list("asserts", str::parse),
        settles: s.list("settles", id),
        account: s.optional("account", account),
        currency: s.optional("currency", currency),
        unp: s.optional("unp", unp),
        service: s.list("service", service),
        totals: s.choice("totals"),
        rank: s.number("rank", 0..=1000),
        amount: s.choice("amount"),
        identity: s.choice("identity"),
        folder: s.optional("folder", folder),
        folder_complete: s.choice("folder_complete"),
        folder_stable_seconds: s.number("folder_stable_seconds", 1..=86_400),
        folder_marker: s.text("folder_marker", marker).unwrap_or_default(),
        bank: bank?,
    })
}

/// The mapping of a feed whose files are tables. What is wrong with it as a whole is told only
/// where its keys are right in themselves.
fn mapping(s: &mut Section<'_>, format: Option<FeedFormat>) -> Option<TableMapping> {
    let before = s.problems();
    let draft = s.section("table", table);
    let is_table = format == Some(FeedFormat::Table);
    if !is_table && format.is_some() && s.says("table") && !s.is_partial() {
        s.problem("table", "is set, and the feed's format is not \"table\"".to_owned());
    }
    if !is_table || s.is_partial() || s.problems() != before {
        return None;
    }
    let problems = match TableMapping::new(draft) {
        Ok(mapping) => return Some(mapping),
        Err(problems) => problems,
    };
    for problem in problems {
        s.problem(&format!("table.{}", problem.key), problem.what);
    }
    None
}

pub(super) fn folders(s: &mut Section<'_>) -> Folders {
    Folders { poll_seconds: s.number("poll_seconds", 1..=3_600) }
}

pub(super) fn operator(s: &mut Section<'_>) -> Option<Operator> {
    let uid: i64 = s.number("uid", -1..=i64::from(u32::MAX));
    Some(Operator {
        uid: u32::try_from(uid).ok(),
        certificate: s.optional("certificate", subject),
        token_sha256: s.optional("token_sha256", digest),
        roles: s.list("roles", str::parse),
    })
}

fn id<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error| format!("has {text:?}: {error}"))
}

fn subject(text: &str) -> Result<String, String> {
    if text.contains('=') && text.chars().all(|c| !c.is_control()) {
        let parts: Vec<&str> = text.split(',').map(str::trim).collect();
        return Ok(parts.join(","));
    }
    Err(format!("must be a certificate's subject such as CN=aksana,O=Agency; is {text:?}"))
}

fn digest(text: &str) -> Result<String, String> {
    let text = text.to_ascii_lowercase();
    if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(text);
    }
    Err("must be the SHA-256 of a token, 64 hexadecimal digits: `kvit operator token` prints both"
        .to_owned())
}

fn user(text: &str) -> Result<String, String> {
    // A short string of AMQP has no more bytes.
    if (1..=255).contains(&text.len()) && text.chars().all(|c| !c.is_control()) {
        return Ok(text.to_owned());
    }
    Err(format!("must hold names of 1 to 255 bytes without control characters, has {text:?}"))
}

fn host(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let label = |label: &str| !label.is_empty() && label.chars().all(|c| plain(c) || c == '-');
    if text.len() <= 253 && text.split('.').all(label) {
        return Ok(text.to_owned());
    }
    Err(format!("must hold host names in lower case, without port; {text:?} is none"))
}

fn folder(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    if path.is_absolute() {
        return Ok(path);
    }
    Err(format!("must be an absolute path, is {text:?}"))
}

fn marker(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if (2..=20).contains(&text.len()) && text.starts_with('.') && text.chars().all(plain) {
        return Ok(text.to_owned());
    }
    Err(format!("must be an ending like .done, of 2 to 20 characters, is {text:?}"))
}

fn account(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
    if (15..=34).contains(&text.len()) && text.chars().all(plain) {
        return Ok(text.to_owned());
    }
    Err(format!("must be an IBAN, 15 to 34 of A-Z and 0-9 without blanks, is {text:?}"))
}

fn currency(text: &str) -> Result<Currency, String> {
    text.parse().map_err(|_| format!("must be a currency of ISO 4217 such as BYN, is {text:?}"))
}

fn unp(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
    if text.len() == 9 && text.chars().all(plain) {
        return Ok(text.to_owned());
    }
    Err(format!("must be a taxpayer's number, 9 of A-Z and 0-9, is {text:?}"))
}

fn service(text: &str) -> Result<String, String> {
    if (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(text.to_owned());
    }
    Err(format!("must hold ERIP service numbers, 1 to 20 digits each, has {text:?}"))
}
