use serde_json::json;

use crate::client::{ARM, TOKEN, claims, emulator, emulator_of, get, send, token};

const NONE: &str = "schema: 1\nsubscriptions: [{resource_groups: [{name: rg1, vms: [{name: vm1}]}]}]";
const MANY: &str = "
schema: 1
subscriptions:
  - resource_groups:
      - name: rg1
        user_identities: [{name: id1}, {name: id2}]
        vms:
          - {name: vm0, user_identities: [id1, id2]}
          - {name: only, user_identities: [id2]}
          - {name: both, system_identity: true, user_identities: [id1, id2]}
      - name: rg2
        vms: [{name: only, system_identity: true}]
";

#[test]
fn requests_that_the_service_refuses() {
    let emulator = emulator();
    let ask = |headers: &[(&str, &str)], target: &str| send(emulator.imds_endpoint(), "GET", target, headers, "");
    let metadata = [("Metadata", "true")];
    for (headers, target, error, description) in [
        (&[][..], TOKEN, "invalid_request", "Required metadata header not specified"),
        (&[("Metadata", "false")], TOKEN, "invalid_request", "Required metadata header not specified"),
        (&[("Metadata", "true"), ("X-Forwarded-For", "1.2.3.4")], TOKEN, "invalid_request", "X-Forwarded-For"),
        (
            &metadata,
            "/metadata/identity/oauth2/token?resource=https://a.b",
            "invalid_request",
            "api-version was not specified",
        ),
        (
            &metadata,
            "/metadata/identity/oauth2/token?api-version=&resource=https://a.b",
            "invalid_request",
            "api-version",
        ),
        (
            &metadata,
            "/metadata/identity/oauth2/token?api-version=2018-02-02&resource=https://a.b",
            "invalid_request",
            "api-version is invalid",
        ),
        (
            &metadata,
            "/metadata/identity/oauth2/token?api-version=2017-12-01&resource=https://a.b",
            "invalid_request",
            "api-version is invalid",
        ),
        (
            &metadata,
            "/metadata/identity/oauth2/token?api-version=2018-02-01",
            "invalid_request",
            "Required query variable 'resource' is missing",
        ),
        (
            &metadata,
            "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=",
            "invalid_request",
            "Required query variable 'resource' is missing",
        ),
        (
            &metadata,
            "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=user.read",
            "invalid_resource",
            "AADSTS500011: The resource principal named user.read was not found in the tenant",
        ),
        (
            &metadata,
            "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=s",
            "invalid_resource",
            "AADSTS500011",
        ),
        (
            &metadata,
            "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://management.azure.com/user_impersonation",
            "invalid_resource",
            "AADSTS500011",
        ),
        (
            &metadata,
            &format!("{TOKEN}&resource=https://a.b"),
            "invalid_request",
            "'resource' is specified more than once",
        ),
        (&metadata, &format!("{TOKEN}&x=1&x=1"), "invalid_request", "'x' is specified more than once"),
        (&metadata, &format!("{TOKEN}&client_id=a&object_id=b"), "invalid_request", "Only one of"),
        (&metadata, &format!("{TOKEN}&msi_res_id=a&mi_res_id=a"), "invalid_request", "Only one of"),
        (
            &metadata,
            &format!("{TOKEN}&client_id=11111111-2222-3333-4444-555555555555"),
            "invalid_request",
            "Identity not found",
        ),
        (&metadata, &format!("{TOKEN}&client_id="), "invalid_request", "Identity not found"),
        (&metadata, &format!("{TOKEN}&object_id=nonsense"), "invalid_request", "Identity not found"),
        (&metadata, &format!("{TOKEN}&msi_res_id=/subscriptions/x"), "invalid_request", "Identity not found"),
    ] {
        let answer = ask(headers, target);
        let body = answer.json();
        assert_eq!(answer.status, 400, "{target}");
        assert_eq!(body["error"], error, "{target}: {body}");
        assert!(body["error_description"].as_str().unwrap().contains(description), "{target}: {body}");
        assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
        assert!(answer.header("server").unwrap().starts_with("IMDS/150.870.65."), "{}", answer.head);
        assert_eq!(body.get("newest-versions").is_some(), description.starts_with("api-version"), "{body}");
    }
    // Word for word, where the words are known.
    assert_eq!(
        ask(&[], TOKEN).json(),
        json!({"error": "invalid_request", "error_description": "Required metadata header not specified"})
    );
    let unknown = format!("{TOKEN}&client_id=11111111-2222-3333-4444-555555555555");
    assert_eq!(
        ask(&metadata, &unknown).json(),
        json!({"error": "invalid_request", "error_description": "Identity not found"})
    );
}

#[test]
fn other_methods_and_paths() {
    let emulator = emulator();
    for method in ["POST", "PUT", "DELETE", "PATCH"] {
        let answer = send(emulator.imds_endpoint(), method, TOKEN, &[("Metadata", "true")], "");
        assert_eq!((answer.status, answer.json()["error"].as_str()), (405, Some("method_not_allowed")));
        assert_eq!(answer.header("allow"), Some("GET"));
    }
    assert_eq!(get(&emulator, "/metadata/identity").status, 404);
    assert_eq!(get(&emulator, "/metadata/identity/oauth2/tokens").json()["error"], "not_found");
    assert_eq!(get(&emulator, "/").status, 404);
    assert_eq!(
        get(&emulator, "/METADATA/Identity/OAuth2/Token?api-version=2018-02-01&resource=https://a.b").status,
        200
    );
}

#[test]
fn a_machine_without_an_identity() {
    let emulator = emulator_of(NONE);
    for more in ["", "&client_id=11111111-2222-3333-4444-555555555555"] {
        let answer = get(&emulator, &format!("{TOKEN}{more}"));
        assert_eq!((answer.status, &answer.json()["error_description"]), (400, &json!("Identity not found")));
    }
    assert_eq!(get(&emulator, "/metadata/identity/info?api-version=2018-02-01").status, 400);
}

#[test]
fn which_identity_answers() {
    let emulator = emulator_of(MANY);
    let several = get(&emulator, TOKEN);
    assert_eq!(several.status, 400);
    assert_eq!(
        several.json(),
        json!({"error": "invalid_request", "error_description": "Multiple user assigned identities exist, please specify the clientId / resourceId of the identity in the token request"})
    );
    let ids = emulator.facts().user_identities;
    let id2 = &ids[1];
    let upper = id2.id.to_uppercase();
    for (selector, value) in [
        ("client_id", id2.client_id.as_str()),
        ("object_id", &id2.principal_id),
        ("msi_res_id", &id2.id),
        ("mi_res_id", &id2.id),
        ("msi_res_id", &upper),
    ] {
        let answer = get(&emulator, &format!("{TOKEN}&{selector}={value}")).json();
        assert_eq!(claims(answer["access_token"].as_str().unwrap())["oid"], json!(id2.principal_id), "{selector}");
        assert_eq!(answer["client_id"], json!(id2.client_id));
        assert_eq!(answer.get("object_id"), (selector == "object_id").then_some(&json!(id2.principal_id)));
        assert_eq!(answer.get("msi_res_id"), selector.ends_with("res_id").then_some(&json!(id2.id)));
    }
    // The only user-assigned identity answers without being named, the system-assigned one comes before any other.
    let oid = |vm: &str| {
        claims(get(&emulator, &format!("/vm/{vm}{TOKEN}")).json()["access_token"].as_str().unwrap())["xms_mirid"]
            .clone()
    };
    assert_eq!(oid("rg1/only"), json!(id2.id));
    assert!(
        oid("both").as_str().unwrap().ends_with("/resourcegroups/rg1/providers/Microsoft.Compute/virtualMachines/both")
    );
    assert!(oid("RG2/ONLY").as_str().unwrap().contains("/resourcegroups/rg2/"));
    // An unknown parameter name is ignored: the misspelt selector silently yields the default.
    assert!(get(&emulator, &format!("/vm/both{TOKEN}&msi-res-id={}", id2.id)).json().get("msi_res_id").is_none());
    for vm in ["nobody", "only", "rg3/only"] {
        let answer = get(&emulator, &format!("/vm/{vm}{TOKEN}"));
        assert_eq!(answer.status, 404, "{vm}");
        assert!(answer.json()["error_description"].as_str().unwrap().contains(vm));
    }
}

#[test]
fn the_genuine_answer() {
    let emulator = emulator();
    let facts = emulator.facts();
    let system = facts.system.unwrap();
    let answer = get(&emulator, TOKEN);
    assert_eq!(answer.status, 200);
    let body = answer.json();
    let fields: Vec<_> = body.as_object().unwrap().iter().filter(|(_, v)| !v.is_string()).collect();
    assert!(fields.is_empty(), "not strings: {fields:?}");
    assert_eq!(body["resource"], ARM);
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["client_id"], json!(system.client_id));
    assert!(body.get("object_id").is_none() && body.get("msi_res_id").is_none());
    let number = |name: &str| body[name].as_str().unwrap().parse::<i64>().unwrap();
    assert!((86_390..=86_400).contains(&number("expires_in")));
    assert_eq!(number("expires_on") - number("not_before"), 86_700);
    let token = body["access_token"].as_str().unwrap();
    let claims = claims(token);
    assert_eq!(claims["aud"], ARM);
    assert_eq!(claims["iss"], json!(format!("{}/{}/", emulator.cloud(), facts.tenant_id)));
    assert_eq!(claims["exp"].as_i64().unwrap(), number("expires_on"));
    assert_eq!(claims["iat"], claims["nbf"]);
    for (claim, value) in [
        ("appid", system.client_id.as_str()),
        ("oid", &system.principal_id),
        ("sub", &system.principal_id),
        ("tid", &facts.tenant_id),
        ("idtyp", "app"),
        ("appidacr", "2"),
        ("ver", "1.0"),
        ("xms_mirid", &facts.vm_resource_id.replace("resourceGroups", "resourcegroups")),
    ] {
        assert_eq!(claims[claim], value, "{claim}");
    }
    assert_eq!(claims["emulated"], true);
}

#[test]
fn tokens_are_cached_per_identity_and_resource_as_spelled() {
    let emulator = emulator();
    let first = token(&emulator, "");
    assert_eq!(token(&emulator, ""), first);
    assert_ne!(token(&emulator, &format!("&client_id={}", emulator.facts().user_identities[0].client_id)), first);
    let other =
        get(&emulator, "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://management.azure.com");
    assert_ne!(other.json()["access_token"], json!(first));
    let bypassed = token(&emulator, "&bypass_cache=true");
    assert_ne!(bypassed, first);
    assert_eq!(token(&emulator, ""), bypassed);
    // Half a day later it is still the same one, with less time left; near its end it is not.
    emulator.set_clock_offset(43_200);
    let later = get(&emulator, TOKEN).json();
    assert_eq!(later["access_token"], json!(bypassed));
    assert!(later["expires_in"].as_str().unwrap().parse::<i64>().unwrap() <= 43_200);
    emulator.set_clock_offset(86_200);
    assert_ne!(token(&emulator, ""), bypassed);
}

#[test]
fn info_tells_the_tenant() {
    let emulator = emulator();
    let answer = get(&emulator, "/metadata/identity/info?api-version=2018-02-01");
    assert_eq!(answer.json(), json!({"tenantId": emulator.facts().tenant_id}));
    assert_eq!(get(&emulator, "/metadata/identity/info").status, 400);
}

#[test]
fn connections_are_kept() {
    use std::io::{Read as _, Write as _};
    let emulator = emulator();
    let mut stream = crate::client::connect(emulator.imds_endpoint());
    for _ in 0..2 {
        write!(stream, "GET {TOKEN} HTTP/1.1\r\nHost: x\r\nMetadata: true\r\n\r\n").unwrap();
        let mut buffer = [0_u8; 4096];
        let mut seen = Vec::new();
        while !seen.ends_with(b"}") {
            let read = stream.read(&mut buffer).unwrap();
            assert_ne!(read, 0);
            seen.extend_from_slice(&buffer[..read]);
        }
    }
    let log = emulator.requests();
    assert_eq!(log.len(), 2);
    assert_eq!(log[0].connection, log[1].connection);
}
