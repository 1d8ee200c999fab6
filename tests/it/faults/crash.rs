//! Crash points: the process ends at a named place between taking and acknowledging, sending and
//! forgetting, applying and moving a file. Started anew on the same directory it goes on, and the
//! end is that of a play in which nothing happened.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use kvit::queries;
use kvit_adapters::crash::{Point, VARIABLE};
use kvit_schemas::Code;
use kvit_tests::broker::{PATIENCE, Peer, until};
use kvit_tests::child::Process;
use kvit_tests::daemon::{Got, Send, World};
use kvit_tests::files::register;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use super::{ask, remove};

/// Plays at a time.
const AT_ONCE: usize = 3;
/// Rows of the register: three steps.
const ROWS: u64 = 450;
/// The queues of the parties.
const QUEUES: [&str; 5] = [
    "portal.portal.out",
    "agency.agency-a.inbox",
    "agency.agency-b.inbox",
    "bank.erip.reports",
    "ops.out",
];

/// Told to end there, the process does; the next one goes on. What a party said and was told, and
/// what the store holds, is at the end as if nothing had been.
#[tokio::test]
async fn after_a_crash_at_any_point_the_end_is_the_same() -> Result<()> {
    let calm = play(None).await?;
    ensure!(calm.lives == 1, "nothing happens to a daemon that is told nothing");
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let mut plays = JoinSet::new();
    for (point, times) in Point::ALL.into_iter().flat_map(when) {
        let turns = Arc::clone(&turns);
        plays.spawn(async move {
            let _turn = turns.acquire().await?;
            let told = format!("{point:?}:{times}");
            let end = play(Some(told.clone())).await;
            Ok::<_, anyhow::Error>((told, end))
        });
    }
    let mut wrong = Vec::new();
    while let Some(played) = plays.join_next().await {
        let (told, end) = played??;
        match end {
            Err(error) => wrong.push(format!("{told}: {error:#}")),
            Ok(end) if end.lives != 2 => wrong.push(format!("{told}: {} lives", end.lives)),
            Ok(end) => wrong.extend(calm.differences(&end).map(|what| format!("{told}: {what}"))),
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

/// The first time a point is come to, and a later one, where it is come to more often.
fn when(point: Point) -> Vec<(Point, u32)> {
    let later = match point {
        Point::Opened | Point::Draining | Point::Closing => None,
        Point::FileEnded | Point::FileUnmoved | Point::FileReported | Point::FileMoved => None,
        Point::ReleaseClaimed | Point::ReleaseTaken | Point::Acted => None,
        Point::FileStep | Point::Worked => Some(2),
        Point::Received | Point::Checked | Point::Judged | Point::Applied => Some(5),
        Point::Flushed | Point::Synced | Point::Acknowledging | Point::Acknowledged => Some(6),
        Point::HandedOn | Point::Publishing | Point::Published => Some(4),
        Point::Confirmed | Point::Forgotten => Some(3),
    };
    [1].into_iter().chain(later).map(|times| (point, times)).collect()
}

/// What is left of a play.
struct End {
    /// How many processes it took.
    lives: usize,
    /// What parties were told, and what the store holds: as text, without what a play has of its
    /// own.
    lines: BTreeSet<String>,
}

impl End {
    fn differences<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = String> + 'a {
        let missing = self.lines.difference(&other.lines).map(|line| format!("missing: {line}"));
        missing.chain(other.lines.difference(&self.lines).map(|line| format!("new: {line}")))
    }
}

/// Keeps a daemon alive: one that crashed is followed by one that is told nothing.
struct Keeper {
    stop: CancellationToken,
    lives: JoinHandle<Result<usize>>,
}

impl Keeper {
    async fn start(world: Arc<World>, told: Option<String>) -> Result<Self> {
        let environment: Vec<(&str, String)> =
            told.map(|told| (VARIABLE, told)).into_iter().collect();
        let mut process = world.process_unready(&environment)?;
        let stop = CancellationToken::new();
        let token = stop.clone();
        let lives = tokio::spawn(async move {
            let (mut lives, mut told) = (1, false);
            loop {
                if let Some(ended) = process.ended()? {
                    if ended.success() && token.is_cancelled() {
                        return Ok(lives);
                    }
                    ensure!(
                        ended.signal() == Some(6),
                        "it ended otherwise: {ended}\n{}",
                        world.log()
                    );
                    process = world.process_unready(&[])?;
                    (lives, told) = (lives + 1, false);
                } else if token.is_cancelled() && !told && is_up(&process) {
                    process.terminate()?;
                    told = true;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
        Ok(Self { stop, lives })
    }

    async fn end(self) -> Result<usize> {
        self.stop.cancel();
        tokio::time::timeout(PATIENCE, self.lives).await.context("it does not stop")??
    }
}

/// It handles signals by now.
fn is_up(process: &Process) -> bool {
    process.get("/livez").is_ok()
}

/// A play under way.
struct Play {
    world: Arc<World>,
    peer: Peer,
    folder: PathBuf,
    /// What parties were told, by queue and id: what comes twice is one.
    told: BTreeMap<(&'static str, String), Got>,
}

async fn play(told: Option<String>) -> Result<End> {
    let mut world = World::new()?;
    let folder = world.directory().join("drop");
    fs::create_dir(&folder)?;
    world.set.push(("feeds.erip.folder".to_owned(), folder.display().to_string()));
    world.set.push(("feeds.erip.folder_complete".to_owned(), "marker".to_owned()));
    world.set.push(("folders.poll_seconds".to_owned(), "1".to_owned()));
    let world = Arc::new(world);
    let keeper = Keeper::start(Arc::clone(&world), told).await?;
    let peer = world.peer().await?;
    let mut play = Play { world: Arc::clone(&world), peer, folder, told: BTreeMap::new() };
    play.ready().await?;
    play.acts().await.with_context(|| format!("\n{}", world.log()))?;
    let lives = keeper.end().await?;
    play.rest().await?;
    remove(&world).await?;
    let mut lines = play.heard();
    lines.extend(kept(&world)?);
    lines.extend(lying(&play.folder)?);
    Ok(End { lives, lines })
}

impl Play {
    async fn ready(&self) -> Result<()> {
        let queue = self.world.name("agency.in");
        until("a daemon consumes", || async {
            let peer = self.world.peer().await?;
            Ok(peer.consumers(&queue).await.is_ok_and(|many| many > 0))
        })
        .await
    }

    /// All kinds of what happens to a daemon, one after the other.
    async fn acts(&mut self) -> Result<()> {
        self.orders().await?;
        self.files().await?;
        self.deal_with("a5", "discard", json!({})).await
    }

    async fn orders(&mut self) -> Result<()> {
        let (paid, free, unpaid) = (code(17), code(18), code(19));
        self.say("portal", "application.submitted.v1", "a1", application(&paid, "credited"))
            .await?;
        self.say("portal", "application.submitted.v1", "a2", application(&free, "elsewhere"))
            .await?;
        self.say("portal", "application.submitted.v1", "a3", application(&unpaid, "credited"))
            .await?;
        self.heard_from("portal.portal.out", 3).await?;
        let payment = json!({ "feed": "erip", "payment_id": "1200000001", "state": "credited",
            "order_code": paid, "amount": { "amount": "45.00", "currency": "BYN" },
            "paid_at": "2026-03-05T12:00:00+03:00" });
        self.say("erip", "payment.reported.v1", "p1", payment).await?;
        self.heard_from("agency.agency-a.inbox", 1).await?;
        let accepted = json!({ "order_code": paid, "registration_number": "12/3",
            "registered_at": "2026-03-06T12:00:00+03:00" });
        self.say("agency-a", "case.accepted.v1", "c1", accepted).await?;
        let decided = json!({ "order_code": paid, "decision_id": "d1", "outcome": "granted",
            "decided_at": "2026-03-09T12:00:00+03:00", "title": "Рашэнне", "text": "Выдадзена",
            "delivery": "electronic" });
        self.say("agency-a", "case.decided.v1", "c2", decided).await?;
        self.heard_from("portal.portal.out", 7).await?;
        let shown = json!({ "order_code": paid, "decision_id": "d1",
            "shown_at": "2026-03-09T13:00:00+03:00" });
        self.say("portal", "decision.acknowledged.v1", "a4", shown).await?;
        self.say("portal", "application.withdrawn.v1", "a5", json!({ "no": "order" })).await?;
        self.heard_from("portal.portal.out", 8).await
    }

    async fn files(&mut self) -> Result<()> {
        self.file("f1", register(901, ROWS)).await?;
        self.heard_from("bank.erip.reports", 1).await?;
        self.dropped().await?;
        self.act("/v1/schedules/expiry/run").await?;
        self.heard_from("portal.portal.out", 9).await?;
        self.file("f2", "cut off".to_owned()).await?;
        let mended = json!({ "replacement": BASE64_STANDARD.encode(register(903, ROWS)) });
        self.deal_with("f2", "release", mended).await?;
        self.heard_from("bank.erip.reports", 4).await
    }

    async fn say(&self, party: &str, kind: &str, id: &str, body: Value) -> Result<()> {
        let unversioned = kind.trim_end_matches(".v1");
        let (exchange, key) = match party {
            "erip" => ("bank.in", "erip.payment"),
            "portal" => ("portal.in", unversioned),
            agency => ("agency.in", agency),
        };
        let (user, body) = (Some(party), serde_json::to_vec(&body)?);
        self.world.send(&self.peer, Send { exchange, key, kind, user, id, body, file: None }).await
    }

    async fn file(&self, id: &str, text: String) -> Result<()> {
        let message = Send {
            exchange: "bank.in",
            key: "erip.file",
            kind: "statement.file.v1",
            user: Some("erip"),
            id,
            body: text.into_bytes(),
            file: Some("0000901.206"),
        };
        self.world.send(&self.peer, message).await
    }

    async fn dropped(&mut self) -> Result<()> {
        fs::write(self.folder.join("0000902.206"), register(902, 3))?;
        let marker = self.folder.join("0000902.206.done");
        fs::write(&marker, "")?;
        let moved = self.folder.join("done/0000902.206");
        until("the file is moved", || async { Ok(moved.exists() && !marker.exists()) }).await?;
        self.heard_from("bank.erip.reports", 2).await
    }

    /// A person who asks until there is an answer: it may have been done the first time already.
    async fn act(&self, path: &str) -> Result<()> {
        let wish = json!({ "reason": "to see" });
        until("the act is answered", || async {
            let answered = ask(&self.world, "POST", path, Some(&wish)).await;
            Ok(answered.is_ok_and(|(status, _)| status == 200))
        })
        .await
    }

    /// A person who deals with a message in quarantine until it is not among what is to be dealt
    /// with any more.
    async fn deal_with(&self, message_id: &str, verb: &str, mut wish: Value) -> Result<()> {
        wish["reason"] = "to see".into();
        let listed = async |state: &str| {
            let path = format!("/v1/quarantine{state}");
            let (_, body) = ask(&self.world, "GET", &path, None).await.ok()?;
            let found = |it: &&Value| it["message_id"] == message_id;
            Some(body["items"].as_array()?.iter().find(found).cloned())
        };
        until("it is kept", || async { Ok(listed("?state=all").await.flatten().is_some()) })
            .await?;
        until("it is dealt with", || async {
            let Some(left) = listed("").await else { return Ok(false) };
            if let Some(kept) = &left {
                let path = format!("/v1/quarantine/{}/{verb}", kept["number"]);
                // Whether it worked shows in the next list, also when the answer was lost.
                let _ = ask(&self.world, "POST", &path, Some(&wish)).await;
            }
            Ok(left.is_none())
        })
        .await
    }

    /// Takes what is in the parties' queues until so many different messages came by one.
    async fn heard_from(&mut self, queue: &'static str, many: usize) -> Result<()> {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            self.rest().await?;
            let came = self.told.keys().filter(|(from, _)| *from == queue).count();
            if came >= many {
                return Ok(());
            }
            let late = tokio::time::Instant::now() > deadline;
            ensure!(!late, "{queue}: {came} of {many}: {:#?}", self.told);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Takes all that is in the parties' queues now.
    async fn rest(&mut self) -> Result<()> {
        for queue in QUEUES {
            let ready = usize::try_from(self.peer.ready(&self.world.name(queue)).await?)?;
            for got in self.world.take(&self.peer, queue, ready).await? {
                self.told.insert((queue, got.message_id.clone()), got);
            }
        }
        Ok(())
    }

    /// What parties were told: each message once, without its id and the moment.
    fn heard(&self) -> BTreeSet<String> {
        let mut lines: BTreeMap<String, usize> = BTreeMap::new();
        for ((queue, _), got) in &self.told {
            let mut body = got.body.clone();
            for name in ["at", "assigned_at"] {
                if let Some(members) = body.as_object_mut() {
                    members.remove(name);
                }
            }
            // The cause that a file of a folder is, is named by where the file lies on the disk.
            let cause = got.cause.as_deref().and_then(|cause| cause.split("drop-").next());
            let line = format!("{queue} {} {body} by {cause:?}", got.kind);
            *lines.entry(line).or_default() += 1;
        }
        // What was refused leaves no mark (contract 2): come again, it is refused and answered again,
        // or in conflict with what a person has released in its place.
        lines.retain(|line, _| !(line.contains("KV1201") && line.contains("\"f2\"")));
        let refused = |line: &str| line.contains("refused") || line.contains("file_rejected");
        let many = |(line, many): (String, usize)| {
            let many = if refused(&line) { 1 } else { many };
            format!("{many} × {line}")
        };
        lines.into_iter().map(many).collect()
    }
}

/// What the store of a stopped daemon holds, and that it is sound.
fn kept(world: &World) -> Result<BTreeSet<String>> {
    let store = world.open_store()?;
    let found = queries::verify_store(&store, |_| ())?;
    ensure!(found.sound, "{found:?}");
    ensure!(queries::verify_audit(&store, |_| ())?.sound, "the audit chain");
    ensure!(store.outbox(None, 1)?.is_empty(), "something is left in the outbox");
    let mut lines = BTreeSet::new();
    for payment in store.payments(None, 1_000)?.items {
        let seen = &payment.sightings[0];
        lines.insert(format!(
            "payment {} {:?} {:?} {:?}",
            seen.payment_id, seen.state, seen.amount, payment.allocation
        ));
    }
    for case in store.cases(None, 100)?.items {
        let decision = case.decision().map(|it| (it.decision_id.to_string(), it.acknowledged));
        lines.insert(format!("case {} {decision:?}", case.order_code));
    }
    lines.insert(format!("ledger {:?}", store.check_ledger()?.kept));
    let kept = store.quarantine(None, 10)?.items;
    let refused = kept.iter().filter(|it| it.code != Code::MESSAGE_ID_REUSED);
    lines.extend(refused.map(|it| format!("kept {}", it.code)));
    Ok(lines)
}

/// The files of a drop folder, wherever they were moved.
fn lying(folder: &Path) -> Result<BTreeSet<String>> {
    let mut lines = BTreeSet::new();
    for place in ["", "done"] {
        for entry in fs::read_dir(folder.join(place))? {
            lines.insert(format!("lies {place}/{}", entry?.file_name().display()));
        }
    }
    Ok(lines)
}

fn code(number: u64) -> String {
    format!("{number:030}")
}

fn application(code: &str, procedure: &str) -> Value {
    let fee = (procedure != "elsewhere").then(|| json!({ "amount": "45.00", "currency": "BYN" }));
    json!({ "order_code": code, "procedure": procedure, "submitted_at": "2026-03-05T10:15:00+03:00",
        "applicant": { "kind": "citizen", "name": "Іваноў Іван", "region": "BY-HM" },
        "identification": "eds", "language": "be", "fee": fee, "form": {} })
}
