//! `kvit schema`: what others build against, from the binary alone.

use clap::{Subcommand, ValueEnum};
use kvit_schemas::contract::{self, Direction, example, json_schema, messages};
use kvit_schemas::message::{MessageType, root_name};

use super::failure::{Exit, Failure};
use super::table::table;
use super::{print, print_json};

/// What to do with the contract's schemas.
#[derive(Debug, Subcommand)]
pub(super) enum SchemaCommand {
    /// Print the schema or the example of a message, or the AsyncAPI document of all of them
    Print {
        /// A message, such as application.submitted.v1, or asyncapi
        #[arg(required_unless_present = "list")]
        what: Option<String>,
        /// The messages, the ways they travel, and their XML roots
        #[arg(long, conflicts_with = "what")]
        list: bool,
        /// What to print of it
        #[arg(long, value_enum, default_value_t = Format::Json)]
        format: Format,
        /// Which way it travels; without it to kvit, where it does so
        #[arg(long, value_enum)]
        direction: Option<Way>,
    },
}

/// What there is of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Its JSON Schema
    Json,
    /// Its XSD
    Xsd,
    /// An example in JSON
    ExampleJson,
    /// The same example in XML
    ExampleXml,
}

/// Which way a message travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Way {
    /// A party says it to kvit
    In,
    /// Kvit says it
    Out,
}

impl From<Way> for Direction {
    fn from(way: Way) -> Self {
        match way {
            Way::In => Self::In,
            Way::Out => Self::Out,
        }
    }
}

/// Prints what was asked for. Needs no settings, daemon or broker.
pub(super) fn schema(command: &SchemaCommand, json: bool) -> Result<(), Failure> {
    let SchemaCommand::Print { what, format, direction, .. } = command;
    match what.as_deref() {
        None => list(json),
        Some("asyncapi") => print(&serde_json::to_string_pretty(&contract::asyncapi())?),
        Some(name) => print(text(name, *format, *direction)?.trim_end()),
    }
}

fn text(name: &str, format: Format, way: Option<Way>) -> Result<String, Failure> {
    let unknown = || {
        let hint = "`kvit schema print --list` names those that exist";
        Failure::new(Exit::Usage, format!("there is no such schema of {name:?}; {hint}"))
    };
    let kind: MessageType =
        name.parse().or_else(|_| format!("{name}.v1").parse()).map_err(|_| unknown())?;
    let directions = match way {
        Some(way) => vec![Direction::from(way)],
        None => Direction::BOTH.to_vec(),
    };
    let Some(direction) = directions.into_iter().find(|it| messages(*it).any(|one| one == kind))
    else {
        return Err(unknown());
    };
    let text = match format {
        Format::Json => match json_schema(kind, direction) {
            Some(schema) => Some(serde_json::to_string_pretty(&schema)?),
            None => None,
        },
        Format::Xsd => contract::xsd(kind, direction),
        Format::ExampleJson => example(kind).map(|it| it.json.to_owned()),
        Format::ExampleXml => example(kind).map(|it| it.xml.to_owned()),
    };
    text.ok_or_else(unknown)
}

fn list(json: bool) -> Result<(), Failure> {
    let all = Direction::BOTH.into_iter().flat_map(|way| messages(way).map(move |it| (way, it)));
    if json {
        for (way, kind) in all {
            let root = root_name(kind);
            let (message, way) = (kind.as_str(), way.folder());
            print_json(&serde_json::json!({ "message": message, "direction": way, "root": root }))?;
        }
        return Ok(());
    }
    let rows = all.map(|(way, kind)| {
        vec![kind.as_str().to_owned(), way.folder().to_owned(), root_name(kind)]
    });
    print(table(&["message", "way", "xml root"], rows).trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_every_message_is_in_the_binary() {
        for way in [Way::In, Way::Out] {
            for kind in messages(way.into()) {
                let form = |format| text(kind.as_str(), format, Some(way)).unwrap();
                assert!(
                    form(Format::Json)
                        .contains(&format!("urn:kvit:{}", Direction::from(way).folder()))
                );
                assert!(form(Format::Xsd).contains("</xs:schema>"));
                assert!(form(Format::ExampleJson).starts_with('{'));
                assert!(form(Format::ExampleXml).contains(&root_name(kind)));
            }
        }
        assert!(text("case.status", Format::Json, None).unwrap().contains("urn:kvit:out"));
        assert!(text("documents.added", Format::Json, None).unwrap().contains("urn:kvit:in"));
        for wrong in ["case.status.v9", "statement.file.v1", ""] {
            assert_eq!(text(wrong, Format::Json, None).unwrap_err().exit, Exit::Usage, "{wrong}");
        }
        assert!(text("case.status", Format::Json, Some(Way::In)).is_err());
    }
}
