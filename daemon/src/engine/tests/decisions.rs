//! Decisions: their chain, what they do to money, and how they are published.

use expect_test::expect;

use super::check;

#[test]
fn a_correction_names_the_current_decision() {
    check(
        "
        portal submits 17 5.f free
        zags-minsk decides 17 d1 granted replacing d0
        zags-minsk decides 17 d1 refused at 2026-03-05T10:00:00+03:00
        zags-minsk decides 17 d1 refused at 2026-03-05T10:00:00+03:00
        zags-minsk decides 17 d1 granted at 2026-03-05T10:00:00+03:00
        zags-minsk decides 17 d2 granted
        zags-minsk decides 17 d2 granted replacing d1 at 2026-03-05T11:00:00+03:00
        zags-minsk decides 17 d3 granted replacing d1
        zags-minsk decides 17 d1 refused at 2026-03-05T10:00:00+03:00
        zags-minsk decides 17 d2 granted replacing d1 at 2026-03-05T11:00:00+03:00",
        expect![[r#"
            portal submits 17 5.f free
            → zags-minsk 17: #1 assigned 5.f on not_due, by 2026-03-11
            → portal 17: #2 routed by 2026-03-11
            zags-minsk decides 17 d1 granted replacing d0
            ! KV1205 there is no decision to replace
            zags-minsk decides 17 d1 refused at 2026-03-05T10:00:00+03:00
            → portal 17: #3 decision d1 refused by zags-minsk
            → portal 17: #4 decided by 2026-03-11
            zags-minsk decides 17 d1 refused at 2026-03-05T10:00:00+03:00
            = nothing new
            zags-minsk decides 17 d1 granted at 2026-03-05T10:00:00+03:00
            ! KV1204 the decision is known with other content
            zags-minsk decides 17 d2 granted
            ! KV1205 the current decision is d1
            zags-minsk decides 17 d2 granted replacing d1 at 2026-03-05T11:00:00+03:00
            → portal 17: #5 decision d2 granted by zags-minsk replaces d1
            zags-minsk decides 17 d3 granted replacing d1
            ! KV1205 the current decision is d2
            zags-minsk decides 17 d1 refused at 2026-03-05T10:00:00+03:00
            = nothing new
            zags-minsk decides 17 d2 granted replacing d1 at 2026-03-05T11:00:00+03:00
            = nothing new
        "#]],
    );
}

#[test]
fn not_accepted_makes_the_credited_money_due_and_a_correction_takes_that_back() {
    check(
        "
        portal submits 17 5.a 45.00
        erip accepted 17 p1 45.00
        erip credited 17 p2 10.00
        zags-minsk decides 17 d1 not_accepted
        erip credited 17 p1 45.00
        money
        zags-minsk decides 17 d2 granted replacing d1
        money",
        expect![[r#"
            portal submits 17 5.a 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            erip accepted 17 p1 45.00
            → zags-minsk 17: #2 assigned 5.a on accepted 45.00 of 45.00, p1 accepted 45.00, by 2026-03-11
            → portal 17: #3 routed 45.00 of 45.00 by 2026-03-11
            erip credited 17 p2 10.00
            → portal 17: #4 refund due 10.00 BYN second_payment of erip/p2
            → zags-minsk 17: #5 overpaid 10.00, missing 0.00
            zags-minsk decides 17 d1 not_accepted
            → portal 17: #6 decision d1 not_accepted by zags-minsk
            → portal 17: #7 refund due 10.00 BYN not_accepted of erip/p2
            → portal 17: #8 decided 0.00 of 45.00 by 2026-03-11
            erip credited 17 p1 45.00
            → portal 17: #9 refund due 45.00 BYN not_accepted of erip/p1
            money
              erip/p1 credited 45.00 BYN on 17: surplus 45.00, refund due 45.00 not_accepted
              erip/p2 credited 10.00 BYN on 17: surplus 10.00, refund due 10.00 not_accepted
            zags-minsk decides 17 d2 granted replacing d1
            → portal 17: #10 decision d2 granted by zags-minsk replaces d1
            → portal 17: #11 refund cancelled 45.00 BYN not_accepted of erip/p1
            → portal 17: #12 refund due 10.00 BYN second_payment of erip/p2
            → portal 17: #13 decided 45.00 of 45.00 by 2026-03-11
            → zags-minsk 17: #14 confirmed 45.00, missing 0.00
            money
              erip/p1 credited 45.00 BYN on 17: settled 45.00, refund cancelled 45.00 not_accepted
              erip/p2 credited 10.00 BYN on 17: surplus 10.00, refund due 10.00 second_payment
        "#]],
    );
}

#[test]
fn refusal_to_perform_keeps_the_fee() {
    check(
        "
        portal submits 17 5.9 45.00
        erip credited 17 p1 45.00
        zags-minsk decides 17 d1 refused
        timer window 17
        money",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            erip credited 17 p1 45.00
            → zags-minsk 17: #2 assigned 5.9 on credited 45.00 of 45.00, p1 credited 45.00, by 2026-03-11
            → portal 17: #3 routed 45.00 of 45.00 by 2026-03-11
            zags-minsk decides 17 d1 refused
            → portal 17: #4 decision d1 refused by zags-minsk
            → portal 17: #5 decided 45.00 of 45.00 by 2026-03-11
            timer window 17
            money
              erip/p1 credited 45.00 BYN on 17: settled 45.00
        "#]],
    );
}

#[test]
fn a_decision_is_published_until_it_is_acknowledged() {
    check(
        "
        portal submits 17 5.f free
        zags-minsk decides 17 d1 granted
        timer republish 17 d1
        portal acknowledges 17 d1
        timer republish 17 d1
        timers",
        expect![[r#"
            portal submits 17 5.f free
            → zags-minsk 17: #1 assigned 5.f on not_due, by 2026-03-11
            → portal 17: #2 routed by 2026-03-11
            zags-minsk decides 17 d1 granted
            → portal 17: #3 decision d1 granted by zags-minsk
            → portal 17: #4 decided by 2026-03-11
            timer republish 17 d1
            → portal 17: what is kept under 2 again
            portal acknowledges 17 d1
            timer republish 17 d1
            timers
              2026-03-09T00:00:00+03:00 deadline 17
              2026-03-05T11:02:00+03:00 republish d1 17
              2026-03-05T11:03:00+03:00 republish d1 17
        "#]],
    );
}

#[test]
fn publishing_ends_in_an_alert() {
    check(
        "
        portal submits 17 5.f free
        zags-minsk decides 17 d1 granted
        on 2026-03-06
        timers",
        expect![[r#"
            portal submits 17 5.f free
            → zags-minsk 17: #1 assigned 5.f on not_due, by 2026-03-11
            → portal 17: #2 routed by 2026-03-11
            zags-minsk decides 17 d1 granted
            → portal 17: #3 decision d1 granted by zags-minsk
            → portal 17: #4 decided by 2026-03-11
            on 2026-03-06
            2026-03-05
            → portal 17: what is kept under 2 again
            2026-03-05
            → portal 17: what is kept under 2 again
            2026-03-05
            → ops decision_unacknowledged 17: decision d1 was published 3 times and never acknowledged by portal
            timers
              2026-03-09T00:00:00+03:00 deadline 17
        "#]],
    );
}

#[test]
fn a_correction_stops_the_publishing_of_what_it_replaces() {
    check(
        "
        portal submits 17 5.f free
        zags-minsk decides 17 d1 granted
        zags-minsk decides 17 d2 refused replacing d1
        timer republish 17 d1
        timer republish 17 d2
        portal acknowledges 17 d1
        timer republish 17 d2",
        expect![[r#"
            portal submits 17 5.f free
            → zags-minsk 17: #1 assigned 5.f on not_due, by 2026-03-11
            → portal 17: #2 routed by 2026-03-11
            zags-minsk decides 17 d1 granted
            → portal 17: #3 decision d1 granted by zags-minsk
            → portal 17: #4 decided by 2026-03-11
            zags-minsk decides 17 d2 refused replacing d1
            → portal 17: #5 decision d2 refused by zags-minsk replaces d1
            timer republish 17 d1
            timer republish 17 d2
            → portal 17: what is kept under 3 again
            portal acknowledges 17 d1
            timer republish 17 d2
            → portal 17: what is kept under 3 again
        "#]],
    );
}
