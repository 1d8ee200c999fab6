//! Control figures, and the end of a statement.

use super::*;

#[test]
#[allow(clippy::too_many_lines, reason = "one table")]
fn control_figures_are_compared() {
    let mut out = String::new();
    for text in [
        TYPE_4.replace("^CR=33.10^", "^CR=33.11^"),
        TYPE_4.replace("^DB=0.00^", "^DB=1.00^"),
        TYPE_4.replace("^RestOut=23.10^", "^RestOut=23.11^"),
        TYPE_4.replace("^RestOut=23.10^", "^RestOut=lots^"),
        TYPE_4.replace("^RestOut=23.10^", "^RestOut=23.10^\n^RestOut=24.10^"),
        TYPE_4.replace("^RestOut=23.10^\n", ""),
        TYPE_4.replace("######\n", ""),
        TYPE_4.replace("######\n", "######\n^x=1^\n"),
        TYPE_4.replace("^Credit=3.10^", "^Credit=?^"),
        TYPE_4.replace("^Credit=3.10^", "^Credit=?^").replace("^CR=33.10^", "^CR=29.99^"),
        TYPE_4.replace("^RestIn=-10.00^", &format!("^Header1={}^", "x".repeat(100_000))),
        TYPE_4.replace("[OUT_PARAM]\n", ""),
        TYPE_3.replace("^DebIn=0.00^", "^DebIn=1.00^"),
    ] {
        for line in rows(&text).lines().filter(|line| !line.contains('@')) {
            out += &format!("{line}\n");
        }
        out += "--\n";
    }
    expect![[r#"
        client_bank 4 account=BY00TEST30120000000000000933 unp=100000007 currency=BYN
        2 rows, 0 refused
        +33.10 BYN -0.00 BYN withheld 0.00 BYN fines 0.00 BYN
        disagrees: credits of 33.11 BYN are declared, 33.10 BYN were read
        --
        client_bank 4 account=BY00TEST30120000000000000933 unp=100000007 currency=BYN
        2 rows, 0 refused
        +33.10 BYN -0.00 BYN withheld 0.00 BYN fines 0.00 BYN
        disagrees: debits of 1.00 BYN are declared, 0.00 BYN were read
        --
        client_bank 4 account=BY00TEST30120000000000000933 unp=100000007 currency=BYN
        2 rows, 0 refused
        +33.10 BYN -0.00 BYN withheld 0.00 BYN fines 0.00 BYN
        disagrees: from -10.00 BYN the rows lead to 23.10 BYN, not to 23.11 BYN
        --
        client_bank 4 account=BY00TEST30120000000000000933 unp=100000007 currency=BYN
        2 rows, 0 refused
        +33.10 BYN -0.00 BYN withheld 0.00 BYN fines 0.00 BYN
        disagrees: RestOut cannot be read
        --
        client_bank 4 account=BY00TEST30120000000000000933 unp=100000007 currency=BYN
        2 rows, 0 refused
        +33.10 BYN -0.00 BYN withheld 0.00 BYN fines 0.00 BYN
        disagrees: RestOut cannot be read
        --
        client_bank 4 account=BY00TEST30120000000000000933 unp=100000007 currency=BYN
        2 rows, 0 refused
        +33.10 BYN -0.00 BYN withheld 0.00 BYN fines 0.00 BYN
        --
        client_bank 4 account=BY00TEST30120000000000000933 unp=100000007 currency=BYN
        2 rows, 0 refused
        +33.10 BYN -0.00 BYN withheld 0.00 BYN fines 0.00 BYN
        --
        client_bank 4 account=BY00TEST30120000000000000933 unp=100000007 currency=BYN
        2 rows, 0 refused
        +33.10 BYN -0.00 BYN withheld 0.00 BYN fines 0.00 BYN
        --
        client_bank 4 account=BY00TEST30120000000000000933 unp=100000007 currency=BYN
        row 2 at byte 455: Credit cannot be "?" [amount]
        1 rows, 1 refused
        +30.00 BYN -0.00 BYN withheld 0.00 BYN fines 0.00 BYN
        --
        client_bank 4 account=BY00TEST30120000000000000933 unp=100000007 currency=BYN
        row 2 at byte 455: Credit cannot be "?" [amount]
        1 rows, 1 refused
        +30.00 BYN -0.00 BYN withheld 0.00 BYN fines 0.00 BYN
        disagrees: credits of 29.99 BYN are declared, 30.00 BYN were read
        --
        client_bank 4 account=BY00TEST30120000000000000933 unp=100000007 currency=BYN
        2 rows, 0 refused
        +33.10 BYN -0.00 BYN withheld 0.00 BYN fines 0.00 BYN
        disagrees: a line outside the operations cannot be read
        --
        client_bank 4 account=BY00TEST30120000000000000933 unp=100000007 currency=BYN
        0 rows, 0 refused
        disagrees: credits of 33.10 BYN are declared, 0.00 BYN were read
        disagrees: from -10.00 BYN the rows lead to -10.00 BYN, not to 23.10 BYN
        --
        client_bank 3 account=BY00TEST30120000000000000933 currency=BYN
        1 rows, 0 refused
        +7.00 BYN -0.00 BYN withheld 0.00 BYN fines 0.00 BYN
        disagrees: from -1.00 BYN the rows lead to 6.00 BYN, not to 7.00 BYN
        --
    "#]]
    .assert_eq(&out);
}

#[test]
fn a_statement_without_its_last_line_must_have_its_last_balance() {
    let mut out = String::new();
    for text in [
        TYPE_4.replace("######\n", ""),
        TYPE_4.replace("^RestOut=23.10^\n######\n", ""),
        TYPE_4.replace("^RestOut=23.10^\n######\n", "^RestOut=23.1"),
        TYPE_6.replace("^RestOut=150.00^\n^RestOutQ=441.75^\n", ""),
        TYPE_600.replace("^OutDebQ=0.00^\n^OutCreQ=176.00^\n######\n", ""),
    ] {
        let told = rows(&text);
        let found: Vec<&str> = told.lines().filter(|line| line.starts_with("dis")).collect();
        out += &format!("{found:?}\n");
    }
    expect![[r#"
        []
        ["disagrees: the mark at the end is missing"]
        ["disagrees: a line outside the operations cannot be read", "disagrees: the mark at the end is missing"]
        ["disagrees: the mark at the end is missing"]
        ["disagrees: the mark at the end is missing"]
    "#]].assert_eq(&out);
}
