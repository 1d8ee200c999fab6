//! The shape of a message: which fields it has, in their order, and what each holds. Read from its
//! JSON schema, so that decoder, XML and XSD follow the one source.

use std::collections::BTreeMap;

use serde_json::Value;

/// The shape of a body.
#[derive(Debug, Clone)]
pub struct Shape {
    /// The body itself.
    pub root: Node,
    /// What it says of itself.
    pub description: String,
    /// Types that it uses by name.
    pub named: BTreeMap<String, Named>,
}

/// A type with a name.
#[derive(Debug, Clone)]
pub struct Named {
    /// What it is.
    pub description: String,
    /// What it holds.
    pub node: Node,
}

/// What stands at a place of a body.
#[derive(Debug, Clone)]
pub enum Node {
    /// Fields with fixed names.
    Object(Vec<Field>),
    /// Members whose names are data: currencies.
    Map(Box<Node>),
    /// Any number of the same.
    List(Box<Node>),
    /// One of a few words, each with what it means.
    Word(Vec<(String, String)>),
    /// Text.
    Text(Facets),
    /// A whole number, and whether it may be negative.
    Integer(Sign),
    /// An object carried as it came.
    Carried,
    /// A type by its name.
    Type(String),
}

/// Whether a number may be negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// It may.
    Any,
    /// It may not.
    NotNegative,
}

/// What a schema says of a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facets {
    /// Fewest characters.
    pub least: Option<u64>,
    /// Most characters.
    pub most: Option<u64>,
    /// The pattern it matches.
    pub pattern: Option<String>,
    /// `date` or `date-time`.
    pub format: Option<String>,
}

/// A field of an object.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: String,
    /// It must be there.
    pub required: bool,
    /// What it holds.
    pub node: Node,
}

impl Shape {
    /// Reads the shape from a schema that schemars made.
    pub fn of(schema: &Value) -> Self {
        let named = schema.get("$defs").and_then(Value::as_object).into_iter().flatten();
        let named = named.map(|(name, schema)| {
            (name.clone(), Named { description: said(schema), node: node(schema) })
        });
        Self { root: node(schema), description: said(schema), named: named.collect() }
    }

    /// What a node is, names followed.
    pub fn resolved<'a>(&'a self, node: &'a Node) -> &'a Node {
        match node {
            Node::Type(name) => match self.named.get(name) {
                Some(named) => self.resolved(&named.node),
                None => unreachable!("the schema has no type {name}"),
            },
            Node::Object(_)
            | Node::Map(_)
            | Node::List(_)
            | Node::Word(_)
            | Node::Text(_)
            | Node::Integer(_)
            | Node::Carried => node,
        }
    }

    /// What each item of a list holds.
    pub fn item<'a>(&'a self, node: &'a Node) -> Option<&'a Node> {
        match self.resolved(node) {
            Node::List(item) => Some(item),
            Node::Object(_)
            | Node::Map(_)
            | Node::Word(_)
            | Node::Text(_)
            | Node::Integer(_)
            | Node::Carried
            | Node::Type(_) => None,
        }
    }

    /// What a member of this name holds.
    pub fn member<'a>(&'a self, node: &'a Node, name: &str) -> Option<&'a Node> {
        match self.resolved(node) {
            Node::Object(fields) => {
                fields.iter().find(|field| field.name == name).map(|field| &field.node)
            }
            Node::Map(inner) => Some(inner),
            Node::List(_)
            | Node::Word(_)
            | Node::Text(_)
            | Node::Integer(_)
            | Node::Carried
            | Node::Type(_) => None,
        }
    }
}

fn said(schema: &Value) -> String {
    schema.get("description").and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn node(schema: &Value) -> Node {
    let text = |key: &str| schema.get(key).and_then(Value::as_str);
    if let Some(name) = text("$ref").and_then(|path| path.strip_prefix("#/$defs/")) {
        return Node::Type(name.to_owned());
    }
    // Null means absent everywhere, so what may also be null is what it otherwise is.
    if let Some(choices) = schema.get("anyOf").and_then(Value::as_array) {
        let own = choices.iter().find(|choice| choice.get("type") != Some(&"null".into()));
        return own.map_or(Node::Carried, node);
    }
    if let Some(words) = words(schema) {
        return Node::Word(words);
    }
    match kind(schema) {
        "array" => Node::List(Box::new(schema.get("items").map_or(Node::Carried, node))),
        "integer" => {
            let least = schema.get("minimum").and_then(Value::as_i64);
            Node::Integer(if least == Some(0) { Sign::NotNegative } else { Sign::Any })
        }
        "string" => Node::Text(Facets {
            least: schema.get("minLength").and_then(Value::as_u64),
            most: schema.get("maxLength").and_then(Value::as_u64),
            pattern: text("pattern").map(str::to_owned),
            format: text("format").map(str::to_owned),
        }),
        _ => object(schema),
    }
}

/// The type, `null` left out.
fn kind(schema: &Value) -> &str {
    match schema.get("type") {
        Some(Value::String(one)) => one,
        Some(Value::Array(several)) => {
            several.iter().filter_map(Value::as_str).find(|it| *it != "null").unwrap_or("")
        }
        Some(_) | None => "",
    }
}

fn object(schema: &Value) -> Node {
    let required = schema.get("required").and_then(Value::as_array);
    let required = |name: &str| required.is_some_and(|all| all.iter().any(|it| it == name));
    match (schema.get("properties"), schema.get("additionalProperties")) {
        (Some(Value::Object(members)), _) => {
            let field = |(name, schema): (&String, &Value)| Field {
                name: name.clone(),
                description: said(schema),
                required: required(name),
                node: node(schema),
            };
            Node::Object(members.iter().map(field).collect())
        }
        (_, Some(inner @ Value::Object(_))) => Node::Map(Box::new(node(inner))),
        (Some(_) | None, Some(_) | None) => Node::Carried,
    }
}

fn words(schema: &Value) -> Option<Vec<(String, String)>> {
    if let Some(plain) = schema.get("enum").and_then(Value::as_array) {
        let word = |word: &Value| Some((word.as_str()?.to_owned(), String::new()));
        return plain.iter().map(word).collect();
    }
    let choices = schema.get("oneOf").and_then(Value::as_array)?;
    let mut words = Vec::new();
    for choice in choices {
        match (choice.get("const").and_then(Value::as_str), self::words(choice)) {
            (Some(word), _) => words.push((word.to_owned(), said(choice))),
            (None, Some(several)) => words.extend(several),
            (None, None) => return None,
        }
    }
    Some(words)
}
