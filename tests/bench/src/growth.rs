//! Start and rate with many cases stored. The store is filled by kvit's own applier, without a
//! broker: whole orders, as the rounds play them.

use std::path::PathBuf;

use anyhow::{Context, ensure};
use kvit::pipeline::{Applier, Arrival, Intake, Limits, Queue};
use kvit::settings::{Directory, OperatorFile, Settings, Sources};
use kvit_adapters::amqp::Properties;
use kvit_adapters::clock::Clock;
use kvit_adapters::store::Store;
use kvit_schemas::record::Disposition;

use crate::daemon::{Ground, PREFIX};
use crate::orders::{self, STEPS, Step};
use crate::rounds::{Bench, Measured};
use crate::usage::Process;
use crate::wire::Message;

/// Orders that go through a step together.
const BATCH: usize = 256;
/// Commits from one sync to the next.
const SYNC_EVERY: usize = 64;
/// Rounds that are measured.
const ROUNDS: usize = 3;

pub(crate) async fn measure(
    ground: &mut Ground,
    (url, broker): (&str, Option<Process>),
    cases: u64,
    orders: usize,
) -> anyhow::Result<Measured> {
    let cases = usize::try_from(cases)?;
    ground.forget_store()?;
    fill(ground, cases).with_context(|| format!("storing {cases} cases"))?;
    let mut bench = Bench::open_after(ground, url, broker, cases).await?;
    bench.warm_up(orders).await?;
    let measured = bench.rounds((ROUNDS, orders), true).await?;
    bench.close().await?;
    Ok(measured)
}

fn fill(ground: &Ground, cases: usize) -> anyhow::Result<()> {
    let settings = settings(ground.config(PREFIX))?;
    let store = kvit::service::open_store(&settings, &ground.store(), true)?;
    let catalogue = kvit::catalogue::Catalogue::load(&settings.catalogue.path);
    let catalogue = catalogue.map_err(|found| anyhow::anyhow!("{found:?}"))?;
    let rules = kvit::service::rules(&settings, std::sync::Arc::new(catalogue));
    let limits = Limits { message_bytes: 1 << 20, file_bytes: 1 << 20, quarantine_bytes: 1 << 20 };
    let directory = Directory::from(&settings);
    let intake = Intake { directory: directory.clone(), limits };
    let mut applier = Applier::new(&store, rules, directory, limits, 30)?;
    let mut sent = Vec::new();
    let mut commits = 0;
    for first in (0..cases).step_by(BATCH) {
        for step in STEPS {
            let batch =
                (first..cases.min(first + BATCH)).map(|nth| orders::message(PREFIX, step, nth));
            commit(&store, (&intake, &mut applier), (batch, step), &mut sent)?;
            commits += 1;
            if commits % SYNC_EVERY == 0 {
                store.sync()?;
            }
        }
        if first % (BATCH * 100) == 0 {
            eprintln!("{first} of {cases} cases stored");
        }
    }
    store.close()?;
    Ok(())
}

fn settings(file: PathBuf) -> anyhow::Result<Settings> {
    let sources = Sources {
        file: OperatorFile::Named(file),
        environment: std::collections::HashMap::new(),
        overrides: Vec::new(),
        credentials: None,
    };
    let loaded = Settings::load(&sources).map_err(|error| anyhow::anyhow!("{error}"))?;
    Ok(loaded.settings)
}

/// Applies messages as one commit, which also forgets what the one before had to send.
fn commit(
    store: &Store,
    (intake, applier): (&Intake, &mut Applier),
    (batch, step): (impl Iterator<Item = Message>, Step),
    sent: &mut Vec<(u64, u16)>,
) -> anyhow::Result<()> {
    let now = Clock::System.now();
    let mut draft = store.draft();
    for (commit, part) in sent.drain(..) {
        draft.outbox_done(commit, part);
    }
    for message in batch {
        let prepared = intake.check(arrival(message, step), now);
        let (end, code) = applier.delivery(&mut draft, &prepared, now)?;
        ensure!(end == Disposition::Applied, "{end:?} {code:?}");
    }
    let applied = draft.apply(applier.next_seq())?;
    sent.extend(applied.outbox.iter().map(|row| (row.commit, row.part)));
    Ok(())
}

fn arrival(message: Message, step: Step) -> Arrival {
    let queue = match step {
        Step::Application | Step::Acknowledgement => Queue::Portal,
        Step::Payment => Queue::Bank,
        Step::Acceptance | Step::Decision => Queue::Agency,
    };
    let properties = Properties {
        message_id: Some(message.id),
        kind: Some(message.kind),
        user_id: message.user,
        ..Properties::default()
    };
    let (exchange, routing_key, body) = (message.exchange, message.key, message.body);
    Arrival { queue, exchange, routing_key, properties, body }
}
