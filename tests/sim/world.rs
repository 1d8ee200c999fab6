//! Who is there, and under which rules: two portals, two agencies, a payment system and a bank.

use std::sync::LazyLock;

use kvit::engine::Rules;
use kvit::pipeline::Limits;
use kvit::settings::Settings;
use kvit_schemas::Moment;
use kvit_tests::rules;

const CATALOGUE: &str = include_str!("../it/convergence/catalogue.toml");
const SETTINGS: &str = include_str!("settings.toml");

/// When a run begins: all that is said first has happened by then.
pub(crate) const BEGIN: &str = "2026-03-12T12:00:00+03:00";
/// When payment windows are over.
pub(crate) const LATER: &str = "2026-05-02T12:00:00+03:00";

pub(crate) const LIMITS: Limits =
    Limits { message_bytes: 1 << 20, file_bytes: 1 << 20, quarantine_bytes: 1 << 20 };

/// Less than the settings allow, so that it is often reached.
const OUTBOX_ROWS_MAX: u64 = 7;

pub(crate) struct World {
    pub(crate) settings: Settings,
    pub(crate) rules: Rules,
}

pub(crate) static WORLD: LazyLock<World> = LazyLock::new(|| {
    let (mut settings, rules) = rules::from_texts(SETTINGS, CATALOGUE).unwrap();
    settings.pipeline.outbox_rows_max = OUTBOX_ROWS_MAX;
    World { settings, rules }
});

pub(crate) fn moment(text: &str) -> Moment {
    text.parse().unwrap()
}
