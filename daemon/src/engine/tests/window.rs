//! The payment window: its end, what comes late, and what revives.

use expect_test::expect;

use super::check;

#[test]
fn an_unpaid_case_expires_at_the_end_of_its_window() {
    check(
        "
        portal submits 17 5.9 45.00
        on 2026-04-04
        on 2026-04-05
        money",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            on 2026-04-04
            on 2026-04-05
            2026-04-04
            → portal 17: #2 expired 0.00 of 45.00
            money
        "#]],
    );
}

#[test]
fn partial_money_of_an_expired_case_is_due_for_refund() {
    check(
        "
        portal submits 17 5.9 45.00
        erip credited 17 p1 20.00
        erip accepted 17 p2 10.00
        on 2026-04-10
        erip credited 17 p2 10.00
        money",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            erip credited 17 p1 20.00
            → portal 17: #2 underpaid 20.00 of 45.00
            erip accepted 17 p2 10.00
            on 2026-04-10
            2026-04-04
            → portal 17: #3 refund due 20.00 BYN expired of erip/p1
            → portal 17: #4 expired 0.00 of 45.00
            erip credited 17 p2 10.00
            → portal 17: #5 refund due 10.00 BYN expired of erip/p2
            money
              erip/p1 credited 20.00 BYN on 17: surplus 20.00, refund due 20.00 expired
              erip/p2 credited 10.00 BYN on 17: surplus 10.00, refund due 10.00 expired
        "#]],
    );
}

#[test]
fn money_paid_in_time_but_reported_late_revives_the_case() {
    check(
        "
        portal submits 17 5.9 45.00
        erip credited 17 p1 20.00
        on 2026-04-10
        erip credited 17 p2 25.00 paid 2026-04-01T10:00:00+03:00
        money",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            erip credited 17 p1 20.00
            → portal 17: #2 underpaid 20.00 of 45.00
            on 2026-04-10
            2026-04-04
            → portal 17: #3 refund due 20.00 BYN expired of erip/p1
            → portal 17: #4 expired 0.00 of 45.00
            erip credited 17 p2 25.00 paid 2026-04-01T10:00:00+03:00
            → portal 17: #5 refund cancelled 20.00 BYN expired of erip/p1
            → zags-minsk 17: #6 assigned 5.9 on credited 45.00 of 45.00, p1 credited 20.00, p2 credited 25.00, by 2026-03-11
            → portal 17: #7 routed 45.00 of 45.00 by 2026-03-11
            money
              erip/p1 credited 20.00 BYN on 17: settled 20.00, refund cancelled 20.00 expired
              erip/p2 credited 25.00 BYN on 17: settled 25.00
        "#]],
    );
}

#[test]
fn a_late_payment_revives_by_default() {
    check(
        "
        portal submits 17 5.9 45.00
        on 2026-04-10
        erip credited 17 p1 20.00
        erip credited 17 p2 25.00
        money",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            on 2026-04-10
            2026-04-04
            → portal 17: #2 expired 0.00 of 45.00
            erip credited 17 p1 20.00
            → portal 17: #3 refund due 20.00 BYN expired of erip/p1
            erip credited 17 p2 25.00
            → portal 17: #4 refund cancelled 20.00 BYN expired of erip/p1
            → zags-minsk 17: #5 assigned 5.9 on credited 45.00 of 45.00, p1 credited 20.00, p2 credited 25.00, by 2026-03-11
            → portal 17: #6 routed 45.00 of 45.00 by 2026-03-11
            money
              erip/p1 credited 20.00 BYN on 17: settled 20.00, refund cancelled 20.00 expired
              erip/p2 credited 25.00 BYN on 17: settled 25.00
        "#]],
    );
}

#[test]
fn a_late_payment_is_due_for_refund_where_the_procedure_says_so() {
    check(
        "
        portal submits 17 5.l 45.00
        erip credited 17 p1 45.00 paid 2026-04-20T10:00:00+03:00
        erip credited 17 p2 45.00
        erip credited 17 p3 45.00 paid 2026-04-20T10:00:00+03:00
        on 2026-04-10
        money",
        expect![[r#"
            portal submits 17 5.l 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            erip credited 17 p1 45.00 paid 2026-04-20T10:00:00+03:00
            → portal 17: #2 refund due 45.00 BYN expired of erip/p1
            erip credited 17 p2 45.00
            → zags-minsk 17: #3 assigned 5.l on credited 45.00 of 45.00, p2 credited 45.00, p1 credited 45.00, by 2026-03-11
            → portal 17: #4 routed 45.00 of 45.00 by 2026-03-11
            erip credited 17 p3 45.00 paid 2026-04-20T10:00:00+03:00
            → portal 17: #5 refund due 45.00 BYN expired of erip/p3
            on 2026-04-10
            2026-03-09
            → zags-minsk 17: #6 term Approaching 2026-03-11 in 2 days
            2026-03-12
            → zags-minsk 17: #7 term Overdue 2026-03-11 in -1 days
            money
              erip/p1 credited 45.00 BYN on 17: surplus 45.00, refund due 45.00 expired
              erip/p2 credited 45.00 BYN on 17: settled 45.00
              erip/p3 credited 45.00 BYN on 17: surplus 45.00, refund due 45.00 expired
        "#]],
    );
}

#[test]
fn a_routed_case_does_not_expire() {
    check(
        "
        portal submits 17 5.9 45.00
        erip credited 17 p1 45.00
        timer window 17
        timer window 17",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            erip credited 17 p1 45.00
            → zags-minsk 17: #2 assigned 5.9 on credited 45.00 of 45.00, p1 credited 45.00, by 2026-03-11
            → portal 17: #3 routed 45.00 of 45.00 by 2026-03-11
            timer window 17
            timer window 17
        "#]],
    );
}

#[test]
fn a_window_that_ended_returns_what_is_left_of_a_reversed_case_unless_it_is_in_work() {
    check(
        "
        portal submits 17 5.9 45.00
        erip credited 17 p1 20.00
        erip credited 17 p2 25.00
        erip reversed 17 p2 25.00
        timer window 17
        zags-minsk accepts 17 n1
        erip credited 17 p3 25.00
        money",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            erip credited 17 p1 20.00
            → portal 17: #2 underpaid 20.00 of 45.00
            erip credited 17 p2 25.00
            → zags-minsk 17: #3 assigned 5.9 on credited 45.00 of 45.00, p1 credited 20.00, p2 credited 25.00, by 2026-03-11
            → portal 17: #4 routed 45.00 of 45.00 by 2026-03-11
            erip reversed 17 p2 25.00
            → portal 17: #5 payment_reversed 20.00 of 45.00 by 2026-03-11
            → zags-minsk 17: #6 reversed 25.00, missing 25.00
            timer window 17
            → portal 17: #7 refund due 20.00 BYN expired of erip/p1
            → portal 17: #8 payment_reversed 0.00 of 45.00 by 2026-03-11
            → zags-minsk 17: #9 reversed 20.00, missing 45.00
            zags-minsk accepts 17 n1
            → portal 17: #10 refund cancelled 20.00 BYN expired of erip/p1
            → portal 17: #11 payment_reversed 20.00 of 45.00 by 2026-03-11
            erip credited 17 p3 25.00
            → portal 17: #12 in_work 45.00 of 45.00 by 2026-03-11
            → zags-minsk 17: #13 restored 45.00, missing 0.00
            money
              erip/p1 credited 20.00 BYN on 17: settled 20.00, refund cancelled 20.00 expired
              erip/p2 reversed 25.00 BYN on 17:
              erip/p3 credited 25.00 BYN on 17: settled 25.00
        "#]],
    );
}

#[test]
fn the_window_of_an_order_that_is_not_known_does_nothing() {
    check(
        "
        timer window 17
        erip credited 17 p1 45.00
        timer window 17
        money",
        expect![[r#"
            timer window 17
            erip credited 17 p1 45.00
            = suspended
            timer window 17
            money
              erip/p1 credited 45.00 BYN on 17: suspense 45.00 (unknown_order)
        "#]],
    );
}
