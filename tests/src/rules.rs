//! Settings and rules from texts, for tests that run the engine without a broker.

use std::sync::Arc;

use anyhow::{Result, bail};
use kvit::catalogue::Catalogue;
use kvit::engine::Rules;
use kvit::settings::Settings;

/// Settings as a file of this text gives them, and the rules that follow from them and from a
/// catalogue of one file.
pub fn from_texts(settings: &str, catalogue: &str) -> Result<(Settings, Rules)> {
    let catalogue = match Catalogue::parse(&[("catalogue.toml", catalogue)]) {
        Ok(catalogue) => catalogue,
        Err(findings) => bail!("{findings:?}"),
    };
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("kvit.toml");
    std::fs::write(&file, settings)?;
    let settings = crate::daemon::load(&file, Vec::new())?;
    let rules = kvit::service::rules(&settings, Arc::new(catalogue));
    Ok((settings, rules))
}
