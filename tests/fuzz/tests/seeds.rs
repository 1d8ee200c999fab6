//! Every decoder over its kept seeds and mutations of them: a number of inputs, the same each
//! time. What fails is left as a file, to be mended and kept as a seed.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails may panic")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::time::Duration;

use kvit_fuzz::{Mutator, TARGETS, Target};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// One target at a time, so that memory is that of one.
static TURN: Mutex<()> = Mutex::new(());
/// Somewhere in the process something panicked.
static PANICKED: AtomicBool = AtomicBool::new(false);

/// Memory that all inputs together may leave behind, beside what a daemon keeps.
const LEFT_MAX: usize = 1 << 20;
/// So many looks a second apart at the same input: it hangs.
const LOOKS_MAX: u32 = 120;

/// What is being tried.
struct Trial {
    target: &'static Target,
    count: AtomicU64,
    input: Mutex<Vec<u8>>,
    ended: AtomicBool,
}

impl Trial {
    fn run(&self, input: &[u8]) {
        self.count.fetch_add(1, Ordering::Relaxed);
        input.clone_into(&mut self.input.lock().unwrap_or_else(PoisonError::into_inner));
        let before = MEMORY.current_usage();
        MEMORY.reset_peak_usage();
        let ended = catch_unwind(AssertUnwindSafe(|| (self.target.run)(input)));
        let taken = MEMORY.peak_usage().saturating_sub(before);
        let name = self.target.name;
        let fine = ended.is_ok() && !PANICKED.load(Ordering::Relaxed);
        assert!(fine, "{name} failed on {}", self.keep().display());
        let most = self.target.memory.most(input.len());
        assert!(
            taken <= most,
            "{name} took {taken} bytes, {most} are allowed: {}",
            self.keep().display()
        );
    }

    /// Leaves the input as a file.
    fn keep(&self) -> PathBuf {
        let input = self.input.lock().unwrap_or_else(PoisonError::into_inner);
        let count = self.count.load(Ordering::Relaxed);
        let name = format!("{}-{count}", self.target.name);
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::write(&path, &*input).unwrap();
        path
    }

    /// Ends the process when an input goes on and on.
    fn watch(&self) {
        let (mut last, mut looks) = (0, 0);
        while !self.ended.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_secs(1));
            let now = self.count.load(Ordering::Relaxed);
            looks = if now == last { looks + 1 } else { 0 };
            last = now;
            if looks > LOOKS_MAX {
                eprintln!("{} hangs on {}", self.target.name, self.keep().display());
                std::process::abort();
            }
        }
    }
}

fn holds(name: &str) {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            PANICKED.store(true, Ordering::Relaxed);
            usual(panic);
        }));
    });
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    PANICKED.store(false, Ordering::Relaxed);
    let target = Target::named(name).unwrap();
    let seeds = target.seeds().unwrap();
    assert!(!seeds.is_empty(), "{name} has no seeds");
    let trial = Arc::new(Trial {
        target,
        count: AtomicU64::new(0),
        input: Mutex::default(),
        ended: AtomicBool::new(false),
    });
    let watched = Arc::clone(&trial);
    std::thread::spawn(move || watched.watch());
    for (_, seed) in &seeds {
        // The first time, what is made once is made.
        (target.run)(seed);
        trial.run(seed);
    }
    let runs = std::env::var("KVIT_FUZZ_RUNS").ok().and_then(|text| text.parse().ok());
    let mut mutator = Mutator::new(&seeds, target.words, target.bytes_max);
    let before = MEMORY.current_usage();
    for _ in 0..runs.unwrap_or(target.runs) {
        trial.run(&mutator.input());
    }
    trial.ended.store(true, Ordering::Relaxed);
    let left = MEMORY.current_usage().saturating_sub(before);
    let most = LEFT_MAX.max(target.memory.fixed);
    assert!(left <= most, "{name} leaves {left} bytes behind");
}

macro_rules! decoders {
    ($($test:ident = $name:literal;)*) => {
        $(#[test]
        fn $test() {
            holds($name);
        })*

        #[test]
        fn every_target_has_its_test_and_every_folder_of_seeds_its_target() {
            let tested = [$($name),*];
            let known: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
            assert_eq!(known, tested);
            let folder = TARGETS[0].folder().parent().unwrap().to_owned();
            for entry in std::fs::read_dir(folder).unwrap() {
                let name = entry.unwrap().file_name();
                assert!(known.contains(&name.to_str().unwrap()), "no target {name:?}");
            }
        }
    };
}

decoders! {
    json_bodies = "json";
    xml_bodies = "xml";
    events = "event";
    deliveries = "delivery";
    frames_of_the_broker = "frames";
    registers_of_erip = "erip";
    statements_of_banks = "client-bank";
    exchanges_of_1c = "1c";
    messages_of_swift = "mt940";
    messages_of_banks = "camt";
    tables_of_banks = "table";
    mappings_of_tables = "mapping";
    character_sets = "charset";
    codes_in_texts = "codes";
    values_as_text = "values";
    stored_records = "records";
    lines_of_exports = "export";
    files_of_settings = "settings";
    files_of_catalogues = "catalogue";
    requests_of_operators = "admin";
}
