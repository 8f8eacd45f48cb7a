//! Virtual machines, as far as their identity goes: made with it, found from inside.

use http::Method;
use serde_json::Value;

use super::client::ArmClient;
use super::operation::{Operation, Reporter};
use super::role_assignment::PrincipalType;
use super::vm_identity::{API_VERSION, VmIdentities, VmIdentity};
use super::vm_identity_plan::{self, IdentityRef};
use super::{polling, scope_path};
use crate::error::{Error, ErrorKind, Result, id};
use crate::instance::InstanceMetadata;
use crate::resource_id::ResourceId;

/// The virtual machines of one resource group.
///
/// ```
/// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
/// # example(async |arm| {
/// let machines = arm.virtual_machines("8d1c0000-0000-0000-0000-000000000000", "rg1");
/// # drop(machines); Ok(()) });
/// ```
#[derive(Debug, Clone)]
pub struct VirtualMachines {
    client: ArmClient,
    subscription: String,
    group: String,
}

/// A machine to be made: Azure's own body for it, with its identities and what the system-assigned one may do.
///
/// ```
/// use midentity::arm::NewVirtualMachine;
/// let new = NewVirtualMachine::from_body(serde_json::json!({"location": "eastus", "properties": {}}))
///     .identities(["[system]"])
///     .role("Contributor", "/subscriptions/8d1c0000-0000-0000-0000-000000000000");
/// # drop(new);
/// ```
#[derive(Clone)]
pub struct NewVirtualMachine {
    body: Value,
    identities: Vec<IdentityRef>,
    role: Option<(String, String)>,
}

impl std::fmt::Debug for NewVirtualMachine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The body can hold an administrator's password.
        f.debug_struct("NewVirtualMachine")
            .field("identities", &self.identities)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

impl NewVirtualMachine {
    /// A machine as Resource Manager's PUT takes it (`location`, `properties`, …), without its identity.
    ///
    /// ```
    /// let new = midentity::arm::NewVirtualMachine::from_body(serde_json::json!({"location": "eastus"}));
    /// # drop(new);
    /// ```
    #[must_use]
    pub fn from_body(body: Value) -> Self {
        Self { body, identities: Vec::new(), role: None }
    }

    /// Its identities: `[system]`, names in its group, or resource ids.
    ///
    /// ```
    /// # let new = midentity::arm::NewVirtualMachine::from_body(serde_json::json!({"location": "eastus"}));
    /// let new = new.identities(["[system]", "id1"]);
    /// # drop(new);
    /// ```
    #[must_use]
    pub fn identities<R: Into<IdentityRef>>(mut self, identities: impl IntoIterator<Item = R>) -> Self {
        self.identities = identities.into_iter().map(Into::into).collect();
        self
    }

    /// A role that its system-assigned identity gets at a scope.
    ///
    /// ```
    /// # let new = midentity::arm::NewVirtualMachine::from_body(serde_json::json!({"location": "eastus"}));
    /// let new = new.role("Reader", "/subscriptions/8d1c0000-0000-0000-0000-000000000000");
    /// # drop(new);
    /// ```
    #[must_use]
    pub fn role(mut self, role: &str, scope: &str) -> Self {
        self.role = Some((role.to_owned(), scope.to_owned()));
        self
    }
}

impl ArmClient {
    /// The virtual machines of a resource group.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// let machines = arm.virtual_machines("8d1c0000-0000-0000-0000-000000000000", "rg1");
    /// # drop(machines); Ok(()) });
    /// ```
    #[must_use]
    pub fn virtual_machines(&self, subscription: &str, group: &str) -> VirtualMachines {
        VirtualMachines { client: self.clone(), subscription: subscription.to_owned(), group: group.to_owned() }
    }

    /// The machine that this program runs on, by its instance metadata.
    ///
    /// # Errors
    /// Unavailable off Azure, and as [`InstanceMetadata::get`].
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example_on_the_machine(async |arm, imds_endpoint| {
    /// let instance = midentity::InstanceMetadata::builder()
    /// #   .imds_endpoint(imds_endpoint)
    ///     .build()?;
    /// println!("{:?}", arm.this_vm(&instance).await?.show().await?);
    /// # Ok(()) });
    /// ```
    pub async fn this_vm(&self, instance: &InstanceMetadata) -> Result<VmIdentities> {
        let compute = instance.get("compute").await?;
        match compute.get("resourceId").and_then(Value::as_str).filter(|r| !r.is_empty()) {
            Some(id) => self.vm_identity(id),
            None => Err(Error::new(
                ErrorKind::Protocol,
                id::IMDS_BAD_ANSWER,
                "the instance metadata does not say which resource this machine is",
            )
            .with_hint("give the machine's resource id instead")),
        }
    }
}

impl VirtualMachines {
    /// Makes a machine with identities, and gives its system-assigned identity a role, in one call. A machine of this
    /// name that is there already is left as it is.
    ///
    /// # Errors
    /// Conflict where the machine is there; `argument.option` where a role is asked for without a system-assigned identity; Forbidden, Conflict,
    /// `arm.operation_failed`; where the machine was made and the role could not be given, the error says so. And as
    /// [`ArmClient::request`].
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let machines = arm.virtual_machines(SUBSCRIPTION, "rg1");
    /// # let body = serde_json::json!({"location": "eastus", "properties": {"hardwareProfile": {"vmSize": "Standard_B1s"}}});
    /// # let group = GROUP;
    /// use midentity::arm::NewVirtualMachine;
    /// let new = NewVirtualMachine::from_body(body).identities(["[system]"]).role("Reader", group);
    /// let identity = machines.create("vm2", new).await?.wait().await?;
    /// # Ok(()) });
    /// ```
    pub async fn create(&self, name: &str, new: NewVirtualMachine) -> Result<Operation<VmIdentity>> {
        scope_path::check_subscription(&self.subscription)?;
        scope_path::check_group_name(&self.group)?;
        let system = new.identities.contains(&IdentityRef::System);
        if new.role.is_some() && !system {
            return Err(Error::argument(
                id::ARGUMENT_OPTION,
                "a role was asked for, and the machine gets no system-assigned identity",
                "add [system] to its identities, or give the role to the user-assigned one by itself",
            ));
        }
        let group = format!("/subscriptions/{}/resourceGroups/{}", self.subscription, self.group);
        let path = format!("{group}/providers/Microsoft.Compute/virtualMachines/{name}");
        let machine = self.client.vm_identity(&path)?;
        let mut user: Vec<ResourceId> = Vec::new();
        for identity in &new.identities {
            if let Some(id) = vm_identity_plan::resolve(machine.machine(), identity)?
                && !user.contains(&id)
            {
                user.push(id);
            }
        }
        let mut body = new.body;
        if !body.is_object() {
            return Err(Error::argument(
                id::ARGUMENT_OPTION,
                "the machine's body is not a JSON object",
                "give location, properties and what else the machine needs",
            ));
        }
        if !new.identities.is_empty() {
            let kind = match (system, user.is_empty()) {
                (true, true) => "SystemAssigned",
                (true, false) => "SystemAssigned, UserAssigned",
                (false, _) => "UserAssigned",
            };
            let mut identity = serde_json::json!({ "type": kind });
            if !user.is_empty() {
                let named: serde_json::Map<_, _> =
                    user.iter().map(|id| (id.to_string(), serde_json::json!({}))).collect();
                identity["userAssignedIdentities"] = Value::Object(named);
            }
            body["identity"] = identity;
        }
        // Before anything is made: a role that does not exist, or a scope that is none.
        if let Some((role, scope)) = &new.role {
            self.client.role_definitions(scope)?.find(role).await?;
        }
        // A PUT over a machine that is there would replace it, and take from it what the body does not name.
        match self.client.get_path(&path, API_VERSION).await {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
            Ok(_) => {
                return Err(Error::new(
                    ErrorKind::Conflict,
                    id::ARM_CONFLICT,
                    format!("the virtual machine {name} is there already"),
                )
                .with_hint("change its identities with vm_identity, or choose another name"));
            }
        }
        let first = self.client.send(Method::PUT, &path, API_VERSION, Some(&body)).await?;
        let reporter = Reporter::new(format!("making the virtual machine {name}"));
        let (client, told, role) = (self.client.clone(), reporter.clone(), new.role);
        Ok(Operation::running(
            reporter,
            Box::pin(async move {
                polling::finish(&client, &first, &Method::PUT, &told).await?;
                let identity = machine.show().await?;
                let Some((role, scope)) = role else { return Ok(identity) };
                let half_done = |e: Error| {
                    e.append("; the machine was made, and its identity did not get the role: give it by itself")
                };
                let principal = identity.system_assigned().unwrap_or_default();
                let assignments = client.role_assignments(&scope).map_err(half_done)?;
                let assigning =
                    assignments.assign(&role, principal, PrincipalType::ServicePrincipal).await.map_err(half_done)?;
                let assigning = assigning.on_progress(move |p| told.tell(p.status(), p.elapsed(), p.percent()));
                assigning.wait().await.map_err(half_done)?;
                Ok(identity)
            }),
        ))
    }
}
