//! The rules of the house, as far as a program can judge them. A finding names file and line.

mod layers;
mod lexer;
mod pages;
mod sources;

use anyhow::{Result, ensure};

use sources::{Source, sources};

/// Lines of a file, its tests not counted.
const FILE_LINES_MAX: usize = 400;
/// Lines of a function, from its name to its last brace.
const FUNCTION_LINES_MAX: usize = 70;
/// Columns of a line, texts in quotes not counted.
const COLUMNS_MAX: usize = 100;
/// What the pure parts may not name.
const IMPURE: [&str; 8] =
    ["tokio", "lapin", "sled", "SystemTime", "Instant", "async fn", "std::fs", "std::net"];
/// What is not left behind. In halves, so that this file keeps its own rule.
const UNFINISHED: [&str; 4] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("unimpl", "emented!"),
    concat!("to", "do!"),
];

#[test]
fn every_file_says_what_it_is_for() -> Result<()> {
    judge(|source| {
        // A file of tests speaks for its parent.
        let begins = source.text.starts_with("//!") || source.is_test;
        (!begins).then(|| (1, "does not begin with //!".to_owned())).into_iter().collect()
    })
}

#[test]
fn files_stay_short() -> Result<()> {
    judge(|source| {
        let lines = source.code.lines().count();
        let long = lines > FILE_LINES_MAX && !source.is_test;
        let said = format!("{lines} lines without tests, {FILE_LINES_MAX} are allowed");
        long.then_some((FILE_LINES_MAX + 1, said)).into_iter().collect()
    })
}

#[test]
fn functions_stay_short() -> Result<()> {
    judge(|source| {
        if source.is_test {
            return Vec::new();
        }
        let long = lexer::functions(&source.code).into_iter();
        long.filter(|function| function.lines > FUNCTION_LINES_MAX)
            .map(|function| {
                let (name, lines) = (function.name, function.lines);
                (function.line, format!("fn {name} has {lines} of {FUNCTION_LINES_MAX} lines"))
            })
            .collect()
    })
}

#[test]
fn lines_fit_the_page() -> Result<()> {
    judge(|source| {
        let widths = lexer::widths(&source.text).into_iter().enumerate();
        widths
            .filter(|(_, width)| *width > COLUMNS_MAX && !source.is_test)
            .map(|(at, width)| (at + 1, format!("{width} columns, {COLUMNS_MAX} are allowed")))
            .collect()
    })
}

#[test]
fn nothing_is_left_unfinished() -> Result<()> {
    judge(|source| named(&source.text, &UNFINISHED))
}

#[test]
fn engine_and_schemas_are_pure() -> Result<()> {
    judge(|source| {
        let pure = ["daemon/src/engine/", "schemas/src/"];
        let is_pure = pure.iter().any(|folder| source.path.starts_with(folder));
        if is_pure && !source.is_test { named(&source.code, &IMPURE) } else { Vec::new() }
    })
}

/// Lines that hold one of `words` as a word of its own.
fn named(text: &str, words: &[&str]) -> Vec<(usize, String)> {
    let lines = text.lines().enumerate();
    lines
        .flat_map(|(at, line)| words.iter().map(move |word| (at + 1, line, *word)))
        .filter(|(_, line, word)| lexer::has_word(line, word))
        .map(|(at, _, word)| (at, format!("names {word}")))
        .collect()
}

/// Fails with all that is found in any source.
fn judge(find: impl Fn(&Source) -> Vec<(usize, String)>) -> Result<()> {
    let mut findings = Vec::new();
    for source in sources()? {
        let found = find(&source).into_iter();
        findings.extend(found.map(|(line, what)| format!("{}:{line}: {what}", source.path)));
    }
    ensure!(findings.is_empty(), "\n{}", findings.join("\n"));
    Ok(())
}
