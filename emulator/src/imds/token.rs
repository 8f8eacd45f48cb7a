//! `GET /metadata/identity/oauth2/token`.

use http::StatusCode;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::refusal::{bad_version, no_vm, refuse};
use super::{selection, versions};
use crate::server::call::Call;
use crate::server::reply::Reply;
use crate::shared::Shared;
use crate::state::VmPlace;
use crate::token::options::{ExpiresAs, TokenForm, TokenOptions};
use crate::token::{Minted, Subject, TokenRequest};

pub(super) async fn answer(shared: &Shared, call: &Call, vm: Option<&str>, form: Option<TokenForm>) -> Reply {
    let version = call.parameter("api-version").filter(|v| !v.is_empty());
    if version.and_then(|v| versions::known(v, versions::FIRST_WITH_IDENTITY)).is_none() {
        return bad_version(true, version.is_none());
    }
    let Some(resource) = call.parameter("resource").filter(|r| !r.is_empty()) else {
        return refuse(StatusCode::BAD_REQUEST, "invalid_request", "Required query variable 'resource' is missing");
    };
    let wanted = match selection::selector(call) {
        Ok(wanted) => wanted,
        Err(refused) => return refused,
    };
    let subject = {
        let world = shared.world();
        let Some(place) = world.state.vm(vm) else { return no_vm(true, vm) };
        let seen = world.seen_by_metadata(place.vm, &place.id());
        let place = VmPlace { vm: seen.as_ref().unwrap_or(place.vm), ..place };
        match selection::select(&world.state, place, wanted) {
            Ok(subject) => subject,
            Err(refused) => return refused,
        }
    };
    if !is_audience(resource) {
        return unknown_resource(resource, &subject, shared.world().now());
    }
    // Only here is the key needed: every refusal above is answered while it is still in the making.
    let key = shared.key.get().await;
    let issuer = shared.issuer(subject.tenant_id);
    let mut world = shared.world();
    let now = world.now();
    let options = world.options.clone();
    let request = TokenRequest {
        issuer: &issuer,
        subject: &subject,
        resource,
        form: form.unwrap_or(options.form),
        bypass: call.parameter("bypass_cache").is_some_and(|v| v.eq_ignore_ascii_case("true")),
        now,
    };
    let minted = world.tokens.get(&key, &options, &request);
    drop(world);
    Reply::json(StatusCode::OK, &fields(&minted, &subject, resource, wanted, &options, now))
}

/// Whether Entra could know an application by this name: a URI with a host, an application id URI or a GUID.
/// Scopes and short names are not resources, and are refused as Entra refuses them.
fn is_audience(resource: &str) -> bool {
    if Uuid::parse_str(resource).is_ok() {
        return true;
    }
    let Some((scheme, rest)) = resource.split_once("://") else { return false };
    if resource.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return false;
    }
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let scope = [".default", "user_impersonation"]
        .iter()
        .any(|scope| rest.trim_end_matches('/').rsplit('/').next().is_some_and(|last| last == *scope));
    match scheme.to_ascii_lowercase().as_str() {
        "https" | "http" => {
            !scope && !host.is_empty() && (host.contains('.') || host.contains(':') || host == "localhost")
        }
        "api" => !scope && !host.is_empty(),
        _ => false,
    }
}

fn unknown_resource(resource: &str, subject: &Subject, now: i64) -> Reply {
    let at = OffsetDateTime::from_unix_timestamp(now).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let at = at.format(time::macros::format_description!("[year]-[month]-[day] [hour]:[minute]:[second]Z"));
    let description = format!(
        "AADSTS500011: The resource principal named {resource} was not found in the tenant named {tenant}. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant. Trace ID: {trace} Correlation ID: {correlation} Timestamp: {at}",
        tenant = subject.tenant_id,
        trace = Uuid::new_v4(),
        correlation = Uuid::new_v4(),
        at = at.unwrap_or_default(),
    );
    refuse(StatusCode::BAD_REQUEST, "invalid_resource", &description)
}

/// The answer's fields. IMDS sends them in alphabetical order, as this map does.
fn fields(
    minted: &Minted,
    subject: &Subject,
    resource: &str,
    wanted: Option<(&'static str, &str)>,
    options: &TokenOptions,
    now: i64,
) -> Map<String, Value> {
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| {
        fields.insert(name.to_owned(), value);
    };
    put("access_token", json!(minted.token));
    put("refresh_token", json!(""));
    put("token_type", json!("Bearer"));
    let number = |n: i64| match options.expires_as {
        ExpiresAs::Int => json!(n),
        // Epoch seconds stay exact in a double for the next 200 million years.
        #[allow(clippy::cast_precision_loss)]
        ExpiresAs::Float => json!(n as f64),
        _ => json!(n.to_string()),
    };
    let left = minted.expires_on - now;
    if let Some(date) = date(minted.expires_on, options.expires_as) {
        put("expires_on", json!(date));
    } else {
        put("expires_in", number(left));
        put("ext_expires_in", number(left));
        put("expires_on", number(minted.expires_on));
        put("not_before", number(minted.not_before));
    }
    if options.echo {
        put("resource", json!(resource));
        put("client_id", json!(subject.client_id));
        match wanted.map(|(kind, _)| kind) {
            Some("object_id") => put("object_id", json!(subject.principal_id)),
            Some("msi_res_id" | "mi_res_id") => put("msi_res_id", json!(subject.resource_id)),
            _ => {}
        }
    }
    fields
}

/// The end as a date, where the options ask for one.
fn date(expires_on: i64, form: ExpiresAs) -> Option<String> {
    let at = OffsetDateTime::from_unix_timestamp(expires_on).ok()?;
    let text = match form {
        ExpiresAs::Iso8601 => at.format(time::macros::format_description!(
            "[year]-[month]-[day]T[hour]:[minute]:[second].0000000+00:00"
        )),
        ExpiresAs::DateLinux => {
            at.format(time::macros::format_description!("[month]/[day]/[year] [hour]:[minute]:[second] +00:00"))
        }
        ExpiresAs::DateWindows => at.format(time::macros::format_description!(
            "[month padding:none]/[day padding:none]/[year] [hour repr:12 padding:none]:[minute]:[second] [period] +00:00"
        )),
        ExpiresAs::String | ExpiresAs::Int | ExpiresAs::Float => return None,
    };
    text.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_and_short_names_are_no_resources() {
        for bad in [
            "s",
            "user.read",
            "arm",
            "https://",
            "https://nohost",
            "https://management.azure.com/.default",
            "https://management.azure.com//.default",
            "https://management.azure.com/user_impersonation",
            "ftp://management.azure.com",
            "https://a b.com",
            "api://",
        ] {
            assert!(!is_audience(bad), "{bad}");
        }
        for good in [
            "https://management.azure.com/",
            "https://management.azure.com",
            "HTTPS://Management.Azure.com//",
            "https://127.0.0.1:4433/",
            "https://batch.core.windows.net/",
            "499b84ac-1321-427f-aa17-267ca6975798",
            "api://AzureADTokenExchange",
        ] {
            assert!(is_audience(good), "{good}");
        }
    }

    #[test]
    fn dates_come_in_the_peers_forms() {
        let at = 1_579_152_264;
        assert_eq!(date(at, ExpiresAs::Iso8601).unwrap(), "2020-01-16T05:24:24.0000000+00:00");
        assert_eq!(date(at, ExpiresAs::DateLinux).unwrap(), "01/16/2020 05:24:24 +00:00");
        assert_eq!(date(at, ExpiresAs::DateWindows).unwrap(), "1/16/2020 5:24:24 AM +00:00");
        assert_eq!(date(at, ExpiresAs::Int), None);
    }
}
