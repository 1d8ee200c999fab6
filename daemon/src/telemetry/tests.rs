//! The list is what is exposed, documented and used.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use expect_test::expect_file;

use super::list::{ALL, Kind};

/// `deploy/metrics.md` is made from the list: `UPDATE_EXPECT=1` writes it.
#[test]
fn the_page_of_metrics_is_that_of_the_list() {
    let mut page = String::from(
        "# Metrics\n\n\
         What `/metrics` on `health.listen` exposes, made from the list in\n\
         `daemon/src/telemetry/list.rs`. Counters begin at 0 with each start. For each queue, at\n\
         any moment:\n\n\
         ```text\n\
         kvit_messages_received_total = sum of kvit_messages_disposed_total + \
         kvit_messages_in_flight\n\
         ```\n\n\
         `kvit_messages_unbalanced` is the difference, and always 0.\n\n\
         | metric | kind | labels | meaning |\n|---|---|---|---|\n",
    );
    for metric in ALL {
        let labels: Vec<String> = metric.labels.iter().map(|it| format!("`{it}`")).collect();
        let (name, kind, help) = (metric.name, metric.kind.as_str(), metric.help);
        writeln!(page, "| `{name}` | {kind} | {} | {help} |", labels.join(", ")).unwrap();
    }
    expect_file!["../../../deploy/metrics.md"].assert_eq(&page);
}

#[test]
fn names_say_what_is_counted_and_in_which_unit() {
    let mut names = BTreeSet::new();
    for metric in ALL {
        let name = metric.name;
        assert!(names.insert(name), "{name} is there twice");
        assert!(name.starts_with("kvit_") && metric.help.ends_with('.'), "{name}");
        assert_eq!(name.ends_with("_total"), metric.kind == Kind::Counter, "{name}");
        if let Kind::Histogram(buckets) = metric.kind {
            assert!(buckets.is_sorted() && !buckets.is_empty(), "{name}");
        }
    }
}

/// A metric is used by its constant; its name stands in the list only.
#[test]
fn no_name_of_a_metric_is_spelled_elsewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut folders, mut found) = (vec![root], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                // The demonstration reads metrics from outside, as anybody else.
                if !path.ends_with("demo") {
                    folders.push(path);
                }
            } else if !path.ends_with("telemetry/list.rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let named = ["counter!(\"", "gauge!(\"", "histogram!(\""];
                if named.iter().any(|name| text.contains(name)) && !path.ends_with("tests.rs") {
                    found.push(path);
                }
            }
        }
    }
    assert!(found.is_empty(), "{found:?}");
}

/// The names of our metrics in a text, without what Prometheus adds to those of histograms.
fn named(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let words = words.filter(|word| word.starts_with("kvit_"));
    let plain = |word: &str| {
        let of = ["_bucket", "_count", "_sum"].iter().find_map(|end| word.strip_suffix(end));
        of.unwrap_or(word).to_owned()
    };
    words.map(plain).collect()
}

#[test]
fn dashboard_and_alerts_use_metrics_of_the_list_and_the_dashboard_shows_all() {
    let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy");
    let read = |name: &str| std::fs::read_to_string(deploy.join(name)).unwrap();
    let known: BTreeSet<String> = ALL.iter().map(|metric| metric.name.to_owned()).collect();
    for name in ["alerts.yml", "alerts.test.yml", "grafana/kvit.json"] {
        let used = named(&read(name));
        let strange: Vec<_> = used.difference(&known).collect();
        assert!(strange.is_empty() && !used.is_empty(), "{name}: {strange:?}");
    }
    let shown = named(&read("grafana/kvit.json"));
    let hidden: Vec<_> = known.difference(&shown).collect();
    assert!(hidden.is_empty(), "the dashboard does not show {hidden:?}");
}

#[test]
fn every_alert_leads_to_a_section_of_the_runbook() {
    let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy");
    let read = |name: &str| std::fs::read_to_string(deploy.join(name)).unwrap();
    let (alerts, runbook) = (read("alerts.yml"), read("runbook.md"));
    let titles = runbook.lines().filter_map(|line| line.strip_prefix("## "));
    let anchors: BTreeSet<String> = titles
        .map(|title| {
            let kept = title.chars().filter(|c| c.is_alphanumeric() || " -".contains(*c));
            kept.collect::<String>().to_lowercase().replace(' ', "-")
        })
        .collect();
    let links = alerts.lines().filter_map(|line| line.trim().strip_prefix("runbook_url: "));
    let mut many = 0;
    for link in links {
        let (_, anchor) = link.split_once('#').unwrap();
        assert!(anchors.contains(anchor), "{link}: there are {anchors:?}");
        many += 1;
    }
    assert_eq!(many, alerts.matches("- alert: ").count(), "each alert has its link");
}
