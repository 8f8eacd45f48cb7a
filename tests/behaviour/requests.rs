//! What travels to the metadata service, by its own log.

use midentity::{Credential, Env, TokenCache, TokenOptions};
use midentity_emulator::{Emulator, RequestRecord};

use crate::conformance::scenario;
use crate::server::{TOKEN_PATH, builder, credential, emulator, scope, token_requests};

fn from_env(emulator: &Emulator, host: &str, more: &[(&str, &str)]) -> Credential {
    let host = host.replace('$', emulator.imds_endpoint());
    let variables = [("AZURE_POD_IDENTITY_AUTHORITY_HOST", host.as_str())];
    let env = Env::fixed(variables.into_iter().chain(more.iter().copied()));
    Credential::builder().env(env).cache(TokenCache::new()).build().unwrap()
}

fn only(emulator: &Emulator) -> RequestRecord {
    let mut requests = token_requests(emulator);
    assert_eq!(requests.len(), 1);
    requests.remove(0)
}

#[tokio::test]
async fn s026_s036_shape_of_a_request() {
    let (mut shape, mut agent) = (scenario!(26), scenario!(36));
    let emulator = emulator();
    credential(&emulator).get_token(&scope()).await.unwrap();
    let request = only(&emulator);
    shape.requests((request.method.as_str(), request.path.as_str()), ("GET", TOKEN_PATH));
    shape.requests(request.headers.get("metadata").map(String::as_str), Some("true"));
    let id = &request.headers["x-ms-client-request-id"];
    shape.check(uuid::Uuid::parse_str(id).is_ok(), id);
    let names: Vec<&str> = request.query.keys().map(String::as_str).collect();
    shape.requests(names, ["api-version", "resource"]);
    shape.requests(&request.query["api-version"], &["2018-02-01"][..]);
    shape.requests(&request.query["resource"], &["https://management.azure.com"][..]);
    for header in ["x-forwarded-for", "authorization", "cookie", "x-identity-header", "secret"] {
        shape.requests(request.headers.get(header), None);
    }
    agent.requests(request.headers["user-agent"].starts_with("midentity/"), true);
}

#[tokio::test]
async fn every_request_has_an_id_of_its_own() {
    let emulator = emulator();
    let credential = credential(&emulator);
    for _ in 0..3 {
        credential.get_token_with(&scope(), &TokenOptions::new().force_refresh(true)).await.unwrap();
    }
    let mut ids: Vec<_> =
        token_requests(&emulator).iter().map(|r| r.headers["x-ms-client-request-id"].clone()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 3);
}

#[tokio::test]
async fn s028_trailing_slashes_of_the_variable() {
    let mut s = scenario!(28);
    let emulator = emulator();
    for host in ["$", "$/", "$//", "$///"] {
        emulator.clear_requests();
        from_env(&emulator, host, &[]).get_token(&scope()).await.unwrap();
        s.requests(only(&emulator).path, TOKEN_PATH);
    }
    emulator.clear_requests();
    from_env(&emulator, "$/vm/system/", &[]).get_token(&scope()).await.unwrap();
    s.requests(only(&emulator).path, format!("/vm/system{TOKEN_PATH}"));
}

#[tokio::test]
async fn s021_a_malformed_variable_is_told_by_the_call() {
    let mut s = scenario!(21);
    for bad in ["nonsense", "http://", "http://user:secret-word@a", "http://a?b=c", "http://a#b"] {
        let env = Env::fixed([("AZURE_POD_IDENTITY_AUTHORITY_HOST", bad)]);
        // Constructing must not fail for the environment's sake.
        let credential = Credential::builder().env(env).cache(TokenCache::new()).build().unwrap();
        let error = credential.get_token(&scope()).await.unwrap_err();
        s.equal((error.kind().number(), error.id()), (1, "argument.endpoint"));
        s.check(error.message().contains("AZURE_POD_IDENTITY_AUTHORITY_HOST"), &error);
        s.check(!format!("{error:?}").contains("secret-word"), &error);
    }
}

#[tokio::test]
async fn s022_an_unsupported_scheme_is_refused() {
    let mut s = scenario!(22);
    for bad in ["https://127.0.0.1:1", "ftp://127.0.0.1", "file:///etc/passwd", "unix:/run/imds"] {
        let error = Credential::builder().imds_endpoint(bad).env(Env::fixed([])).build().unwrap_err();
        s.equal((error.kind().number(), error.id()), (1, "argument.endpoint"));
        let env = Env::fixed([("AZURE_POD_IDENTITY_AUTHORITY_HOST", bad)]);
        let credential = Credential::builder().env(env).cache(TokenCache::new()).build().unwrap();
        s.equal(credential.get_token(&scope()).await.unwrap_err().id(), "argument.endpoint");
    }
}

#[tokio::test]
async fn s023_the_variable_is_read_anew_by_a_new_credential() {
    let mut s = scenario!(23);
    let (first, second) = (emulator(), emulator());
    for emulator in [&first, &second] {
        from_env(emulator, "$", &[]).get_token(&scope()).await.unwrap();
    }
    s.requests((token_requests(&first).len(), token_requests(&second).len()), (1, 1));
}

#[tokio::test]
async fn the_argument_comes_before_the_variable() {
    let (asked, not_asked) = (emulator(), emulator());
    let env = Env::fixed([("AZURE_POD_IDENTITY_AUTHORITY_HOST", not_asked.imds_endpoint())]);
    builder(&asked).env(env).build().unwrap().get_token(&scope()).await.unwrap();
    assert_eq!((asked.request_count(), not_asked.request_count()), (1, 0));
}

#[tokio::test]
async fn s024_authorities_of_any_cloud_leave_the_request_alone() {
    let mut s = scenario!(24);
    let emulator = emulator();
    let mut seen = Vec::new();
    for more in [
        &[][..],
        &[("AZURE_REGIONAL_AUTHORITY_NAME", "eastus")],
        &[("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.us")],
        &[("AZURE_AUTHORITY_HOST", "https://login.chinacloudapi.cn"), ("AZURE_CLIENT_ID", "c")],
        &[("MIDENTITY_CLOUD", "AzureChinaCloud")],
        &[("IDENTITY_HEADER", "must not travel")],
    ] {
        emulator.clear_requests();
        from_env(&emulator, "$", more).get_token(&scope()).await.unwrap();
        let mut request = only(&emulator);
        request.headers.remove("x-ms-client-request-id");
        seen.push((request.path, request.query, request.headers));
    }
    seen.dedup();
    s.requests(seen.len(), 1);
}

#[tokio::test]
async fn s025_a_tenant_is_taken_and_not_sent() {
    let mut s = scenario!(25);
    let emulator = emulator();
    let options = TokenOptions::new().tenant_id("72f988bf-0000-4000-8000-00000000000f");
    credential(&emulator).get_token_with(&scope(), &options).await.unwrap();
    let request = only(&emulator);
    s.requests(request.query.keys().map(String::as_str).collect::<Vec<_>>(), ["api-version", "resource"]);
    s.requests(format!("{request:?}").contains("00000000000f"), false);
}

#[tokio::test]
async fn claims_are_not_sent() {
    let emulator = emulator();
    let options = TokenOptions::new().claims(r#"{"access_token":{"nbf":{"essential":true}}}"#).enable_cae(true);
    credential(&emulator).get_token_with(&scope(), &options).await.unwrap();
    assert!(!format!("{:?}", only(&emulator)).contains("essential"));
}

#[tokio::test]
async fn one_connection_serves_many_requests() {
    let emulator = emulator();
    let credential = credential(&emulator);
    for _ in 0..5 {
        credential.get_token_with(&scope(), &TokenOptions::new().force_refresh(true)).await.unwrap();
    }
    let mut connections: Vec<u64> = token_requests(&emulator).iter().map(|r| r.connection).collect();
    connections.dedup();
    assert_eq!(connections.len(), 1);
}

#[tokio::test]
async fn a_connection_that_the_server_closed_is_not_a_failure() {
    let emulator = emulator();
    let credential = builder(&emulator).retries(0).build().unwrap();
    // The server closes after the answer, as one that restarts does.
    emulator.add_fault_json(r#"{"headers": {"connection": "close"}}"#).unwrap();
    for _ in 0..3 {
        credential.get_token_with(&scope(), &TokenOptions::new().force_refresh(true)).await.unwrap();
    }
    assert_eq!(token_requests(&emulator).len(), 3);
}
