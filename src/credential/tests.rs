//! Credentials over a transport that answers from memory, by a clock that is moved by hand.

mod caching;
mod concurrency;
mod limits;
mod probe;
mod retries;

use serde_json::{Value, json};

use super::*;
use crate::env::Env;
use crate::http::Transport;
use crate::http::scripted::Scripted;

const NOW: i64 = 1_700_000_000;
const ARM: &str = "https://management.azure.com/.default";

fn builder(transport: &Arc<Scripted>, clock: &Clock) -> CredentialBuilder {
    Credential::builder()
        .imds_endpoint("http://imds.test")
        .env(Env::fixed([]))
        .cache(TokenCache::new())
        .clock(clock.clone())
        .transport(Arc::clone(transport) as Arc<dyn Transport>)
}

fn credential(transport: &Arc<Scripted>, clock: &Clock) -> Credential {
    builder(transport, clock).build().unwrap()
}

fn scope() -> Scope {
    Scope::parse(ARM).unwrap()
}

async fn take(credential: &Credential) -> Result<String> {
    credential.get_token(&scope()).await.map(|t| t.secret().expose().to_owned())
}

/// What vectors say of an error.
fn facts(error: &Error) -> Value {
    json!({
        "kind": error.kind().number(),
        "id": error.id(),
        "message": error.message(),
        "status": error.http_status(),
        "service_code": error.service_code(),
        "correlation_id": error.correlation_id(),
        "request_id": error.request_id(),
        "retry_after": error.retry_after().map(|d| d.as_secs_f64()),
        "source": error.token_source(),
        "attempts": error.attempts(),
    })
}
