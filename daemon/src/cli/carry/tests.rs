//! Export and import as they are called, on stores in directories.

use std::os::unix::fs::PermissionsExt;

use kvit_adapters::store::{Store, Tables};
use kvit_schemas::record::Seq;

use super::*;

/// A folder with a store of so many rows in `old`.
struct Machine {
    folder: tempfile::TempDir,
}

impl Machine {
    fn new() -> Self {
        let machine = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::write(machine.path("kvit.toml"), "").unwrap();
        let store = machine.store("old", true).unwrap();
        for seq in 1..=2_500 {
            let mut draft = store.draft();
            draft.put_body(Seq(seq), seq.to_be_bytes().to_vec());
            draft.apply(Seq(seq + 1)).unwrap();
        }
        store.close().unwrap();
        machine
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn global(&self, store: &str) -> Global {
        let path = self.path(store).display().to_string();
        Global {
            config: Some(self.path("kvit.toml")),
            set: vec![("store.path".to_owned(), path)],
            json: false,
            remote: super::super::remote::RemoteArgs::default(),
        }
    }

    fn store(&self, name: &str, create: bool) -> Result<Store, Failure> {
        let settings = self.global(name).load()?.settings;
        Ok(service::open_store(&settings, &self.path(name), create)?)
    }

    fn export(&self, store: &str, file: &str) -> Result<(), Failure> {
        export(&self.global(store), &self.path(file))
    }

    fn import(&self, store: &str, file: &str) -> Result<(), Failure> {
        import(&self.global(store), &self.path(file), "the disk broke")
    }

    #[track_caller]
    fn ends(&self, outcome: Result<(), Failure>, exit: Exit, saying: &str) {
        let failure = outcome.unwrap_err();
        assert_eq!(failure.exit, exit, "{failure:?}");
        assert!(failure.message.contains(saying), "{failure:?}");
    }
}

#[test]
fn a_file_that_is_missing_is_named() {
    let machine = Machine::new();
    machine.ends(machine.import("new", "nofile"), Exit::Io, "nofile: No such file or directory");
}

#[test]
fn a_store_goes_into_a_file_and_out_of_it_into_another_store() {
    let machine = Machine::new();
    machine.export("old", "a.export").unwrap();
    let file = machine.path("a.export");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!machine.path("a.export.part").exists());
    machine.ends(machine.export("old", "a.export"), Exit::Usage, "is not replaced");

    machine.import("deep/new", "a.export").unwrap();
    machine.export("deep/new", "b.export").unwrap();
    let rows = |name| {
        let text = std::fs::read_to_string(machine.path(name)).unwrap();
        let rows: Vec<String> = text.lines().skip(1).map(str::to_owned).collect();
        rows[..rows.len() - 1].to_vec()
    };
    assert_eq!(rows("b.export"), rows("a.export"));
    let new = machine.store("deep/new", false).unwrap();
    assert_eq!(new.next_seq().unwrap(), Seq(2_501));
    assert_eq!(new.last_commit(), 2_501);
    drop(new);
    machine.ends(machine.import("deep/new", "a.export"), Exit::Runtime, "name an empty directory");
}

#[test]
fn a_store_in_use_is_neither_exported_nor_imported_into() {
    let machine = Machine::new();
    machine.export("old", "a.export").unwrap();
    let running = machine.store("old", false).unwrap();
    let advice = "Stop the one named";
    machine.ends(machine.export("old", "b.export"), Exit::Unavailable, advice);
    machine.ends(machine.import("old", "a.export"), Exit::Unavailable, advice);
    assert!(!machine.path("b.export").exists() && !machine.path("b.export.part").exists());
    drop(running);
}

#[test]
fn a_damaged_file_is_refused_before_a_store_is_made() {
    let machine = Machine::new();
    machine.export("old", "a.export").unwrap();
    let mut bytes = std::fs::read(machine.path("a.export")).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(machine.path("bad.export"), bytes).unwrap();
    machine.ends(machine.import("new", "bad.export"), Exit::Data, "the checksum does not match");
    assert!(!machine.path("new").exists());
}

#[test]
fn what_was_imported_in_part_does_not_run_until_it_is_finished() {
    let machine = Machine::new();
    machine.export("old", "a.export").unwrap();
    let bytes = std::fs::read(machine.path("a.export")).unwrap();
    let settings = machine.global("new").load().unwrap().settings;
    let path = machine.path("new");
    let options = service::store_options(&settings, true);
    let purpose = Purpose { path: &path, options, reason: "cut off" };
    // As from a pipe that breaks.
    let part = &bytes[..bytes.len() * 3 / 4];
    let error = carry::import(part, purpose, Bounds::default(), |_| {}).map(|_| ()).unwrap_err();
    assert_eq!(Failure::from(error).exit, Exit::Data);
    for create in [true, false] {
        let refused = machine.store("new", create).map(|_| ());
        machine.ends(refused, Exit::Unavailable, "is only partly imported");
    }
    machine.ends(machine.export("new", "b.export"), Exit::Unavailable, "`kvit store import`");
    machine.import("new", "a.export").unwrap();
    assert_eq!(machine.store("new", false).unwrap().last_commit(), 2_501);
}

#[test]
fn an_import_wants_a_reason() {
    let machine = Machine::new();
    for reason in ["  ".to_owned(), "x".repeat(2_000)] {
        let outcome = import(&machine.global("new"), &machine.path("a.export"), &reason);
        machine.ends(outcome, Exit::Usage, "--reason");
    }
}
