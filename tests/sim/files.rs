//! Statement files: ERIP registers of what was credited, made of the seed. Some have more rows than
//! kvit takes in one step.

use std::fmt::Write;

use kvit::pipeline::Queue;
use serde_json::{Value, json};

use crate::story::{Fate, Letter, Story, When};
use kvit_tests::dice::Dice;

/// A register 210 with payments of orders of the story, and perhaps many of unknown ones.
pub(crate) fn add(story: &mut Story, seed: u64, dice: &mut Dice) {
    let codes: Vec<String> = story
        .letters
        .iter()
        .filter(|letter| letter.kind == "application.submitted.v1")
        .filter_map(|letter| letter.says[0]["order_code"].as_str().map(str::to_owned))
        .collect();
    let many = if dice.one_in(4) { 210 + dice.below(40) } else { 1 + dice.below(8) };
    let mut says = Vec::new();
    let mut rows = String::new();
    for row in 0..many {
        let unknown = format!("9{:029}", row + 1);
        let code = codes.get(row % 4).filter(|_| row < 4).unwrap_or(&unknown);
        let id = format!("8{:06}{row:04}", seed % 1_000_000);
        let (minute, second) = (row / 60, row % 60);
        let _ = write!(
            rows,
            "{}^1^{code}^UZORNY^^^20.00^0.00^20.00^20260309{:02}{minute:02}{second:02}^^^{id}^81^K7^MS^^^1^5\r\n",
            row + 1,
            19
        );
        let paid_at = format!("2026-03-09T19:{minute:02}:{second:02}+03:00");
        says.push(report(&id, code, &paid_at));
    }
    let total = format!("{}.00", many * 20);
    let head = format!(
        "5^70000007^1^20260310101010^{many}^740^100000007^795^BY00TEST30120000000000000933^E1^\
         20260310101010^933^{total}^0.00^{total}^740^BY00TEST^03002\r\n"
    );
    let letter = Letter {
        id: String::new(),
        user: "erip",
        queue: Queue::Files,
        key: "erip.file".to_owned(),
        kind: "statement.file.v1",
        bytes: (head + &rows).into_bytes(),
        file_name: Some("1.210".to_owned()),
        says,
        when: When::Any,
        fate: Fate::Taken,
    };
    story.add(letter.clone());
    if dice.one_in(3) {
        // The same bytes under another name: every row is known.
        story.add(letter);
    }
}

fn report(id: &str, code: &str, paid_at: &str) -> Value {
    json!({ "feed": "erip", "payment_id": id, "state": "credited", "order_code": code,
        "amount": { "amount": "20.00", "currency": "BYN" }, "paid_at": paid_at })
}
