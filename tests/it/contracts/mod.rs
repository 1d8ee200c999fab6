//! What others build against is what the code does: the schemas and the page of codes are
//! generated, and compared with what is checked in. `UPDATE_EXPECT=1` writes them anew.

mod agreement;
mod codes;
mod outbound;
mod schema;
mod strict;
mod xml;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use expect_test::expect_file;
use kvit_schemas::Moment;
use kvit_schemas::contract::{self, Direction, json_schema};
use kvit_schemas::message::{MessageType, decode_json, json_to_xml};

use schema::faults;

/// A moment after all those of the examples.
const NOW: &str = "2026-04-30T12:00:00+03:00";

#[test]
fn checked_in_schemas_are_those_of_the_code() -> Result<()> {
    for direction in Direction::BOTH {
        for (form, suffix) in [("json", "schema.json"), ("xsd", "xsd")] {
            let folder = workspace().join("schemas").join(form).join(direction.folder());
            let mut wanted = BTreeSet::new();
            for kind in contract::messages(direction) {
                let name = format!("{kind}.{suffix}");
                let text = match form {
                    "json" => pretty(&json_schema(kind, direction).context("a schema")?)?,
                    _ => contract::xsd(kind, direction).context("a schema")?,
                };
                expect_file![folder.join(&name)].assert_eq(&text);
                wanted.insert(name);
            }
            ensure!(files_of(&folder)? == wanted, "{} holds other files", folder.display());
        }
    }
    let asyncapi = workspace().join("schemas/asyncapi.json");
    expect_file![asyncapi].assert_eq(&pretty(&contract::asyncapi())?);
    Ok(())
}

#[test]
fn every_message_travels_by_a_channel_and_has_one_meaning_there() -> Result<()> {
    let document = contract::asyncapi();
    let channels = document["channels"].as_object().context("channels")?;
    let listed = channels.values().flat_map(|channel| {
        channel["messages"].as_object().into_iter().flat_map(|all| all.values())
    });
    let listed: BTreeSet<&str> = listed.filter_map(|it| it["$ref"].as_str()).collect();
    for (key, message) in document["components"]["messages"].as_object().context("messages")? {
        let path = format!("#/components/messages/{key}");
        ensure!(listed.contains(path.as_str()), "no channel carries {key}");
        ensure!(message.get("payload").is_some(), "{key} has no payload");
    }
    // Types of one name mean the same in all messages of a direction.
    for direction in Direction::BOTH {
        let mut known = std::collections::BTreeMap::new();
        for kind in contract::messages(direction) {
            let schema = json_schema(kind, direction).context("a schema")?;
            for (name, own) in schema["$defs"].as_object().into_iter().flatten() {
                let first = known.entry(name.clone()).or_insert_with(|| own.clone());
                ensure!(first == own, "{name} of {kind} differs from another {name}");
            }
        }
    }
    Ok(())
}

#[test]
fn schemas_are_schemas() -> Result<()> {
    for direction in Direction::BOTH {
        for &kind in MessageType::ALL {
            if let Some(schema) = json_schema(kind, direction) {
                ensure!(jsonschema::meta::is_valid(&schema), "{kind} {direction:?}");
            }
        }
    }
    Ok(())
}

#[test]
fn each_message_has_an_example_that_its_schemas_accept() -> Result<()> {
    let mut wanted = BTreeSet::new();
    for &kind in MessageType::ALL {
        for direction in Direction::BOTH {
            let Some(schema) = json_schema(kind, direction) else { continue };
            wanted.insert(kind.to_string());
            let body = serde_json::from_slice(&example(kind)?)?;
            let faults = faults(&schema, &body)?;
            ensure!(faults.is_empty(), "{kind} {direction:?}: {faults:#?}");
            let xml = String::from_utf8(json_to_xml((kind, direction), &example(kind)?)?)?;
            expect_file![examples().join(format!("xml/{kind}.xml"))].assert_eq(&xml);
        }
    }
    for form in ["json", "xml"] {
        let wanted = wanted.iter().map(|kind| format!("{kind}.{form}")).collect();
        ensure!(files_of(&examples().join(form))? == wanted, "other files in {form}");
    }
    Ok(())
}

#[test]
fn inbound_examples_are_decoded() -> Result<()> {
    for kind in contract::messages(Direction::In) {
        let decoded = decode_json(kind, &example(kind)?, now()?);
        let decoded = decoded.map_err(|invalid| anyhow::anyhow!("{kind}: {invalid:?}"))?;
        ensure!(decoded.kind() == kind, "{kind} was read as {}", decoded.kind());
    }
    Ok(())
}

fn example(kind: MessageType) -> Result<Vec<u8>> {
    let path = examples().join(format!("json/{kind}.json"));
    std::fs::read(&path).with_context(|| format!("reading {}", path.display()))
}

fn examples() -> PathBuf {
    workspace().join("schemas/examples")
}

fn pretty(value: &serde_json::Value) -> Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

fn now() -> Result<Moment> {
    Ok(NOW.parse()?)
}

fn files_of(folder: &Path) -> Result<BTreeSet<String>> {
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
