//! What the shape of a message says of a place in it.

use crate::Code;
use crate::contract::shape::{Node, Shape, Sign};

/// What the shape says of a place that a pointer leads to.
pub(in crate::message) struct Place {
    /// The code of what is wrong with a value there, where its type has one of its own.
    pub(in crate::message) code: Option<Code>,
    /// An object with fields of its own stands there.
    pub(in crate::message) is_object: bool,
}

/// Follows a pointer along the shape, as far as it leads.
pub(in crate::message) fn place(shape: &Shape, pointer: &str) -> Place {
    let (mut node, mut code) = (Some(&shape.root), None);
    for step in pointer.split('/').skip(1) {
        node = node.and_then(|node| shape.item(node).or_else(|| shape.member(node, step)));
        if let Some(Node::Type(name)) = node {
            code = code_of_type(name).or(code);
        }
    }
    let is_object = node.is_some_and(|node| matches!(shape.resolved(node), Node::Object(_)));
    Place { code, is_object }
}

/// The code of what is wrong with a value of this type.
pub(super) fn code_of_type(name: &str) -> Option<Code> {
    match name {
        "OrderCode" => Some(Code::ORDER_CODE_MALFORMED),
        "Money" | "Currency" => Some(Code::MONEY_MALFORMED),
        _ => None,
    }
}

/// What a place wants, in words.
pub(super) fn wanted(node: &Node) -> String {
    match node {
        Node::Object(_) | Node::Map(_) | Node::Carried => "an object".to_owned(),
        Node::List(_) => "a list".to_owned(),
        Node::Text(_) | Node::Type(_) => "a string".to_owned(),
        Node::Integer(Sign::Any) => "a whole number".to_owned(),
        Node::Integer(Sign::NotNegative) => "a whole number that is not negative".to_owned(),
        Node::Word(words) => {
            let words: Vec<&str> = words.iter().map(|(word, _)| word.as_str()).collect();
            format!("one of {}", words.join(", "))
        }
    }
}
