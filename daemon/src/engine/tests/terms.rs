//! The agency's term: its changes and reminders.

use expect_test::expect;

use super::check;

#[test]
fn reminders_come_before_the_end_and_after_it() {
    check(
        "
        portal submits 17 5.f free
        on 2026-03-08
        on 2026-03-10
        on 2026-03-20
        timers",
        expect![[r#"
            portal submits 17 5.f free
            → zags-minsk 17: #1 assigned 5.f on not_due, by 2026-03-11
            → portal 17: #2 routed by 2026-03-11
            on 2026-03-08
            on 2026-03-10
            2026-03-09
            → zags-minsk 17: #3 term Approaching 2026-03-11 in 2 days
            on 2026-03-20
            2026-03-12
            → zags-minsk 17: #4 term Overdue 2026-03-11 in -1 days
            timers
        "#]],
    );
}

#[test]
fn a_reminder_is_said_once() {
    check(
        "
        portal submits 17 5.f free
        on 2026-03-10
        timer deadline 17
        on 2026-03-20
        timer deadline 17",
        expect![[r#"
            portal submits 17 5.f free
            → zags-minsk 17: #1 assigned 5.f on not_due, by 2026-03-11
            → portal 17: #2 routed by 2026-03-11
            on 2026-03-10
            2026-03-09
            → zags-minsk 17: #3 term Approaching 2026-03-11 in 2 days
            timer deadline 17
            on 2026-03-20
            2026-03-12
            → zags-minsk 17: #4 term Overdue 2026-03-11 in -1 days
            timer deadline 17
        "#]],
    );
}

#[test]
fn nobody_is_reminded_of_a_decided_or_withdrawn_case() {
    check(
        "
        portal submits 17 5.f free
        zags-minsk decides 17 d1 granted
        portal acknowledges 17 d1
        portal submits 18 5.f free
        portal withdraws 18
        on 2026-03-20",
        expect![[r#"
            portal submits 17 5.f free
            → zags-minsk 17: #1 assigned 5.f on not_due, by 2026-03-11
            → portal 17: #2 routed by 2026-03-11
            zags-minsk decides 17 d1 granted
            → portal 17: #3 decision d1 granted by zags-minsk
            → portal 17: #4 decided by 2026-03-11
            portal acknowledges 17 d1
            portal submits 18 5.f free
            → zags-minsk 18: #1 assigned 5.f on not_due, by 2026-03-11
            → portal 18: #2 routed by 2026-03-11
            portal withdraws 18
            → portal 18: #3 withdrawn by 2026-03-11
            → zags-minsk 18: #4 withdrawn
            on 2026-03-20
        "#]],
    );
}

#[test]
fn an_extended_term_is_told_to_the_portal_and_the_agency() {
    check(
        "
        portal submits 17 5.f free
        zags-minsk extended 17 until 2026-04-01 at 2026-03-05T10:00:00+03:00
        zags-minsk extended 17 until 2026-04-01 at 2026-03-05T10:00:00+03:00
        on 2026-04-03",
        expect![[r#"
            portal submits 17 5.f free
            → zags-minsk 17: #1 assigned 5.f on not_due, by 2026-03-11
            → portal 17: #2 routed by 2026-03-11
            zags-minsk extended 17 until 2026-04-01 at 2026-03-05T10:00:00+03:00
            → portal 17: #3 routed by 2026-04-01
            → zags-minsk 17: #4 term Changed 2026-04-01 in 27 days
            zags-minsk extended 17 until 2026-04-01 at 2026-03-05T10:00:00+03:00
            = nothing new
            on 2026-04-03
            2026-03-30
            → zags-minsk 17: #5 term Approaching 2026-04-01 in 2 days
            2026-04-02
            → zags-minsk 17: #6 term Overdue 2026-04-01 in -1 days
        "#]],
    );
}

#[test]
fn a_term_extended_after_its_end_is_reminded_of_again() {
    check(
        "
        portal submits 17 5.f free
        on 2026-03-20
        zags-minsk extended 17 until 2026-04-01
        on 2026-04-03",
        expect![[r#"
            portal submits 17 5.f free
            → zags-minsk 17: #1 assigned 5.f on not_due, by 2026-03-11
            → portal 17: #2 routed by 2026-03-11
            on 2026-03-20
            2026-03-09
            → zags-minsk 17: #3 term Approaching 2026-03-11 in 2 days
            2026-03-12
            → zags-minsk 17: #4 term Overdue 2026-03-11 in -1 days
            zags-minsk extended 17 until 2026-04-01
            → portal 17: #5 routed by 2026-04-01
            → zags-minsk 17: #6 term Changed 2026-04-01 in 12 days
            on 2026-04-03
            2026-03-30
            → zags-minsk 17: #7 term Approaching 2026-04-01 in 2 days
            2026-04-02
            → zags-minsk 17: #8 term Overdue 2026-04-01 in -1 days
        "#]],
    );
}

#[test]
fn a_suspended_term_stands_still_until_it_is_resumed() {
    check(
        "
        portal submits 17 5.f free
        on 2026-03-09
        zags-minsk suspended 17
        on 2026-03-20
        zags-minsk resumed 17
        on 2026-04-03",
        expect![[r#"
            portal submits 17 5.f free
            → zags-minsk 17: #1 assigned 5.f on not_due, by 2026-03-11
            → portal 17: #2 routed by 2026-03-11
            on 2026-03-09
            2026-03-09
            → zags-minsk 17: #3 term Approaching 2026-03-11 in 2 days
            zags-minsk suspended 17
            → portal 17: #4 routed by 2026-03-11, because so
            on 2026-03-20
            zags-minsk resumed 17
            → portal 17: #5 routed by 2026-03-23
            → zags-minsk 17: #6 term Changed 2026-03-23 in 3 days
            on 2026-04-03
            2026-03-21
            → zags-minsk 17: #7 term Approaching 2026-03-23 in 2 days
            2026-03-24
            → zags-minsk 17: #8 term Overdue 2026-03-23 in -1 days
        "#]],
    );
}

#[test]
fn changes_of_a_term_count_by_their_own_time() {
    check(
        "
        portal submits 17 5.f free
        on 2026-03-20
        zags-minsk resumed 17 at 2026-03-19T10:00:00+03:00
        zags-minsk suspended 17 at 2026-03-09T10:00:00+03:00
        zags-minsk resumed 17 until 2026-05-01 at 2026-03-19T11:00:00+03:00",
        expect![[r#"
            portal submits 17 5.f free
            → zags-minsk 17: #1 assigned 5.f on not_due, by 2026-03-11
            → portal 17: #2 routed by 2026-03-11
            on 2026-03-20
            2026-03-09
            → zags-minsk 17: #3 term Approaching 2026-03-11 in 2 days
            2026-03-12
            → zags-minsk 17: #4 term Overdue 2026-03-11 in -1 days
            zags-minsk resumed 17 at 2026-03-19T10:00:00+03:00
            zags-minsk suspended 17 at 2026-03-09T10:00:00+03:00
            → portal 17: #5 routed by 2026-03-23
            → zags-minsk 17: #6 term Changed 2026-03-23 in 3 days
            zags-minsk resumed 17 until 2026-05-01 at 2026-03-19T11:00:00+03:00
        "#]],
    );
}

#[test]
fn a_term_changed_after_the_decision_is_told_to_the_portal_alone() {
    check(
        "
        portal submits 17 5.f free
        zags-minsk decides 17 d1 granted
        zags-minsk extended 17 until 2026-04-01",
        expect![[r#"
            portal submits 17 5.f free
            → zags-minsk 17: #1 assigned 5.f on not_due, by 2026-03-11
            → portal 17: #2 routed by 2026-03-11
            zags-minsk decides 17 d1 granted
            → portal 17: #3 decision d1 granted by zags-minsk
            → portal 17: #4 decided by 2026-03-11
            zags-minsk extended 17 until 2026-04-01
            → portal 17: #5 decided by 2026-04-01
        "#]],
    );
}

#[test]
fn a_case_paid_after_its_term_is_overdue_at_once() {
    check(
        "
        portal submits 17 5.9 45.00
        on 2026-03-20
        erip credited 17 p1 45.00
        on 2026-03-21",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            on 2026-03-20
            erip credited 17 p1 45.00
            → zags-minsk 17: #2 assigned 5.9 on credited 45.00 of 45.00, p1 credited 45.00, by 2026-03-11
            → portal 17: #3 routed 45.00 of 45.00 by 2026-03-11
            on 2026-03-21
            2026-03-20
            → zags-minsk 17: #4 term Overdue 2026-03-11 in -9 days
        "#]],
    );
}
