//! UTF-16 as UTF-8, before the reader of a text format sees it: office programs write "Unicode
//! text" so. Places in such a file are those of its text as UTF-8.

use std::io::{self, BufRead, Chain, Cursor, ErrorKind, Read};

use encoding_rs::{Decoder, Encoding, UTF_16BE, UTF_16LE};

/// Told to the reader behind: what follows is UTF-8.
const UTF8_MARK: &[u8] = &[0xef, 0xbb, 0xbf];

/// How many bytes tell.
const BEGINNING: usize = 2;

/// The most bytes that are decoded at once.
const CHUNK_BYTES: usize = 64 << 10;

/// A source, and the bytes that were taken of it to look at.
type Whole<R> = Chain<Cursor<Vec<u8>>, R>;

/// A source without UTF-16.
pub(super) enum Utf8<R> {
    AsItIs(Whole<R>),
    Made(Box<Made<R>>),
}

/// What is made UTF-8.
pub(super) struct Made<R> {
    source: Whole<R>,
    decoder: Decoder,
    text: Vec<u8>,
    used: usize,
    at_end: bool,
}

/// The character set of what begins so, if it is UTF-16: by its mark or, since all formats begin
/// with ASCII, by the zero beside the first letter.
fn utf16(beginning: &[u8]) -> Option<&'static Encoding> {
    match beginning {
        [0xff, 0xfe, ..] | [b'\t'..=b'~', 0, ..] => Some(UTF_16LE),
        [0xfe, 0xff, ..] | [0, b'\t'..=b'~', ..] => Some(UTF_16BE),
        _ => None,
    }
}

/// The beginning of a file in UTF-8, if it is in UTF-16.
pub(super) fn sample(bytes: &[u8]) -> Option<Vec<u8>> {
    let (text, _) = utf16(bytes)?.decode_with_bom_removal(bytes);
    Some([UTF8_MARK, text.as_bytes()].concat())
}

impl<R: BufRead> Utf8<R> {
    pub(super) fn new(mut source: R) -> io::Result<Self> {
        let mut beginning = Vec::new();
        while beginning.len() < BEGINNING {
            match source.fill_buf() {
                Ok([]) => break,
                Ok([first, ..]) => beginning.push(*first),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            source.consume(1);
        }
        let charset = utf16(&beginning);
        let source = Cursor::new(beginning).chain(source);
        Ok(match charset {
            None => Self::AsItIs(source),
            Some(charset) => Self::Made(Box::new(Made {
                source,
                decoder: charset.new_decoder_with_bom_removal(),
                text: UTF8_MARK.to_vec(),
                used: 0,
                at_end: false,
            })),
        })
    }

    /// The name of the character set, if it is UTF-16.
    pub(super) fn charset(&self) -> Option<&'static str> {
        let Self::Made(made) = self else { return None };
        Some(if made.decoder.encoding() == UTF_16LE { "utf-16le" } else { "utf-16be" })
    }
}

impl<R: BufRead> Made<R> {
    fn fill(&mut self) -> io::Result<&[u8]> {
        while self.used == self.text.len() && !self.at_end {
            let bytes = self.source.fill_buf()?;
            let bytes = &bytes[..bytes.len().min(CHUNK_BYTES)];
            self.at_end = bytes.is_empty();
            let room = self.decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(0);
            self.text.resize(room, 0);
            let (_, read, written, _) =
                self.decoder.decode_to_utf8(bytes, &mut self.text, self.at_end);
            self.text.truncate(written);
            self.used = 0;
            self.source.consume(read);
        }
        Ok(&self.text[self.used..])
    }
}

impl<R: BufRead> Read for Utf8<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(out)?;
        self.consume(count);
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Utf8<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match self {
            Self::AsItIs(source) => source.fill_buf(),
            Self::Made(made) => made.fill(),
        }
    }

    fn consume(&mut self, count: usize) {
        match self {
            Self::AsItIs(source) => source.consume(count),
            Self::Made(made) => made.used += count,
        }
    }
}
