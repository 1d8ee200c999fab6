//! Hostile input from end to end: on every queue, in a drop folder, at the listeners. Each ends in
//! its documented refusal, kept and answered; nothing changes, the daemon stays ready, and its
//! memory in bounds.

mod files;
mod requests;
mod rows;

use anyhow::{Context, Result, ensure};
use kvit_adapters::store::{Store, Tables};
use kvit_tests::broker::until;
use kvit_tests::child::Process;
use kvit_tests::daemon::{Send, World};

/// What hostile input may cost a daemon in memory: the largest bodies some times over, whatever
/// they would inflate or expand to.
const MEMORY_MAX: u64 = 192 << 20;

/// The daemon is ready, was never disconnected, and has taken no more memory than it may.
async fn unharmed(daemon: &Process, before: u64) -> Result<()> {
    until("the daemon is ready", async || Ok(daemon.get("/readyz")?.0 == 200)).await?;
    ensure!(daemon.get("/livez")?.0 == 200, "it hangs");
    let metrics = daemon.metrics()?;
    let again = metrics.iter().filter(|(name, _)| name.starts_with("kvit_messages_redelivered"));
    ensure!(again.clone().count() > 0, "no such metric");
    for (name, value) in again {
        ensure!(*value == 0.0, "{name} is {value}: a connection was lost");
    }
    let taken = daemon.peak_bytes()?.saturating_sub(before);
    ensure!(taken <= MEMORY_MAX, "{taken} bytes of memory, {MEMORY_MAX} are allowed");
    Ok(())
}

/// No case, no payment, and the books agree.
fn unchanged(store: &Store) -> Result<()> {
    ensure!(store.cases(None, 10)?.items.is_empty(), "a case came of it");
    ensure!(store.payments(None, 10)?.items.is_empty(), "a payment came of it");
    ensure!(store.totals()?.is_empty(), "money came of it");
    Ok(())
}

#[tokio::test]
async fn hostile_messages_on_every_queue_are_refused_kept_answered_and_change_nothing() -> Result<()>
{
    let mut world = World::new()?;
    world.set.push(("limits.message_bytes_max".to_owned(), (1 << 20).to_string()));
    let daemon = world.process(&[]).await?;
    let peer = world.peer().await?;
    let before = daemon.peak_bytes()?;
    let (mut sent, mut wrong) = (Vec::new(), Vec::new());
    for sender in rows::SENDERS {
        for row in rows::rows(&sender) {
            let id = format!("{}-{}", sender.user, row.name);
            let message = Send {
                exchange: sender.exchange,
                key: sender.key,
                kind: sender.kind,
                user: Some(sender.user),
                id: &id,
                body: row.body.clone(),
                file: None,
            };
            let amend = |properties: lapin::BasicProperties| {
                let properties = properties.with_content_type(row.content_type.into());
                match row.encoding {
                    Some(encoding) => properties.with_content_encoding(encoding.into()),
                    None => properties,
                }
            };
            world.send_with(&peer, message, amend).await?;
            let got = world.take(&peer, sender.answers, 1).await?;
            let got = got.first().context("an answer")?;
            let told = (got.text("/refused_message_id"), got.text("/code"));
            if got.kind != "message.refused.v1" || told != (id.as_str(), row.code) {
                wrong.push(format!("{id}: not {}: {:#}", row.code, got.body));
            }
            sent.push((id, row));
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    unharmed(&daemon, before).await?;
    daemon.stop().await?;
    let store = world.open_store()?;
    unchanged(&store)?;
    let kept = store.quarantine(None, 1_000)?.items;
    ensure!(kept.len() == sent.len(), "{} of {} are kept", kept.len(), sent.len());
    for (record, (id, row)) in kept.iter().zip(&sent) {
        ensure!(record.code.as_str() == row.code, "{id} is kept as {record:?}");
        let body = store.body(record.seq)?.context("no body")?;
        ensure!(
            row.body.starts_with(&body) && body.is_empty() == row.body.is_empty(),
            "{id}: other bytes are kept"
        );
    }
    Ok(())
}
