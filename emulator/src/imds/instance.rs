//! `GET /metadata/instance`: the machine's own description, as JSON or as text, by api-version.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::refusal::{bad_request, bad_version, no_vm};
use super::versions;
use crate::server::call::Call;
use crate::server::reply::Reply;
use crate::shared::Shared;
use crate::state::VmPlace;

/// The first version of the service.
const FIRST: &str = "2017-03-01";

pub(super) fn answer(shared: &Shared, call: &Call, vm: Option<&str>, path: &[String]) -> Reply {
    let asked = call.parameter("api-version").filter(|v| !v.is_empty());
    let Some(version) = asked.and_then(|v| versions::known(v, FIRST)) else {
        return bad_version(false, asked.is_none());
    };
    let text = match call.parameter("format").map(str::to_ascii_lowercase).as_deref() {
        None | Some("json") => false,
        Some("text") => true,
        Some(other) => return bad_request(false, &format!("'{other}' is not a valid format; use json or text")),
    };
    let document = {
        let world = shared.world();
        let Some(place) = world.state.vm(vm) else { return no_vm(false, vm) };
        describe(place, version)
    };
    let Some(found) = find(&document, path) else {
        return Reply::json(StatusCode::NOT_FOUND, &json!({"error": "Not found"}));
    };
    match (found, text) {
        (Value::Object(_) | Value::Array(_), false) => Reply::json(StatusCode::OK, found),
        (leaf, true) => Reply::text(StatusCode::OK, as_text(leaf)),
        (_, false) => bad_request(false, "The requested element is a leaf; specify format=text"),
    }
}

/// The element at a path; names compare without case, as the service's do.
fn find<'a>(document: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(document, |at, segment| match at {
        Value::Object(map) => map.iter().find(|(name, _)| name.eq_ignore_ascii_case(segment)).map(|(_, value)| value),
        Value::Array(items) => items.get(segment.parse::<usize>().ok()?),
        _ => None,
    })
}

/// A leaf's value, or the names below: those with something below them end in a slash.
fn as_text(value: &Value) -> String {
    let line = |name: &str, below: &Value| {
        let slash = if matches!(below, Value::Object(_) | Value::Array(_)) { "/" } else { "" };
        format!("{name}{slash}")
    };
    let lines: Vec<String> = match value {
        Value::Object(map) => map.iter().map(|(name, below)| line(name, below)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(at, below)| line(&at.to_string(), below)).collect(),
        Value::String(text) => vec![text.clone()],
        other => vec![other.to_string()],
    };
    lines.join("\n")
}

/// Fields of one object, each from a version on.
struct Fields<'a> {
    version: &'a str,
    map: Map<String, Value>,
}

impl<'a> Fields<'a> {
    fn new(version: &'a str) -> Self {
        Self { version, map: Map::new() }
    }

    fn since(&mut self, first: &str, name: &str, value: impl Into<Value>) -> &mut Self {
        if self.version >= first {
            self.map.insert(name.to_owned(), value.into());
        }
        self
    }

    fn end(&mut self) -> Value {
        Value::Object(std::mem::take(&mut self.map))
    }
}

fn describe(place: VmPlace<'_>, version: &str) -> Value {
    let mut document = Fields::new(version);
    document.since(FIRST, "compute", compute(place, version)).since(FIRST, "network", network(place));
    document.end()
}

fn compute(place: VmPlace<'_>, version: &str) -> Value {
    let vm = place.vm;
    let windows = vm.os_type == "Windows";
    let (publisher, offer, sku) = if windows {
        ("MicrosoftWindowsServer", "WindowsServer", "2022-datacenter-azure-edition")
    } else {
        ("Canonical", "ubuntu-24_04-lts", "server")
    };
    let tags = vm.tags.iter().map(|(name, value)| format!("{name}:{value}")).collect::<Vec<_>>().join(";");
    let tags_list: Vec<Value> = vm.tags.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
    let mut security = Fields::new(version);
    security
        .since("2020-06-01", "secureBootEnabled", "true")
        .since("2020-06-01", "virtualTpmEnabled", "true")
        .since("2021-12-13", "encryptionAtHost", "false")
        .since("2021-12-13", "securityType", "TrustedLaunch");
    let os_profile = json!({
        "adminUsername": "azureuser",
        "computerName": vm.name,
        "disablePasswordAuthentication": if windows { "false" } else { "true" },
    });
    let image = json!({"id": "", "offer": offer, "publisher": publisher, "sku": sku, "version": "latest"});
    let mut fields = Fields::new(version);
    fields
        .since("2018-10-01", "azEnvironment", "AzurePublicCloud")
        .since("2019-02-01", "customData", "")
        .since("2020-12-01", "evictionPolicy", "")
        .since("2020-06-01", "isHostCompatibilityLayerVm", "false")
        .since("2020-09-01", "licenseType", "")
        .since("2017-04-02", "location", vm.location.as_str())
        .since("2017-04-02", "name", vm.name.as_str())
        .since("2017-04-02", "offer", offer)
        .since("2020-07-15", "osProfile", os_profile)
        .since("2017-04-02", "osType", vm.os_type.as_str())
        .since("2017-08-01", "placementGroupId", "")
        .since("2018-04-02", "plan", json!({"name": "", "product": "", "publisher": ""}))
        .since("2017-04-02", "platformFaultDomain", "0")
        .since("2017-04-02", "platformUpdateDomain", "0")
        .since("2020-12-01", "priority", "")
        .since("2018-10-01", "provider", "Microsoft.Compute")
        .since("2018-04-02", "publicKeys", json!([]))
        .since("2017-04-02", "publisher", publisher)
        .since("2017-08-01", "resourceGroupName", place.group.name.as_str())
        .since("2019-03-11", "resourceId", place.id())
        .since("2020-06-01", "securityProfile", security.end())
        .since("2017-04-02", "sku", sku)
        .since("2019-06-01", "storageProfile", json!({"dataDisks": [], "imageReference": image}))
        .since("2017-08-01", "subscriptionId", place.subscription.id.to_string())
        .since("2017-08-01", "tags", tags)
        .since("2019-06-04", "tagsList", tags_list)
        .since("2021-01-01", "userData", vm.user_data.as_str())
        .since("2017-04-02", "version", "latest")
        .since("2021-03-01", "virtualMachineScaleSet", json!({"id": ""}))
        .since("2017-04-02", "vmId", vm.vm_id.to_string())
        .since("2017-12-01", "vmScaleSetName", "")
        .since("2017-04-02", "vmSize", vm.size.as_str())
        .since("2017-12-01", "zone", vm.zone.as_str());
    fields.end()
}

fn network(place: VmPlace<'_>) -> Value {
    // Addresses differ between VMs and stay the same in every run, as ids do.
    let [.., a, b, c] = *place.vm.vm_id.as_bytes();
    json!({"interface": [{
        "ipv4": {
            "ipAddress": [{"privateIpAddress": format!("10.0.0.{}", 4 + a % 250), "publicIpAddress": ""}],
            "subnet": [{"address": "10.0.0.0", "prefix": "24"}],
        },
        "ipv6": {"ipAddress": []},
        "macAddress": format!("000D3A{a:02X}{b:02X}{c:02X}"),
    }]})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::State;

    const STATE: &str =
        "schema: 1\nsubscriptions: [{resource_groups: [{name: rg1, vms: [{name: vm1, tags: {a: '1', b: x}}]}]}]";

    #[test]
    fn fields_appear_with_their_version_and_every_primitive_is_a_string() {
        fn strings_only(value: &Value) -> bool {
            match value {
                Value::Object(map) => map.values().all(strings_only),
                Value::Array(items) => items.iter().all(strings_only),
                Value::String(_) => true,
                _ => false,
            }
        }
        let state = State::parse(STATE).unwrap();
        let place = state.vm(None).unwrap();
        let at = |version: &str| describe(place, version)["compute"].clone();
        for (field, first, before) in [
            ("tags", "2017-08-01", "2017-04-02"),
            ("zone", "2017-12-01", "2017-08-01"),
            ("resourceId", "2019-03-11", "2019-02-01"),
            ("tagsList", "2019-06-04", "2019-06-01"),
            ("userData", "2021-01-01", "2020-12-01"),
        ] {
            assert!(at(before).get(field).is_none(), "{field} in {before}");
            assert!(at(first).get(field).is_some(), "{field} in {first}");
        }
        assert!(at("2021-11-15")["securityProfile"].get("securityType").is_none());
        assert_eq!(at("2021-12-13")["securityProfile"]["securityType"], "TrustedLaunch");
        assert_eq!(at("2021-02-01")["tags"], "a:1;b:x");
        for version in versions::ALL {
            assert!(strings_only(&describe(place, version)), "{version}");
        }
    }

    #[test]
    fn text_lists_names_or_shows_the_leaf() {
        let document = json!({"compute": {"name": "vm1"}, "list": [{"a": "b"}], "leaf": "x"});
        assert_eq!(as_text(&document), "compute/\nleaf\nlist/");
        assert_eq!(as_text(&document["list"]), "0/");
        let path = |p: &str| p.split('/').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(as_text(find(&document, &path("LIST/0/A")).unwrap()), "b");
        assert_eq!(find(&document, &path("list/1")), None);
        assert_eq!(find(&document, &path("leaf/x")), None);
    }
}
