//! The page of refusal codes and the description of the admin API are those of the code.

use std::collections::BTreeSet;
use std::fmt::Write;

use anyhow::{Result, ensure};
use expect_test::expect_file;
use kvit_schemas::Code;

use super::workspace;

const HEAD: &str = "\
# Codes of refusals

The closed list of codes in `message.refused.v1`, `file.report.v1` and quarantine. A code keeps
its meaning for ever; senders may act on it. The first two digits say what kind of thing was
wrong: 10 the envelope, 11 the body, 12 a conflict with what was applied before, 13 the right to
say it, 14 the rules of the procedure, 15 files and their rows, 16 the broker, 17 kvit itself. Each stands here with
its title, its cause and what to do, in Belarusian, Russian and English.

This page is made from the code: `UPDATE_EXPECT=1 cargo test -p kvit-tests contracts`.
";

#[test]
fn the_page_of_codes_is_that_of_the_code() -> Result<()> {
    let mut page = HEAD.to_owned();
    for code in Code::ALL {
        write!(page, "\n## {code} {}\n\n", code.title().en)?;
        let conflict = if code.is_conflict() { "conflict" } else { "refused" };
        writeln!(page, "Disposition: {conflict}.\n")?;
        let (title, cause, cure) = (code.title(), code.cause(), code.cure());
        writeln!(page, "- be: {}. {} {}", title.be, cause.be, cure.be)?;
        writeln!(page, "- ru: {}. {} {}", title.ru, cause.ru, cure.ru)?;
        writeln!(page, "- cause: {}\n- cure: {}", cause.en, cure.en)?;
    }
    expect_file![workspace().join("deploy/codes.md")].assert_eq(&page);
    Ok(())
}

#[test]
fn the_description_of_the_admin_api_is_that_of_its_routes() {
    expect_file![workspace().join("schemas/openapi.json")].assert_eq(&kvit::admin::openapi());
}

#[test]
fn every_code_is_one_cause_in_three_languages_with_a_cure() -> Result<()> {
    let mut seen = BTreeSet::new();
    for code in Code::ALL {
        for text in [code.title(), code.cause(), code.cure()] {
            for text in [text.be, text.ru, text.en] {
                ensure!(!text.is_empty(), "{code} lacks a text");
                ensure!(seen.insert(text.clone()), "{code} says what another code says: {text}");
            }
        }
        ensure!(code.as_str().parse() == Ok(*code), "{code} does not read as itself");
    }
    Ok(())
}
