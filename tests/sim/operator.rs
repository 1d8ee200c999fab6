//! A person who asks by the admin API: releases what is in quarantine, now and then what is being
//! released or was released before, pauses sources, and takes from them again.

use std::collections::BTreeSet;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use kvit::service::SOURCES;
use kvit_adapters::store::{Store, Tables};
use kvit_schemas::record::{FateState, QuarantineRecord, Seq};
use serde_json::{Value, json};

use crate::checks::{Broken, Checked, Observer, must};
use crate::daemon::{Daemon, Task, poll};
use crate::dead::is_own;
use crate::story::Story;
use kvit_tests::dice::Dice;

/// Requests that are under way at a time: there are two who ask.
const REQUESTS: usize = 2;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Release { number: Seq, dry_run: bool },
    Pause(&'static str),
    Resume(&'static str),
}

pub(crate) type Answer = (StatusCode, Value);

#[derive(Default)]
pub(crate) struct Operator {
    asked: Vec<(Wish, Task<Answer>)>,
    /// Letters that were released and taken.
    pub(crate) released: BTreeSet<usize>,
    pub(crate) answered: Answered,
}

/// How often what was answered.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Answered {
    pub(crate) released: usize,
    /// Somebody was first, or nothing is to be released.
    pub(crate) late: usize,
    pub(crate) refused_again: usize,
    pub(crate) paused: usize,
    pub(crate) resumed: usize,
}

impl Answered {
    pub(crate) fn add(&mut self, other: &Self) {
        self.released += other.released;
        self.late += other.late;
        self.refused_again += other.refused_again;
        self.paused += other.paused;
        self.resumed += other.resumed;
    }
}

impl Operator {
    /// Hears what came of a request, or makes one; what was done, for the trace.
    pub(crate) fn act(
        &mut self,
        (daemon, story): (&Daemon, &Story),
        observer: &mut Observer,
        dice: &mut Dice,
        faults: bool,
    ) -> Result<Option<String>, Broken> {
        for at in 0..self.asked.len() {
            let Some(answer) = poll(&mut self.asked[at].1) else { continue };
            let wish = self.asked.remove(at).0;
            self.heard(wish, &answer, (&daemon.store, story), observer)?;
            return Ok(Some(format!("{wish:?} is answered {answer:?}")));
        }
        if self.asked.len() == REQUESTS {
            return Ok(None);
        }
        let wish = if faults { self.any(&daemon.store, dice) } else { left(&daemon.store) };
        let Some(wish) = wish.filter(|wish| self.may_ask(*wish, faults)) else { return Ok(None) };
        self.ask(wish, daemon, observer);
        Ok(Some(format!("{wish:?} is asked for")))
    }

    /// Nothing is asked for.
    pub(crate) fn is_idle(&self) -> bool {
        self.asked.is_empty()
    }

    /// Nothing is asked for, and nothing left to be done.
    pub(crate) fn is_done(&self, store: &Store) -> bool {
        self.is_idle() && left(store).is_none()
    }

    /// Nobody answers any more.
    pub(crate) fn crashed(&mut self) {
        self.asked.clear();
    }

    /// Of a source one thing at a time: what holds in the end would depend on who comes first. Of a
    /// message some ask twice at once, and one of them must be told.
    fn may_ask(&self, wish: Wish, faults: bool) -> bool {
        let mut asked = self.asked.iter().map(|(asked, _)| asked);
        match wish {
            Wish::Pause(source) | Wish::Resume(source) => {
                !asked.any(|it| [Wish::Pause(source), Wish::Resume(source)].contains(it))
            }
            Wish::Release { .. } => faults || !asked.any(|it| *it == wish),
        }
    }

    fn any(&self, store: &Store, dice: &mut Dice) -> Option<Wish> {
        if dice.one_in(3) {
            let source = dice.pick(&SOURCES).0;
            let pause = dice.one_in(2);
            return Some(if pause { Wish::Pause(source) } else { Wish::Resume(source) });
        }
        let kept = store.quarantine(None, usize::MAX).unwrap().items;
        let is_release = |wish: &Wish| matches!(wish, Wish::Release { .. });
        let again = self.asked.first().map(|(asked, _)| *asked).filter(is_release);
        let again = again.filter(|_| dice.one_in(2));
        let some = || Wish::Release { number: dice.pick(&kept).seq, dry_run: dice.one_in(4) };
        again.or_else(|| (!kept.is_empty()).then(some))
    }

    fn ask(&mut self, wish: Wish, daemon: &Daemon, observer: &mut Observer) {
        let mut body = json!({ "reason": "it is plain" });
        let path = match wish {
            Wish::Release { number, dry_run } => {
                body["dry_run"] = dry_run.into();
                format!("/v1/quarantine/{}/release", number.0)
            }
            Wish::Pause(source) => format!("/v1/sources/{source}/pause"),
            Wish::Resume(source) => {
                // From here on messages may come again.
                observer.paused.remove(source);
                format!("/v1/sources/{source}/resume")
            }
        };
        self.asked.push((wish, request(daemon, &path, &body)));
    }

    fn heard(
        &mut self,
        wish: Wish,
        (status, said): &Answer,
        (store, story): (&Store, &Story),
        observer: &mut Observer,
    ) -> Checked {
        let late = *status == StatusCode::CONFLICT && matches!(wish, Wish::Release { .. });
        must(late || *status == StatusCode::OK, || format!("{wish:?}: {status} {said}"))?;
        match wish {
            Wish::Release { .. } if late => self.answered.late += 1,
            Wish::Release { dry_run: true, .. } => {}
            Wish::Release { .. } if said["outcome"] == "refused again" => {
                self.answered.refused_again += 1;
            }
            Wish::Release { number, .. } => {
                self.answered.released += 1;
                observer.let_go.insert(number);
                let record = store.quarantined(number).unwrap().unwrap();
                let (id, body) = (property(&record, "message_id"), store.body(number).unwrap());
                let mut letters = story.letters.iter();
                self.released.extend(letters.position(|letter| {
                    Some(letter.id.as_str()) == id && Some(&letter.bytes) == body.as_ref()
                }));
            }
            Wish::Pause(source) => {
                self.answered.paused += 1;
                observer.paused.insert(source);
            }
            Wish::Resume(_) => self.answered.resumed += 1,
        }
        Ok(())
    }
}

/// A request of root at the admin socket: in a kvit without operators root may do everything.
pub(crate) fn request(daemon: &Daemon, path: &str, body: &Value) -> Task<Answer> {
    let request = Request::post(path).header("content-type", "application/json");
    let request = request.body(Body::from(body.to_string())).unwrap();
    let answered = kvit::admin::answer(daemon.shared(), 0, request);
    Box::pin(async {
        let (head, body) = answered.await.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        (head.status, serde_json::from_slice(&body).unwrap())
    })
}

fn property<'a>(record: &'a QuarantineRecord, name: &str) -> Option<&'a str> {
    let found = record.properties.iter().find(|(known, _)| known == name);
    found.map(|(_, value)| value.as_str())
}

/// What somebody must do so that nobody waits for ever: take from every source, and release each
/// dead letter of a party. One that was refused meanwhile is what it is.
fn left(store: &Store) -> Option<Wish> {
    let paused = store.pauses().unwrap();
    let is_paused = |(source, _): &&(&str, _)| paused.iter().any(|pause| pause.source == *source);
    if let Some((source, _)) = SOURCES.iter().find(is_paused) {
        return Some(Wish::Resume(source));
    }
    let kept = store.quarantine(None, usize::MAX).unwrap().items;
    let waits = kept.iter().find(|record| {
        let fate = store.fate(record.seq).unwrap();
        let untried = fate.state == FateState::Open && fate.attempts == 0;
        property(record, "header x-first-death-queue").is_some_and(is_own)
            && (untried || fate.state == FateState::Releasing)
    });
    waits.map(|record| Wish::Release { number: record.seq, dry_run: false })
}
