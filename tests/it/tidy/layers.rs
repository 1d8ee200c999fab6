//! Who may depend on whom: `schemas ← adapters ← daemon`, each arrow a Cargo dependency.

use anyhow::{Result, ensure};

use super::sources::read;

/// Crates of the workspace that a crate's manifest may name.
const ALLOWED: [(&str, &[&str]); 6] = [
    ("schemas", &[]),
    ("adapters", &["kvit-schemas"]),
    ("daemon", &["kvit-schemas", "kvit-adapters"]),
    ("tests", &["kvit-schemas", "kvit-adapters", "kvit"]),
    ("tests/bench", &["kvit-schemas", "kvit-adapters", "kvit"]),
    ("tests/fuzz", &["kvit-schemas", "kvit-adapters", "kvit"]),
];
/// Libraries that only some crates may name.
const KEPT: [(&str, &[&str]); 2] =
    [("lapin", &["adapters", "tests", "tests/bench"]), ("sled", &["adapters"])];

#[test]
fn layers_depend_downwards_only() -> Result<()> {
    for (krate, allowed) in ALLOWED {
        let manifest = format!("{krate}/Cargo.toml");
        for (line, dependency) in dependencies(&read(&manifest)?) {
            let ours = dependency == "kvit" || dependency.starts_with("kvit-");
            let fine = !ours || allowed.contains(&dependency.as_str());
            ensure!(fine, "{manifest}:{line}: {krate} may not depend on {dependency}");
            let kept = KEPT.iter().find(|(library, _)| *library == dependency);
            let fine = kept.is_none_or(|(_, by)| by.contains(&krate));
            ensure!(fine, "{manifest}:{line}: {dependency} is not for {krate}");
        }
    }
    Ok(())
}

#[test]
fn versions_stand_in_the_workspace_with_a_reason() -> Result<()> {
    for (krate, _) in ALLOWED {
        let manifest = format!("{krate}/Cargo.toml");
        let text = read(&manifest)?;
        for (line, dependency) in dependencies(&text) {
            let said = text.lines().nth(line - 1).unwrap_or_default();
            ensure!(
                said.contains("workspace = true"),
                "{manifest}:{line}: {dependency}: a version"
            );
        }
    }
    let root = read("Cargo.toml")?;
    for (line, dependency) in dependencies(&root) {
        let said = root.lines().nth(line - 1).unwrap_or_default();
        let fine = said.contains(" # ") || said.contains("path = ");
        ensure!(fine, "Cargo.toml:{line}: {dependency} has no reason");
    }
    Ok(())
}

/// The dependencies of a manifest with their lines, those of tests and build too.
fn dependencies(manifest: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut inside = false;
    for (at, line) in manifest.lines().enumerate() {
        if line.starts_with('[') {
            inside = line.trim_end_matches(']').ends_with("dependencies");
        } else if let (true, Some((left, _))) = (inside, line.split_once('=')) {
            let name = left.trim().trim_end_matches(".workspace");
            found.push((at + 1, name.to_owned()));
        }
    }
    found
}
