//! Money taken back, before and after the case went to its agency, and what restores it.

use expect_test::expect;

use super::check;

#[test]
fn a_reversal_before_routing_goes_back_to_awaiting() {
    check(
        "
        portal submits 17 5.9 45.00
        erip credited 17 p1 20.00
        erip reversed 17 p1 20.00
        erip credited 17 p1 20.00
        erip reversed 17 p2 45.00
        erip credited 17 p2 45.00
        money",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            erip credited 17 p1 20.00
            → portal 17: #2 underpaid 20.00 of 45.00
            erip reversed 17 p1 20.00
            → portal 17: #3 awaiting_payment 0.00 of 45.00
            erip credited 17 p1 20.00
            = duplicate
            erip reversed 17 p2 45.00
            erip credited 17 p2 45.00
            = duplicate
            money
              erip/p1 reversed 20.00 BYN on 17:
              erip/p2 reversed 45.00 BYN on 17:
        "#]],
    );
}

#[test]
fn a_reversal_after_routing_is_told_and_so_is_what_restores_it() {
    check(
        "
        portal submits 17 5.9 45.00
        erip credited 17 p1 20.00
        erip credited 17 p2 25.00
        erip reversed 17 p2 25.00
        erip credited 17 p3 10.00
        erip credited 17 p4 15.00
        erip reversed 17 p1 20.00
        erip credited 17 p5 45.00
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
            erip credited 17 p3 10.00
            → portal 17: #7 payment_reversed 30.00 of 45.00 by 2026-03-11
            erip credited 17 p4 15.00
            → portal 17: #8 routed 45.00 of 45.00 by 2026-03-11
            → zags-minsk 17: #9 restored 25.00, missing 0.00
            erip reversed 17 p1 20.00
            → portal 17: #10 payment_reversed 25.00 of 45.00 by 2026-03-11
            → zags-minsk 17: #11 reversed 20.00, missing 20.00
            erip credited 17 p5 45.00
            → portal 17: #12 refund due 25.00 BYN overpaid of erip/p5
            → portal 17: #13 routed 45.00 of 45.00 by 2026-03-11
            → zags-minsk 17: #14 restored 20.00, missing 0.00
            → zags-minsk 17: #15 overpaid 25.00, missing 0.00
            money
              erip/p1 reversed 20.00 BYN on 17:
              erip/p2 reversed 25.00 BYN on 17:
              erip/p3 credited 10.00 BYN on 17: settled 10.00
              erip/p4 credited 15.00 BYN on 17: settled 15.00
              erip/p5 credited 45.00 BYN on 17: settled 20.00 surplus 25.00, refund due 25.00 overpaid
        "#]],
    );
}

#[test]
fn money_restored_by_acceptance_is_confirmed_when_it_is_credited() {
    check(
        "
        portal submits 17 5.a 45.00
        erip accepted 17 p1 45.00
        erip reversed 17 p1 45.00
        erip accepted 17 p2 45.00
        erip credited 17 p2 45.00",
        expect![[r#"
            portal submits 17 5.a 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            erip accepted 17 p1 45.00
            → zags-minsk 17: #2 assigned 5.a on accepted 45.00 of 45.00, p1 accepted 45.00, by 2026-03-11
            → portal 17: #3 routed 45.00 of 45.00 by 2026-03-11
            erip reversed 17 p1 45.00
            → portal 17: #4 payment_reversed 0.00 of 45.00 by 2026-03-11
            → zags-minsk 17: #5 reversed 45.00, missing 45.00
            erip accepted 17 p2 45.00
            → portal 17: #6 routed 45.00 of 45.00 by 2026-03-11
            → zags-minsk 17: #7 restored 45.00, missing 0.00
            erip credited 17 p2 45.00
            → zags-minsk 17: #8 confirmed 45.00, missing 0.00
        "#]],
    );
}

#[test]
fn a_second_payment_takes_the_place_of_one_taken_back() {
    check(
        "
        portal submits 17 5.9 45.00
        erip credited 17 p1 45.00
        erip credited 17 p2 45.00
        erip credited 17 p3 5.00
        erip reversed 17 p1 45.00
        money",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            erip credited 17 p1 45.00
            → zags-minsk 17: #2 assigned 5.9 on credited 45.00 of 45.00, p1 credited 45.00, by 2026-03-11
            → portal 17: #3 routed 45.00 of 45.00 by 2026-03-11
            erip credited 17 p2 45.00
            → portal 17: #4 refund due 45.00 BYN second_payment of erip/p2
            → zags-minsk 17: #5 overpaid 45.00, missing 0.00
            erip credited 17 p3 5.00
            → portal 17: #6 refund due 5.00 BYN second_payment of erip/p3
            → zags-minsk 17: #7 overpaid 50.00, missing 0.00
            erip reversed 17 p1 45.00
            → portal 17: #8 refund cancelled 45.00 BYN second_payment of erip/p2
            → zags-minsk 17: #9 overpaid 5.00, missing 0.00
            money
              erip/p1 reversed 45.00 BYN on 17:
              erip/p2 credited 45.00 BYN on 17: settled 45.00, refund cancelled 45.00 second_payment
              erip/p3 credited 5.00 BYN on 17: surplus 5.00, refund due 5.00 second_payment
        "#]],
    );
}

#[test]
fn a_reversal_after_the_decision_is_told_and_the_decision_stands() {
    check(
        "
        portal submits 17 5.9 45.00
        erip credited 17 p1 45.00
        zags-minsk decides 17 d1 granted
        erip reversed 17 p1 45.00
        erip credited 17 p2 45.00
        erip credited 17 p3 45.00
        money",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            erip credited 17 p1 45.00
            → zags-minsk 17: #2 assigned 5.9 on credited 45.00 of 45.00, p1 credited 45.00, by 2026-03-11
            → portal 17: #3 routed 45.00 of 45.00 by 2026-03-11
            zags-minsk decides 17 d1 granted
            → portal 17: #4 decision d1 granted by zags-minsk
            → portal 17: #5 decided 45.00 of 45.00 by 2026-03-11
            erip reversed 17 p1 45.00
            → portal 17: #6 payment_reversed 0.00 of 45.00 by 2026-03-11
            → zags-minsk 17: #7 reversed 45.00, missing 45.00
            erip credited 17 p2 45.00
            → portal 17: #8 decided 45.00 of 45.00 by 2026-03-11
            → zags-minsk 17: #9 restored 45.00, missing 0.00
            erip credited 17 p3 45.00
            → portal 17: #10 refund due 45.00 BYN second_payment of erip/p3
            → zags-minsk 17: #11 overpaid 45.00, missing 0.00
            money
              erip/p1 reversed 45.00 BYN on 17:
              erip/p2 credited 45.00 BYN on 17: settled 45.00
              erip/p3 credited 45.00 BYN on 17: surplus 45.00, refund due 45.00 second_payment
        "#]],
    );
}

#[test]
fn a_failed_payment_is_no_money_and_may_still_come_about() {
    check(
        "
        portal submits 17 5.9 45.00
        erip failed 17 p1 45.00
        erip accepted 17 p1 45.00
        erip failed 17 p1 45.00
        erip credited 17 p1 45.00
        erip accepted 17 p1 45.00
        money",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            erip failed 17 p1 45.00
            erip accepted 17 p1 45.00
            erip failed 17 p1 45.00
            = duplicate
            erip credited 17 p1 45.00
            → zags-minsk 17: #2 assigned 5.9 on credited 45.00 of 45.00, p1 credited 45.00, by 2026-03-11
            → portal 17: #3 routed 45.00 of 45.00 by 2026-03-11
            erip accepted 17 p1 45.00
            = duplicate
            money
              erip/p1 credited 45.00 BYN on 17: settled 45.00
        "#]],
    );
}
