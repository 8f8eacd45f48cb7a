//! Subscriptions and resource groups.

use std::ffi::c_char;

use crate::arm::client::midentity_arm_client;
use crate::arm::{page, tags};
use crate::boundary::{Handle, guard};
use crate::error::midentity_error;
use crate::operation::{self, midentity_operation};
use crate::outcome::Outcome;
use crate::status::midentity_status;
use crate::text;

/// The subscriptions that the caller can see. The operation gives one page: {"items": [...], "continuation": text or
/// null}. continuation is NULL for the first page, then what the page before gave.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_arm_subscription_list(
    client: *const midentity_arm_client,
    continuation: *const c_char,
    continuation_len: usize,
    operation: *mut *mut midentity_operation,
    error: *mut *mut midentity_error,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let client = midentity_arm_client::borrow(client)?.0.clone();
            let continuation = text::optional("continuation", continuation, continuation_len)?.map(str::to_owned);
            operation::begin(operation, |_| async move {
                page::read(client.subscriptions().list()?, continuation.as_deref()).await
            })
        })
    }
}
/// A resource group. The operation gives it as an object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_arm_resource_group_get(
    client: *const midentity_arm_client,
    subscription: *const c_char,
    subscription_len: usize,
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
            let name = text::required("name", name, name_len)?.to_owned();
            operation::begin(operation, |_| async move {
                Ok(Outcome::of(&client.resource_groups(&subscription).get(&name).await?))
            })
        })
    }
}
/// The resource groups of a subscription. The operation gives one page: {"items": [...], "continuation": text or null}.
/// continuation is NULL for the first page, then what the page before gave.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_arm_resource_group_list(
    client: *const midentity_arm_client,
    subscription: *const c_char,
    subscription_len: usize,
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
            let continuation = text::optional("continuation", continuation, continuation_len)?.map(str::to_owned);
            operation::begin(operation, |_| async move {
                page::read(client.resource_groups(&subscription).list()?, continuation.as_deref()).await
            })
        })
    }
}
/// Whether there is a resource group of this name. The operation gives true or false.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_arm_resource_group_exists(
    client: *const midentity_arm_client,
    subscription: *const c_char,
    subscription_len: usize,
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
            let name = text::required("name", name, name_len)?.to_owned();
            operation::begin(operation, |_| async move {
                Ok(Outcome::answer(client.resource_groups(&subscription).exists(&name).await?))
            })
        })
    }
}
/// Creates a resource group, or changes its tags (a JSON object of texts, or NULL for none). The operation gives it as
/// an object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_arm_resource_group_create(
    client: *const midentity_arm_client,
    subscription: *const c_char,
    subscription_len: usize,
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
            let name = text::required("name", name, name_len)?.to_owned();
            let location = text::required("location", location, location_len)?.to_owned();
            let tags = text::optional("tags", tags, tags_len)?.map(str::to_owned);
            let tags = tags::read(tags.as_deref())?.unwrap_or_default();
            operation::begin(operation, |_| async move {
                Ok(Outcome::of(&client.resource_groups(&subscription).create(&name, &location, &tags).await?))
            })
        })
    }
}
/// Deletes a resource group with all that is in it, and waits for the end. Tells its progress. The operation gives
/// null; a group that is not there is no failure.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_arm_resource_group_delete(
    client: *const midentity_arm_client,
    subscription: *const c_char,
    subscription_len: usize,
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
            let name = text::required("name", name, name_len)?.to_owned();
            operation::begin(operation, |listener| async move {
                let work = client.resource_groups(&subscription).delete(&name).await?;
                listener.follow(work).await?;
                Ok(Outcome::nothing())
            })
        })
    }
}
