//! Lists cross page by page: no object is kept between calls.

use midentity_core::Result;
use midentity_core::arm::Pages;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::outcome::Outcome;

/// Reads the first page of a list, or the one that a continuation names.
pub(crate) async fn read<T: DeserializeOwned + Serialize>(
    pages: Pages<T>,
    continuation: Option<&str>,
) -> Result<Outcome> {
    let mut pages = match continuation {
        Some(continuation) => pages.resume(continuation)?,
        None => pages,
    };
    let items = pages.next_page().await?.unwrap_or_default();
    Ok(Outcome::of(&json!({ "items": items, "continuation": pages.continuation() })))
}
