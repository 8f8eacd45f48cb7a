//! Tags as C gives them: a JSON object of texts.

use std::collections::BTreeMap;

use midentity_core::Result;

use crate::text::refused;

/// The tags; `None` where none are given.
///
/// # Errors
/// InvalidArgument where it is no object of texts.
pub(crate) fn read(json: Option<&str>) -> Result<Option<BTreeMap<String, String>>> {
    let Some(json) = json else { return Ok(None) };
    match serde_json::from_str(json) {
        Ok(tags) => Ok(Some(tags)),
        Err(_) => Err(refused(
            "the tags are no JSON object of texts".to_owned(),
            r#"give JSON text such as {"team": "identity"}"#,
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_objects_of_texts_are_tags() {
        assert_eq!(read(None).unwrap(), None);
        assert_eq!(read(Some(r#"{"a":"b"}"#)).unwrap().unwrap()["a"], "b");
        for json in ["", "[]", r#"{"a":1}"#, "null"] {
            assert!(read(Some(json)).is_err(), "{json}");
        }
    }
}
