//! Messages as XML (contract 3): the same names as elements, lists as repeated elements, absent
//! for null, carried objects as JSON text. XML is turned into the JSON that says the same and
//! back, so content is the same in both.

mod encoding;
mod fault;
mod to_json;
mod tree;
mod write;

use super::{Invalid, MessageType};
use crate::Code;
use crate::contract::shape::Node;
use crate::contract::{self, Direction};
use fault::Fault;

/// The namespace of all elements.
pub const NAMESPACE: &str = "urn:kvit:v1";

/// The name of the root element of a message.
pub fn root_name(kind: MessageType) -> String {
    kind.without_version().replace('.', "-")
}

/// The JSON of an XML body, for the decoder; `charset` is what the content type says.
///
/// # Errors
/// [`Invalid`] with an XPath, when the body is no XML document of this message.
pub fn xml_to_json(
    (kind, direction): (MessageType, Direction),
    body: &[u8],
    charset: Option<&str>,
) -> Result<String, Invalid> {
    let Some(shape) = contract::shape(kind, direction) else {
        return Err(Invalid::whole(Code::TYPE_UNKNOWN, format!("{kind} has no XML form")));
    };
    let text =
        encoding::text(body, charset).map_err(|detail| Invalid::whole(Code::MALFORMED, detail))?;
    let root = tree::read(&text)?;
    let wanted = root_name(kind);
    if root.name != wanted {
        let path = format!("/{}", root.name);
        let detail = format!("the root element of {kind} is {wanted}");
        return Err(Fault::new(Code::ENVELOPE_DISAGREES, path, detail).into());
    }
    Ok(to_json::spell(shape, &root)?)
}

/// The XML of a body that kvit, or a party, says in JSON.
///
/// # Errors
/// When the body is no JSON of the message.
pub fn json_to_xml(
    (kind, direction): (MessageType, Direction),
    json: &[u8],
) -> serde_json::Result<Vec<u8>> {
    let Some(shape) = contract::shape(kind, direction) else {
        return Err(serde::de::Error::custom(format!("{kind} has no XML form")));
    };
    let json = std::str::from_utf8(json).map_err(serde::de::Error::custom)?;
    write::document(shape, &root_name(kind), json).map(String::into_bytes)
}

/// The XPath of the place that a JSON Pointer leads to. What is carried as text has no places.
pub fn xpath((kind, direction): (MessageType, Direction), pointer: &str) -> String {
    let mut path = format!("/{}", root_name(kind));
    let Some(shape) = contract::shape(kind, direction) else { return path };
    let mut node = Some(&shape.root);
    for step in pointer.split('/').skip(1) {
        match node.map(|node| shape.resolved(node)) {
            Some(Node::Carried) => break,
            Some(Node::List(item)) => {
                let nth = step.parse::<usize>().map_or(1, |at| at + 1);
                path.push_str(&format!("[{nth}]"));
                node = Some(item);
            }
            other => {
                path.push('/');
                path.push_str(step);
                node = other.and_then(|node| shape.member(node, step));
            }
        }
    }
    path
}
