use super::*;

const NOW: &str = "2026-03-10T12:00:00+03:00";

fn decode(kind: &str, body: &str) -> Result<Inbound, Invalid> {
    decode_json(kind.parse().unwrap(), body.as_bytes(), NOW.parse().unwrap())
}

fn payment(change: impl Fn(&mut serde_json::Value)) -> String {
    let mut body = serde_json::json!({
        "feed": "erip", "payment_id": "1200000001", "state": "accepted",
        "order_code": "000000000000000000000000000017", "purpose": null,
        "amount": { "amount": "45.00", "currency": "BYN" },
        "withheld": { "amount": "0.45", "currency": "BYN" },
        "paid_at": "2026-03-05T13:30:15+03:00", "booked_on": null,
        "payer": { "name": "ИВАНОВ ИВАН ИВАНОВИЧ", "id": null, "account": null },
        "beneficiary_account": "BY36AKBB36029170100080000000",
        "references": { "erip_operation": "1200000001", "agent_operation": "55512" }
    });
    change(&mut body);
    body.to_string()
}

fn refused(body: &str) -> (String, String) {
    let invalid = decode("payment.reported.v1", body).unwrap_err();
    (invalid.code.to_string(), invalid.pointer)
}

#[test]
fn the_contracts_own_examples_are_read() {
    decode("payment.reported.v1", &payment(|_| ())).unwrap();
    let application = r#"{ "order_code": "000000000000000000000000000017", "procedure": "5.9",
        "submitted_at": "2026-03-05T10:15:00+03:00",
        "applicant": { "kind": "citizen", "id": "3120890H017PB0", "name": "Іваноў Іван",
                       "region": "BY-HM", "locality": "Мінск" },
        "identification": "unique_id", "language": "be",
        "fee": { "amount": "45.00", "currency": "BYN" }, "exemption": null,
        "form": { "any": "object, carried byte for byte" }, "attachments": [],
        "signature": { "format": "cms", "signed_content": "YQ==", "value": "Yg==" } }"#;
    decode("application.submitted.v1", application).unwrap();
}

#[test]
fn every_refusal_has_its_code_and_its_place() {
    type Change = dyn Fn(&mut serde_json::Value);
    let cases: &[(&str, &str, &Change)] = &[
        ("KV1105", "/nonsense", &|b| b["nonsense"] = 1.into()),
        ("KV1105", "/payer/nick", &|b| b["payer"]["nick"] = "x".into()),
        ("KV1106", "/amount", &|b| drop(b.as_object_mut().unwrap().remove("amount"))),
        ("KV1106", "/paid_at", &|b| b["paid_at"] = serde_json::Value::Null),
        ("KV1107", "/state", &|b| b["state"] = "booked".into()),
        ("KV1108", "/order_code", &|b| b["order_code"] = "17".into()),
        ("KV1109", "/amount/amount", &|b| b["amount"]["amount"] = "45".into()),
        ("KV1109", "/amount/currency", &|b| b["amount"]["currency"] = "BYR0".into()),
        ("KV1109", "/withheld/amount", &|b| b["withheld"]["amount"] = "45.01".into()),
        ("KV1109", "/withheld/currency", &|b| b["withheld"]["currency"] = "USD".into()),
        ("KV1110", "/amount/amount", &|b| b["amount"]["amount"] = "0.00".into()),
        ("KV1111", "/paid_at", &|b| b["paid_at"] = "2026-03-11T12:00:01+03:00".into()),
        ("KV1104", "/purpose", &|b| b["purpose"] = "a\u{1}b".into()),
        ("KV1104", "/payer/name", &|b| b["payer"]["name"] = "a\nb".into()),
        ("KV1109", "/amount/amount", &|b| b["amount"]["amount"] = 45.into()),
        ("KV1108", "/order_code", &|b| b["order_code"] = 17.into()),
        ("KV1107", "/amount", &|b| b["amount"] = serde_json::json!(["45.00", "BYN"])),
        ("KV1107", "/state", &|b| b["state"] = serde_json::json!({ "credited": null })),
        ("KV1106", "/amount/currency", &|b| b["amount"] = serde_json::json!({ "amount": "1.00" })),
        ("KV1107", "/extensions", &|b| b["extensions"] = serde_json::json!([1])),
    ];
    for (code, pointer, change) in cases {
        assert_eq!(refused(&payment(change)), ((*code).to_owned(), (*pointer).to_owned()));
    }
}

#[test]
fn bytes_that_are_no_strict_json_are_refused() {
    let good = payment(|_| ());
    let twice = good.replacen('{', r#"{"feed":"erip","#, 1);
    let escaped_twice = good.replacen('{', r#"{"f\u0065ed":"erip","#, 1);
    let deep = good.replacen(
        '{',
        &format!(r#"{{"extensions":{{"a":{}1{}}},"#, "[".repeat(31), "]".repeat(31)),
        1,
    );
    for (code, body) in [
        ("KV1101", format!("\u{feff}{good}")),
        ("KV1101", good[..good.len() - 1].to_owned()),
        ("KV1101", format!("{good} {{}}")),
        ("KV1101", good.replace("\"45.00\"", "NaN")),
        ("KV1101", good.replacen('{', r#"{"extensions":{"a":1e309},"#, 1)),
        ("KV1101", String::new()),
        ("KV1103", twice),
        ("KV1103", escaped_twice),
        ("KV1102", deep),
        ("KV1107", "[]".to_owned()),
    ] {
        assert_eq!(refused(&body).0, code, "{body}");
    }
    let error = decode_json(MessageType::PaymentReported, b"\xff{}", NOW.parse().unwrap());
    assert_eq!(error.unwrap_err().code, Code::MALFORMED);
    let bomb = "[".repeat(1_000_000);
    assert_eq!(refused(&bomb).0, "KV1102");
}

#[test]
fn content_is_the_same_however_it_is_spelled() {
    let hash = |kind, body: &str| decode(kind, body).unwrap().content_hash();
    let one = r#"{"order_code":"000000000000000000000000000017","withdrawn_at":"2026-03-05T10:15:00+03:00","reason":null,"extensions":{"b":[1.0,{"y":2,"x":"\u0041"}],"a":1}}"#;
    let two = r#"{ "extensions": {"a":1, "b":[1.0, {"x":"A","y":2}]}, "withdrawn_at": "2026-03-05T07:15:00Z",
        "order_code": "000000000000000000000000000017" }"#;
    let other = two.replace("\"A\"", "\"B\"");
    let kind = "application.withdrawn.v1";
    assert_eq!(hash(kind, one), hash(kind, two));
    assert_ne!(hash(kind, one), hash(kind, &other));
}

#[test]
fn attachments_must_be_what_they_say() {
    let body = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut body = serde_json::json!({
            "order_code": "000000000000000000000000000017", "added_at": "2026-03-05T10:15:00+03:00",
            "attachments": [{ "name": "a.txt", "media_type": "text/plain", "size": 3,
                "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                "content": "YWJj" }]
        });
        change(&mut body["attachments"][0]);
        decode("documents.added.v1", &body.to_string())
            .map_err(|invalid| (invalid.code, invalid.pointer))
    };
    body(&|_| ()).unwrap();
    let at = |member: &str| format!("/attachments/0{member}");
    assert_eq!(
        body(&|a| a["size"] = 4.into()).unwrap_err(),
        (Code::ATTACHMENT_MISMATCH, at("/size"))
    );
    assert_eq!(
        body(&|a| a["content"] = "YWJk".into()).unwrap_err(),
        (Code::ATTACHMENT_MISMATCH, at("/sha256"))
    );
    assert_eq!(
        body(&|a| a["url"] = "https://x.by/a".into()).unwrap_err(),
        (Code::ATTACHMENT_INVALID, at(""))
    );
    let by_url = |url: &str| {
        body(&|a| {
            a["content"] = serde_json::Value::Null;
            a["url"] = url.into();
        })
    };
    by_url("https://files.e-pasluga.by/a?b").unwrap();
    for wrong in ["http://x.by/a", "https:///a", "https://user@x.by/a", "file:///etc/passwd"] {
        assert_eq!(by_url(wrong).unwrap_err(), (Code::ATTACHMENT_INVALID, at("/url")), "{wrong}");
    }
}
