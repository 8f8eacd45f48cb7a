//! Lists: `$top`, `$skiptoken`, and the absolute `nextLink` that has both.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use percent_encoding::percent_decode_str;
use serde::Serialize;

use super::envelope::error;
use super::{Answer, Context};
use crate::server::reply::Reply;

#[derive(Serialize)]
struct Page<T> {
    value: Vec<T>,
    /// Absent on the last page.
    #[serde(rename = "nextLink", skip_serializing_if = "Option::is_none")]
    next_link: Option<String>,
}

/// The query parameter of this name, whatever its casing.
pub(super) fn parameter<'a>(context: &'a Context<'_>, name: &str) -> Option<&'a str> {
    let found = context.call.query.iter().find(|(given, _)| given.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
}

/// Where the page starts and how long it is.
pub(super) fn window(context: &Context<'_>) -> Result<(usize, usize), Reply> {
    let longest = context.world.settings.page_size.max(1);
    let top = match parameter(context, "$top") {
        None => longest,
        Some(text) => text.parse().ok().filter(|top| *top > 0).ok_or_else(|| {
            let message = format!("The value '{text}' of the query parameter '$top' is not a positive number.");
            error(StatusCode::BAD_REQUEST, "InvalidQueryParameterValue", &message)
        })?,
    };
    let start = match parameter(context, "$skiptoken") {
        None => 0,
        Some(token) => position(token).ok_or_else(|| {
            let message = "The value of the query parameter '$skiptoken' is not one that this service gave out.";
            error(StatusCode::BAD_REQUEST, "InvalidSkipToken", message)
        })?,
    };
    Ok((start, longest.min(top)))
}

fn position(token: &str) -> Option<usize> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    std::str::from_utf8(&bytes).ok()?.strip_prefix("at:")?.parse().ok()
}

/// One page of the items as `shown` makes them, with the link to the next one where there is one. Only what is on the
/// page is made: a list is asked for page by page, and those before would be made again each time.
pub(super) fn page<I, T: Serialize>(
    context: &Context<'_>,
    items: impl Iterator<Item = I>,
    shown: impl FnMut(I) -> T,
) -> Answer {
    let (start, length) = window(context)?;
    let mut items = items.skip(start);
    let value: Vec<T> = items.by_ref().take(length).map(shown).collect();
    let next_link = items.next().is_some().then(|| next(context, start + length));
    Ok(Reply::json(StatusCode::OK, &Page { value, next_link }))
}

/// This call's own address, with another place to start at.
pub(super) fn next(context: &Context<'_>, start: usize) -> String {
    let call = context.call;
    let kept = call.raw_query.split('&').filter(|pair| {
        let name = pair.split('=').next().unwrap_or_default();
        !percent_decode_str(name).decode_utf8_lossy().eq_ignore_ascii_case("$skiptoken")
    });
    let query: Vec<&str> = kept.collect();
    let token = URL_SAFE_NO_PAD.encode(format!("at:{start}"));
    format!("{}{}?{}&%24skiptoken={token}", context.origin(), call.path, query.join("&"))
}
