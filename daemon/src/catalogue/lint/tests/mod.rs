mod routes;
use expect_test::{Expect, expect};

use super::super::finding::Finding;
use super::super::tests::BASE;
use super::*;
use crate::catalogue::Severity;

/// Findings as they are printed, folded to the width of this file.
fn lines(findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        let mut width = 0;
        for word in finding.to_string().split(' ') {
            if width > 0 && width + word.chars().count() > 84 {
                text.push_str("\n   ");
                width = 3;
            }
            if width > 0 {
                text.push(' ');
            }
            text.push_str(word);
            width += word.chars().count() + 1;
        }
        text.push('\n');
    }
    text
}

/// Replaces each first text by the second in the sound catalogue; expects these findings.
#[track_caller]
fn broken(changes: &[(&str, &str)], expected: Expect) {
    let mut text = BASE.to_owned();
    for (old, new) in changes {
        assert!(text.contains(old), "the sound catalogue has no {old:?}");
        text = text.replacen(old, new, 1);
    }
    found(&[("a.toml", &text)], expected);
}

#[track_caller]
fn found(files: &[(&str, &str)], expected: Expect) {
    let findings = match Catalogue::parse(files) {
        Ok(catalogue) => catalogue.warnings().to_vec(),
        Err(findings) => findings,
    };
    expected.assert_eq(&lines(&findings));
}

#[test]
fn nothing_is_wrong_with_the_sound_one() {
    broken(&[], expect![[""]]);
}

#[test]
fn mistyped_keys_and_values_are_answered_with_the_nearest() {
    broken(
        &[
            ("late_payment", "late_pament"),
            ("act = \"№200\"", "act = \"№200\"\ncolour = \"red\""),
            ("\"calendar_days\"", "\"calender_days\""),
            ("identification = \"unique_id\"", "identification = \"passport\""),
            ("body = \"registry\"\napplicants", "body = \"registri\"\napplicants"),
            ("working_weekend_days", "working_saturdays"),
        ],
        expect![[r#"
            error: a.toml:3: defaults.late_payment: is missing; write it
            error: a.toml:7: defaults.late_pament: there is no such key; did you mean
                late_payment?
            error: a.toml:9: procedure 5.9, body: no agency is a "registri"; did you mean
                registry?
            error: a.toml:13: procedure 5.9, colour: there is no such key; write one of code,
                title, act, body, also_decided_by, applicants, term, alternatives, evidence,
                tolerance_minor, payment_window_days, late_payment
            error: a.toml:15: procedure 5.9, applicants.citizen.identification: "passport" is
                unknown here; did you mean password?
            error: a.toml:16: procedure 5.9, term.unit: "calender_days" is unknown here; did you
                mean calendar_days?
            error: a.toml:29: calendar 2025, working_weekend_days: is missing; write it
            error: a.toml:32: calendar 2025, working_saturdays: there is no such key; write one
                of year, days_off, working_weekend_days
        "#]],
    );
}

#[test]
fn wrong_types_and_ranges_are_found_together() {
    broken(
        &[
            ("version = \"1\"", "version = \"a b\""),
            ("tolerance_minor = 0", "tolerance_minor = -1"),
            ("payment_window_days = 30", "payment_window_days = \"30\""),
            ("code = \"5.9\"", "code = \"5/9\""),
            ("en = \"Duplicate\"", "en = \"\""),
            ("fee_thousandths = 1000", "fee_thousandths = 1.0"),
            ("count = 1,", "count = 0,"),
            ("id = \"zags\"", "id = \"Zags\""),
            ("from = 2025-01-01", "from = \"2025-01-01\""),
            ("amount = \"42.00\"", "amount = \"42\""),
            ("year = 2025", "year = 1025"),
        ],
        expect![[r#"
            error: a.toml:1: version: "a b" is refused; a version is 1 to 20 of a-z, A-Z, 0-9, .
                and -
            error: a.toml:5: defaults.tolerance_minor: -1 is out of range; write a whole number
                from 0 to 100000
            error: a.toml:6: defaults.payment_window_days: has the wrong type: string; write a
                whole number from 1 to 366
            error: a.toml:10: procedure 5/9, code: "5/9" is refused; a procedure code is 1 to 20
                of 0-9, a-z, A-Z, . and -
            error: a.toml:11: procedure 5/9, title.en: "" is refused; must have 1 to 500
                characters, has 0
            error: a.toml:14: procedure 5/9, applicants.citizen.fee_thousandths: has the wrong
                type: float; write a whole number from 0 to 1000000
            error: a.toml:16: procedure 5/9, alternatives.record_absent.count: 0 is out of
                range; write a whole number from 1 to 366
            error: a.toml:19: agency Zags, id: "Zags" is refused; an id is 1 to 40 of a-z, 0-9
                and -, not beginning with -
            error: a.toml:25: base_value 2025-01-01, from: has the wrong type: string; write a
                date without quotes, such as 2026-01-01
            error: a.toml:26: base_value 2025-01-01, amount: "42" is refused; write rubles and
                kopecks, such as 45.00
            error: a.toml:29: calendar 1025, year: 1025 is out of range; write a whole number
                from 1991 to 2199
        "#]],
    );
}

#[test]
fn missing_keys_are_named() {
    broken(
        &[
            ("evidence = \"credited\"\n", ""),
            (", en = \"Duplicate\"", ""),
            ("act = \"№200\"\n", ""),
            ("count = 7, ", ""),
            ("from = 2025-01-01\n", ""),
        ],
        expect![[r#"
            error: a.toml:3: defaults.evidence: is missing; write it
            error: a.toml:8: procedure 5.9, act: is missing; write it
            error: a.toml:10: procedure 5.9, title.en: is missing; write it
            error: a.toml:13: procedure 5.9, term.count: is missing; write it
            error: a.toml:22: base_value number 1, from: is missing; write it
        "#]],
    );
    found(
        &[("a.toml", "")],
        expect![[r#"
            error: catalogue: version: is in none of the files; write it in one
            error: catalogue: defaults: is in none of the files; write it in one
            error: catalogue: no base value for any date; add base_value entries
            warning: catalogue: no calendar for any year, only weekends would be off; add
                calendars with the days off
        "#]],
    );
}

#[test]
fn broken_toml_is_told_with_its_line() {
    found(
        &[("a.toml", BASE), ("b.toml", "x = 1\n[[agency]\n")],
        expect![[r#"
        error: b.toml:2: is no TOML: unclosed array table, expected `]`; correct the syntax
    "#]],
    );
    broken(
        &[("code = \"5.9\"", "code = \"5.9\"\ncode = \"6.3\"")],
        expect![[r#"
            error: a.toml:11: is no TOML: duplicate key; correct the syntax
        "#]],
    );
}

#[test]
fn a_file_cut_short_anywhere_is_answered_not_fatal() {
    for (cut, _) in BASE.char_indices() {
        if let Err(findings) = Catalogue::parse(&[("a.toml", &BASE[..cut])]) {
            assert!(findings.iter().any(|one| one.severity == Severity::Error), "at {cut}");
        }
    }
}

#[test]
fn what_must_stand_once_stands_once() {
    let text = "version = \"2\"\n[[agency]]\nid = \"zags\"\ntitle = { be = \"б\", ru = \"р\", \
                en = \"e\" }\nbody = \"other\"\nregions = [\"BY-BR\"]\n";
    found(
        &[("a.toml", BASE), ("b.toml", text)],
        expect![[r#"
            error: b.toml:1: version: is already written in a.toml:1; remove one
            error: b.toml:2: agency zags: is already described in a.toml:18; remove one
            warning: b.toml:2: agency zags: decides nothing: no procedure names it or its body
                "other"; name it in a procedure, or remove it
        "#]],
    );
}

#[test]
fn codes_that_differ_in_case_only_are_refused() {
    let entry = BASE.find("[[procedure]]").unwrap()..BASE.find("[[agency]]").unwrap();
    let lower = BASE[entry.clone()].replace("5.9", "5.a");
    let upper = BASE[entry].replace("5.9", "5.A");
    found(
        &[("a.toml", BASE), ("b.toml", &(lower + &upper))],
        expect![[r#"
            error: b.toml:10: procedure 5.A: differs only in case from 5.a in b.toml:1; give one
                of them another id
        "#]],
    );
}

#[test]
fn applicants_need_a_fee_and_a_level_they_can_have() {
    broken(
        &[
            ("fee_thousandths = 1000, ", ""),
            (
                "term = {",
                "applicants.organisation = { fee_thousandths = 0, identification = \"unique_id\" \
                 }\napplicants.company = { fee_thousandths = 0, identification = \"eds\" }\n\
                 term = {",
            ),
        ],
        expect![[r#"
            error: a.toml:14: procedure 5.9, applicants.citizen: no fee rule for this kind of
                applicant; write fee_thousandths, 0 when nothing is due
            error: a.toml:15: procedure 5.9, applicants.organisation.identification: an
                organisation has no unique identifier; write eds, or password for open access
            error: a.toml:16: procedure 5.9, applicants.company: there is no such kind of
                applicant; write one of citizen, foreigner, entrepreneur, organisation
        "#]],
    );
    broken(
        &[("applicants.citizen = {", "applicants = {}\n# {")],
        expect![[r#"
            error: a.toml:9: procedure 5.9: nobody may apply; name the kinds under applicants
        "#]],
    );
}

#[test]
fn a_tolerance_as_large_as_the_fee_is_refused() {
    broken(
        &[("tolerance_minor = 0", "tolerance_minor = 4200")],
        expect![[r#"
            error: a.toml:9: procedure 5.9: the tolerance of 42.00 BYN is no less than a fee of
                42.00 BYN; lower tolerance_minor
        "#]],
    );
}

#[test]
fn dates_without_a_base_value_or_a_calendar_are_found() {
    broken(
        &[("from = 2025-01-01", "from = 2025-06-01")],
        expect![[r#"
            error: a.toml:28: calendar 2025: no base value for 2025-01-01, the first is in
                a.toml:26; add a base_value, or remove this calendar
        "#]],
    );
    let year = "[[calendar]]\nyear = 2027\ndays_off = []\nworking_weekend_days = []\n";
    found(
        &[("a.toml", BASE), ("b.toml", year)],
        expect![[r#"
            warning: b.toml:1: calendar 2027: no calendar for 2026, only its weekends would be
                off; add a calendar with its days off
        "#]],
    );
    let (head, _) = BASE.split_at(BASE.find("[[base_value]]").unwrap());
    found(
        &[("a.toml", head)],
        expect![[r#"
            error: catalogue: no base value for any date; add base_value entries
            warning: catalogue: no calendar for any year, only weekends would be off; add
                calendars with the days off
        "#]],
    );

    let catalogue = Catalogue::parse(&[("a.toml", BASE)]).unwrap();
    expect![[r#"
        error: catalogue: no base value for 2024-12-20; add a base_value from an earlier day
        warning: catalogue: no calendar for 2024, only its weekends would be off; add a
            calendar with its days off
    "#]]
    .assert_eq(&lines(&catalogue.findings_on("2024-12-20".parse().unwrap())));
    expect![[r#"
        warning: catalogue: no calendar for 2026, only its weekends would be off; add a
            calendar with its days off
    "#]]
    .assert_eq(&lines(&catalogue.findings_on("2025-12-20".parse().unwrap())));
}

#[test]
fn calendars_that_contradict_themselves_are_refused() {
    let year = "[[calendar]]\nyear = 2025\ndays_off = []\nworking_weekend_days = []\n";
    found(
        &[("a.toml", BASE), ("b.toml", year)],
        expect![[r#"
            error: b.toml:1: calendar 2025: the year is already described in a.toml:28; join the
                two
        "#]],
    );
    broken(
        &[
            ("[2025-01-01]", "[2025-01-01, 2025-01-01, 2026-01-01, 2025-01-12]"),
            ("[2025-01-11]", "[2025-01-11, 2025-01-11, 2025-01-12, 2025-01-13]"),
        ],
        expect![[r#"
            error: a.toml:30: calendar 2025, days_off: 2026-01-01 is not in 2025; move it to its
                year
            error: a.toml:30: calendar 2025, days_off: 2025-01-01 is named twice; remove one
            error: a.toml:31: calendar 2025, working_weekend_days: 2025-01-11 is named twice;
                remove one
            error: a.toml:31: calendar 2025, working_weekend_days: 2025-01-12 is both off and
                working; remove it from one list
            error: a.toml:31: calendar 2025, working_weekend_days: 2025-01-13 is neither a
                Saturday nor a Sunday; remove it, weekdays are working anyway
        "#]],
    );
}
