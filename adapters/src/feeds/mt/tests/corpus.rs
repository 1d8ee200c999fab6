//! Real files, which are no part of this repository, against the counts that others made.

use std::collections::BTreeMap;
use std::path::Path;

use crate::feeds::{FileFormat, Options, Reader};

/// Files that say something else than the manifest, and what they really say: entries, and the sum
/// of credits. The manifest's sums add up amounts in whatever currency.
const EXCEPTIONS: [(&str, &str); 1] = [
    // One line :61: alone. Nothing names a currency, so its 50,00 are refused.
    ("mt940/wolph__empty_entry_date.sta", "1 0"),
];

/// Entries and credits in hundredths, minor digits apart: as the manifest counts.
fn counted(path: &Path) -> Option<String> {
    let bytes = std::fs::read(path).unwrap();
    assert_eq!(FileFormat::detect(&bytes), Some(FileFormat::Mt940), "{}", path.display());
    let mut reader = Reader::open(FileFormat::Mt940, &bytes[..], &Options::default()).ok()?;
    for read in reader.by_ref() {
        let _ = read.unwrap();
    }
    let totals = reader.totals();
    let credits: i64 = totals
        .sums
        .iter()
        .map(|(currency, sums)| match currency.minor_digits() {
            0 => sums.credits.minor() * 100,
            2 => sums.credits.minor(),
            digits => panic!("{digits} minor digits"),
        })
        .sum();
    Some(format!("{} {credits}", totals.entries))
}

/// `1943308.78` as hundredths.
fn hundredths(sum: &str) -> i64 {
    let (whole, part) = sum.split_once('.').unwrap_or((sum, ""));
    format!("{whole}{part:0<2}").parse().unwrap()
}

#[test]
fn corpus_files_count_as_the_manifest_says() {
    let Some(folder) = std::env::var_os("KVIT_CORPUS").map(std::path::PathBuf::from) else {
        println!("KVIT_CORPUS is not set: no corpus was read");
        return;
    };
    let manifest = std::fs::read_to_string(folder.join("MANIFEST.tsv")).unwrap();
    let exceptions = BTreeMap::from(EXCEPTIONS);
    let (mut files, mut wrong) = (0, Vec::new());
    for line in manifest.lines().filter(|line| line.starts_with("mt940/")) {
        let fields: Vec<&str> = line.split('\t').collect();
        let (name, entries, sum) = (fields[0], fields[6], fields[8]);
        files += 1;
        let expected = match exceptions.get(name) {
            Some(really) => (*really).to_owned(),
            None => format!("{entries} {}", hundredths(sum)),
        };
        match counted(&folder.join(name)) {
            Some(read) if read == expected => {}
            read => wrong.push(format!("{name}: {expected} was expected, {read:?} read")),
        }
    }
    assert!(files > 0, "the manifest names no MT940 file");
    assert!(wrong.is_empty(), "{files} files, {} differ:\n{}", wrong.len(), wrong.join("\n"));
}
