//! What others build against is what the code does: the schemas and the page of codes are
//! generated, and compared with what is checked in. `UPDATE_EXPECT=1` writes them anew.

mod agreement;
mod codes;
mod outbound;
mod schema;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use expect_test::expect_file;
use kvit_schemas::Moment;
use kvit_schemas::message::{MessageType, Sender, decode_json};

use schema::{Direction, faults, file_name, schema_of};

/// A moment after all those of the examples.
const NOW: &str = "2026-04-30T12:00:00+03:00";

#[test]
fn checked_in_schemas_are_those_of_the_code() -> Result<()> {
    for direction in Direction::BOTH {
        let folder = workspace().join("schemas/json").join(direction.folder());
        let mut wanted = BTreeSet::new();
        for &kind in MessageType::ALL {
            let Some(schema) = schema_of(kind, direction) else { continue };
            let name = file_name(kind);
            let text = serde_json::to_string_pretty(&schema)? + "\n";
            expect_file![folder.join(&name)].assert_eq(&text);
            wanted.insert(name);
        }
        ensure!(files_of(&folder)? == wanted, "{} holds other files", folder.display());
    }
    Ok(())
}

#[test]
fn schemas_are_schemas() -> Result<()> {
    for direction in Direction::BOTH {
        for &kind in MessageType::ALL {
            if let Some(schema) = schema_of(kind, direction) {
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
            let Some(schema) = schema_of(kind, direction) else { continue };
            wanted.insert(format!("{kind}.json"));
            let example = serde_json::from_slice(&example(kind)?)?;
            let faults = faults(&schema, &example)?;
            ensure!(faults.is_empty(), "{kind} {direction:?}: {faults:#?}");
        }
    }
    let folder = workspace().join("tests/examples");
    ensure!(files_of(&folder)? == wanted, "{} holds other files", folder.display());
    Ok(())
}

#[test]
fn inbound_examples_are_decoded() -> Result<()> {
    for kind in inbound() {
        let decoded = decode_json(kind, &example(kind)?, now()?);
        let decoded = decoded.map_err(|invalid| anyhow::anyhow!("{kind}: {invalid:?}"))?;
        ensure!(decoded.kind() == kind, "{kind} was read as {}", decoded.kind());
    }
    Ok(())
}

/// Types that parties send with a JSON body.
fn inbound() -> impl Iterator<Item = MessageType> {
    let from_parties = |kind: &MessageType| kind.senders().iter().any(|it| *it != Sender::Kvit);
    let is_json = |kind: &MessageType| *kind != MessageType::StatementFile;
    MessageType::ALL.iter().copied().filter(from_parties).filter(is_json)
}

fn example(kind: MessageType) -> Result<Vec<u8>> {
    let path = workspace().join(format!("tests/examples/{kind}.json"));
    std::fs::read(&path).with_context(|| format!("reading {}", path.display()))
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
