//! How the metadata service says no: the identity endpoints in OAuth's words, the others in their own.

use http::StatusCode;
use serde_json::json;

use super::versions;
use crate::server::reply::Reply;

/// An error of the identity endpoints.
pub(super) fn refuse(status: StatusCode, error: &str, description: &str) -> Reply {
    Reply::json(status, &json!({"error": error, "error_description": description}))
}

/// A 400 of the identity endpoints (`identity`) or of the others.
pub(super) fn bad_request(identity: bool, reason: &str) -> Reply {
    if identity {
        refuse(StatusCode::BAD_REQUEST, "invalid_request", reason)
    } else {
        Reply::json(StatusCode::BAD_REQUEST, &json!({"error": format!("Bad request. {reason}")}))
    }
}

/// The identity asked for is not on this machine, or none is.
pub(super) fn identity_not_found() -> Reply {
    refuse(StatusCode::BAD_REQUEST, "invalid_request", "Identity not found")
}

/// There is no such VM in the state: a mistake in the test, so it says more than the service would.
pub(super) fn no_vm(identity: bool, vm: Option<&str>) -> Reply {
    let reason = match vm {
        Some(vm) => format!("the emulator's state has no VM '{vm}', or several of that name"),
        None => "the emulator's state has no VM".to_owned(),
    };
    if identity {
        refuse(StatusCode::NOT_FOUND, "not_found", &reason)
    } else {
        Reply::json(StatusCode::NOT_FOUND, &json!({"error": format!("Not found. {reason}")}))
    }
}

/// The api-version is missing or not one of the service's.
pub(super) fn bad_version(identity: bool, missing: bool) -> Reply {
    let what = if missing { "was not specified" } else { "is invalid or was not specified" };
    let reason =
        format!("Bad request. api-version {what} in the request. For more information refer to aka.ms/azureimds");
    let newest = versions::newest();
    let body = if identity {
        json!({"error": "invalid_request", "error_description": reason, "newest-versions": newest})
    } else {
        json!({"error": reason, "newest-versions": newest})
    };
    Reply::json(StatusCode::BAD_REQUEST, &body)
}
