use std::time::Instant;

use serde_json::{Value, json};

use crate::azure::{Azure, SUBSCRIPTION, group};

fn identities() -> String {
    format!("{}/providers/Microsoft.ManagedIdentity/userAssignedIdentities", group("rg2"))
}

#[test]
fn pages_follow_each_other_by_absolute_links() {
    let azure = Azure::new();
    assert_eq!(azure.emulator.populate("rg2", 25), 25);
    let mut names = Vec::new();
    let mut url = format!("{}?api-version=2024-11-30&$top=10", identities());
    let mut pages = 0;
    loop {
        let page = azure.get(&url).ok(200);
        pages += 1;
        names.extend(page["value"].as_array().unwrap().iter().map(|i| i["name"].as_str().unwrap().to_owned()));
        let Some(next) = page.get("nextLink") else { break };
        url = next.as_str().unwrap().to_owned();
        assert!(url.starts_with(azure.emulator.cloud()) && url.contains("api-version=2024-11-30"), "{url}");
        assert_eq!(url.matches("skiptoken=").count(), 1, "{url}");
    }
    assert_eq!(pages, 3);
    assert_eq!(names.len(), 25);
    names.dedup();
    assert_eq!(names.len(), 25);
    azure.emulator.set_page_size(4);
    let page = azure.get(&identities()).ok(200);
    assert_eq!(page["value"].as_array().unwrap().len(), 4);
    azure.get(&format!("{}?$skiptoken=x", identities())).refused(400, "InvalidSkipToken", "gave out");
    azure.get(&format!("{}?$top=0", identities())).refused(400, "InvalidQueryParameterValue", "$top");
}

#[test]
fn links_lead_back_to_the_host_that_was_asked() {
    let azure = Azure::new();
    azure.emulator.populate("rg2", 3);
    let origin = azure.emulator.cloud().replace("127.0.0.1", "localhost");
    let page = azure.get(&format!("{origin}{}?api-version=2024-11-30&$top=2", identities())).ok(200);
    assert!(page["nextLink"].as_str().unwrap().starts_with(&origin), "{}", page["nextLink"]);
}

#[test]
fn ten_thousand_identities_cost_little() {
    let azure = Azure::new();
    let made = azure.control("POST", "populate", &json!({"user_identities": 10_000, "resource_group": "rg2"})).ok(200);
    assert_eq!(made, json!({"user_identities": 10_000}));
    let again = azure.control("POST", "populate", &json!({"user_identities": 10_000, "resource_group": "rg2"})).ok(200);
    assert_eq!(again, json!({"user_identities": 0}));
    let none = azure.control("POST", "populate", &json!({"user_identities": 1, "resource_group": "rg9"}));
    assert_eq!((none.status, none.body["error"].as_str()), (400, Some("no resource group 'rg9'")));
    let begun = Instant::now();
    let mut url = format!("{SUBSCRIPTION}/providers/Microsoft.ManagedIdentity/userAssignedIdentities");
    let (mut pages, mut items) = (0, 0);
    loop {
        let page = azure.get(&url).ok(200);
        pages += 1;
        items += page["value"].as_array().unwrap().len();
        match page["nextLink"].as_str() {
            Some(next) => next.clone_into(&mut url),
            None => break,
        }
    }
    assert_eq!((pages, items), (11, 10_003));
    // Loose, because the machine may be busy: a cost that grows with the square of the list would be minutes.
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
}

#[test]
fn resources_of_all_types_in_short() {
    let azure = Azure::new();
    let all = azure.get(&format!("{SUBSCRIPTION}/resources")).ok(200);
    assert_eq!(all["value"].as_array().unwrap().len(), 9);
    let filter = "?$filter=resourceType eq 'Microsoft.Compute/virtualMachines'";
    let machines = azure.get(&format!("{}/resources{filter}", group("rg1"))).ok(200);
    assert_eq!(machines["value"].as_array().unwrap().len(), 5);
    assert_eq!(machines["value"][1]["identity"]["type"], "SystemAssigned");
    assert!(machines["value"][0].get("identity").is_none());
    let seen = azure.call("identities", "GET", &format!("{SUBSCRIPTION}/resources"), Value::Null).ok(200);
    assert_eq!(seen["value"].as_array().unwrap().len(), 3, "filtered by right");
    let filter = "?$filter=resourceGroup eq 'RG1' and name eq 'id1'";
    let one = azure.get(&format!("{SUBSCRIPTION}/resources{filter}")).ok(200);
    assert_eq!(one["value"][0]["name"], "id1");
    azure.get(&format!("{SUBSCRIPTION}/resources?$filter=sku eq 'x'")).refused(400, "InvalidFilterInQueryString", "");
}

#[test]
fn machines_by_group_and_by_subscription() {
    let azure = Azure::new();
    let all = azure.get(&format!("{SUBSCRIPTION}/providers/Microsoft.Compute/virtualMachines?$top=2")).ok(200);
    assert_eq!(all["value"].as_array().unwrap().len(), 2);
    let rest = azure.get(all["nextLink"].as_str().unwrap()).ok(200);
    assert!(rest["nextLink"].is_string());
    let sets = azure.get(&format!("{}/providers/Microsoft.Compute/virtualMachineScaleSets", group("rg1"))).ok(200);
    assert_eq!(sets["value"][0]["sku"]["capacity"], 2);
}
