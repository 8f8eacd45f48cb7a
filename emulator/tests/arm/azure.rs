//! An emulator with people who hold one role each, and a client that hides nothing.

use std::time::{Duration, Instant};

use midentity_emulator::{Emulator, Lro, Options};
use reqwest::header::HeaderMap;
use serde_json::Value;

pub(crate) const STATE: &str = "
schema: 1
tenants: [{name: one}, {name: two}]
subscriptions:
  - name: s1
    id: 8d1c0c5e-6a3b-4f0e-9d0a-3f6c5d1b2a40
    tenant: one
    resource_groups:
      - name: rg1
        location: eastus
        user_identities: [{name: id1, tags: {env: test}}, {name: id2}, {name: id3}]
        vms:
          - name: plain
          - {name: system, system_identity: true}
          - {name: users, user_identities: [id1, id2]}
          - {name: both, system_identity: true, user_identities: [id1, id2]}
          - name: old
            system_identity: true
            extensions: [{name: ManagedIdentityExtensionForWindows}]
        scale_sets: [{name: set1, members: {sku: {name: Standard_B1s, capacity: 2}}}]
      - {name: rg2, location: westeurope}
  - name: s2
    id: 1d1c0c5e-6a3b-4f0e-9d0a-3f6c5d1b2a41
    tenant: two
    resource_groups: [{name: other, user_identities: [{name: foreign}]}]
principals:
  - {name: admin@one, tenant: one}
  - {name: owner}
  - {name: contributor}
  - {name: reader}
  - {name: access}
  - {name: rbac}
  - {name: machines}
  - {name: operator}
  - {name: identities}
  - {name: nobody}
  - {name: admins, kind: Group}
  - {name: admin@two, tenant: two}
role_assignments:
  - {principal: admin@one, role: Owner, scope: /}
  - {principal: admin@two, role: Owner, scope: /}
  - {principal: owner, role: Owner, scope: rg1}
  - {principal: contributor, role: Contributor, scope: s1}
  - {principal: reader, role: Reader, scope: rg1}
  - {principal: access, role: User Access Administrator, scope: s1}
  - {principal: rbac, role: Role Based Access Control Administrator, scope: s1}
  - {principal: machines, role: Virtual Machine Contributor, scope: rg1}
  - {principal: operator, role: Virtual Machine Contributor, scope: rg1}
  - {principal: operator, role: Managed Identity Operator, scope: rg1}
  - {principal: identities, role: Managed Identity Contributor, scope: rg1}
";

pub(crate) const SUBSCRIPTION: &str = "/subscriptions/8d1c0c5e-6a3b-4f0e-9d0a-3f6c5d1b2a40";
const MSI: &str = "providers/Microsoft.ManagedIdentity/userAssignedIdentities";

pub(crate) fn group(name: &str) -> String {
    format!("{SUBSCRIPTION}/resourceGroups/{name}")
}

/// An identity's id in the casing that clients usually send.
pub(crate) fn identity(name: &str) -> String {
    format!("{}/{MSI}/{name}", group("rg1"))
}

/// An identity's id in the casing that the service answers.
pub(crate) fn identity_id(name: &str) -> String {
    identity(name).replace("/resourceGroups/", "/resourcegroups/")
}

pub(crate) fn vm(name: &str) -> String {
    format!("{}/providers/Microsoft.Compute/virtualMachines/{name}", group("rg1"))
}

pub(crate) fn scale_set(name: &str) -> String {
    format!("{}/providers/Microsoft.Compute/virtualMachineScaleSets/{name}", group("rg1"))
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    #[track_caller]
    pub(crate) fn ok(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.body
    }

    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str, words: &str) {
        let error = &self.body["error"];
        assert_eq!((self.status, error["code"].as_str().unwrap_or_default()), (status, code), "{}", self.text);
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(words), "{message}");
        assert!(self.header("retry-after").is_none(), "clients would retry it");
        assert!(self.header("x-ms-request-id").is_some() && self.header("x-ms-correlation-request-id").is_some());
    }
}

/// An emulator and a connection to it.
pub(crate) struct Azure {
    pub(crate) emulator: Emulator,
    runtime: tokio::runtime::Runtime,
    client: reqwest::Client,
}

impl Azure {
    pub(crate) fn new() -> Self {
        Self::of(STATE)
    }

    pub(crate) fn of(state: &str) -> Self {
        let emulator = Emulator::start(Options { state: Some(state.to_owned()), ..Options::default() }).unwrap();
        emulator.set_lro(Lro { seconds: 0.03, ..Lro::default() });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let roots = reqwest::Certificate::from_pem_bundle(&std::fs::read(emulator.ca_file()).unwrap()).unwrap();
        // reqwest brings no cryptography here; a second call is refused and changes nothing.
        let _ = tokio_rustls::rustls::crypto::aws_lc_rs::default_provider().install_default();
        let builder = reqwest::Client::builder().tls_certs_only(roots).no_proxy();
        let client = builder.redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { emulator, runtime, client }
    }

    pub(crate) fn token(&self, who: &str) -> String {
        self.emulator.issue_token(who, "https://management.azure.com/").unwrap()
    }

    /// A call with everything given: the address, the headers, the body.
    pub(crate) fn raw(&self, method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let url = if url.starts_with('/') { format!("{}{url}", self.emulator.cloud()) } else { url.to_owned() };
        let mut request = self.client.request(method.parse().unwrap(), url).body(body.to_owned());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.runtime.block_on(async {
            let response = request.send().await.unwrap();
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            let text = response.text().await.unwrap();
            let body = serde_json::from_str(&text).unwrap_or_default();
            Answer { status, headers, body, text }
        })
    }

    pub(crate) fn with(&self, who: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let bearer = format!("Bearer {}", self.token(who));
        let mut all = vec![("authorization", bearer.as_str()), ("content-type", "application/json")];
        all.extend_from_slice(headers);
        let url = match path {
            _ if path.contains("api-version=") => path.to_owned(),
            _ if path.contains('?') => format!("{path}&api-version=2024-11-30"),
            _ => format!("{path}?api-version=2024-11-30"),
        };
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.raw(method, &url, &all, &body)
    }

    pub(crate) fn call(&self, who: &str, method: &str, path: &str, body: Value) -> Answer {
        self.with(who, method, path, &[], &body)
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.call("admin", "GET", path, Value::Null)
    }

    pub(crate) fn patch(&self, path: &str, body: Value) -> Answer {
        self.call("admin", "PATCH", path, body)
    }

    /// Looks at an operation until it is over and gives its last answer.
    pub(crate) fn poll(&self, started: &Answer) -> Value {
        let address = started.header("azure-asyncoperation").expect("an operation").to_owned();
        let begun = Instant::now();
        loop {
            let look = self.call("admin", "GET", &address, Value::Null);
            assert_eq!(look.status, 200, "{}", look.text);
            if look.body["status"] != "InProgress" {
                return look.body;
            }
            assert!(begun.elapsed() < Duration::from_secs(10), "it never ends");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Changes a machine's identity and gives the block after the operation; null for none.
    pub(crate) fn change(&self, machine: &str, block: Value) -> Value {
        let started = self.patch(machine, serde_json::json!({"identity": block}));
        assert_eq!(started.status, 200, "{}", started.text);
        assert_eq!(self.poll(&started)["status"], "Succeeded");
        self.get(machine).ok(200)["identity"].clone()
    }

    pub(crate) fn principal_of(&self, name: &str) -> String {
        self.get(&identity(name)).ok(200)["properties"]["principalId"].as_str().unwrap().to_owned()
    }

    /// A control request.
    pub(crate) fn control(&self, method: &str, path: &str, body: &Value) -> Answer {
        let url = format!("{}/_emulator/{path}", self.emulator.control_endpoint());
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.raw(method, &url, &[("midentity-emulator", "true")], &body)
    }

    /// A token request of a machine.
    pub(crate) fn metadata(&self, machine: &str, more: &str) -> Answer {
        let url = format!(
            "{}/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://management.azure.com/{more}",
            self.emulator.imds_endpoint_of(machine)
        );
        self.raw("GET", &url, &[("metadata", "true")], "")
    }
}

pub(crate) fn keys(value: &Value) -> Vec<String> {
    value.as_object().map(|fields| fields.keys().cloned().collect()).unwrap_or_default()
}
