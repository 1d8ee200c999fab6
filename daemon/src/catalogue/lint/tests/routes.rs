//! Routes, and the agencies they lead to.

use super::*;

#[test]
fn missing_routes_are_found() {
    broken(
        &[("regions = \"all\"", "regions = [\"BY-HM\", \"BY-BR\"]")],
        expect![[r#"
            error: a.toml:9: procedure 5.9: no agency decides it in BY-HO, BY-HR, BY-MA, BY-MI,
                BY-VI; add a "registry" agency without localities there
        "#]],
    );
    broken(
        &[("regions = \"all\"", "regions = [\"BY-HM\"]\nlocalities = [\"Мінск\"]")],
        expect![[r#"
            error: a.toml:9: procedure 5.9: no agency decides it in BY-BR, BY-HM, BY-HO, BY-HR,
                BY-MA, BY-MI, BY-VI; add a "registry" agency without localities there
        "#]],
    );
    broken(
        &[("regions = \"all\"", "regions = []")],
        expect![[r#"
            error: a.toml:22: agency zags, regions: serves no region; name its regions, or write
                "all"
        "#]],
    );
}

#[test]
fn ambiguous_routes_are_found() {
    let second = "[[agency]]\nid = \"second\"\ntitle = { be = \"б\", ru = \"р\", en = \"e\" }\n\
                  body = \"registry\"\nregions = [\"BY-HM\"]\n";
    found(
        &[("a.toml", BASE), ("b.toml", second)],
        expect![[r#"
            error: a.toml:9: procedure 5.9: several agencies decide it in BY-HM: zags, second;
                leave one, or give the others localities
        "#]],
    );
    let second = format!("{second}localities = [\"Менск\", \"Мінск\"]\n");
    let third = second.replace("second", "third").replace("\"Менск\", ", "").replace("Мі", "мІ");
    found(
        &[("a.toml", BASE), ("b.toml", &(second + &third))],
        expect![[r#"
            error: a.toml:9: procedure 5.9: several agencies decide it in BY-HM, мінск: second,
                third; leave one, or give the others localities
        "#]],
    );
}

#[test]
fn namesakes_in_several_regions_are_refused() {
    broken(
        &[("regions = \"all\"", "regions = \"all\"\nlocalities = [\"Мінск\"]")],
        expect![[r#"
            error: a.toml:9: procedure 5.9: no agency decides it in BY-BR, BY-HM, BY-HO, BY-HR,
                BY-MA, BY-MI, BY-VI; add a "registry" agency without localities there
            error: a.toml:18: agency zags: serves localities in several regions, which have
                namesakes; describe one agency for each region
        "#]],
    );
}

#[test]
fn unknown_and_unused_agencies_are_found() {
    broken(
        &[("act", "also_decided_by = [\"zag\", \"nobody\"]\nact")],
        expect![[r#"
            error: a.toml:9: procedure 5.9, also_decided_by: there is no agency zag; did you
                mean zags?
            error: a.toml:9: procedure 5.9, also_decided_by: there is no agency nobody; write
                one of zags
        "#]],
    );
    let spare = "[[agency]]\nid = \"spare\"\ntitle = { be = \"б\", ru = \"р\", en = \"e\" }\n\
                 body = \"archive\"\nregions = \"all\"\n";
    found(
        &[("a.toml", BASE), ("b.toml", spare)],
        expect![[r#"
            warning: b.toml:1: agency spare: decides nothing: no procedure names it or its body
                "archive"; name it in a procedure, or remove it
        "#]],
    );
}
