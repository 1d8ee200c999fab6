use std::fmt::Write;

use expect_test::expect;

use super::procedure::KINDS;
use super::*;

const SHIPPED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../config/catalogue");

/// A sound catalogue of one procedure, to break in one place at a time.
pub(super) const BASE: &str = r#"version = "1"

[defaults]
evidence = "credited"
tolerance_minor = 0
payment_window_days = 30
late_payment = "revive"

[[procedure]]
code = "5.9"
title = { be = "Паўторнае", ru = "Повторное", en = "Duplicate" }
act = "№200"
body = "registry"
applicants.citizen = { fee_thousandths = 1000, identification = "unique_id" }
term = { count = 7, unit = "calendar_days" }
alternatives.record_absent = { count = 1, unit = "months" }

[[agency]]
id = "zags"
title = { be = "загс", ru = "ЗАГС", en = "Registry" }
body = "registry"
regions = "all"

[[base_value]]
from = 2025-01-01
amount = "42.00"

[[calendar]]
year = 2025
days_off = [2025-01-01]
working_weekend_days = [2025-01-11]
"#;

fn shipped() -> Catalogue {
    Catalogue::load(SHIPPED.as_ref()).unwrap()
}

fn code(text: &str) -> ProcedureCode {
    text.parse().unwrap()
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

#[test]
fn the_shipped_catalogue_is_sound() {
    assert_eq!(Catalogue::lint(SHIPPED.as_ref(), day("2026-03-05")), []);
    let catalogue = shipped();
    for procedure in catalogue.procedures() {
        for region in Region::ALL {
            catalogue.route(procedure, region, None).unwrap();
            catalogue.route(procedure, region, Some("Вёска")).unwrap();
        }
        for titles in [&procedure.title.be, &procedure.title.ru, &procedure.title.en] {
            assert!(!titles.is_empty(), "{}", procedure.code);
        }
    }
    let codes: Vec<&str> = catalogue.procedures().map(|one| one.code.as_str()).collect();
    expect![
        "2.2 2.35 3.15.1 5.9 5.14 6.1.1 6.3 13.2 13.3 15.13 18.7 18.13 18.19.1 22.6 548-mvd-91"
    ]
    .assert_eq(&codes.join(" "));
}

#[test]
fn fees_are_shares_of_the_base_value_of_the_day() {
    let catalogue = shipped();
    let mut table = String::new();
    for (procedure, kind, on) in [
        ("5.9", ApplicantKind::Citizen, "2026-03-05"),
        ("5.9", ApplicantKind::Citizen, "2025-12-31"),
        ("5.9", ApplicantKind::Citizen, "2024-07-01"),
        ("5.9", ApplicantKind::Citizen, "2023-01-01"),
        ("5.9", ApplicantKind::Citizen, "2020-12-31"),
        ("5.9", ApplicantKind::Organisation, "2026-03-05"),
        ("6.1.1", ApplicantKind::Citizen, "2026-03-05"),
        ("6.1.1", ApplicantKind::Foreigner, "2026-03-05"),
        ("13.2", ApplicantKind::Citizen, "2026-03-05"),
        ("18.19.1", ApplicantKind::Citizen, "2026-03-05"),
        ("6.3", ApplicantKind::Citizen, "2026-03-05"),
        ("6.3", ApplicantKind::Citizen, "2020-12-31"),
    ] {
        let procedure = catalogue.procedure(&code(procedure)).unwrap();
        let fee = catalogue.fee(procedure, kind, day(on));
        writeln!(table, "{} {kind:?} {on}: {fee:?}", procedure.code).unwrap();
    }
    expect![[r#"
        5.9 Citizen 2026-03-05: Ok(Some(45.00 BYN))
        5.9 Citizen 2025-12-31: Ok(Some(42.00 BYN))
        5.9 Citizen 2024-07-01: Ok(Some(40.00 BYN))
        5.9 Citizen 2023-01-01: Ok(Some(37.00 BYN))
        5.9 Citizen 2020-12-31: Err(NoBaseValue(2020-12-31))
        5.9 Organisation 2026-03-05: Err(NotOpen(5.9))
        6.1.1 Citizen 2026-03-05: Ok(Some(4.50 BYN))
        6.1.1 Foreigner 2026-03-05: Ok(Some(45.00 BYN))
        13.2 Citizen 2026-03-05: Ok(Some(22.50 BYN))
        18.19.1 Citizen 2026-03-05: Ok(Some(225.00 BYN))
        6.3 Citizen 2026-03-05: Ok(None)
        6.3 Citizen 2020-12-31: Ok(None)
    "#]]
    .assert_eq(&table);
}

#[test]
fn half_a_kopeck_is_rounded_up() {
    let share = |base: i64, thousandths| {
        let base = Money::new(base, kvit_schemas::Currency::BYN).unwrap();
        base_values::share(base, thousandths).map(Money::minor)
    };
    assert_eq!(share(4500, 1), Some(5), "4.5 kopecks");
    assert_eq!(share(4200, 7), Some(29), "29.4 kopecks");
    assert_eq!(share(100, 4), None, "0.4 kopecks are nothing");
    assert_eq!(share(999_999_999_999_999, 1_000_000), Some(i64::MAX / 1000), "never wraps");
}

#[test]
fn a_locality_beats_its_region() {
    let catalogue = shipped();
    let procedure = catalogue.procedure(&code("5.9")).unwrap();
    let mut table = String::new();
    for (region, locality) in [
        (Region::Mahiliou, None),
        (Region::Mahiliou, Some("Магілёў")),
        (Region::Mahiliou, Some("Бабруйск")),
        (Region::Mahiliou, Some(" БОБРУЙСК ")),
        (Region::Brest, Some("Бабруйск")),
        (Region::Brest, Some("Барановичи")),
        (Region::MinskCity, Some("Мінск")),
        (Region::Minsk, Some("")),
    ] {
        let agency = catalogue.route(procedure, region, locality).unwrap();
        writeln!(table, "{region} {locality:?} -> {}", agency.id).unwrap();
    }
    expect![[r#"
        BY-MA None -> zags-mahiliou
        BY-MA Some("Магілёў") -> zags-mahiliou
        BY-MA Some("Бабруйск") -> zags-babrujsk
        BY-MA Some(" БОБРУЙСК ") -> zags-babrujsk
        BY-BR Some("Бабруйск") -> zags-brest
        BY-BR Some("Барановичи") -> zags-baranavichy
        BY-HM Some("Мінск") -> zags-minsk
        BY-MI Some("") -> zags-minsk-region
    "#]]
    .assert_eq(&table);
}

#[test]
fn a_returned_case_may_only_go_to_who_may_decide_it() {
    let catalogue = shipped();
    let decides = |agency: &str, procedure: &str| {
        catalogue.decides(&agency.parse().unwrap(), &code(procedure))
    };
    assert!(decides("zags-minsk", "5.9"));
    assert!(decides("zags-babrujsk", "5.9"));
    assert!(decides("archive-justice-viciebsk", "5.9"), "named, though no route leads there");
    assert!(!decides("archive-justice-viciebsk", "6.3"));
    assert!(!decides("gai-homiel", "5.9"));
    assert!(!decides("nobody", "5.9"));
    assert!(!decides("zags-minsk", "5.99"));
}

#[test]
fn a_procedure_of_another_catalogue_may_have_no_route_here() {
    let base = Catalogue::parse(&[("a.toml", BASE)]).unwrap();
    let foreign = base.procedure(&code("5.9")).unwrap();
    let error = shipped().route(foreign, Region::Homiel, None).unwrap_err();
    assert_eq!(error.to_string(), "no agency decides procedure 5.9 in BY-HO");
}

#[test]
fn terms_and_policy_are_as_written() {
    let catalogue = shipped();
    let procedure = catalogue.procedure(&code("5.9")).unwrap();
    let text = format!(
        "{:?}\n{:?}\n{:?}\n{:#?}",
        procedure.term,
        procedure.alternative("record_absent"),
        procedure.alternative("unheard_of"),
        procedure.policy
    );
    expect![[r#"
        CalendarDays(7)
        Some(Months(1))
        None
        Policy {
            evidence: Credited,
            tolerance: 0.00 BYN,
            payment_window_days: 30,
            late_payment: Revive,
        }"#]]
    .assert_eq(&text);
    let short = catalogue.procedure(&code("13.2")).unwrap();
    assert_eq!(short.policy.evidence, kvit_schemas::EvidencePolicy::Accepted);
}

#[test]
fn the_version_tells_any_change_of_content() {
    let version = |files: &[(&str, &str)]| Catalogue::parse(files).unwrap().version().to_owned();
    let (head, tail) = BASE.split_at(BASE.find("[[agency]]").unwrap());
    let sound = version(&[("a.toml", BASE)]);
    assert!(sound.starts_with("1-") && sound.len() == 10, "{sound}");
    assert_ne!(sound, version(&[("a.toml", &format!("{BASE}# a comment\n"))]));
    assert_eq!(
        version(&[("a.toml", head), ("b.toml", tail)]),
        version(&[("b.toml", tail), ("a.toml", head)]),
        "the order in which the folder lists its files does not count"
    );
}

#[test]
fn kinds_of_applicant_are_written_as_in_messages() {
    for (name, kind) in KINDS {
        assert_eq!(serde_json::to_value(kind).unwrap(), name);
    }
}

#[test]
fn a_folder_that_cannot_be_read_is_a_finding() {
    let dir = tempfile::tempdir().unwrap();
    let empty = Catalogue::load(dir.path()).unwrap_err();
    assert!(empty[0].to_string().ends_with(": holds no *.toml; set catalogue.path to the folder"));
    let missing = Catalogue::load(&dir.path().join("none")).unwrap_err();
    assert!(missing[0].problem.starts_with("cannot be read: "), "{}", missing[0]);
    std::fs::write(dir.path().join("a.toml"), b"\xff").unwrap();
    std::fs::write(dir.path().join("ignored.txt"), b"\xff").unwrap();
    let binary = Catalogue::load(dir.path()).unwrap_err();
    assert_eq!(binary.len(), 1);
    assert_eq!(binary[0].file, "a.toml");
}
