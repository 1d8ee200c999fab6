//! 204: what ERIP answers to demands.

use super::*;

#[test]
#[allow(clippy::too_many_lines, reason = "one table")]
fn an_answer_is_told_and_moves_no_money() {
    let header = "5^80000000^9^20260401090100^1^20260401090000";
    let mut out = String::new();
    for text in [
        format!("{header}^0^^0\r\n"),
        format!("{header}^0^"),
        format!("{header}^0"),
        header.to_owned(),
        format!("{header}^^^"),
        format!("{header}^12^Неверный код услуги"),
        format!("{header}^0^^1^лишнее^поле\n"),
        format!(
            "{header}^3^Есть ошибки^2\r\n1^Неверный счет^2^555^КУПАЛА ЯНКА^^\r\n\
             00002^Неверная сумма^2^556^\r\n\r\n"
        ),
        format!("{header}^3^^3\n1^^2^555\nx^Ошибка\n^\n4"),
        format!("{header}^0^^5\n{}", "1^\n".repeat(200)),
        format!("{header}^1^{}", "ы".repeat(1_000)),
    ] {
        let told = tests::told(FileFormat::Erip, &tests::cp1251(&text), &named("/out/9.204"));
        let lines: Vec<&str> = told.lines().collect();
        out += &lines[..lines.len().min(6)].join("\n");
        out += &format!("\n-- {} lines\n", lines.len());
    }
    expect![[r#"
        erip 204 identity=204-9-20260401090100
        0 rows, 0 refused
        warning: message 202 number 1 was accepted
        -- 3 lines
        erip 204 identity=204-9-20260401090100
        0 rows, 0 refused
        warning: message 202 number 1 was accepted
        -- 3 lines
        erip 204 identity=204-9-20260401090100
        0 rows, 0 refused
        warning: message 202 number 1 was accepted
        -- 3 lines
        erip 204 identity=204-9-20260401090100
        0 rows, 0 refused
        warning: the answer to message 202 number 1 has no result
        -- 3 lines
        erip 204 identity=204-9-20260401090100
        0 rows, 0 refused
        warning: the answer to message 202 number 1 has no result
        -- 3 lines
        erip 204 identity=204-9-20260401090100
        0 rows, 0 refused
        warning: message 202 number 1 was not accepted, result "12": Неверный код услуги
        -- 3 lines
        erip 204 identity=204-9-20260401090100
        0 rows, 0 refused
        warning: message 202 number 1 was accepted
        warning: 1 faults are announced, 0 were read
        -- 4 lines
        erip 204 identity=204-9-20260401090100
        0 rows, 0 refused
        warning: message 202 number 1 was not accepted, result "3": Есть ошибки
        warning: demand 1: Неверный счет
        warning: demand 2: Неверная сумма
        -- 5 lines
        erip 204 identity=204-9-20260401090100
        0 rows, 0 refused
        warning: message 202 number 1 was not accepted, result "3"
        warning: demand 1: no reason is given
        warning: fault 2 cannot be read
        warning: fault 3 cannot be read
        -- 8 lines
        erip 204 identity=204-9-20260401090100
        0 rows, 0 refused
        warning: message 202 number 1 was accepted
        warning: demand 1: no reason is given
        warning: demand 1: no reason is given
        warning: demand 1: no reason is given
        -- 102 lines
        erip 204 identity=204-9-20260401090100
        0 rows, 0 refused
        warning: message 202 number 1 was not accepted, result "1": ыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыыы
        -- 3 lines
    "#]].assert_eq(&out);
}

#[test]
fn an_answer_is_known_by_its_header_and_no_name_makes_one() {
    let answer = "5^80000000^9^20260401090100^1^20260401090000^0^^0\n";
    for name in ["9.204", "9.204.txt", "9", "answer.txt"] {
        let told = tests::told(FileFormat::Erip, &tests::cp1251(answer), &named(name));
        assert!(told.starts_with("erip 204 identity=204-9-20260401090100\n0 rows"), "{told}");
    }
    for (name, text) in
        [("9.204", ACCEPTED), ("9.206", answer), ("9.204", "5^8^9^20260401090100^1^x")]
    {
        let told = tests::told(FileFormat::Erip, &tests::cp1251(text), &named(name));
        assert!(told.starts_with("refused: the name says kind"), "{told}");
    }
}
