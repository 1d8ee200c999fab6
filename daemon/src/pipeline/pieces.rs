//! Bodies to be sent whose documents lie elsewhere. A document is kept once, in the body of the
//! message that brought it; the outbox holds what stands around it, and where it is.

use kvit_adapters::store::{StoreError, Tables};
use kvit_schemas::message::{Attachment, CaseAssigned, DocumentsAdded, Outbound, Signature};
use kvit_schemas::record::{OutBody, Piece, Seq};
use memchr::memmem;

use super::outgoing::spelled;

/// Shorter texts are copied: to refer to them costs as much.
const PIECE_BYTES_MIN: usize = 2_048;
/// What an attachment is besides its content, at most about.
const ATTACHMENT_BYTES: usize = 512;

/// The body of a message, which refers to a kept body for whatever long texts both hold.
pub(super) fn referring(message: &Outbound, (seq, kept): (Seq, &[u8])) -> OutBody {
    let json = spelled(message);
    let mut pieces = Vec::new();
    let mut done = 0;
    for text in long_texts(message) {
        let here = memmem::find(&json[done..], text.as_bytes());
        let (Some(here), Some(there)) = (here, memmem::find(kept, text.as_bytes())) else {
            continue;
        };
        pieces.push(Piece::Here(json[done..done + here].to_vec()));
        pieces.push(Piece::Kept { body: seq, from: wide(there), bytes: wide(text.len()) });
        done += here + text.len();
    }
    if pieces.is_empty() {
        return OutBody::Inline(json);
    }
    pieces.push(Piece::Here(json[done..].to_vec()));
    OutBody::Pieces(pieces)
}

/// True for a message that has texts worth a reference.
pub(super) fn is_long(message: &Outbound) -> bool {
    !long_texts(message).is_empty()
}

/// The bytes of a body to be sent; `None` when a kept body is missing, or shorter than it was.
///
/// # Errors
/// When the store cannot be read.
pub(super) fn whole(tables: &impl Tables, body: OutBody) -> Result<Option<Vec<u8>>, StoreError> {
    let pieces = match body {
        OutBody::Inline(bytes) => return Ok(Some(bytes)),
        OutBody::Stored(seq) => return tables.body(seq),
        OutBody::Pieces(pieces) => pieces,
    };
    let mut whole = Vec::new();
    let mut kept: Option<(Seq, Vec<u8>)> = None;
    for piece in pieces {
        let (seq, from, bytes) = match piece {
            Piece::Here(bytes) => {
                whole.extend_from_slice(&bytes);
                continue;
            }
            Piece::Kept { body, from, bytes } => (body, from, bytes),
        };
        if kept.as_ref().is_none_or(|(known, _)| *known != seq) {
            kept = tables.body(seq)?.map(|body| (seq, body));
        }
        let range = usize::try_from(from).ok().zip(usize::try_from(from + bytes).ok());
        let found = kept.as_ref().zip(range).and_then(|((_, body), (from, to))| body.get(from..to));
        let Some(found) = found else { return Ok(None) };
        whole.extend_from_slice(found);
    }
    Ok(Some(whole))
}

/// Messages of at most about so many bytes that say together what this one says: an assignment
/// that is too large is followed by its last documents, each in a message of its own. Nothing
/// else that kvit says can outgrow what it was told.
pub(super) fn fitting(message: Outbound, bytes_max: usize) -> Vec<Outbound> {
    let Outbound::CaseAssigned(mut assigned) = message else { return vec![message] };
    let size = spelled_bytes(&assigned);
    let mut over = size.saturating_sub(bytes_max);
    let mut after = Vec::new();
    while over > 0
        && let Some(last) = assigned.attachments.pop()
    {
        let content = last.content.as_ref().map_or(0, |content| content.as_str().len());
        over = over.saturating_sub(content + ATTACHMENT_BYTES / 2);
        after.push(Outbound::DocumentsAdded(Box::new(DocumentsAdded {
            order_code: assigned.order_code,
            added_at: assigned.submitted_at,
            request_id: None,
            attachments: vec![last],
            text: None,
            extensions: None,
        })));
    }
    after.push(Outbound::CaseAssigned(assigned));
    after.reverse();
    after
}

/// About the bytes of an assignment, counted from its long texts: it is spelled later.
fn spelled_bytes(assigned: &CaseAssigned) -> usize {
    let long: usize = assigned_texts(assigned).map(str::len).sum();
    let receipts = assigned.payment.receipts.len() + assigned.payment.payments.len();
    let documents = assigned.attachments.len() + receipts + 8;
    long + documents * ATTACHMENT_BYTES
}

/// Texts that may be long, in the order in which they are spelled.
fn long_texts(message: &Outbound) -> Vec<&str> {
    let texts: Vec<&str> = match message {
        Outbound::CaseAssigned(body) => assigned_texts(body).collect(),
        Outbound::DocumentsAdded(body) => contents(&body.attachments).collect(),
        Outbound::CaseWithdrawn(_)
        | Outbound::CasePaymentChanged(_)
        | Outbound::CaseDeadline(_)
        | Outbound::MessageRefused(_)
        | Outbound::CaseStatus(_)
        | Outbound::DecisionPublished(_)
        | Outbound::CaseDocumentsRequested(_)
        | Outbound::RefundDue(_)
        | Outbound::FileReport(_)
        | Outbound::Alert(_) => Vec::new(),
    };
    texts.into_iter().filter(|text| text.len() >= PIECE_BYTES_MIN).collect()
}

fn assigned_texts(body: &CaseAssigned) -> impl Iterator<Item = &str> {
    let exemption = body.exemption.as_ref().and_then(|exemption| exemption.document.as_ref());
    contents(exemption)
        .chain(body.form.as_ref().map(|form| form.as_str()))
        .chain(contents(&body.attachments))
        .chain(body.signature.iter().flat_map(signed))
}

fn contents<'a>(
    attachments: impl IntoIterator<Item = &'a Attachment>,
) -> impl Iterator<Item = &'a str> {
    attachments.into_iter().filter_map(|it| Some(it.content.as_ref()?.as_str()))
}

fn signed(signature: &Signature) -> [&str; 2] {
    [signature.signed_content.as_str(), signature.value.as_str()]
}

fn wide(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use kvit_adapters::store::Store;
    use kvit_schemas::message::{Inbound, MessageType, decode_json};
    use kvit_schemas::record::Destination;
    use serde_json::{Value, json};
    use sha2::{Digest, Sha256};

    use super::super::outgoing::{Cause, message_id, out_message};
    use super::super::rows::kept_body;
    use super::*;

    const CODE: &str = "000000000000000000000000000017";

    fn document(name: &str, bytes: usize) -> Value {
        let content: Vec<u8> = name.bytes().cycle().take(bytes).collect();
        let sha256 = kvit_schemas::hex::encode(&Sha256::digest(&content));
        let content = kvit_schemas::message::Base64::encode(&content).to_string();
        json!({ "name": name, "media_type": "application/pdf", "size": bytes, "sha256": sha256,
            "content": content })
    }

    /// Documents as they are said to an agency, and as they are kept.
    fn documents(list: &[Value]) -> (Outbound, Vec<u8>) {
        let body = json!({ "order_code": CODE, "added_at": "2026-03-05T10:15:00+03:00",
            "attachments": list, "text": "дадатак" });
        let now = "2026-03-06T10:15:00+03:00".parse().unwrap();
        let body = serde_json::to_vec(&body).unwrap();
        let inbound = decode_json(MessageType::DocumentsAdded, &body, now).unwrap();
        let kept = kept_body(&inbound);
        let Inbound::DocumentsAdded(body) = inbound else { panic!("documents") };
        (Outbound::DocumentsAdded(body), kept)
    }

    #[test]
    fn documents_are_kept_once_however_often_they_are_said_and_go_out_as_they_came() {
        let (message, kept) = documents(&[
            document("first", 300_000),
            document("small", 20),
            document("second", 200_000),
        ]);
        let store = Store::in_memory();
        let mut draft = store.draft();
        draft.put_body(Seq(1), kept.clone());
        for nth in 0..5 {
            let body = referring(&message, (Seq(1), &kept));
            let named = (message_id("s", Seq(1), nth), message.kind());
            let to = Destination::Agency("agency-a".parse().unwrap());
            let about = (None, "2026-03-06T10:15:00+03:00".parse().unwrap());
            draft.send(out_message(named, to, about, &Cause::default(), body));
        }
        let applied = draft.apply(Seq(2)).unwrap();
        let rows = store.list(&[]).unwrap();
        let bytes: usize = rows.iter().map(|(key, value)| key.len() + value.len()).sum();
        assert!(bytes < kept.len() + 10_000, "{bytes} bytes for {} kept ones", kept.len());
        assert_eq!(applied.outbox.len(), 5, "each fills a row");
        for row in applied.outbox {
            for message_kept in row.messages {
                let said = whole(&store, message_kept.body).unwrap().unwrap();
                assert!(said == spelled(&message), "the same bytes");
            }
        }
    }

    #[test]
    fn what_is_short_stands_in_the_outbox_and_what_is_lost_is_noticed() {
        let (message, kept) = documents(&[document("small", 20)]);
        assert!(matches!(referring(&message, (Seq(1), &kept)), OutBody::Inline(_)));
        let (message, kept) = documents(&[document("large", 9_000)]);
        let store = Store::in_memory();
        let body = referring(&message, (Seq(1), &kept));
        assert_eq!(whole(&store, body.clone()).unwrap(), None, "no such body");
        let mut draft = store.draft();
        draft.put_body(Seq(1), kept[..kept.len() / 2].to_vec());
        draft.apply(Seq(2)).unwrap();
        assert_eq!(whole(&store, body).unwrap(), None, "a body that was cut");
    }
}
