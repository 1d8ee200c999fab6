//! What a party answers where the plan does not foresee it, because another side is real: a
//! portal shows decisions and brings documents, an agency registers and decides.

use kvit_adapters::clock::Clock;
use kvit_schemas::hex;
use sha2::{Digest, Sha256};

use super::plan::{Event, Plan, Post};
use super::seen::{Heard, Reader};
use super::{agency, portal};

/// The answers; none where a party would only take note.
pub(super) fn answer(plan: &Plan, heard: &Heard) -> Vec<Post> {
    let (code, now) = (&heard.order_code, Clock::System.now());
    match (&heard.event, &heard.reader) {
        (Event::Decided(decision), Reader::Portal(id)) if plan.orders.contains_key(code) => {
            let body = portal::acknowledged(code, decision, now);
            let named = format!("ack-{code}-{}", short(decision));
            vec![portal::post(id, "decision.acknowledged.v1", named, &body)]
        }
        (Event::Requested(request), Reader::Portal(id)) if plan.orders.contains_key(code) => {
            let body = portal::documents(code, now, Some(request));
            let named = format!("doc-{code}-{}", short(request));
            vec![portal::post(id, "documents.added.v1", named, &body)]
        }
        (Event::Assigned(..), Reader::Agency(id)) if !plan.orders.contains_key(code) => {
            let accepted = agency::accepted(code, now);
            let decision = format!("dec-{code}-1");
            let decided = agency::decided(code, &decision, ("granted", None), now);
            vec![
                agency::post(id, "case.accepted.v1", format!("acc-{code}"), &accepted),
                agency::post(id, "case.decided.v1", format!("m-{decision}"), &decided),
            ]
        }
        (
            Event::Decided(_)
            | Event::Requested(_)
            | Event::Assigned(..)
            | Event::Known(_)
            | Event::Reported(_),
            Reader::Portal(_) | Reader::Agency(_) | Reader::Feed(..) | Reader::Operators,
        ) => Vec::new(),
    }
}

/// A name that another party has chosen, short enough to be part of ours.
fn short(name: &str) -> String {
    let mut digits = hex::encode(&Sha256::digest(name.as_bytes()));
    digits.truncate(16);
    digits
}
