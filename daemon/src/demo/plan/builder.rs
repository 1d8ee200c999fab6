//! Puts a plan together, order by order.

use kvit_adapters::amqp::Speaker;
use kvit_schemas::{ApplicantKind, Day, EvidencePolicy, Identification, Moment, Money, Region};

use super::make::Play;
use super::rng::Rng;
use super::{Event, Expected, Plan, Post, Purse, Sum, rejects};
use crate::catalogue::{Catalogue, Procedure};
use crate::demo::bank::{self, Paid, Register};
use crate::demo::cast::Cast;
use crate::demo::{agency, portal};

/// How many orders are thrown away before it is believed that an agency gets none.
const ROUTES_TRIED: usize = 2_000;

/// What is known of an order before its scenario begins.
#[derive(Debug, Clone)]
pub(super) struct Order {
    pub(super) code: String,
    pub(super) portal: String,
    pub(super) other_portal: String,
    pub(super) procedure: Procedure,
    pub(super) kind: ApplicantKind,
    pub(super) region: Region,
    pub(super) locality: Option<&'static str>,
    pub(super) identification: Identification,
    /// What the catalogue asks for, in minor units.
    pub(super) fee: Option<i64>,
    /// Accepted money is enough.
    pub(super) accepted_counts: bool,
    pub(super) agency: String,
    pub(super) submitted: Moment,
}

/// What has been planned so far.
pub(super) struct Builder {
    pub(super) plan: Plan,
    pub(super) rng: Rng,
    pub(super) today: Day,
    pub(super) cast: Cast,
    numbers_from: u64,
    serial: u64,
    early: Vec<Post>,
    start: Vec<Post>,
    erip_rows: Vec<Paid>,
    statement_rows: Vec<Paid>,
}

impl Builder {
    pub(super) fn new(today: Day, (cast, how): (&Cast, &Play)) -> Self {
        Self {
            plan: Plan::default(),
            rng: Rng::new(how.seed),
            today,
            cast: cast.clone(),
            numbers_from: how.numbers_from,
            serial: 0,
            early: Vec::new(),
            start: Vec::new(),
            erip_rows: Vec::new(),
            statement_rows: Vec::new(),
        }
    }

    /// The next order whose case goes to an agency that is in the play.
    pub(super) fn order_for_us(
        &mut self,
        catalogue: &Catalogue,
        (from, count): (&[(&Procedure, ApplicantKind)], usize),
    ) -> anyhow::Result<Order> {
        for tried in 0..ROUTES_TRIED {
            let (procedure, kind) = from[(count + tried) % from.len()];
            let order = self.order(catalogue, procedure, kind)?;
            if self.cast.agencies.contains(&order.agency) {
                return Ok(order);
            }
        }
        anyhow::bail!("the catalogue routes nothing to the agencies that are to be played")
    }

    /// A number that nothing else in the plan has.
    pub(super) fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// The same, also in plays of another seed against the same daemon.
    pub(super) fn next_number(&mut self) -> u64 {
        self.numbers_from + self.next_serial()
    }

    /// A moment some days and seconds before today.
    pub(super) fn before(&self, days: u32, seconds: i64) -> Moment {
        self.today.minus_days(days).start().plus_seconds(seconds)
    }

    /// Thirty digits that nothing else in the plan has.
    pub(super) fn code(&mut self) -> String {
        let (high, low) = (self.rng.below(10_u64.pow(12)), self.rng.below(10_u64.pow(10)));
        let serial = self.next_serial();
        format!("{high:012}{low:010}{serial:08}")
    }

    fn order(
        &mut self,
        catalogue: &Catalogue,
        procedure: &Procedure,
        kind: ApplicantKind,
    ) -> anyhow::Result<Order> {
        let region = *self.rng.pick(&Region::ALL);
        let locality = (region == Region::Brest && self.rng.below(2) == 0).then_some("Баранавічы");
        let days = u32::try_from(self.rng.below(8)).unwrap_or_default() + 2;
        let submitted = self.before(days, 3600);
        let rule = procedure.applicants.get(&kind);
        let rule = rule.ok_or_else(|| anyhow::anyhow!("no such applicant"))?;
        let portals = self.cast.portals.len();
        let flip = self.rng.place(portals);
        Ok(Order {
            code: self.code(),
            portal: self.cast.portals[flip].clone(),
            other_portal: self.cast.portals[(flip + 1) % portals].clone(),
            kind,
            region,
            locality,
            identification: rule.identification,
            fee: catalogue.fee(procedure, kind, submitted.day())?.map(Money::minor),
            accepted_counts: procedure.policy.evidence != EvidencePolicy::Credited,
            agency: catalogue.route(procedure, region, locality)?.id.to_string(),
            procedure: procedure.clone(),
            submitted,
        })
    }

    /// Said before the rest of the block.
    pub(super) fn early(&mut self, post: Post) {
        self.early.push(post);
    }

    /// Said at any time.
    pub(super) fn say(&mut self, post: Post) {
        self.start.push(post);
    }

    /// Said once something was seen.
    pub(super) fn answer(&mut self, event: Event, post: Post) {
        self.plan.answers.entry(event).or_default().push(post);
    }

    /// The application with this fee and exemption.
    pub(super) fn application(
        &mut self,
        order: &Order,
        (fee, exemption): (Option<i64>, Option<&str>),
    ) -> Post {
        let body = portal::application(&portal::Application {
            code: &order.code,
            procedure: order.procedure.code.as_str(),
            submitted_at: order.submitted,
            kind: kind_word(order.kind),
            region: order.region.as_str(),
            locality: order.locality,
            identification: identification_word(order.identification),
            fee,
            exemption,
        });
        let id = format!("app-{}", order.code);
        portal::post(&order.portal, "application.submitted.v1", id, &body)
    }

    /// The ordinary application, said at any time.
    pub(super) fn apply(&mut self, order: &Order) {
        let post = self.application(order, (order.fee, None));
        self.say(post);
    }

    /// A payment for the order, so many hours after its submission.
    pub(super) fn pay(&mut self, order: &Order, amount: i64, hours: i64) -> Paid {
        Paid {
            id: format!("{}", 710_000_000_000 + self.next_number()),
            code: Some(order.code.clone()),
            purpose: None,
            amount,
            currency: "BYN",
            at: order.submitted.plus_seconds(hours * 3600),
            document: None,
        }
    }

    /// ERIP's messages about a payment.
    pub(super) fn online(&mut self, paid: &Paid, states: &[&str]) {
        for state in states {
            let post = self.message(paid, state);
            self.say(post);
        }
    }

    /// One of ERIP's messages about a payment.
    pub(super) fn message(&mut self, paid: &Paid, state: &str) -> Post {
        let id = format!("erip-{}-{state}", paid.id);
        let it = &self.cast.online;
        bank::post(&it.bank, &it.feed, id, &bank::reported(&it.feed, paid, state))
    }

    /// A message of the bank that may only say that it accepted money.
    pub(super) fn over_the_counter(&mut self, paid: &Paid) {
        let Some(it) = &self.cast.counter else { return };
        let body = bank::reported(&it.feed, paid, "accepted");
        let post = bank::post(&it.bank, &it.feed, format!("pb-{}", paid.id), &body);
        self.say(post);
        self.sum(Purse::Counter, "BYN", Sum { accepted: paid.amount, ..Sum::default() });
    }

    /// A row of the next 206 file, and of the 210 file that follows it.
    pub(super) fn by_register(&mut self, paid: Paid) {
        self.erip_rows.push(paid);
    }

    /// A row of the next statement.
    pub(super) fn by_statement(&mut self, paid: Paid) {
        self.statement_rows.push(paid);
    }

    /// One register as a message.
    pub(super) fn register(&mut self, kind: Register, rows: &[Paid]) -> Post {
        let number = self.next_number();
        let made = self.before(1, i64::try_from(number % 80_000).unwrap_or_default());
        let it = &self.cast.online;
        let text = bank::register(kind, (number, made, &it.owner), rows);
        let name = format!("{number:07}.{}", kind.number());
        let read = u64::try_from(rows.len()).unwrap_or_default();
        let end = super::End::File("applied", read, 0);
        bank::file(&it.bank, &it.feed, (format!("file-{name}"), name), (&text, end))
    }

    /// Credited money of ERIP's feed, with its commission.
    pub(super) fn credited(
        &mut self,
        paid: &Paid,
        (settled, refund_due, suspense): (i64, i64, i64),
    ) {
        let (gross, withheld) = (paid.amount, bank::commission(paid.amount));
        let sum = Sum { gross, settled, suspense, refund_due, withheld, ..Sum::default() };
        self.sum(Purse::Online, paid.currency, sum);
    }

    /// Where money must be at the end.
    pub(super) fn sum(&mut self, purse: Purse, currency: &'static str, more: Sum) {
        let voice = match purse {
            Purse::Online => Some(&self.cast.online),
            Purse::Statements => self.cast.statements.as_ref(),
            Purse::Counter => self.cast.counter.as_ref(),
        };
        let Some(voice) = voice else { return };
        let sum = self.plan.money.entry((voice.feed.clone(), currency)).or_default();
        sum.gross += more.gross;
        sum.settled += more.settled;
        sum.suspense += more.suspense;
        sum.refund_due += more.refund_due;
        sum.reversed += more.reversed;
        sum.withheld += more.withheld;
        sum.accepted += more.accepted;
    }

    /// The agency registers the case and decides it; the portal shows the decision.
    pub(super) fn decide(
        &mut self,
        order: &Order,
        (nth, agency): (usize, &str),
        outcome: &str,
    ) -> String {
        let decision = format!("dec-{}-1", order.code);
        self.accept(order, nth, agency);
        let body = agency::decided(&order.code, &decision, (outcome, None), self.before(1, 40_000));
        let post = agency::post(agency, "case.decided.v1", format!("m-{decision}"), &body);
        self.answer(Event::Assigned(order.code.clone(), nth), post);
        self.acknowledge(order, &decision);
        decision
    }

    /// The agency registers the case.
    pub(super) fn accept(&mut self, order: &Order, nth: usize, agency: &str) {
        let body = agency::accepted(&order.code, self.before(1, 30_000));
        let id = format!("acc-{}-{nth}", order.code);
        let post = agency::post(agency, "case.accepted.v1", id, &body);
        self.answer(Event::Assigned(order.code.clone(), nth), post);
    }

    /// The portal says that the decision was shown.
    pub(super) fn acknowledge(&mut self, order: &Order, decision: &str) {
        let body = portal::acknowledged(&order.code, decision, self.before(1, 50_000));
        let id = format!("ack-{decision}");
        let post = portal::post(&order.portal, "decision.acknowledged.v1", id, &body);
        self.answer(Event::Decided(decision.to_owned()), post);
    }

    /// A withdrawal by the order's portal.
    pub(super) fn withdrawal(&mut self, order: &Order) -> Post {
        let body = portal::withdrawn(&order.code, order.submitted.plus_seconds(7200));
        let id = format!("wd-{}", order.code);
        portal::post(&order.portal, "application.withdrawn.v1", id, &body)
    }

    /// Closes the files of a block, and shuffles its messages.
    pub(super) fn end_block(&mut self) {
        let rows = std::mem::take(&mut self.erip_rows);
        for rows in rows.chunks(60) {
            let taken = self.register(Register::Accepted, rows);
            let passed_on = self.register(Register::Credited, rows);
            rejects::around_a_file(self, &taken, rows);
            self.answer(Event::Reported(taken.id.clone()), passed_on);
            self.say(taken);
        }
        let rows = std::mem::take(&mut self.statement_rows);
        let Some(it) = self.cast.statements.clone() else { return self.shuffle() };
        for rows in rows.chunks(60) {
            let name = format!("vypiska-{}.txt", self.next_number());
            let read = u64::try_from(rows.len()).unwrap_or_default();
            let end = super::End::File("applied", read, 0);
            let text = bank::statement(&it.owner.account, rows);
            let named = (format!("file-{name}"), name);
            self.say(bank::file(&it.bank, &it.feed, named, (&text, end)));
        }
        self.shuffle();
    }

    fn shuffle(&mut self) {
        for mut wave in [std::mem::take(&mut self.early), std::mem::take(&mut self.start)] {
            self.rng.shuffle(&mut wave);
            self.plan.opening.append(&mut wave);
        }
    }
}

impl Order {
    /// What is due, in minor units.
    pub(super) fn due(&self) -> i64 {
        self.fee.unwrap_or_default()
    }

    /// An end of this order in which the case never reaches an agency.
    pub(super) fn ends(&self, status: &'static str, settled: i64) -> Expected {
        Expected {
            portal: self.portal.clone(),
            status,
            due: self.fee,
            settled: self.fee.map(|_| settled),
            agencies: vec![self.agency.clone()],
            ..Expected::default()
        }
    }
}

fn kind_word(kind: ApplicantKind) -> &'static str {
    match kind {
        ApplicantKind::Citizen => "citizen",
        ApplicantKind::Foreigner => "foreigner",
        ApplicantKind::Entrepreneur => "entrepreneur",
        ApplicantKind::Organisation => "organisation",
    }
}

fn identification_word(level: Identification) -> &'static str {
    match level {
        Identification::Password => "password",
        Identification::UniqueId => "unique_id",
        Identification::Eds => "eds",
    }
}

/// A message with the same facts under another id.
pub(super) fn again(post: &Post) -> Post {
    Post { id: format!("{}-again", post.id), ..post.clone() }
}

/// The same message, said by another party.
pub(super) fn said_by(speaker: &str, post: &Post) -> Post {
    Post { speaker: Speaker::Other(speaker.to_owned()), ..post.clone() }
}
