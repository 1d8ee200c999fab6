//! Printing what holds: TOML with the layer of each value, and no secrets.

use std::fmt::Write;

use super::secret::BrokerUrl;
use super::tree::{Leaf, Node, Plain, Table};

/// The merged tree as TOML. It can be read again as an operator's file; a masked password then
/// is what it looks like.
pub(super) fn printed(tree: &Table) -> String {
    let mut out = String::new();
    print(&mut out, "", tree);
    out
}

fn print(out: &mut String, path: &str, table: &Table) {
    let leaves: Vec<_> = table
        .iter()
        .filter_map(|(key, node)| match node {
            Node::Leaf(leaf) => Some((key, leaf)),
            Node::Table { .. } => None,
        })
        .collect();
    let empty = table.is_empty();
    if !path.is_empty() && (empty || !leaves.is_empty()) {
        let gap = if out.is_empty() { "" } else { "\n" };
        line(out, format_args!("{gap}[{path}]"));
    }
    for (key, leaf) in leaves {
        let value = value(path, key, leaf);
        line(out, format_args!("{key} = {value} # {}", one_line(&leaf.origin.to_string())));
    }
    for (key, node) in table {
        if let Node::Table { table: inner, .. } = node {
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            print(out, &path, inner);
        }
    }
}

fn line(out: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a String does not fail.
    let _ = writeln!(out, "{line}");
}

fn value(path: &str, key: &str, leaf: &Leaf) -> String {
    match &leaf.plain {
        Plain::Text(text) if path == "broker" && key == "url" => {
            quoted(&text.parse::<BrokerUrl>().map_or_else(|_| "***".into(), |url| url.to_string()))
        }
        Plain::Text(text) => quoted(text),
        Plain::Flag(flag) => flag.to_string(),
        Plain::Number(number) => number.to_string(),
        Plain::Texts(texts) => {
            let texts: Vec<_> = texts.iter().map(|text| quoted(text)).collect();
            format!("[{}]", texts.join(", "))
        }
        Plain::Other(what) => quoted(what),
    }
}

/// A basic string of TOML.
pub(crate) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.extend(format!("\\u{:04X}", u32::from(c)).chars()),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A file's name may hold anything, a comment may not.
fn one_line(text: &str) -> String {
    text.replace(char::is_control, "?")
}
