//! What agencies say of the cases they have.

use expect_test::expect;

use super::check;

#[test]
fn an_unknown_order_and_another_agencys_are_refused_alike() {
    check(
        "
        portal submits 17 5.f free
        portal submits 18 5.9 45.00
        zags-brest accepts 17 n1
        zags-brest accepts 18 n1
        zags-brest accepts 19 n1
        zags-brest returns 17
        zags-brest returns 19
        zags-brest asks 17 r1
        zags-brest asks 19 r1
        zags-brest extended 17 until 2026-04-01
        zags-brest extended 19 until 2026-04-01
        zags-brest decides 17 d1 granted
        zags-brest decides 19 d1 granted
        zags-minsk decides 18 d1 granted",
        expect![[r#"
            portal submits 17 5.f free
            → zags-minsk 17: #1 assigned 5.f on not_due, by 2026-03-11
            → portal 17: #2 routed by 2026-03-11
            portal submits 18 5.9 45.00
            → portal 18: #1 awaiting_payment 0.00 of 45.00
            zags-brest accepts 17 n1
            ! KV1303 no such order of yours is known
            zags-brest accepts 18 n1
            ! KV1303 no such order of yours is known
            zags-brest accepts 19 n1
            ! KV1303 no such order of yours is known
            zags-brest returns 17
            ! KV1303 no such order of yours is known
            zags-brest returns 19
            ! KV1303 no such order of yours is known
            zags-brest asks 17 r1
            ! KV1303 no such order of yours is known
            zags-brest asks 19 r1
            ! KV1303 no such order of yours is known
            zags-brest extended 17 until 2026-04-01
            ! KV1303 no such order of yours is known
            zags-brest extended 19 until 2026-04-01
            ! KV1303 no such order of yours is known
            zags-brest decides 17 d1 granted
            ! KV1303 no such order of yours is known
            zags-brest decides 19 d1 granted
            ! KV1303 no such order of yours is known
            zags-minsk decides 18 d1 granted
            ! KV1303 no such order of yours is known
        "#]],
    );
}

#[test]
fn registration_shows_in_the_status_and_is_no_precondition_of_a_decision() {
    check(
        "
        portal submits 17 5.f free
        zags-minsk accepts 17 n1 at 2026-03-05T10:00:00+03:00
        zags-minsk accepts 17 n1 at 2026-03-05T10:00:00+03:00
        zags-minsk accepts 17 n2 at 2026-03-05T09:00:00+03:00
        portal submits 18 5.f free
        zags-minsk decides 18 d1 granted
        zags-minsk accepts 18 n1",
        expect![[r#"
            portal submits 17 5.f free
            → zags-minsk 17: #1 assigned 5.f on not_due, by 2026-03-11
            → portal 17: #2 routed by 2026-03-11
            zags-minsk accepts 17 n1 at 2026-03-05T10:00:00+03:00
            → portal 17: #3 in_work by 2026-03-11
            zags-minsk accepts 17 n1 at 2026-03-05T10:00:00+03:00
            = nothing new
            zags-minsk accepts 17 n2 at 2026-03-05T09:00:00+03:00
            portal submits 18 5.f free
            → zags-minsk 18: #1 assigned 5.f on not_due, by 2026-03-11
            → portal 18: #2 routed by 2026-03-11
            zags-minsk decides 18 d1 granted
            → portal 18: #3 decision d1 granted by zags-minsk
            → portal 18: #4 decided by 2026-03-11
            zags-minsk accepts 18 n1
        "#]],
    );
}

#[test]
fn a_returned_case_goes_where_the_agency_says_it_belongs() {
    check(
        "
        portal submits 17 5.9 45.00
        erip credited 17 p1 45.00
        portal attaches 17 op1 45.00
        zags-minsk accepts 17 n1 at 2026-03-05T10:00:00+03:00
        zags-minsk asks 17 r1 at 2026-03-05T10:00:00+03:00
        portal adds 17 a.pdf
        zags-minsk returns 17 to archive because not-ours at 2026-03-05T10:00:00+03:00
        zags-minsk returns 17 to archive because not-ours at 2026-03-05T10:00:00+03:00
        zags-minsk accepts 17 n1 at 2026-03-05T10:00:00+03:00
        zags-minsk asks 17 r1 at 2026-03-05T10:00:00+03:00
        zags-minsk accepts 17 n2
        zags-minsk decides 17 d1 granted
        archive decides 17 d1 granted",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            erip credited 17 p1 45.00
            → zags-minsk 17: #2 assigned 5.9 on credited 45.00 of 45.00, p1 credited 45.00, by 2026-03-11
            → portal 17: #3 routed 45.00 of 45.00 by 2026-03-11
            portal attaches 17 op1 45.00
            zags-minsk accepts 17 n1 at 2026-03-05T10:00:00+03:00
            → portal 17: #4 in_work 45.00 of 45.00 by 2026-03-11
            zags-minsk asks 17 r1 at 2026-03-05T10:00:00+03:00
            → portal 17: documents requested r1
            portal adds 17 a.pdf
            → zags-minsk 17: documents a.pdf
            zags-minsk returns 17 to archive because not-ours at 2026-03-05T10:00:00+03:00
            → archive 17: #5 assigned 5.9 on credited 45.00 of 45.00, p1 credited 45.00, claim op1, by 2026-03-11
            → archive 17: documents a.pdf
            → portal 17: #6 routed 45.00 of 45.00 by 2026-03-11
            zags-minsk returns 17 to archive because not-ours at 2026-03-05T10:00:00+03:00
            = nothing new
            zags-minsk accepts 17 n1 at 2026-03-05T10:00:00+03:00
            = nothing new
            zags-minsk asks 17 r1 at 2026-03-05T10:00:00+03:00
            = nothing new
            zags-minsk accepts 17 n2
            ! KV1303 no such order of yours is known
            zags-minsk decides 17 d1 granted
            ! KV1303 no such order of yours is known
            archive decides 17 d1 granted
            → portal 17: #7 decision d1 granted by archive
            → portal 17: #8 decided 45.00 of 45.00 by 2026-03-11
        "#]],
    );
}

#[test]
fn a_returned_case_with_no_agency_to_go_to_waits_for_a_person() {
    check(
        "
        portal submits 17 5.9 45.00
        erip credited 17 p1 45.00
        zags-minsk returns 17 because not-ours
        person gives 17 tax
        person gives 17 zags-brest
        person gives 17 zags-minsk
        zags-brest accepts 17 n1",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            erip credited 17 p1 45.00
            → zags-minsk 17: #2 assigned 5.9 on credited 45.00 of 45.00, p1 credited 45.00, by 2026-03-11
            → portal 17: #3 routed 45.00 of 45.00 by 2026-03-11
            zags-minsk returns 17 because not-ours
            → ops case_stuck 17: zags-minsk gave the case back and no other agency may have it; assign it with `kvit case assign 000000000000000000000000000017 <agency>`
            → portal 17: #4 paid 45.00 of 45.00, because not-ours
            person gives 17 tax
            ! KV1402 tax may not decide procedure 5.9
            person gives 17 zags-brest
            → zags-brest 17: #5 assigned 5.9 on credited 45.00 of 45.00, p1 credited 45.00, by 2026-03-11
            → portal 17: #6 routed 45.00 of 45.00 by 2026-03-11
            person gives 17 zags-minsk
            ! KV1407 only a case that an agency gave back can be assigned by a person
            zags-brest accepts 17 n1
            → portal 17: #7 in_work 45.00 of 45.00 by 2026-03-11
        "#]],
    );
}

#[test]
fn a_case_is_not_sent_round_in_a_circle() {
    check(
        "
        portal submits 17 5.9 45.00
        erip credited 17 p1 45.00
        zags-minsk returns 17 to tax
        person gives 17 zags-minsk
        zags-minsk returns 17 to archive
        archive returns 17 to zags-minsk
        zags-minsk decides 17 d1 granted
        archive decides 17 d1 granted",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            erip credited 17 p1 45.00
            → zags-minsk 17: #2 assigned 5.9 on credited 45.00 of 45.00, p1 credited 45.00, by 2026-03-11
            → portal 17: #3 routed 45.00 of 45.00 by 2026-03-11
            zags-minsk returns 17 to tax
            → ops case_stuck 17: zags-minsk gave the case back and no other agency may have it; assign it with `kvit case assign 000000000000000000000000000017 <agency>`
            → portal 17: #4 paid 45.00 of 45.00, because so
            person gives 17 zags-minsk
            → zags-minsk 17: #5 assigned 5.9 on credited 45.00 of 45.00, p1 credited 45.00, by 2026-03-11
            → portal 17: #6 routed 45.00 of 45.00 by 2026-03-11
            zags-minsk returns 17 to archive
            → archive 17: #7 assigned 5.9 on credited 45.00 of 45.00, p1 credited 45.00, by 2026-03-11
            archive returns 17 to zags-minsk
            → ops case_stuck 17: archive gave the case back and no other agency may have it; assign it with `kvit case assign 000000000000000000000000000017 <agency>`
            → portal 17: #8 paid 45.00 of 45.00, because so
            zags-minsk decides 17 d1 granted
            ! KV1303 no such order of yours is known
            archive decides 17 d1 granted
            ! KV1303 no such order of yours is known
        "#]],
    );
}

#[test]
fn a_case_given_back_unpaid_goes_on_when_it_is_paid_again() {
    check(
        "
        portal submits 17 5.9 45.00
        erip credited 17 p1 45.00
        erip reversed 17 p1 45.00
        zags-minsk returns 17 to archive
        person gives 17 archive
        erip credited 17 p2 45.00",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            erip credited 17 p1 45.00
            → zags-minsk 17: #2 assigned 5.9 on credited 45.00 of 45.00, p1 credited 45.00, by 2026-03-11
            → portal 17: #3 routed 45.00 of 45.00 by 2026-03-11
            erip reversed 17 p1 45.00
            → portal 17: #4 payment_reversed 0.00 of 45.00 by 2026-03-11
            → zags-minsk 17: #5 reversed 45.00, missing 45.00
            zags-minsk returns 17 to archive
            → portal 17: #6 awaiting_payment 0.00 of 45.00
            person gives 17 archive
            ! KV1407 the case is not paid as its procedure wants it
            erip credited 17 p2 45.00
            → archive 17: #7 assigned 5.9 on credited 45.00 of 45.00, p2 credited 45.00, by 2026-03-11
            → portal 17: #8 routed 45.00 of 45.00 by 2026-03-11
        "#]],
    );
}

#[test]
fn a_decided_case_is_not_given_back_and_a_withdrawn_one_goes_nowhere() {
    check(
        "
        portal submits 17 5.f free
        zags-minsk decides 17 d1 granted
        zags-minsk returns 17 to archive
        portal submits 18 5.9 45.00
        erip credited 18 p1 45.00
        portal withdraws 18
        zags-minsk returns 18 to archive
        person gives 18 archive
        money",
        expect![[r#"
            portal submits 17 5.f free
            → zags-minsk 17: #1 assigned 5.f on not_due, by 2026-03-11
            → portal 17: #2 routed by 2026-03-11
            zags-minsk decides 17 d1 granted
            → portal 17: #3 decision d1 granted by zags-minsk
            → portal 17: #4 decided by 2026-03-11
            zags-minsk returns 17 to archive
            ! KV1405 a decided case cannot be given back
            portal submits 18 5.9 45.00
            → portal 18: #1 awaiting_payment 0.00 of 45.00
            erip credited 18 p1 45.00
            → zags-minsk 18: #2 assigned 5.9 on credited 45.00 of 45.00, p1 credited 45.00, by 2026-03-11
            → portal 18: #3 routed 45.00 of 45.00 by 2026-03-11
            portal withdraws 18
            → portal 18: #4 refund due 45.00 BYN withdrawn of erip/p1
            → portal 18: #5 withdrawn 0.00 of 45.00 by 2026-03-11
            → zags-minsk 18: #6 withdrawn
            zags-minsk returns 18 to archive
            person gives 18 archive
            ! KV1407 only a case that an agency gave back can be assigned by a person
            money
              erip/p1 credited 45.00 BYN on 18: surplus 45.00, refund due 45.00 withdrawn
        "#]],
    );
}

#[test]
fn only_a_returned_case_is_given_to_an_agency_by_a_person() {
    check(
        "
        person gives 17 zags-minsk
        portal submits 17 5.9 45.00
        person gives 17 zags-minsk
        erip credited 17 p1 45.00
        person gives 17 zags-brest",
        expect![[r#"
            person gives 17 zags-minsk
            ! KV1303 no such order of yours is known
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            person gives 17 zags-minsk
            ! KV1407 only a case that an agency gave back can be assigned by a person
            erip credited 17 p1 45.00
            → zags-minsk 17: #2 assigned 5.9 on credited 45.00 of 45.00, p1 credited 45.00, by 2026-03-11
            → portal 17: #3 routed 45.00 of 45.00 by 2026-03-11
            person gives 17 zags-brest
            ! KV1407 only a case that an agency gave back can be assigned by a person
        "#]],
    );
}

#[test]
fn requests_for_documents_are_carried_once() {
    check(
        "
        portal submits 17 5.f free
        zags-minsk asks 17 r1 at 2026-03-05T10:00:00+03:00
        zags-minsk asks 17 r1 at 2026-03-05T10:00:00+03:00
        zags-minsk asks 17 r1 because other at 2026-03-05T10:00:00+03:00
        zags-minsk asks 17 r2",
        expect![[r#"
            portal submits 17 5.f free
            → zags-minsk 17: #1 assigned 5.f on not_due, by 2026-03-11
            → portal 17: #2 routed by 2026-03-11
            zags-minsk asks 17 r1 at 2026-03-05T10:00:00+03:00
            → portal 17: documents requested r1
            zags-minsk asks 17 r1 at 2026-03-05T10:00:00+03:00
            = nothing new
            zags-minsk asks 17 r1 because other at 2026-03-05T10:00:00+03:00
            ! KV1206 the request is known with other content
            zags-minsk asks 17 r2
            → portal 17: documents requested r2
        "#]],
    );
}
