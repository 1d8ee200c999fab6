//! Messages that the broker lets through and the AMQP library cannot read: they end like any
//! other, and nothing else is held up.

use anyhow::{Context, Result};
use kvit_adapters::store::Tables;
use kvit_tests::broker::until;
use kvit_tests::daemon::{Send, World};
use kvit_tests::raw::{Raw, RawMessage, flag, long, short};
use serde_json::json;

/// An application that costs nothing, so that it goes to its agency at once.
fn application(number: usize) -> Vec<u8> {
    let body = json!({
        "order_code": format!("{number:030}"), "procedure": "elsewhere",
        "submitted_at": "2026-03-05T10:15:00+03:00",
        "applicant": { "kind": "citizen", "name": "Іваноў Іван", "region": "BY-HM" },
        "identification": "eds", "language": "be", "fee": null, "form": {} });
    body.to_string().into_bytes()
}

/// What is wrong with a message's envelope.
#[derive(Default)]
struct Envelope {
    content_type: Option<&'static [u8]>,
    content_encoding: Option<&'static [u8]>,
    headers: Option<Vec<u8>>,
    correlation_id: Option<&'static [u8]>,
    message_id: Option<&'static [u8]>,
    kind: Option<&'static [u8]>,
    app_id: Option<&'static [u8]>,
    key: Option<&'static [u8]>,
}

impl Envelope {
    fn publish(self, raw: &mut Raw, exchange: &str, number: usize) -> Result<()> {
        let id = format!("m-{number}");
        let headers = self.headers.map(|members| long(&members));
        let text = |text: Option<&[u8]>| text.map(short);
        let all = [
            (flag::CONTENT_TYPE, text(self.content_type)),
            (flag::CONTENT_ENCODING, text(self.content_encoding)),
            (flag::HEADERS, headers),
            (flag::CORRELATION_ID, text(self.correlation_id)),
            (flag::MESSAGE_ID, text(self.message_id.or(Some(id.as_bytes())))),
            (flag::TYPE, text(self.kind.or(Some(b"application.submitted.v1")))),
            (flag::USER_ID, text(Some(b"portal"))),
            (flag::APP_ID, text(self.app_id)),
        ];
        let present = || all.iter().filter_map(|(flag, value)| Some((flag, value.as_ref()?)));
        let message = RawMessage {
            exchange,
            key: self.key.unwrap_or(b"application.submitted"),
            flags: present().map(|(flag, _)| flag).sum(),
            properties: present().flat_map(|(_, value)| value.clone()).collect(),
            body: &application(number),
        };
        raw.publish(&message).with_context(|| format!("message {number}"))
    }
}

/// A header of this name with this value.
fn header(name: &[u8], value: &[u8]) -> Vec<u8> {
    [short(name), value.to_vec()].concat()
}

/// Values of all types that a broker takes.
fn odd_types() -> Vec<u8> {
    let eight = b"\x01\x02\x03\x04\x05\x06\x07\x08";
    let values: [(u8, &[u8]); 14] = [
        (b't', &eight[..1]),
        (b'b', &eight[..1]),
        (b'B', &eight[..1]),
        (b's', &eight[..2]),
        (b'u', &eight[..2]),
        (b'I', &eight[..4]),
        (b'i', &eight[..4]),
        (b'f', &eight[..4]),
        (b'l', eight),
        (b'd', eight),
        (b'T', eight),
        (b'D', &eight[..5]),
        (b'V', b""),
        (b'x', b"\0\0\0\x02\xff\xfe"),
    ];
    let value = |(kind, bytes): &(u8, &[u8])| [&[*kind], *bytes].concat();
    let list: Vec<u8> = values.iter().flat_map(value).collect();
    let named = values.iter().flat_map(|it| header(&[it.0], &value(it)));
    let lists = [&b"A"[..], &long(&[&b"A"[..], &long(&list)].concat())].concat();
    named.chain(header(b"lists", &lists)).collect()
}

fn nested(depth: usize) -> Vec<u8> {
    let inner = (0..depth).fold(Vec::new(), |inner, _| [&b"A"[..], &long(&inner)].concat());
    header(b"deep", &inner)
}

#[tokio::test]
async fn envelopes_that_cannot_be_read_end_like_others_and_hold_up_nobody() -> Result<()> {
    let world = World::new()?;
    let daemon = world.process(&[]).await?;
    let peer = world.peer().await?;
    let exchange = world.name("portal.in");
    let mut raw = Raw::connect(world.url())?;
    let e = Envelope::default;
    let refused = [
        ("KV1003", Envelope { message_id: Some(b"\xff"), ..e() }),
        ("KV1003", Envelope { message_id: Some(b"cut \xd0"), ..e() }),
        ("KV1004", Envelope { kind: Some(b"application.\xffsubmitted.v1"), ..e() }),
        ("KV1005", Envelope { content_type: Some(b"application/\xe9"), ..e() }),
        ("KV1006", Envelope { content_encoding: Some(b"\xff\xff"), ..e() }),
        ("KV1008", Envelope { key: Some(b"application.submitted\xff"), ..e() }),
    ];
    let applied = [
        Envelope { correlation_id: Some(b"\xff"), app_id: Some(b"\xc3\x28"), ..e() },
        Envelope { headers: Some(header(b"\xff\xfe", b"S\0\0\0\x02\xff\xff")), ..e() },
        Envelope { headers: Some(odd_types()), ..e() },
        Envelope { headers: Some(nested(60)), ..e() },
        // 100,000 bytes in which each list is in another one.
        Envelope { headers: Some(nested(20_000)), ..e() },
        Envelope {
            headers: Some(header(b"long", &[&b"S"[..], &long(&[b'x'; 100_000])].concat())),
            ..e()
        },
    ];
    let (bad, good) = (refused.len(), applied.len());
    e().publish(&mut raw, &exchange, 1)?;
    let codes: Vec<&str> = refused.iter().map(|(code, _)| *code).collect();
    for (at, (_, envelope)) in refused.into_iter().enumerate() {
        envelope.publish(&mut raw, &exchange, 100 + at)?;
    }
    for (at, envelope) in applied.into_iter().enumerate() {
        envelope.publish(&mut raw, &exchange, 200 + at)?;
    }
    e().publish(&mut raw, &exchange, 2)?;

    let answers = world.take(&peer, "portal.portal.out", bad + good + 2).await?;
    let refusals = answers.iter().filter(|got| got.kind == "message.refused.v1");
    let told: Vec<&str> = refusals.map(|got| got.text("/code")).collect();
    assert_eq!(told, codes, "{answers:#?}");
    let routed = answers.iter().filter(|got| got.text("/status") == "routed").count();
    assert_eq!(routed, good + 2, "{answers:#?}");

    until("all is answered", async || Ok(peer.ready(&exchange).await? == 0)).await?;
    assert_eq!(peer.ready(&world.name("dead")).await?, 0);
    // None came twice: no connection was lost on the way.
    assert_eq!(daemon.get("/readyz")?.0, 200);
    let (_, metrics) = daemon.get("/metrics")?;
    let again = metrics.lines().filter(|line| line.starts_with("kvit_messages_redelivered_total"));
    assert!(again.clone().all(|line| line.ends_with(" 0")) && again.count() > 0, "{metrics}");
    daemon.stop().await?;
    let store = world.open_store()?;
    let kept = store.quarantine(None, 100)?.items;
    assert_eq!(kept.len(), bad);
    for (at, item) in kept.iter().enumerate() {
        assert_eq!(store.body(item.seq)?, Some(application(100 + at)), "its bytes are kept");
    }
    Ok(())
}

/// The dead letters are read on the same connection as all else.
#[tokio::test]
async fn a_dead_letter_that_cannot_be_read_is_kept_like_others() -> Result<()> {
    let world = World::new()?;
    let daemon = world.start().await?;
    let peer = world.peer().await?;
    let mut raw = Raw::connect(world.url())?;
    let bad = Envelope {
        message_id: Some(b"\xff"),
        headers: Some(nested(20_000)),
        ..Envelope::default()
    };
    bad.publish(&mut raw, &world.name("dead"), 7)?;
    let body = application(8);
    let good = Send {
        exchange: "portal.in",
        key: "application.submitted",
        kind: "application.submitted.v1",
        user: Some("portal"),
        id: "good",
        body,
        file: None,
    };
    world.send(&peer, good).await?;
    let got = world.take(&peer, "portal.portal.out", 1).await?;
    assert!(got.iter().all(|got| got.kind == "case.status.v1"), "{got:#?}");
    let alerts = world.take(&peer, "ops.out", 1).await?;
    assert!(alerts.iter().all(|got| got.kind == "alert.raised.v1"), "{alerts:#?}");
    daemon.stop().await?;
    let kept = world.open_store()?.quarantine(None, 10)?.items;
    assert_eq!(kept.iter().map(|it| it.code.as_str()).collect::<Vec<_>>(), ["KV1601"]);
    Ok(())
}
