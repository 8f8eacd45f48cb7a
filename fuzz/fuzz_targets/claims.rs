//! What an unverified token says of itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use midentity::AccessToken;
use serde_json::Value;

fuzz_target!(|text: &str| {
    let token = AccessToken::new(text.to_owned(), 0);
    // Its length is shown and nothing else of it.
    let other = AccessToken::new("x".repeat(text.len()), 0);
    assert_eq!(format!("{token:?}"), format!("{other:?}"));
    let Some(claims) = token.claims() else { return };
    assert_eq!(text.matches('.').count(), 2);
    let read: Value = serde_json::from_str(&claims.to_json()).unwrap();
    assert!(read.is_object());
    assert_eq!(claims.client_id().is_some(), read["appid"].is_string() || read["azp"].is_string());
    assert_eq!(claims.tenant_id(), read["tid"].as_str());
    assert!(claims.roles().len() <= read["roles"].as_array().map_or(0, Vec::len));
});
