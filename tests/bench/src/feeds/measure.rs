//! One reading of a file: seconds, rows, order codes, the peak of memory.

use std::fmt;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::str::FromStr;
use std::time::Instant;

use anyhow::{Context, bail};
use kvit_adapters::feeds::{FileFormat, Reader};
use quick_xml::events::Event;

use crate::generate::Kind;

/// How much is read of a file at once.
const BUFFER_BYTES: usize = 256 << 10;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// The events of an XML document, and nothing made of them.
    Loop,
    /// A reader of ours to the last row, with the order codes of each.
    Read(Kind),
}

/// What was measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    pub(crate) seconds: f64,
    pub(crate) bytes: u64,
    /// Rows, or events of the bare loop.
    pub(crate) rows: u64,
    pub(crate) codes: u64,
    /// Bytes.
    pub(crate) peak: u64,
}

impl Work {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Loop => "loop",
            Self::Read(kind) => kind.name(),
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        let all = Kind::ALL.into_iter().map(Self::Read).chain([Self::Loop]);
        all.into_iter().find(|work| work.name() == name)
    }

    pub(crate) fn measure(self, path: &Path) -> anyhow::Result<Measured> {
        let file = File::open(path).with_context(|| path.display().to_string())?;
        let bytes = file.metadata()?.len();
        let source = BufReader::with_capacity(BUFFER_BYTES, file);
        let began = Instant::now();
        let (rows, codes) = match self {
            Self::Loop => (events(source)?, 0),
            Self::Read(kind) => read(kind, source)?,
        };
        let seconds = began.elapsed().as_secs_f64();
        Ok(Measured { seconds, bytes, rows, codes, peak: peak()? })
    }
}

fn events(source: BufReader<File>) -> anyhow::Result<u64> {
    let mut xml = quick_xml::Reader::from_reader(source);
    let (mut buffer, mut events) = (Vec::new(), 0);
    loop {
        buffer.clear();
        if matches!(xml.read_event_into(&mut buffer)?, Event::Eof) {
            return Ok(events);
        }
        events += 1;
    }
}

fn read(kind: Kind, source: BufReader<File>) -> anyhow::Result<(u64, u64)> {
    let format: FileFormat = kind.name().parse()?;
    let options =
        kvit_adapters::feeds::Options { file_name: Some(kind.file_name()), ..Default::default() };
    let mut reader = Reader::open(format, source, &options)?;
    let (mut rows, mut codes) = (0, 0);
    for row in reader.by_ref() {
        rows += 1;
        codes += row??.order_codes().len() as u64;
    }
    if let Some(finding) = reader.findings().first() {
        bail!("the file was read wrong: {finding}");
    }
    Ok((rows, codes))
}

fn peak() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_ascii_whitespace().next()).context("no VmHWM")?;
    Ok(kib.parse::<u64>()? * 1024)
}

impl Measured {
    pub(crate) fn megabytes_per_second(&self) -> f64 {
        self.bytes as f64 / 1e6 / self.seconds
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seconds, bytes, rows, codes, peak } = self;
        write!(out, "{seconds} {bytes} {rows} {codes} {peak}")
    }
}

impl FromStr for Measured {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let mut fields = text.split(' ');
        let mut next = || fields.next().context("a reading told too little");
        Ok(Self {
            seconds: next()?.parse()?,
            bytes: next()?.parse()?,
            rows: next()?.parse()?,
            codes: next()?.parse()?,
            peak: next()?.parse()?,
        })
    }
}
