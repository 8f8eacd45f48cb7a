//! One case of a file of vectors; `tests/vectors/README.md` says what its keys mean.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use midentity::{AccessToken, Cloud, Credential, CredentialBuilder, Error, Identity, Result, Scope, TokenOptions};
use midentity_emulator::Emulator;
use serde_json::{Map, Value, json};

use crate::conformance::Scenario;
use crate::server::{Silent, builder, emulator, refused, token_requests, vectors_folder};

/// Runs every case of the file; one that fails does not hide the others.
pub(crate) fn run_file(file: &str) {
    let text = std::fs::read_to_string(vectors_folder().join(file)).unwrap();
    let vectors: Value = serde_json::from_str(&text).unwrap();
    let emulator = emulator();
    let cases = vectors["cases"].as_array().unwrap();
    assert!(!cases.is_empty());
    let mut failed = Vec::new();
    let test = format!("tests/behaviour/vectors.rs::{}", file.trim_end_matches(".json"));
    for case in cases {
        for key in case.as_object().unwrap().keys() {
            assert!(KEYS.contains(&key.as_str()), "{file}: a case has the unknown key {key}");
        }
        let mut options = vectors["options"].as_object().cloned().unwrap_or_default();
        options.extend(case["options"].as_object().cloned().unwrap_or_default());
        let numbers = case["scenarios"].as_array().unwrap().iter().map(|n| u32::try_from(n.as_u64().unwrap()).unwrap());
        let name = format!("tests/vectors/{file}::{}", case["name"].as_str().unwrap());
        let scenario = Scenario::case(&numbers.collect::<Vec<_>>(), &test, &name);
        emulator.reset();
        let case = Case { case, options, emulator: &emulator, scenario };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        if catch_unwind(AssertUnwindSafe(|| runtime.block_on(case.run()))).is_err() {
            failed.push(name);
        }
    }
    assert!(failed.is_empty(), "{} of {} cases failed: {failed:#?}", failed.len(), cases.len());
}

const KEYS: [&str; 12] = [
    "name",
    "scenarios",
    "vm",
    "endpoint",
    "identity",
    "scopes",
    "options",
    "faults",
    "fields",
    "tokens",
    "elsewhere",
    "expect",
];

/// What vectors say of an error.
pub(crate) fn facts(error: &Error) -> Value {
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

pub(crate) fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

struct Case<'a> {
    case: &'a Value,
    options: Map<String, Value>,
    emulator: &'a Emulator,
    scenario: Scenario,
}

impl Case<'_> {
    async fn run(mut self) {
        let elsewhere = self.case.get("elsewhere").map(|_| emulator());
        self.prepare(elsewhere.as_ref());
        let silent = (self.case["endpoint"] == "silent").then(Silent::new);
        let endpoint = match (self.case["endpoint"].as_str(), self.case["vm"].as_str()) {
            (None, None) => self.emulator.imds_endpoint().to_owned(),
            (None, Some(vm)) => self.emulator.imds_endpoint_of(vm),
            (Some("refused"), _) => refused(),
            (Some(_), _) => silent.as_ref().unwrap().endpoint.clone(),
        };
        let made = self.builder(&endpoint).build();
        let start = Instant::now();
        let result = match &made {
            Ok(credential) => self.call(credential).await,
            Err(error) => Err(error.clone()),
        };
        let took = start.elapsed();
        self.result(&result);
        self.requests(took);
        if let (Some(cached), Ok(credential)) = (self.case["expect"]["cached"].as_bool(), &made) {
            let before = token_requests(self.emulator).len();
            let again = self.call(credential).await;
            let more = token_requests(self.emulator).len() - before;
            self.scenario.requests(more == 0, cached);
            if let (true, Ok(first)) = (cached, &result) {
                let again = again.unwrap();
                self.scenario.equal(again.from_cache(), true);
                self.scenario.check(again.secret().expose() == first.secret().expose(), "the cache's is another token");
            }
        }
        if let Some(elsewhere) = elsewhere {
            self.scenario.requests(elsewhere.request_count(), 0);
        }
    }

    fn prepare(&self, elsewhere: Option<&Emulator>) {
        if let Some(fields) = self.case["fields"].as_object() {
            let mut body = fields.clone();
            body.insert("access_token".into(), json!("vector-token"));
            self.emulator.add_fault_json(&json!({"status": 200, "body": body}).to_string()).unwrap();
        }
        if let Some(faults) = self.case.get("faults") {
            let address = elsewhere.map(Emulator::imds_endpoint).unwrap_or_default();
            self.emulator.add_fault_json(&faults.to_string().replace("$elsewhere", address)).unwrap();
        }
        if let Some(tokens) = self.case.get("tokens") {
            self.emulator.set_token_options(serde_json::from_value(tokens.clone()).unwrap());
        }
    }

    fn builder(&self, endpoint: &str) -> CredentialBuilder {
        let mut builder = builder(self.emulator).imds_endpoint(endpoint);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        for (name, value) in self.case["identity"].as_object().into_iter().flatten() {
            builder = builder.identity(match name.as_str() {
                "client_id" => Identity::ClientId(text(value)),
                "object_id" => Identity::ObjectId(text(value)),
                "resource_id" => Identity::ResourceId(text(value)),
                "system_assigned" => Identity::SystemAssigned,
                other => panic!("no identity is called {other}"),
            });
        }
        for (name, value) in &self.options {
            let seconds = || Duration::from_secs_f64(value.as_f64().unwrap());
            builder = match name.as_str() {
                "timeout" => builder.timeout(seconds()),
                "connect_timeout" => builder.connect_timeout(seconds()),
                "retries" => builder.retries(u32::try_from(value.as_u64().unwrap()).unwrap()),
                "cloud" => builder.cloud(Cloud::parse(&text(value)).unwrap()),
                "query" => value.as_object().unwrap().iter().fold(builder, |b, (n, v)| b.extra_query(n, text(v))),
                "enable_cae" => builder,
                other => panic!("no option is called {other}"),
            };
        }
        builder
    }

    async fn call(&self, credential: &Credential) -> Result<AccessToken> {
        let scope = match self.case["scopes"].as_array() {
            None => Scope::parse("https://management.azure.com/.default"),
            Some(scopes) => Scope::one_of(scopes.iter().map(|s| s.as_str().unwrap())),
        }?;
        let cae = self.options.get("enable_cae") == Some(&Value::Bool(true));
        credential.get_token_with(&scope, &TokenOptions::new().enable_cae(cae)).await
    }

    fn result(&mut self, result: &Result<AccessToken>) {
        let expect = &self.case["expect"];
        match (result, expect.get("error")) {
            (Ok(token), None) => self.token(token, &expect["token"]),
            (Err(error), Some(expected)) => {
                self.scenario.error(&facts(error), expected);
                self.scenario.check(error.hint().is_some_and(|h| !h.is_empty()), "there is no hint");
            }
            (result, expected) => panic!("{}: {result:?} instead of {expected:?}", self.case["name"]),
        }
    }

    fn token(&mut self, token: &AccessToken, expected: &Value) {
        let s = &mut self.scenario;
        s.check(!token.from_cache() && !token.secret().expose().is_empty(), "it is a new token");
        let soon = |at: i64, expected: &Value| (at - now() - expected.as_i64().unwrap()).abs() <= 5;
        for (name, value) in expected.as_object().into_iter().flatten() {
            match name.as_str() {
                "expires_on" => s.equal(Some(token.expires_on()), value.as_i64()),
                "expires_in" => s.check(soon(token.expires_on(), value), format!("expires on {}", token.expires_on())),
                "refresh_in" if value.is_null() => s.equal(token.refresh_on(), None),
                "refresh_in" => s.check(
                    token.refresh_on().is_some_and(|at| soon(at, value)),
                    format!("refreshed on {:?}", token.refresh_on()),
                ),
                "token_type" => s.equal(token.token_type(), value.as_str().unwrap()),
                "identity_verified" => s.equal(Some(token.identity_verified()), value.as_bool()),
                "claims" => {
                    let claims = token.claims().expect("the token can be read");
                    for (name, value) in value.as_object().unwrap() {
                        s.equal(claims.text(name), value.as_str());
                    }
                }
                other => panic!("nothing of a token is called {other}"),
            }
        }
    }

    fn requests(&mut self, took: Duration) {
        let expect = &self.case["expect"];
        let logged = token_requests(self.emulator);
        if let Some(count) = expect["requests"].as_u64() {
            self.scenario.requests(logged.len() as u64, count);
        }
        for (name, value) in expect["query"].as_object().into_iter().flatten() {
            let values = logged.last().expect("there was a request").query.get(name);
            let expected = value.as_str().map(|v| vec![v.to_owned()]);
            self.scenario.requests((name, values), (name, expected.as_ref()));
        }
        let seconds = took.as_secs_f64();
        if let Some(most) = expect["within_seconds"].as_f64() {
            self.scenario.check(seconds <= most, format!("it took {seconds} s"));
        }
        if let Some(least) = expect["at_least_seconds"].as_f64() {
            self.scenario.check(seconds >= least, format!("it took {seconds} s"));
        }
    }
}
