//! Settings and catalogue, as operators write them.

use std::collections::HashMap;
use std::sync::LazyLock;

use kvit::catalogue::Catalogue;
use kvit::settings::{OperatorFile, Settings, Sources};
use tempfile::TempDir;

static FOLDER: LazyLock<Option<TempDir>> = LazyLock::new(|| tempfile::tempdir().ok());

/// The operator's file; all that is wrong is told, and what holds can be printed.
pub(super) fn settings(input: &[u8]) {
    let Some(folder) = FOLDER.as_ref() else { panic!("no folder for the file") };
    let file = folder.path().join(format!("{}.toml", std::process::id()));
    if let Err(error) = std::fs::write(&file, input) {
        panic!("the file cannot be written: {error}");
    }
    let sources = Sources {
        file: OperatorFile::Named(file),
        environment: HashMap::new(),
        overrides: Vec::new(),
        credentials: None,
    };
    match Settings::load(&sources) {
        Ok(loaded) => assert!(!loaded.effective().is_empty(), "nothing holds"),
        Err(error) => assert!(!error.to_string().is_empty(), "nothing is wrong"),
    }
}

/// One file of a catalogue.
pub(super) fn catalogue(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    match Catalogue::parse(&[("a.toml", text)]) {
        Ok(catalogue) => {
            for procedure in catalogue.procedures() {
                assert!(catalogue.procedure(&procedure.code).is_some(), "{procedure:?}");
            }
        }
        Err(findings) => assert!(!findings.is_empty(), "nothing is wrong"),
    }
}
