//! W3C trace context: read from what comes in, continued by what it causes, shown in the log.

use std::fmt;
use std::str::FromStr;

use kvit_schemas::hex;
use sha2::{Digest, Sha256};
use tracing::span::EnteredSpan;

/// The header, in AMQP as in HTTP.
pub const HEADER: &str = "traceparent";
/// Bytes of the fields that every version has.
const LENGTH: usize = 55;

/// A trace, and the step of it that caused what is done now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceContext {
    trace_id: [u8; 16],
    span_id: [u8; 8],
    /// Somebody records this trace.
    sampled: bool,
}

/// The text is no trace context; it is then as if there were none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no W3C trace context")]
pub struct TraceError;

impl TraceContext {
    /// The step that `what` is in the same trace: the same each time it is asked for, so that a
    /// message that is sent again is the same step.
    pub fn child(&self, what: &str) -> Self {
        let mut digest = Sha256::new();
        digest.update(self.trace_id);
        digest.update(what);
        let hash: [u8; 32] = digest.finalize().into();
        let mut span_id = [0; 8];
        span_id.copy_from_slice(&hash[..8]);
        // All zeros would mean that there is none.
        span_id[7] |= u8::from(span_id == [0; 8]);
        Self { span_id, ..*self }
    }

    /// A trace of its own for what came without one, by what tells it from others.
    pub(crate) fn root(of: &[&str]) -> Self {
        let mut digest = Sha256::new();
        for part in of {
            digest.update(part);
            digest.update([0]);
        }
        let hash: [u8; 32] = digest.finalize().into();
        let (mut trace_id, span_id) = ([0; 16], [0; 8]);
        trace_id.copy_from_slice(&hash[..16]);
        trace_id[15] |= u8::from(trace_id == [0; 16]);
        Self { trace_id, span_id, sampled: true }.child("root")
    }

    /// True when somebody records this trace.
    pub(crate) fn is_sampled(&self) -> bool {
        self.sampled
    }

    /// The trace's lot when only some are recorded: evenly from 0 to 999999.
    pub(crate) fn lot(&self) -> u32 {
        let [a, b, c, d, ..] = self.trace_id;
        u32::from_be_bytes([a, b, c, d]) % 1_000_000
    }

    /// The step, as collectors write it.
    pub(crate) fn span_id(&self) -> String {
        hex::encode(&self.span_id)
    }

    /// The trace, as logs and collectors write it.
    pub fn trace_id(&self) -> String {
        hex::encode(&self.trace_id)
    }

    /// Everything logged until the guard is dropped carries the trace.
    pub(crate) fn entered(&self) -> EnteredSpan {
        tracing::info_span!("message", trace_id = self.trace_id()).entered()
    }
}

impl FromStr for TraceContext {
    type Err = TraceError;

    fn from_str(text: &str) -> Result<Self, TraceError> {
        let (fields, rest) = text.split_at_checked(LENGTH).ok_or(TraceError)?;
        let mut fields = fields.split('-');
        let mut field = || fields.next().ok_or(TraceError);
        let (version, trace, span, flags) = (field()?, field()?, field()?, field()?);
        let [version] = bytes(version)?;
        // Later versions may add fields; the first one has none more.
        let fits = match version {
            0 => rest.is_empty(),
            255 => false,
            _ => rest.is_empty() || rest.starts_with('-'),
        };
        let (trace_id, span_id, [flags]) = (bytes(trace)?, bytes(span)?, bytes(flags)?);
        if !fits || trace_id == [0; 16] || span_id == [0; 8] {
            return Err(TraceError);
        }
        Ok(Self { trace_id, span_id, sampled: flags & 1 == 1 })
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (trace, span) = (self.trace_id(), hex::encode(&self.span_id));
        write!(out, "00-{trace}-{span}-{:02x}", u8::from(self.sampled))
    }
}

/// Exactly so many bytes in lower-case hexadecimal.
fn bytes<const N: usize>(text: &str) -> Result<[u8; N], TraceError> {
    let digit = |byte: &u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let digits: Option<Vec<u8>> = text.as_bytes().iter().map(digit).collect();
    let digits = digits.ok_or(TraceError)?;
    let (pairs, rest) = digits.as_chunks::<2>();
    let bytes: Vec<u8> = pairs.iter().map(|[high, low]| high << 4 | low).collect();
    if rest.is_empty() { bytes.try_into().map_err(|_| TraceError) } else { Err(TraceError) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_context_is_read_as_the_standard_says_and_a_bad_one_is_none() {
        let read = |text: &str| text.parse::<TraceContext>().is_ok();
        assert_eq!(GOOD.parse::<TraceContext>().unwrap().to_string(), GOOD);
        assert!(read("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more"));
        for bad in [
            "",
            "00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01x",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-600f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7é-1",
        ] {
            assert!(!read(bad), "{bad:?}");
        }
    }

    #[test]
    fn what_a_message_causes_is_a_step_of_its_own_in_the_same_trace() {
        let cause: TraceContext = GOOD.parse().unwrap();
        let (one, two) = (cause.child("kvit-1"), cause.child("kvit-2"));
        assert_eq!(one.trace_id(), cause.trace_id());
        assert_eq!(one, cause.child("kvit-1"), "sent again it is the same step");
        assert!(one != two && one != cause);
        assert_eq!(one.to_string().parse(), Ok(one));
        let unsampled: TraceContext = GOOD.replace("-01", "-00").parse().unwrap();
        assert!(unsampled.child("kvit-1").to_string().ends_with("-00"));
    }
}
