//! Deliveries: each ends as exactly one disposition (contract 2).

use kvit_adapters::store::{Draft, StoreError, Tables};
use kvit_schemas::message::{Inbound, MessageType};
use kvit_schemas::record::{Actor, AuditLine, Disposition, Mark, Subject};
use kvit_schemas::{Code, Moment};

use crate::engine::{At, Input};
use crate::settings::Party;

use super::apply::{Applier, Ended, Work};
use super::intake::{Body, Checked, Prepared, Refused};
use super::outgoing::{Cause, trace_of};
use super::{refuse, rows};

impl Applier {
    /// Applies a delivery: each ends as exactly one disposition, with the code of a refusal.
    /// Files end elsewhere.
    ///
    /// # Errors
    /// When the store cannot be read; the delivery is then not to be answered.
    pub fn delivery(
        &mut self,
        draft: &mut Draft<'_>,
        prepared: &Prepared,
        now: Moment,
    ) -> Result<(Disposition, Option<Code>), StoreError> {
        let _trace = trace_of(&prepared.arrival.properties).map(|trace| trace.entered());
        let at = At { now, seq: self.take_seq() };
        match self.judge(draft, prepared, at)? {
            Ended::Applied(_) => Ok((Disposition::Applied, None)),
            Ended::Duplicate => Ok((Disposition::Duplicate, None)),
            Ended::Refused(refused) => {
                let refused = refused.bounded();
                refuse::refuse(self, draft, (prepared, &refused), at)?;
                let conflict = refused.code.is_conflict();
                let end = if conflict { Disposition::Conflict } else { Disposition::Refused };
                Ok((end, Some(refused.code)))
            }
        }
    }

    /// What becomes of a delivery, by the queue or out of quarantine; a refusal is not kept yet.
    pub(super) fn judge(
        &mut self,
        draft: &mut Draft<'_>,
        prepared: &Prepared,
        at: At,
    ) -> Result<Ended, StoreError> {
        match (&prepared.result, &prepared.party) {
            (Ok(checked), Some(party)) => {
                Ok(placed(self.message(draft, prepared, checked, party, at)?, checked))
            }
            (Ok(_), None) => Ok(Ended::Refused(Refused::new(Code::SENDER_UNKNOWN, "no party"))),
            (Err(refused), _) => Ok(Ended::Refused(refused.clone())),
        }
    }

    fn message(
        &mut self,
        draft: &mut Draft<'_>,
        prepared: &Prepared,
        checked: &Checked,
        party: &Party,
        at: At,
    ) -> Result<Ended, StoreError> {
        let Body::Message(message) = &checked.body else {
            unreachable!("files are applied row by row")
        };
        if let Some(ended) = self.repeated(draft, checked, (party, message.kind()), at)? {
            return Ok(ended);
        }
        let input = match self.permitted(prepared, (message, checked), party) {
            Ok(input) => input,
            Err(refused) => return Ok(Ended::Refused(refused)),
        };
        let message_id = checked.message_id.to_string();
        let work = Work {
            input,
            actor: Actor::Party(party.to_string()),
            message: Some((message.kind(), message_id.clone())),
            body: rows::kept_body(message),
            cause: Cause::of(&prepared.arrival.properties),
        };
        let mut ended = self.work(draft, work, at)?;
        if let Ended::Refused(refused) = &mut ended {
            refused.order_code = message.order_code();
        } else {
            let mark = Mark { content: checked.content, seq: at.seq };
            draft.put_mark(self.periods(at.now), (&party.to_string(), &message_id), mark);
        }
        Ok(ended)
    }

    /// A message id that was applied before: the same content is a duplicate, other content a
    /// conflict.
    pub(super) fn repeated(
        &mut self,
        draft: &mut Draft<'_>,
        checked: &Checked,
        (party, kind): (&Party, MessageType),
        at: At,
    ) -> Result<Option<Ended>, StoreError> {
        let (name, id) = (party.to_string(), checked.message_id.as_str());
        let periods = self.periods(at.now);
        let Some(mark) = draft.mark(periods, &name, id)? else {
            return Ok(None);
        };
        if mark.content != checked.content {
            let detail = "this message_id was applied with other content";
            let refused = Refused::new(Code::MESSAGE_ID_REUSED, detail);
            return Ok(Some(Ended::Refused(refused)));
        }
        let mut subjects = Vec::new();
        if let Body::Message(message) = &checked.body
            && let Some(order_code) = message.order_code()
        {
            subjects.extend(draft.case(order_code)?.map(|case| Subject::Case(case.seq)));
        }
        draft.audit(AuditLine {
            at: at.now,
            seq: at.seq,
            actor: Actor::Party(name),
            message: Some((kind.as_str().to_owned(), id.to_owned())),
            disposition: Some(Disposition::Duplicate),
            subjects,
            notes: Vec::new(),
        });
        Ok(Some(Ended::Duplicate))
    }

    /// Who may say what (contract 2), as far as it does not depend on the state of an order.
    fn permitted(
        &self,
        prepared: &Prepared,
        (message, checked): (&Inbound, &Checked),
        party: &Party,
    ) -> Result<Input, Refused> {
        let (message_id, content) = (&checked.message_id, checked.content);
        for (pointer, attachment) in message.attachments() {
            let host = attachment.host();
            if host.is_some_and(|host| !self.directory.may_link(party, host)) {
                let detail = format!("{party} may not name documents on that host");
                let mut refused = Refused::new(Code::ATTACHMENT_INVALID, detail);
                refused.pointer = Some(format!("{pointer}/url"));
                refused.order_code = message.order_code();
                return Err(refused);
            }
        }
        match party {
            Party::Portal(portal) => Ok(Input::Portal {
                portal: portal.clone(),
                message_id: message_id.clone(),
                message: message.clone(),
                content,
            }),
            Party::Agency(agency) => {
                let (agency, message) = (agency.clone(), message.clone());
                Ok(Input::Agency { agency, message, content })
            }
            Party::Bank(bank) => {
                let Inbound::PaymentReported(body) = message else {
                    return Err(Refused::new(Code::TYPE_NOT_YOURS, "banks do not send this type"));
                };
                let key = prepared.arrival.routing_key.strip_suffix(".payment");
                if key != Some(body.feed.as_str()) {
                    let detail = format!("the routing key is not that of feed {}", body.feed);
                    return Err(Refused::new(Code::ROUTING_KEY_DISAGREES, detail));
                }
                if self.rules.feeds.get(&body.feed).is_none_or(|rule| rule.bank != *bank) {
                    let detail = format!("{party} does not speak for feed {}", body.feed);
                    let mut refused = Refused::new(Code::FEED_NOT_YOURS, detail);
                    refused.pointer = Some("/feed".to_owned());
                    return Err(refused);
                }
                Ok(Input::Report(rows::report_of(body)))
            }
        }
    }
}

/// The same with the place told as the body was spelled.
fn placed(ended: Ended, checked: &Checked) -> Ended {
    match (ended, &checked.body) {
        (Ended::Refused(mut refused), Body::Message(message)) => {
            let kind = message.kind();
            refused.pointer = refused.pointer.map(|it| checked.spelling.place(kind, &it));
            Ended::Refused(refused)
        }
        (ended, Body::Message(_) | Body::File { .. }) => ended,
    }
}
