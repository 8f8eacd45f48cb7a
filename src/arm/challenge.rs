//! Claims challenges: what a 401 answer says a new token must have.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// The decoded claims of a `WWW-Authenticate: Bearer … claims="<base64url>"` header. Padding may be missing, and some
/// services use the other alphabet.
pub(super) fn claims(header: &str) -> Option<String> {
    let from = header.to_ascii_lowercase().find("claims=\"")? + "claims=\"".len();
    let text = header.get(from..)?.split('"').next()?.trim_end_matches('=');
    let bytes = URL_SAFE_NO_PAD.decode(text).or_else(|_| STANDARD_NO_PAD.decode(text)).ok()?;
    let claims = String::from_utf8(bytes).ok()?;
    serde_json::from_str::<serde_json::Value>(&claims).ok().filter(serde_json::Value::is_object)?;
    Some(claims)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_json_objects_are_claims() {
        let header = r#"Bearer realm="", error="insufficient_claims", claims="eyJhIjoxfQ==""#;
        assert_eq!(claims(header).as_deref(), Some(r#"{"a":1}"#));
        for bad in ["Bearer", r#"Bearer claims="""#, r#"Bearer claims="!!""#, r#"Bearer claims="MQ""#] {
            assert_eq!(claims(bad), None, "{bad}");
        }
    }
}
