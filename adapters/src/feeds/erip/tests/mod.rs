//! Messages of our own making, by the layouts of DOMAIN.md 1.3.

mod answers;
mod figures;
mod kinds;
mod places;
mod records;

use expect_test::{Expect, expect};

use crate::feeds::tests;
use crate::feeds::{AmountRule, FileFormat, Options};

const ACCEPTED: &str = "\
5^70000007^12^20260401090000^2^740^100000007^933^33.10^0.00\r
1^2^100000000000000000000000000042^КУПАЛА ЯНКА^вул. Першая, 1^04.2026^30.00^0.00^20260401083000^null^20260331120000^900000071^81^K7^MS^^740^^1^5\r
2^2^рахунак 7^^^04.2026^3,10^^20260401084500^^^900000072^^^^па пасьведчаньне^740\r
\r
";

const CREDITED: &str = "\
5^70000007^13^20260402070000^2^740^100000007^795^BY00TEST00000000000000000007^31^20260402000000^933^33.10^0.00^32.77^740^BY00TEST^03002
1^2^100000000000000000000000000042^КУПАЛА ЯНКА^^04.2026^30.00^0.00^29.70^20260401083000^^20260331120000^900000071^81^K7^MS^^^1^5
2^2^рахунак 7^^^04.2026^3.10^0.00^3.07^20260401084500^^^900000072^^^^^^^
";

const REVERSED: &str = "\
5^70000007^14^20260401100000^1^740^100000007^933^3.10
1^2^рахунак 7^^^04.2026^3.10^0.00^20260401084500^20260401095500^^^900000072^82^^^^740^^^5
";

#[track_caller]
fn check(name: &str, text: &str, expected: Expect) {
    tests::check(FileFormat::Erip, text, &named(name), expected);
}

fn named(name: &str) -> Options<'_> {
    Options { file_name: Some(name), ..Options::default() }
}

/// The lines from the first row on, without the rows' details.
#[track_caller]
fn check_rows(name: &str, text: &str, expected: Expect) {
    let told = tests::told(FileFormat::Erip, &tests::cp1251(text), &named(name));
    let rows: Vec<&str> = told.lines().skip(1).filter(|line| !line.starts_with("    ")).collect();
    expected.assert_eq(&(rows.join("\n") + "\n"));
}
