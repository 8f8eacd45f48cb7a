//! JSON values: what Resource Manager and the metadata service say, to be read without a JSON library.

use std::ffi::c_char;
use std::sync::OnceLock;

use midentity_core::{Error, ErrorKind, error::id};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::Value;

use crate::boundary::{Handle, guard, out, quietly};
use crate::error::midentity_error;
use crate::status::midentity_status;
use crate::text::{self, Text};

/// No value: what a path that leads nowhere gives.
pub const MIDENTITY_VALUE_MISSING: i32 = 0;
/// JSON's null.
pub const MIDENTITY_VALUE_NULL: i32 = 1;
/// true or false.
pub const MIDENTITY_VALUE_BOOLEAN: i32 = 2;
/// A number.
pub const MIDENTITY_VALUE_NUMBER: i32 = 3;
/// A text.
pub const MIDENTITY_VALUE_STRING: i32 = 4;
/// A list of values.
pub const MIDENTITY_VALUE_ARRAY: i32 = 5;
/// Values by name.
pub const MIDENTITY_VALUE_OBJECT: i32 = 6;

/// A JSON value, read-only. The functions that read it take NULL for a missing value, so that look-ups can be chained.
/// What midentity_operation_take_value and midentity_value_parse give is freed with midentity_value_free; what is
/// looked up inside it lives as long as that.
pub struct midentity_value {
    node: Node,
    /// Whether C owns it, and not the value around it.
    owned: bool,
    json: OnceLock<Text>,
}

enum Node {
    Null,
    Boolean(bool),
    Number(serde_json::Number),
    String(Text),
    Array(Vec<midentity_value>),
    Object(Vec<(Text, midentity_value)>),
}

impl Handle for midentity_value {
    const NAME: &'static str = "the value";
}

impl midentity_value {
    /// The value that C is to own.
    pub(crate) fn new(value: Value) -> Self {
        Self { owned: true, ..Self::inner(value) }
    }

    fn inner(value: Value) -> Self {
        let node = match value {
            Value::Null => Node::Null,
            Value::Bool(value) => Node::Boolean(value),
            Value::Number(number) => Node::Number(number),
            Value::String(text) => Node::String(Text::new(&text)),
            Value::Array(items) => Node::Array(items.into_iter().map(Self::inner).collect()),
            Value::Object(members) => {
                Node::Object(members.into_iter().map(|(name, value)| (Text::new(&name), Self::inner(value))).collect())
            }
        };
        Self { node, owned: false, json: OnceLock::new() }
    }

    fn look_up(&self, pointer: &str) -> Option<&Self> {
        if pointer.is_empty() {
            return Some(self);
        }
        let mut at = self;
        for token in pointer.strip_prefix('/')?.split('/') {
            let token = token.replace("~1", "/").replace("~0", "~");
            at = match &at.node {
                Node::Object(members) => &members.iter().find(|(name, _)| name.as_str() == token)?.1,
                // RFC 6901: no sign, no leading zero.
                Node::Array(items) if token == "0" || !token.starts_with(['0', '+']) => {
                    items.get(token.parse::<usize>().ok()?)?
                }
                _ => return None,
            };
        }
        Some(at)
    }
}

impl Serialize for midentity_value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.node {
            Node::Null => serializer.serialize_unit(),
            Node::Boolean(value) => serializer.serialize_bool(*value),
            Node::Number(number) => number.serialize(serializer),
            Node::String(text) => serializer.serialize_str(text.as_str()),
            Node::Array(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(item)?;
                }
                list.end()
            }
            Node::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (name, value) in members {
                    map.serialize_entry(name.as_str(), value)?;
                }
                map.end()
            }
        }
    }
}

/// Reads JSON text into a value, for instance what another program wrote. Refused where it is no JSON or nests deeper
/// than 128 levels.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_value_parse(
    json: *const c_char,
    json_len: usize,
    value: *mut *mut midentity_value,
    error: *mut *mut midentity_error,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let value = out("value", value)?;
            let text = text::required("json", json, json_len)?;
            value.write(midentity_value::new(parse("json", text)?).into_raw());
            Ok(())
        })
    }
}

/// JSON text that a caller gives.
pub(crate) fn parse(name: &str, json: &str) -> midentity_core::Result<Value> {
    serde_json::from_str(json).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        Error::new(ErrorKind::InvalidArgument, id::ARGUMENT_OPTION, format!("{name} is not JSON ({place})"))
            .with_hint("give JSON text, in UTF-8")
    })
}

/// The value at a path, a JSON pointer (RFC 6901) such as "/properties/principalId" or "/items/0"; "" is the value
/// itself. NULL where there is none. Borrowed from `value`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_value_get(
    value: *const midentity_value,
    path: *const c_char,
    path_len: usize,
) -> *const midentity_value {
    // SAFETY: pointers are as the header says.
    unsafe {
        let (Some(value), Ok(path)) = (value.as_ref(), text::required("path", path, path_len)) else {
            return std::ptr::null();
        };
        value.look_up(path).map_or(std::ptr::null(), std::ptr::from_ref)
    }
}

/// What kind of value it is: a MIDENTITY_VALUE_ constant; MIDENTITY_VALUE_MISSING for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_value_type(value: *const midentity_value) -> i32 {
    // SAFETY: NULL or a living value, as the header says.
    match unsafe { value.as_ref() }.map(|v| &v.node) {
        None => MIDENTITY_VALUE_MISSING,
        Some(Node::Null) => MIDENTITY_VALUE_NULL,
        Some(Node::Boolean(_)) => MIDENTITY_VALUE_BOOLEAN,
        Some(Node::Number(_)) => MIDENTITY_VALUE_NUMBER,
        Some(Node::String(_)) => MIDENTITY_VALUE_STRING,
        Some(Node::Array(_)) => MIDENTITY_VALUE_ARRAY,
        Some(Node::Object(_)) => MIDENTITY_VALUE_OBJECT,
    }
}

/// A text; NULL where the value is none. It may hold NULs, which the length counts. Borrowed from `value`; `length`
/// may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_value_string(value: *const midentity_value, length: *mut usize) -> *const c_char {
    // SAFETY: pointers are as the header says.
    unsafe {
        match value.as_ref().map(|v| &v.node) {
            Some(Node::String(text)) => text.lend(length),
            _ => text::nothing(length),
        }
    }
}

/// Writes the number and answers true; false where the value is no number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_value_number(value: *const midentity_value, number: *mut f64) -> bool {
    // SAFETY: pointers are as the header says.
    unsafe { read(value, number, |node| if let Node::Number(n) = node { n.as_f64() } else { None }) }
}

/// Writes the number and answers true; false where the value is no whole number of 64 bits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_value_integer(value: *const midentity_value, number: *mut i64) -> bool {
    // SAFETY: pointers are as the header says.
    unsafe { read(value, number, |node| if let Node::Number(n) = node { n.as_i64() } else { None }) }
}

/// Writes true or false and answers true; false where the value is no boolean.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_value_boolean(value: *const midentity_value, boolean: *mut bool) -> bool {
    // SAFETY: pointers are as the header says.
    unsafe { read(value, boolean, |node| if let Node::Boolean(b) = node { Some(*b) } else { None }) }
}

/// # Safety
/// `value` is NULL or living, `place` NULL or to be written.
unsafe fn read<T>(value: *const midentity_value, place: *mut T, pick: impl FnOnce(&Node) -> Option<T>) -> bool {
    // SAFETY: the caller's promise.
    let Some(found) = unsafe { value.as_ref() }.and_then(|v| pick(&v.node)) else { return false };
    if !place.is_null() {
        // SAFETY: not NULL, and the caller's promise.
        unsafe { place.write(found) };
    }
    true
}

/// How many items an array has, or members an object; 0 for everything else.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_value_length(value: *const midentity_value) -> usize {
    // SAFETY: NULL or a living value, as the header says.
    match unsafe { value.as_ref() }.map(|v| &v.node) {
        Some(Node::Array(items)) => items.len(),
        Some(Node::Object(members)) => members.len(),
        _ => 0,
    }
}

/// The item of an array, or the value of an object's member, by its number from 0; NULL where there is none. Borrowed
/// from `value`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_value_item(value: *const midentity_value, index: usize) -> *const midentity_value {
    // SAFETY: NULL or a living value, as the header says.
    let found = match unsafe { value.as_ref() }.map(|v| &v.node) {
        Some(Node::Array(items)) => items.get(index),
        Some(Node::Object(members)) => members.get(index).map(|(_, value)| value),
        _ => None,
    };
    found.map_or(std::ptr::null(), std::ptr::from_ref)
}

/// The name of an object's member, by its number from 0; NULL where there is none. Borrowed from `value`; `length` may
/// be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_value_key(
    value: *const midentity_value,
    index: usize,
    length: *mut usize,
) -> *const c_char {
    // SAFETY: pointers are as the header says.
    unsafe {
        match value.as_ref().map(|v| &v.node) {
            Some(Node::Object(members)) if index < members.len() => members[index].0.lend(length),
            _ => text::nothing(length),
        }
    }
}

/// The value as JSON text; NULL for NULL. Made on first use, then borrowed from `value`; `length` may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_value_to_json(value: *const midentity_value, length: *mut usize) -> *const c_char {
    // SAFETY: pointers are as the header says.
    unsafe {
        let Some(value) = value.as_ref() else { return text::nothing(length) };
        let made = quietly(None, || {
            Some(value.json.get_or_init(|| Text::new(&serde_json::to_string(value).unwrap_or_default())))
        });
        match made {
            Some(text) => text.lend(length),
            None => text::nothing(length),
        }
    }
}

/// Frees a value and all that was borrowed from it. NULL is allowed; a value that was looked up inside another is not
/// the caller's and is left alone.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_value_free(value: *mut midentity_value) {
    // SAFETY: NULL or a living value, as the header says.
    if unsafe { value.as_ref() }.is_some_and(|v| v.owned) {
        // SAFETY: C owns it, and does not use it any more.
        let value = unsafe { midentity_value::take_back(value) };
        quietly((), || drop(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn pointers_lead_where_rfc_6901_says() {
        let value = midentity_value::new(json!({"a/b": [10, {"m~n": true}], "": 5}));
        let found = |pointer: &str| value.look_up(pointer).map(|v| serde_json::to_string(v).unwrap());
        assert_eq!(found("/a~1b/0").as_deref(), Some("10"));
        assert_eq!(found("/a~1b/1/m~0n").as_deref(), Some("true"));
        assert_eq!(found("/").as_deref(), Some("5"));
        for nowhere in ["a", "/a~1b/2", "/a~1b/00", "/a~1b/-1", "/a~1b/+1", "/x", "/a~1b/0/x"] {
            assert_eq!(found(nowhere), None, "{nowhere}");
        }
    }

    #[test]
    fn json_comes_out_as_it_went_in() {
        let json = r#"{"empty":[],"n":-1.5,"none":null,"o":{},"t":"a\u0000ü\ud83d\ude00","u":18446744073709551615}"#;
        let value = midentity_value::new(parse("x", json).unwrap());
        let again: Value = serde_json::from_str(&serde_json::to_string(&value).unwrap()).unwrap();
        assert_eq!(again, serde_json::from_str::<Value>(json).unwrap());
    }
}
