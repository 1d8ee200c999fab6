//! Bodies against the JSON schemas, by somebody else's validator.

use anyhow::{Result, anyhow};
use jsonschema::Validator;
use serde_json::Value;

/// What is wrong with a body by its schema, formats of dates and times included.
pub(super) fn faults(schema: &Value, body: &Value) -> Result<Vec<String>> {
    Ok(validator(schema)?.iter_errors(body).map(|error| error.to_string()).collect())
}

/// A validator that also looks at formats of dates and times.
pub(super) fn validator(schema: &Value) -> Result<Validator> {
    let options = jsonschema::options().should_validate_formats(true);
    options.build(schema).map_err(|error| anyhow!("{error}"))
}
