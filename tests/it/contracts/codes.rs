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
say it, 14 the rules of the procedure, 15 files and their rows, 16 the broker, 17 kvit itself.

This page is made from the code: `UPDATE_EXPECT=1 cargo test -p kvit-tests contracts`.
";

#[test]
fn the_page_of_codes_is_that_of_the_code() -> Result<()> {
    let mut page = HEAD.to_owned();
    for code in Code::ALL {
        let title = code.title();
        write!(page, "\n## {code} {}\n\n", title.en)?;
        writeln!(page, "- be: {}\n- ru: {}", title.be, title.ru)?;
        let conflict = if code.is_conflict() { "conflict" } else { "refused" };
        writeln!(page, "- disposition: {conflict}\n- cure: {}", code.cure())?;
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
    let mut titles = BTreeSet::new();
    for code in Code::ALL {
        let title = code.title();
        let texts = [&title.be, &title.ru, &title.en, &code.cure().to_owned()];
        ensure!(texts.iter().all(|text| !text.is_empty()), "{code} lacks a text");
        ensure!(titles.insert(title.en.clone()), "{code} is called like another code");
        ensure!(code.as_str().parse() == Ok(*code), "{code} does not read as itself");
    }
    Ok(())
}
