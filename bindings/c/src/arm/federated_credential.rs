//! Federated credentials of user-assigned identities.

use std::ffi::c_char;

use crate::arm::client::midentity_arm_client;
use crate::arm::page;
use crate::boundary::{Handle, guard};
use crate::error::midentity_error;
use crate::operation::{self, midentity_operation};
use crate::outcome::Outcome;
use crate::status::midentity_status;
use crate::text;

/// Creates or updates a federated credential of a user-assigned identity. audiences is a list of NUL-terminated texts;
/// none is api://AzureADTokenExchange. Writes on one identity go one after the other. The operation gives it as an
/// object: id, name, issuer, subject, audiences.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_arm_federated_credential_create(
    client: *const midentity_arm_client,
    subscription: *const c_char,
    subscription_len: usize,
    group: *const c_char,
    group_len: usize,
    identity: *const c_char,
    identity_len: usize,
    name: *const c_char,
    name_len: usize,
    issuer: *const c_char,
    issuer_len: usize,
    subject: *const c_char,
    subject_len: usize,
    audiences: *const *const c_char,
    audience_count: usize,
    operation: *mut *mut midentity_operation,
    error: *mut *mut midentity_error,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let client = midentity_arm_client::borrow(client)?.0.clone();
            let subscription = text::required("subscription", subscription, subscription_len)?.to_owned();
            let group = text::required("group", group, group_len)?.to_owned();
            let identity = text::required("identity", identity, identity_len)?.to_owned();
            let name = text::required("name", name, name_len)?.to_owned();
            let issuer = text::required("issuer", issuer, issuer_len)?.to_owned();
            let subject = text::required("subject", subject, subject_len)?.to_owned();
            let audiences = text::list("audiences", audiences, audience_count)?;
            operation::begin(operation, |_| async move {
                let audiences: Vec<&str> = audiences.iter().map(String::as_str).collect();
                let credentials = client.user_identities(&subscription, &group).federated_credentials(&identity)?;
                Ok(Outcome::of(&credentials.create(&name, &issuer, &subject, &audiences).await?))
            })
        })
    }
}
/// A federated credential of a user-assigned identity. The operation gives it as an object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_arm_federated_credential_get(
    client: *const midentity_arm_client,
    subscription: *const c_char,
    subscription_len: usize,
    group: *const c_char,
    group_len: usize,
    identity: *const c_char,
    identity_len: usize,
    name: *const c_char,
    name_len: usize,
    operation: *mut *mut midentity_operation,
    error: *mut *mut midentity_error,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let client = midentity_arm_client::borrow(client)?.0.clone();
            let subscription = text::required("subscription", subscription, subscription_len)?.to_owned();
            let group = text::required("group", group, group_len)?.to_owned();
            let identity = text::required("identity", identity, identity_len)?.to_owned();
            let name = text::required("name", name, name_len)?.to_owned();
            operation::begin(operation, |_| async move {
                let credentials = client.user_identities(&subscription, &group).federated_credentials(&identity)?;
                Ok(Outcome::of(&credentials.get(&name).await?))
            })
        })
    }
}
/// The federated credentials of a user-assigned identity. The operation gives one page: {"items": [...],
/// "continuation": text or null}. continuation is NULL for the first page, then what the page before gave.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_arm_federated_credential_list(
    client: *const midentity_arm_client,
    subscription: *const c_char,
    subscription_len: usize,
    group: *const c_char,
    group_len: usize,
    identity: *const c_char,
    identity_len: usize,
    continuation: *const c_char,
    continuation_len: usize,
    operation: *mut *mut midentity_operation,
    error: *mut *mut midentity_error,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let client = midentity_arm_client::borrow(client)?.0.clone();
            let subscription = text::required("subscription", subscription, subscription_len)?.to_owned();
            let group = text::required("group", group, group_len)?.to_owned();
            let identity = text::required("identity", identity, identity_len)?.to_owned();
            let continuation = text::optional("continuation", continuation, continuation_len)?.map(str::to_owned);
            operation::begin(operation, |_| async move {
                let credentials = client.user_identities(&subscription, &group).federated_credentials(&identity)?;
                page::read(credentials.list()?, continuation.as_deref()).await
            })
        })
    }
}
/// Deletes a federated credential. The operation gives whether it was there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_arm_federated_credential_delete(
    client: *const midentity_arm_client,
    subscription: *const c_char,
    subscription_len: usize,
    group: *const c_char,
    group_len: usize,
    identity: *const c_char,
    identity_len: usize,
    name: *const c_char,
    name_len: usize,
    operation: *mut *mut midentity_operation,
    error: *mut *mut midentity_error,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let client = midentity_arm_client::borrow(client)?.0.clone();
            let subscription = text::required("subscription", subscription, subscription_len)?.to_owned();
            let group = text::required("group", group, group_len)?.to_owned();
            let identity = text::required("identity", identity, identity_len)?.to_owned();
            let name = text::required("name", name, name_len)?.to_owned();
            operation::begin(operation, |_| async move {
                let credentials = client.user_identities(&subscription, &group).federated_credentials(&identity)?;
                Ok(Outcome::answer(credentials.delete(&name).await?))
            })
        })
    }
}
