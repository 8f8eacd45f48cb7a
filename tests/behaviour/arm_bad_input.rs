//! What people get wrong, and what each of these says to them: a typed error, its words and a hint.

use std::time::Duration;

use midentity::arm::{NewVirtualMachine, PrincipalType};
use midentity::{Cloud, Env, Error, ErrorKind};
use midentity_emulator::{Lro, LroFailure};
use serde_json::json;

use crate::azure::{Azure, FOREIGN, LATE, Login, SUBSCRIPTION_ID, group, identity, subscription, vm};

const VERSION: &str = "2024-11-30";

#[track_caller]
fn says(error: &Error, kind: ErrorKind, id: &str, words: &[&str], hint: &str) {
    assert_eq!((error.kind(), error.id()), (kind, id), "{error:?}");
    for word in words {
        assert!(error.message().contains(word), "{word} is missing in {error}");
    }
    assert!(error.hint().is_some_and(|h| h.contains(hint)), "{hint} is missing in {:?}", error.hint());
}

#[test]
fn malformed_ids_of_machines() {
    let azure = Azure::new();
    let client = azure.admin();
    for bad in [
        "",
        "vm1",
        "/",
        &group("rg1"),
        &subscription(),
        &identity("id1"),
        &format!("{}?x=1", vm("a")),
        &format!("{}/extensions/e", vm("a")),
        "/subscriptions//x",
    ] {
        let error = client.vm_identity(bad).unwrap_err();
        says(
            &error,
            ErrorKind::InvalidArgument,
            "argument.path",
            &["virtual machine or scale set"],
            "/virtualMachines/<name>",
        );
    }
}

#[tokio::test]
async fn malformed_identities() {
    let azure = Azure::new();
    let machine = azure.machine("both");
    for (bad, id) in [
        ("", "argument.name"),
        ("[sytem]", "argument.name"),
        ("id 1", "argument.name"),
        ("/subscriptions/x", "argument.identity"),
        (vm("both").as_str(), "argument.identity"),
        ("/subscriptions//x", "argument.path"),
    ] {
        for result in [machine.add([bad]).await, machine.remove([bad]).await, machine.set([bad]).await] {
            assert_eq!(result.unwrap_err().id(), id, "{bad}");
        }
    }
    assert!(azure.sent().iter().all(|r| r.method == "GET"));
}

#[tokio::test]
async fn a_machine_that_is_not_there() {
    let azure = Azure::new();
    let error = azure.machine("absent").add(["[system]"]).await.unwrap_err();
    says(
        &error,
        ErrorKind::NotFound,
        "arm.not_found",
        &["Microsoft.Compute/virtualMachines/absent", "rg1"],
        "check names",
    );
    assert_eq!(azure.calls(), ["GET virtualMachines/absent"]);
    let elsewhere = azure.admin().vm_identity(&vm("both").replace("rg1", "nowhere")).unwrap();
    says(&elsewhere.show().await.unwrap_err(), ErrorKind::NotFound, "arm.not_found", &["nowhere"], "check names");
}

#[tokio::test]
async fn forbidden_says_action_scope_principal_and_role() {
    let azure = Azure::new();
    let scope = vm("both");
    let words = ["Microsoft.Compute/virtualMachines/read", &scope, "nobody", "object id"];
    let error = azure.of("nobody").vm_identity(&scope).unwrap().show().await.unwrap_err();
    says(&error, ErrorKind::Forbidden, "arm.forbidden", &words, "the role Reader");
    // Words that name no action.
    azure.fault(
        json!({}),
        json!({"status": 403, "body": {"error": {"code": "RequestDisallowedByPolicy", "message": "no"}}}),
    );
    let error = azure.admin().get(&scope, VERSION).await.unwrap_err();
    says(&error, ErrorKind::Forbidden, "arm.forbidden", &["RequestDisallowedByPolicy: no"], "a role that allows it");
}

#[tokio::test]
async fn identities_of_others_and_of_the_past() {
    let azure = Azure::new();
    let error = azure.machine("both").add([FOREIGN]).await.unwrap_err();
    says(&error, ErrorKind::Forbidden, "arm.forbidden", &[FOREIGN], "another tenant");
    azure.admin().user_identities(SUBSCRIPTION_ID, "rg1").delete("id3").await.unwrap();
    let error = azure.machine("both").add(["id3"]).await.unwrap_err();
    says(&error, ErrorKind::NotFound, "vm_identity.dangling", &[&identity("id3")], "make it anew");
    let error = azure.admin().get(FOREIGN, VERSION).await.unwrap_err();
    says(&error, ErrorKind::Authentication, "arm.unauthorized", &["InvalidAuthenticationTokenTenant"], "tenant");
}

#[tokio::test]
async fn conflict_and_throttling() {
    let azure = Azure::new();
    azure.slow(1000.0);
    azure.admin().request("DELETE", &vm("both"), "2024-11-01", None).await.unwrap();
    let error = azure.machine("both").add(["id3"]).await.unwrap_err();
    says(&error, ErrorKind::Conflict, "arm.conflict", &["being deleted"], "wait for what runs on it");
    let azure = Azure::new();
    let body =
        json!({"error": {"code": "SubscriptionRequestsThrottled", "message": "Number of 'read' requests exceeded."}});
    azure.fault(json!({}), json!({"status": 429, "headers": {"retry-after": "9"}, "body": body}));
    let error = azure.machine("both").show().await.unwrap_err();
    says(&error, ErrorKind::Throttled, "arm.throttled", &["SubscriptionRequestsThrottled"], "retry_after");
    assert_eq!((error.retry_after(), error.attempts()), (Some(Duration::from_secs(9)), 4));
}

#[tokio::test]
async fn failed_halfway() {
    let azure = Azure::new();
    azure.emulator.set_lro(Lro { seconds: 0.0, fail: Some(LroFailure::default()), ..Lro::default() });
    let error = azure.machine("both").set(["id3"]).await.unwrap().wait().await.unwrap_err();
    says(
        &error,
        ErrorKind::Service,
        "arm.operation_failed",
        &["changing the identity of both", "Failed"],
        "what was done and what was not",
    );
}

#[tokio::test]
async fn unknown_roles_and_principals() {
    let azure = Azure::new();
    let assignments = azure.admin().role_assignments(&group("rg1")).unwrap();
    let error = assignments.assign("Readr", SUBSCRIPTION_ID, PrincipalType::User).await.unwrap_err();
    says(&error, ErrorKind::NotFound, "role.unknown", &["\"Readr\""], "did you mean Reader?");
    for id in [group("rg1"), vm("both"), identity("id1")] {
        let error = assignments.delete(&id).await.unwrap_err();
        says(
            &error,
            ErrorKind::InvalidArgument,
            "argument.path",
            &["not the id of a role assignment"],
            "roleAssignments/",
        );
    }
    assert!(azure.sent().iter().all(|r| r.method == "GET"), "nothing else is ever deleted by that id");
    assert!(azure.admin().resource_groups(SUBSCRIPTION_ID).exists("rg1").await.unwrap());
}

#[tokio::test]
async fn a_custom_cloud_gets_tokens_for_itself_only() {
    let azure = Azure::new();
    let login = Login::first(&azure, &[]);
    let client = azure.client_of(login.clone()).build().unwrap();
    client.get(&subscription(), VERSION).await.unwrap();
    let own = client.cloud().arm_audience().to_owned();
    assert!(own.starts_with(azure.emulator.cloud()) && login.asked()[0].contains(azure.emulator.cloud()));
    for known in ["management.azure.com", "management.core.windows.net", "usgovcloudapi", "chinacloudapi"] {
        assert!(!login.asked()[0].contains(known) && !own.contains(known));
    }
    for bad in
        ["http://management.azure.com", "https://", "nowhere", "https://a b", "https://u:p@host", "https://host/path"]
    {
        let error = Cloud::parse(bad).unwrap_err();
        assert_eq!((error.kind(), error.id()), (ErrorKind::InvalidArgument, "argument.cloud"), "{bad}");
        assert!(error.hint().is_some(), "{bad}");
        let token = midentity::StaticToken::new(midentity::AccessToken::new("t".into(), LATE));
        let env = Env::fixed([("MIDENTITY_CLOUD", bad)]);
        assert_eq!(midentity::arm::ArmClient::builder(token).env(env).build().unwrap_err().id(), "argument.cloud");
    }
}

#[tokio::test]
async fn bodies_and_bad_words_of_the_service_do_not_break_us() {
    for body in [
        json!({"identity": []}),
        json!({"identity": {"type": 1}}),
        json!({"identity": {"type": "UserAssigned", "userAssignedIdentities": ["x"]}}),
        json!({"identity": {"type": "UserAssigned", "userAssignedIdentities": {"x": {}}}}),
    ] {
        let azure = Azure::new();
        azure.fault(json!({"method": "GET"}), json!({"status": 200, "body": body}));
        let error = azure.machine("both").add(["id3"]).await.unwrap_err();
        assert!(["arm.bad_answer", "argument.path"].contains(&error.id()), "{body}: {error}");
        assert_eq!(azure.sent().len(), 1, "nothing is changed on such a ground");
    }
    // Null is none.
    let azure = Azure::new();
    let nulls = json!({"identity": {"type": "UserAssigned", "userAssignedIdentities": {identity("id1"): null}, "principalId": null}});
    azure.fault(json!({"method": "GET"}), json!({"status": 200, "body": nulls}));
    assert_eq!(azure.machine("both").show().await.unwrap().user_assigned()[0].client_id(), None);
    let azure = Azure::new();
    let new = NewVirtualMachine::from_body(json!({"properties": {}}));
    let error = azure.admin().virtual_machines(SUBSCRIPTION_ID, "rg1").create("new", new).await.unwrap_err();
    says(&error, ErrorKind::InvalidArgument, "arm.bad_request", &["LocationRequired"], "service's own");
}
