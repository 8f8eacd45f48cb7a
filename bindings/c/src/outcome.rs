//! What operations give.

use midentity_core::AccessToken;
use serde::Serialize;
use serde_json::Value;

/// The result of an operation, before C takes it.
#[derive(Debug)]
pub(crate) enum Outcome {
    Token(AccessToken),
    Value(Value),
}

impl Outcome {
    /// A result of the core as JSON.
    pub(crate) fn of(result: &impl Serialize) -> Self {
        // None of the core's results holds a map whose keys are no texts.
        Self::Value(serde_json::to_value(result).unwrap_or_default())
    }

    /// Whether a thing was there to delete.
    pub(crate) fn answer(yes: bool) -> Self {
        Self::Value(Value::Bool(yes))
    }

    pub(crate) fn nothing() -> Self {
        Self::Value(Value::Null)
    }
}
