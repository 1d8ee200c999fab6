//! The first look at a delivery: size, sender, envelope, body. Needs no store.

use std::borrow::Cow;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};

use kvit_adapters::amqp::Properties;
use kvit_schemas::message::{ContentHash, Inbound, MessageType, Sender};
use kvit_schemas::record::Seq;
use kvit_schemas::{BankId, Code, FeedId, MessageId, Moment, OrderCode};

use super::files::FileContent;
use super::outgoing::trace_of;
use crate::settings::{Directory, Party};

use super::spelling::Spelling;

/// The queues that kvit reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Queue {
    /// What portals say.
    Portal,
    /// Payments.
    Bank,
    /// Statement files.
    Files,
    /// What agencies say.
    Agency,
    /// What the broker gave up on.
    Dead,
}

impl Queue {
    /// All of them; a delivery's source is the place in this list.
    pub const ALL: [Self; 5] = [Self::Portal, Self::Bank, Self::Files, Self::Agency, Self::Dead];

    /// Its name without the prefix.
    pub fn name(self) -> &'static str {
        match self {
            Self::Portal => "portal.in",
            Self::Bank => "bank.in",
            Self::Files => "bank.files",
            Self::Agency => "agency.in",
            Self::Dead => "dead",
        }
    }

    fn sender(self) -> Option<Sender> {
        match self {
            Self::Portal => Some(Sender::Portal),
            Self::Bank | Self::Files => Some(Sender::Bank),
            Self::Agency => Some(Sender::Agency),
            Self::Dead => None,
        }
    }
}

/// One delivery, without what belongs to its channel.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The queue it came by.
    pub queue: Queue,
    /// The exchange it was published to.
    pub exchange: String,
    /// The key it was published with.
    pub routing_key: String,
    /// Its envelope.
    pub properties: Properties,
    /// Its body.
    pub body: Vec<u8>,
}

/// A delivery that was looked at.
#[derive(Debug)]
pub struct Prepared {
    /// The delivery.
    pub arrival: Arrival,
    /// Who sent it, when that is known.
    pub party: Option<Party>,
    /// What it says, or why it says nothing.
    pub result: Result<Checked, Refused>,
    /// Its number in quarantine, when a person releases it: it is there already.
    pub released: Option<Seq>,
}

/// A message whose envelope and body are in order.
#[derive(Debug, Clone)]
pub struct Checked {
    /// Its id.
    pub message_id: MessageId,
    /// Equal for the same content.
    pub content: ContentHash,
    /// Its body.
    pub body: Body,
    /// How the body was spelled: places in it are told in the same manner.
    pub spelling: Spelling,
}

impl Checked {
    /// True for a file of a drop folder.
    pub(super) fn is_dropped(&self) -> bool {
        matches!(&self.body, Body::File { content, .. } if content.is_dropped())
    }
}

/// What a message says.
#[derive(Debug, Clone)]
pub enum Body {
    /// A message of the contract.
    Message(Inbound),
    /// A statement file.
    File {
        /// The feed of the routing key.
        feed: FeedId,
        /// The bank that sent it.
        bank: BankId,
        /// The name the bank gave it.
        name: String,
        /// Its bytes.
        content: FileContent,
    },
}

/// Why a delivery is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The stable code.
    pub code: Code,
    /// What exactly was wrong.
    pub detail: String,
    /// Where in the body.
    pub pointer: Option<String>,
    /// The order it named, where that could be read.
    pub order_code: Option<OrderCode>,
}

/// Most characters of a refusal's detail and of its pointer: senders choose what is echoed.
const DETAIL_CHARS: usize = 300;

impl Refused {
    /// The same with texts of bounded length.
    pub(super) fn bounded(mut self) -> Self {
        let cut = |text: &mut String| {
            if let Some((at, _)) = text.char_indices().nth(DETAIL_CHARS) {
                text.truncate(at);
                text.push('…');
            }
        };
        cut(&mut self.detail);
        self.pointer.iter_mut().for_each(cut);
        self
    }

    pub(super) fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), pointer: None, order_code: None }
    }
}

/// Sizes a message may have.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Most bytes of a message, also after decompression.
    pub message_bytes: usize,
    /// Most bytes of a file message, also after decompression.
    pub file_bytes: usize,
    /// Most bytes of a refused body that are kept.
    pub quarantine_bytes: usize,
}

/// Looks at deliveries.
#[derive(Debug, Clone)]
pub struct Intake {
    /// Who is who.
    pub directory: Directory,
    /// Sizes.
    pub limits: Limits,
}

impl Intake {
    /// Checks a delivery in the contract's order: size, party, envelope, decoding.
    pub fn check(&self, arrival: Arrival, now: Moment) -> Prepared {
        let _trace = trace_of(&arrival.properties).map(|trace| trace.entered());
        let party = self.party_of(&arrival);
        self.check_as(arrival, party, now)
    }

    /// The same for a party that is known already.
    pub fn check_as(&self, mut arrival: Arrival, party: Option<Party>, now: Moment) -> Prepared {
        let result = guarded(|| self.checked(&arrival, party.as_ref(), now));
        let defect = result.as_ref().is_err_and(|refused| refused.code == Code::DEFECT);
        if !defect && let Some((id, kind)) = self.said_by_event(&arrival) {
            // Whoever keeps or answers the message finds its name where all others have it.
            arrival.properties.message_id.get_or_insert(id);
            arrival.properties.kind.get_or_insert(kind);
        }
        Prepared { party, result: result.map_err(Refused::bounded), arrival, released: None }
    }

    /// Id and type of an event that does without those of AMQP.
    fn said_by_event(&self, arrival: &Arrival) -> Option<(String, String)> {
        let given = &arrival.properties;
        let silent = given.message_id.is_none() || given.kind.is_none();
        let spelling = Spelling::of(given.content_type.as_deref()).ok()?;
        if !silent || arrival.body.len() > self.limits.message_bytes {
            return None;
        }
        spelling.named(&inflated(arrival, self.limits.message_bytes).ok()?)
    }

    fn party_of(&self, arrival: &Arrival) -> Option<Party> {
        self.directory.party_of_user(arrival.properties.user_id.as_deref()?)
    }

    fn checked(
        &self,
        arrival: &Arrival,
        party: Option<&Party>,
        now: Moment,
    ) -> Result<Checked, Refused> {
        let Some(sender) = arrival.queue.sender() else {
            let death = arrival.properties.header("x-death");
            let detail = death.unwrap_or("no x-death header, or one too long to be taken");
            return Err(Refused::new(Code::DEAD_LETTERED, detail));
        };
        let limit = match arrival.queue {
            Queue::Files => self.limits.file_bytes,
            Queue::Portal | Queue::Bank | Queue::Agency | Queue::Dead => self.limits.message_bytes,
        };
        if arrival.body.len() > limit {
            let detail = format!("{} bytes, at most {limit} are taken", arrival.body.len());
            return Err(Refused::new(Code::BODY_TOO_LARGE, detail));
        }
        let Some(party) = party else {
            let detail = match &arrival.properties.user_id {
                Some(user) => format!("no party has the broker user {user:?}"),
                None => "the message has no user_id".to_owned(),
            };
            return Err(Refused::new(Code::SENDER_UNKNOWN, detail));
        };
        let said = arrival.properties.kind.as_deref();
        if said == Some(MessageType::StatementFile.as_str()) {
            let message_id = message_id(arrival.properties.message_id.as_deref())?;
            kind_of(arrival, said, party, sender)?;
            let bytes = inflated(arrival, limit)?.into_owned();
            return self.file(arrival, party, message_id, bytes);
        }
        let spelling = Spelling::of(arrival.properties.content_type.as_deref())?;
        let body = inflated(arrival, limit)?;
        let opened = spelling.open(&body, &arrival.properties)?;
        let message_id = message_id(opened.message_id.as_deref())?;
        let kind = kind_of(arrival, opened.kind.as_deref(), party, sender)?;
        let message = spelling.decode(kind, &opened, now)?;
        let content = message.content_hash();
        Ok(Checked { message_id, content, body: Body::Message(message), spelling })
    }

    fn file(
        &self,
        arrival: &Arrival,
        party: &Party,
        message_id: MessageId,
        bytes: Vec<u8>,
    ) -> Result<Checked, Refused> {
        let feed = arrival.routing_key.strip_suffix(".file").and_then(|id| id.parse().ok());
        let (Some(feed), Party::Bank(bank)) = (feed, party) else {
            let detail = format!("{:?} is not <feed>.file", arrival.routing_key);
            return Err(Refused::new(Code::ROUTING_KEY_DISAGREES, detail));
        };
        let Some(name) = arrival.properties.header("kvit-file-name") else {
            return Err(Refused::new(Code::FILE_NAME_MISSING, "no header kvit-file-name"));
        };
        let content = ContentHash::of(&[MessageType::StatementFile.as_str().as_bytes(), &bytes]);
        let name = name.chars().filter(|c| !c.is_control()).take(255).collect();
        let file = FileContent::of_message(bytes);
        let body = Body::File { feed, bank: bank.clone(), name, content: file };
        Ok(Checked { message_id, content, body, spelling: Spelling::Json })
    }
}

/// A look at a message that may fail by kvit's own bug: a panic is a refusal like any other, the
/// message goes to quarantine, and the next is looked at.
pub fn guarded<T>(look: impl FnOnce() -> Result<T, Refused>) -> Result<T, Refused> {
    catch_unwind(AssertUnwindSafe(look)).unwrap_or_else(|_| {
        tracing::error!("defect met while looking at a message");
        Err(Refused::new(Code::DEFECT, "kvit failed while reading the message"))
    })
}

fn message_id(given: Option<&str>) -> Result<MessageId, Refused> {
    given.unwrap_or_default().parse().map_err(|_| {
        let detail = "message_id must be 1 to 128 visible ASCII characters";
        Refused::new(Code::MESSAGE_ID_INVALID, detail)
    })
}

fn kind_of(
    arrival: &Arrival,
    given: Option<&str>,
    party: &Party,
    queue: Sender,
) -> Result<MessageType, Refused> {
    let given = given.unwrap_or_default();
    let kind: MessageType = given.parse().map_err(|_| {
        let shown: String = given.chars().take(80).collect();
        Refused::new(Code::TYPE_UNKNOWN, format!("{shown:?} is no type of the contract"))
    })?;
    let sender = match party {
        Party::Portal(_) => Sender::Portal,
        Party::Bank(_) => Sender::Bank,
        Party::Agency(_) => Sender::Agency,
    };
    if !kind.senders().contains(&sender) || sender != queue {
        let detail = format!("{party} does not send {kind} to this exchange");
        return Err(Refused::new(Code::TYPE_NOT_YOURS, detail));
    }
    let (key, file) = (arrival.routing_key.as_str(), kind == MessageType::StatementFile);
    let agrees = match (party, arrival.queue) {
        (Party::Portal(_), _) => key == kind.without_version(),
        (Party::Agency(agency), _) => key == agency.as_str(),
        (Party::Bank(_), Queue::Files) => file,
        (Party::Bank(_), Queue::Portal | Queue::Bank | Queue::Agency | Queue::Dead) => !file,
    };
    if agrees {
        return Ok(kind);
    }
    let detail = format!("{key:?} is not the routing key of {kind} from {party}");
    Err(Refused::new(Code::ROUTING_KEY_DISAGREES, detail))
}

fn inflated(arrival: &Arrival, limit: usize) -> Result<Cow<'_, [u8]>, Refused> {
    match arrival.properties.content_encoding.as_deref() {
        None | Some("" | "identity" | "utf-8" | "UTF-8") => Ok(Cow::Borrowed(&arrival.body)),
        Some("gzip") => {
            let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
            let mut body = Vec::new();
            // Of several members in one body, all; what follows them and is none is an error.
            let read = flate2::read::MultiGzDecoder::new(arrival.body.as_slice())
                .take(most)
                .read_to_end(&mut body);
            match read {
                Ok(_) if body.len() <= limit => Ok(Cow::Owned(body)),
                Ok(_) => {
                    let detail = format!("more than {limit} bytes when inflated");
                    Err(Refused::new(Code::BODY_TOO_LARGE, detail))
                }
                Err(error) => {
                    let detail = format!("not gzip from the first byte to the last: {error}");
                    Err(Refused::new(Code::CONTENT_ENCODING_INVALID, detail))
                }
            }
        }
        Some(other) => {
            let detail = format!("{other:?} is not gzip");
            Err(Refused::new(Code::CONTENT_ENCODING_INVALID, detail))
        }
    }
}
