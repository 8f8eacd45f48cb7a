use midentity_emulator::{Emulator, TokenForm, TokenOptions};
use serde_json::{Value, json};

use crate::client::{emulator, emulator_of, get, https, https_request, token};

const TWO_TENANTS: &str = "
schema: 1
tenants: [{name: one}, {name: two}]
subscriptions:
  - name: s1
    tenant: one
    resource_groups:
      - {name: rg1, tags: {env: test}, vms: [{name: vm1, system_identity: true}]}
      - name: rg2
  - {name: s2, tenant: two}
  - {name: s3, tenant: one}
role_assignments: [{principal: rg1/vm1, role: Contributor, scope: s1}]
";

fn group(emulator: &Emulator, name: &str) -> String {
    format!("/subscriptions/{}/resourceGroups/{name}?api-version=2016-06-01", emulator.facts().subscription_id)
}

fn with_token(emulator: &Emulator, path: &str, token: &str) -> (u16, reqwest::header::HeaderMap, Value) {
    https(emulator, path, &[("authorization", &format!("Bearer {token}"))])
}

fn refused(answer: &(u16, reqwest::header::HeaderMap, Value), status: u16, code: &str, words: &str) {
    let error = &answer.2["error"];
    assert_eq!((answer.0, &error["code"]), (status, &json!(code)), "{error}");
    assert!(error["message"].as_str().unwrap().contains(words), "{error}");
    assert!(answer.1.contains_key("x-ms-request-id") && answer.1.contains_key("x-ms-correlation-request-id"));
    assert_eq!(answer.1["x-ms-failure-cause"], "gateway");
    assert_eq!(answer.1.contains_key("www-authenticate"), status == 401);
    assert!(!answer.1.contains_key("retry-after"), "clients would retry it");
}

#[test]
fn api_version_comes_first() {
    let emulator = emulator();
    let path = group(&emulator, "rg1");
    let bare = path.split('?').next().unwrap();
    refused(
        &https(&emulator, bare, &[]),
        400,
        "MissingApiVersionParameter",
        "(?api-version=) is required for all requests",
    );
    refused(&https(&emulator, &format!("{bare}?api-version="), &[]), 400, "MissingApiVersionParameter", "required");
    refused(&https(&emulator, &format!("{bare}?api-version=soon"), &[]), 400, "InvalidApiVersionParameter", "'soon'");
    refused(
        &https(&emulator, "/subscriptions/nonsense?api-version=2021-04-01", &[]),
        400,
        "InvalidSubscriptionId",
        "nonsense",
    );
}

#[test]
fn tokens_that_are_not_good_enough() {
    let emulator = emulator();
    let tenant = emulator.facts().tenant_id;
    let path = group(&emulator, "rg1");
    let missing = https(&emulator, &path, &[]);
    refused(&missing, 401, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.");
    let challenge = missing.1["www-authenticate"].to_str().unwrap();
    assert!(
        challenge.starts_with(&format!(
            r#"Bearer authorization_uri="{}/{tenant}", error="invalid_token", error_description=""#,
            emulator.cloud()
        )),
        "{challenge}"
    );
    let basic = https(&emulator, &path, &[("authorization", "Basic eHg=")]);
    refused(&basic, 401, "AuthenticationFailedInvalidHeader", "invalid format");
    let good = token(&emulator, "");
    let mut forged: Vec<&str> = good.split('.').collect();
    let none = "eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0";
    forged[0] = none;
    for bad in ["nonsense", "a.b.c", &good[..good.len() - 6], &forged.join("."), &format!("{none}.{}.", forged[1])] {
        refused(&with_token(&emulator, &path, bad), 401, "InvalidAuthenticationToken", "The access token is invalid.");
    }
    let storage =
        get(&emulator, "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://storage.azure.com/")
            .json();
    refused(
        &with_token(&emulator, &path, storage["access_token"].as_str().unwrap()),
        401,
        "InvalidAuthenticationTokenAudience",
        "obtained for wrong audience or resource 'https://storage.azure.com/'",
    );
    emulator.set_clock_offset(90_000);
    refused(
        &with_token(&emulator, &path, &good),
        401,
        "ExpiredAuthenticationToken",
        "is earlier than current UTC time '",
    );
    emulator.set_clock_offset(-90_000);
    refused(&with_token(&emulator, &path, &good), 401, "InvalidAuthenticationToken", "not valid yet");
    emulator.set_clock_offset(0);
    for (form, words) in [
        (TokenForm::Opaque, "The access token is invalid."),
        (TokenForm::Encrypted, "The access token is invalid."),
        (TokenForm::ClaimsLess, "at least one of the claims 'puid' or 'altsecid' or 'oid'"),
    ] {
        emulator.set_token_options(TokenOptions { form, ..TokenOptions::default() });
        refused(&with_token(&emulator, &path, &token(&emulator, "")), 401, "InvalidAuthenticationToken", words);
    }
    emulator.set_token_options(TokenOptions { form: TokenForm::GuidAudience, ..TokenOptions::default() });
    refused(
        &with_token(&emulator, &path, &token(&emulator, "")),
        401,
        "InvalidAuthenticationTokenAudience",
        "wrong audience",
    );
}

#[test]
fn another_emulators_token_is_worth_nothing() {
    let folder = std::env::temp_dir().join(format!("midentity-emulator-test-{}", std::process::id()));
    let other =
        Emulator::start(midentity_emulator::Options { state_dir: Some(folder.clone()), ..Default::default() }).unwrap();
    let emulator = emulator();
    refused(
        &with_token(&emulator, &group(&emulator, "rg1"), &token(&other, "")),
        401,
        "InvalidAuthenticationToken",
        "invalid",
    );
    // The same key but another issuer: two emulators of one state folder.
    let twin = crate::client::emulator();
    refused(
        &with_token(&emulator, &group(&emulator, "rg1"), &token(&twin, "")),
        401,
        "InvalidAuthenticationTokenTenant",
        "wrong issuer",
    );
    drop(other);
    let _ = std::fs::remove_dir_all(folder);
}

#[test]
fn roles_decide() {
    let emulator = emulator();
    let facts = emulator.facts();
    let system = facts.system.unwrap();
    let denied = with_token(&emulator, &group(&emulator, "rg2"), &token(&emulator, ""));
    let words = format!(
        "The client '{}' with object id '{}' does not have authorization to perform action 'Microsoft.Resources/subscriptions/resourceGroups/read' over scope '/subscriptions/{}/resourceGroups/rg2' or the scope is invalid. If access was recently granted, please refresh your credentials.",
        system.client_id, system.principal_id, facts.subscription_id
    );
    refused(&denied, 403, "AuthorizationFailed", &words);
    // What does not exist looks the same to whoever may not read it.
    refused(&with_token(&emulator, &group(&emulator, "rg9"), &token(&emulator, "")), 403, "AuthorizationFailed", "rg9");
    let body = json!({
        "id": format!("/subscriptions/{}/resourceGroups/rg1", facts.subscription_id),
        "name": "rg1",
        "type": "Microsoft.Resources/resourceGroups",
        "location": "eastus",
        "properties": {"provisioningState": "Succeeded"},
    });
    let user = format!("&client_id={}", facts.user_identities[0].client_id);
    for token in [token(&emulator, ""), token(&emulator, &user)] {
        let (status, headers, read) =
            with_token(&emulator, &group(&emulator, "RG1").replace("resourceGroups", "resourcegroups"), &token);
        assert_eq!((status, read), (200, body.clone()));
        assert_eq!(headers["x-ms-ratelimit-remaining-subscription-reads"], "249");
    }
    // Taking the role away takes the right away, with the same token.
    let token = token(&emulator, "");
    let mut state = emulator.state();
    state["role_assignments"] = json!([]);
    emulator.set_state(&state.to_string()).unwrap();
    assert_eq!(with_token(&emulator, &group(&emulator, "rg1"), &token).0, 403);
    emulator.reset();
    assert_eq!(with_token(&emulator, &group(&emulator, "rg1"), &token).0, 200);
}

#[test]
fn audiences_with_and_without_the_slash() {
    let emulator = emulator();
    let own = emulator.cloud().to_owned();
    for audience in [own.as_str(), "https://management.azure.com", "https://management.core.windows.net"] {
        for slash in ["", "/"] {
            let target = format!("/metadata/identity/oauth2/token?api-version=2018-02-01&resource={audience}{slash}");
            let answer = get(&emulator, &target).json();
            let token = answer["access_token"].as_str().unwrap();
            assert_eq!(with_token(&emulator, &group(&emulator, "rg1"), token).0, 200, "{audience}{slash}");
        }
    }
    let id = "8f7ff41f-0ba5-4e5b-93c3-d8a5e2c0d7a9";
    let answer = https(
        &emulator,
        &group(&emulator, "rg1"),
        &[
            ("authorization", &format!("bearer {}", token(&emulator, ""))),
            ("x-ms-client-request-id", id),
            ("x-ms-return-client-request-id", "true"),
            ("x-ms-correlation-request-id", id),
        ],
    );
    assert_eq!(
        (answer.0, &answer.1["x-ms-client-request-id"], &answer.1["x-ms-correlation-request-id"]),
        (200, &id.parse().unwrap(), &id.parse().unwrap())
    );
}

#[test]
fn tenants_and_subscriptions() {
    let emulator = emulator_of(TWO_TENANTS);
    let state = emulator.state();
    let id = |at: usize| state["subscriptions"][at]["id"].as_str().unwrap().to_owned();
    let token = token(&emulator, "");
    let get = |path: &str| with_token(&emulator, &format!("{path}?api-version=2022-12-01"), &token);
    refused(&get(&format!("/subscriptions/{}", id(1))), 401, "InvalidAuthenticationTokenTenant", "wrong issuer");
    refused(&get("/subscriptions/11111111-2222-3333-4444-555555555555"), 404, "SubscriptionNotFound", "11111111");
    refused(
        &get(&format!("/subscriptions/{}", id(2))),
        403,
        "AuthorizationFailed",
        "Microsoft.Resources/subscriptions/read",
    );
    refused(
        &get(&format!("/subscriptions/{}/resourceGroups/rg9", id(0))),
        404,
        "ResourceGroupNotFound",
        "Resource group 'rg9' could not be found.",
    );
    let (_, _, read) = get(&format!("/subscriptions/{}/resourceGroups/rg1", id(0)));
    assert_eq!(read["tags"], json!({"env": "test"}));
    let (_, _, one) = get(&format!("//subscriptions/{}", id(0)));
    assert_eq!(
        (&one["subscriptionId"], &one["displayName"], &one["state"]),
        (&json!(id(0)), &json!("s1"), &json!("Enabled"))
    );
    let (_, _, list) = get("/subscriptions");
    assert_eq!((list["value"].as_array().unwrap().len(), &list["value"][0]), (1, &one));
    let (_, _, tenants) = get("/tenants");
    assert_eq!(tenants["value"].as_array().unwrap().len(), 1);
    assert_eq!(tenants["value"][0]["tenantId"], one["tenantId"]);
    // A caller without any role gets an empty list, not an error.
    let mut none = state.clone();
    none["role_assignments"] = json!([]);
    emulator.set_state(&none.to_string()).unwrap();
    assert_eq!(get("/subscriptions").2["value"], json!([]));
}

#[test]
fn what_is_not_there_yet_says_so() {
    let emulator = emulator();
    let bearer = format!("Bearer {}", token(&emulator, ""));
    for (method, path) in [
        (
            "PUT",
            "/subscriptions/SUB/resourceGroups/rg1/providers/Microsoft.Resources/deployments/d?api-version=2021-04-01",
        ),
        ("POST", "/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01"),
        ("GET", "/?api-version=2021-03-01"),
    ] {
        let path = path.replace("SUB", &emulator.facts().subscription_id);
        let answer = https_request(&emulator, method.parse().unwrap(), &path, &[("authorization", &bearer)]);
        refused(&answer, 501, "NotImplementedByEmulator", "emulat");
    }
}

#[test]
fn endpoints_need_no_token() {
    let emulator = emulator();
    let (status, _, cloud) = https(&emulator, "/metadata/endpoints?api-version=2022-09-01", &[]);
    let own = format!("{}/", emulator.cloud());
    assert_eq!(status, 200);
    assert_eq!(cloud["resourceManager"], json!(own));
    assert_eq!(cloud["authentication"]["loginEndpoint"], json!(own));
    assert_eq!(cloud["authentication"]["audiences"][0], json!(own));
    let (_, _, list) = https(&emulator, "/metadata/endpoints?api-version=2019-05-01", &[]);
    assert_eq!(list, json!([cloud]));
    refused(&https(&emulator, "/metadata/endpoints", &[]), 400, "MissingApiVersionParameter", "required");
}
