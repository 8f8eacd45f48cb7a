//! What Resource Manager's calls give: objects whose attributes are made when they are asked for.

use std::collections::BTreeMap;

use midentity::arm;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList};

use crate::json;

macro_rules! result {
    ($(#[$doc:meta])* $name:ident of $core:ty, shown by $shown:ident { $($field:ident: $kind:ty,)* } $(and { $($more:tt)* })?) => {
        $(#[$doc])*
        #[pyclass(frozen, module = "midentity.arm")]
        pub(crate) struct $name(pub(crate) $core);

        #[pymethods]
        impl $name {
            $(
                #[getter]
                fn $field(&self) -> $kind {
                    self.0.$field()
                }
            )*

            fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
                let dict = PyDict::new(py);
                $(dict.set_item(stringify!($field), self.0.$field())?;)*
                Ok(dict)
            }

            $($($more)*)?

            fn __repr__(&self) -> String {
                format!("<midentity.arm.{} {}>", stringify!($name), self.0.$shown())
            }
        }
    };
}

result! {
    /// A subscription.
    Subscription of arm::Subscription, shown by subscription_id {
        id: &str,
        subscription_id: &str,
        tenant_id: &str,
        display_name: &str,
        state: &str,
    }
}

result! {
    /// A resource group.
    ResourceGroup of arm::ResourceGroup, shown by name {
        id: &str,
        name: &str,
        location: &str,
        tags: &BTreeMap<String, String>,
        provisioning_state: &str,
    }
}

result! {
    /// A user-assigned identity.
    UserIdentity of arm::UserIdentity, shown by name {
        id: &str,
        name: &str,
        location: &str,
        tags: &BTreeMap<String, String>,
        client_id: &str,
        principal_id: &str,
        tenant_id: &str,
        client_secret_url: Option<&str>,
        isolation_scope: Option<&str>,
    }
}

result! {
    /// A resource's system-assigned identity.
    SystemIdentity of arm::SystemIdentity, shown by principal_id {
        client_id: &str,
        principal_id: &str,
        tenant_id: &str,
    }
}

result! {
    /// A federated credential.
    FederatedCredential of arm::FederatedCredential, shown by name {
        id: &str,
        name: &str,
        issuer: &str,
        subject: &str,
        audiences: &[String],
    }
}

result! {
    /// A role assignment.
    RoleAssignment of arm::RoleAssignment, shown by name {
        id: &str,
        name: &str,
        principal_id: &str,
        principal_type: &str,
        scope: &str,
        role_definition_id: &str,
        role_guid: &str,
        description: Option<&str>,
        condition: Option<&str>,
        condition_version: Option<&str>,
    }
}

result! {
    /// One of a machine's user-assigned identities.
    AssignedIdentity of arm::AssignedIdentity, shown by id {
        id: &str,
        client_id: Option<&str>,
        principal_id: Option<&str>,
    }
}

result! {
    /// A role definition.
    RoleDefinition of arm::RoleDefinition, shown by role_name {
        id: &str,
        guid: &str,
        role_name: &str,
        is_custom: bool,
        description: &str,
        actions: Vec<&str>,
        not_actions: Vec<&str>,
        data_actions: Vec<&str>,
        not_data_actions: Vec<&str>,
        assignable_scopes: &[String],
    } and {
        fn allows(&self, action: &str) -> bool {
            self.0.allows(action)
        }
    }
}

/// A machine's identities.
#[pyclass(frozen, module = "midentity.arm")]
pub(crate) struct VmIdentity(pub(crate) arm::VmIdentity);

#[pymethods]
impl VmIdentity {
    #[getter]
    fn kind(&self) -> &str {
        self.0.kind()
    }

    #[getter]
    fn system_assigned(&self) -> Option<&str> {
        self.0.system_assigned()
    }

    #[getter]
    fn tenant_id(&self) -> Option<&str> {
        self.0.tenant_id()
    }

    #[getter]
    fn user_assigned(&self) -> Vec<AssignedIdentity> {
        self.0.user_assigned().iter().cloned().map(AssignedIdentity).collect()
    }

    #[getter]
    fn warnings(&self) -> Vec<String> {
        self.0.warnings().to_vec()
    }

    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        dict.set_item("kind", self.0.kind())?;
        dict.set_item("system_assigned", self.0.system_assigned())?;
        dict.set_item("tenant_id", self.0.tenant_id())?;
        let user = PyList::empty(py);
        for identity in self.user_assigned() {
            user.append(identity.to_dict(py)?)?;
        }
        dict.set_item("user_assigned", user)?;
        dict.set_item("warnings", self.0.warnings())?;
        Ok(dict)
    }

    fn __repr__(&self) -> String {
        format!("<midentity.arm.VmIdentity {}, {} user-assigned>", self.0.kind(), self.0.user_assigned().len())
    }
}

/// What a change of a machine's identities would do.
#[pyclass(frozen, module = "midentity.arm")]
pub(crate) struct VmIdentityPlan(pub(crate) arm::VmIdentityPlan);

#[pymethods]
impl VmIdentityPlan {
    #[getter]
    fn stays(&self) -> Vec<String> {
        self.0.stays().to_vec()
    }

    #[getter]
    fn comes(&self) -> Vec<String> {
        self.0.comes().to_vec()
    }

    #[getter]
    fn goes(&self) -> Vec<String> {
        self.0.goes().to_vec()
    }

    #[getter]
    fn warnings(&self) -> Vec<String> {
        self.0.warnings().to_vec()
    }

    #[getter]
    fn changes(&self) -> bool {
        self.0.changes()
    }

    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        dict.set_item("stays", self.0.stays())?;
        dict.set_item("comes", self.0.comes())?;
        dict.set_item("goes", self.0.goes())?;
        dict.set_item("warnings", self.0.warnings())?;
        dict.set_item("changes", self.0.changes())?;
        Ok(dict)
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        format!("<midentity.arm.VmIdentityPlan {}>", self.0)
    }
}

/// Resource Manager's answer.
#[pyclass(frozen, module = "midentity.arm")]
pub(crate) struct ArmResponse {
    answer: arm::ArmResponse,
    body: PyOnceLock<Py<PyAny>>,
}

impl From<arm::ArmResponse> for ArmResponse {
    fn from(answer: arm::ArmResponse) -> Self {
        Self { answer, body: PyOnceLock::new() }
    }
}

#[pymethods]
impl ArmResponse {
    #[getter]
    fn status(&self) -> u16 {
        self.answer.status()
    }

    #[getter]
    fn body(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let make = || json::to_python(py, self.answer.body()).map(Bound::unbind);
        self.body.get_or_try_init(py, make).map(|body| body.clone_ref(py))
    }

    #[getter]
    fn request_id(&self) -> Option<&str> {
        self.answer.request_id()
    }

    #[getter]
    fn remaining_requests(&self) -> Option<u64> {
        self.answer.remaining_requests()
    }

    #[getter]
    fn correlation_id(&self) -> Option<&str> {
        self.answer.correlation_id()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.answer.header(name)
    }

    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        dict.set_item("status", self.status())?;
        dict.set_item("request_id", self.request_id())?;
        dict.set_item("correlation_id", self.correlation_id())?;
        dict.set_item("remaining_requests", self.remaining_requests())?;
        dict.set_item("body", self.body(py)?)?;
        Ok(dict)
    }

    fn __repr__(&self) -> String {
        format!("<midentity.arm.ArmResponse {}>", self.answer.status())
    }
}
