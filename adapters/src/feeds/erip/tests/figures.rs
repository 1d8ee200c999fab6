//! Control figures and fines.

use super::*;

#[test]
fn fines_count_only_if_so_set() {
    let fined = CREDITED
        .replace("33.10^0.00^32.77", "33.10^1.00^33.76")
        .replace("3.10^0.00^3.07", "3.10^1.00^4.06");
    let fined = fined.as_str();
    check_rows(
        "1.210",
        fined,
        expect![[r#"
        1 @136 Credited +30.00 BYN 900000071
        row 2 at byte 265: transfer_amount is more than was paid [amount]
        1 rows, 1 refused
        +30.00 BYN -0.00 BYN withheld 0.30 BYN fines 0.00 BYN
    "#]],
    );
    let options = Options { amount_rule: AmountRule::AmountPlusFine, ..named("1.210") };
    let told = tests::told(FileFormat::Erip, &tests::cp1251(fined), &options);
    let rows: String =
        told.lines().filter(|line| !line.starts_with("    p")).collect::<Vec<_>>().join("\n");
    expect![[r#"
        erip 210 account=BY00TEST00000000000000000007 unp=100000007 identity=210-13-20260402070000 currency=BYN
        1 @136 Credited +30.00 BYN 900000071
            withheld: 0.30 BYN
            booked: 2026-04-02
            beneficiary: BY00TEST00000000000000000007
            erip: 900000071
            agent: 81
            document: 31
            service: 2
        2 @265 Credited +4.10 BYN 900000072
            withheld: 0.04 BYN
            fine: 1.00 BYN
            booked: 2026-04-02
            beneficiary: BY00TEST00000000000000000007
            erip: 900000072
            document: 31
            service: 2
        2 rows, 0 refused
        +34.10 BYN -0.00 BYN withheld 0.34 BYN fines 1.00 BYN"#]].assert_eq(&rows);
    // The declared total may hold the fines, too.
    let both = fined.replace("33.10^1.00^33.76", "34.10^1.00^33.76");
    let told = tests::told(FileFormat::Erip, &tests::cp1251(&both), &options);
    assert!(!told.contains("disagrees"), "{told}");
}

#[test]
fn control_figures_are_compared() {
    let wrong =
        CREDITED.replace("^2^740", "^3^740").replace("33.10^0.00^32.77", "33.11^0.01^32.78");
    check_rows(
        "1.210",
        &wrong,
        expect![[r#"
            1 @136 Credited +30.00 BYN 900000071
            2 @265 Credited +3.10 BYN 900000072
            2 rows, 0 refused
            +33.10 BYN -0.00 BYN withheld 0.33 BYN fines 0.00 BYN
            disagrees: 3 records are declared, 2 were read
            disagrees: credits of 33.11 BYN are declared, 33.10 BYN were read
            disagrees: fines of 0.01 BYN are declared, 0.00 BYN were read
            disagrees: net of 32.78 BYN are declared, 32.77 BYN were read
        "#]],
    );
    // With an unusable record the sums may fall short; the count may not.
    let damaged = CREDITED.replace("^900000072^", "^^");
    check_rows(
        "1.210",
        &damaged,
        expect![[r#"
            1 @136 Credited +30.00 BYN 900000071
            row 2 at byte 265: erip_op_num cannot be "" [operation]
            1 rows, 1 refused
            +30.00 BYN -0.00 BYN withheld 0.30 BYN fines 0.00 BYN
        "#]],
    );
    let damaged = damaged.replace("33.10^0.00^32.77", "20.00^0.00^19.00");
    check_rows(
        "1.210",
        &damaged,
        expect![[r#"
            1 @136 Credited +30.00 BYN 900000071
            row 2 at byte 265: erip_op_num cannot be "" [operation]
            1 rows, 1 refused
            +30.00 BYN -0.00 BYN withheld 0.30 BYN fines 0.00 BYN
            disagrees: credits of 20.00 BYN are declared, 30.00 BYN were read
            disagrees: net of 19.00 BYN are declared, 29.70 BYN were read
        "#]],
    );
}
