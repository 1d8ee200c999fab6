//! What portals say after the application.

use expect_test::expect;

use super::check;

#[test]
fn a_withdrawal_before_routing_makes_the_money_due_for_refund() {
    check(
        "
        portal submits 17 5.9 45.00
        erip credited 17 p1 20.00
        erip accepted 17 p2 25.00
        portal withdraws 17 because changed-mind
        erip credited 17 p2 25.00
        erip credited 17 p3 45.00
        timer window 17
        money",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            erip credited 17 p1 20.00
            → portal 17: #2 underpaid 20.00 of 45.00
            erip accepted 17 p2 25.00
            portal withdraws 17 because changed-mind
            → portal 17: #3 refund due 20.00 BYN withdrawn of erip/p1
            → portal 17: #4 withdrawn 0.00 of 45.00, because changed-mind
            erip credited 17 p2 25.00
            → portal 17: #5 refund due 25.00 BYN withdrawn of erip/p2
            erip credited 17 p3 45.00
            → portal 17: #6 refund due 45.00 BYN withdrawn of erip/p3
            timer window 17
            money
              erip/p1 credited 20.00 BYN on 17: surplus 20.00, refund due 20.00 withdrawn
              erip/p2 credited 25.00 BYN on 17: surplus 25.00, refund due 25.00 withdrawn
              erip/p3 credited 45.00 BYN on 17: surplus 45.00, refund due 45.00 withdrawn
        "#]],
    );
}

#[test]
fn a_withdrawal_after_routing_is_told_to_the_agency_once() {
    check(
        "
        portal submits 17 5.9 45.00
        erip credited 17 p1 50.00
        zags-minsk accepts 17 n1
        portal withdraws 17 because changed-mind at 2026-03-05T10:30:00+03:00
        portal withdraws 17 because changed-mind at 2026-03-05T10:30:00+03:00
        portal withdraws 17 because again
        zags-minsk extended 17 until 2026-04-01
        erip reversed 17 p1 50.00
        money",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            erip credited 17 p1 50.00
            → portal 17: #2 refund due 5.00 BYN overpaid of erip/p1
            → zags-minsk 17: #3 assigned 5.9 on credited 45.00 of 45.00, p1 credited 50.00, by 2026-03-11
            → portal 17: #4 routed 45.00 of 45.00 by 2026-03-11
            zags-minsk accepts 17 n1
            → portal 17: #5 in_work 45.00 of 45.00 by 2026-03-11
            portal withdraws 17 because changed-mind at 2026-03-05T10:30:00+03:00
            → portal 17: #6 refund due 50.00 BYN withdrawn of erip/p1
            → portal 17: #7 withdrawn 0.00 of 45.00 by 2026-03-11, because changed-mind
            → zags-minsk 17: #8 withdrawn, because changed-mind
            portal withdraws 17 because changed-mind at 2026-03-05T10:30:00+03:00
            = nothing new
            portal withdraws 17 because again
            zags-minsk extended 17 until 2026-04-01
            → portal 17: #9 withdrawn 0.00 of 45.00 by 2026-04-01, because again
            → zags-minsk 17: #10 term Changed 2026-04-01 in 27 days
            erip reversed 17 p1 50.00
            → portal 17: #11 refund cancelled 50.00 BYN withdrawn of erip/p1
            money
              erip/p1 reversed 50.00 BYN on 17:, refund cancelled 50.00 withdrawn
        "#]],
    );
}

#[test]
fn a_decision_beats_a_withdrawal_that_came_first() {
    check(
        "
        portal submits 17 5.9 45.00
        erip credited 17 p1 50.00
        portal withdraws 17
        zags-minsk decides 17 d1 granted
        money",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            erip credited 17 p1 50.00
            → portal 17: #2 refund due 5.00 BYN overpaid of erip/p1
            → zags-minsk 17: #3 assigned 5.9 on credited 45.00 of 45.00, p1 credited 50.00, by 2026-03-11
            → portal 17: #4 routed 45.00 of 45.00 by 2026-03-11
            portal withdraws 17
            → portal 17: #5 refund due 50.00 BYN withdrawn of erip/p1
            → portal 17: #6 withdrawn 0.00 of 45.00 by 2026-03-11
            → zags-minsk 17: #7 withdrawn
            zags-minsk decides 17 d1 granted
            → portal 17: #8 decision d1 granted by zags-minsk
            → portal 17: #9 refund due 5.00 BYN overpaid of erip/p1
            → portal 17: #10 decided 45.00 of 45.00 by 2026-03-11
            money
              erip/p1 credited 50.00 BYN on 17: settled 45.00 surplus 5.00, refund due 5.00 overpaid
        "#]],
    );
}

#[test]
fn a_decision_beats_a_withdrawal_that_came_after() {
    check(
        "
        portal submits 17 5.9 45.00
        erip credited 17 p1 50.00
        zags-minsk decides 17 d1 granted
        portal withdraws 17
        money",
        expect![[r#"
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            erip credited 17 p1 50.00
            → portal 17: #2 refund due 5.00 BYN overpaid of erip/p1
            → zags-minsk 17: #3 assigned 5.9 on credited 45.00 of 45.00, p1 credited 50.00, by 2026-03-11
            → portal 17: #4 routed 45.00 of 45.00 by 2026-03-11
            zags-minsk decides 17 d1 granted
            → portal 17: #5 decision d1 granted by zags-minsk
            → portal 17: #6 decided 45.00 of 45.00 by 2026-03-11
            portal withdraws 17
            money
              erip/p1 credited 50.00 BYN on 17: settled 45.00 surplus 5.00, refund due 5.00 overpaid
        "#]],
    );
}

#[test]
fn documents_before_routing_go_right_after_the_assignment_and_later_ones_at_once() {
    check(
        "
        portal adds 17 a.pdf extra secret at 2026-03-05T09:00:00+03:00
        portal adds 17 a.pdf extra secret at 2026-03-05T09:00:00+03:00
        portal submits 17 5.9 45.00
        portal adds 17 b.pdf extra secret at 2026-03-05T09:00:00+03:00
        portal adds 17 b.pdf extra secret at 2026-03-05T09:00:00+03:00
        erip credited 17 p1 45.00
        portal adds 17 c.pdf extra secret at 2026-03-05T09:00:00+03:00
        portal adds 17 c.pdf extra secret at 2026-03-05T09:00:00+03:00",
        expect![[r#"
            portal adds 17 a.pdf extra secret at 2026-03-05T09:00:00+03:00
            = waits
            portal adds 17 a.pdf extra secret at 2026-03-05T09:00:00+03:00
            = nothing new
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            portal adds 17 b.pdf extra secret at 2026-03-05T09:00:00+03:00
            portal adds 17 b.pdf extra secret at 2026-03-05T09:00:00+03:00
            = nothing new
            erip credited 17 p1 45.00
            → zags-minsk 17: #2 assigned 5.9 on credited 45.00 of 45.00, p1 credited 45.00, by 2026-03-11
            → zags-minsk 17: documents a.pdf
            → zags-minsk 17: documents b.pdf
            → portal 17: #3 routed 45.00 of 45.00 by 2026-03-11
            portal adds 17 c.pdf extra secret at 2026-03-05T09:00:00+03:00
            → zags-minsk 17: documents c.pdf
            portal adds 17 c.pdf extra secret at 2026-03-05T09:00:00+03:00
            = nothing new
        "#]],
    );
}

#[test]
fn receipts_are_carried_as_claims_and_once() {
    check(
        "
        portal attaches 17 op1 45.00 at 2026-03-05T09:00:00+03:00
        portal attaches 17 op1 45.00 at 2026-03-05T09:00:00+03:00
        portal submits 17 5.9 45.00
        portal attaches 17 op2 45.00
        erip credited 17 p1 45.00
        portal attaches 17 op3 45.00",
        expect![[r#"
            portal attaches 17 op1 45.00 at 2026-03-05T09:00:00+03:00
            = waits
            portal attaches 17 op1 45.00 at 2026-03-05T09:00:00+03:00
            = nothing new
            portal submits 17 5.9 45.00
            → portal 17: #1 awaiting_payment 0.00 of 45.00
            portal attaches 17 op2 45.00
            erip credited 17 p1 45.00
            → zags-minsk 17: #2 assigned 5.9 on credited 45.00 of 45.00, p1 credited 45.00, claim op1, claim op2, by 2026-03-11
            → portal 17: #3 routed 45.00 of 45.00 by 2026-03-11
            portal attaches 17 op3 45.00
        "#]],
    );
}

#[test]
fn an_unknown_order_and_another_portals_are_acknowledged_alike() {
    check(
        "
        portal submits 17 5.f free
        zags-minsk decides 17 d1 granted
        other acknowledges 17 d1
        other acknowledges 18 d1
        portal acknowledges 17 d2
        portal acknowledges 17 d1
        portal acknowledges 17 d1",
        expect![[r#"
            portal submits 17 5.f free
            → zags-minsk 17: #1 assigned 5.f on not_due, by 2026-03-11
            → portal 17: #2 routed by 2026-03-11
            zags-minsk decides 17 d1 granted
            → portal 17: #3 decision d1 granted by zags-minsk
            → portal 17: #4 decided by 2026-03-11
            other acknowledges 17 d1
            ! KV1304 no such decision was published to you
            other acknowledges 18 d1
            ! KV1304 no such decision was published to you
            portal acknowledges 17 d2
            ! KV1304 no such decision was published to you
            portal acknowledges 17 d1
            portal acknowledges 17 d1
            = nothing new
        "#]],
    );
}
