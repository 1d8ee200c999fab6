//! Dead letters: what the broker gave up on, as it comes by `kvit.dead`.

use kvit::pipeline::Queue;
use kvit_adapters::amqp::{AckHandle, Delivery, Properties};

use crate::broker::Arrived;
use crate::story::Letter;

/// What the broker adds to a message that it gave up on in this queue, as kvit shows it.
fn deaths(queue: &str, exchange: &str, key: &str) -> [(String, String); 4] {
    let story = format!(
        "[[count=1, exchange={exchange}, queue={queue}, reason=delivery_limit, \
         routing-keys=[{key}], time=1773306000]]"
    );
    [
        ("x-death".to_owned(), story),
        ("x-first-death-exchange".to_owned(), exchange.to_owned()),
        ("x-first-death-queue".to_owned(), queue.to_owned()),
        ("x-first-death-reason".to_owned(), "delivery_limit".to_owned()),
    ]
}

impl Letter {
    /// The same letter out of the dead letters.
    pub(crate) fn dead(&self, from: (usize, AckHandle), redelivered: bool) -> Delivery {
        let mut delivery = self.delivery(from, redelivered);
        let queue = format!("kvit.{}", self.queue.name());
        let died = deaths(&queue, &delivery.exchange, &self.key);
        delivery.properties.headers.extend(died);
        "kvit.dead".clone_into(&mut delivery.exchange);
        delivery
    }
}

impl Arrived {
    /// The queue of the party that it reached; alerts die in none.
    pub(crate) fn queue(&self) -> Option<String> {
        match self.exchange.as_str() {
            "kvit.portal.out" => {
                let portal = self.key.split_once('.').map_or(self.key.as_str(), |(it, _)| it);
                Some(format!("kvit.portal.{portal}.out"))
            }
            "kvit.agency.out" => Some(format!("kvit.agency.{}.inbox", self.key)),
            "kvit.bank.out" => Some(format!("kvit.bank.{}.reports", self.key)),
            _ => None,
        }
    }

    /// A message of kvit that its party could not take, out of the dead letters.
    pub(crate) fn dead(&self, (source, ack): (usize, AckHandle), redelivered: bool) -> Delivery {
        let queue = self.queue().expect("alerts die in no queue");
        Delivery {
            source,
            ack,
            exchange: "kvit.dead".to_owned(),
            routing_key: self.key.clone(),
            redelivered,
            properties: Properties {
                message_id: Some(self.id.clone()),
                kind: Some(self.kind.clone()),
                user_id: Some("kvit".to_owned()),
                headers: deaths(&queue, &self.exchange, &self.key).into(),
                ..Properties::default()
            },
            body: self.body.clone(),
        }
    }
}

/// True of the name of a queue that kvit reads for its parties.
pub(crate) fn is_own(queue: &str) -> bool {
    let own = Queue::ALL.iter().filter(|it| **it != Queue::Dead);
    own.into_iter().any(|it| queue.strip_prefix("kvit.") == Some(it.name()))
}
