//! Orders and numbers that far too many payments share: they are refused, or not listed, and cost
//! no more than others.

use kvit_adapters::store::{Tables, Under};
use kvit_schemas::message::PaymentState;
use kvit_schemas::record::Sighting;
use kvit_schemas::{Code, Moment};

use super::*;
use crate::engine::{PAYMENTS_MAX, Report};

impl Desk {
    /// Rows of the store that were read so far.
    fn rows_read(&self) -> u64 {
        match self.store.under() {
            Under::Memory(rows) => rows.rows_read(),
            Under::Sled(_) => unreachable!("a desk's store is in memory"),
        }
    }

    /// A line of the bank about 45.00 BYN under a document's number, or a transfer's lump.
    fn line(&mut self, id: usize, code: Option<&str>, is_lump: bool) -> Ended {
        let day: Moment = "2026-03-04T00:00:00+03:00".parse().unwrap();
        let feed = if is_lump { "erip" } else { "bank" };
        self.act(Input::Report(Report {
            feed: feed.parse().unwrap(),
            payment_id: format!("line-{id}").parse().unwrap(),
            weak_identity: false,
            state: PaymentState::Credited,
            amount: kvit_schemas::Money::parse("45.00", "BYN".parse().unwrap()).unwrap(),
            withheld: None,
            paid_at: day,
            booked_on: Some(day.day()),
            quoted: None,
            found: code.map(|code| code.parse().unwrap()).into_iter().collect(),
            references: vec![(Sighting::TRANSFER.to_owned(), "1/45.00 BYN".to_owned())],
            is_lump,
        }))
    }
}

#[test]
fn an_order_takes_so_many_payments_and_refuses_more() {
    let mut desk = Desk::new();
    desk.apply_for(CODE);
    for nth in 0..PAYMENTS_MAX {
        assert!(matches!(desk.line(nth, Some(CODE), false), Ended::Applied(_)));
    }
    let (totals, before) = (desk.store.totals().unwrap(), desk.rows_read());
    for nth in 0..20 {
        let ended = desk.line(1_000 + nth, Some(CODE), false);
        assert!(matches!(ended, Ended::Refused(refused) if refused.code == Code::TOO_MANY));
    }
    let read = desk.rows_read() - before;
    assert!(read < 20 * 20, "{read} rows");
    assert_eq!(desk.store.totals().unwrap(), totals, "what is refused moves no money");
    assert!(matches!(desk.line(7, Some(CODE), false), Ended::Applied(_)), "that is known");
}

#[test]
fn lines_under_one_number_cost_the_same_however_many_there_are() {
    let mut desk = Desk::new();
    let mut cost = Vec::new();
    for nth in 0..1_500 {
        let before = desk.rows_read();
        let code = (nth % 2 == 0).then(|| format!("{:030}", 7 * nth + 1));
        let _ = desk.line(nth, code.as_deref(), false);
        cost.push(desk.rows_read() - before);
    }
    let (early, late) = (cost[100..200].iter().sum::<u64>(), cost[1_400..].iter().sum::<u64>());
    assert!(late <= early + 200, "{early} rows for the second hundred, {late} for the last");
    let before = desk.rows_read();
    let _ = desk.line(5_000, None, true);
    let read = desk.rows_read() - before;
    assert!(read < 200, "{read} rows for a lump");
    let lump = desk.store.payment_by_identity(&"erip".parse().unwrap(), "line-5000").unwrap();
    assert_eq!(lump.unwrap().sightings.len(), 2, "it is joined with one of the newest lines");
}
