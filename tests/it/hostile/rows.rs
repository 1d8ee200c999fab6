//! Bodies that mean harm, made of a good one of each kind of party.

use std::io::Write;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};
use serde_json::{Value, json};

const CODE: &str = "000000000000000000000000000017";
const AT: &str = "2026-03-06T12:00:00+03:00";
const JSON: &str = "application/json";
const XML: &str = "application/xml";

/// A party and its way to kvit.
pub(super) struct Sender {
    pub(super) user: &'static str,
    pub(super) exchange: &'static str,
    pub(super) key: &'static str,
    pub(super) kind: &'static str,
    /// Where it is answered.
    pub(super) answers: &'static str,
    /// The name of its time.
    time: &'static str,
    /// The name of a text.
    text: &'static str,
    body: fn() -> Value,
}

/// One of each queue.
pub(super) const SENDERS: [Sender; 3] = [
    Sender {
        user: "portal",
        exchange: "portal.in",
        key: "application.submitted",
        kind: "application.submitted.v1",
        answers: "portal.portal.out",
        time: "submitted_at",
        text: "procedure",
        body: || {
            json!({ "order_code": CODE, "procedure": "elsewhere", "submitted_at": AT,
                "applicant": { "kind": "citizen", "name": "Іваноў", "region": "BY-HM" },
                "identification": "eds", "language": "be" })
        },
    },
    Sender {
        user: "erip",
        exchange: "bank.in",
        key: "erip.payment",
        kind: "payment.reported.v1",
        answers: "bank.erip.reports",
        time: "paid_at",
        text: "purpose",
        body: || {
            json!({ "feed": "erip", "payment_id": "1", "state": "credited", "order_code": CODE,
                "amount": { "amount": "45.00", "currency": "BYN" }, "paid_at": AT,
                "purpose": "Іваноў" })
        },
    },
    Sender {
        user: "agency-a",
        exchange: "agency.in",
        key: "agency-a",
        kind: "case.accepted.v1",
        answers: "agency.agency-a.inbox",
        time: "registered_at",
        text: "registration_number",
        body: || json!({ "order_code": CODE, "registration_number": "Іваноў", "registered_at": AT }),
    },
];

/// What is sent and how it is refused.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) code: &'static str,
    pub(super) content_type: &'static str,
    pub(super) encoding: Option<&'static str>,
    pub(super) body: Vec<u8>,
}

fn row(name: impl Into<String>, code: &'static str, body: impl Into<Vec<u8>>) -> Row {
    Row { name: name.into(), code, content_type: JSON, encoding: None, body: body.into() }
}

/// All of a party.
pub(super) fn rows(sender: &Sender) -> Vec<Row> {
    let mut rows = bytes(sender);
    rows.extend(nested(sender));
    rows.extend(packed(sender));
    rows.extend(values(sender));
    rows.extend(documents(sender));
    rows.extend(events(sender));
    if sender.user == "erip" {
        rows.extend(amounts(sender));
    }
    rows
}

fn with(sender: &Sender, name: &str, value: Value) -> String {
    let mut body = (sender.body)();
    body[name] = value;
    body.to_string()
}

/// Not the text that it should be.
fn bytes(sender: &Sender) -> Vec<Row> {
    let good = (sender.body)().to_string();
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let cut = good.find('ў').unwrap_or_default() + 1;
    let one_byte: Vec<u8> = good.chars().map(|c| u8::try_from(c).unwrap_or(0xe3)).collect();
    vec![
        row("empty", "KV1101", ""),
        row("bom", "KV1101", format!("\u{feff}{good}")),
        row("utf-16", "KV1101", [&[0xff, 0xfe][..], &utf16(&good)].concat()),
        row("utf-16-bare", "KV1101", utf16(&good)),
        row("one-byte-characters", "KV1101", one_byte),
        row("cut-in-a-character", "KV1101", &good.as_bytes()[..cut]),
        row(
            "overlong",
            "KV1101",
            good.replace("Іваноў", "\u{1}")
                .into_bytes()
                .iter()
                .flat_map(|byte| if *byte == 1 { vec![0xc0, 0xaf] } else { vec![*byte] })
                .collect::<Vec<u8>>(),
        ),
        row("truncated", "KV1101", &good.as_bytes()[..good.len() - 1]),
        row("followed", "KV1101", format!("{good}{{}}")),
        row("lone-surrogate", "KV1101", good.replacen(CODE, "\\ud800", 1)),
        row("nul", "KV1104", good.replacen("Іваноў", "a\\u0000b", 1)),
        row("too-large", "KV1001", vec![b' '; (1 << 20) + 1]),
    ]
}

/// Deep, wide, and twice.
fn nested(sender: &Sender) -> Vec<Row> {
    let good = (sender.body)().to_string();
    let inside = |value: &str| good.replacen('{', &format!("{{\"extensions\":{value},"), 1);
    let lists = "[".repeat(100_000);
    let objects = "{\"a\":".repeat(100_000);
    let keys: Vec<String> = (0..50_000).map(|nth| format!("\"k{nth}\":0")).collect();
    vec![
        row("lists-100000-deep", "KV1102", format!("{lists}{}", "]".repeat(100_000))),
        row("lists-unclosed", "KV1102", lists.clone()),
        row("objects-100000-deep", "KV1102", format!("{objects}0{}", "}".repeat(100_000))),
        row("deep-within", "KV1102", inside(&format!("{{\"a\":{lists}"))),
        row("twice", "KV1103", good.replacen('{', &format!("{{\"order_code\":\"{CODE}\","), 1)),
        row(
            "twice-in-disguise",
            "KV1103",
            good.replacen('{', &format!("{{\"order\\u005fcode\":\"{CODE}\","), 1),
        ),
        row("unknown-field", "KV1105", with(sender, "nonsense", json!(1))),
        row("unknown-fields", "KV1105", good.replacen('{', &format!("{{{},", keys.join(",")), 1)),
        row("list-for-object", "KV1107", json!([(sender.body)()]).to_string()),
        row("number-beyond-all", "KV1101", inside("1e999999999")),
    ]
}

/// Small until they are unpacked.
fn packed(sender: &Sender) -> Vec<Row> {
    let good = (sender.body)().to_string().into_bytes();
    let gzip = |bytes: &[u8], times: usize| {
        let mut out = GzEncoder::new(Vec::new(), Compression::best());
        (0..times).for_each(|_| out.write_all(bytes).expect("writing to memory"));
        out.finish().expect("writing to memory")
    };
    // 256 MiB of spaces in a quarter of a megabyte.
    let bomb = gzip(&vec![b' '; 1 << 20], 256);
    let mut deflate = DeflateEncoder::new(Vec::new(), Compression::fast());
    deflate.write_all(&good).expect("writing to memory");
    let members: Vec<u8> = gzip(&[b' '; 64 << 10], 1).repeat(1_000);
    let whole = gzip(&good, 1);
    let as_gzip = |row: Row| Row { encoding: Some("gzip"), ..row };
    vec![
        as_gzip(row("bomb", "KV1001", bomb)),
        as_gzip(row("bomb-of-members", "KV1001", members)),
        as_gzip(row("gzip-in-gzip", "KV1101", gzip(&whole, 1))),
        as_gzip(row("gzip-cut", "KV1006", &whole[..whole.len() - 9])),
        as_gzip(row("gzip-followed", "KV1006", [&whole[..], b"junk"].concat())),
        as_gzip(row("not-gzip", "KV1006", good)),
        Row {
            encoding: Some("deflate"),
            ..row("deflate", "KV1006", deflate.finish().expect("writing to memory"))
        },
    ]
}

/// Digits that are none, codes that are too long, days that never were.
fn values(sender: &Sender) -> Vec<Row> {
    let digits = |zero: char| -> String {
        let digit = |c: char| char::from_u32(u32::from(zero) + c.to_digit(10).unwrap_or(0));
        CODE.chars().filter_map(digit).collect()
    };
    let codes = [
        ("code-of-29", CODE[1..].to_owned()),
        ("code-of-31", format!("0{CODE}")),
        ("code-of-a-million", "7".repeat(1_000_000)),
        ("code-in-arabic-indic", digits('\u{660}')),
        ("code-in-full-width", digits('\u{ff10}')),
        ("code-in-mathematical", digits('\u{1d7ce}')),
        // Thirty bytes, fifteen digits.
        ("code-of-30-bytes", "\u{661}".repeat(15)),
        ("code-with-a-letter", CODE.replacen("00", "O0", 1)),
        ("code-with-a-space", format!(" {CODE}")),
        ("code-with-a-zero-width-space", format!("{CODE}\u{200b}")),
    ];
    let times = [
        "0000-00-00",
        "0000-00-00T00:00:00Z",
        "9999999-01-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "-0001-01-01T00:00:00Z",
        "2026-03-06T25:00:00Z",
        "2026-03-06T12:00:00+99:99",
        "2026-03-06T12:00:00",
        "2026-03-06",
        "06.03.2026",
        "٢٠٢٦-٠٣-٠٦T١٢:٠٠:٠٠Z",
        "",
        "2026-03-06T12:00:00.99999999999999999999999999999999999999999Z\u{202e}",
    ];
    let mut rows: Vec<Row> = codes
        .into_iter()
        .map(|(name, code)| row(name, "KV1108", with(sender, "order_code", json!(code))))
        .collect();
    rows.extend(times.into_iter().enumerate().map(|(nth, time)| {
        row(format!("time-{nth}"), "KV1107", with(sender, sender.time, json!(time)))
    }));
    let far = json!("2190-01-01T00:00:00Z");
    rows.push(row("time-far-ahead", "KV1111", with(sender, sender.time, far)));
    rows.push(row("time-as-number", "KV1107", with(sender, sender.time, json!(1))));
    let long = json!("x".repeat(1_000_000));
    rows.push(row("text-of-a-million", "KV1107", with(sender, sender.text, long)));
    rows
}

fn amounts(sender: &Sender) -> Vec<Row> {
    let said =
        |amount: Value| with(sender, "amount", json!({ "amount": amount, "currency": "BYN" }));
    let wrong = [
        "9".repeat(40),
        format!("{}.00", "9".repeat(40)),
        "-45.00".to_owned(),
        "1e3".to_owned(),
        "NaN".to_owned(),
        "Infinity".to_owned(),
        "+45.00".to_owned(),
        "45,00".to_owned(),
        "45.001".to_owned(),
        "0x45.00".to_owned(),
        " 45.00".to_owned(),
        "45.00\u{a0}".to_owned(),
        "٤٥.٠٠".to_owned(),
        "４５.００".to_owned(),
        "4\u{200b}5.00".to_owned(),
        "92233720368547758.08".to_owned(),
        String::new(),
    ];
    let mut rows: Vec<Row> = wrong
        .into_iter()
        .enumerate()
        .map(|(nth, amount)| row(format!("amount-{nth}"), "KV1109", said(json!(amount))))
        .collect();
    rows.push(row("amount-as-number", "KV1109", said(json!(45))));
    rows.push(row("amount-nothing", "KV1110", said(json!("0.00"))));
    rows.push(row("amount-nan", "KV1101", said(json!("X")).replacen("\"X\"", "NaN", 1)));
    rows.push(row(
        "amount-no-currency",
        "KV1109",
        with(sender, "amount", json!({ "amount": "45.00", "currency": "XYZ" })),
    ));
    rows
}

/// XML: entities, depth, encodings.
fn documents(sender: &Sender) -> Vec<Row> {
    let root = sender.kind.trim_end_matches(".v1").replace('.', "-");
    let document = |inside: &str| {
        format!("<{root} xmlns=\"urn:kvit:v1\"><order_code>{inside}</order_code></{root}>")
    };
    let entities: Vec<String> = ('b'..='j')
        .zip('a'..='i')
        .map(|(name, of)| format!("<!ENTITY {name} \"{}\">", format!("&{of};").repeat(10)))
        .collect();
    let bomb = format!("<!DOCTYPE a [<!ENTITY a \"aaaaaaaaaa\">{}]>", entities.concat());
    let outside = "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/hostname\">]>";
    let parameter = "<!DOCTYPE a [<!ENTITY % x SYSTEM \"http://127.0.0.1:1/\"> %x;]>";
    let spaces: String = (0..20_000).map(|nth| format!(" xmlns:a{nth}=\"u{nth}\"")).collect();
    let attributes: String = (0..20_000).map(|nth| format!(" a{nth}=\"x\"")).collect();
    let declared = |name: &str| format!("<?xml version=\"1.0\" encoding=\"{name}\"?>");
    let mut in_1251 = document("").into_bytes();
    in_1251.extend([0xc8, 0xe2]);
    let utf16: Vec<u8> = document(CODE).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let xml = |row: Row| Row { content_type: XML, ..row };
    [
        row("xml-entity-bomb", "KV1101", format!("{bomb}{}", document("&j;"))),
        row("xml-entity-outside", "KV1101", format!("{outside}{}", document("&x;"))),
        row("xml-entity-parameter", "KV1101", format!("{parameter}{}", document(CODE))),
        row("xml-entity-undefined", "KV1101", document("&x;")),
        row("xml-character-nul", "KV1101", document("&#0;")),
        row("xml-elements-100000-deep", "KV1102", document(&"<a>".repeat(100_000))),
        row("xml-elements-200000", "KV1102", document(&"<a/>".repeat(200_000))),
        row("xml-namespaces", "KV1101", format!("<{root}{spaces} xmlns=\"urn:kvit:v1\"/>")),
        row("xml-attributes", "KV1102", format!("<{root}{attributes} xmlns=\"urn:kvit:v1\"/>")),
        row("xml-unclosed", "KV1101", format!("<{root} xmlns=\"urn:kvit:v1\">")),
        row("xml-no-namespace", "KV1009", format!("<{root}/>")),
        row("xml-encoding-unknown", "KV1101", format!("{}{}", declared("utf-7"), document(CODE))),
        row("xml-encoding-lies", "KV1101", [declared("utf-8").into_bytes(), in_1251].concat()),
        row("xml-utf-16", "KV1101", [&[0xff, 0xfe][..], &utf16].concat()),
        row("xml-code-in-full-width", "KV1108", full(sender, &root, "０００００")),
        row("xml-code-of-31", "KV1108", full(sender, &root, &format!("0{CODE}"))),
    ]
    .into_iter()
    .map(xml)
    .collect()
}

/// A whole document with this order code.
fn full(sender: &Sender, root: &str, code: &str) -> String {
    fn element(name: &str, value: &Value) -> String {
        let inside = match value {
            Value::Object(members) => members.iter().map(|(name, it)| element(name, it)).collect(),
            Value::String(text) => text.clone(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => value.to_string(),
        };
        format!("<{name}>{inside}</{name}>")
    }
    let mut body = (sender.body)();
    body["order_code"] = json!(code);
    let text = element(root, &body);
    text.replacen('>', " xmlns=\"urn:kvit:v1\">", 1)
}

/// Events around a body.
fn events(sender: &Sender) -> Vec<Row> {
    let event = |data: Value| {
        json!({ "specversion": "1.0", "id": "X", "source": "urn:test", "type": sender.kind,
            "data": data })
    };
    let good = (sender.body)();
    let mut code = good.clone();
    code["order_code"] = json!("٠".repeat(30));
    let mut base64 = event(good.clone());
    base64["data_base64"] = json!("e30=");
    let mut subject = event(good.clone());
    subject["subject"] = json!("1".repeat(30));
    let deep = format!("{{\"data\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let all = [
        ("event-code", "KV1108", event(code).to_string()),
        ("event-base64", "KV1005", base64.to_string()),
        ("event-subject", "KV1009", subject.to_string()),
        ("event-deep", "KV1102", deep),
        ("event-batch", "KV1107", json!([event(good.clone())]).to_string()),
        ("event-data-as-text", "KV1107", event(json!(good.to_string())).to_string()),
    ];
    let named = |name: &str, body: String| {
        // Its own id, which must be that of the envelope.
        body.replacen("\"X\"", &format!("\"{}-{name}\"", sender.user), 1)
    };
    let event_row = |(name, code, body): (&'static str, &'static str, String)| Row {
        content_type: "application/cloudevents+json",
        ..row(name, code, named(name, body))
    };
    all.into_iter().map(event_row).collect()
}
