//! The daemon itself, if it runs: asked over its admin socket.

use std::path::Path;

use serde_json::Value;
use tokio::net::UnixStream;

use super::{Finding, http};
use crate::settings::Settings;

/// Whether it runs, and what it says of itself.
pub(super) async fn look(settings: &Settings) -> (bool, Vec<Finding>) {
    let socket = &settings.admin.socket;
    let stream = match UnixStream::connect(socket).await {
        Ok(stream) => stream,
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            let what = "may not be opened by this user: the daemon could not be asked";
            let cure = "ask as root, as kvit's user, or as one of its group";
            return (true, vec![Finding::note(socket.display().to_string(), what).cure(cure)]);
        }
        Err(_) => return (false, beside(socket)),
    };
    match http::get(stream, "/v1/status", None).await {
        Ok(answer) if answer.status.is_success() => (true, reasons(&answer.body)),
        Ok(answer) => {
            let what = format!("the daemon answers {} to this user", answer.status);
            let cure = "ask as one of [operators], or as root";
            (true, vec![Finding::note("the daemon", what).cure(cure)])
        }
        Err(what) => {
            let cure = "look at its log; if it hangs, `systemctl restart kvit`";
            (true, vec![Finding::error("the daemon", what).cure(cure)])
        }
    }
}

fn reasons(status: &Value) -> Vec<Finding> {
    let ready = status.get("ready").and_then(Value::as_bool).unwrap_or(false);
    let reasons = status.get("reasons").and_then(Value::as_array);
    let texts = reasons.into_iter().flatten().filter_map(Value::as_str);
    let finding = |reason: &str| {
        let made = if ready {
            Finding::warning("the daemon", reason)
        } else {
            Finding::error("the daemon", reason)
        };
        made.cure("deploy/runbook.md has a line for each reason")
    };
    texts.map(finding).collect()
}

/// Whether a daemon could open its socket.
fn beside(socket: &Path) -> Vec<Finding> {
    let parent = socket.parent().unwrap_or(Path::new("/"));
    let place = "admin.socket";
    let shown = parent.display();
    if !parent.is_dir() {
        let what = format!("its directory {shown} is not there");
        return vec![Finding::error(place, what).cure(format!("mkdir -m 750 -p {shown}"))];
    }
    if rustix::fs::access(parent, rustix::fs::Access::WRITE_OK).is_err() {
        let what = format!("its directory {shown} cannot be written by this user");
        return vec![Finding::error(place, what).cure(format!("chown kvit: {shown}"))];
    }
    Vec::new()
}
