//! Long-running operations: known by their headers, waited for, and how they end.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use midentity::ErrorKind;
use midentity::arm::{Operation, VmIdentity};
use midentity_emulator::{Lro, LroFailure};
use serde_json::{Value, json};

use crate::azure::{Azure, SUBSCRIPTION_ID, subscription, vm};
use crate::server::emulator;

const GET: &str = "GET virtualMachines/plain";
const PATCH: &str = "PATCH virtualMachines/plain";

async fn enable(azure: &Azure) -> midentity::Result<Operation<VmIdentity>> {
    azure.machine("plain").add(["[system]"]).await
}

/// What the machine's PATCH answers instead of the truth.
fn answer(azure: &Azure, answer: Value) {
    azure.fault(json!({"method": "PATCH"}), answer);
}

fn look(azure: &Azure) -> String {
    format!("{}{}/x/op1?api-version=1", azure.emulator.cloud(), subscription())
}

fn at_look(azure: &Azure, mut fault: Value) {
    fault["times"] = json!(1);
    azure.fault(json!({"path": format!("{}/x/", subscription())}), fault);
}

#[tokio::test]
async fn addresses_of_another_host_are_refused_before_anything_is_sent_there() {
    let other = emulator();
    for header in ["azure-asyncoperation", "location"] {
        for status in [200, 202] {
            let azure = Azure::new();
            let link = format!("{}/subscriptions/x/operations/1?api-version=1", other.cloud());
            answer(&azure, json!({"status": status, "body": {}, "headers": {header: link}}));
            let error = enable(&azure).await.unwrap().wait().await.unwrap_err();
            assert_eq!((error.kind(), error.id()), (ErrorKind::Protocol, "arm.host_refused"), "{header} {status}");
            assert!(error.message().contains("127.0.0.1"), "{error}");
            assert_eq!(azure.calls(), [GET, PATCH]);
        }
    }
    // A later answer leads elsewhere.
    let azure = Azure::new();
    answer(&azure, json!({"status": 202, "headers": {"location": look(&azure)}}));
    at_look(&azure, json!({"status": 202, "headers": {"location": format!("{}/x", other.cloud())}}));
    assert_eq!(enable(&azure).await.unwrap().wait().await.unwrap_err().id(), "arm.host_refused");
    assert_eq!(azure.calls(), [GET, PATCH, "GET x/op1"]);
    assert_eq!(other.request_count(), 0);
}

#[tokio::test]
async fn a_failed_operation_says_the_services_reason() {
    let azure = Azure::new();
    azure.emulator.set_lro(Lro { seconds: 0.0, fail: Some(LroFailure::default()), ..Lro::default() });
    let error = enable(&azure).await.unwrap().wait().await.unwrap_err();
    assert_eq!((error.kind(), error.id()), (ErrorKind::Service, "arm.operation_failed"));
    assert_eq!(error.service_code(), Some("InternalExecutionError"));
    let words = "changing the identity of plain ended as Failed: InternalExecutionError: An internal execution error";
    assert!(error.message().contains(words), "{error}");
    assert!(error.hint().unwrap().contains("what was done") && error.request_id().is_some());
    assert_eq!(azure.calls(), [GET, PATCH, "GET operations/*"], "and no look at the result");
}

#[tokio::test]
async fn every_way_to_end() {
    for (body, id, words) in [
        (
            json!({"status": "Canceled", "error": {"code": "C", "message": "by somebody"}}),
            "arm.operation_failed",
            "ended as Canceled: C: by somebody",
        ),
        (json!({"status": "cancelled"}), "arm.operation_failed", "says no reason"),
        (
            json!({"status": "FAILED", "properties": {"error": {"code": "P", "message": "m"}}}),
            "arm.operation_failed",
            "P: m",
        ),
        (json!("<html>"), "arm.bad_answer", "not the JSON"),
    ] {
        let azure = Azure::new();
        answer(&azure, json!({"status": 200, "body": {}, "headers": {"azure-asyncoperation": look(&azure)}}));
        at_look(&azure, json!({"status": 200, "body": body}));
        let error = enable(&azure).await.unwrap().wait().await.unwrap_err();
        assert_eq!(error.id(), id, "{body}");
        assert!(error.message().contains(words), "{body}: {error}");
    }
    // Succeeded in any case, other words go on, and so does 202 without a word.
    let azure = Azure::new();
    let headers = json!({"azure-asyncoperation": look(&azure)});
    answer(&azure, json!({"status": 200, "times": 1, "body": {}, "headers": headers}));
    at_look(&azure, json!({"status": 200, "body": {"status": "Accepted"}}));
    at_look(&azure, json!({"status": 202, "body": ""}));
    at_look(&azure, json!({"status": 200, "body": {"status": "SUCCEEDED"}}));
    let work = enable(&azure).await.unwrap();
    // The faked change did nothing, which the last look shows: it is made again and proven.
    let after = work.wait().await.unwrap();
    assert!(after.system_assigned().is_some());
    assert!(after.warnings()[0].contains("[system]"), "{:?}", after.warnings());
    let calls = azure.calls();
    assert_eq!(calls[..5], [GET, PATCH, "GET x/op1", "GET x/op1", "GET x/op1"]);
}

#[tokio::test]
async fn headers_and_not_the_status_tell_that_work_goes_on() {
    for (started, looks) in [
        (json!({"status": 200, "body": {}, "headers": {"azure-asyncoperation": "LOOK"}}), 1),
        (json!({"status": 201, "body": {}, "headers": {"azure-asyncoperation": "LOOK"}}), 1),
        (json!({"status": 202, "headers": {"azure-asyncoperation": "LOOK", "location": "OTHER"}}), 1),
        (json!({"status": 202, "headers": {"location": "LOOK"}}), 1),
        (json!({"status": 204, "headers": {"location": "LOOK"}}), 1),
        (
            json!({"status": 202, "headers": {"location": "/subscriptions/8d1c0c5e-6a3b-4f0e-9d0a-3f6c5d1b2a40/x/op1?api-version=1"}}),
            1,
        ),
        (json!({"status": 201, "body": {}, "headers": {"location": "/subscriptions/x/made"}}), 0),
        (json!({"status": 202}), 0),
        (json!({"status": 200, "body": {"properties": {"provisioningState": "Succeeded"}}}), 0),
        (json!({"status": 200, "body": {}}), 0),
    ] {
        let azure = Azure::new();
        let text =
            started.to_string().replace("LOOK", &look(&azure)).replace("OTHER", &look(&azure).replace("op1", "op2"));
        answer(&azure, {
            let mut a: Value = serde_json::from_str(&text).unwrap();
            a["times"] = json!(1);
            a
        });
        at_look(&azure, json!({"status": 200, "body": {"status": "Succeeded"}}));
        enable(&azure).await.unwrap().wait().await.unwrap();
        let looked = azure.calls().iter().filter(|c| *c == "GET x/op1").count();
        assert_eq!(looked, looks, "{started}");
    }
}

#[tokio::test]
async fn without_headers_the_resources_own_state_tells() {
    let azure = Azure::new();
    answer(&azure, json!({"status": 200, "times": 1, "body": {"properties": {"provisioningState": "Updating"}}}));
    let machine = |state: &str| json!({"status": 200, "times": 1, "skip": 1, "body": {"properties": {"provisioningState": state}}});
    azure.fault(json!({"method": "GET", "path": vm("plain")}), machine("Updating"));
    azure.fault(json!({"method": "GET", "path": vm("plain")}), machine("Failed"));
    let error = enable(&azure).await.unwrap().wait().await.unwrap_err();
    assert_eq!(error.id(), "arm.operation_failed");
    assert_eq!(azure.calls(), [GET, PATCH, GET, GET]);
}

#[tokio::test]
async fn the_newest_address_counts() {
    let azure = Azure::new();
    answer(&azure, json!({"status": 202, "times": 1, "headers": {"location": look(&azure)}}));
    at_look(
        &azure,
        json!({"status": 202, "headers": {"location": look(&azure).replace("op1", "op2"), "retry-after": "3"}}),
    );
    at_look(&azure, json!({"status": 202}));
    at_look(&azure, json!({"status": 200}));
    enable(&azure).await.unwrap().wait().await.unwrap();
    assert_eq!(azure.calls()[2..5], ["GET x/op1", "GET x/op2", "GET x/op2"]);
    assert_eq!(azure.clock.waits()[1], Duration::from_secs(3));
}

#[tokio::test]
async fn waits_are_the_services_within_reason() {
    for (asked, wait) in [("7", 7.0), ("0", 0.5), ("100000", 60.0), ("soon", 0.5)] {
        let azure = Azure::new();
        let headers = json!({"azure-asyncoperation": look(&azure), "retry-after": asked});
        answer(&azure, json!({"status": 200, "times": 1, "body": {}, "headers": headers}));
        at_look(&azure, json!({"status": 200, "body": {"status": "Succeeded"}}));
        enable(&azure).await.unwrap().wait().await.unwrap();
        assert_eq!(azure.clock.waits()[0], Duration::from_secs_f64(wait), "{asked}");
    }
}

#[tokio::test]
async fn the_time_allowed_ends_the_wait_and_not_the_work() {
    let azure = Azure::new();
    azure.slow(10_000.0);
    let token = midentity::AccessToken::new(azure.token("admin"), crate::azure::LATE);
    let client =
        azure.client_of(midentity::StaticToken::new(token)).operation_timeout(Duration::from_secs(5)).build().unwrap();
    let work = client.vm_identity(&vm("plain")).unwrap().add(["[system]"]).await.unwrap();
    let error = work.wait().await.unwrap_err();
    assert_eq!((error.kind(), error.id()), (ErrorKind::Timeout, "arm.operation_timeout"));
    assert!(error.message().contains("changing the identity of plain did not end within 5 s"), "{error}");
    assert_eq!(azure.clock.waits(), [Duration::from_secs(1); 5], "as the service asks");
    azure.emulator.set_clock_offset(10_001);
    assert!(azure.machine("plain").show().await.unwrap().system_assigned().is_some());
}

#[tokio::test]
async fn progress_is_told_and_the_signed_address_is_used_as_it_is() {
    let azure = Azure::new();
    azure.slow(1000.0);
    let work = enable(&azure).await.unwrap();
    assert!(work.changes() && work.what() == "changing the identity of plain");
    let (emulator, said) = (Arc::clone(&azure.emulator), Arc::new(Mutex::new(Vec::new())));
    let heard = Arc::clone(&said);
    let work = work.on_progress(move |p| {
        let mut said = heard.lock().unwrap();
        said.push(format!("{} {} {}", p.what(), p.status(), p.elapsed().as_secs()));
        if said.len() == 3 {
            emulator.set_clock_offset(1001);
        }
    });
    work.wait().await.unwrap();
    let what = "changing the identity of plain";
    assert_eq!(
        *said.lock().unwrap(),
        [
            format!("{what} started 0"),
            format!("{what} InProgress 1"),
            format!("{what} InProgress 2"),
            format!("{what} Succeeded 3")
        ]
    );
    let sent = azure.sent();
    let looks: Vec<_> = sent.iter().filter(|r| r.path.contains("/operations/")).collect();
    // The emulator answers only where path and query are as it signed them.
    assert_eq!(looks.len(), 3);
    assert!(looks.iter().all(|r| r.status == Some(200) && r.query["c"][0].len() > 2000));
    assert_eq!(looks[0].query["api-version"].len(), 1);
}

#[tokio::test]
async fn signed_characters_stay_as_they_are() {
    let azure = Azure::new();
    let odd = "a%2bb%2B+c/d=~!$(),;:@%7e|{}^`";
    answer(
        &azure,
        json!({"status": 200, "times": 1, "body": {}, "headers": {"azure-asyncoperation": format!("{}&s={odd}", look(&azure))}}),
    );
    // Only the decoded value is logged: what matters is that an escaped plus is no bare one.
    at_look(&azure, json!({"status": 200, "body": {"status": "Succeeded"}}));
    enable(&azure).await.unwrap().wait().await.unwrap();
    let look = azure.sent().into_iter().find(|r| r.path.ends_with("/x/op1")).unwrap();
    assert_eq!(look.query["s"], ["a+b+ c/d=~!$(),;:@~|{}^`"]);
}

#[tokio::test]
async fn a_token_that_ends_on_the_way_is_renewed() {
    let azure = Azure::new();
    azure.slow(1000.0);
    let login = crate::azure::Login::first(&azure, &[]);
    let client = azure.client_of(login.clone()).build().unwrap();
    let work = client.vm_identity(&vm("plain")).unwrap().add(["[system]"]).await.unwrap();
    azure.fault(
        json!({"path": format!("{}/providers/Microsoft.Compute/locations", subscription())}),
        json!({"status": 401, "times": 1}),
    );
    azure.hurry(work, 2, 1001).wait().await.unwrap();
    assert_eq!(login.asked().iter().filter(|a| a.contains("force_refresh: true")).count(), 1);
}

#[tokio::test]
async fn a_dropped_operation_goes_on_without_us() {
    let azure = Azure::new();
    drop(enable(&azure).await.unwrap());
    assert_eq!(azure.calls(), [GET, PATCH]);
    assert!(azure.machine("plain").show().await.unwrap().system_assigned().is_some());
}

#[tokio::test]
async fn a_deletion_is_looked_after_by_its_location() {
    let azure = Azure::new();
    azure.slow(1000.0);
    let work = azure.admin().resource_groups(SUBSCRIPTION_ID).delete("rg2").await.unwrap();
    azure.hurry(work, 2, 1001).wait().await.unwrap();
    let sent = azure.sent();
    let seen: Vec<_> = sent.iter().map(|r| (r.method.as_str(), r.status.unwrap())).collect();
    assert_eq!(seen, [("DELETE", 202), ("GET", 202), ("GET", 200)]);
    assert!(sent[1].path.contains("/operationresults/"));
    assert!(!azure.admin().resource_groups(SUBSCRIPTION_ID).exists("rg2").await.unwrap());
}
