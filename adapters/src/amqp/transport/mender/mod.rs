//! Makes readable to the library what the broker lets through and the library cannot read.
//!
//! AMQP's short strings are UTF-8 by convention only: the broker checks none, and the library
//! gives the whole connection up at the first that is not. Tables may be nested as deep as a
//! frame is long, and the library reads them by recursion, until its stack and with it the process
//! is at an end. Properties may be as long as a frame; when the message comes again or is given up,
//! the broker adds to them, and the library gives the connection up at a frame longer than agreed.
//! Any sender could stop all queues with one message. So frames are looked at on their way in: what
//! would do harm is replaced in place, byte for byte, and what is too long is shortened.

use shorten::shorten;
use walk::{Walk, number};

mod shorten;
mod walk;

/// Tables and lists in a header are read to this depth; deeper ones become opaque bytes.
const DEPTH_MAX: u8 = 8;
/// A frame that claims to be larger is none that was agreed on: the library will say so.
const FRAME_BYTES_MAX: usize = 16 << 20;
/// Less is never agreed on, whatever the broker says.
const FRAME_MAX_MIN: usize = 4096;

const METHOD: u8 = 1;
const HEADER: u8 = 2;
const BODY: u8 = 3;
const HEARTBEAT: u8 = 8;
/// Type, channel, size.
const HEAD: usize = 7;
/// Those, and the mark of its end.
const AROUND: usize = HEAD + 1;
/// Class, weight, size of the body, flags.
const BARE_CONTENT: usize = 14;

/// What was done to a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    None,
    Mended,
    /// Its properties cannot be read at all.
    Unreadable,
}

impl Change {
    fn tell(self) {
        match self {
            Self::None => {}
            Self::Mended => {
                tracing::debug!("properties of a message were not readable, and are mended");
            }
            Self::Unreadable => {
                tracing::warn!("a message has properties that cannot be read; they are left out");
            }
        }
    }
}

/// The bytes of a connection on their way in. Holds each frame back until it is whole.
#[derive(Debug)]
pub struct Mender {
    buffer: Vec<u8>,
    /// Taken by the library up to here,
    taken: usize,
    /// looked at up to here,
    judged: usize,
    /// received up to here.
    end: usize,
    /// No frames any more: everything goes through as it is.
    is_lost: bool,
    /// The library gives up the connection at a frame of more bytes.
    frame_max: usize,
}

impl Mender {
    /// At the beginning of a connection on which frames of at most so many bytes are asked for; 0
    /// leaves it to the broker.
    pub fn new(frame_max: u32) -> Self {
        let frame_max = usize::try_from(frame_max).ok().filter(|&asked| asked > 0);
        Self {
            buffer: vec![0; 64 << 10],
            taken: 0,
            judged: 0,
            end: 0,
            is_lost: false,
            frame_max: frame_max.unwrap_or(usize::MAX),
        }
    }

    /// Room for more bytes of the socket.
    pub fn room(&mut self) -> &mut [u8] {
        if self.taken > 0 {
            self.buffer.copy_within(self.taken..self.end, 0);
            self.judged -= self.taken;
            self.end -= self.taken;
            self.taken = 0;
        }
        if self.buffer.len() - self.end < self.buffer.len() / 4 {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        self.buffer.get_mut(self.end..).unwrap_or_default()
    }

    /// So many bytes were put into the room.
    pub fn received(&mut self, count: usize) {
        self.end = (self.end + count).min(self.buffer.len());
        while !self.is_lost && self.judge().is_some() {}
        if self.is_lost {
            self.judged = self.end;
        }
    }

    /// Gives what may be passed on.
    pub fn take(&mut self, into: &mut [u8]) -> usize {
        let count = into.len().min(self.judged - self.taken);
        let from = self.buffer.get(self.taken..self.taken + count);
        if let (Some(into), Some(from)) = (into.get_mut(..count), from) {
            into.copy_from_slice(from);
            self.taken += count;
        }
        count
    }

    /// Looks at the next frame, if it is whole.
    fn judge(&mut self) -> Option<()> {
        let received = self.buffer.get_mut(self.judged..self.end)?;
        let kind = *received.first()?;
        let head = received.get(..HEAD);
        let size = head.and_then(|head| number(head.get(3..)?));
        if !matches!(kind, METHOD | HEADER | BODY | HEARTBEAT)
            || size.is_some_and(|size| size > FRAME_BYTES_MAX)
        {
            self.is_lost = true;
            return None;
        }
        let size = size?;
        let payload = received.get_mut(HEAD..HEAD + size + 1)?.get_mut(..size)?;
        let instead = match kind {
            METHOD => {
                if let Some(agreed) = tuned(payload) {
                    self.frame_max = self.frame_max.min(agreed);
                }
                mend_method(payload);
                None
            }
            HEADER => mend_header(payload, self.frame_max.saturating_sub(AROUND)),
            _ => None,
        };
        if let Some(instead) = &instead {
            self.replace(size, instead);
        }
        self.judged += AROUND + instead.map_or(size, |instead| instead.len());
        Some(())
    }

    /// Puts a shorter payload in place of the one of this size.
    fn replace(&mut self, size: usize, instead: &[u8]) {
        let payload = self.judged + HEAD;
        let (kept, tail) = (payload + instead.len(), payload + size);
        let length = u32::try_from(instead.len()).unwrap_or(u32::MAX).to_be_bytes();
        if let Some(place) = self.buffer.get_mut(payload - length.len()..kept) {
            let (before, after) = place.split_at_mut(length.len());
            before.copy_from_slice(&length);
            after.copy_from_slice(instead);
        }
        self.buffer.copy_within(tail..self.end, kept);
        self.end -= tail - kept;
    }
}

/// `connection.tune` says how long frames may be; 0 is no limit.
fn tuned(payload: &[u8]) -> Option<usize> {
    const TUNE: [u8; 4] = [0, 10, 0, 30];
    let frame_max = number(payload.strip_prefix(&TUNE)?.get(2..6)?)?;
    (frame_max > 0).then(|| frame_max.max(FRAME_MAX_MIN))
}

/// `basic.deliver` carries names that the sender chose: exchange and routing key.
fn mend_method(payload: &mut [u8]) {
    const DELIVER: [u8; 4] = [0, 60, 0, 60];
    if !payload.starts_with(&DELIVER) {
        return;
    }
    let mut walk = Walk::new(payload, DELIVER.len());
    let read = walk.short().and_then(|()| walk.skip(9)).and_then(|()| walk.short());
    let _ = read.and_then(|()| walk.short());
    walk.change().tell();
}

/// Mends the properties in place. Gives what is to stand there instead where that is not enough:
/// where they cannot be read, or the payload has more than `most` bytes.
fn mend_header(payload: &mut [u8], most: usize) -> Option<Vec<u8>> {
    if !payload.starts_with(&[0, 60]) || payload.len() < BARE_CONTENT {
        return None;
    }
    let mut walk = Walk::new(payload, BARE_CONTENT - 2);
    let change = match walk.properties() {
        Some(()) if walk.at == walk.bytes.len() => walk.change(),
        Some(()) | None => Change::Unreadable,
    };
    change.tell();
    match change {
        Change::None | Change::Mended if payload.len() <= most => None,
        Change::None | Change::Mended => shorten(payload, most).or_else(|| bare(payload)),
        Change::Unreadable => bare(payload),
    }
}

/// Only class and size of the body, and no properties.
fn bare(payload: &[u8]) -> Option<Vec<u8>> {
    let kept = payload.get(..BARE_CONTENT - 2)?;
    Some([kept, &[0, 0]].concat())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests;
