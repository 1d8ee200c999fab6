//! The Rust files of the workspace, and which part of each is a test.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::lexer;

/// A Rust file.
pub(super) struct Source {
    /// Its path from the workspace.
    pub(super) path: String,
    /// All of it.
    pub(super) text: String,
    /// Its code: comments and texts blank, without the tests at its end.
    pub(super) code: String,
    /// All of it is a test.
    pub(super) is_test: bool,
}

/// The workspace's folder.
pub(super) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A file of the workspace.
pub(super) fn read(path: &str) -> Result<String> {
    std::fs::read_to_string(workspace().join(path)).with_context(|| format!("reading {path}"))
}

/// All Rust files of the crates.
pub(super) fn sources() -> Result<Vec<Source>> {
    let mut paths = Vec::new();
    for folder in ["schemas", "adapters", "daemon", "tests"] {
        walk(folder, &mut paths)?;
    }
    paths.sort();
    paths.into_iter().map(source).collect()
}

fn walk(folder: &str, paths: &mut Vec<String>) -> Result<()> {
    let entries = std::fs::read_dir(workspace().join(folder));
    for entry in entries.with_context(|| format!("reading {folder}"))? {
        let entry = entry?;
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            walk(&path, paths)?;
        } else if path.ends_with(".rs") {
            paths.push(path);
        }
    }
    Ok(())
}

fn source(path: String) -> Result<Source> {
    let text = read(&path)?;
    let code = without_tests(&lexer::code(&text));
    let beside =
        path.contains("/src/") && (path.ends_with("/tests.rs") || path.contains("/tests/"));
    let is_test = beside || path.starts_with("tests/it/") || path.starts_with("tests/sim/");
    Ok(Source { path, text, code, is_test })
}

/// Cuts off the module of tests at the end, with its attributes.
fn without_tests(code: &str) -> String {
    let lines: Vec<&str> = code.lines().collect();
    let is_module = |line: &&str| line.starts_with("mod ") && line.trim_end().ends_with('{');
    let tests = lines.iter().rposition(|line| line.starts_with("#[cfg(test)]")).filter(|at| {
        let next = lines.iter().skip(*at).find(|line| line.starts_with("mod "));
        next.is_some_and(is_module)
    });
    lines.get(..tests.unwrap_or(lines.len())).unwrap_or_default().join("\n")
}
