//! Real files, where there are any: their entries and credits against those that other programs
//! found (MANIFEST.tsv).

use std::path::PathBuf;

use crate::feeds::{FileFormat, Options, Reader};

/// What other programs read otherwise, and why ours is right: nothing so far.
const EXCEPTIONS: [(&str, u64, &str); 0] = [];

#[test]
fn files_of_the_corpus_have_their_known_entries_and_credits() {
    let Some(folder) = std::env::var_os("KVIT_CORPUS").map(PathBuf::from) else {
        println!("KVIT_CORPUS is not set: no corpus was read");
        return;
    };
    let manifest = std::fs::read_to_string(folder.join("MANIFEST.tsv")).unwrap();
    let mut files = 0;
    for line in manifest.lines().filter(|line| line.starts_with("camt/")) {
        let fields: Vec<&str> = line.split('\t').collect();
        let (name, version) = (fields[0], fields[4]);
        let known = EXCEPTIONS.iter().find(|exception| exception.0 == name);
        let (entries, credits) = match known {
            Some((_, entries, credits)) => (*entries, *credits),
            None => (fields[6].parse().unwrap(), fields[8]),
        };
        let bytes = std::fs::read(folder.join(name)).unwrap();
        assert_eq!(FileFormat::detect(&bytes), Some(FileFormat::Camt), "{name}");
        let options = Options::default();
        let mut reader = Reader::open(FileFormat::Camt, &bytes[..], &options).unwrap();
        let stopped = reader.by_ref().find_map(Result::err);
        assert!(stopped.is_none(), "{name}: {stopped:?}");
        assert_eq!(reader.head().kind, version, "{name}");
        let totals = reader.totals();
        assert_eq!((totals.entries, totals.lost), (entries, 0), "{name}");
        let minor: i64 = totals.sums.values().map(|sums| sums.credits.minor()).sum();
        let (whole, fraction) = credits.split_once('.').unwrap_or((credits, ""));
        let expected: i64 =
            format!("{whole}{:0<2}", &fraction[..fraction.len().min(2)]).parse().unwrap();
        assert_eq!(minor, expected, "{name}");
        files += 1;
    }
    assert!(files > 0, "the manifest names no file of this format");
    println!("{files} files");
}
