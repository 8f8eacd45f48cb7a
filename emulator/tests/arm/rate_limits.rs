use midentity_emulator::{Rate, RateLimits};
use serde_json::{Value, json};

use crate::azure::{Azure, SUBSCRIPTION, group};

const READS: &str = "x-ms-ratelimit-remaining-subscription-reads";

fn limited(azure: &Azure, reads: u32, per_second: f64) {
    let reads = Rate { burst: reads, per_second };
    azure.emulator.set_rate_limits(RateLimits { reads, ..RateLimits::default() });
}

#[test]
fn what_is_left_counts_down_and_then_nothing_is_taken() {
    let azure = Azure::new();
    limited(&azure, 3, 0.1);
    for left in ["2", "1", "0"] {
        let answer = azure.get(&group("rg1"));
        assert_eq!((answer.status, answer.header(READS)), (200, Some(left)));
    }
    let refused = azure.get(&group("rg1"));
    assert_eq!((refused.status, refused.header("retry-after"), refused.header(READS)), (429, Some("10"), Some("0")));
    assert_eq!(refused.body["error"]["code"], "SubscriptionRequestsThrottled");
    let words = refused.body["error"]["message"].as_str().unwrap().to_owned();
    assert!(words.starts_with("Number of 'read' requests for subscription '") && words.contains("after '10' seconds"));
    // Others have their own: another caller, other kinds, the tenant.
    assert_eq!(azure.call("reader", "GET", &group("rg1"), Value::Null).status, 200);
    let made = azure.call("admin", "PUT", &group("rg3"), json!({"location": "eastus"}));
    assert_eq!((made.status, made.header("x-ms-ratelimit-remaining-subscription-writes")), (201, Some("199")));
    let tenant = azure.get("/subscriptions");
    assert_eq!((tenant.status, tenant.header("x-ms-ratelimit-remaining-tenant-reads")), (200, Some("2")));
    // It fills up with time, and no further than it is large.
    azure.emulator.set_clock_offset(10);
    assert_eq!(azure.get(&group("rg1")).header(READS), Some("0"));
    azure.emulator.set_clock_offset(3600);
    assert_eq!(azure.get(&group("rg1")).header(READS), Some("2"));
}

#[test]
fn everybody_together_has_fifteen_times_as_many() {
    let azure = Azure::new();
    limited(&azure, 1, 0.0);
    let first = azure.get(&group("rg1"));
    assert_eq!(first.header("x-ms-ratelimit-remaining-subscription-global-reads"), Some("14"));
    let second = azure.call("reader", "GET", &group("rg1"), Value::Null);
    assert_eq!(second.header("x-ms-ratelimit-remaining-subscription-global-reads"), Some("13"));
    let refused = azure.get(&format!("{SUBSCRIPTION}/resourcegroups"));
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("3600")), "never filled up again");
    // What is turned away before is not counted, and a reset fills everything up.
    azure.emulator.reset();
    limited(&azure, 1, 0.0);
    let url = format!("{}{}?api-version=2021-04-01", azure.emulator.cloud(), group("rg1"));
    assert_eq!(azure.raw("GET", &url, &[], "").status, 401);
    assert_eq!(azure.get(&group("rg1")).status, 200);
}
