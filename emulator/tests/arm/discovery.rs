use serde_json::{Value, json};

use crate::azure::{Azure, SUBSCRIPTION};

#[test]
fn endpoints_have_three_shapes() {
    let azure = Azure::new();
    let at = |version: &str| azure.raw("GET", &format!("/metadata/endpoints?api-version={version}"), &[], "").ok(200);
    let cloud = at("2022-09-01");
    assert_eq!(cloud["resourceManager"], json!(format!("{}/", azure.emulator.cloud())));
    assert_eq!(cloud["authentication"]["audiences"][0], json!(format!("{}/", azure.emulator.cloud())));
    for version in ["2019-05-01", "2020-06-01"] {
        assert_eq!(at(version), json!([cloud]), "{version}");
    }
    let old = at("2018-01-01");
    assert!(old["cloudEndpoint"].is_object() && old["authentication"]["loginEndpoint"].is_string());
    azure.raw("GET", "/metadata/endpoints", &[], "").refused(400, "MissingApiVersionParameter", "required");
}

#[test]
fn providers_tell_their_types_and_versions() {
    let azure = Azure::new();
    let get = |who: &str, rest: &str| azure.call(who, "GET", &format!("{SUBSCRIPTION}/providers{rest}"), Value::Null);
    get("nobody", "/Microsoft.Compute").refused(403, "AuthorizationFailed", "providers/read");
    get("admin", "/Microsoft.Nothing").refused(404, "InvalidResourceNamespace", "Microsoft.Nothing");
    let compute = get("machines", "/microsoft.compute").ok(200);
    assert_eq!(
        (&compute["namespace"], &compute["registrationState"]),
        (&json!("Microsoft.Compute"), &json!("Registered"))
    );
    let machines = &compute["resourceTypes"][0];
    assert_eq!(machines["resourceType"], "virtualMachines");
    assert!(machines["apiVersions"].as_array().unwrap().contains(&json!("2024-11-01")));
    assert_eq!(get("reader", "").ok(200)["value"].as_array().unwrap().len(), 4);
    let operations = azure.get("/providers/Microsoft.ManagedIdentity/operations").ok(200);
    assert!(operations.to_string().contains("Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"));
}

#[test]
fn the_authority_is_found() {
    let azure = Azure::new();
    let origin = azure.emulator.cloud();
    let host = origin.trim_start_matches("https://");
    let endpoint = format!("{origin}/one/oauth2/v2.0/authorize");
    let path = format!("/common/discovery/instance?api-version=1.1&authorization_endpoint={endpoint}");
    let instance = azure.raw("GET", &path, &[], "").ok(200);
    assert_eq!(instance["metadata"][0]["aliases"], json!([host]));
    assert_eq!(
        instance["tenant_discovery_endpoint"],
        json!(format!("{origin}/one/v2.0/.well-known/openid-configuration"))
    );
    let configuration = azure.raw("GET", "/one/v2.0/.well-known/openid-configuration", &[], "").ok(200);
    assert!(configuration["token_endpoint"].as_str().unwrap().ends_with("/oauth2/v2.0/token"));
    let realm = azure.raw("GET", "/common/userrealm/admin@one?api-version=1.0", &[], "").ok(200);
    assert_eq!((&realm["account_type"], &realm["domain_name"]), (&json!("Managed"), &json!("one")));
}
