//! One call's outcome, of whatever type, on its way to Python; and the call itself, waited for or awaited.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use midentity::{CloudEndpoints, Result, arm, runtime};
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3_async_runtimes::get_running_loop;
use serde_json::{Value, json};

use crate::arm_operation::{AsyncOperation, Operation, Work};
use crate::arm_provider;
use crate::arm_results::{
    ArmResponse, FederatedCredential, ResourceGroup, RoleAssignment, RoleDefinition, Subscription, SystemIdentity,
    UserIdentity, VmIdentity, VmIdentityPlan,
};
use crate::error::raise;
use crate::event_loop::awaitable;
use crate::json;
use crate::wait::wait;

pub(crate) type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// How the caller goes on: with calls that block, or by awaiting.
#[derive(Clone, Copy)]
pub(crate) enum Mode {
    Blocking,
    Awaiting,
}

/// What a call gave.
pub(crate) enum Outcome {
    Nothing,
    Truth(bool),
    Text(String),
    Texts(Vec<String>),
    Json(Value),
    Response(Box<arm::ArmResponse>),
    Subscription(arm::Subscription),
    ResourceGroup(arm::ResourceGroup),
    UserIdentity(arm::UserIdentity),
    SystemIdentity(arm::SystemIdentity),
    FederatedCredential(arm::FederatedCredential),
    RoleDefinition(arm::RoleDefinition),
    RoleAssignment(arm::RoleAssignment),
    VmIdentity(arm::VmIdentity),
    VmIdentityPlan(Box<arm::VmIdentityPlan>),
    Operation(Box<Work>),
}

macro_rules! outcomes {
    ($($kind:ident),*) => {
        $(impl From<arm::$kind> for Outcome {
            fn from(value: arm::$kind) -> Self {
                Self::$kind(value)
            }
        })*
    };
}

outcomes!(
    Subscription,
    ResourceGroup,
    UserIdentity,
    SystemIdentity,
    FederatedCredential,
    RoleDefinition,
    RoleAssignment,
    VmIdentity
);

impl From<()> for Outcome {
    fn from((): ()) -> Self {
        Self::Nothing
    }
}

impl From<bool> for Outcome {
    fn from(value: bool) -> Self {
        Self::Truth(value)
    }
}

impl From<String> for Outcome {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<Vec<String>> for Outcome {
    fn from(value: Vec<String>) -> Self {
        Self::Texts(value)
    }
}

impl From<Value> for Outcome {
    fn from(value: Value) -> Self {
        Self::Json(value)
    }
}

impl From<CloudEndpoints> for Outcome {
    fn from(value: CloudEndpoints) -> Self {
        Self::Json(json!(value))
    }
}

impl From<arm::ArmResponse> for Outcome {
    fn from(value: arm::ArmResponse) -> Self {
        Self::Response(Box::new(value))
    }
}

impl From<arm::VmIdentityPlan> for Outcome {
    fn from(value: arm::VmIdentityPlan) -> Self {
        Self::VmIdentityPlan(Box::new(value))
    }
}

impl<T: Into<Outcome> + Send + 'static> From<arm::Operation<T>> for Outcome {
    fn from(operation: arm::Operation<T>) -> Self {
        Self::Operation(Box::new(Work::new(operation)))
    }
}

impl Outcome {
    pub(crate) fn into_python(self, py: Python<'_>, mode: Mode) -> PyResult<Bound<'_, PyAny>> {
        match self {
            Self::Nothing => Ok(py.None().into_bound(py)),
            Self::Truth(value) => value.into_bound_py_any(py),
            Self::Text(value) => value.into_bound_py_any(py),
            Self::Texts(value) => value.into_bound_py_any(py),
            Self::Json(value) => json::to_python(py, &value),
            Self::Response(value) => ArmResponse::from(*value).into_bound_py_any(py),
            Self::Subscription(value) => Subscription(value).into_bound_py_any(py),
            Self::ResourceGroup(value) => ResourceGroup(value).into_bound_py_any(py),
            Self::UserIdentity(value) => UserIdentity(value).into_bound_py_any(py),
            Self::SystemIdentity(value) => SystemIdentity(value).into_bound_py_any(py),
            Self::FederatedCredential(value) => FederatedCredential(value).into_bound_py_any(py),
            Self::RoleDefinition(value) => RoleDefinition(value).into_bound_py_any(py),
            Self::RoleAssignment(value) => RoleAssignment(value).into_bound_py_any(py),
            Self::VmIdentity(value) => VmIdentity(value).into_bound_py_any(py),
            Self::VmIdentityPlan(value) => VmIdentityPlan(*value).into_bound_py_any(py),
            Self::Operation(work) => match mode {
                Mode::Blocking => Operation::of(*work).into_bound_py_any(py),
                Mode::Awaiting => AsyncOperation::of(*work).into_bound_py_any(py),
            },
        }
    }
}

/// An outcome that is awaited.
pub(crate) struct Awaited(pub(crate) Result<Outcome>);

impl<'py> IntoPyObject<'py> for Awaited {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        self.0.map_err(|error| raise(py, &error))?.into_python(py, Mode::Awaiting)
    }
}

/// An asyncio future of a call's outcome. A credential of asyncio's is asked on the caller's event loop.
pub(crate) fn on_the_loop<'py, T>(
    py: Python<'py>,
    future: impl Future<Output = T> + Send + 'static,
) -> PyResult<Bound<'py, PyAny>>
where
    T: for<'a> IntoPyObject<'a> + Send + 'static,
{
    let event_loop = Arc::new(get_running_loop(py)?.unbind());
    awaitable(py, arm_provider::EVENT_LOOP.scope(event_loop, future))
}

/// A call that is not under way yet.
#[pyclass(frozen, module = "midentity._native")]
pub(crate) struct Call(Mutex<Option<BoxFuture<Result<Outcome>>>>);

impl Call {
    pub(crate) fn new<T, F>(call: F) -> Self
    where
        T: Into<Outcome>,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        Self(Mutex::new(Some(Box::pin(async move { call.await.map(Into::into) }))))
    }

    fn take(&self) -> PyResult<BoxFuture<Result<Outcome>>> {
        let taken = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        taken.ok_or_else(|| PyRuntimeError::new_err("the call was made already"))
    }
}

#[pymethods]
impl Call {
    fn wait<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let call = self.take()?;
        wait(py, |stop| runtime::wait_here(call, stop))?.into_python(py, Mode::Blocking)
    }

    fn __await__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let call = self.take()?;
        on_the_loop(py, async move { Awaited(call.await) })?.call_method0("__await__")
    }
}
