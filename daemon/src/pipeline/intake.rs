//! The first look at a delivery: size, sender, envelope, body. Needs no store.

use std::borrow::Cow;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};

use kvit_adapters::amqp::Properties;
use kvit_schemas::message::{ContentHash, Inbound, MessageType, Sender, decode_json};
use kvit_schemas::record::Seq;
use kvit_schemas::{BankId, Code, FeedId, MessageId, Moment, OrderCode};

use crate::settings::{Directory, Party};

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
        bytes: Vec<u8>,
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
        let party = self.party_of(&arrival);
        self.check_as(arrival, party, now)
    }

    /// The same for a party that is known already.
    pub fn check_as(&self, arrival: Arrival, party: Option<Party>, now: Moment) -> Prepared {
        let checked = || self.checked(&arrival, party.as_ref(), now);
        // A panic is kvit's own bug: the message goes to quarantine, and the next is looked at.
        let result = catch_unwind(AssertUnwindSafe(checked)).unwrap_or_else(|_| {
            tracing::error!("defect met while looking at a message");
            Err(Refused::new(Code::DEFECT, "kvit failed while reading the message"))
        });
        Prepared { party, result: result.map_err(Refused::bounded), arrival, released: None }
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
            let death = arrival.properties.header("x-death").unwrap_or("no x-death header");
            return Err(Refused::new(Code::DEAD_LETTERED, death));
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
        let message_id = message_id(arrival)?;
        let kind = kind_of(arrival, party, sender)?;
        let body = inflated(arrival, limit)?;
        if kind == MessageType::StatementFile {
            return self.file(arrival, party, message_id, body.into_owned());
        }
        json_only(arrival)?;
        let message = decode_json(kind, &body, now).map_err(|invalid| Refused {
            code: invalid.code,
            detail: invalid.detail,
            pointer: (!invalid.pointer.is_empty()).then_some(invalid.pointer),
            order_code: named_order(&body),
        })?;
        let content = message.content_hash();
        Ok(Checked { message_id, content, body: Body::Message(message) })
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
        let body = Body::File { feed, bank: bank.clone(), name, bytes };
        Ok(Checked { message_id, content, body })
    }
}

fn message_id(arrival: &Arrival) -> Result<MessageId, Refused> {
    let given = arrival.properties.message_id.as_deref().unwrap_or_default();
    given.parse().map_err(|_| {
        let detail = "message_id must be 1 to 128 visible ASCII characters";
        Refused::new(Code::MESSAGE_ID_INVALID, detail)
    })
}

fn kind_of(arrival: &Arrival, party: &Party, queue: Sender) -> Result<MessageType, Refused> {
    let given = arrival.properties.kind.as_deref().unwrap_or_default();
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

fn json_only(arrival: &Arrival) -> Result<(), Refused> {
    let Some(given) = arrival.properties.content_type.as_deref() else { return Ok(()) };
    let (media, parameter) = given.split_once(';').unwrap_or((given, ""));
    let parameter = parameter.trim().to_ascii_lowercase();
    let charset = parameter.is_empty() || parameter == "charset=utf-8";
    if media.trim().eq_ignore_ascii_case("application/json") && charset {
        return Ok(());
    }
    Err(Refused::new(Code::CONTENT_TYPE_UNSUPPORTED, format!("{given:?} is not application/json")))
}

fn inflated(arrival: &Arrival, limit: usize) -> Result<Cow<'_, [u8]>, Refused> {
    match arrival.properties.content_encoding.as_deref() {
        None | Some("" | "identity" | "utf-8" | "UTF-8") => Ok(Cow::Borrowed(&arrival.body)),
        Some("gzip") => {
            let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
            let mut body = Vec::new();
            let read = flate2::read::GzDecoder::new(arrival.body.as_slice())
                .take(most)
                .read_to_end(&mut body);
            match read {
                Ok(_) if body.len() <= limit => Ok(Cow::Owned(body)),
                Ok(_) => {
                    let detail = format!("more than {limit} bytes when inflated");
                    Err(Refused::new(Code::BODY_TOO_LARGE, detail))
                }
                Err(error) => Err(Refused::new(Code::CONTENT_ENCODING_INVALID, error.to_string())),
            }
        }
        Some(other) => {
            let detail = format!("{other:?} is not gzip");
            Err(Refused::new(Code::CONTENT_ENCODING_INVALID, detail))
        }
    }
}

/// The order that a body names, though the rest of it is refused.
fn named_order(body: &[u8]) -> Option<OrderCode> {
    #[derive(serde::Deserialize)]
    struct Named {
        order_code: Option<OrderCode>,
    }
    serde_json::from_slice::<Named>(body).ok()?.order_code
}
