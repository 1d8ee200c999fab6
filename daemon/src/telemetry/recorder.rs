//! The one recorder of the process: a second daemon in it shares the first one's.

use std::sync::OnceLock;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use super::list::{self, Kind};

static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Makes metrics count. Before this, and where somebody else records, they go nowhere.
pub fn install() {
    RECORDER.get_or_init(|| {
        let mut builder = PrometheusBuilder::new();
        for metric in list::ALL {
            if let Kind::Histogram(buckets) = metric.kind {
                let name = Matcher::Full(metric.name.to_owned());
                builder = builder.set_buckets_for_metric(name, buckets).ok()?;
            }
        }
        let handle = builder.install_recorder().ok();
        for metric in list::ALL {
            match metric.kind {
                Kind::Counter => metrics::describe_counter!(metric.name, metric.help),
                Kind::Gauge => metrics::describe_gauge!(metric.name, metric.help),
                Kind::Histogram(_) => metrics::describe_histogram!(metric.name, metric.help),
            }
        }
        handle
    });
}

/// All metrics as Prometheus reads them.
pub fn rendered() -> String {
    RECORDER.get().and_then(Option::as_ref).map(PrometheusHandle::render).unwrap_or_default()
}

/// Folds what histograms observed since: without it their memory grows until somebody asks.
pub(crate) fn fold() {
    if let Some(handle) = RECORDER.get().and_then(Option::as_ref) {
        handle.run_upkeep();
    }
}
