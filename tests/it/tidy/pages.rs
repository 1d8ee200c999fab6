//! What ARCHITECTURE.md says is so: its invariants have tests, its states are those of the code.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use kvit_schemas::message::Status;

use super::sources::{read, sources};

const PAGE: &str = "ARCHITECTURE.md";
const PAGE_LINES_MAX: usize = 300;

#[test]
fn every_invariant_names_its_tests() -> Result<()> {
    let tests = tests()?;
    let page = read(PAGE)?;
    let (mut rows, mut findings) = (0, Vec::new());
    for (at, line) in section(&page, "Invariants")? {
        let Some(row) = line.strip_prefix("| I") else { continue };
        rows += 1;
        let last = row.trim_end_matches([' ', '|']).rsplit('|').next().unwrap_or_default();
        let named: Vec<&str> = last.split('`').skip(1).step_by(2).collect();
        if named.is_empty() {
            findings.push(format!("{PAGE}:{at}: names no test"));
        }
        let missing = named.iter().filter(|name| !tests.contains(**name));
        findings.extend(missing.map(|name| format!("{PAGE}:{at}: no test is called {name}")));
    }
    ensure!(rows > 0, "{PAGE}: the table of invariants is not found");
    ensure!(findings.is_empty(), "\n{}", findings.join("\n"));
    Ok(())
}

#[test]
fn the_diagram_of_states_has_the_states_of_the_contract() -> Result<()> {
    use Status as S;
    let all = [
        S::AwaitingPayment,
        S::Underpaid,
        S::Paid,
        S::Routed,
        S::InWork,
        S::Decided,
        S::Withdrawn,
        S::Expired,
        S::PaymentReversed,
    ];
    let wanted: BTreeSet<&str> = all.iter().map(|status| status.as_str()).collect();
    let page = read(PAGE)?;
    let arrows = section(&page, "States")?.into_iter().filter(|(_, line)| line.contains("-->"));
    let mut drawn = BTreeSet::new();
    for (_, line) in arrows {
        let line = line.split_once(" : ").map_or(line, |(arrow, _)| arrow);
        drawn.extend(line.split("-->").map(str::trim).filter(|state| *state != "[*]"));
    }
    ensure!(drawn == wanted, "{PAGE} draws {drawn:?}, the contract has {wanted:?}");
    Ok(())
}

#[test]
fn the_page_stays_readable() -> Result<()> {
    let lines = read(PAGE)?.lines().count();
    ensure!(lines <= PAGE_LINES_MAX, "{PAGE}:{PAGE_LINES_MAX}: {lines} lines");
    Ok(())
}

/// The names of all functions that a test runner runs.
fn tests() -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for source in sources()? {
        let mut marked = false;
        for line in source.text.lines().map(str::trim) {
            marked |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
            let name = line.trim_start_matches("async ").strip_prefix("fn ");
            if let (true, Some((name, _))) = (marked, name.and_then(|rest| rest.split_once('('))) {
                names.insert(name.to_owned());
                marked = false;
            }
        }
    }
    Ok(names)
}

/// The numbered lines of a section of a page.
fn section<'a>(page: &'a str, title: &str) -> Result<Vec<(usize, &'a str)>> {
    let mut lines = page.lines().enumerate().map(|(at, line)| (at + 1, line));
    let is_title = |line: &str| line.starts_with("## ") && line.ends_with(title);
    lines.find(|(_, line)| is_title(line)).with_context(|| format!("{PAGE}: no {title}"))?;
    Ok(lines.take_while(|(_, line)| !line.starts_with("## ")).collect())
}
