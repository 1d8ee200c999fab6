//! The merged settings before they are typed: a tree of tables whose leaves know who set them.

use std::collections::BTreeMap;
use std::fmt;

use config::{Map, Value, ValueKind};

/// How the layer of the environment is called; `config` itself names it so.
pub(super) const ENVIRONMENT: &str = "the environment";
/// How the layer of command-line overrides is called.
pub(super) const COMMAND_LINE: &str = "the command line";

/// The layer that said a thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// config/default.toml.
    Default,
    /// A file, by its path.
    File(String),
    /// An environment variable.
    Environment,
    /// An override on the command line.
    CommandLine,
}

/// A table of the settings.
pub(super) type Table = BTreeMap<String, Node>;

/// A table or a value. No `Debug`: the broker's url may hold a password.
pub(super) enum Node {
    /// A table, merged from all layers that have it; the origin is the last file that does.
    Table { table: Table, origin: Origin },
    /// A value, from the last layer that set it.
    Leaf(Leaf),
}

/// A value and where it comes from.
pub(super) struct Leaf {
    pub(super) origin: Origin,
    pub(super) plain: Plain,
}

/// What a value is, before a key says what it should be.
#[derive(Clone)]
pub(super) enum Plain {
    Flag(bool),
    Number(i64),
    Text(String),
    Texts(Vec<String>),
    /// Something no key wants; holds its description.
    Other(&'static str),
}

/// What a key wants.
#[derive(Clone, Copy)]
pub(super) enum Wanted {
    Flag,
    Number,
    Text,
    Texts,
}

impl Leaf {
    /// What the value is to a key, if that is not what it is already: the environment and the
    /// command line know texts only, and only the key knows what is meant. A text that cannot
    /// mean what is wanted stays one.
    pub(super) fn meant(&self, wanted: Wanted) -> Option<Plain> {
        let Plain::Text(text) = &self.plain else { return None };
        match wanted {
            Wanted::Flag if self.origin.is_textual() => text.parse().map(Plain::Flag).ok(),
            Wanted::Number if self.origin.is_textual() => text.parse().map(Plain::Number).ok(),
            Wanted::Texts if self.origin.is_textual() => {
                let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
                Some(Plain::Texts(parts.map(str::to_owned).collect()))
            }
            Wanted::Flag | Wanted::Number | Wanted::Text | Wanted::Texts => None,
        }
    }
}

impl Origin {
    /// `config` knows origins as text, and the built-in layer by having none.
    fn of(name: Option<&str>) -> Self {
        match name {
            None => Self::Default,
            Some(ENVIRONMENT) => Self::Environment,
            Some(COMMAND_LINE) => Self::CommandLine,
            Some(path) => Self::File(path.to_owned()),
        }
    }

    /// True where everything is text.
    fn is_textual(&self) -> bool {
        match self {
            Self::Environment | Self::CommandLine => true,
            Self::Default | Self::File(_) => false,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => out.write_str("default"),
            Self::File(path) => out.write_str(path),
            Self::Environment => out.write_str("environment"),
            Self::CommandLine => out.write_str("command line"),
        }
    }
}

impl fmt::Display for Plain {
    /// As it is quoted in an error.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(out, "{flag}"),
            Self::Number(number) => write!(out, "{number}"),
            Self::Text(text) => write!(out, "{text:?}"),
            Self::Texts(_) => out.write_str("a list"),
            Self::Other(what) => out.write_str(what),
        }
    }
}

impl Node {
    /// Who set it: of a table the last file that has it, else the first layer above the
    /// defaults that set something in it.
    pub(super) fn origin(&self) -> Origin {
        match self {
            Self::Leaf(leaf) => leaf.origin.clone(),
            Self::Table { table, origin: Origin::Default } => {
                let mut origins = table.values().map(Self::origin);
                origins.find(|origin| *origin != Origin::Default).unwrap_or(Origin::Default)
            }
            Self::Table { origin, .. } => origin.clone(),
        }
    }
}

/// The tree of what `config` merged.
pub(super) fn table(values: Map<String, Value>) -> Table {
    values.into_iter().map(|(key, value)| (key, node(value))).collect()
}

fn node(value: Value) -> Node {
    let origin = Origin::of(value.origin());
    let plain = match value.kind {
        ValueKind::Table(values) => return Node::Table { table: table(values), origin },
        ValueKind::Boolean(flag) => Plain::Flag(flag),
        ValueKind::I64(number) => Plain::Number(number),
        ValueKind::String(text) => Plain::Text(text),
        ValueKind::Array(values) => texts(values),
        ValueKind::Float(_) => Plain::Other("a number with a point"),
        ValueKind::I128(_) | ValueKind::U64(_) | ValueKind::U128(_) => {
            Plain::Other("a number beyond all limits")
        }
        ValueKind::Nil => Plain::Other("nothing"),
    };
    Node::Leaf(Leaf { origin, plain })
}

fn texts(values: Vec<Value>) -> Plain {
    let mut texts = Vec::with_capacity(values.len());
    for value in values {
        let ValueKind::String(text) = value.kind else {
            return Plain::Other("a list of something else than texts");
        };
        texts.push(text);
    }
    Plain::Texts(texts)
}

/// Makes `origin` the origin of every table of `root` that is in `values` too. `config` keeps
/// origins of values only, and an empty table has none.
pub(super) fn claim(root: &mut Table, values: &Map<String, Value>, origin: &Origin) {
    for (key, value) in values {
        if let (Some(Node::Table { table, origin: claimed }), ValueKind::Table(values)) =
            (root.get_mut(key), &value.kind)
        {
            *claimed = origin.clone();
            claim(table, values, origin);
        }
    }
}

/// Puts a value in the place of the one that `key` has.
pub(super) fn replace(root: &mut Table, key: &str, plain: Plain) {
    let (first, rest) =
        key.split_once('.').map_or((key, None), |(first, rest)| (first, Some(rest)));
    match (root.get_mut(first), rest) {
        (Some(Node::Table { table, .. }), Some(rest)) => replace(table, rest, plain),
        (Some(Node::Leaf(leaf)), None) => leaf.plain = plain,
        (Some(Node::Table { .. }), None) | (Some(Node::Leaf(_)), Some(_)) | (None, _) => {}
    }
}

/// Who set `key`; of a key that is not there, who set the table it would be in.
pub(super) fn origin_of(root: &Table, key: &str) -> Origin {
    let mut table = root;
    let mut found = Origin::Default;
    for part in key.split('.') {
        let Some(node) = table.get(part) else { break };
        found = node.origin();
        let Node::Table { table: inner, .. } = node else { break };
        table = inner;
    }
    found
}
