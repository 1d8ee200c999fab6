//! Reads the payload of a frame from left to right, and mends it on the way.

use super::{Change, DEPTH_MAX};

/// In place of each byte that is no UTF-8: a control character, which no valid name contains.
const SUBSTITUTE: u8 = 0x1a;

/// A big-endian number.
pub(super) fn number(bytes: &[u8]) -> Option<usize> {
    bytes
        .iter()
        .try_fold(0_usize, |number, &byte| Some(number.checked_mul(256)? + usize::from(byte)))
}

/// Reads a payload from left to right. `None`: it is not what it should be.
pub(super) struct Walk<'a> {
    pub(super) bytes: &'a mut [u8],
    pub(super) at: usize,
    is_mended: bool,
}

impl<'a> Walk<'a> {
    pub(super) fn new(bytes: &'a mut [u8], at: usize) -> Self {
        Self { bytes, at, is_mended: false }
    }

    pub(super) fn change(&self) -> Change {
        if self.is_mended { Change::Mended } else { Change::None }
    }

    /// Flags, and the properties they announce, from the highest bit down.
    pub(super) fn properties(&mut self) -> Option<()> {
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

    pub(super) fn value(&mut self, depth: u8) -> Option<()> {
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
    pub(super) fn short(&mut self) -> Option<()> {
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

    pub(super) fn skip(&mut self, count: usize) -> Option<()> {
        let to = self.at.checked_add(count)?;
        self.at = (to <= self.bytes.len()).then_some(to)?;
        Some(())
    }

    pub(super) fn number(&mut self, length: usize) -> Option<usize> {
        let from = self.at;
        self.skip(length)?;
        number(self.bytes.get(from..self.at)?)
    }
}
