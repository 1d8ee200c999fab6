//! Makes readable to the library what the broker lets through and the library cannot read.
//!
//! AMQP's short strings are UTF-8 by convention only: the broker checks none, and the library
//! gives the whole connection up at the first that is not. Tables may be nested as deep as a
//! frame is long, and the library reads them by recursion, until its stack and with it the process
//! is at an end. Any sender could stop all queues with one message. So frames are looked at on
//! their way in, and what would do harm is replaced in place, byte for byte: no length changes.

/// In place of each byte that is no UTF-8: a control character, which no valid name contains.
const SUBSTITUTE: u8 = 0x1a;
/// Tables and lists in a header are read to this depth; deeper ones become opaque bytes.
const DEPTH_MAX: u8 = 8;
/// A frame that claims to be larger is none that was agreed on: the library will say so.
const FRAME_BYTES_MAX: usize = 16 << 20;

const METHOD: u8 = 1;
const HEADER: u8 = 2;
const BODY: u8 = 3;
const HEARTBEAT: u8 = 8;
/// Type, channel, size.
const HEAD: usize = 7;
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
}

impl Default for Mender {
    fn default() -> Self {
        Self::new()
    }
}

impl Mender {
    /// At the beginning of a connection.
    pub fn new() -> Self {
        Self { buffer: vec![0; 64 << 10], taken: 0, judged: 0, end: 0, is_lost: false }
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
        let change = match kind {
            METHOD => mend_method(payload),
            HEADER => mend_header(payload),
            _ => Change::None,
        };
        let size = match change {
            Change::None => size,
            Change::Mended => {
                tracing::debug!("properties of a message were not readable, and are mended");
                size
            }
            Change::Unreadable => {
                tracing::warn!("a message has properties that cannot be read; they are left out");
                self.strip(size);
                BARE_CONTENT
            }
        };
        self.judged += HEAD + size + 1;
        Some(())
    }

    /// Leaves only class and size of the body of a header frame, and no properties.
    fn strip(&mut self, size: usize) {
        let payload = self.judged + HEAD;
        let (kept, tail) = (payload + BARE_CONTENT, payload + size);
        if let Some(flags) = self.buffer.get_mut(kept - 2..kept) {
            flags.fill(0);
        }
        if let Some(length) = self.buffer.get_mut(payload - 4..payload) {
            length.copy_from_slice(&[0, 0, 0, 14]);
        }
        self.buffer.copy_within(tail..self.end, kept);
        self.end -= size - BARE_CONTENT;
    }
}

/// `basic.deliver` carries names that the sender chose: exchange and routing key.
fn mend_method(payload: &mut [u8]) -> Change {
    const DELIVER: [u8; 4] = [0, 60, 0, 60];
    if !payload.starts_with(&DELIVER) {
        return Change::None;
    }
    let mut walk = Walk::new(payload, DELIVER.len());
    let read = walk.short().and_then(|()| walk.skip(9)).and_then(|()| walk.short());
    let _ = read.and_then(|()| walk.short());
    walk.change()
}

fn mend_header(payload: &mut [u8]) -> Change {
    if !payload.starts_with(&[0, 60]) || payload.len() < BARE_CONTENT {
        return Change::None;
    }
    let mut walk = Walk::new(payload, BARE_CONTENT - 2);
    match walk.properties() {
        Some(()) if walk.at == walk.bytes.len() => walk.change(),
        Some(()) | None => Change::Unreadable,
    }
}

/// A big-endian number.
fn number(bytes: &[u8]) -> Option<usize> {
    bytes
        .iter()
        .try_fold(0_usize, |number, &byte| Some(number.checked_mul(256)? + usize::from(byte)))
}

/// Reads a payload from left to right. `None`: it is not what it should be.
struct Walk<'a> {
    bytes: &'a mut [u8],
    at: usize,
    is_mended: bool,
}

impl<'a> Walk<'a> {
    fn new(bytes: &'a mut [u8], at: usize) -> Self {
        Self { bytes, at, is_mended: false }
    }

    fn change(&self) -> Change {
        if self.is_mended { Change::Mended } else { Change::None }
    }

    /// Flags, and the properties they announce, from the highest bit down.
    fn properties(&mut self) -> Option<()> {
        let flags = self.number(2)?;
        for bit in (0..16).rev().filter(|bit| flags & (1 << bit) != 0) {
            match bit {
                // Content type and encoding, correlation, answer to, expiry, message id, type,
                // user, application, cluster.
                15 | 14 | 10 | 9 | 8 | 7 | 5 | 4 | 3 | 2 => self.short()?,
                13 => self.members(DEPTH_MAX, true)?,
                // Delivery mode and priority.
                12 | 11 => self.skip(1)?,
                // Time.
                6 => self.skip(8)?,
                _ => return None,
            }
        }
        Some(())
    }

    /// A table, or a list, which is a table without names.
    fn members(&mut self, depth: u8, are_named: bool) -> Option<()> {
        let end = self.number(4)?.checked_add(self.at)?;
        if end > self.bytes.len() {
            return None;
        }
        while self.at < end {
            if are_named {
                self.short()?;
            }
            self.value(depth)?;
        }
        (self.at == end).then_some(())
    }

    fn value(&mut self, depth: u8) -> Option<()> {
        let kind = self.at;
        match char::from(u8::try_from(self.number(1)?).ok()?) {
            't' | 'b' | 'B' => self.skip(1),
            's' | 'U' | 'u' => self.skip(2),
            'I' | 'i' | 'f' => self.skip(4),
            'l' | 'L' | 'd' | 'T' => self.skip(8),
            'D' => self.skip(5),
            'V' => Some(()),
            'S' | 'x' => self.long(),
            'A' | 'F' if depth == 0 => {
                *self.bytes.get_mut(kind)? = b'x';
                self.is_mended = true;
                self.long()
            }
            'A' => self.members(depth - 1, false),
            'F' => self.members(depth - 1, true),
            _ => None,
        }
    }

    /// A short string, made UTF-8.
    fn short(&mut self) -> Option<()> {
        let length = self.number(1)?;
        let text = self.bytes.get_mut(self.at..self.at + length)?;
        while let Err(error) = str::from_utf8(text) {
            let from = error.valid_up_to();
            let to = error.error_len().map_or(text.len(), |bad| from + bad);
            text.get_mut(from..to)?.fill(SUBSTITUTE);
            self.is_mended = true;
        }
        self.at += length;
        Some(())
    }

    /// Bytes with their length before them.
    fn long(&mut self) -> Option<()> {
        let length = self.number(4)?;
        self.skip(length)
    }

    fn skip(&mut self, count: usize) -> Option<()> {
        let to = self.at.checked_add(count)?;
        self.at = (to <= self.bytes.len()).then_some(to)?;
        Some(())
    }

    fn number(&mut self, length: usize) -> Option<usize> {
        let from = self.at;
        self.skip(length)?;
        number(self.bytes.get(from..self.at)?)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests;
