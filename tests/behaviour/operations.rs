//! Long-running operations: known by their headers, waited for, and how they end.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use midentity::ErrorKind;
use midentity::arm::{ArmResponse, Operation, VmIdentity};
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

const VERSION: &str = "2024-11-01";

async fn start(azure: &Azure, method: &str, body: Option<&Value>) -> midentity::Result<Operation<ArmResponse>> {
    azure.admin().start(method, &vm("plain"), VERSION, body).await
}

#[tokio::test]
async fn a_started_request_that_ends_at_once_has_its_answer() {
    let azure = Azure::new();
    let read = start(&azure, "get", None).await.unwrap();
    assert!(!read.changes() && read.what() == format!("GET {}", vm("plain")));
    assert_eq!(read.wait().await.unwrap().body()["name"], "plain");
    assert_eq!(azure.calls(), [GET]);
    // A relative Location with 201 starts nothing: so answers the creation of an identity.
    let path = crate::azure::identity("made");
    let made = azure.admin().start("PUT", &path, "2024-11-30", Some(&json!({"location": "eastus"}))).await.unwrap();
    assert!(made.changes());
    assert_eq!(made.wait().await.unwrap().status(), 201);
    assert_eq!(azure.calls(), ["PUT userAssignedIdentities/made"]);
}

#[tokio::test]
async fn a_started_request_fails_before_it_is_waited_for() {
    let azure = Azure::new();
    for (method, path, id) in [
        ("BREW", vm("plain"), "argument.option"),
        ("GET", "vm".to_owned(), "argument.path"),
        ("GET", vm("x1"), "arm.not_found"),
    ] {
        let error = azure.admin().start(method, &path, VERSION, None).await.unwrap_err();
        assert_eq!(error.id(), id, "{method} {path}");
    }
    let error = azure.of("reader").start("DELETE", &vm("plain"), VERSION, None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
}

#[tokio::test]
async fn what_a_write_made_is_read_from_where_it_was_written() {
    let azure = Azure::new();
    azure.slow(1000.0);
    let body = json!({"identity": {"type": "SystemAssigned"}});
    let work = start(&azure, "PATCH", Some(&body)).await.unwrap();
    let (emulator, heard) = (Arc::clone(&azure.emulator), Arc::new(Mutex::new(Vec::new())));
    let said = Arc::clone(&heard);
    let work = work.on_progress(move |progress| {
        said.lock().unwrap().push(progress.status().to_owned());
        emulator.set_clock_offset(if said.lock().unwrap().len() == 2 { 1001 } else { 0 });
    });
    let answer = work.wait().await.unwrap();
    assert_eq!(answer.body()["identity"]["type"], "SystemAssigned");
    assert_eq!(answer.body()["properties"]["provisioningState"], "Succeeded");
    assert_eq!(*heard.lock().unwrap(), ["started", "InProgress", "Succeeded"]);
    let sent = azure.sent();
    let calls: Vec<String> = sent.iter().map(crate::azure::short).collect();
    assert_eq!(calls, [PATCH, "GET operations/*", "GET operations/*", GET]);
    assert_eq!(sent[3].query["api-version"], [VERSION], "with the version that it was written with");
}

#[tokio::test]
async fn what_others_give_is_at_their_location() {
    let (at, other) = (json!("LOOK"), json!("OTHER"));
    let ended = json!({"status": 200, "body": {"status": "Succeeded", "properties": {"output": 1}}});
    let result = json!({"status": 200, "body": {"result": 2}});
    for (method, headers, looks, expected, calls) in [
        // Both: the one is looked at, the other has the result.
        (
            "POST",
            json!({"azure-asyncoperation": at, "location": other}),
            vec![&ended, &result],
            json!({"result": 2}),
            3,
        ),
        ("POST", json!({"azure-asyncoperation": at, "location": at}), vec![&ended], ended["body"].clone(), 2),
        ("POST", json!({"azure-asyncoperation": at}), vec![&ended], ended["body"].clone(), 2),
        ("POST", json!({"location": at}), vec![&result], json!({"result": 2}), 2),
        ("DELETE", json!({"location": at}), vec![&json!({"status": 204})], Value::Null, 2),
        (
            "DELETE",
            json!({"azure-asyncoperation": at, "location": other}),
            vec![&ended, &json!({"status": 404})],
            ended["body"].clone(),
            3,
        ),
    ] {
        let azure = Azure::new();
        let headers = headers.to_string().replace("LOOK", &look(&azure));
        let headers = headers.replace("OTHER", &look(&azure).replace("op1", "op2"));
        let headers: Value = serde_json::from_str(&headers).unwrap();
        azure.fault(json!({"method": method}), json!({"status": 202, "headers": headers}));
        for answer in looks {
            at_look(&azure, answer.clone());
        }
        let answer = start(&azure, method, None).await.unwrap().wait().await.unwrap();
        assert_eq!(answer.body(), &expected, "{method} {headers}");
        assert_eq!(azure.sent().len(), calls, "{method} {headers}");
    }
    // A result that is elsewhere is not asked for.
    let (azure, stranger) = (Azure::new(), emulator());
    let headers = json!({"azure-asyncoperation": look(&azure), "location": format!("{}/x", stranger.cloud())});
    azure.fault(json!({"method": "POST"}), json!({"status": 202, "headers": headers}));
    at_look(&azure, ended);
    let error = start(&azure, "POST", None).await.unwrap().wait().await.unwrap_err();
    assert_eq!((error.id(), stranger.request_count()), ("arm.host_refused", 0));
}

#[tokio::test]
async fn a_resource_that_tells_its_own_state_is_the_answer() {
    let azure = Azure::new();
    let machine = |state: &str| json!({"properties": {"provisioningState": state}});
    answer(&azure, json!({"status": 200, "times": 1, "body": machine("Updating")}));
    let then = json!({"status": 200, "times": 1, "body": machine("Succeeded")});
    azure.fault(json!({"method": "GET", "path": vm("plain")}), then);
    let work = start(&azure, "PATCH", Some(&json!({"tags": {}}))).await.unwrap();
    assert_eq!(work.wait().await.unwrap().body(), &machine("Succeeded"));
    assert_eq!(azure.calls(), [PATCH, GET]);
}

#[tokio::test]
async fn a_started_operation_that_fails_says_why() {
    let azure = Azure::new();
    azure.emulator.set_lro(Lro { seconds: 0.0, fail: Some(LroFailure::default()), ..Lro::default() });
    let work = start(&azure, "PATCH", Some(&json!({"identity": {"type": "SystemAssigned"}}))).await.unwrap();
    let error = work.wait().await.unwrap_err();
    assert_eq!((error.id(), error.service_code()), ("arm.operation_failed", Some("InternalExecutionError")));
    assert!(error.message().starts_with(&format!("PATCH {} ended as Failed", vm("plain"))), "{error}");
}
