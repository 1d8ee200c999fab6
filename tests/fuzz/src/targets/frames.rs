//! The bytes of a connection to the broker, which any sender has a part in.

use kvit_adapters::amqp::Mender;

/// What comes out does not depend on how the bytes arrive, is never more than went in, and is in
/// order: mended once more it stays as it is.
pub(super) fn run(input: &[u8]) {
    let whole = through(input, 64 << 10);
    assert!(through(input, 7) == whole, "it depends on how the bytes arrive");
    assert!(whole.len() <= input.len(), "{} bytes of {}", whole.len(), input.len());
    assert!(through(&whole, 64 << 10) == whole, "what was mended needs mending");
}

fn through(bytes: &[u8], step: usize) -> Vec<u8> {
    let mut mender = Mender::new(0);
    let mut out = Vec::new();
    for piece in bytes.chunks(step) {
        let mut rest = piece;
        while !rest.is_empty() {
            let room = mender.room();
            let (now, later) = rest.split_at(rest.len().min(room.len()));
            assert!(!now.is_empty(), "no room for more bytes");
            room.iter_mut().zip(now).for_each(|(to, from)| *to = *from);
            mender.received(now.len());
            rest = later;
        }
        let mut taken = [0; 100];
        loop {
            let count = mender.take(&mut taken);
            if count == 0 {
                break;
            }
            out.extend_from_slice(taken.get(..count).unwrap_or_default());
        }
    }
    out
}
