//! The whole story of a case, a payment, a file or a message: where it stands, how it came there,
//! and what can be done next.

mod case;
mod message;
mod payment;

use kvit_adapters::store::{StoryLine, Tables};
use kvit_schemas::record::{Seq, Subject};
use kvit_schemas::{FeedId, Moment, OrderCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::candidates::Candidate;
use super::sentences::{sentence, who};
use super::{Books, QueryError};

/// The answer to `kvit why`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Why {
    /// What it is about: `case`, `payment`, `file` or `message`.
    pub about: String,
    /// What it is and where it stands now; the first line says it all.
    pub headline: Vec<String>,
    /// What happened, in order.
    pub story: Vec<StoryEntry>,
    /// Orders that a payment in suspense may belong to.
    pub candidates: Vec<Candidate>,
    /// What can be done next.
    pub next: Vec<String>,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StoryEntry {
    /// Its number in the store.
    pub seq: u64,
    /// When, by kvit's clock.
    pub at: Moment,
    /// Who made it happen.
    pub who: String,
    /// The message's type.
    pub message_type: Option<String>,
    /// The message's id.
    pub message_id: Option<String>,
    /// How the delivery ended.
    pub disposition: Option<String>,
    /// What followed, in sentences.
    pub said: Vec<String>,
}

/// Tells the story of whatever `question` names: an order code, `feed/payment-id`, the number of a
/// payment, `feed/sha256` of a file, or the id of a message.
///
/// # Errors
/// [`QueryError::NotFound`] when nothing of that name is known.
pub fn why(books: Books<'_>, question: &str) -> Result<Why, QueryError> {
    let question = question.trim();
    if let Ok(order_code) = question.parse::<OrderCode>()
        && let Some(case) = books.store.case(order_code)?
    {
        return case::of_case(books.store, &case);
    }
    if let Some((feed, name)) = question.split_once('/')
        && let Ok(feed) = feed.parse::<FeedId>()
    {
        if let Some(payment) = books.store.payment_by_identity(&feed, name)? {
            return payment::of_payment(books.store, &payment);
        }
        if let Some(file) = books.store.file(&feed, name)? {
            return message::of_file(books, &file);
        }
    }
    if let Ok(number) = question.parse().map(Seq) {
        if let Some(payment) = books.store.payment(number)? {
            return payment::of_payment(books.store, &payment);
        }
        let story = books.store.story(Subject::Payment(number))?;
        if !story.is_empty() {
            let headline =
                format!("Payment {question} was joined into another: it is the same money");
            return Ok(told("payment", vec![headline], story));
        }
    }
    message::of_message(books, question)
}

fn told(about: &str, headline: Vec<String>, mut lines: Vec<StoryLine>) -> Why {
    lines.sort_by_key(|it| (it.line.seq, it.commit));
    lines.dedup();
    Why {
        about: about.to_owned(),
        headline,
        story: lines.iter().map(StoryEntry::of).collect(),
        candidates: Vec::new(),
        next: Vec::new(),
    }
}

impl StoryEntry {
    fn of(StoryLine { commit: _, line }: &StoryLine) -> Self {
        let (message_type, message_id) = line.message.clone().unzip();
        Self {
            seq: line.seq.0,
            at: line.at,
            who: who(&line.actor),
            message_type: message_type.filter(|kind| !kind.is_empty()),
            message_id,
            disposition: line.disposition.map(|it| it.as_str().to_owned()),
            said: line.notes.iter().map(sentence).collect(),
        }
    }
}
