//! What needs neither broker nor disk: clocks, certificates, file systems.

use std::path::{Path, PathBuf};

use expect_test::expect;
use kvit_adapters::tls::TlsError;
use kvit_schemas::Moment;

use super::{Finding, disk, host};
use crate::service::CertificateFile;

fn at(text: &str) -> Moment {
    text.parse().unwrap()
}

fn told(findings: impl IntoIterator<Item = Finding>) -> String {
    findings.into_iter().map(|finding| finding.to_string()).collect::<Vec<_>>().join("\n")
}

#[test]
fn clocks_that_cannot_be_right_are_named() {
    let now = at("2026-03-05T10:15:00+03:00");
    let mut findings = host::clock(now);
    findings.extend(host::clock(at("1970-01-01T03:00:10+03:00")));
    for (theirs, whose) in [(3, "a clock"), (-60, "the broker's"), (60, "the store's disk")] {
        findings.extend(host::drift(now, now.plus_seconds(theirs), whose));
    }
    expect![[r#"
        error: the clock: says 1970-01-01T03:00:10+03:00, which cannot be
            do: timedatectl set-ntp true
        warning: the clock: is 60 s ahead of the broker's
            do: have both follow a time server: timedatectl set-ntp true
        warning: the clock: is 60 s behind the store's disk
            do: have both follow a time server: timedatectl set-ntp true"#]]
    .assert_eq(&told(findings));
}

#[test]
fn certificates_are_named_two_weeks_before_their_end() {
    let now = at("2026-03-05T10:15:00+03:00");
    let file = |expires: Result<Moment, TlsError>| CertificateFile {
        which: "broker_client",
        key: "broker.tls.certificate_file",
        path: PathBuf::from("kvit.pem"),
        expires,
    };
    let cases = [
        file(Ok(at("2026-03-20T10:15:00+03:00"))),
        file(Ok(at("2026-03-19T10:14:00+03:00"))),
        file(Ok(at("2026-03-05T10:15:00+03:00"))),
        file(Err(TlsError::NoAuthority)),
    ];
    let findings = cases.iter().filter_map(|it| host::certificate(it, now));
    expect![[r#"
        warning: broker.tls.certificate_file: kvit.pem expires on 2026-03-19, in 13 days
            do: put a new certificate into kvit.pem; it is used from the next connection on
        error: broker.tls.certificate_file: kvit.pem expired on 2026-03-05
            do: put a new certificate into kvit.pem; it is used from the next connection on
        error: broker.tls.certificate_file: no certificate authority is set for amqps; set broker.tls.ca_file
            do: put a new certificate into kvit.pem; it is used from the next connection on"#]].assert_eq(&told(findings));
}

#[test]
fn file_systems_that_lose_what_was_synced_are_named() {
    let kinds = [0xef53, 0x5846_5342, 0x0102_1994, 0x794c_7630, 0x6969, 0xff53_4d42, 0x6573_5546];
    let findings = kinds.into_iter().filter_map(|kind| disk::unfit(kind, Path::new("/store")));
    expect![[r#"
        error: store.path: /store lies in memory: a restart of the machine loses it
            do: set store.path to a directory on a local disk (ext4, xfs)
        warning: store.path: /store is on a file system of the kind overlay, which is gone with its container
            do: set store.path to a directory on a local disk (ext4, xfs)
        warning: store.path: /store is on a file system of the kind NFS, which belongs to several machines, and loses locks
            do: set store.path to a directory on a local disk (ext4, xfs)
        warning: store.path: /store is on a file system of the kind SMB, which belongs to several machines, and loses locks
            do: set store.path to a directory on a local disk (ext4, xfs)
        warning: store.path: /store is on a file system of the kind FUSE, which may not keep what was synced
            do: set store.path to a directory on a local disk (ext4, xfs)"#]].assert_eq(&told(findings));
}
