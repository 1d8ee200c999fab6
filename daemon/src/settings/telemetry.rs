//! The section of the settings that is about spans.

use hyper::Uri;
use hyper::http::uri::Scheme;

use super::section::Section;

/// `[telemetry]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telemetry {
    /// The collector that spans go to.
    pub otlp_endpoint: Option<OtlpEndpoint>,
    /// Of a million messages that come without a trace, so many begin one.
    pub sample_ppm: u32,
}

/// Where a collector takes OTLP over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtlpEndpoint {
    /// Host and port.
    pub address: String,
    /// What its paths begin with, without a slash at the end.
    pub path: String,
}

pub(super) fn telemetry(s: &mut Section<'_>) -> Telemetry {
    Telemetry {
        otlp_endpoint: s.optional("otlp_endpoint", endpoint),
        sample_ppm: s.text("sample_ratio", ratio).unwrap_or_default(),
    }
}

fn endpoint(text: &str) -> Result<OtlpEndpoint, String> {
    let wanted = || {
        "must be http://host:port, such as http://127.0.0.1:4318; for a collector elsewhere put \
         one beside the daemon, https is not spoken here"
            .to_owned()
    };
    let uri: Uri = text.parse().map_err(|_| wanted())?;
    let authority = uri.authority().filter(|it| !it.as_str().contains('@') && it.port().is_some());
    match authority {
        Some(address) if uri.scheme() == Some(&Scheme::HTTP) && uri.query().is_none() => {
            let path = uri.path().trim_end_matches('/').to_owned();
            Ok(OtlpEndpoint { address: address.to_string(), path })
        }
        Some(_) | None => Err(wanted()),
    }
}

/// A share in millionths, read digit by digit: settings know no fractions, and are compared.
fn ratio(text: &str) -> Result<u32, String> {
    let wanted = || format!("must be from \"0\" to \"1\", such as \"0.05\", is {text:?}");
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    if !matches!(whole, "0" | "1") || !digits(part) || part.len() > 6 {
        return Err(wanted());
    }
    let part: u32 = format!("{part:0<6}").parse().map_err(|_| wanted())?;
    let ppm = if whole == "1" { 1_000_000 + part } else { part };
    if ppm <= 1_000_000 { Ok(ppm) } else { Err(wanted()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_an_address_in_clear_with_a_port() {
        let read = |text: &str| endpoint(text).ok().map(|it| (it.address, it.path));
        let at = |address: &str, path: &str| Some((address.to_owned(), path.to_owned()));
        assert_eq!(read("http://127.0.0.1:4318"), at("127.0.0.1:4318", ""));
        assert_eq!(read("http://[::1]:4318/otlp/"), at("[::1]:4318", "/otlp"));
        for bad in [
            "https://127.0.0.1:4318",
            "127.0.0.1:4318",
            "http://127.0.0.1",
            "http://me:secret@127.0.0.1:4318",
            "http://127.0.0.1:4318/?a=b",
            "grpc://127.0.0.1:4317",
            "http://",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
        assert!(endpoint("https://a:1").is_err_and(|what| what.contains("http://127.0.0.1:4318")));
    }

    #[test]
    fn a_ratio_is_a_part_of_one() {
        for (text, ppm) in [("0", 0), ("1", 1_000_000), ("0.05", 50_000), ("1.0", 1_000_000)] {
            assert_eq!(ratio(text), Ok(ppm), "{text}");
        }
        for bad in ["", ".5", "1.1", "2", "-1", "0.", "0,5", "1e-3", "0.0000001"] {
            assert!(ratio(bad).is_err(), "{bad:?}");
        }
    }
}
