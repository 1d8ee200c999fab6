//! A delivery with its envelope, as intake looks at it: content types, compression, names.

use std::collections::HashMap;
use std::path::Path;
use std::sync::LazyLock;

use kvit::pipeline::{Arrival, Intake, Limits, Queue};
use kvit::settings::{Directory, OperatorFile, Settings, Sources};
use kvit_adapters::amqp::Properties;
use kvit_schemas::Code;

use super::messages::now;

/// Of the intake below; small, so that inflating meets it.
const BYTES_MAX: usize = 64 << 10;
/// Characters of what a sender is told.
const TOLD_MAX: usize = 301;

static INTAKE: LazyLock<Intake> = LazyLock::new(|| Intake {
    directory: Directory::from(&settings()),
    limits: Limits { message_bytes: BYTES_MAX, file_bytes: BYTES_MAX, quarantine_bytes: BYTES_MAX },
});

/// The parties of the end-to-end tests.
fn settings() -> Settings {
    let sources = Sources {
        file: OperatorFile::Named(
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/world.toml"),
        ),
        environment: HashMap::new(),
        overrides: vec![("broker.url".to_owned(), "amqp://kvit:kvit@localhost/%2f".to_owned())],
        credentials: None,
    };
    match Settings::load(&sources) {
        Ok(loaded) => loaded.settings,
        Err(error) => panic!("{error}"),
    }
}

/// Lines `name value` up to an empty one are the envelope, what follows is the body.
pub(super) fn run(input: &[u8]) {
    let end = input.windows(2).position(|pair| pair == b"\n\n").unwrap_or(input.len());
    let head = String::from_utf8_lossy(input.get(..end).unwrap_or_default());
    let mut arrival = Arrival {
        queue: Queue::Portal,
        exchange: "kvit.portal.in".to_owned(),
        routing_key: String::new(),
        properties: Properties::default(),
        body: input.get(end + 2..).unwrap_or_default().to_vec(),
    };
    for line in head.split('\n') {
        let (name, value) = line.split_once(' ').unwrap_or((line, ""));
        put(&mut arrival, name, value);
    }
    let looked = INTAKE.check(arrival, now());
    match &looked.result {
        Ok(checked) => assert!(looked.party.is_some(), "taken from nobody: {checked:?}"),
        Err(refused) => {
            assert!(refused.code != Code::DEFECT, "a defect: {refused:?}");
            let pointer = refused.pointer.as_deref().unwrap_or_default();
            for text in [&refused.detail, pointer] {
                assert!(text.chars().count() <= TOLD_MAX, "a sender is told a lot: {refused:?}");
            }
        }
    }
}

fn put(arrival: &mut Arrival, name: &str, value: &str) {
    let text = Some(value.to_owned());
    match name {
        "queue" => {
            let named = Queue::ALL.into_iter().find(|queue| queue.name() == value);
            arrival.queue = named.unwrap_or(arrival.queue);
        }
        "key" => value.clone_into(&mut arrival.routing_key),
        "user" => arrival.properties.user_id = text,
        "id" => arrival.properties.message_id = text,
        "kind" => arrival.properties.kind = text,
        "type" => arrival.properties.content_type = text,
        "encoding" => arrival.properties.content_encoding = text,
        "file" => arrival.properties.headers.push(("kvit-file-name".to_owned(), value.to_owned())),
        "header" => {
            let (name, value) = value.split_once('=').unwrap_or((value, ""));
            arrival.properties.headers.push((name.to_owned(), value.to_owned()));
        }
        _ => {}
    }
}
