use serde_json::{Value, json};

use crate::azure::{Azure, SUBSCRIPTION, group, identity, vm};

#[test]
fn every_call_needs_a_version_and_a_token() {
    let azure = Azure::new();
    for path in [group("rg1"), identity("id1"), vm("both"), format!("{SUBSCRIPTION}/providers/Microsoft.Compute")] {
        azure.raw("GET", &path, &[], "").refused(400, "MissingApiVersionParameter", "required for all requests");
        let bad = azure.raw("GET", &format!("{path}?api-version=new"), &[], "");
        bad.refused(400, "InvalidApiVersionParameter", "'new'");
        for method in ["GET", "PUT", "PATCH", "DELETE", "POST"] {
            let answer = azure.raw(method, &format!("{path}?api-version=2024-11-30"), &[], "{}");
            answer.refused(401, "AuthenticationFailed", "header is missing");
            assert!(answer.header("www-authenticate").unwrap().contains("authorization_uri="));
        }
    }
    // Any well-formed version is as good as another.
    for version in ["2016-06-01", "2025-05-31-preview", "2031-01-01"] {
        assert_eq!(azure.get(&format!("{}?api-version={version}", identity("id1"))).status, 200);
    }
}

#[test]
fn what_is_not_there_is_refused_in_plain_words() {
    let azure = Azure::new();
    for (method, path) in [
        ("PUT", format!("{}/providers/Microsoft.Resources/deployments/d1", group("rg1"))),
        ("POST", "/providers/Microsoft.ResourceGraph/resources".to_owned()),
        ("GET", format!("{}/providers/Microsoft.Storage/storageAccounts/s", group("rg1"))),
        ("GET", format!("{}/instanceView", vm("both"))),
        ("POST", format!("{}/start", vm("both"))),
        ("POST", format!("{}/revokeTokens", identity("id1"))),
        ("GET", "/graph/v1.0/servicePrincipals".to_owned()),
        ("GET", "/providers/Microsoft.Management/managementGroups/m".to_owned()),
    ] {
        let answer = azure.call("admin", method, &path, json!({}));
        answer.refused(501, "NotImplementedByEmulator", "not");
    }
}

#[test]
fn answers_carry_the_gateways_headers() {
    let azure = Azure::new();
    let read = azure.get(&format!("/{}", identity("id1")));
    assert_eq!(read.status, 200, "double slashes are taken: {}", read.text);
    assert_eq!(read.header("x-ms-ratelimit-remaining-subscription-global-reads"), Some("3749"));
    assert!(read.header("x-ms-routing-request-id").is_some());
    let write = azure.call("admin", "PUT", &group("new"), json!({"location": "eastus"}));
    assert_eq!(write.header("x-ms-ratelimit-remaining-subscription-writes"), Some("199"));
    assert_eq!(write.header("x-ms-ratelimit-remaining-subscription-global-writes"), Some("2999"));
    let delete = azure.call("admin", "DELETE", &identity("gone"), Value::Null);
    assert_eq!(delete.header("x-ms-ratelimit-remaining-subscription-deletes"), Some("199"));
    let machine = azure.get(&vm("both"));
    assert!(machine.header("x-ms-ratelimit-remaining-resource").unwrap().contains("Microsoft.Compute/"));
    let update = azure.patch(&vm("plain"), json!({"tags": {}}));
    let limits = "Microsoft.Compute/UpdateVMSubscriptionMaximum;1499,Microsoft.Compute/UpdateVMResource;11";
    assert_eq!(update.header("x-ms-ratelimit-remaining-resource"), Some(limits));
}

#[test]
fn throttling_comes_by_a_fault() {
    let azure = Azure::new();
    let fault = r#"{"match": {"door": "arm"}, "status": 429, "times": 1, "headers": {"retry-after": "7"},
        "body": {"error": {"code": "SubscriptionRequestsThrottled", "message": "Number of 'read' requests exceeded."}}}"#;
    azure.emulator.add_fault_json(fault).unwrap();
    let throttled = azure.get(&identity("id1"));
    assert_eq!((throttled.status, throttled.header("retry-after")), (429, Some("7")));
    assert_eq!(throttled.body["error"]["code"], "SubscriptionRequestsThrottled");
    assert_eq!(azure.get(&identity("id1")).status, 200);
}

#[test]
fn another_tenants_subscription_is_out_of_reach() {
    let azure = Azure::new();
    let other = "/subscriptions/1d1c0c5e-6a3b-4f0e-9d0a-3f6c5d1b2a41/resourceGroups/other";
    azure.get(other).refused(401, "InvalidAuthenticationTokenTenant", "wrong issuer");
    let own = azure.call("admin@two", "GET", other, Value::Null);
    assert_eq!(own.status, 200, "{}", own.text);
    azure.call("admin@two", "GET", &group("rg1"), Value::Null).refused(401, "InvalidAuthenticationTokenTenant", "");
}
