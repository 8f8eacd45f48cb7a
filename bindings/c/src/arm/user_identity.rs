//! User-assigned identities, and a resource's system-assigned one.

use std::ffi::c_char;

use crate::arm::client::midentity_arm_client;
use crate::arm::{page, tags};
use crate::boundary::{Handle, guard};
use crate::error::midentity_error;
use crate::operation::{self, midentity_operation};
use crate::outcome::Outcome;
use crate::status::midentity_status;
use crate::text;

/// Creates a user-assigned identity, or updates one that is there. location may be NULL: the group's. tags is a JSON
/// object of texts, or NULL to leave them. The operation gives it as an object: id, name, location, tags, client_id,
/// principal_id, tenant_id, client_secret_url.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_arm_user_identity_create(
    client: *const midentity_arm_client,
    subscription: *const c_char,
    subscription_len: usize,
    group: *const c_char,
    group_len: usize,
    name: *const c_char,
    name_len: usize,
    location: *const c_char,
    location_len: usize,
    tags: *const c_char,
    tags_len: usize,
    operation: *mut *mut midentity_operation,
    error: *mut *mut midentity_error,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let client = midentity_arm_client::borrow(client)?.0.clone();
            let subscription = text::required("subscription", subscription, subscription_len)?.to_owned();
            let group = text::required("group", group, group_len)?.to_owned();
            let name = text::required("name", name, name_len)?.to_owned();
            let location = text::optional("location", location, location_len)?.map(str::to_owned);
            let tags = text::optional("tags", tags, tags_len)?.map(str::to_owned);
            let tags = tags::read(tags.as_deref())?;
            operation::begin(operation, |_| async move {
                let identities = client.user_identities(&subscription, &group);
                Ok(Outcome::of(&identities.create(&name, location.as_deref(), tags.as_ref()).await?))
            })
        })
    }
}
/// A user-assigned identity. The operation gives it as an object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_arm_user_identity_get(
    client: *const midentity_arm_client,
    subscription: *const c_char,
    subscription_len: usize,
    group: *const c_char,
    group_len: usize,
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
            let name = text::required("name", name, name_len)?.to_owned();
            operation::begin(operation, |_| async move {
                Ok(Outcome::of(&client.user_identities(&subscription, &group).get(&name).await?))
            })
        })
    }
}
/// The user-assigned identities of a resource group; of the whole subscription where group is "". The operation gives
/// one page: {"items": [...], "continuation": text or null}. continuation is NULL for the first page, then what the
/// page before gave.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_arm_user_identity_list(
    client: *const midentity_arm_client,
    subscription: *const c_char,
    subscription_len: usize,
    group: *const c_char,
    group_len: usize,
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
            let continuation = text::optional("continuation", continuation, continuation_len)?.map(str::to_owned);
            operation::begin(operation, |_| async move {
                page::read(client.user_identities(&subscription, &group).list()?, continuation.as_deref()).await
            })
        })
    }
}
/// Replaces the tags of a user-assigned identity: a JSON object of texts. The operation gives the identity as an
/// object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_arm_user_identity_update(
    client: *const midentity_arm_client,
    subscription: *const c_char,
    subscription_len: usize,
    group: *const c_char,
    group_len: usize,
    name: *const c_char,
    name_len: usize,
    tags: *const c_char,
    tags_len: usize,
    operation: *mut *mut midentity_operation,
    error: *mut *mut midentity_error,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let client = midentity_arm_client::borrow(client)?.0.clone();
            let subscription = text::required("subscription", subscription, subscription_len)?.to_owned();
            let group = text::required("group", group, group_len)?.to_owned();
            let name = text::required("name", name, name_len)?.to_owned();
            let tags = text::required("tags", tags, tags_len)?.to_owned();
            let tags = tags::read(Some(&tags))?.unwrap_or_default();
            operation::begin(operation, |_| async move {
                Ok(Outcome::of(&client.user_identities(&subscription, &group).update(&name, &tags).await?))
            })
        })
    }
}
/// Deletes a user-assigned identity. Machines that have it keep a dangling reference:
/// midentity_arm_vm_identity_dangling finds them. The operation gives whether it was there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_arm_user_identity_delete(
    client: *const midentity_arm_client,
    subscription: *const c_char,
    subscription_len: usize,
    group: *const c_char,
    group_len: usize,
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
            let name = text::required("name", name, name_len)?.to_owned();
            operation::begin(operation, |_| async move {
                Ok(Outcome::answer(client.user_identities(&subscription, &group).delete(&name).await?))
            })
        })
    }
}
/// The system-assigned identity of a resource, by the resource's id. The operation gives an object: client_id,
/// principal_id, tenant_id.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_arm_system_identity_get(
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
            operation::begin(
                operation,
                |_| async move { Ok(Outcome::of(&client.system_identity(&resource_id).await?)) },
            )
        })
    }
}
