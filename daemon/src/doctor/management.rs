//! The broker as its management API shows it, against what `kvit topology` prints.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::DateTime;
use kvit_adapters::amqp::{Topology, Users};
use kvit_adapters::clock::Clock;
use kvit_schemas::Moment;
use serde_json::Value;
use tokio::net::TcpStream;

use super::http::{self, Answer};
use super::{Finding, host};
use crate::settings::{Management, Settings, secret};

const PLACE: &str = "doctor.management_url";
const IMPORT: &str =
    "import what `kvit topology --users existing` prints: rabbitmqctl import_definitions FILE";

pub(super) async fn look(settings: &Settings, topology: &Topology) -> Vec<Finding> {
    let Some(management) = &settings.doctor.management else { return Vec::new() };
    let password = match &settings.doctor.management_password_file {
        None => Ok(String::new()),
        Some(file) => secret::read(file).map(|password| password.expose().clone()),
    };
    let looked = match password {
        Ok(password) => Look { settings, topology, management, password }.all().await,
        Err(what) => {
            let cure = "put the password into the file's first line, readable by kvit's user";
            return vec![Finding::error("doctor.management_password_file", what).cure(cure)];
        }
    };
    looked.unwrap_or_else(|what| {
        let cure = "rabbitmq-plugins enable rabbitmq_management; rabbitmqctl set_user_tags USER \
                    monitoring; or leave the setting empty";
        vec![Finding::error(PLACE, what).cure(cure)]
    })
}

struct Look<'a> {
    settings: &'a Settings,
    topology: &'a Topology,
    management: &'a Management,
    password: String,
}

impl Look<'_> {
    async fn all(&self) -> Result<Vec<Finding>, String> {
        let wanted = self.topology.definitions(Users::Existing);
        let vhost = encoded(&self.topology.vhost);
        let (exchanges, date) = self.list(&format!("/api/exchanges/{vhost}")).await?;
        let (queues, _) = self.list(&format!("/api/queues/{vhost}")).await?;
        let (bindings, _) = self.list(&format!("/api/bindings/{vhost}")).await?;
        let mut findings: Vec<Finding> = date
            .and_then(|date| host::drift(Clock::System.now(), date, "the broker's"))
            .into_iter()
            .collect();
        findings.extend(makes("exchange", part(&wanted, "exchanges"), &exchanges));
        findings.extend(makes("queue", part(&wanted, "queues"), &queues));
        findings.extend(bound(part(&wanted, "bindings"), &bindings));
        let largest =
            self.settings.limits.file_bytes_max.max(self.settings.limits.message_bytes_max);
        findings.extend(sizes(part(&wanted, "policies"), &queues, largest));
        for (kind, list) in
            [("permissions", "permissions"), ("topic-permissions", "topic_permissions")]
        {
            match self.list(&format!("/api/{kind}")).await {
                Ok((given, _)) => findings.extend(rights(part(&wanted, list), &given)),
                Err(what) => {
                    let what = format!("{kind} were not looked at: {what}");
                    let cure = "only users with the tag \"administrator\" see them";
                    findings.push(Finding::note(PLACE, what).cure(cure));
                }
            }
        }
        Ok(findings)
    }

    async fn list(&self, path: &str) -> Result<(Vec<Value>, Option<Moment>), String> {
        let Management { address, user } = self.management;
        let stream = TcpStream::connect(address.as_str()).await;
        let stream = stream.map_err(|error| format!("{address}: {error}"))?;
        let login = STANDARD.encode(format!("{user}:{}", self.password));
        let answer = http::get(stream, path, Some(&format!("Basic {login}"))).await?;
        let Answer { status, headers, body } = answer;
        let date = headers.get("date").and_then(|date| date.to_str().ok());
        let date = date.and_then(|date| DateTime::parse_from_rfc2822(date).ok());
        let date = date.and_then(|date| Moment::from_micros(date.timestamp_micros()));
        if let Value::Array(list) = body
            && status.is_success()
        {
            return Ok((list, date));
        }
        Err(format!("{path} answers {status} to user {user:?}"))
    }
}

fn part<'a>(definitions: &'a Value, name: &str) -> &'a [Value] {
    definitions.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or("")
}

/// What is missing is told by the look over AMQP already.
fn makes(kind: &str, wanted: &[Value], there: &[Value]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for wanted in wanted {
        let name = text(wanted, "name");
        let Some(found) = there.iter().find(|found| text(found, "name") == name) else { continue };
        let cure = format!(
            "let it run empty, delete it (rabbitmqctl delete_queue {name} --if-empty), and {IMPORT}"
        );
        let mut differs = |what: &str, is: &Value, should: &Value| {
            let what = format!("its {what} is {is}, and should be {should}");
            findings.push(Finding::error(format!("{kind} {name}"), what).cure(cure.clone()));
        };
        for key in ["type", "durable", "auto_delete"] {
            if let (Some(should), Some(is)) = (wanted.get(key), found.get(key))
                && should != is
            {
                differs(key, is, should);
            }
        }
        let arguments = wanted.get("arguments").and_then(Value::as_object);
        for (key, should) in arguments.into_iter().flatten() {
            let is = found.get("arguments").and_then(|all| all.get(key)).unwrap_or(&Value::Null);
            if is != should {
                differs(key, is, should);
            }
        }
    }
    findings
}

fn bound(wanted: &[Value], there: &[Value]) -> Vec<Finding> {
    let route =
        |it: &Value| ["source", "destination", "routing_key"].map(|key| text(it, key).to_owned());
    let shown = |[source, to, key]: &[String; 3]| format!("binding {source} → {to} with {key:?}");
    let (wanted, there): (Vec<_>, Vec<_>) =
        (wanted.iter().map(route).collect(), there.iter().map(route).collect());
    let missing = wanted
        .iter()
        .filter(|route| !there.contains(route))
        .map(|route| Finding::error(shown(route), "is missing: messages go nowhere").cure(IMPORT));
    let ours = |name: &String| wanted.iter().any(|route| route.contains(name));
    // The default exchange is bound to every queue.
    let others =
        there.iter().filter(|[source, to, _]| !source.is_empty() && (ours(source) || ours(to)));
    let more = others.filter(|route| !wanted.contains(route)).map(|route| {
        let what = "is not one of kvit's: somebody reads along, or writes where nobody should";
        Finding::warning(shown(route), what).cure("have an administrator remove it, or say why")
    });
    missing.chain(more).collect()
}

/// The size limits in force, whichever policy they come from.
fn sizes(wanted: &[Value], queues: &[Value], largest: usize) -> Vec<Finding> {
    let mut findings = Vec::new();
    for policy in wanted {
        let name = text(policy, "name");
        let name = name.strip_suffix(".size").unwrap_or(name);
        let Some(queue) = queues.iter().find(|queue| text(queue, "name") == name) else { continue };
        let limit = queue
            .get("effective_policy_definition")
            .and_then(|it| it.get("max-length-bytes"))
            .and_then(Value::as_u64);
        let place = format!("queue {name}");
        match limit {
            None => findings.push(
                Finding::warning(place, "has no size limit: it may fill the broker's disk")
                    .cure(IMPORT),
            ),
            Some(limit) if limit < u64::try_from(largest).unwrap_or(u64::MAX) => {
                let what = format!(
                    "takes {limit} bytes, less than the largest message, {largest} \
                     (limits.file_bytes_max)"
                );
                let cure = "raise max-length-bytes in its policy: rabbitmqctl list_policies";
                findings.push(Finding::error(place, what).cure(cure));
            }
            Some(_) => {}
        }
    }
    findings
}

/// Rights of our user and of those of the parties.
fn rights(wanted: &[Value], given: &[Value]) -> Vec<Finding> {
    let of = |it: &Value| ["user", "vhost", "exchange"].map(|key| text(it, key).to_owned());
    let mut findings = Vec::new();
    for wanted in wanted {
        let user = text(wanted, "user");
        let found = given.iter().find(|given| of(given) == of(wanted));
        let place = format!("user {user}");
        let Some(found) = found else {
            let exchange = text(wanted, "exchange");
            let what = match exchange {
                "" => "has no permissions in the virtual host, or is not there".to_owned(),
                _ => format!("may use any routing key on {exchange}: it can speak for others"),
            };
            findings.push(Finding::error(place, what).cure(IMPORT));
            continue;
        };
        for right in ["configure", "write", "read"] {
            let (should, is) = (text(wanted, right), text(found, right));
            if should != is {
                let what = format!("its right to {right} is {is:?}, and should be {should:?}");
                findings.push(Finding::warning(place.clone(), what).cure(IMPORT));
            }
        }
    }
    findings
}

/// A virtual host's name in a path.
fn encoded(name: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    let each = |byte: u8| {
        if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    name.bytes().map(each).collect()
}
