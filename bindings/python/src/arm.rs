//! Resource Manager's client: each call of the core as a call to wait for or to await.

use std::collections::BTreeMap;
use std::path::PathBuf;

use midentity::arm::{self, IdentityChange, IdentityRef, NewVirtualMachine, PrincipalType, RoleAssignmentFilter};
use midentity::error::id;
use midentity::{Cloud, Env, Error, ErrorKind, InstanceMetadata, Result};
use pyo3::prelude::*;

use crate::arm_outcome::Call;
use crate::arm_pages::Pages;
use crate::arm_provider;
use crate::arm_results::VmIdentityPlan;
use crate::error::{raise, seconds};
use crate::json;

type Tags = BTreeMap<String, String>;

fn option(message: String, hint: &'static str) -> Error {
    Error::new(ErrorKind::InvalidArgument, id::ARGUMENT_OPTION, message).with_hint(hint)
}

fn change(verb: &str, identities: Vec<String>) -> Result<IdentityChange> {
    let identities = identities.into_iter().map(IdentityRef::from).collect();
    match verb {
        "add" => Ok(IdentityChange::Add(identities)),
        "remove" => Ok(IdentityChange::Remove(identities)),
        "remove_all_user" => Ok(IdentityChange::RemoveAllUser),
        "remove_all" => Ok(IdentityChange::RemoveAll),
        "set" => Ok(IdentityChange::Set(identities)),
        _ => Err(option(
            format!("{verb:?} is no change of identities"),
            "use add, remove, set, remove_all_user or remove_all",
        )),
    }
}

/// The client, blocking and awaited.
#[pyclass(frozen, module = "midentity._native")]
pub(crate) struct ArmClient(arm::ArmClient);

#[pymethods]
impl ArmClient {
    #[new]
    #[allow(clippy::too_many_arguments)]
    fn new(
        py: Python<'_>,
        credential: &Bound<'_, PyAny>,
        cloud: Option<&str>,
        audience: Option<&str>,
        ca_file: Option<PathBuf>,
        timeout: f64,
        operation_timeout: f64,
    ) -> PyResult<Self> {
        let cloud = match cloud {
            Some(text) => Cloud::parse(text),
            None => Cloud::from_env(&Env::process()),
        };
        let cloud = cloud.and_then(|cloud| match audience {
            Some(audience) => cloud.with_audience(audience),
            None => Ok(cloud),
        });
        let cloud = cloud.map_err(|error| raise(py, &error))?;
        let mut builder = arm_provider::builder(credential, cloud)?
            .timeout(seconds(py, "timeout", timeout)?)
            .operation_timeout(seconds(py, "operation_timeout", operation_timeout)?);
        if let Some(path) = ca_file {
            builder = builder.ca_file(path);
        }
        builder.build().map(Self).map_err(|error| raise(py, &error))
    }

    fn request(
        &self,
        method: String,
        path: String,
        api_version: String,
        body: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Call> {
        let client = self.0.clone();
        let body = body.map(json::from_python).transpose()?;
        Ok(Call::new(async move { client.request(&method, &path, &api_version, body.as_ref()).await }))
    }

    fn start(
        &self,
        method: String,
        path: String,
        api_version: String,
        body: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Call> {
        let client = self.0.clone();
        let body = body.map(json::from_python).transpose()?;
        Ok(Call::new(async move { client.start(&method, &path, &api_version, body.as_ref()).await }))
    }

    fn any_list(&self, py: Python<'_>, path: &str, api_version: &str) -> PyResult<Pages> {
        Pages::of(py, self.0.list(path, api_version))
    }

    fn endpoints(&self) -> Call {
        let client = self.0.clone();
        Call::new(async move { client.endpoints().await })
    }

    fn get_resource(&self, resource: String) -> Call {
        let client = self.0.clone();
        Call::new(async move { client.get_resource(&resource).await })
    }

    fn subscription_list(&self, py: Python<'_>) -> PyResult<Pages> {
        Pages::of(py, self.0.subscriptions().list())
    }

    fn group_get(&self, subscription: &str, name: String) -> Call {
        let groups = self.0.resource_groups(subscription);
        Call::new(async move { groups.get(&name).await })
    }

    fn group_list(&self, py: Python<'_>, subscription: &str) -> PyResult<Pages> {
        Pages::of(py, self.0.resource_groups(subscription).list())
    }

    fn group_exists(&self, subscription: &str, name: String) -> Call {
        let groups = self.0.resource_groups(subscription);
        Call::new(async move { groups.exists(&name).await })
    }

    fn group_create(&self, subscription: &str, name: String, location: String, tags: Option<Tags>) -> Call {
        let groups = self.0.resource_groups(subscription);
        Call::new(async move { groups.create(&name, &location, &tags.unwrap_or_default()).await })
    }

    fn group_delete(&self, subscription: &str, name: String) -> Call {
        let groups = self.0.resource_groups(subscription);
        Call::new(async move { groups.delete(&name).await })
    }

    fn identity_create(
        &self,
        subscription: &str,
        group: &str,
        name: String,
        location: Option<String>,
        tags: Option<Tags>,
    ) -> Call {
        let identities = self.0.user_identities(subscription, group);
        Call::new(async move { identities.create(&name, location.as_deref(), tags.as_ref()).await })
    }

    fn identity_get(&self, subscription: &str, group: &str, name: String) -> Call {
        let identities = self.0.user_identities(subscription, group);
        Call::new(async move { identities.get(&name).await })
    }

    fn identity_list(&self, py: Python<'_>, subscription: &str, group: &str) -> PyResult<Pages> {
        Pages::of(py, self.0.user_identities(subscription, group).list())
    }

    fn identity_update(&self, subscription: &str, group: &str, name: String, tags: Tags) -> Call {
        let identities = self.0.user_identities(subscription, group);
        Call::new(async move { identities.update(&name, &tags).await })
    }

    fn identity_delete(&self, subscription: &str, group: &str, name: String) -> Call {
        let identities = self.0.user_identities(subscription, group);
        Call::new(async move { identities.delete(&name).await })
    }

    #[allow(clippy::too_many_arguments)]
    fn federated_create(
        &self,
        subscription: &str,
        group: &str,
        identity: String,
        name: String,
        issuer: String,
        subject: String,
        audiences: Vec<String>,
    ) -> Call {
        let identities = self.0.user_identities(subscription, group);
        Call::new(async move {
            let audiences: Vec<&str> = audiences.iter().map(String::as_str).collect();
            identities.federated_credentials(&identity)?.create(&name, &issuer, &subject, &audiences).await
        })
    }

    fn federated_get(&self, subscription: &str, group: &str, identity: String, name: String) -> Call {
        let identities = self.0.user_identities(subscription, group);
        Call::new(async move { identities.federated_credentials(&identity)?.get(&name).await })
    }

    fn federated_list(&self, py: Python<'_>, subscription: &str, group: &str, identity: &str) -> PyResult<Pages> {
        let identities = self.0.user_identities(subscription, group);
        Pages::of(py, identities.federated_credentials(identity).and_then(|f| f.list()))
    }

    fn federated_delete(&self, subscription: &str, group: &str, identity: String, name: String) -> Call {
        let identities = self.0.user_identities(subscription, group);
        Call::new(async move { identities.federated_credentials(&identity)?.delete(&name).await })
    }

    fn system_identity(&self, resource_id: String) -> Call {
        let client = self.0.clone();
        Call::new(async move { client.system_identity(&resource_id).await })
    }

    /// The id as the core reads it: refused where it is no machine's.
    fn vm_id(&self, py: Python<'_>, machine: &str) -> PyResult<String> {
        let found = self.0.vm_identity(machine).map_err(|error| raise(py, &error))?;
        Ok(found.machine().as_str().to_owned())
    }

    fn this_vm(&self, py: Python<'_>, imds_endpoint: Option<String>) -> PyResult<Call> {
        let mut builder = InstanceMetadata::builder();
        if let Some(address) = imds_endpoint {
            builder = builder.imds_endpoint(address);
        }
        let instance = builder.build().map_err(|error| raise(py, &error))?;
        let client = self.0.clone();
        Ok(Call::new(async move { Ok(client.this_vm(&instance).await?.machine().as_str().to_owned()) }))
    }

    fn vm_show(&self, machine: String) -> Call {
        let client = self.0.clone();
        Call::new(async move { client.vm_identity(&machine)?.show().await })
    }

    fn vm_plan(&self, machine: String, verb: String, identities: Vec<String>) -> Call {
        let client = self.0.clone();
        Call::new(async move { client.vm_identity(&machine)?.plan(&change(&verb, identities)?).await })
    }

    fn vm_change(&self, machine: String, verb: String, identities: Vec<String>) -> Call {
        let client = self.0.clone();
        Call::new(async move {
            let vm = client.vm_identity(&machine)?;
            vm.apply(vm.plan(&change(&verb, identities)?).await?).await
        })
    }

    fn vm_apply(&self, machine: String, plan: &Bound<'_, VmIdentityPlan>) -> Call {
        let (client, plan) = (self.0.clone(), plan.get().0.clone());
        Call::new(async move { client.vm_identity(&machine)?.apply(plan).await })
    }

    fn vm_dangling(&self, machine: String) -> Call {
        let client = self.0.clone();
        Call::new(async move { client.vm_identity(&machine)?.dangling().await })
    }

    fn vm_create(
        &self,
        subscription: &str,
        group: &str,
        name: String,
        body: &Bound<'_, PyAny>,
        identities: Vec<String>,
        role: Option<(String, String)>,
    ) -> PyResult<Call> {
        let machines = self.0.virtual_machines(subscription, group);
        let mut new = NewVirtualMachine::from_body(json::from_python(body)?).identities(identities);
        if let Some((role, scope)) = role {
            new = new.role(&role, &scope);
        }
        Ok(Call::new(async move { machines.create(&name, new).await }))
    }

    fn role_list(&self, py: Python<'_>, scope: &str) -> PyResult<Pages> {
        Pages::of(py, self.0.role_definitions(scope).and_then(|r| r.list()))
    }

    fn role_find(&self, scope: String, role: String) -> Call {
        let client = self.0.clone();
        Call::new(async move { client.role_definitions(&scope)?.find(&role).await })
    }

    fn assignment_list(&self, py: Python<'_>, scope: &str, by: &str, principal: String) -> PyResult<Pages> {
        let filter = match by {
            "at_scope" => RoleAssignmentFilter::AtScope,
            "principal" => RoleAssignmentFilter::Principal(principal),
            "assigned_to" => RoleAssignmentFilter::AssignedTo(principal),
            _ => RoleAssignmentFilter::All,
        };
        Pages::of(py, self.0.role_assignments(scope).and_then(|a| a.list(&filter)))
    }

    fn assign(&self, scope: String, role: String, principal: String, kind: String) -> Call {
        let client = self.0.clone();
        Call::new(async move {
            let kind = PrincipalType::parse(&kind)?;
            client.role_assignments(&scope)?.assign(&role, &principal, kind).await
        })
    }

    fn assignment_delete(&self, scope: String, assignment: String) -> Call {
        let client = self.0.clone();
        Call::new(async move { client.role_assignments(&scope)?.delete(&assignment).await })
    }

    fn wait_until_visible(&self, py: Python<'_>, scope: String, assignment: String, limit: f64) -> PyResult<Call> {
        let (client, limit) = (self.0.clone(), seconds(py, "timeout", limit)?);
        Ok(Call::new(async move { client.role_assignments(&scope)?.wait_until_visible(&assignment, limit).await }))
    }

    fn wait_until_allowed(&self, py: Python<'_>, scope: String, action: String, limit: f64) -> PyResult<Call> {
        let (client, limit) = (self.0.clone(), seconds(py, "timeout", limit)?);
        Ok(Call::new(async move { client.role_assignments(&scope)?.wait_until_allowed(&action, limit).await }))
    }
}
