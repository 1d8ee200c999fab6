//! Money on its way to the due: enough, too little, too much.

use expect_test::expect;

use super::check;

#[test]
fn underpaid_waits_for_the_rest_and_then_goes_to_the_agency() {
    check(
        "
        portal submits 17 5.9 45.00
        erip credited 17 p1 20.00
        erip credited 17 p2 25.00
        money",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            erip credited 17 p1 20.00
            → portal 17: #2 underpaid 20.00 of 45.00
            erip credited 17 p2 25.00
            → zags-minsk 17: #3 assigned 5.9 on credited 45.00 of 45.00, p1 credited 20.00, p2 credited 25.00, by 2026-03-11
            → portal 17: #4 routed 45.00 of 45.00 by 2026-03-11
            money
              erip/p1 credited 20.00 BYN on 17: settled 20.00
              erip/p2 credited 25.00 BYN on 17: settled 25.00
        "#]],
    );
}

#[test]
fn money_that_is_only_accepted_does_not_count_where_it_must_be_credited() {
    check(
        "
        portal submits 17 5.9 45.00
        erip accepted 17 p1 45.00
        erip credited 17 p1 45.00
        money",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            erip accepted 17 p1 45.00
            erip credited 17 p1 45.00
            → zags-minsk 17: #2 assigned 5.9 on credited 45.00 of 45.00, p1 credited 45.00, by 2026-03-11
            → portal 17: #3 routed 45.00 of 45.00 by 2026-03-11
            money
              erip/p1 credited 45.00 BYN on 17: settled 45.00
        "#]],
    );
}

#[test]
fn money_that_counts_fills_the_due_before_money_that_does_not() {
    check(
        "
        portal submits 17 5.9 45.00
        erip accepted 17 p1 45.00 paid 2026-03-05T09:00:00+03:00
        erip credited 17 p2 45.00 paid 2026-03-05T09:30:00+03:00
        money
        erip credited 17 p1 45.00
        money",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            erip accepted 17 p1 45.00 paid 2026-03-05T09:00:00+03:00
            erip credited 17 p2 45.00 paid 2026-03-05T09:30:00+03:00
            → zags-minsk 17: #2 assigned 5.9 on credited 45.00 of 45.00, p2 credited 45.00, p1 accepted 45.00, by 2026-03-11
            → portal 17: #3 routed 45.00 of 45.00 by 2026-03-11
            money
              erip/p1 accepted 45.00 BYN on 17: surplus 45.00
              erip/p2 credited 45.00 BYN on 17: settled 45.00
            erip credited 17 p1 45.00
            → portal 17: #4 refund due 45.00 BYN second_payment of erip/p2
            → zags-minsk 17: #5 overpaid 45.00, missing 0.00
            money
              erip/p1 credited 45.00 BYN on 17: settled 45.00
              erip/p2 credited 45.00 BYN on 17: surplus 45.00, refund due 45.00 second_payment
        "#]],
    );
}

#[test]
fn accepted_money_routes_where_the_policy_says_so_and_is_confirmed_later() {
    check(
        "
        portal submits 17 5.a 45.00
        erip accepted 17 p1 20.00
        erip accepted 17 p2 25.00
        erip credited 17 p1 20.00
        erip credited 17 p2 25.00
        erip credited 17 p2 25.00",
        expect![[r#"
            portal submits 17 5.a 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            erip accepted 17 p1 20.00
            → portal 17: #2 underpaid 20.00 of 45.00
            erip accepted 17 p2 25.00
            → zags-minsk 17: #3 assigned 5.a on accepted 45.00 of 45.00, p1 accepted 20.00, p2 accepted 25.00, by 2026-03-11
            → portal 17: #4 routed 45.00 of 45.00 by 2026-03-11
            erip credited 17 p1 20.00
            erip credited 17 p2 25.00
            → zags-minsk 17: #5 confirmed 45.00, missing 0.00
            erip credited 17 p2 25.00
            = duplicate
        "#]],
    );
}

#[test]
fn a_receipt_alone_routes_where_the_policy_says_so() {
    check(
        "
        portal submits 17 5.c 45.00
        portal attaches 17 op1 45.00
        erip accepted 17 p1 45.00
        erip credited 17 p1 45.00
        erip reversed 17 p1 45.00
        erip credited 17 p2 45.00",
        expect![[r#"
            portal submits 17 5.c 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            portal attaches 17 op1 45.00
            → zags-minsk 17: #2 assigned 5.c on claimed 0.00 of 45.00, claim op1, by 2026-03-11
            → portal 17: #3 routed 0.00 of 45.00 by 2026-03-11
            erip accepted 17 p1 45.00
            → portal 17: #4 routed 45.00 of 45.00 by 2026-03-11
            erip credited 17 p1 45.00
            → zags-minsk 17: #5 confirmed 45.00, missing 0.00
            erip reversed 17 p1 45.00
            → portal 17: #6 routed 0.00 of 45.00 by 2026-03-11
            → zags-minsk 17: #7 reversed 45.00, missing 45.00
            erip credited 17 p2 45.00
            → portal 17: #8 routed 45.00 of 45.00 by 2026-03-11
            → zags-minsk 17: #9 confirmed 45.00, missing 0.00
        "#]],
    );
}

#[test]
fn a_receipt_is_never_money_where_money_is_wanted() {
    check(
        "
        portal submits 17 5.9 45.00
        portal attaches 17 op1 45.00
        portal submits 18 5.a 45.00
        portal attaches 18 op1 45.00",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            portal attaches 17 op1 45.00
            portal submits 18 5.a 45.00
            → portal 18: #1 awaiting_payment 0.00 of 45.00
            portal attaches 18 op1 45.00
        "#]],
    );
}

#[test]
fn the_tolerance_only_decides_what_is_enough() {
    check(
        "
        portal submits 17 5.t 45.00
        erip credited 17 p1 43.99
        erip credited 17 p2 0.01
        erip credited 17 p3 1.50
        money",
        expect![[r#"
            portal submits 17 5.t 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            erip credited 17 p1 43.99
            → portal 17: #2 underpaid 43.99 of 45.00
            erip credited 17 p2 0.01
            → zags-minsk 17: #3 assigned 5.t on credited 44.00 of 45.00, p1 credited 43.99, p2 credited 0.01, by 2026-03-11
            → portal 17: #4 routed 44.00 of 45.00 by 2026-03-11
            erip credited 17 p3 1.50
            → portal 17: #5 refund due 0.50 BYN overpaid of erip/p3
            → portal 17: #6 routed 45.00 of 45.00 by 2026-03-11
            → zags-minsk 17: #7 overpaid 0.50, missing 0.00
            money
              erip/p1 credited 43.99 BYN on 17: settled 43.99
              erip/p2 credited 0.01 BYN on 17: settled 0.01
              erip/p3 credited 1.50 BYN on 17: settled 1.00 surplus 0.50, refund due 0.50 overpaid
        "#]],
    );
}

#[test]
fn a_payment_that_is_surplus_in_part_is_overpaid_and_as_a_whole_a_second_payment() {
    check(
        "
        portal submits 17 5.9 45.00
        erip credited 17 p1 50.00
        erip credited 17 p2 45.00
        money",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            erip credited 17 p1 50.00
            → portal 17: #2 refund due 5.00 BYN overpaid of erip/p1
            → zags-minsk 17: #3 assigned 5.9 on credited 45.00 of 45.00, p1 credited 50.00, by 2026-03-11
            → portal 17: #4 routed 45.00 of 45.00 by 2026-03-11
            erip credited 17 p2 45.00
            → portal 17: #5 refund due 45.00 BYN second_payment of erip/p2
            → zags-minsk 17: #6 overpaid 50.00, missing 0.00
            money
              erip/p1 credited 50.00 BYN on 17: settled 45.00 surplus 5.00, refund due 5.00 overpaid
              erip/p2 credited 45.00 BYN on 17: surplus 45.00, refund due 45.00 second_payment
        "#]],
    );
}

#[test]
fn surplus_is_due_for_refund_only_once_credited() {
    check(
        "
        portal submits 17 5.a 45.00
        erip accepted 17 p1 50.00
        erip accepted 17 p2 10.00
        erip credited 17 p2 10.00
        erip credited 17 p1 50.00
        money",
        expect![[r#"
            portal submits 17 5.a 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            erip accepted 17 p1 50.00
            → zags-minsk 17: #2 assigned 5.a on accepted 45.00 of 45.00, p1 accepted 50.00, by 2026-03-11
            → portal 17: #3 routed 45.00 of 45.00 by 2026-03-11
            erip accepted 17 p2 10.00
            → zags-minsk 17: #4 overpaid 15.00, missing 0.00
            erip credited 17 p2 10.00
            → portal 17: #5 refund due 10.00 BYN second_payment of erip/p2
            erip credited 17 p1 50.00
            → portal 17: #6 refund due 5.00 BYN overpaid of erip/p1
            → zags-minsk 17: #7 confirmed 45.00, missing 0.00
            money
              erip/p1 credited 50.00 BYN on 17: settled 45.00 surplus 5.00, refund due 5.00 overpaid
              erip/p2 credited 10.00 BYN on 17: surplus 10.00, refund due 10.00 second_payment
        "#]],
    );
}

#[test]
fn payments_fill_the_due_by_time_of_payment_then_feed_then_id_not_by_arrival() {
    check(
        "
        portal submits 17 5.9 45.00
        erip credited 17 p2 45.00 paid 2026-03-05T09:00:00+03:00
        erip credited 17 p1 45.00 paid 2026-03-05T09:00:00+03:00
        card accepted 17 p0 45.00 paid 2026-03-05T08:00:00+03:00
        bank credited 17 b9 30.00 paid 2026-03-05T09:00:00+03:00
        money",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            erip credited 17 p2 45.00 paid 2026-03-05T09:00:00+03:00
            → zags-minsk 17: #2 assigned 5.9 on credited 45.00 of 45.00, p2 credited 45.00, by 2026-03-11
            → portal 17: #3 routed 45.00 of 45.00 by 2026-03-11
            erip credited 17 p1 45.00 paid 2026-03-05T09:00:00+03:00
            → portal 17: #4 refund due 45.00 BYN second_payment of erip/p2
            → zags-minsk 17: #5 overpaid 45.00, missing 0.00
            card accepted 17 p0 45.00 paid 2026-03-05T08:00:00+03:00
            bank credited 17 b9 30.00 paid 2026-03-05T09:00:00+03:00
            → portal 17: #6 refund due 30.00 BYN overpaid of erip/p1
            → zags-minsk 17: #7 overpaid 75.00, missing 0.00
            money
              erip/p2 credited 45.00 BYN on 17: surplus 45.00, refund due 45.00 second_payment
              erip/p1 credited 45.00 BYN on 17: settled 15.00 surplus 30.00, refund due 30.00 overpaid
              card/p0 accepted 45.00 BYN on 17: surplus 45.00
              bank/b9 credited 30.00 BYN on 17: settled 30.00
        "#]],
    );
}

#[test]
fn nothing_due_makes_every_payment_exempt() {
    check(
        "
        portal submits 17 5.f free
        erip credited 17 p1 45.00
        erip credited 17 p2 10.00 currency USD
        money",
        expect![[r#"
            portal submits 17 5.f free
            → zags-minsk 17: #1 assigned 5.f on not_due, by 2026-03-11
            → portal 17: #2 routed by 2026-03-11
            erip credited 17 p1 45.00
            → portal 17: #3 refund due 45.00 BYN exempt of erip/p1
            → zags-minsk 17: #4 overpaid 45.00, missing 0.00
            erip credited 17 p2 10.00 currency USD
            → portal 17: #5 refund due 10.00 USD exempt of erip/p2
            money
              erip/p1 credited 45.00 BYN on 17: surplus 45.00, refund due 45.00 exempt
              erip/p2 credited 10.00 USD on 17: surplus 10.00, refund due 10.00 exempt
        "#]],
    );
}

#[test]
fn money_in_another_currency_waits_and_changes_no_status() {
    check(
        "
        portal submits 17 5.9 45.00
        erip credited 17 p1 45.00 currency USD
        erip credited 17 p2 45.00
        money",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            erip credited 17 p1 45.00 currency USD
            → ops payment_suspended 17: 45.00 USD for order 000000000000000000000000000017 is in suspense: it is in another currency than the fee; see `kvit suspense show 2`
            = suspended
            erip credited 17 p2 45.00
            → zags-minsk 17: #2 assigned 5.9 on credited 45.00 of 45.00, p2 credited 45.00, by 2026-03-11
            → portal 17: #3 routed 45.00 of 45.00 by 2026-03-11
            money
              erip/p1 credited 45.00 USD on 17: suspense 45.00 (wrong_currency)
              erip/p2 credited 45.00 BYN on 17: settled 45.00
        "#]],
    );
}
