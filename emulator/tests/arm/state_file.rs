use midentity_emulator::{Emulator, Options};
use serde_json::{Value, json};

use crate::azure::{Azure, STATE, group, identity, vm};

fn refused(text: &str, line: u64, words: &str) {
    let options = Options { state: Some(text.to_owned()), ..Options::default() };
    let error = Emulator::start(options).expect_err(text).to_string();
    assert!(error.starts_with(&format!("line {line}, ")) && error.contains(words), "{error}");
}

#[test]
fn contradictions_name_their_line() {
    let base = "schema: 1\nsubscriptions:\n  - name: s\n    resource_groups: [{name: rg1}]\n";
    for (more, words) in [
        ("principals: [{name: a, colour: red}]", "colour"),
        ("principals: [{name: a, kind: Robot}]", "'Robot' is no kind"),
        ("principals: [{name: a, tenant: fabrikam}]", "unknown tenant 'fabrikam'"),
        ("principals: [{name: a, id: me}]", "no GUID"),
        ("principals: [{name: a}, {name: a}]", "already the object id of 'a'"),
        ("role_definitions: [{name: reader, assignable_scopes: [s]}]", "already a role 'reader'"),
        ("role_definitions: [{name: r, assignable_scopes: []}]", "needs a scope"),
        ("role_definitions: [{name: r, assignable_scopes: [rg9]}]", "unknown scope 'rg9'"),
        ("role_definitions: [{name: r, rights: [], assignable_scopes: [s]}]", "rights"),
        ("trusted_issuers: [{issuer: i, key: k}]", "key"),
    ] {
        refused(&format!("{base}{more}\n"), 5, words);
    }
    let custom =
        format!("{base}principals: [{{name: a}}]\nrole_definitions: [{{name: r, assignable_scopes: [rg1]}}]\n");
    refused(
        &format!("{custom}role_assignments: [{{principal: a, role: r, scope: s}}]\n"),
        7,
        "may not be assigned at 's'",
    );
    let typed = format!("{base}principals: [{{name: a}}]\n");
    refused(
        &format!("{typed}role_assignments: [{{principal: a, role: Reader, scope: s, principal_type: X}}]\n"),
        6,
        "'X'",
    );
    let group = "schema: 1\nsubscriptions:\n  - name: s\n    resource_groups:\n      - name: rg1\n";
    for (more, words) in [
        ("user_identities: [{name: id1, federated_credentials: [{name: x, issuer: i, subject: s}]}]", "3 to 120"),
        (
            "user_identities: [{name: id1, federated_credentials: [{name: abc, issuer: i, subject: s}, {name: ABC, issuer: i, subject: t}]}]",
            "already a credential",
        ),
        ("vms: [{name: v, extensions: [{name: e}, {name: E}]}]", "already an extension"),
        ("vms: [{name: v, dangling_identities: [id1]}]", "no identity's resource id"),
        ("scale_sets: [{name: s}, {name: S}]", "already a scale set"),
    ] {
        refused(&format!("{group}        {more}\n"), 6, words);
    }
}

#[test]
fn what_arm_wrote_goes_out_and_in_again() {
    let azure = Azure::new();
    azure.call("admin", "PUT", &identity("fresh"), json!({"location": "eastus", "tags": {"a": "1"}})).ok(201);
    let credential = json!({"properties": {"issuer": "https://i", "subject": "s", "audiences": ["a"]}});
    azure.call("admin", "PUT", &format!("{}/federatedIdentityCredentials/cred", identity("fresh")), credential).ok(201);
    azure.change(&vm("users"), json!({"type": "UserAssigned", "userAssignedIdentities": {identity("fresh"): {}}}));
    azure.call("admin", "DELETE", &identity("id1"), Value::Null).ok(200);
    let custom = json!({"properties": {
        "roleName": "Custom", "assignableScopes": [group("rg1")], "permissions": [{"actions": ["*/read"]}],
    }});
    let role = format!("{}/providers/Microsoft.Authorization/roleDefinitions/{}", group("rg1"), uuid::Uuid::new_v4());
    azure.call("admin", "PUT", &role, custom).ok(201);
    let name = format!("{}/providers/Microsoft.Authorization/roleAssignments/{}", group("rg1"), uuid::Uuid::new_v4());
    let body = json!({"properties": {"roleDefinitionId": role, "principalId": azure.principal_of("fresh"), "description": "d"}});
    azure.call("admin", "PUT", &name, body).ok(201);
    let size = json!({"properties": {"hardwareProfile": {"vmSize": "Standard_B2s"}}});
    azure.poll(&azure.patch(&vm("plain"), size));
    let state = azure.emulator.state();
    let other = Azure::of(&state.to_string());
    assert_eq!(other.emulator.state(), state);
    assert_eq!(azure.control("PUT", "state", &state).status, 204);
    for path in [identity("fresh"), vm("plain"), role, name] {
        let (one, two) = (azure.get(&path).ok(200), other.get(&path).ok(200));
        let calm = |mut value: Value| {
            // Times are kept to the second.
            for field in ["createdOn", "updatedOn"] {
                if let Some(fields) = value["properties"].as_object_mut() {
                    fields.remove(field);
                }
            }
            value
        };
        assert_eq!(calm(one), calm(two));
    }
    let dangling = other.get(&vm("users")).ok(200)["identity"]["userAssignedIdentities"].clone();
    assert_eq!(crate::azure::keys(&dangling).len(), 3, "{dangling}");
}

#[test]
fn the_states_of_these_tests_are_read_as_written() {
    let azure = Azure::of(STATE);
    let state = azure.emulator.state();
    assert_eq!(state["principals"].as_array().unwrap().len(), 12);
    assert_eq!(state["subscriptions"][0]["resource_groups"][0]["scale_sets"][0]["members"]["sku"]["capacity"], 2);
    assert_eq!(azure.get(&vm("old")).ok(200)["resources"][0]["properties"]["publisher"], "Microsoft.ManagedIdentity");
}
