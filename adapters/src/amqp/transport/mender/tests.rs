//! What goes through as it is, what is mended, and that no bytes are lost or made up.

use proptest::prelude::*;

use super::*;

fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    let size = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&[kind, 0, 1][..], &size, payload, &[0xce]].concat()
}

/// A header frame with these flags and properties.
fn header(flags: u16, properties: &[u8]) -> Vec<u8> {
    let head = [&[0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2][..], &flags.to_be_bytes()].concat();
    frame(HEADER, &[&head, properties].concat())
}

fn through(bytes: &[u8], step: usize) -> Vec<u8> {
    let mut mender = Mender::new();
    let mut out = Vec::new();
    for piece in bytes.chunks(step) {
        let mut rest = piece;
        while !rest.is_empty() {
            let room = mender.room();
            let count = rest.len().min(room.len());
            room[..count].copy_from_slice(&rest[..count]);
            mender.received(count);
            rest = &rest[count..];
        }
        let mut taken = [0; 100];
        loop {
            let count = mender.take(&mut taken);
            if count == 0 {
                break;
            }
            out.extend_from_slice(&taken[..count]);
        }
    }
    out
}

/// A property that is a short string.
fn short(text: &[u8]) -> Vec<u8> {
    [&[u8::try_from(text.len()).unwrap()], text].concat()
}

fn table(members: &[u8]) -> Vec<u8> {
    [&u32::try_from(members.len()).unwrap().to_be_bytes()[..], members].concat()
}

#[test]
fn bytes_that_are_no_text_become_control_characters_and_nothing_else_changes() {
    const MESSAGE_ID: u16 = 1 << 7;
    for (given, expected) in [
        (&b"plain"[..], &b"plain"[..]),
        ("зборка".as_bytes(), "зборка".as_bytes()),
        (b"\xff", b"\x1a"),
        (b"a\xff\xfeb", b"a\x1a\x1ab"),
        (b"cut \xd0", b"cut \x1a"),
        (b"\xed\xa0\x80", b"\x1a\x1a\x1a"),
    ] {
        let given = header(MESSAGE_ID, &short(given));
        assert_eq!(through(&given, 7), header(MESSAGE_ID, &short(expected)));
    }
}

#[test]
fn names_of_headers_and_of_the_route_are_mended_too() {
    const HEADERS: u16 = 1 << 13;
    let named =
        |name: &[u8]| header(HEADERS, &table(&[&short(name), &b"S\0\0\0\x01\xff"[..]].concat()));
    assert_eq!(through(&named(b"\xffx"), 1000), named(b"\x1ax"), "a long string is any bytes");
    let deliver = |key: &[u8]| {
        let numbers = [0, 0, 0, 0, 0, 0, 0, 9, 1];
        let names = [short(b"exchange"), short(key)].concat();
        frame(METHOD, &[&[0, 60, 0, 60][..], &short(b"tag"), &numbers, &names].concat())
    };
    assert_eq!(through(&deliver(b"k\xff"), 1000), deliver(b"k\x1a"));
    let other = frame(METHOD, &[0, 60, 0, 61, 1, 0xff]);
    assert_eq!(through(&other, 1000), other);
}

#[test]
fn tables_nested_too_deeply_become_opaque_bytes() {
    const HEADERS: u16 = 1 << 13;
    let nested =
        |depth: usize| (0..depth).fold(Vec::new(), |inner, _| [b"A", &table(&inner)[..]].concat());
    let with = |value: &[u8]| header(HEADERS, &table(&[&short(b"deep"), value].concat()));
    let allowed = with(&nested(8));
    assert_eq!(through(&allowed, 1000), allowed);
    let given = with(&nested(20_000));
    let mended = through(&given, 1000);
    assert_eq!(mended.len(), given.len());
    let changed: Vec<(u8, u8)> =
        given.iter().zip(&mended).filter(|(a, b)| a != b).map(|(a, b)| (*a, *b)).collect();
    assert_eq!(changed, [(b'A', b'x')], "one byte makes all that is deeper opaque");
}

#[test]
fn properties_that_cannot_be_read_are_left_out_and_the_next_frame_is_whole() {
    const HEADERS: u16 = 1 << 13;
    let next = frame(BODY, b"ok");
    for bad in [
        header(HEADERS, &table(b"\x01kZ")),
        header(HEADERS, &[0, 0, 0, 200, 1]),
        header(1, b"what follows the first sixteen flags is not known"),
        header(0, b"more than was announced"),
        header(1 << 7, &[250, b'x']),
    ] {
        let expected = [header(0, b""), next.clone()].concat();
        for step in [1, 5, 4096] {
            assert_eq!(through(&[&bad[..], &next].concat(), step), expected);
        }
    }
}

#[test]
fn what_is_no_frame_goes_through_for_the_library_to_refuse() {
    for bytes in
        [&b"AMQP\0\0\x09\x01"[..], b"HTTP/1.1 400 Bad Request", b"\x02\0\x01\xff\xff\xff\xff"]
    {
        assert_eq!(through(bytes, 3), bytes);
    }
}

proptest! {
    #[test]
    fn what_is_readable_goes_through_unchanged(
        id in ".{0,60}", key in ".{1,9}", text in proptest::collection::vec(any::<u8>(), 0..50),
        step in 1_usize..200,
    ) {
        const HEADERS_MODE_ID_TIME: u16 = 1 << 13 | 1 << 12 | 1 << 7 | 1 << 6;
        let value = [&b"S"[..], &table(&text), &short(b"n"), &b"l\0\0\0\0\0\0\0\x07"[..]].concat();
        let headers = table(&[&short(key.as_bytes()), &value[..]].concat());
        let rest = [&[2][..], &short(id.as_bytes()), &[0, 0, 0, 0, 0, 0, 0, 9]].concat();
        let given = header(HEADERS_MODE_ID_TIME, &[headers, rest].concat());
        let given = [given, frame(BODY, &text), frame(HEARTBEAT, b"")].concat();
        prop_assert_eq!(through(&given, step), given);
    }

    #[test]
    fn any_bytes_are_read_to_an_end(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let given = header(0xfffc, &bytes);
        let whole = through(&given, 1000);
        prop_assert!(whole.len() == given.len() || whole == header(0, b""));
        through(&bytes, 3);
    }
}
