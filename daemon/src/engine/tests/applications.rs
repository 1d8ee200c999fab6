//! Applications: what is refused, what is due, and what waited for them.

use expect_test::expect;

use super::super::FeeCheck;
use super::world::rules;
use super::{Rules, check, check_with};

#[test]
fn what_the_catalogue_does_not_have_is_refused() {
    check(
        "
        portal submits 17 7.7 45.00
        portal submits 17 5.9 45.00 by organisation level eds
        portal submits 17 5.9 45.00 level password
        portal submits 17 5.9 44.00
        portal submits 17 5.9 free
        portal submits 17 5.f 1.00
        portal submits 17 5.9 45.00 currency USD
        portal submits 17 5.9 45.00",
        expect![[r#"
            portal submits 17 7.7 45.00
            ! KV1401 the catalogue has no procedure 7.7
            portal submits 17 5.9 45.00 by organisation level eds
            ! KV1408 procedure 5.9 is not open to this kind of applicant
            portal submits 17 5.9 45.00 level password
            ! KV1403 procedure 5.9 needs a higher level
            portal submits 17 5.9 44.00
            ! KV1404 the catalogue asks for 45.00 BYN, the message says 44.00 BYN
            portal submits 17 5.9 free
            ! KV1404 the catalogue asks for 45.00 BYN, the message says nothing
            portal submits 17 5.f 1.00
            ! KV1404 the catalogue asks for nothing, the message says 1.00 BYN
            portal submits 17 5.9 45.00 currency USD
            ! KV1404 the catalogue asks for 45.00 BYN, the message says 45.00 USD
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
        "#]],
    );
}

#[test]
fn the_order_code_is_the_business_key() {
    check(
        "
        portal submits 17 5.9 45.00 at 2026-03-05T10:00:00+03:00
        portal submits 17 5.9 45.00 at 2026-03-05T10:00:00+03:00
        portal submits 17 5.9 45.00 at 2026-03-05T10:00:01+03:00
        other submits 17 5.9 45.00 at 2026-03-05T10:00:00+03:00",
        expect![[r#"
            portal submits 17 5.9 45.00 at 2026-03-05T10:00:00+03:00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            portal submits 17 5.9 45.00 at 2026-03-05T10:00:00+03:00
            = nothing new
            portal submits 17 5.9 45.00 at 2026-03-05T10:00:01+03:00
            ! KV1202 this order code names another application
            other submits 17 5.9 45.00 at 2026-03-05T10:00:00+03:00
            ! KV1202 this order code names another application
        "#]],
    );
}

#[test]
fn nothing_due_routes_at_once() {
    check(
        "
        portal submits 17 5.f free
        portal submits 18 5.f 0.00
        portal submits 19 5.9 free by foreigner
        portal submits 20 5.9 45.00 exempt full
        timers",
        expect![[r#"
            portal submits 17 5.f free
            → zags-minsk 17: #1 assigned 5.f on not_due, by 2026-03-11
            → portal 17: #2 routed by 2026-03-11
            portal submits 18 5.f 0.00
            → zags-minsk 18: #1 assigned 5.f on not_due, by 2026-03-11
            → portal 18: #2 routed by 2026-03-11
            portal submits 19 5.9 free by foreigner
            → zags-minsk 19: #1 assigned 5.9 on not_due, by 2026-03-11
            → portal 19: #2 routed by 2026-03-11
            portal submits 20 5.9 45.00 exempt full
            → zags-minsk 20: #1 assigned 5.9 on not_due, by 2026-03-11
            → portal 20: #2 routed by 2026-03-11
            timers
              2026-03-09T00:00:00+03:00 deadline 17
              2026-03-09T00:00:00+03:00 deadline 18
              2026-03-09T00:00:00+03:00 deadline 19
              2026-03-09T00:00:00+03:00 deadline 20
        "#]],
    );
}

#[test]
fn a_partial_exemption_takes_the_fee_of_the_message() {
    check(
        "
        portal submits 17 5.9 20.00 exempt partial
        erip credited 17 p1 45.00
        portal submits 18 5.9 45.01 exempt partial
        portal submits 18 5.9 0.00 exempt partial
        portal submits 19 5.f 0.00 exempt partial
        portal submits 20 5.f 1.00 exempt partial",
        expect![[r#"
            portal submits 17 5.9 20.00 exempt partial
            → portal 17: #1 awaiting_payment 0.00 of 20.00
            erip credited 17 p1 45.00
            → portal 17: #2 refund due 25.00 BYN overpaid of erip/p1
            → zags-minsk 17: #3 assigned 5.9 on credited 20.00 of 20.00, p1 credited 45.00, by 2026-03-11
            → portal 17: #4 routed 20.00 of 20.00 by 2026-03-11
            portal submits 18 5.9 45.01 exempt partial
            ! KV1404 a reduced fee is not more than the catalogue's, in its currency
            portal submits 18 5.9 0.00 exempt partial
            → zags-minsk 18: #1 assigned 5.9 on not_due, by 2026-03-11
            → portal 18: #2 routed by 2026-03-11
            portal submits 19 5.f 0.00 exempt partial
            → zags-minsk 19: #1 assigned 5.f on not_due, by 2026-03-11
            → portal 19: #2 routed by 2026-03-11
            portal submits 20 5.f 1.00 exempt partial
            ! KV1404 a reduced fee is not more than the catalogue's, in its currency
        "#]],
    );
}

#[test]
fn the_region_decides_the_agency() {
    check(
        "
        portal submits 17 5.f free from BY-HM
        portal submits 18 5.f free from BY-MI",
        expect![[r#"
            portal submits 17 5.f free from BY-HM
            → zags-minsk 17: #1 assigned 5.f on not_due, by 2026-03-11
            → portal 17: #2 routed by 2026-03-11
            portal submits 18 5.f free from BY-MI
            → zags-brest 18: #1 assigned 5.f on not_due, by 2026-03-11
            → portal 18: #2 routed by 2026-03-11
        "#]],
    );
}

#[test]
fn facts_that_waited_for_another_portal_are_refused_after_all() {
    check(
        "
        other withdraws 17
        other attaches 17 op1 45.00
        portal attaches 17 op1 45.00 at 2026-03-05T10:02:00+03:00
        other adds 17 a.pdf
        portal adds 17 b.pdf extra secret
        erip credited 17 p1 45.00
        portal submits 17 5.9 45.00
        other withdraws 17
        other attaches 17 op1 45.00
        other adds 17 a.pdf",
        expect![[r#"
            other withdraws 17
            = waits
            other attaches 17 op1 45.00
            = waits
            portal attaches 17 op1 45.00 at 2026-03-05T10:02:00+03:00
            = waits
            other adds 17 a.pdf
            = waits
            portal adds 17 b.pdf extra secret
            = waits
            erip credited 17 p1 45.00
            = suspended
            portal submits 17 5.9 45.00
            → other: application.withdrawn.v1 refused after all
            → other: receipt.attached.v1 refused after all
            → other: documents.added.v1 refused after all
            → zags-minsk 17: #1 assigned 5.9 on credited 45.00 of 45.00, p1 credited 45.00, claim op1, by 2026-03-11
            → zags-minsk 17: documents b.pdf
            → portal 17: #2 routed 45.00 of 45.00 by 2026-03-11
            other withdraws 17
            ! KV1303 no such order of yours is known
            other attaches 17 op1 45.00
            ! KV1303 no such order of yours is known
            other adds 17 a.pdf
            ! KV1303 no such order of yours is known
        "#]],
    );
}

#[test]
fn a_withdrawal_may_come_before_its_application() {
    check(
        "
        portal withdraws 17
        erip credited 17 p1 45.00
        portal submits 17 5.9 45.00
        money",
        expect![[r#"
            portal withdraws 17
            = waits
            erip credited 17 p1 45.00
            = suspended
            portal submits 17 5.9 45.00
            → portal 17: #1 refund due 45.00 BYN withdrawn of erip/p1
            → portal 17: #2 withdrawn 0.00 of 45.00
            money
              erip/p1 credited 45.00 BYN on 17: surplus 45.00, refund due 45.00 withdrawn
        "#]],
    );
}

#[test]
fn a_fee_that_disagrees_may_be_flagged_or_let_pass_under_that_of_the_catalogue() {
    check_with(
        Rules { fee_check: FeeCheck::Flag, ..rules() },
        "portal submits 17 5.9 44.00",
        expect![[r#"
            portal submits 17 5.9 44.00
            → ops case_stuck 17: the catalogue asks for 45.00 BYN, the message says 44.00 BYN
            → portal 17: #1 awaiting_payment 0.00 of 45.00
        "#]],
    );
    check_with(
        Rules { fee_check: FeeCheck::Off, ..rules() },
        "portal submits 17 5.9 44.00",
        expect![[r#"
            portal submits 17 5.9 44.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
        "#]],
    );
}
