//! What people decide about payments: it stands, and what contradicts it is shown to them.

use expect_test::expect;

use super::check;

#[test]
fn what_a_person_assigned_is_not_overruled_and_new_evidence_is_shown_once() {
    check(
        "
        portal submits 17 5.9 45.00
        portal submits 18 5.9 45.00
        erip accepted - p1 45.00
        person assigns p1 17
        erip accepted 18 p1 45.00
        erip credited 18 p1 45.00
        money",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            portal submits 18 5.9 45.00
            → portal 18: #1 awaiting_payment 0.00 of 45.00
            erip accepted - p1 45.00
            → ops payment_suspended : 45.00 BYN is in suspense: it names no order code; see `kvit suspense show 3`
            = suspended
            person assigns p1 17
            erip accepted 18 p1 45.00
            → ops case_stuck 17: a payment that alena assigned to 000000000000000000000000000017 also points to order 000000000000000000000000000018
            erip credited 18 p1 45.00
            → zags-minsk 17: #2 assigned 5.9 on credited 45.00 of 45.00, p1 credited 45.00, by 2026-03-11
            → portal 17: #3 routed 45.00 of 45.00 by 2026-03-11
            money
              erip/p1 credited 45.00 BYN on 17: settled 45.00
        "#]],
    );
}

#[test]
fn a_person_may_overrule_a_code_knowingly() {
    check(
        "
        portal submits 17 5.9 45.00
        portal submits 18 5.9 45.00
        erip accepted 17 p1 45.00
        person assigns p1 18
        erip credited 17 p1 45.00
        money",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            portal submits 18 5.9 45.00
            → portal 18: #1 awaiting_payment 0.00 of 45.00
            erip accepted 17 p1 45.00
            person assigns p1 18
            ! KV1407 its money is settled on an order by exact evidence
            erip credited 17 p1 45.00
            → zags-minsk 17: #2 assigned 5.9 on credited 45.00 of 45.00, p1 credited 45.00, by 2026-03-11
            → portal 17: #3 routed 45.00 of 45.00 by 2026-03-11
            money
              erip/p1 credited 45.00 BYN on 17: settled 45.00
        "#]],
    );
}

#[test]
fn a_refund_does_not_follow_its_payment_to_another_order() {
    check(
        "
        portal submits 17 5.f free
        portal submits 18 5.f free
        erip credited 17 p1 45.00
        person assigns p1 18
        person assigns p1 17
        money",
        expect![[r#"
            portal submits 17 5.f free
            → zags-minsk 17: #1 assigned 5.f on not_due, by 2026-03-11
            → portal 17: #2 routed by 2026-03-11
            portal submits 18 5.f free
            → zags-minsk 18: #1 assigned 5.f on not_due, by 2026-03-11
            → portal 18: #2 routed by 2026-03-11
            erip credited 17 p1 45.00
            → portal 17: #3 refund due 45.00 BYN exempt of erip/p1
            → zags-minsk 17: #4 overpaid 45.00, missing 0.00
            person assigns p1 18
            → portal 17: #5 refund cancelled 45.00 BYN exempt of erip/p1
            → zags-minsk 17: #6 overpaid 0.00, missing 0.00
            → portal 18: #3 refund due 45.00 BYN exempt of erip/p1
            → zags-minsk 18: #4 overpaid 45.00, missing 0.00
            person assigns p1 17
            → portal 18: #5 refund cancelled 45.00 BYN exempt of erip/p1
            → portal 17: #7 refund due 45.00 BYN exempt of erip/p1
            → zags-minsk 17: #8 overpaid 45.00, missing 0.00
            → zags-minsk 18: #6 overpaid 0.00, missing 0.00
            money
              erip/p1 credited 45.00 BYN on 17: surplus 45.00, refund due 45.00 exempt
        "#]],
    );
}

#[test]
fn a_person_cannot_assign_to_an_order_without_application() {
    check(
        "
        erip credited - p1 45.00
        person assigns p1 17
        person assigns p9 17
        erip credited 17 p2 45.00
        person assigns p1 17",
        expect![[r#"
            erip credited - p1 45.00
            → ops payment_suspended : 45.00 BYN is in suspense: it names no order code; see `kvit suspense show 1`
            = suspended
            person assigns p1 17
            ! KV1303 no application has come for this order code
            person assigns p9 17
            ! KV1303 no application has come for this order code
            erip credited 17 p2 45.00
            = suspended
            person assigns p1 17
            ! KV1303 no application has come for this order code
        "#]],
    );
}

#[test]
fn a_person_is_told_when_it_is_the_payment_that_is_unknown() {
    check(
        "
        portal submits 17 5.9 45.00
        person assigns p9 17",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            person assigns p9 17
            ! KV1303 there is no payment with this number
        "#]],
    );
}

#[test]
fn two_decisions_of_people_about_the_same_money_are_shown() {
    check(
        "
        portal submits 17 5.9 45.00
        portal submits 18 5.9 45.00
        erip accepted - p1 45.00
        bank credited - b1 45.00
        person assigns p1 17
        person assigns b1 18
        bank credited - b1 45.00 ref erip_operation=p1
        money",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            portal submits 18 5.9 45.00
            → portal 18: #1 awaiting_payment 0.00 of 45.00
            erip accepted - p1 45.00
            → ops payment_suspended : 45.00 BYN is in suspense: it names no order code; see `kvit suspense show 3`
            = suspended
            bank credited - b1 45.00
            → ops payment_suspended : 45.00 BYN is in suspense: it names no order code; see `kvit suspense show 4`
            = suspended
            person assigns p1 17
            person assigns b1 18
            → zags-minsk 18: #2 assigned 5.9 on credited 45.00 of 45.00, b1 credited 45.00, by 2026-03-11
            → portal 18: #3 routed 45.00 of 45.00 by 2026-03-11
            bank credited - b1 45.00 ref erip_operation=p1
            → ops case_stuck 17: a payment that alena assigned to 000000000000000000000000000017 also points to order 000000000000000000000000000018
            → zags-minsk 17: #2 assigned 5.9 on credited 45.00 of 45.00, p1 credited 45.00, by 2026-03-11
            → portal 17: #3 routed 45.00 of 45.00 by 2026-03-11
            → portal 18: #4 payment_reversed 0.00 of 45.00 by 2026-03-11
            → zags-minsk 18: #5 reversed 45.00, missing 45.00
            money
              erip/p1+bank/b1 credited 45.00 BYN on 17: settled 45.00
        "#]],
    );
}
