//! The same money seen through several feeds.

use expect_test::expect;

use super::world::rules;
use super::{check, check_with};

#[test]
fn sightings_with_the_same_erip_number_are_one_payment() {
    check(
        "
        portal submits 17 5.9 45.00
        erip accepted 17 p1 45.00
        bank credited - b1 45.00 ref erip_operation=p1
        money
        bank credited - b1 45.00 ref erip_operation=p1",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            erip accepted 17 p1 45.00
            bank credited - b1 45.00 ref erip_operation=p1
            → zags-minsk 17: #2 assigned 5.9 on credited 45.00 of 45.00, p1 credited 45.00, by 2026-03-11
            → portal 17: #3 routed 45.00 of 45.00 by 2026-03-11
            money
              erip/p1+bank/b1 credited 45.00 BYN on 17: settled 45.00
            bank credited - b1 45.00 ref erip_operation=p1
            = duplicate
        "#]],
    );
}

#[test]
fn the_bank_may_be_first() {
    check(
        "
        portal submits 17 5.9 45.00
        bank credited - b1 45.00 ref erip_operation=p1
        erip accepted 17 p1 45.00
        money",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            bank credited - b1 45.00 ref erip_operation=p1
            → ops payment_suspended : 45.00 BYN is in suspense: it names no order code; see `kvit suspense show 2`
            = suspended
            erip accepted 17 p1 45.00
            → zags-minsk 17: #2 assigned 5.9 on credited 45.00 of 45.00, p1 credited 45.00, by 2026-03-11
            → portal 17: #3 routed 45.00 of 45.00 by 2026-03-11
            money
              erip/p1+bank/b1 credited 45.00 BYN on 17: settled 45.00
        "#]],
    );
}

#[test]
fn the_bank_may_show_the_net_amount() {
    check(
        "
        portal submits 17 5.9 45.00
        bank credited - b1 44.55 ref erip_operation=p1 paid 2026-03-06T10:00:00+03:00
        erip accepted 17 p1 45.00 kept 0.45
        money",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            bank credited - b1 44.55 ref erip_operation=p1 paid 2026-03-06T10:00:00+03:00
            → ops payment_suspended : 44.55 BYN is in suspense: it names no order code; see `kvit suspense show 2`
            = suspended
            erip accepted 17 p1 45.00 kept 0.45
            → zags-minsk 17: #2 assigned 5.9 on credited 45.00 of 45.00, p1 credited 45.00, by 2026-03-11
            → portal 17: #3 routed 45.00 of 45.00 by 2026-03-11
            money
              erip/p1+bank/b1 credited 45.00 BYN on 17: settled 45.00
        "#]],
    );
}

#[test]
fn the_whole_counts_gross_whichever_feed_speaks_for_it() {
    let mut rules = rules();
    for (_, rule) in rules.feeds.iter_mut().filter(|(feed, _)| feed.as_str() == "bank") {
        rule.rank = 0;
    }
    check_with(
        rules,
        "
        portal submits 17 5.9 45.00
        bank credited - b1 44.55 ref erip_operation=p1
        erip accepted 17 p1 45.00 kept 0.45
        money",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            bank credited - b1 44.55 ref erip_operation=p1
            → ops payment_suspended : 44.55 BYN is in suspense: it names no order code; see `kvit suspense show 2`
            = suspended
            erip accepted 17 p1 45.00 kept 0.45
            → zags-minsk 17: #2 assigned 5.9 on credited 45.00 of 45.00, b1 credited 45.00, by 2026-03-11
            → portal 17: #3 routed 45.00 of 45.00 by 2026-03-11
            money
              bank/b1+erip/p1 credited 45.00 BYN on 17: settled 45.00
        "#]],
    );
}

#[test]
fn two_names_in_one_feed_are_two_payments() {
    check(
        "
        portal submits 17 5.9 45.00
        erip credited 17 p1 45.00 ref agent_operation=7
        bank credited 17 b1 45.00 ref agent_operation=7
        erip credited 17 p2 45.00 ref agent_operation=7
        bank credited 17 b2 45.00 ref erip_operation=p1
        money",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            erip credited 17 p1 45.00 ref agent_operation=7
            → zags-minsk 17: #2 assigned 5.9 on credited 45.00 of 45.00, p1 credited 45.00, by 2026-03-11
            → portal 17: #3 routed 45.00 of 45.00 by 2026-03-11
            bank credited 17 b1 45.00 ref agent_operation=7
            → ops payment_suspended 17: 45.00 BYN for order 000000000000000000000000000017 is in suspense: it may be another report of money that counts already; see `kvit suspense show 3`
            = suspended
            erip credited 17 p2 45.00 ref agent_operation=7
            → portal 17: #4 refund due 45.00 BYN second_payment of erip/p2
            → zags-minsk 17: #5 overpaid 45.00, missing 0.00
            bank credited 17 b2 45.00 ref erip_operation=p1
            money
              erip/p1+bank/b2 credited 45.00 BYN on 17: settled 45.00
              bank/b1 credited 45.00 BYN on 17: suspense 45.00 (possible_second_sighting)
              erip/p2 credited 45.00 BYN on 17: surplus 45.00, refund due 45.00 second_payment
        "#]],
    );
}

#[test]
fn the_surest_reference_joins_first() {
    check(
        "
        portal submits 17 5.9 45.00
        erip credited 17 p1 45.00 ref agent_operation=7
        erip credited 17 p2 45.00
        bank credited - b1 45.00 ref agent_operation=7,erip_operation=p2
        money",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            erip credited 17 p1 45.00 ref agent_operation=7
            → zags-minsk 17: #2 assigned 5.9 on credited 45.00 of 45.00, p1 credited 45.00, by 2026-03-11
            → portal 17: #3 routed 45.00 of 45.00 by 2026-03-11
            erip credited 17 p2 45.00
            → portal 17: #4 refund due 45.00 BYN second_payment of erip/p2
            → zags-minsk 17: #5 overpaid 45.00, missing 0.00
            bank credited - b1 45.00 ref agent_operation=7,erip_operation=p2
            money
              erip/p1 credited 45.00 BYN on 17: settled 45.00
              erip/p2+bank/b1 credited 45.00 BYN on 17: surplus 45.00, refund due 45.00 second_payment
        "#]],
    );
}

#[test]
fn a_common_reference_may_come_later() {
    check(
        "
        portal submits 17 5.9 45.00
        erip credited 17 p1 45.00
        bank credited 17 b1 45.00
        bank credited 17 b1 45.00 ref erip_operation=p1
        money",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            erip credited 17 p1 45.00
            → zags-minsk 17: #2 assigned 5.9 on credited 45.00 of 45.00, p1 credited 45.00, by 2026-03-11
            → portal 17: #3 routed 45.00 of 45.00 by 2026-03-11
            bank credited 17 b1 45.00
            → ops payment_suspended 17: 45.00 BYN for order 000000000000000000000000000017 is in suspense: it may be another report of money that counts already; see `kvit suspense show 3`
            = suspended
            bank credited 17 b1 45.00 ref erip_operation=p1
            money
              erip/p1+bank/b1 credited 45.00 BYN on 17: settled 45.00
        "#]],
    );
}

#[test]
fn other_numbers_join_related_feeds_on_one_day_only() {
    check(
        "
        portal submits 17 5.9 45.00
        erip credited 17 p1 45.00 ref bank_document=7
        bank credited 17 b1 45.00 ref bank_document=7
        bank credited 17 b2 45.00 ref bank_document=7 paid 2026-03-20T10:00:00+03:00
        card accepted 17 c1 45.00 ref bank_document=7
        money",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            erip credited 17 p1 45.00 ref bank_document=7
            → zags-minsk 17: #2 assigned 5.9 on credited 45.00 of 45.00, p1 credited 45.00, by 2026-03-11
            → portal 17: #3 routed 45.00 of 45.00 by 2026-03-11
            bank credited 17 b1 45.00 ref bank_document=7
            → ops payment_suspended 17: 45.00 BYN for order 000000000000000000000000000017 is in suspense: it may be another report of money that counts already; see `kvit suspense show 3`
            = suspended
            bank credited 17 b2 45.00 ref bank_document=7 paid 2026-03-20T10:00:00+03:00
            → portal 17: #4 refund due 45.00 BYN second_payment of bank/b2
            → zags-minsk 17: #5 overpaid 45.00, missing 0.00
            card accepted 17 c1 45.00 ref bank_document=7
            money
              erip/p1 credited 45.00 BYN on 17: settled 45.00
              bank/b1 credited 45.00 BYN on 17: suspense 45.00 (possible_second_sighting)
              bank/b2 credited 45.00 BYN on 17: surplus 45.00, refund due 45.00 second_payment
              card/c1 accepted 45.00 BYN on 17: surplus 45.00
        "#]],
    );
}

#[test]
fn a_reversal_by_one_feed_holds_for_the_whole() {
    check(
        "
        portal submits 17 5.9 45.00
        erip accepted 17 p1 45.00
        bank credited - b1 45.00 ref erip_operation=p1
        erip reversed 17 p1 45.00
        money",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            erip accepted 17 p1 45.00
            bank credited - b1 45.00 ref erip_operation=p1
            → zags-minsk 17: #2 assigned 5.9 on credited 45.00 of 45.00, p1 credited 45.00, by 2026-03-11
            → portal 17: #3 routed 45.00 of 45.00 by 2026-03-11
            erip reversed 17 p1 45.00
            → portal 17: #4 payment_reversed 0.00 of 45.00 by 2026-03-11
            → zags-minsk 17: #5 reversed 45.00, missing 45.00
            money
              erip/p1+bank/b1 reversed 45.00 BYN on 17:
        "#]],
    );
}

#[test]
fn refunds_of_what_turns_out_to_be_one_payment_are_cancelled() {
    check(
        "
        portal submits 17 5.f free
        card accepted 17 c1 45.00
        bank credited 17 b1 45.00
        erip credited 17 p1 45.00 paid 2026-03-06T10:00:00+03:00
        bank credited 17 b1 45.00 ref erip_operation=p1
        money",
        expect![[r#"
            portal submits 17 5.f free
            → zags-minsk 17: #1 assigned 5.f on not_due, by 2026-03-11
            → portal 17: #2 routed by 2026-03-11
            card accepted 17 c1 45.00
            bank credited 17 b1 45.00
            → portal 17: #3 refund due 45.00 BYN exempt of bank/b1
            → zags-minsk 17: #4 overpaid 45.00, missing 0.00
            erip credited 17 p1 45.00 paid 2026-03-06T10:00:00+03:00
            → portal 17: #5 refund due 45.00 BYN exempt of erip/p1
            → zags-minsk 17: #6 overpaid 90.00, missing 0.00
            bank credited 17 b1 45.00 ref erip_operation=p1
            → portal 17: #7 refund cancelled 45.00 BYN exempt of erip/p1
            → portal 17: #8 refund due 45.00 BYN exempt of erip/p1
            → zags-minsk 17: #9 overpaid 45.00, missing 0.00
            money
              card/c1 accepted 45.00 BYN on 17: surplus 45.00
              erip/p1+bank/b1 credited 45.00 BYN on 17: surplus 45.00, refund due 45.00 exempt
        "#]],
    );
}

#[test]
fn the_lump_of_a_transfer_is_no_money() {
    check(
        "
        portal submits 17 5.9 45.00
        erip credited 17 p1 45.00 kept 0.45
        erip credited - lump1 44.55 ref transfer=77 lump yes
        bank credited - b1 44.55 ref transfer=77
        money",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            erip credited 17 p1 45.00 kept 0.45
            → zags-minsk 17: #2 assigned 5.9 on credited 45.00 of 45.00, p1 credited 45.00, by 2026-03-11
            → portal 17: #3 routed 45.00 of 45.00 by 2026-03-11
            erip credited - lump1 44.55 ref transfer=77 lump yes
            = lump
            bank credited - b1 44.55 ref transfer=77
            = lump
            money
              erip/p1 credited 45.00 BYN on 17: settled 45.00
              erip/lump1+bank/b1 credited 44.55 BYN on no order:
        "#]],
    );
}

#[test]
fn the_bank_may_show_the_lump_before_its_payments_are_known() {
    check(
        "
        portal submits 17 5.9 45.00
        bank credited - b1 44.55 ref transfer=77
        erip credited - lump1 44.55 ref transfer=77 lump yes
        erip credited 17 p1 45.00 kept 0.45
        money",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            bank credited - b1 44.55 ref transfer=77
            → ops payment_suspended : 44.55 BYN is in suspense: it names no order code; see `kvit suspense show 2`
            = suspended
            erip credited - lump1 44.55 ref transfer=77 lump yes
            = lump
            erip credited 17 p1 45.00 kept 0.45
            → zags-minsk 17: #2 assigned 5.9 on credited 45.00 of 45.00, p1 credited 45.00, by 2026-03-11
            → portal 17: #3 routed 45.00 of 45.00 by 2026-03-11
            money
              erip/lump1+bank/b1 credited 44.55 BYN on no order:
              erip/p1 credited 45.00 BYN on 17: settled 45.00
        "#]],
    );
}

#[test]
fn a_line_that_names_an_order_or_is_far_off_is_no_lump() {
    check(
        "
        portal submits 17 5.9 45.00
        erip credited - lump1 45.00 ref transfer=77 lump yes
        bank credited 17 b1 45.00 ref transfer=77
        bank credited - b2 44.00 ref transfer=77
        card credited - o1 45.00 ref transfer=77
        bank credited - b3 45.00 ref transfer=77 paid 2026-01-06T10:00:00+03:00
        money",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            erip credited - lump1 45.00 ref transfer=77 lump yes
            = lump
            bank credited 17 b1 45.00 ref transfer=77
            → zags-minsk 17: #2 assigned 5.9 on credited 45.00 of 45.00, b1 credited 45.00, by 2026-03-11
            → portal 17: #3 routed 45.00 of 45.00 by 2026-03-11
            bank credited - b2 44.00 ref transfer=77
            → ops payment_suspended : 44.00 BYN is in suspense: it names no order code; see `kvit suspense show 4`
            = suspended
            card credited - o1 45.00 ref transfer=77
            ! KV1302 the feed card may not say that money is credited
            bank credited - b3 45.00 ref transfer=77 paid 2026-01-06T10:00:00+03:00
            → ops payment_suspended : 45.00 BYN is in suspense: it names no order code; see `kvit suspense show 6`
            = suspended
            money
              erip/lump1 credited 45.00 BYN on no order:
              bank/b1 credited 45.00 BYN on 17: settled 45.00
              bank/b2 credited 44.00 BYN on no order: suspense 44.00 (no_code)
              bank/b3 credited 45.00 BYN on no order: suspense 45.00 (no_code)
        "#]],
    );
}

#[test]
fn a_banks_own_name_joins_its_notification_and_its_statement() {
    check(
        "
        portal submits 17 5.9 45.00
        bank credited 17 n1 45.00 ref bank_transaction=BY1/A1/45.00
        card accepted - s1 45.00 ref bank_transaction=BY1/A1/45.00
        card accepted - s2 45.00 ref bank_transaction=BY1/A2/45.00
        money",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            bank credited 17 n1 45.00 ref bank_transaction=BY1/A1/45.00
            → zags-minsk 17: #2 assigned 5.9 on credited 45.00 of 45.00, n1 credited 45.00, by 2026-03-11
            → portal 17: #3 routed 45.00 of 45.00 by 2026-03-11
            card accepted - s1 45.00 ref bank_transaction=BY1/A1/45.00
            card accepted - s2 45.00 ref bank_transaction=BY1/A2/45.00
            → ops payment_suspended : 45.00 BYN is in suspense: it names no order code; see `kvit suspense show 4`
            = suspended
            money
              bank/n1+card/s1 credited 45.00 BYN on 17: settled 45.00
              card/s2 accepted 45.00 BYN on no order: suspense 45.00 (no_code)
        "#]],
    );
}

#[test]
fn a_notified_batch_of_one_and_the_statements_line_about_it_are_one_payment() {
    check(
        "
        portal submits 17 5.9 45.00
        card accepted 17 n1 45.00 ref bank_transaction=BY1/T1/45.00,bank_transaction=BY1/E1/45.00
        bank credited - s1 45.00 ref bank_transaction=BY1/E1/45.00,transfer=BY1/E1/45.00
        money",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            card accepted 17 n1 45.00 ref bank_transaction=BY1/T1/45.00,bank_transaction=BY1/E1/45.00
            bank credited - s1 45.00 ref bank_transaction=BY1/E1/45.00,transfer=BY1/E1/45.00
            → zags-minsk 17: #2 assigned 5.9 on credited 45.00 of 45.00, s1 credited 45.00, by 2026-03-11
            → portal 17: #3 routed 45.00 of 45.00 by 2026-03-11
            money
              bank/s1+card/n1 credited 45.00 BYN on 17: settled 45.00
        "#]],
    );
}
