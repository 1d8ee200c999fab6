//! One record of a register → one row.

use kvit_schemas::{Currency, Day, MessageId, Moment, Money};

use super::layout::{
    AMOUNT, ENTRY, FINE, Fields, Kind, NAME, PERSONAL_ACCOUNT, RecordFields, SERVICE, is_reversal,
};
use crate::feeds::AmountRule;
use crate::feeds::error::{Fault, RowFault};
use crate::feeds::identity::Identity;
use crate::feeds::row::{Direction, Lump, Payer, References, Row, RowState};
use crate::feeds::values::{amount, filled, owned, stamp, trimmed};

/// How many fields a reversal has; fewer, and its places cannot be told from those of 206.
const REVERSAL_FIELDS: usize = 21;

/// What the header says of all its records.
pub(super) struct Context {
    pub(super) kind: Kind,
    pub(super) rule: AmountRule,
    pub(super) currency: Currency,
    pub(super) account: Option<String>,
    pub(super) document: Option<String>,
    pub(super) booked_on: Option<Day>,
    pub(super) lump: Option<Lump>,
}

impl Context {
    /// Reads a record's text.
    pub(super) fn row(&self, row: u64, byte_offset: u64, text: &str) -> Result<Row, Fault> {
        let fields = Fields::of(text);
        let fields = fields.as_slice();
        let places = self.kind.record();
        self.check_layout(fields, &places)?;
        let field = |at: usize| fields.get(at).copied().unwrap_or("");
        let payment_id = operation(field(places.operation))?;
        let (counted, fine, withheld) = self.money(fields, &places)?;
        Ok(Row {
            row,
            byte_offset,
            account: self.account.clone(),
            direction: Direction::Credit,
            state: match self.kind {
                Kind::Accepted => RowState::Accepted,
                Kind::Credited => RowState::Credited,
                Kind::Reversed => RowState::Reversed,
            },
            amount: counted,
            withheld,
            fine,
            identity: Identity::Operation,
            paid_at: moment("payment_datetime", field(places.paid_at))?,
            booked_on: self.booked_on,
            reversed_at: match places.reversed_at {
                Some(at) => moment("reversal_datetime", field(at))?,
                None => None,
            },
            payer: Payer { name: owned(field(NAME)), id: None, account: None },
            beneficiary_account: self.account.clone(),
            references: References {
                erip_operation: Some(payment_id.as_str().to_owned()),
                agent_operation: owned(field(places.agent_operation)),
                bank_document: self.document.clone(),
                ..References::default()
            },
            service: owned(field(SERVICE)),
            personal_account: filled(field(PERSONAL_ACCOUNT))
                .map(|_| field(PERSONAL_ACCOUNT).to_owned()),
            purpose: owned(field(places.info)),
            lump: self.lump.clone(),
            payment_id,
        })
    }

    /// Refuses what is no such record: an operation number read from another kind's place would
    /// make one payment of many.
    fn check_layout(&self, fields: &[&str], places: &RecordFields) -> Result<(), Fault> {
        let layout = |detail: String| Err(Fault::new(RowFault::Layout, detail));
        if fields.len() <= places.operation {
            return layout(format!("a record of {} fields", fields.len()));
        }
        let entry = trimmed(fields[ENTRY]);
        if entry.is_empty() || !entry.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Fault::value(RowFault::Layout, "entry_num", entry));
        }
        match self.kind {
            Kind::Accepted if is_reversal(fields) => layout(
                "a record of 206 has a time where one of 216 has that of the reversal".to_owned(),
            ),
            Kind::Reversed if !is_reversal(fields) && fields.len() < REVERSAL_FIELDS => {
                layout("a record of 216 has no reversal_datetime".to_owned())
            }
            Kind::Accepted | Kind::Credited | Kind::Reversed => Ok(()),
        }
    }

    /// The amount that counts, the fine, and what of the amount was withheld.
    fn money(
        &self,
        fields: &[&str],
        places: &RecordFields,
    ) -> Result<(Money, Option<Money>, Option<Money>), Fault> {
        let read = |name, at: usize| amount(name, fields[at], self.currency);
        let wrong = |detail: &str| Fault::new(RowFault::Amount, detail);
        let plain = read("amount", AMOUNT)?;
        let fine = match filled(fields[FINE]) {
            Some(_) => Some(read("fine_amount", FINE)?).filter(|fine| !fine.is_zero()),
            None => None,
        };
        let counted = match (self.rule, fine) {
            (AmountRule::AmountPlusFine, Some(fine)) => {
                plain.checked_add(fine).map_err(|_| wrong("amount and fine_amount are too much"))?
            }
            (AmountRule::Amount, _) | (AmountRule::AmountPlusFine, None) => plain,
        };
        if counted.is_zero() {
            return Err(wrong("nothing was paid"));
        }
        let withheld = match places.transfer {
            Some(at) => {
                let passed_on = read("transfer_amount", at)?;
                let withheld = counted.checked_sub(passed_on);
                Some(withheld.map_err(|_| wrong("transfer_amount is more than was paid"))?)
            }
            None => None,
        };
        Ok((counted, fine, withheld))
    }
}

/// An operation number: digits, not all zeros.
fn operation(text: &str) -> Result<MessageId, Fault> {
    let text = trimmed(text);
    let fault = || Fault::value(RowFault::Operation, "erip_op_num", text);
    let digits = (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits || text.bytes().all(|byte| byte == b'0') {
        return Err(fault());
    }
    text.parse().map_err(|_| fault())
}

fn moment(field: &str, text: &str) -> Result<Option<Moment>, Fault> {
    match filled(text) {
        None => Ok(None),
        Some(text) => match stamp(text) {
            Some(moment) => Ok(Some(moment)),
            None => Err(Fault::value(RowFault::Date, field, text)),
        },
    }
}
