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
    let mut mender = Mender::new(0);
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

const HEADERS: u16 = 1 << 13;

/// The broker's word on how long frames may be.
fn tune(frame_max: u32) -> Vec<u8> {
    frame(METHOD, &[&[0, 10, 0, 30, 7, 255][..], &frame_max.to_be_bytes(), &[0, 60]].concat())
}

/// What becomes of these frames where frames are agreed to have so many bytes.
fn through_at(frame_max: usize, bytes: &[u8], step: usize) -> Vec<u8> {
    let tune = tune(u32::try_from(frame_max).unwrap());
    let mut out = through(&[&tune, bytes].concat(), step);
    assert!(out.starts_with(&tune), "that word itself goes through");
    out.split_off(tune.len())
}

/// A header whose value is a text.
fn text(name: &str, text: &[u8]) -> Vec<u8> {
    [&short(name.as_bytes())[..], b"S", &table(text)].concat()
}

/// A frame with these headers, between two other properties.
fn headed(members: &[Vec<u8>]) -> Vec<u8> {
    let (before, after) = (short(b"application/json"), short(b"m-1"));
    header(1 << 15 | HEADERS | 1 << 7, &[before, table(&members.concat()), after].concat())
}

#[test]
fn a_frame_is_shortened_from_the_first_byte_above_what_was_agreed_on() {
    let next = frame(BODY, b"ok");
    let given = headed(&[text("large", &[b'x'; 9000]), text("kvit-file-name", b"a.txt")]);
    let cut = headed(&[text("large", &[b'x'; 2052]), text("kvit-file-name", b"a.txt")]);
    for step in [1, 7, 4096, 100_000] {
        for (frame_max, expected) in
            [(given.len() + 1, &given), (given.len(), &given), (given.len() - 1, &cut)]
        {
            let came = through_at(frame_max, &[&given[..], &next].concat(), step);
            assert_eq!(came, [&expected[..], &next].concat(), "of {frame_max}");
        }
    }
    assert_eq!(through_at(0, &given, 100), given, "0 is no limit");
    let cut_too = through_at(1, &given, 100);
    assert_eq!(cut_too, cut, "the least that a broker may say is {FRAME_MAX_MIN}");
}

#[test]
fn the_smaller_of_what_was_asked_for_and_what_the_broker_says_counts() {
    let given = headed(&[text("large", &[b'x'; 9000])]);
    for (asked, said, is_cut) in
        [(0, 9000, true), (9000, 131_072, true), (131_072, 9000, true), (10_000, 131_072, false)]
    {
        let mut mender = Mender::new(asked);
        let bytes = [tune(said), given.clone()].concat();
        mender.room()[..bytes.len()].copy_from_slice(&bytes);
        mender.received(bytes.len());
        let mut out = vec![0; bytes.len()];
        let count = mender.take(&mut out);
        assert_eq!(count < bytes.len(), is_cut, "{asked} {said}");
    }
}

#[test]
fn the_largest_headers_that_nobody_reads_go_first_and_what_is_read_stays() {
    let small = |number: u8| text("small", &[number; 20]);
    let list = |many: usize| [&short(b"list")[..], b"A", &table(&b"t\x01".repeat(many))].concat();
    let read = [text("kvit-file-name", &[b'n'; 1990]), text("traceparent", b"00-1-2-01")];
    let mut members = vec![small(1), list(100), read[0].clone(), list(1000), small(2)];
    members.extend([read[1].clone(), list(1000), small(3)]);
    let given = headed(&members);
    assert!(given.len() > 6000);
    let without = |gone: &[usize]| {
        let kept = members.iter().enumerate().filter(|(at, _)| !gone.contains(at));
        headed(&kept.map(|(_, member)| member.clone()).collect::<Vec<_>>())
    };
    let one = without(&[3]);
    assert_eq!(through_at(given.len() - 1, &given, 64), one, "the first of two that are equal");
    assert_eq!(through_at(one.len(), &given, 64), one);
    assert_eq!(through_at(one.len() - 1, &given, 64), without(&[3, 6]));
}

/// As the broker writes it down: each time with all keys, those of the sender's own list too.
fn death(queue: &str, key: &[u8]) -> Vec<u8> {
    let keys = [&short(b"routing-keys")[..], b"A", &table(&[&b"S"[..], &table(key)].concat())];
    let record = [text("queue", queue.as_bytes()), keys.concat()].concat();
    [&b"F"[..], &table(&record)].concat()
}

#[test]
fn a_history_that_grew_with_each_death_leaves_the_name_of_the_first_queue() {
    let keys = |long: usize| {
        let key = [&b"S"[..], &table(&vec![b'k'; long])].concat();
        [&short(b"CC")[..], b"A", &table(&key)].concat()
    };
    let deaths = |long: usize, times: usize| {
        let key = vec![b'k'; long];
        let all: Vec<u8> = (0..times).flat_map(|_| death("kvit.bank.in", &key)).collect();
        [&short(b"x-death")[..], b"A", &table(&all)].concat()
    };
    let first = text("x-first-death-queue", b"kvit.bank.in");
    let given = headed(&[keys(3000), deaths(3000, 1), first.clone()]);
    assert_eq!(through_at(4096, &given, 64), headed(&[deaths(3000, 1), first.clone()]));
    for times in 2..40 {
        let given = headed(&[keys(3000), deaths(3000, times), first.clone()]);
        assert_eq!(through_at(4096, &given, 1000), headed(std::slice::from_ref(&first)), "{times}");
    }
}

#[test]
fn of_thousands_of_headers_with_one_name_the_last_stays() {
    let name = |number: usize| text("kvit-file-name", format!("{number:04}").as_bytes());
    let given: Vec<Vec<u8>> = (0..5000).map(name).collect();
    let came = through_at(4096, &headed(&given), 1000);
    assert!(came.len() <= 4096 && came.windows(4).any(|four| four == b"4999"));
    assert!(!came.windows(4).any(|four| four == b"0000"));
}

#[test]
fn a_length_that_is_only_claimed_takes_no_memory() {
    for (size, is_lost) in [(u32::MAX, true), ((16 << 20) + 1, true), (16 << 20, false)] {
        let mut mender = Mender::new(0);
        let head = [&[HEADER, 0, 1][..], &size.to_be_bytes(), &[0, 60]].concat();
        mender.room()[..head.len()].copy_from_slice(&head);
        mender.received(head.len());
        assert_eq!(mender.is_lost, is_lost);
        mender.room();
        assert_eq!(mender.buffer.len(), Mender::new(0).buffer.len());
    }
    // A table that claims more than there is cannot be read, and nothing is made for it.
    let claimed = [&u32::MAX.to_be_bytes()[..], &[b'x'; 5000]].concat();
    assert_eq!(through_at(4096, &header(HEADERS, &claimed), 100), header(0, b""));
}

proptest! {
    #[test]
    fn no_message_is_longer_than_agreed_on_and_each_is_shortened_once(
        headers in proptest::collection::vec((0_usize..7, 0_usize..5000, any::<u8>()), 0..12),
        frame_max in FRAME_MAX_MIN..20_000,
    ) {
        let names = ["traceparent", "kvit-file-name", "x-death", "CC", "a", "", "x-delivery-count"];
        let member = |(name, size, byte): &(_, _, _)| text(names[*name], &vec![*byte; *size]);
        let members: Vec<Vec<u8>> = headers.iter().map(member).collect();
        let next = frame(BODY, b"ok");
        let given = [headed(&members), next.clone()].concat();
        let came = through_at(frame_max, &given, 1000);
        let message = came.strip_suffix(&next[..]).unwrap();
        prop_assert!(message.len() <= frame_max);
        prop_assert!(message.ends_with(b"\x03m-1\xce"), "what follows the headers stays");
        prop_assert!(came == given || given.len() - next.len() > frame_max);
        prop_assert_eq!(through_at(frame_max, &came, 1000), came.clone());
    }

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
