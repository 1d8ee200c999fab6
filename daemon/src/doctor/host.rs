//! The machine around kvit: clock, certificates, listeners.

use std::net::TcpListener;

use kvit_adapters::clock::Clock;
use kvit_schemas::Moment;

use super::Finding;
use crate::service::{CertificateFile, certificates};
use crate::settings::Settings;

/// Nobody runs this version before, or long after, it was made: 2025 to 2100.
const YEARS: (i64, i64) = (1_735_689_600, 4_102_444_800);
/// A certificate that ends sooner should be on its way to being renewed.
const RENEW_SECONDS: i64 = 14 * 86_400;
/// Clocks may differ by this.
const DRIFT_SECONDS: i64 = 5;

pub(super) fn look(settings: &Settings, running: bool) -> Vec<Finding> {
    let now = Clock::System.now();
    let mut findings = clock(now);
    findings.extend(certificates(settings).iter().filter_map(|it| certificate(it, now)));
    if !running {
        findings.extend(listener(settings));
    }
    findings
}

/// The clock by itself.
pub(super) fn clock(now: Moment) -> Vec<Finding> {
    let year = now.seconds();
    if (YEARS.0..YEARS.1).contains(&year) {
        return Vec::new();
    }
    let what = format!("says {now}, which cannot be");
    vec![Finding::error("the clock", what).cure("timedatectl set-ntp true")]
}

/// The clock against another one.
pub(super) fn drift(now: Moment, theirs: Moment, whose: &str) -> Option<Finding> {
    let seconds = now.seconds().saturating_sub(theirs.seconds());
    if seconds.saturating_abs() <= DRIFT_SECONDS {
        return None;
    }
    let what = match seconds {
        1.. => format!("is {seconds} s ahead of {whose}"),
        _ => format!("is {} s behind {whose}", seconds.saturating_abs()),
    };
    Some(
        Finding::warning("the clock", what)
            .cure("have both follow a time server: timedatectl set-ntp true"),
    )
}

pub(super) fn certificate(file: &CertificateFile, now: Moment) -> Option<Finding> {
    let path = file.path.display();
    let renew =
        format!("put a new certificate into {path}; it is used from the next connection on");
    let expires = match &file.expires {
        Ok(expires) => *expires,
        Err(error) => return Some(Finding::error(file.key, error.to_string()).cure(renew)),
    };
    let left = expires.seconds().saturating_sub(now.seconds());
    let day = expires.day();
    if left <= 0 {
        return Some(Finding::error(file.key, format!("{path} expired on {day}")).cure(renew));
    }
    (left <= RENEW_SECONDS).then(|| {
        let what = format!("{path} expires on {day}, in {} days", left / 86_400);
        Finding::warning(file.key, what).cure(renew)
    })
}

fn listener(settings: &Settings) -> Option<Finding> {
    let address = settings.health.listen?;
    let error = TcpListener::bind(address).err()?;
    let cure = format!("ss -ltnp 'sport = :{}' shows who has it; else set another", address.port());
    Some(Finding::error("health.listen", format!("{address} cannot be had: {error}")).cure(cure))
}
