//! Any request, and any resource.

use std::ffi::c_char;

use crate::arm::client::midentity_arm_client;
use crate::arm::page;
use crate::boundary::{Handle, guard};
use crate::error::midentity_error;
use crate::operation::{self, midentity_operation};
use crate::outcome::Outcome;
use crate::status::midentity_status;
use crate::text;
use crate::value;

/// Sends any request: path begins with "/subscriptions" or another of Resource Manager's roots; api_version may be NULL
/// where the path's query holds it; body is JSON text or NULL. A long-running operation that it starts is not waited
/// for. The operation gives an object: {"status", "request_id", "correlation_id", "remaining_requests", "body"}.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_arm_request(
    client: *const midentity_arm_client,
    method: *const c_char,
    method_len: usize,
    path: *const c_char,
    path_len: usize,
    api_version: *const c_char,
    api_version_len: usize,
    body: *const c_char,
    body_len: usize,
    operation: *mut *mut midentity_operation,
    error: *mut *mut midentity_error,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let client = midentity_arm_client::borrow(client)?.0.clone();
            let method = text::required("method", method, method_len)?.to_owned();
            let path = text::required("path", path, path_len)?.to_owned();
            let api_version = text::optional("api_version", api_version, api_version_len)?.map(str::to_owned);
            let body = text::optional("body", body, body_len)?.map(str::to_owned);
            let body = body.map(|b| value::parse("body", &b)).transpose()?;
            let version = api_version.unwrap_or_default();
            operation::begin(operation, |_| async move {
                let answer = client.request(&method, &path, &version, body.as_ref()).await?;
                Ok(Outcome::of(&answer))
            })
        })
    }
}
/// As midentity_arm_request, and waits for the long-running operation that the request starts: the answer is the last
/// one. Tells its progress.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_arm_request_and_wait(
    client: *const midentity_arm_client,
    method: *const c_char,
    method_len: usize,
    path: *const c_char,
    path_len: usize,
    api_version: *const c_char,
    api_version_len: usize,
    body: *const c_char,
    body_len: usize,
    operation: *mut *mut midentity_operation,
    error: *mut *mut midentity_error,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let client = midentity_arm_client::borrow(client)?.0.clone();
            let method = text::required("method", method, method_len)?.to_owned();
            let path = text::required("path", path, path_len)?.to_owned();
            let api_version = text::optional("api_version", api_version, api_version_len)?.map(str::to_owned);
            let body = text::optional("body", body, body_len)?.map(str::to_owned);
            let body = body.map(|b| value::parse("body", &b)).transpose()?;
            let version = api_version.unwrap_or_default();
            operation::begin(operation, |listener| async move {
                let work = client.start(&method, &path, &version, body.as_ref()).await?;
                Ok(Outcome::of(&listener.follow(work).await?))
            })
        })
    }
}
/// Reads any list, page by page. The operation gives one page: {"items": [...], "continuation": text or null}.
/// continuation is NULL for the first page, then what the page before gave.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_arm_list(
    client: *const midentity_arm_client,
    path: *const c_char,
    path_len: usize,
    api_version: *const c_char,
    api_version_len: usize,
    continuation: *const c_char,
    continuation_len: usize,
    operation: *mut *mut midentity_operation,
    error: *mut *mut midentity_error,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let client = midentity_arm_client::borrow(client)?.0.clone();
            let path = text::required("path", path, path_len)?.to_owned();
            let api_version = text::optional("api_version", api_version, api_version_len)?.map(str::to_owned);
            let continuation = text::optional("continuation", continuation, continuation_len)?.map(str::to_owned);
            let version = api_version.unwrap_or_default();
            operation::begin(operation, |_| async move {
                page::read(client.list(&path, &version)?, continuation.as_deref()).await
            })
        })
    }
}
/// Reads a resource by its id, in the newest api-version that its provider knows. The operation gives what
/// midentity_arm_request does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_arm_resource_get(
    client: *const midentity_arm_client,
    resource_id: *const c_char,
    resource_id_len: usize,
    operation: *mut *mut midentity_operation,
    error: *mut *mut midentity_error,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let client = midentity_arm_client::borrow(client)?.0.clone();
            let resource_id = text::required("resource_id", resource_id, resource_id_len)?.to_owned();
            operation::begin(operation, |_| async move { Ok(Outcome::of(&client.get_resource(&resource_id).await?)) })
        })
    }
}

/// Where the cloud's other services are: known for the known clouds, read from a private cloud's own page. The operation
/// gives an object: login, graph, key_vault, sql, storage_suffix, each a text or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_arm_endpoints(
    client: *const midentity_arm_client,
    operation: *mut *mut midentity_operation,
    error: *mut *mut midentity_error,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let client = midentity_arm_client::borrow(client)?.0.clone();
            operation::begin(operation, |_| async move { Ok(Outcome::of(&client.endpoints().await?)) })
        })
    }
}
