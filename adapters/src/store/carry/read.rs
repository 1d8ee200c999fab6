//! Reading an export, line by line, believing none of them.

use std::io::{BufRead, Read};

use kvit_schemas::hex;
use sha2::{Digest, Sha256};

use super::error::{CarryError, Fault};
use super::line::{self, Header, LINE_BYTES_MAX, Open, Section, Sums};
use crate::store::{KeyValue, keys};

/// Rows between two calls of the progress function.
const PROGRESS_ROWS: u64 = 1_000;
/// Longest first line: what is no export need not be read far.
const HEADER_BYTES_MAX: usize = 4_096;

/// Reads a whole export and changes nothing. `progress` is told now and then how many rows were
/// seen.
///
/// # Errors
/// The first line that is not as it must be.
pub fn check(input: impl BufRead, mut progress: impl FnMut(u64)) -> Result<Sums, CarryError> {
    let mut lines = Lines::open(input)?;
    while lines.next_row()?.is_some() {
        if lines.rows().is_multiple_of(PROGRESS_ROWS) {
            progress(lines.rows());
        }
    }
    lines.sums()
}

/// Lines on their way in.
pub(super) struct Lines<R> {
    input: R,
    number: u64,
    header: Header,
    all: Sha256,
    /// The same at the last row.
    at_row: Sha256,
    open: Option<Open>,
    /// Of the last section.
    letter: Option<u8>,
    sections: Vec<Section>,
    last_key: Vec<u8>,
    rows: u64,
    ended: bool,
}

impl<R: BufRead> Lines<R> {
    /// Reads the header.
    pub(super) fn open(mut input: R) -> Result<Self, CarryError> {
        let at_first = |fault| CarryError::Line { line: 1, fault };
        let first = line(&mut input, 1)?.ok_or_else(|| at_first(Fault::Foreign))?;
        let header = line::read_header(&first).map_err(at_first)?;
        let all = Sha256::new().chain_update(first.as_bytes());
        Ok(Self {
            input,
            number: 1,
            header,
            at_row: all.clone(),
            all,
            open: None,
            letter: None,
            sections: Vec::new(),
            last_key: Vec::new(),
            rows: 0,
            ended: false,
        })
    }

    pub(super) fn header(&self) -> &Header {
        &self.header
    }

    /// The line that was read last.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Rows so far.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// SHA-256 of all lines up to the last row.
    pub(super) fn digest(&self) -> [u8; 32] {
        self.at_row.clone().finalize().into()
    }

    /// The next row; `None` after the last line, when all sums were right.
    pub(super) fn next_row(&mut self) -> Result<Option<KeyValue>, CarryError> {
        while !self.ended {
            self.number += 1;
            let text = line(&mut self.input, self.number)?;
            let row = text.ok_or(Fault::Short).and_then(|text| self.take(&text));
            let row = row.map_err(|fault| CarryError::Line { line: self.number, fault })?;
            if row.is_some() {
                return Ok(row);
            }
        }
        Ok(None)
    }

    /// What was read, once it was read to its end.
    pub(super) fn sums(self) -> Result<Sums, CarryError> {
        if !self.ended {
            return Err(CarryError::Line { line: self.number, fault: Fault::Short });
        }
        // The last line is not among those it sums up.
        let sha256 = hex::encode(&self.all.finalize());
        Ok(Sums { header: self.header, sections: self.sections, rows: self.rows, sha256 })
    }

    fn take(&mut self, text: &str) -> Result<Option<KeyValue>, Fault> {
        if let Some(rest) = text.strip_prefix("section ") {
            self.begin(text, rest)?;
        } else if text.starts_with("end ") {
            self.end(text)?;
        } else if text.starts_with("total ") {
            return self.total(text).map(|()| None);
        } else {
            let row = self.row(text)?;
            self.all.update(text.as_bytes());
            self.at_row = self.all.clone();
            return Ok(Some(row));
        }
        self.all.update(text.as_bytes());
        Ok(None)
    }

    fn begin(&mut self, text: &str, rest: &str) -> Result<(), Fault> {
        if self.open.is_some() {
            return Err(Fault::Unexpected("a section begins within another"));
        }
        let unknown = || Fault::Table(rest.trim_end().chars().take(40).collect());
        let letter = rest.bytes().next().ok_or_else(unknown)?;
        let open = Open::new(letter, keys::table(letter).ok_or_else(unknown)?);
        if line::begin(&open) != text {
            return Err(unknown());
        }
        if self.letter.is_some_and(|before| before >= letter) {
            return Err(Fault::Order);
        }
        self.letter = Some(letter);
        self.open = Some(open);
        Ok(())
    }

    fn row(&mut self, text: &str) -> Result<KeyValue, Fault> {
        let open = self.open.as_mut().ok_or(Fault::Unexpected("a line outside of any section"))?;
        let (key, value) = open.read(text)?;
        if self.last_key >= key {
            return Err(Fault::Order);
        }
        self.last_key.clone_from(&key);
        self.rows += 1;
        Ok((key, value))
    }

    fn end(&mut self, text: &str) -> Result<(), Fault> {
        let open = self.open.take().ok_or(Fault::Unexpected("a section ends that never began"))?;
        let letter = open.letter;
        let section = open.close();
        if line::end(letter, &section) != text {
            return Err(Fault::Sum("number or hash of the section's rows"));
        }
        self.sections.push(section);
        Ok(())
    }

    fn total(&mut self, text: &str) -> Result<(), Fault> {
        if self.open.is_some() {
            return Err(Fault::Unexpected("the export ends within a section"));
        }
        let sums = Sums {
            header: self.header.clone(),
            sections: std::mem::take(&mut self.sections),
            rows: self.rows,
            sha256: hex::encode(&self.all.clone().finalize()),
        };
        let agrees = line::total(&sums) == text;
        self.sections = sums.sections;
        if !agrees {
            return Err(Fault::Sum("number or hash of all lines"));
        }
        match self.input.fill_buf() {
            Ok([]) => self.ended = true,
            Ok(_) | Err(_) => return Err(Fault::Trailing),
        }
        Ok(())
    }
}

/// A line with its line feed, or what there is of the last; `None` at the end.
fn line(input: &mut impl BufRead, number: u64) -> Result<Option<String>, CarryError> {
    let fault = |fault| CarryError::Line { line: number, fault };
    let mut bytes = Vec::new();
    let longest = if number == 1 { HEADER_BYTES_MAX } else { LINE_BYTES_MAX };
    let most = u64::try_from(longest + 1).unwrap_or(u64::MAX);
    input.by_ref().take(most).read_until(b'\n', &mut bytes).map_err(CarryError::Read)?;
    if bytes.len() > longest {
        return Err(fault(if number == 1 { Fault::Foreign } else { Fault::Long }));
    }
    if bytes.is_empty() {
        return Ok(None);
    }
    let foreign = if number == 1 { Fault::Foreign } else { Fault::Checksum };
    String::from_utf8(bytes).map(Some).map_err(|_| fault(foreign))
}
