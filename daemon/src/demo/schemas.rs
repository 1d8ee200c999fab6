//! The contract's schemas of what kvit says, as they are checked in, to judge what comes.

use std::collections::HashMap;

use jsonschema::Validator;
use serde_json::Value;

macro_rules! schemas {
    ($($kind:literal),* $(,)?) => {
        [$(($kind, include_str!(concat!("../../../schemas/json/out/", $kind, ".schema.json")))),*]
    };
}

/// By type.
const TEXTS: [(&str, &str); 12] = schemas![
    "alert.raised.v1",
    "case.assigned.v1",
    "case.deadline.v1",
    "case.documents_requested.v1",
    "case.payment_changed.v1",
    "case.status.v1",
    "case.withdrawn.v1",
    "decision.published.v1",
    "documents.added.v1",
    "file.report.v1",
    "message.refused.v1",
    "refund.due.v1",
];

/// What kvit may say.
#[derive(Debug)]
pub(super) struct Schemas(HashMap<&'static str, Validator>);

impl Schemas {
    /// Reads them.
    pub(super) fn read() -> anyhow::Result<Self> {
        let read = |(kind, text): (&'static str, &str)| -> anyhow::Result<_> {
            let schema: Value = serde_json::from_str(text)?;
            let options = jsonschema::options().should_validate_formats(true);
            let validator = options.build(&schema);
            Ok((kind, validator.map_err(|error| anyhow::anyhow!("schema of {kind}: {error}"))?))
        };
        Ok(Self(TEXTS.into_iter().map(read).collect::<anyhow::Result<_>>()?))
    }

    /// What is wrong with a message of this type, if anything is.
    pub(super) fn fault(&self, kind: &str, body: &Value) -> Option<String> {
        let Some(schema) = self.0.get(kind) else {
            return Some("the contract knows no such type".to_owned());
        };
        let error = schema.iter_errors(body).next()?;
        Some(format!("at {}: {error}", error.instance_path()))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn all_schemas_of_what_kvit_says_are_there_and_tell_what_is_wrong() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/json/out");
        let files = std::fs::read_dir(folder).unwrap();
        let files: BTreeSet<String> =
            files.map(|file| file.unwrap().file_name().to_string_lossy().into_owned()).collect();
        let known: BTreeSet<String> =
            TEXTS.iter().map(|(kind, _)| format!("{kind}.schema.json")).collect();
        assert_eq!(files, known);
        let schemas = Schemas::read().unwrap();
        let body = serde_json::json!({ "order_code": "17" });
        assert!(schemas.fault("case.status.v1", &body).is_some());
        assert!(schemas.fault("case.dreamt.v1", &body).is_some());
    }
}
