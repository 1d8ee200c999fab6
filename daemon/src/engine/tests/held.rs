//! Money that may be a second sighting: held for a person, neither added nor refunded.

use expect_test::expect;

use super::check;

#[test]
fn money_that_may_have_been_seen_before_is_held_for_a_person() {
    check(
        "
        portal submits 17 5.9 45.00
        erip credited 17 p1 45.00 kept 0.45
        bank credited 17 b1 45.00
        bank credited 17 b2 44.55
        bank credited 17 b3 45.00 paid 2026-03-06T10:00:00+03:00
        money
        person assigns b1 17
        money",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            erip credited 17 p1 45.00 kept 0.45
            → zags-minsk 17: #2 assigned 5.9 on credited 45.00 of 45.00, p1 credited 45.00, by 2026-03-11
            → portal 17: #3 routed 45.00 of 45.00 by 2026-03-11
            bank credited 17 b1 45.00
            → ops payment_suspended 17: 45.00 BYN for order 000000000000000000000000000017 is in suspense: it may be another report of money that counts already; see `kvit suspense show 3`
            = suspended
            bank credited 17 b2 44.55
            → ops payment_suspended 17: 44.55 BYN for order 000000000000000000000000000017 is in suspense: it may be another report of money that counts already; see `kvit suspense show 4`
            = suspended
            bank credited 17 b3 45.00 paid 2026-03-06T10:00:00+03:00
            → portal 17: #4 refund due 45.00 BYN second_payment of bank/b3
            → zags-minsk 17: #5 overpaid 45.00, missing 0.00
            money
              erip/p1 credited 45.00 BYN on 17: settled 45.00
              bank/b1 credited 45.00 BYN on 17: suspense 45.00 (possible_second_sighting)
              bank/b2 credited 44.55 BYN on 17: suspense 44.55 (possible_second_sighting)
              bank/b3 credited 45.00 BYN on 17: surplus 45.00, refund due 45.00 second_payment
            person assigns b1 17
            → portal 17: #6 refund due 45.00 BYN second_payment of bank/b1
            → zags-minsk 17: #7 overpaid 90.00, missing 0.00
            money
              erip/p1 credited 45.00 BYN on 17: settled 45.00
              bank/b1 credited 45.00 BYN on 17: surplus 45.00, refund due 45.00 second_payment
              bank/b2 credited 44.55 BYN on 17: suspense 44.55 (possible_second_sighting)
              bank/b3 credited 45.00 BYN on 17: surplus 45.00, refund due 45.00 second_payment
        "#]],
    );
}

#[test]
fn the_earlier_feed_may_report_after_the_one_that_settles_it() {
    check(
        "
        portal submits 17 5.9 45.00
        bank credited 17 b1 45.00
        erip accepted 17 p1 45.00
        money
        bank credited 17 b1 45.00 ref erip_operation=p1
        money",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            bank credited 17 b1 45.00
            → zags-minsk 17: #2 assigned 5.9 on credited 45.00 of 45.00, b1 credited 45.00, by 2026-03-11
            → portal 17: #3 routed 45.00 of 45.00 by 2026-03-11
            erip accepted 17 p1 45.00
            → ops payment_suspended 17: 45.00 BYN for order 000000000000000000000000000017 is in suspense: it may be another report of money that counts already; see `kvit suspense show 3`
            = suspended
            money
              bank/b1 credited 45.00 BYN on 17: settled 45.00
              erip/p1 accepted 45.00 BYN on 17: suspense 45.00 (possible_second_sighting)
            bank credited 17 b1 45.00 ref erip_operation=p1
            money
              erip/p1+bank/b1 credited 45.00 BYN on 17: settled 45.00
        "#]],
    );
}

#[test]
fn a_payment_joined_with_its_own_sighting_is_not_held_for_another() {
    check(
        "
        portal submits 17 5.9 45.00
        erip credited 17 p1 45.00
        bank credited 17 b1 45.00 ref erip_operation=p1
        erip credited 17 p2 45.00
        money",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            erip credited 17 p1 45.00
            → zags-minsk 17: #2 assigned 5.9 on credited 45.00 of 45.00, p1 credited 45.00, by 2026-03-11
            → portal 17: #3 routed 45.00 of 45.00 by 2026-03-11
            bank credited 17 b1 45.00 ref erip_operation=p1
            erip credited 17 p2 45.00
            → portal 17: #4 refund due 45.00 BYN second_payment of erip/p2
            → zags-minsk 17: #5 overpaid 45.00, missing 0.00
            money
              erip/p1+bank/b1 credited 45.00 BYN on 17: settled 45.00
              erip/p2 credited 45.00 BYN on 17: surplus 45.00, refund due 45.00 second_payment
        "#]],
    );
}

#[test]
fn one_erip_number_with_two_amounts_is_never_added() {
    check(
        "
        portal submits 17 5.9 45.00
        erip credited 17 p1 40.00
        bank credited 17 b1 45.00 ref erip_operation=p1 paid 2026-03-09T10:00:00+03:00
        money",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            erip credited 17 p1 40.00
            → portal 17: #2 underpaid 40.00 of 45.00
            bank credited 17 b1 45.00 ref erip_operation=p1 paid 2026-03-09T10:00:00+03:00
            → ops payment_suspended 17: 45.00 BYN for order 000000000000000000000000000017 is in suspense: it may be another report of money that counts already; see `kvit suspense show 3`
            = suspended
            money
              erip/p1 credited 40.00 BYN on 17: settled 40.00
              bank/b1 credited 45.00 BYN on 17: suspense 45.00 (possible_second_sighting)
        "#]],
    );
}
