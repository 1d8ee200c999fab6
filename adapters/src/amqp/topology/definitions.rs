//! The topology as RabbitMQ definitions: what an administrator imports.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Argument, Queue, Topology};

/// Whether users are part of the definitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Users {
    /// They are made, without passwords: nobody can log in until one is set. Importing this over
    /// users that exist **takes their passwords away**.
    Created,
    /// They exist, and are left alone; only their permissions are set.
    Existing,
}

/// What one broker user may do.
#[derive(Default)]
struct Rights {
    writes: Vec<String>,
    reads: Vec<String>,
    /// Routing keys it may use on a topic exchange, as regular expressions.
    keys: BTreeMap<String, Vec<String>>,
}

impl Topology {
    /// RabbitMQ definitions: exchanges, queues, bindings, policies with the size limits, users,
    /// and permissions by which each party writes its own exchange and reads its own queues.
    pub fn definitions(&self, users: Users) -> Value {
        let rights = self.rights();
        let mut definitions = json!({
            "vhosts": [{ "name": self.vhost }],
            "permissions": self.permissions(&rights),
            "topic_permissions": self.topic_permissions(&rights),
            "exchanges": self.exchange_definitions(),
            "queues": self.queues().iter().map(|queue| self.queue(queue)).collect::<Value>(),
            "bindings": self.bindings(),
            "policies": self.policies(),
        });
        if users == Users::Created {
            let daemon = self.daemon_users.iter().map(String::as_str);
            let names = daemon.chain(rights.keys().copied());
            let created = names.map(|name| json!({ "name": name, "tags": [] })).collect();
            definitions["users"] = created;
        }
        definitions
    }

    fn exchange_definitions(&self) -> Value {
        let definition = |exchange: super::Exchange| {
            json!({
                "name": exchange.name, "vhost": self.vhost, "type": exchange.kind.name(),
                "durable": true, "auto_delete": false, "internal": false, "arguments": {},
            })
        };
        self.exchanges().into_iter().map(definition).collect()
    }

    fn queue(&self, queue: &Queue) -> Value {
        let argument = |(name, value): &(&'static str, Argument)| {
            let value = match value {
                Argument::Text(text) => json!(text),
                Argument::Number(number) => json!(number),
            };
            ((*name).to_owned(), value)
        };
        let arguments: Value = Value::Object(queue.arguments.iter().map(argument).collect());
        json!({
            "name": queue.name, "vhost": self.vhost, "durable": true, "auto_delete": false,
            "arguments": arguments,
        })
    }

    fn bindings(&self) -> Value {
        let binding = |queue: Queue| {
            json!({
                "source": queue.exchange, "vhost": self.vhost, "destination": queue.name,
                "destination_type": "queue", "routing_key": queue.binding_key, "arguments": {},
            })
        };
        self.queues().into_iter().map(binding).collect()
    }

    /// A policy per queue: the broker applies only one to each, and an operator can see, and
    /// change, what holds for it.
    fn policies(&self) -> Value {
        let policy = |queue: Queue| {
            let bytes_max = queue.bytes_max?;
            Some(json!({
                "name": format!("{}.size", queue.name), "vhost": self.vhost,
                "pattern": format!("^{}$", escaped(&queue.name)), "apply-to": "queues",
                "priority": 0, "definition": { "max-length-bytes": bytes_max },
            }))
        };
        self.queues().into_iter().filter_map(policy).collect()
    }

    /// Of all but our own users.
    fn rights(&self) -> BTreeMap<&str, Rights> {
        let mut rights: BTreeMap<&str, Rights> = BTreeMap::new();
        for portal in &self.portals {
            for user in &portal.users {
                let user = rights.entry(user).or_default();
                user.writes.push(self.name("portal.in"));
                user.reads.push(self.name(&format!("portal.{}.out", portal.id)));
            }
        }
        for bank in &self.banks {
            for user in &bank.users {
                let user = rights.entry(user).or_default();
                user.writes.push(self.name("bank.in"));
                let keys = user.keys.entry(self.name("bank.in")).or_default();
                for feed in &bank.feeds {
                    keys.push(format!(r"{}\.(payment|file)", escaped(feed)));
                    user.reads.push(self.name(&format!("bank.{feed}.reports")));
                }
            }
        }
        for agency in &self.agencies {
            for user in &agency.users {
                let user = rights.entry(user).or_default();
                user.writes.push(self.name("agency.in"));
                user.keys.entry(self.name("agency.in")).or_default().push(escaped(&agency.id));
                user.reads.push(self.name(&format!("agency.{}.inbox", agency.id)));
            }
        }
        for user in &self.ops_users {
            rights.entry(user).or_default().reads.push(self.name("ops.out"));
        }
        rights
    }

    /// Ours read the queues of what comes in and write the exchanges of what goes out, and nothing
    /// else: what there is, an administrator makes.
    fn permissions(&self, rights: &BTreeMap<&str, Rights>) -> Value {
        let permission = |user: &str, configure: &str, write: &str, read: &str| {
            json!({
                "user": user, "vhost": self.vhost, "configure": configure, "write": write,
                "read": read,
            })
        };
        let names = |names: &[String]| any_of(names.iter().map(|name| escaped(name)));
        let (writes, reads) = (names(&self.our_exchanges()), names(&self.our_queues()));
        let daemon = self.daemon_users.iter().map(|user| permission(user, "^$", &writes, &reads));
        let parties = rights.iter().map(|(user, rights)| {
            permission(user, "^$", &names(&rights.writes), &names(&rights.reads))
        });
        daemon.chain(parties).collect()
    }

    fn topic_permissions(&self, rights: &BTreeMap<&str, Rights>) -> Value {
        let permission = |(user, rights): (&&str, &Rights)| -> Vec<Value> {
            let on = |(exchange, keys): (&String, &Vec<String>)| {
                json!({
                    "user": user, "vhost": self.vhost, "exchange": exchange,
                    "write": any_of(keys.iter().cloned()), "read": "^$",
                })
            };
            rights.keys.iter().map(on).collect()
        };
        rights.iter().flat_map(permission).collect()
    }
}

/// A regular expression for exactly these; for nothing when there are none.
fn any_of(patterns: impl Iterator<Item = String>) -> String {
    let patterns: Vec<String> = patterns.collect();
    if patterns.is_empty() { "^$".into() } else { format!("^({})$", patterns.join("|")) }
}

fn escaped(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for c in text.chars() {
        if !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}
