//! The engine against the contract: scripts in, transcripts out.

mod agencies;
mod applications;
mod convergence;
mod decisions;
mod held;
mod matching;
mod money;
mod people;
mod portals;
mod reversals;
mod script;
mod sightings;
mod terms;
mod transcript;
mod window;
mod world;

use std::fmt::Write;

use expect_test::Expect;
use kvit_schemas::Day;
use kvit_schemas::record::Timer;

use super::{Input, Rules};
use script::Line;
use world::{World, rules};

/// Plays a script and compares what kvit says. Each line takes a minute.
#[track_caller]
fn check(script: &str, expected: Expect) {
    check_with(rules(), script, expected);
}

#[track_caller]
fn check_with(rules: Rules, script: &str, expected: Expect) {
    let mut world = World::new(rules);
    let mut text = String::new();
    let lines = script.lines().map(str::trim).filter(|line| !line.is_empty());
    for (number, line) in lines.enumerate() {
        world.now = world.now.plus_seconds(60);
        writeln!(text, "{line}").unwrap();
        match line.split_once(' ') {
            None if line == "money" => text.push_str(&transcript::money(&world)),
            None if line == "timers" => text.push_str(&transcript::timers(&world)),
            Some(("on", day)) => until(&mut world, day.parse().unwrap(), &mut text),
            Some(_) | None => {
                let input = Line::parse(line).input(&world, number);
                text.push_str(&transcript::outcome(world.apply(input)));
            }
        }
    }
    expected.assert_eq(&text);
}

/// Lets time pass until ten o'clock of a day; what is due on the way happens in its order.
fn until(world: &mut World, day: Day, text: &mut String) {
    let end = day.start().plus_seconds(10 * 3600);
    while let Some(timer) = next(world, end) {
        world.now = world.now.max(timer.due);
        let said = transcript::outcome(
            world.apply(Input::Timer { kind: timer.kind, order_code: timer.order_code }),
        );
        if !said.is_empty() {
            write!(text, "{}\n{said}", world.now.day()).unwrap();
        }
    }
    world.now = end;
}

fn next(world: &mut World, end: kvit_schemas::Moment) -> Option<Timer> {
    let due = world.timers.iter().enumerate().filter(|(_, timer)| timer.due <= end);
    let (at, _) = due.min_by_key(|(at, timer)| (timer.due, *at))?;
    Some(world.timers.remove(at))
}
