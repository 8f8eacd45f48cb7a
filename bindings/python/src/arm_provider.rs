//! Who signs in: our own credentials, a static token, the Azure CLI, and any credential of azure-core's kind.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use midentity::error::id;
use midentity::{
    AccessToken, Cloud, Error, ErrorKind, Result, Scope, TokenFuture, TokenOptions, TokenProvider, arm, runtime,
};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyTuple;
use tokio::sync::oneshot;

use crate::credential::core_of;
use crate::error::raise;
use crate::wait::wait;
use crate::{delivery, shutdown, token};

tokio::task_local! {
    /// The event loop of a call that is awaited: a credential of asyncio's is asked there.
    pub(crate) static EVENT_LOOP: Arc<Py<PyAny>>;
}

/// Tokens are asked for anew this long before they expire, as azure-core does it.
const MARGIN: i64 = 300;

/// A client's builder with whoever signs in.
pub(crate) fn builder(credential: &Bound<'_, PyAny>, cloud: Cloud) -> PyResult<arm::ArmClientBuilder> {
    let scope = format!("{}/.default", cloud.arm_audience());
    let builder = if let Some(ours) = core_of(credential)? {
        arm::ArmClient::builder(ours)
    } else if let Ok(given) = credential.cast::<StaticToken>() {
        arm::ArmClient::builder(midentity::StaticToken::new(given.get().0.clone()))
    } else if let Ok(az) = credential.cast::<AzureCli>() {
        arm::ArmClient::builder(az.get().core.clone())
    } else {
        shutdown::prepare(credential.py())?;
        arm::ArmClient::builder(Foreign {
            credential: Arc::new(credential.clone().unbind()),
            scope,
            kept: Mutex::default(),
        })
    };
    Ok(builder.cloud(cloud))
}

/// A credential that is written in Python. It is asked on a thread of its own, or on the caller's event loop: never on
/// a thread of the runtime, where it could make no blocking call.
struct Foreign {
    /// Shared, because a thread of the runtime must not wait for the interpreter to count references.
    credential: Arc<Py<PyAny>>,
    scope: String,
    kept: Mutex<Option<AccessToken>>,
}

impl fmt::Debug for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Foreign")
    }
}

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| i64::try_from(d.as_secs()).unwrap_or(i64::MAX))
}

impl Foreign {
    fn kept(&self) -> std::sync::MutexGuard<'_, Option<AccessToken>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn ask(&self, options: &TokenOptions) -> Result<AccessToken> {
        let fresh = options.wants_fresh();
        if !fresh && let Some(token) = self.kept().as_ref().filter(|t| t.expires_on() - MARGIN > now()) {
            return Ok(token.clone());
        }
        let (told, answer) = oneshot::channel();
        let question = Question {
            credential: Arc::clone(&self.credential),
            scope: self.scope.clone(),
            claims: options.claims_challenge().map(str::to_owned),
            event_loop: EVENT_LOOP.try_with(Arc::clone).ok(),
        };
        delivery::hand_over(move || {
            Python::try_attach(|py| question.put(py, told));
        });
        let token = match answer.await {
            Ok(Ok(token)) => token,
            Ok(Err(raised)) => {
                let error = Error::new(ErrorKind::Authentication, id::INTERNAL, "the credential raised an exception");
                return Err(error.with_cause(raised));
            }
            Err(_) => return Err(Error::new(ErrorKind::Internal, id::INTERNAL, "the credential gave no answer")),
        };
        *self.kept() = Some(token.clone());
        Ok(token)
    }
}

impl TokenProvider for Foreign {
    fn token<'a>(&'a self, _: &'a Scope, options: &'a TokenOptions) -> TokenFuture<'a> {
        Box::pin(self.ask(options))
    }
}

type Told = oneshot::Sender<std::result::Result<AccessToken, PyErr>>;

struct Question {
    credential: Arc<Py<PyAny>>,
    scope: String,
    claims: Option<String>,
    event_loop: Option<Arc<Py<PyAny>>>,
}

impl Question {
    fn put(self, py: Python<'_>, told: Told) {
        static ASK: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let reply = Reply(Mutex::new(Some(told)));
        let asked = Bound::new(py, reply).and_then(|reply| {
            let ask = ASK.import(py, "midentity._foreign", "ask")?;
            let event_loop = self.event_loop.map(|l| l.clone_ref(py));
            match ask.call1((self.credential.clone_ref(py), self.scope, self.claims, event_loop, &reply)) {
                Ok(_) => Ok(()),
                Err(raised) => {
                    reply.get().send(Err(raised));
                    Ok(())
                }
            }
        });
        // Where even that failed, the sender is gone, and the one who waits is told so.
        let _: PyResult<()> = asked;
    }
}

/// Where a credential's answer goes.
#[pyclass(frozen, module = "midentity._native")]
struct Reply(Mutex<Option<Told>>);

impl Reply {
    fn send(&self, answer: std::result::Result<AccessToken, PyErr>) {
        if let Some(told) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = told.send(answer);
        }
    }
}

#[pymethods]
impl Reply {
    fn give(&self, token: String, expires_on: i64) {
        self.send(Ok(AccessToken::new(token, expires_on)));
    }

    fn fail(&self, raised: Bound<'_, PyAny>) {
        self.send(Err(PyErr::from_value(raised)));
    }
}

fn read_claims(token: &str) -> Option<serde_json::Value> {
    let claims = AccessToken::new(token.to_owned(), 0).claims()?;
    serde_json::from_str(&claims.to_json()).ok()
}

/// A token that the caller has from somewhere.
#[pyclass(frozen, module = "midentity")]
pub(crate) struct StaticToken(AccessToken);

#[pymethods]
impl StaticToken {
    #[new]
    #[pyo3(signature = (token, expires_on = None))]
    fn new(py: Python<'_>, token: String, expires_on: Option<i64>) -> PyResult<Self> {
        if token.is_empty() {
            let error = Error::new(ErrorKind::InvalidArgument, id::ARGUMENT_OPTION, "the token is empty");
            return Err(raise(py, &error.with_hint("give the access token itself")));
        }
        let token = AccessToken::new(token, 0);
        let claimed = read_claims(token.secret().expose()).and_then(|c| c.get("exp")?.as_i64());
        // One that says nothing is used as long as it is taken.
        let expires_on = expires_on.or(claimed).unwrap_or_else(|| now() + 3600);
        Ok(Self(AccessToken::new(token.secret().expose().to_owned(), expires_on)))
    }

    #[pyo3(signature = (*scopes, **kwargs))]
    fn get_token(
        &self,
        py: Python<'_>,
        scopes: &Bound<'_, PyTuple>,
        kwargs: Option<&Bound<'_, pyo3::types::PyDict>>,
    ) -> PyResult<Py<PyAny>> {
        let _ = (scopes, kwargs);
        token::tuple(py, &self.0)
    }

    fn __repr__(&self) -> String {
        format!("StaticToken(token='(redacted)', expires_on={})", self.0.expires_on())
    }
}

/// The Azure CLI's login.
#[pyclass(frozen, module = "midentity")]
pub(crate) struct AzureCli {
    core: midentity::AzureCli,
    tenant: Option<String>,
}

#[pymethods]
impl AzureCli {
    #[new]
    #[pyo3(signature = (tenant = None, *, program = None))]
    fn new(py: Python<'_>, tenant: Option<String>, program: Option<std::path::PathBuf>) -> PyResult<Self> {
        let mut core = midentity::AzureCli::new();
        if let Some(program) = program {
            core = core.program(program);
        }
        if let Some(tenant) = &tenant {
            core = core.for_tenant(tenant).map_err(|error| raise(py, &error))?;
        }
        Ok(Self { core, tenant })
    }

    #[pyo3(signature = (*scopes, **kwargs))]
    fn get_token(
        &self,
        py: Python<'_>,
        scopes: Vec<String>,
        kwargs: Option<&Bound<'_, pyo3::types::PyDict>>,
    ) -> PyResult<Py<PyAny>> {
        // azure-core lets callers pass whatever other credentials take.
        let _ = kwargs;
        let scope = Scope::one_of(scopes.iter().map(String::as_str)).map_err(|error| raise(py, &error))?;
        let core = self.core.clone();
        let take = async move { core.token(&scope, &TokenOptions::new()).await };
        let taken = wait(py, |stop| runtime::wait_here(take, stop))?;
        token::tuple(py, &taken)
    }

    fn __repr__(&self) -> String {
        self.tenant.as_ref().map_or_else(|| "AzureCli()".to_owned(), |tenant| format!("AzureCli({tenant:?})"))
    }
}
