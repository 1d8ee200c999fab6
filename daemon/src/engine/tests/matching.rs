//! Which order a payment belongs to: codes, and facts that come early.

use expect_test::expect;

use super::check;

#[test]
fn a_payment_may_come_before_its_application() {
    check(
        "
        erip credited 17 p1 45.00
        erip credited 17 p1 45.00
        money
        portal submits 17 5.9 45.00
        money",
        expect![[r#"
            erip credited 17 p1 45.00
            = suspended
            erip credited 17 p1 45.00
            = duplicate
            money
              erip/p1 credited 45.00 BYN on 17: suspense 45.00 (unknown_order)
            portal submits 17 5.9 45.00
            → zags-minsk 17: #1 assigned 5.9 on credited 45.00 of 45.00, p1 credited 45.00, by 2026-03-11
            → portal 17: #2 routed 45.00 of 45.00 by 2026-03-11
            money
              erip/p1 credited 45.00 BYN on 17: settled 45.00
        "#]],
    );
}

#[test]
fn a_payment_without_a_code_waits_for_a_person() {
    check(
        "
        portal submits 17 5.9 45.00
        erip credited - p1 45.00
        erip credited - p1 45.00
        person assigns p1 17
        money",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            erip credited - p1 45.00
            → ops payment_suspended : 45.00 BYN is in suspense: it names no order code; see `kvit suspense show 2`
            = suspended
            erip credited - p1 45.00
            = duplicate
            person assigns p1 17
            → zags-minsk 17: #2 assigned 5.9 on credited 45.00 of 45.00, p1 credited 45.00, by 2026-03-11
            → portal 17: #3 routed 45.00 of 45.00 by 2026-03-11
            money
              erip/p1 credited 45.00 BYN on 17: settled 45.00
        "#]],
    );
}

#[test]
fn a_code_found_in_text_matches_when_it_is_the_only_one() {
    check(
        "
        portal submits 17 5.9 45.00
        erip credited ~17 p1 20.00
        erip credited ~17+18 p2 25.00
        person assigns p2 17
        money",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            erip credited ~17 p1 20.00
            → portal 17: #2 underpaid 20.00 of 45.00
            erip credited ~17+18 p2 25.00
            → ops payment_suspended : 25.00 BYN is in suspense: it names several order codes; see `kvit suspense show 3`
            = suspended
            person assigns p2 17
            → zags-minsk 17: #3 assigned 5.9 on credited 45.00 of 45.00, p1 credited 20.00, p2 credited 25.00, by 2026-03-11
            → portal 17: #4 routed 45.00 of 45.00 by 2026-03-11
            money
              erip/p1 credited 20.00 BYN on 17: settled 20.00
              erip/p2 credited 25.00 BYN on 17: settled 25.00
        "#]],
    );
}

#[test]
fn a_code_in_its_field_beats_codes_in_text() {
    check(
        "
        portal submits 17 5.9 45.00
        erip credited ~17+18 p1 45.00
        erip credited 17 p1 45.00
        money",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            erip credited ~17+18 p1 45.00
            → ops payment_suspended : 45.00 BYN is in suspense: it names several order codes; see `kvit suspense show 2`
            = suspended
            erip credited 17 p1 45.00
            → zags-minsk 17: #2 assigned 5.9 on credited 45.00 of 45.00, p1 credited 45.00, by 2026-03-11
            → portal 17: #3 routed 45.00 of 45.00 by 2026-03-11
            money
              erip/p1 credited 45.00 BYN on 17: settled 45.00
        "#]],
    );
}

#[test]
fn an_order_code_may_come_later_and_may_not_change() {
    check(
        "
        portal submits 17 5.9 45.00
        portal submits 18 5.9 45.00
        erip accepted - p1 45.00
        erip credited 17 p1 45.00
        erip credited 18 p1 45.00
        erip credited 17 p1 46.00
        erip credited 17 p1 45.00 currency USD
        erip credited - p1 45.00",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            portal submits 18 5.9 45.00
            → portal 18: #1 awaiting_payment 0.00 of 45.00
            erip accepted - p1 45.00
            → ops payment_suspended : 45.00 BYN is in suspense: it names no order code; see `kvit suspense show 3`
            = suspended
            erip credited 17 p1 45.00
            → zags-minsk 17: #2 assigned 5.9 on credited 45.00 of 45.00, p1 credited 45.00, by 2026-03-11
            → portal 17: #3 routed 45.00 of 45.00 by 2026-03-11
            erip credited 18 p1 45.00
            ! KV1203 known with 000000000000000000000000000017, now 000000000000000000000000000018
            erip credited 17 p1 46.00
            ! KV1203 known with 45.00 BYN, now 46.00 BYN
            erip credited 17 p1 45.00 currency USD
            ! KV1203 known with 45.00 BYN, now 45.00 USD
            erip credited - p1 45.00
            = duplicate
        "#]],
    );
}

#[test]
fn a_payment_that_names_two_orders_in_two_feeds_belongs_to_neither() {
    check(
        "
        portal submits 17 5.9 45.00
        portal submits 18 5.9 45.00
        erip credited 17 p1 45.00
        bank credited 18 b1 45.00 ref erip_operation=p1
        money",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            portal submits 18 5.9 45.00
            → portal 18: #1 awaiting_payment 0.00 of 45.00
            erip credited 17 p1 45.00
            → zags-minsk 17: #2 assigned 5.9 on credited 45.00 of 45.00, p1 credited 45.00, by 2026-03-11
            → portal 17: #3 routed 45.00 of 45.00 by 2026-03-11
            bank credited 18 b1 45.00 ref erip_operation=p1
            → ops payment_suspended : 45.00 BYN is in suspense: it names several order codes; see `kvit suspense show 3`
            → portal 17: #4 payment_reversed 0.00 of 45.00 by 2026-03-11
            → zags-minsk 17: #5 reversed 45.00, missing 45.00
            = suspended
            money
              erip/p1+bank/b1 credited 45.00 BYN on no order: suspense 45.00 (several_codes)
        "#]],
    );
}

#[test]
fn a_feed_says_only_what_it_may() {
    check(
        "
        portal submits 17 5.9 45.00
        card credited 17 c1 45.00
        card reversed 17 c1 45.00
        card accepted 17 c1 45.00
        card credited 17 c1 45.00
        card credited 17 c1 44.00
        money",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            card credited 17 c1 45.00
            ! KV1302 the feed card may not say that money is credited
            card reversed 17 c1 45.00
            ! KV1302 the feed card may not say that money is reversed
            card accepted 17 c1 45.00
            card credited 17 c1 45.00
            ! KV1302 the feed card may not say that money is credited
            card credited 17 c1 44.00
            ! KV1203 known with 45.00 BYN, now 44.00 BYN
            money
              card/c1 accepted 45.00 BYN on 17: settled 45.00
        "#]],
    );
}
