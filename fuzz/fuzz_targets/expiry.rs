//! When a token expires, in any spelling: JSON as it stands, or a bare text in either field.
#![no_main]

use libfuzzer_sys::fuzz_target;
use midentity::fuzzing::expiry;
use serde_json::Value;

fuzz_target!(|text: &str| {
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(fields)) => expiry(fields.get("expires_in"), fields.get("expires_on")),
        Ok(value) => expiry(None, Some(&value)),
        Err(_) => {}
    }
    let text = Value::String(text.to_owned());
    expiry(None, Some(&text));
    expiry(Some(&text), None);
});
