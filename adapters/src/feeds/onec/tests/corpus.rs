//! Real exchanges, where the variable names their folder: none of them is part of this repository.

use std::fmt::Write;

use super::*;

/// Files whose figures in the manifest are not ours, and what they really say.
const EXPLAINED: [(&str, &str); 0] = [];

#[test]
fn corpus_files_give_the_numbers_of_the_manifest() {
    let Some(folder) = std::env::var_os("KVIT_CORPUS").map(std::path::PathBuf::from) else {
        println!("KVIT_CORPUS is not set: no corpus was read");
        return;
    };
    let manifest = std::fs::read_to_string(folder.join("MANIFEST.tsv")).unwrap();
    let mut out = String::new();
    let mut files = 0;
    for line in manifest.lines().filter(|line| line.starts_with("onec/")) {
        let fields: Vec<&str> = line.split('\t').collect();
        let (file, entries, credits) = (fields[0], fields[6], fields[8]);
        let bytes = std::fs::read(folder.join(file)).unwrap();
        assert_eq!(FileFormat::detect(&bytes), Some(FileFormat::OneC), "{file}");
        let mut reader = Reader::open(FileFormat::OneC, &bytes[..], &Options::default()).unwrap();
        let refused = reader.by_ref().filter(|read| !matches!(read, Ok(Ok(_)))).count();
        let totals = reader.totals();
        let sum: i64 = totals.sums.values().map(|sums| sums.credits.minor()).sum();
        let sum = format!("{}.{:02}", sum / 100, sum % 100);
        let explained = EXPLAINED.iter().find(|(name, _)| *name == file);
        if (totals.entries.to_string().as_str(), sum.as_str()) != (entries, credits) {
            assert!(explained.is_some(), "{file}: {} entries, {sum}", totals.entries);
        }
        files += 1;
        let (head, charset) = (reader.head(), reader.charset());
        let kind = &head.kind;
        write!(out, "{file}: {kind} {charset} {} {sum} {refused}", totals.entries).unwrap();
        for warning in reader.warnings() {
            write!(out, "; {warning}").unwrap();
        }
        for finding in reader.findings() {
            write!(out, "; {finding}").unwrap();
        }
        out.push('\n');
    }
    assert!(files >= 5, "{files} files");
    expect![[r#"
        onec/bx-shef__demo-1c.txt: 1.02 windows-1251 2 20000.00 0
        onec/bx-shef__vypiska-1c.txt: 1.02 windows-1251 3 45000.00 0
        onec/kilylabs__one_day.txt: 1.02 windows-1251 13 40000.00 0
        onec/kilylabs__one_day_utf8.txt: 1.02 utf-8 13 40000.00 0; Кодировка says windows-1251, the file is utf-8
        onec/open-condo__1CClientBankExchange.utf8.txt: 1.03 utf-8 4 2219.96 0; Кодировка says windows-1251, the file is utf-8; control figures of account 1: credits of 2681831.46 RUB are declared, 2219.96 RUB were read; control figures of account 1: debits of 2554737.23 RUB are declared, 14700.00 RUB were read; control figures of account 1: from 8300.00 RUB the rows lead to -4180.04 RUB, not to 135394.23 RUB
    "#]].assert_eq(&out);
}
