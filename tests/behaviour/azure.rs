//! An emulator with people who hold one role each, and clients that sign in as them.

use std::fmt::Debug;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use midentity::arm::{ArmClient, ArmClientBuilder, Operation, VmIdentities};
use midentity::{AccessToken, Clock, Cloud, Env, Scope, StaticToken, TokenFuture, TokenOptions, TokenProvider};
use midentity_emulator::{Door, Emulator, Lro, Options, RequestRecord};
use serde_json::{Value, json};

use crate::case::now;

pub(crate) const SUBSCRIPTION_ID: &str = "8d1c0c5e-6a3b-4f0e-9d0a-3f6c5d1b2a40";
pub(crate) const READER: &str = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
pub(crate) const FOREIGN: &str = "/subscriptions/1d1c0c5e-6a3b-4f0e-9d0a-3f6c5d1b2a41/resourceGroups/other/providers/Microsoft.ManagedIdentity/userAssignedIdentities/foreign";
/// Long after every test.
pub(crate) const LATE: i64 = 4_102_444_800;

const STATE: &str = "
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
        scale_sets:
          - {name: set1, members: {sku: {name: Standard_B1s, capacity: 2}}}
          - {name: set2, system_identity: true, user_identities: [id1, id2]}
      - {name: rg2, location: westeurope, user_identities: [{name: far}]}
  - name: s2
    id: 1d1c0c5e-6a3b-4f0e-9d0a-3f6c5d1b2a41
    tenant: two
    resource_groups: [{name: other, user_identities: [{name: foreign}]}]
principals:
  - {name: admin@one, tenant: one}
  - {name: contributor}
  - {name: reader}
  - {name: access}
  - {name: machines}
  - {name: operator}
  - {name: identities}
  - {name: nobody}
  - {name: admins, kind: Group}
role_assignments:
  - {principal: admin@one, role: Owner, scope: /}
  - {principal: contributor, role: Contributor, scope: s1}
  - {principal: reader, role: Reader, scope: rg1}
  - {principal: access, role: User Access Administrator, scope: s1}
  - {principal: machines, role: Virtual Machine Contributor, scope: rg1}
  - {principal: operator, role: Virtual Machine Contributor, scope: rg1}
  - {principal: operator, role: Managed Identity Operator, scope: rg1}
  - {principal: identities, role: Managed Identity Contributor, scope: rg1}
";

pub(crate) fn subscription() -> String {
    format!("/subscriptions/{SUBSCRIPTION_ID}")
}

pub(crate) fn group(name: &str) -> String {
    format!("{}/resourceGroups/{name}", subscription())
}

/// An identity's id as clients usually write it.
pub(crate) fn identity(name: &str) -> String {
    format!("{}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}", group("rg1"))
}

/// An identity's id as the service writes it.
pub(crate) fn identity_id(name: &str) -> String {
    identity(name).replace("/resourceGroups/", "/resourcegroups/")
}

pub(crate) fn vm(name: &str) -> String {
    format!("{}/providers/Microsoft.Compute/virtualMachines/{name}", group("rg1"))
}

pub(crate) fn scale_set(name: &str) -> String {
    format!("{}/providers/Microsoft.Compute/virtualMachineScaleSets/{name}", group("rg1"))
}

/// The last parts of ids.
pub(crate) fn names<S: AsRef<str>>(ids: impl IntoIterator<Item = S>) -> Vec<String> {
    ids.into_iter().map(|id| id.as_ref().rsplit('/').next().unwrap().to_owned()).collect()
}

pub(crate) struct Azure {
    pub(crate) emulator: Arc<Emulator>,
    pub(crate) clock: Clock,
}

impl Azure {
    pub(crate) fn new() -> Self {
        let state_dir = Some(PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("emulator"));
        let options =
            Options { state: Some(STATE.to_owned()), state_dir, vm: Some("both".into()), ..Options::default() };
        let emulator = Arc::new(Emulator::start(options).unwrap());
        emulator.set_lro(Lro { seconds: 0.0, ..Lro::default() });
        Self { emulator, clock: Clock::manual_between_requests(now()) }
    }

    pub(crate) fn token(&self, who: &str) -> String {
        self.emulator.issue_token(who, &format!("{}/", self.emulator.cloud())).unwrap()
    }

    /// A client of any provider, whose waits take no real time.
    pub(crate) fn client_of(&self, provider: impl TokenProvider + 'static) -> ArmClientBuilder {
        ArmClient::builder(provider)
            .cloud(Cloud::parse(self.emulator.cloud()).unwrap())
            .ca_file(self.emulator.ca_file())
            .env(Env::fixed([]))
            .clock(self.clock.clone())
    }

    pub(crate) fn of(&self, who: &str) -> ArmClient {
        self.client_of(StaticToken::new(AccessToken::new(self.token(who), LATE))).build().unwrap()
    }

    pub(crate) fn admin(&self) -> ArmClient {
        self.of("admin")
    }

    pub(crate) fn machine(&self, name: &str) -> VmIdentities {
        self.admin().vm_identity(&vm(name)).unwrap()
    }

    pub(crate) fn fault(&self, matching: Value, answer: Value) {
        let mut fault = answer;
        fault["match"] = matching;
        fault["match"]["door"] = json!("arm");
        self.emulator.add_fault_json(&fault.to_string()).unwrap();
    }

    /// What came to Resource Manager since the last time.
    pub(crate) fn sent(&self) -> Vec<RequestRecord> {
        let sent = self.emulator.requests().into_iter().filter(|r| r.door == Door::Arm).collect();
        self.emulator.clear_requests();
        sent
    }

    /// The same in short: method and the path's last two parts, a GUID or an operation's name as a star.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.sent().iter().map(short).collect()
    }

    /// The one body that was sent by this method since the last time.
    pub(crate) fn body(&self, method: &str) -> Value {
        let mut all: Vec<RequestRecord> = self.sent().into_iter().filter(|r| r.method == method).collect();
        assert_eq!(all.len(), 1, "{:?}", all.iter().map(short).collect::<Vec<_>>());
        all.remove(0).body.unwrap_or_default()
    }

    /// Operations take so long by the emulator's clock.
    pub(crate) fn slow(&self, seconds: f64) {
        self.emulator.set_lro(Lro { seconds, ..Lro::default() });
    }

    /// Moves the emulator's clock once the work has said so much about its progress.
    pub(crate) fn hurry<T: Debug + Send + 'static>(
        &self,
        work: Operation<T>,
        after: usize,
        seconds: i64,
    ) -> Operation<T> {
        let (emulator, mut told) = (Arc::clone(&self.emulator), 0);
        work.on_progress(move |_| {
            told += 1;
            if told == after {
                emulator.set_clock_offset(seconds);
            }
        })
    }
}

pub(crate) fn short(record: &RequestRecord) -> String {
    let mut parts: Vec<&str> = record.path.rsplit('/').take(2).collect();
    parts.reverse();
    if let Some(last) = parts.last_mut()
        && (uuid::Uuid::parse_str(last).is_ok() || last.len() > 60)
    {
        *last = "*";
    }
    format!("{} {}", record.method, parts.join("/"))
}

/// Signs in anew each time and notes how it was asked.
#[derive(Debug, Clone)]
pub(crate) struct Login {
    emulator: Arc<Emulator>,
    tokens: Arc<Mutex<Vec<String>>>,
    pub(crate) asked: Arc<Mutex<Vec<String>>>,
}

impl Login {
    /// The first tokens that it gives; after them the administrator's.
    pub(crate) fn first(azure: &Azure, tokens: &[&str]) -> Self {
        let tokens = tokens.iter().rev().map(|t| (*t).to_owned()).collect();
        Self { emulator: Arc::clone(&azure.emulator), tokens: Arc::new(Mutex::new(tokens)), asked: Arc::default() }
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl TokenProvider for Login {
    fn token<'a>(&'a self, scope: &'a Scope, options: &'a TokenOptions) -> TokenFuture<'a> {
        self.asked.lock().unwrap().push(format!("{scope:?} {options:?}"));
        let audience = format!("{}/", self.emulator.cloud());
        let next = self.tokens.lock().unwrap().pop();
        let token = next.unwrap_or_else(|| self.emulator.issue_token("admin", &audience).unwrap());
        Box::pin(async { Ok(AccessToken::new(token, LATE)) })
    }
}
