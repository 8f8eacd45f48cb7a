//! The identities of a virtual machine or scale set: shown, added, removed, set. Others are never lost.

use std::collections::BTreeMap;

use http::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::client::{ArmClient, Call};
use super::members::members;
use super::operation::{Operation, Reporter};
use super::response::ArmResponse;
use super::vm_identity_plan::{self, IdentityChange, IdentityRef, Present, VmIdentityPlan};
use super::{polling, scope_path, user_identity};
use crate::error::{Error, ErrorKind, Result, id};
use crate::resource_id::ResourceId;

/// The version that merges by PATCH and has etags.
pub(super) const API_VERSION: &str = "2024-11-01";
/// How often a change is computed anew when somebody else changed the machine in between.
const RACES: u32 = 3;
const RETIRED_EXTENSIONS: [&str; 2] = ["ManagedIdentityExtensionForWindows", "ManagedIdentityExtensionForLinux"];

/// The identities of one virtual machine or scale set.
///
/// ```
/// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
/// # example(async |arm| {
/// let vm = "/subscriptions/8d1c0000-0000-0000-0000-000000000000/resourceGroups/rg1/providers/Microsoft.Compute/virtualMachines/vm1";
/// let identity = arm.vm_identity(vm)?.add(["id1"]).await?.wait().await?;
/// println!("{:?}", identity.user_assigned());
/// # Ok(()) });
/// ```
#[derive(Debug, Clone)]
pub struct VmIdentities {
    client: ArmClient,
    machine: ResourceId,
}

impl ArmClient {
    /// The identities of a virtual machine or scale set, given by its resource id.
    ///
    /// # Errors
    /// `argument.path` where it is the id of something else.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// assert_eq!(arm.vm_identity("vm1").unwrap_err().id(), "argument.path");
    /// # Ok(()) });
    /// ```
    pub fn vm_identity(&self, machine: &str) -> Result<VmIdentities> {
        let path = scope_path::check(machine).and_then(|path| ResourceId::parse(&path));
        let machine = path.map_err(|_| not_a_machine(machine))?;
        let kind = machine.resource_type().unwrap_or_default();
        let known = ["Microsoft.Compute/virtualMachines", "Microsoft.Compute/virtualMachineScaleSets"];
        if known.iter().any(|k| k.eq_ignore_ascii_case(&kind)) {
            return Ok(VmIdentities { client: self.clone(), machine });
        }
        Err(not_a_machine(machine.as_str()))
    }
}

fn not_a_machine(text: &str) -> Error {
    Error::argument(
        id::ARGUMENT_PATH,
        format!("{text:?} is not the id of a virtual machine or scale set"),
        "it looks like /subscriptions/<id>/resourceGroups/<group>/providers/Microsoft.Compute/virtualMachines/<name>",
    )
}

impl VmIdentities {
    /// The machine's resource id.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/vm1";
    /// assert_eq!(arm.vm_identity(id)?.machine().name(), "vm1");
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn machine(&self) -> &ResourceId {
        &self.machine
    }

    async fn read(&self) -> Result<ArmResponse> {
        self.client.get_path(self.machine.as_str(), API_VERSION).await
    }

    /// The identities as they are.
    ///
    /// # Errors
    /// NotFound, Forbidden, and as [`ArmClient::request`].
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let vm = arm.vm_identity(VM)?;
    /// println!("{:?}", vm.show().await?.system_assigned());
    /// # Ok(()) });
    /// ```
    pub async fn show(&self) -> Result<VmIdentity> {
        let response = self.read().await?;
        VmIdentity::of(response.body(), warnings(response.body(), self.machine.as_str()))
    }

    /// What a change would do. Sends nothing but reads.
    ///
    /// # Errors
    /// `argument.identity` and `argument.name` where an identity can't be one, and as [`VmIdentities::show`].
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let vm = arm.vm_identity(VM)?;
    /// use midentity::arm::IdentityChange;
    /// println!("{}", vm.plan(&IdentityChange::Add(vec!["id1".into()])).await?);
    /// # Ok(()) });
    /// ```
    pub async fn plan(&self, change: &IdentityChange) -> Result<VmIdentityPlan> {
        let response = self.read().await?;
        let body = response.body();
        let etag = body.get("etag").and_then(Value::as_str).or_else(|| response.header("etag")).map(str::to_owned);
        let present = VmIdentity::of(body, Vec::new())?.present()?;
        let mut plan =
            vm_identity_plan::plan(&self.machine, &present, change, etag, warnings(body, self.machine.as_str()))?;
        if plan.changes() && waits_for_upgrade(body) {
            plan.warn(format!(
                "the scale set's upgrade policy is Manual: its instances know of the change once they are updated \
                 (POST {}/manualupgrade, or az vmss update-instances)",
                self.machine.as_str()
            ));
        }
        Ok(plan)
    }

    /// Adds identities; all others stay.
    ///
    /// # Errors
    /// As [`VmIdentities::apply`].
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let vm = arm.vm_identity(VM)?;
    /// let identity = vm.add(["[system]", "id1"]).await?.wait().await?;
    /// # Ok(()) });
    /// ```
    pub async fn add<R: Into<IdentityRef>>(
        &self,
        identities: impl IntoIterator<Item = R>,
    ) -> Result<Operation<VmIdentity>> {
        let change = IdentityChange::Add(identities.into_iter().map(Into::into).collect());
        self.apply(self.plan(&change).await?).await
    }

    /// Removes identities; all others stay.
    ///
    /// # Errors
    /// As [`VmIdentities::apply`].
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let vm = arm.vm_identity(VM)?;
    /// let identity = vm.remove(["id1"]).await?.wait().await?;
    /// # Ok(()) });
    /// ```
    pub async fn remove<R: Into<IdentityRef>>(
        &self,
        identities: impl IntoIterator<Item = R>,
    ) -> Result<Operation<VmIdentity>> {
        let change = IdentityChange::Remove(identities.into_iter().map(Into::into).collect());
        self.apply(self.plan(&change).await?).await
    }

    /// Gives the machine these identities and no others.
    ///
    /// # Errors
    /// As [`VmIdentities::apply`].
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let vm = arm.vm_identity(VM)?;
    /// let identity = vm.set(["[system]"]).await?.wait().await?;
    /// # Ok(()) });
    /// ```
    pub async fn set<R: Into<IdentityRef>>(
        &self,
        identities: impl IntoIterator<Item = R>,
    ) -> Result<Operation<VmIdentity>> {
        let change = IdentityChange::Set(identities.into_iter().map(Into::into).collect());
        self.apply(self.plan(&change).await?).await
    }

    /// Carries a plan out. Where somebody else changed the machine since, the plan is made anew; where nothing
    /// changes, nothing is sent. The machine is read again at the end, and an identity that should have stayed and is
    /// not there is put back, with a warning.
    ///
    /// # Errors
    /// Forbidden (Virtual Machine Contributor may change a machine's identity; to assign a user-assigned one Managed
    /// Identity Operator on it is needed too), `vm_identity.dangling` where an identity on the machine was deleted,
    /// Conflict, `arm.operation_failed`, and as [`ArmClient::request`].
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let vm = arm.vm_identity(VM)?;
    /// use midentity::arm::IdentityChange;
    /// let plan = vm.plan(&IdentityChange::RemoveAllUser).await?;
    /// let identity = vm.apply(plan).await?.wait().await?;
    /// # Ok(()) });
    /// ```
    pub async fn apply(&self, plan: VmIdentityPlan) -> Result<Operation<VmIdentity>> {
        let what = format!("changing the identity of {}", self.machine.name());
        let (mut plan, mut races) = (plan, 0);
        loop {
            let Some(body) = &plan.body else {
                return Ok(Operation::done(what, self.show().await?));
            };
            let call = Call {
                method: Method::PATCH,
                url: self.client.url(self.machine.as_str(), API_VERSION)?,
                body: Some(body),
                if_match: plan.etag.as_deref(),
            };
            match self.client.call(call).await {
                Ok(first) => {
                    let reporter = Reporter::new(what);
                    let (this, told) = (self.clone(), reporter.clone());
                    return Ok(Operation::running(
                        reporter,
                        Box::pin(async move { this.finish(first, plan, told).await }),
                    ));
                }
                Err(error) if error.http_status() == Some(412) && races < RACES => {
                    races += 1;
                    plan = self.plan(&plan.change).await?;
                }
                Err(error) => return Err(self.explain(error, &plan).await),
            }
        }
    }

    async fn finish(&self, first: ArmResponse, plan: VmIdentityPlan, told: Reporter) -> Result<VmIdentity> {
        if let Err(error) = polling::finish(&self.client, &first, &Method::PATCH, &told).await {
            return Err(self.explain(error, &plan).await);
        }
        let after = self.show().await?;
        let present = after.present()?;
        let lost: Vec<&ResourceId> = plan.wanted.user.iter().filter(|u| !present.user.contains(u)).collect();
        if lost.is_empty() && (present.system || !plan.wanted.system) {
            return Ok(VmIdentity { warnings: plan.warnings().to_vec(), ..after });
        }
        self.put_back(&plan, &present, &lost, &told).await
    }

    /// Assigns what the service lost once more, and says so.
    async fn put_back(
        &self,
        plan: &VmIdentityPlan,
        found: &Present,
        lost: &[&ResourceId],
        told: &Reporter,
    ) -> Result<VmIdentity> {
        let mut names: Vec<&str> = lost.iter().map(|id| id.as_str()).collect();
        let named: Map<String, Value> = names.iter().map(|n| ((*n).to_owned(), json!({}))).collect();
        let mut identity = Map::new();
        let user = !lost.is_empty() || !found.user.is_empty();
        let kind = match (plan.wanted.system, user) {
            (true, true) => "SystemAssigned, UserAssigned",
            (true, false) => "SystemAssigned",
            (false, _) => "UserAssigned",
        };
        identity.insert("type".to_owned(), Value::from(kind));
        if !named.is_empty() {
            identity.insert("userAssignedIdentities".to_owned(), Value::Object(named));
        }
        if plan.wanted.system && !found.system {
            names.push("[system]");
        }
        let body = json!({ "identity": identity });
        let first = self.client.send(Method::PATCH, self.machine.as_str(), API_VERSION, Some(&body)).await?;
        polling::finish(&self.client, &first, &Method::PATCH, told).await?;
        let after = self.show().await?;
        let present = after.present()?;
        let missing = lost.iter().find(|id| !present.user.contains(id)).map(|id| id.as_str());
        let missing = missing.or_else(|| (plan.wanted.system && !present.system).then_some("[system]"));
        if let Some(missing) = missing {
            return Err(Error::new(
                ErrorKind::Conflict,
                id::VM_IDENTITY_LOST,
                format!("the machine lost the identity {missing} during the change, and it can't be put back"),
            )
            .with_hint("somebody else may be changing the machine; assign the identity again"));
        }
        let mut warnings = plan.warnings().to_vec();
        warnings
            .push(format!("these identities were lost during the change and have been put back: {}", names.join(", ")));
        Ok(VmIdentity { warnings, ..after })
    }

    /// User-assigned identities that are on the machine and were deleted: every change that names them fails.
    ///
    /// # Errors
    /// As [`VmIdentities::show`].
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let vm = arm.vm_identity(VM)?;
    /// let gone = vm.dangling().await?;
    /// vm.remove(gone).await?.wait().await?;
    /// # Ok(()) });
    /// ```
    pub async fn dangling(&self) -> Result<Vec<String>> {
        let mut gone = Vec::new();
        for identity in self.show().await?.user_assigned() {
            match self.client.get_path(identity.id(), user_identity::API_VERSION).await {
                Err(error) if error.kind() == ErrorKind::NotFound => gone.push(identity.id().to_owned()),
                // Who may not read it can't tell; other failures say nothing about the identity either.
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::Forbidden => {}
                Err(error) => return Err(error),
            }
        }
        Ok(gone)
    }

    /// Adds what the service's words leave open: which identity is gone, which right is missing.
    async fn explain(&self, error: Error, plan: &VmIdentityPlan) -> Error {
        let code = error.service_code().unwrap_or_default();
        if code == "LinkedAuthorizationFailed" || code == "FailedIdentityOperation" {
            let mut gone = Vec::new();
            for name in plan.comes().iter().chain(plan.stays()).filter(|n| n.starts_with('/')) {
                match self.client.get_path(name, user_identity::API_VERSION).await {
                    Err(e) if e.kind() == ErrorKind::NotFound => gone.push(name.as_str()),
                    _ => {}
                }
            }
            if !gone.is_empty() {
                return Error::new(
                    ErrorKind::NotFound,
                    id::VM_IDENTITY_DANGLING,
                    format!("there is no such identity (any more): {}; {}", gone.join(", "), error.message()),
                )
                .with_hint("remove it from the machine, or make it anew and assign that")
                .with_service_code(Some(code.to_owned()));
            }
        }
        if code == "LinkedAuthorizationFailed" {
            return error.with_hint(
                "assigning a user-assigned identity needs the role Managed Identity Operator on that identity, besides \
                 the right to change the machine; an identity of another tenant can't be assigned at all",
            );
        }
        error
    }
}

/// Source: the scale sets' documentation; az warns of it too.
fn waits_for_upgrade(machine: &Value) -> bool {
    let mode = machine.pointer("/properties/upgradePolicy/mode").and_then(Value::as_str);
    mode.is_some_and(|mode| mode.eq_ignore_ascii_case("Manual"))
}

fn warnings(machine: &Value, id: &str) -> Vec<String> {
    let extensions = machine.get("resources").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    extensions
        .iter()
        .filter_map(|extension| {
            let kind = extension.pointer("/properties/type").and_then(Value::as_str)?;
            RETIRED_EXTENSIONS.iter().any(|r| r.eq_ignore_ascii_case(kind)).then(|| {
                let name = extension.get("name").and_then(Value::as_str).unwrap_or(kind);
                let name = name.rsplit('/').next().unwrap_or(name);
                format!(
                    "the retired extension {kind} is on the machine; the metadata service gives tokens without it: \
                     remove it with DELETE {id}/extensions/{name}"
                )
            })
        })
        .collect()
}

/// A machine's identities.
///
/// ```
/// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
/// # example(async |arm| {
/// # let identity = arm.vm_identity(VM)?.show().await?;
/// println!("{}", identity.kind());
/// # Ok(()) });
/// ```
#[derive(Debug, Clone)]
pub struct VmIdentity {
    kind: String,
    principal_id: Option<String>,
    tenant_id: Option<String>,
    user_assigned_identities: Vec<AssignedIdentity>,
    warnings: Vec<String>,
}

/// A user-assigned identity on a machine.
///
/// ```
/// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
/// # example(async |arm| {
/// # let identity = arm.vm_identity(VM)?.show().await?.user_assigned()[0].clone();
/// println!("{}", identity.id());
/// # Ok(()) });
/// ```
#[derive(Debug, Clone)]
pub struct AssignedIdentity {
    id: String,
    client_id: Option<String>,
    principal_id: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Wire {
    #[serde(rename = "type")]
    kind: Option<String>,
    principal_id: Option<String>,
    tenant_id: Option<String>,
    user_assigned_identities: Option<BTreeMap<String, Option<Ids>>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Ids {
    client_id: Option<String>,
    principal_id: Option<String>,
}

members!(VmIdentity: kind, system_assigned, tenant_id, user_assigned, warnings);

impl VmIdentity {
    fn of(machine: &Value, warnings: Vec<String>) -> Result<Self> {
        let wire = match machine.get("identity") {
            None | Some(Value::Null) => Wire::default(),
            // Serde would read an array too, as the fields in their order.
            Some(identity) => Some(identity.clone())
                .filter(Value::is_object)
                .and_then(|identity| serde_json::from_value(identity).ok())
                .ok_or_else(|| super::client::bad_answer("the machine's identity has another shape than expected"))?,
        };
        let user = wire.user_assigned_identities.unwrap_or_default().into_iter().map(|(id, ids)| {
            let ids = ids.unwrap_or_default();
            AssignedIdentity { id, client_id: ids.client_id, principal_id: ids.principal_id }
        });
        Ok(Self {
            kind: wire.kind.unwrap_or_else(|| "None".to_owned()),
            principal_id: wire.principal_id,
            tenant_id: wire.tenant_id,
            user_assigned_identities: user.collect(),
            warnings,
        })
    }

    fn present(&self) -> Result<Present> {
        let user = self.user_assigned_identities.iter().map(|i| ResourceId::parse(&i.id)).collect::<Result<_>>()?;
        Ok(Present { system: self.has_system_assigned(), user })
    }

    /// `None`, `SystemAssigned`, `UserAssigned`, or `SystemAssigned, UserAssigned`.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let identity = arm.vm_identity(VM)?.show().await?;
    /// println!("{}", identity.kind());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    fn has_system_assigned(&self) -> bool {
        self.kind.to_ascii_lowercase().contains("systemassigned")
    }

    /// The object (principal) id of the system-assigned identity, where there is one. Its client id:
    /// [`ArmClient::system_identity`].
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let identity = arm.vm_identity(VM)?.show().await?;
    /// println!("{:?}", identity.system_assigned());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn system_assigned(&self) -> Option<&str> {
        if self.has_system_assigned() { self.principal_id.as_deref() } else { None }
    }

    /// The tenant's GUID, where there is a system-assigned identity.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let identity = arm.vm_identity(VM)?.show().await?;
    /// println!("{:?}", identity.tenant_id());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn tenant_id(&self) -> Option<&str> {
        self.tenant_id.as_deref()
    }

    /// The user-assigned identities.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let identity = arm.vm_identity(VM)?.show().await?;
    /// for u in identity.user_assigned() { println!("{}", u.id()) }
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn user_assigned(&self) -> &[AssignedIdentity] {
        &self.user_assigned_identities
    }

    /// What the reader should know about the change.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let identity = arm.vm_identity(VM)?.show().await?;
    /// for w in identity.warnings() { eprintln!("{w}") }
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

members!(AssignedIdentity: id, client_id, principal_id);

impl AssignedIdentity {
    /// The resource id, as the machine spells it.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let assigned = arm.vm_identity(VM)?.show().await?.user_assigned()[0].clone();
    /// println!("{}", assigned.id());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The client id; absent while the machine is being changed.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let assigned = arm.vm_identity(VM)?.show().await?.user_assigned()[0].clone();
    /// println!("{:?}", assigned.client_id());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn client_id(&self) -> Option<&str> {
        self.client_id.as_deref()
    }

    /// The object (principal) id; absent while the machine is being changed.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let assigned = arm.vm_identity(VM)?.show().await?.user_assigned()[0].clone();
    /// println!("{:?}", assigned.principal_id());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn principal_id(&self) -> Option<&str> {
        self.principal_id.as_deref()
    }
}
