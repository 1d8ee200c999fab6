//! A person at the desk, who says which order the money is for that names none.

use kvit::pipeline::desk::{DeskAct, DeskEnded};
use kvit_adapters::store::{Store, Tables};
use kvit_schemas::record::{Case, Payment, SuspenseReason};
use tokio::sync::oneshot;

use crate::checks::Observer;
use crate::daemon::Daemon;
use kvit_tests::dice::Dice;

type Name = (String, String);

/// What the person has asked for and not been answered.
#[derive(Default)]
pub(crate) struct Desk {
    asked: Option<(Name, String, oneshot::Receiver<DeskEnded>)>,
    /// The person only wants to know what would happen.
    dry_run: bool,
}

impl Desk {
    pub(crate) fn is_idle(&self) -> bool {
        self.asked.is_none()
    }

    /// Reads the answer to what was asked, or asks for something; what was done, for the trace.
    pub(crate) fn act(
        &mut self,
        daemon: &Daemon,
        observer: &mut Observer,
        dice: &mut Dice,
        may_ask: bool,
    ) -> Option<String> {
        let Some((name, order, mut answer)) = self.asked.take() else {
            return if may_ask { self.ask(daemon, observer, dice) } else { None };
        };
        match answer.try_recv() {
            Ok(DeskEnded::Done(_)) if self.dry_run => Some("a person looked".to_owned()),
            Ok(DeskEnded::Done(_)) => {
                observer.persons.insert(name.clone(), order.clone());
                Some(format!("a person assigned {name:?} to {order}"))
            }
            Ok(other) => Some(format!("a person could not assign {name:?} to {order}: {other:?}")),
            Err(_) => {
                self.asked = Some((name, order, answer));
                None
            }
        }
    }

    fn ask(&mut self, daemon: &Daemon, observer: &mut Observer, dice: &mut Dice) -> Option<String> {
        let store = &daemon.store;
        let nameless =
            |payment: &Payment| payment.allocation.reason == Some(SuspenseReason::NoCode);
        let payments = store.suspense(None, usize::MAX).unwrap().items;
        let payments: Vec<Payment> = payments.into_iter().filter(nameless).collect();
        let cases = store.cases(None, usize::MAX).unwrap().items;
        let cases: Vec<Case> = cases.into_iter().filter(|it| it.application.is_some()).collect();
        if payments.is_empty() || cases.is_empty() {
            return None;
        }
        let (payment, case) = (dice.pick(&payments), dice.pick(&cases));
        let (order_code, number) = (case.order_code, payment.seq);
        let dry_run = dice.one_in(3);
        let answer = daemon.ask(DeskAct::Assign { payment: number, order_code }, dry_run)?;
        let (name, order) = (name(payment), order_code.to_string());
        self.dry_run = dry_run;
        if !dry_run {
            observer.asked.insert(name.clone(), order.clone());
        }
        let said = format!("a person asks to assign {name:?} to {order}");
        self.asked = Some((name, order, answer));
        Some(said)
    }

    /// Nobody answers any more: the person looks whether it was done.
    pub(crate) fn crashed(&mut self, store: &Store, observer: &mut Observer) {
        let Some((name, order, _)) = self.asked.take() else { return };
        let payment = store.payment_by_identity(&name.0.parse().unwrap(), &name.1).unwrap();
        let assigned = payment.and_then(|payment| payment.assigned);
        if assigned.is_some_and(|it| it.order_code.to_string() == order) {
            observer.persons.insert(name, order);
        }
    }
}

fn name(payment: &Payment) -> Name {
    let main = payment.main().unwrap();
    (main.feed.to_string(), main.payment_id.to_string())
}
