//! What kvit's data is: values that prove themselves, the messages of the wire contract, the
//! records that are kept, and the closed list of refusal codes. No I/O, no async, no clock.

pub mod applicant;
pub mod code;
pub mod code_scan;
pub mod contract;
pub mod hex;
pub mod ids;
pub mod message;
pub mod moment;
pub mod money;
pub mod order_code;
pub mod policy;
pub mod record;
pub mod text;

pub use applicant::{ApplicantKind, Identification, Region};
pub use code::Code;
pub use code_scan::{FoundCode, each_code, find_codes};
pub use ids::{AgencyId, BankId, FeedId, MessageId, OperatorId, PortalId, ProcedureCode};
pub use moment::{Day, MINSK, Moment};
pub use money::{Currency, Money};
pub use order_code::OrderCode;
pub use policy::{EvidencePolicy, LatePayment};
pub use text::{Line, Prose};
