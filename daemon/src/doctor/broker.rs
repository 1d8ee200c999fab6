//! The broker, as far as AMQP shows it.

use kvit_adapters::amqp::{Admin, AmqpError, Depth, Topology, TopologyError};

use super::{Finding, management};
use crate::service;
use crate::settings::Settings;

const IMPORT: &str = "import what `kvit topology --users existing` prints, as an administrator: \
                      rabbitmqctl import_definitions FILE";

/// So many missing things are named one by one.
const FEW: usize = 5;

pub(super) async fn look(settings: &Settings, running: bool) -> Vec<Finding> {
    // Wrong addresses are told by what `kvit check` finds.
    let (Ok(options), Ok(topology)) =
        (service::amqp_options(settings), service::topology(settings))
    else {
        return Vec::new();
    };
    let mut findings = management::look(settings, &topology).await;
    let managed = settings.doctor.management.is_some();
    let admin = match Admin::connect(&options).await {
        Ok(admin) => admin,
        Err(error) => {
            findings.push(unreachable(&error, &options.url));
            return findings;
        }
    };
    let seen = Look { settings, topology: &topology, admin: &admin };
    let told = seen.all(running, managed).await;
    findings.extend(told.unwrap_or_else(|error| vec![unreachable(&error, &options.url)]));
    admin.close().await;
    findings
}

fn unreachable(error: &AmqpError, url: &kvit_adapters::amqp::BrokerUrl) -> Finding {
    let what = format!("{}{}", error.reason(), error.advice(url));
    let cure = if error.is_about_credentials() {
        let user = url.user();
        format!(
            "rabbitmqctl authenticate_user {user} tells whether the broker takes the password of \
             broker.password_file; rabbitmqctl change_password {user} sets it: users that were \
             imported have none"
        )
    } else if error.is_about_the_vhost() {
        format!("rabbitmqctl add_vhost {}, then {IMPORT}", url.vhost())
    } else {
        "look whether the broker runs and listens there: rabbitmq-diagnostics listeners".to_owned()
    };
    Finding::error("broker.url", what).cure(cure)
}

struct Look<'a> {
    settings: &'a Settings,
    topology: &'a Topology,
    admin: &'a Admin,
}

impl Look<'_> {
    async fn all(&self, running: bool, managed: bool) -> Result<Vec<Finding>, AmqpError> {
        let mut findings = match self.admin.check(self.topology).await {
            Ok(missing) => self.missing(missing, running),
            Err(error) => vec![topology_error(&error)],
        };
        if !managed {
            findings.extend(self.make().await?);
        }
        findings.extend(self.rights().await?);
        findings.extend(self.queues(running).await?);
        Ok(findings)
    }

    /// Things that are not there. Where nothing was made yet, one line is enough.
    fn missing(&self, missing: Vec<String>, running: bool) -> Vec<Finding> {
        let many = missing.len();
        if many > FEW
            && let Some(first) = missing.first()
        {
            let what = format!("{many} exchanges and queues are missing, {first} the first");
            let place = "the broker";
            let finding = if self.settings.broker.declare && !running {
                Finding::note(place, what).cure("start kvit: with broker.declare it makes them")
            } else {
                Finding::error(place, what).cure(IMPORT)
            };
            return vec![finding];
        }
        let each = |what| Finding::error(what, "is missing at the broker").cure(IMPORT);
        missing.into_iter().map(each).collect()
    }

    /// Whether what is there is of the right make; a user that may declare nothing cannot tell.
    async fn make(&self) -> Result<Vec<Finding>, AmqpError> {
        let differences = self.admin.differences(self.topology).await?;
        let may = !differences.iter().any(|it| matches!(it, TopologyError::Forbidden { .. }));
        let what = if may {
            "bindings, policies and permissions were not looked at"
        } else {
            "arguments, bindings, policies and permissions were not looked at"
        };
        let cure = "set doctor.management_url, and enable rabbitmq_management at the broker";
        let unseen = Finding::note("the broker", what).cure(cure);
        let told = differences.iter().filter(|it| !matches!(it, TopologyError::Forbidden { .. }));
        Ok(told.map(topology_error).chain([unseen]).collect())
    }

    /// What our user may publish to, but for the alerts: their queue takes everything.
    async fn rights(&self) -> Result<Vec<Finding>, AmqpError> {
        let mut findings = Vec::new();
        for exchange in self.topology.our_exchanges() {
            if exchange.ends_with(".ops.out") {
                continue;
            }
            // One that is missing is told already.
            if let Ok(false) = self.admin.may_publish(&exchange).await {
                let what = "our user may not publish to it";
                findings.push(Finding::error(format!("exchange {exchange}"), what).cure(IMPORT));
            }
        }
        Ok(findings)
    }

    async fn queues(&self, running: bool) -> Result<Vec<Finding>, AmqpError> {
        let mut findings = Vec::new();
        let deep = self.settings.decisions.queue_depth_max;
        for queue in self.topology.party_queues() {
            if let Some(depth) = self.admin.depth(&queue).await? {
                findings.extend(theirs(&queue, depth, deep));
            }
        }
        for queue in self.topology.our_queues() {
            if let Some(depth) = self.admin.depth(&queue).await? {
                findings.extend(ours(&queue, depth, running));
            }
        }
        Ok(findings)
    }
}

fn topology_error(error: &TopologyError) -> Finding {
    let place = match error {
        TopologyError::Different { what, .. }
        | TopologyError::Forbidden { what, .. }
        | TopologyError::Failed { what, .. } => what.clone(),
    };
    let cure = match error {
        TopologyError::Different { .. } => {
            "let it run empty, delete it (rabbitmqctl delete_queue NAME --if-empty), and import \
             what `kvit topology --users existing` prints"
        }
        TopologyError::Forbidden { .. } => IMPORT,
        TopologyError::Failed { .. } => "look at the broker's log",
    };
    Finding::error(place, error.to_string()).cure(cure)
}

/// A queue that a party reads.
fn theirs(queue: &str, depth: Depth, deep: u32) -> Option<Finding> {
    let place = format!("queue {queue}");
    let waiting = format!("{} messages wait", depth.messages);
    if depth.consumers == 0 {
        let what = format!("nobody reads it; {waiting}");
        let cure = "ask that party whether its system runs and reads this queue as its own user";
        return Some(Finding::warning(place, what).cure(cure));
    }
    let cure = "ask that party why its system does not keep up";
    (depth.messages > deep).then(|| Finding::warning(place, format!("{waiting}, many")).cure(cure))
}

/// A queue that kvit reads.
fn ours(queue: &str, depth: Depth, running: bool) -> Option<Finding> {
    let place = format!("queue {queue}");
    let expected = u32::from(running);
    if depth.consumers > expected {
        let what = format!("{} read it, and only kvit should", depth.consumers);
        let cure = "find the others: rabbitmqctl list_consumers; a second kvit must not run";
        return Some(Finding::error(place, what).cure(cure));
    }
    (depth.messages > 0 && !running).then(|| {
        let what = format!("{} messages wait for kvit, which does not run", depth.messages);
        Finding::warning(place, what).cure("systemctl start kvit")
    })
}
