use midentity_emulator::{Lro, LroFailure};
use serde_json::{Value, json};

use crate::azure::{Azure, identity, identity_id, keys, vm};

fn ids(block: &Value) -> Vec<String> {
    let keys = keys(&block["userAssignedIdentities"]);
    let mut names: Vec<String> = keys.iter().map(|id| id.rsplit('/').next().unwrap().to_owned()).collect();
    names.sort();
    names
}

fn named(ids: &[(&str, Value)]) -> Value {
    ids.iter().map(|(name, value)| (identity(name), value.clone())).collect::<serde_json::Map<_, _>>().into()
}

#[test]
fn blocks_that_cannot_be() {
    let azure = Azure::new();
    let patch = |block: Value| azure.patch(&vm("both"), json!({"identity": block}));
    patch(json!({"userAssignedIdentities": {}})).refused(
        400,
        "InvalidRequestContent",
        "Required property 'type' not found in JSON. Path 'identity'",
    );
    patch(json!({"type": "Everything"})).refused(400, "InvalidRequestContent", "Everything");
    patch(json!([])).refused(400, "InvalidRequestContent", "identity");
    let with_ids = patch(json!({"type": "SystemAssigned", "userAssignedIdentities": named(&[("id1", json!({}))])}));
    with_ids.refused(400, "InvalidParameter", "UserAssigned");
    assert_eq!(with_ids.body["error"]["target"], "resourceIdentity.identityIds");
    patch(json!({"type": "UserAssigned", "userAssignedIdentities": {"id1": {}}})).refused(
        400,
        "LinkedInvalidPropertyId",
        "fully qualified resource Id",
    );
    let all = named(&[("id1", json!(null)), ("id2", json!(null))]);
    patch(json!({"type": "UserAssigned", "userAssignedIdentities": all})).refused(
        400,
        "InvalidParameter",
        "no user-assigned",
    );
    let unchanged = azure.get(&vm("both")).ok(200);
    assert_eq!((unchanged["etag"].as_str(), ids(&unchanged["identity"]).len()), (Some("\"1\""), 2));
}

#[test]
fn unknown_and_deleted_identities_fail_the_operation() {
    let azure = Azure::new();
    let add = |name: &str| {
        let block = json!({"type": "UserAssigned", "userAssignedIdentities": named(&[(name, json!({}))])});
        azure.patch(&vm("users"), json!({"identity": block}))
    };
    let refused = add("nothing");
    refused.refused(400, "FailedIdentityOperation", "Identity operation for resource 'users' failed with error");
    assert!(refused.text.contains("was not found"), "{}", refused.text);
    assert_eq!(refused.header("x-ms-failure-cause"), Some("service"));
    azure.call("admin", "DELETE", &identity("id3"), Value::Null).ok(200);
    add("id3").refused(400, "FailedIdentityOperation", "BadRequest");
}

#[test]
fn the_table_of_patches() {
    let both = ["id1", "id2"];
    let none: [&str; 0] = [];
    let null = || json!(null);
    let come = || json!({});
    for (machine, block, kind, left) in [
        // Enabling the system identity by its bare type drops every user-assigned one.
        ("users", json!({"type": "SystemAssigned"}), "SystemAssigned", &none[..]),
        ("users", json!({"type": "SystemAssigned, UserAssigned"}), "SystemAssigned, UserAssigned", &both),
        ("users", json!({"type": "SystemAssigned,UserAssigned"}), "SystemAssigned, UserAssigned", &both),
        ("both", json!({"type": "UserAssigned"}), "UserAssigned", &both),
        ("both", json!({"type": "userassigned", "userAssignedIdentities": null}), "UserAssigned", &both),
        (
            "users",
            json!({"type": "UserAssigned", "userAssignedIdentities": named(&[("id3", come())])}),
            "UserAssigned",
            &["id1", "id2", "id3"],
        ),
        (
            "users",
            json!({"type": "UserAssigned", "userAssignedIdentities": named(&[("id1", null())])}),
            "UserAssigned",
            &["id2"],
        ),
        (
            "users",
            json!({"type": "UserAssigned", "userAssignedIdentities": named(&[("id1", null()), ("id3", come())])}),
            "UserAssigned",
            &["id2", "id3"],
        ),
        ("both", json!({"type": "SystemAssigned", "userAssignedIdentities": null}), "SystemAssigned", &none),
        ("both", json!({"type": "None"}), "", &none),
        ("users", json!({"type": "None", "userAssignedIdentities": null}), "", &none),
        ("plain", json!({"type": "SystemAssigned"}), "SystemAssigned", &none),
    ] {
        let azure = Azure::new();
        let after = azure.change(&vm(machine), block.clone());
        assert_eq!(after["type"].as_str().unwrap_or_default(), kind, "{machine} {block}");
        assert_eq!(ids(&after), left, "{machine} {block}");
        assert_eq!(after.get("principalId").is_some(), kind.contains("System"), "{machine} {block}");
    }
}

#[test]
fn null_matches_in_any_casing_and_keys_keep_the_casing_sent() {
    let azure = Azure::new();
    // The state file's identities come in the identity provider's casing.
    let before = azure.get(&vm("users")).ok(200)["identity"].clone();
    assert_eq!(keys(&before["userAssignedIdentities"])[0], identity_id("id1"));
    let upper = identity("id1").to_uppercase();
    let after = azure.change(&vm("users"), json!({"type": "UserAssigned", "userAssignedIdentities": {upper: null}}));
    assert_eq!(keys(&after["userAssignedIdentities"]), [identity_id("id2")]);
    let odd = identity("ID3");
    let after =
        azure.change(&vm("users"), json!({"type": "UserAssigned", "userAssignedIdentities": {odd.clone(): {}}}));
    assert!(keys(&after["userAssignedIdentities"]).contains(&odd), "{after}");
    assert!(after["userAssignedIdentities"][&odd]["clientId"].is_string());
}

#[test]
fn while_it_goes_on() {
    let azure = Azure::new();
    azure.emulator.set_lro(Lro { seconds: 1000.0, retry_after: None, fail: None });
    let block = json!({"type": "SystemAssigned, UserAssigned", "userAssignedIdentities": named(&[("id3", json!({}))])});
    let started = azure.patch(&vm("users"), json!({"identity": block}));
    assert_eq!((started.status, started.header("retry-after")), (200, None), "200 and not 202");
    assert_eq!(started.header("azure-asyncnotification"), Some("Enabled"));
    let during = &started.body;
    assert_eq!(during["properties"]["provisioningState"], "Updating");
    assert!(during["identity"]["principalId"].is_string(), "the system identity's id is there at once");
    let shown = &during["identity"]["userAssignedIdentities"];
    assert_eq!(shown[identity("id3")], json!({}), "the new one shows no ids yet");
    assert!(shown[identity_id("id1")]["clientId"].is_string());
    assert_eq!(azure.get(&vm("users")).ok(200)["identity"], during["identity"]);
    // The metadata service does not know of the change before it is done.
    let client = azure.get(&identity("id3")).ok(200)["properties"]["clientId"].as_str().unwrap().to_owned();
    assert_eq!(azure.metadata("users", &format!("&client_id={client}")).status, 400);
    azure.emulator.set_clock_offset(1001);
    assert_eq!(azure.metadata("users", &format!("&client_id={client}")).status, 200);
    let after = azure.get(&vm("users")).ok(200);
    assert_eq!(after["properties"]["provisioningState"], "Succeeded");
    assert_eq!(after["identity"]["userAssignedIdentities"][identity("id3")]["clientId"], json!(client));
    assert_eq!(after["identity"]["principalId"], during["identity"]["principalId"]);
}

#[test]
fn the_metadata_service_may_lag_behind() {
    let azure = Azure::new();
    azure.emulator.set_imds_delay(std::time::Duration::from_secs(500));
    azure.change(&vm("system"), json!({"type": "None"}));
    assert_eq!(azure.metadata("system", "").status, 200, "it still knows the identity of before");
    azure.emulator.set_clock_offset(501);
    assert_eq!(azure.metadata("system", "").status, 400);
    azure.emulator.set_imds_delay(std::time::Duration::ZERO);
    azure.change(&vm("system"), json!({"type": "SystemAssigned"}));
    assert_eq!(azure.metadata("system", "").status, 200);
}

#[test]
fn sending_what_is_there_changes_nothing() {
    let azure = Azure::new();
    let before = azure.get(&vm("system")).ok(200)["identity"].clone();
    assert_eq!(azure.change(&vm("system"), json!({"type": "SystemAssigned"})), before);
    // Off and on again is another principal.
    assert_eq!(azure.change(&vm("system"), json!({"type": "None"})), Value::Null);
    let after = azure.change(&vm("system"), json!({"type": "SystemAssigned"}));
    assert_ne!(after["principalId"], before["principalId"]);
}

#[test]
fn a_deleted_identity_dangles_until_it_is_taken_off() {
    let azure = Azure::new();
    azure.call("admin", "DELETE", &identity("id1"), Value::Null).ok(200);
    let machine = azure.get(&vm("users")).ok(200)["identity"].clone();
    assert_eq!(machine["userAssignedIdentities"][identity_id("id1")], json!({}), "the key is still there");
    // The only one that lives is the default now.
    assert_eq!(azure.metadata("users", "").status, 200);
    // Changes that do not name it pass, those that do fail, and null takes it off.
    let add = json!({"type": "UserAssigned", "userAssignedIdentities": named(&[("id3", json!({}))])});
    assert_eq!(ids(&azure.change(&vm("users"), add)), ["id1", "id2", "id3"].map(str::to_owned));
    let named_again =
        json!({"type": "UserAssigned", "userAssignedIdentities": named(&[("id1", json!({})), ("id2", json!({}))])});
    azure.patch(&vm("users"), json!({"identity": named_again})).refused(400, "FailedIdentityOperation", "not found");
    let whole = azure.get(&vm("users")).ok(200);
    azure.call("admin", "PUT", &vm("users"), whole).refused(400, "FailedIdentityOperation", "not found");
    let gone = json!({"type": "UserAssigned", "userAssignedIdentities": named(&[("id1", json!(null))])});
    assert_eq!(ids(&azure.change(&vm("users"), gone)), ["id2", "id3"]);
}

#[test]
fn a_failed_change_changes_nothing() {
    let azure = Azure::new();
    let before = azure.get(&vm("both")).ok(200)["identity"].clone();
    let fail = Some(LroFailure { times: Some(1), ..LroFailure::default() });
    azure.emulator.set_lro(Lro { seconds: 0.03, retry_after: Some(1), fail });
    let end = azure.poll(&azure.patch(&vm("both"), json!({"identity": {"type": "None"}})));
    assert_eq!(end["status"], "Failed");
    assert_eq!(end["error"]["code"], "InternalExecutionError");
    let after = azure.get(&vm("both")).ok(200);
    assert_eq!((&after["identity"], &after["properties"]["provisioningState"]), (&before, &json!("Failed")));
    assert_eq!(azure.metadata("both", "").status, 200);
    assert_eq!(azure.change(&vm("both"), json!({"type": "UserAssigned"}))["type"], "UserAssigned");
}

#[test]
fn bodies_are_in_the_log() {
    let azure = Azure::new();
    azure.change(&vm("users"), json!({"type": "SystemAssigned, UserAssigned"}));
    let log = azure.emulator.requests();
    let patch = log.iter().find(|record| record.method == "PATCH").unwrap();
    assert_eq!(patch.body, Some(json!({"identity": {"type": "SystemAssigned, UserAssigned"}})));
    assert!(log.iter().filter(|record| record.method == "GET").all(|record| record.body.is_none()));
}
