//! Instance metadata: what machine this is.

use std::ffi::c_char;
use std::mem::offset_of;

use midentity_core::InstanceMetadata;

use crate::boundary::{Handle, guard, out, quietly};
use crate::error::midentity_error;
use crate::operation::{self, midentity_operation};
use crate::options::{self, Options, check_reserved, milliseconds};
use crate::outcome::Outcome;
use crate::status::midentity_status;
use crate::text;

/// How to ask for instance metadata. Set it to zero, then struct_size to its size.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct midentity_instance_options {
    /// sizeof(midentity_instance_options).
    pub struct_size: usize,
    /// Where the metadata service answers; NULL for the variable AZURE_POD_IDENTITY_AUTHORITY_HOST, else
    /// 169.254.169.254.
    pub imds_endpoint: *const c_char,
    /// The length of imds_endpoint, or MIDENTITY_NTS.
    pub imds_endpoint_len: usize,
    /// The longest that a call may take, in milliseconds: 0 for 90 s, -1 for no limit.
    pub timeout_ms: i64,
    /// The longest that connecting may take, in milliseconds: 0 for 1 s, -1 for no limit.
    pub connect_timeout_ms: i64,
    /// How often a request is repeated after 429 and 5xx: 0 for 5 times, -1 for never.
    pub retries: i32,
    /// Leave at zero.
    pub reserved: u32,
}

// SAFETY: integers and pointers, the size first.
unsafe impl Options for midentity_instance_options {
    const NAME: &'static str = "midentity_instance_options";
    const FIRST: usize = offset_of!(Self, reserved) + size_of::<u32>();
}

/// Asks the metadata service what machine this is. Free it with midentity_instance_free.
pub struct midentity_instance(pub(crate) InstanceMetadata);

impl Handle for midentity_instance {
    const NAME: &'static str = "the instance metadata client";
}

/// Makes a client for instance metadata; NULL options mean the defaults. Touches no network.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_instance_new(
    options: *const midentity_instance_options,
    instance: *mut *mut midentity_instance,
    error: *mut *mut midentity_error,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let instance = out("instance", instance)?;
            let options = options::read(options)?;
            check_reserved(options.reserved)?;
            let mut builder = InstanceMetadata::builder();
            if let Some(at) = text::optional("imds_endpoint", options.imds_endpoint, options.imds_endpoint_len)? {
                builder = builder.imds_endpoint(at);
            }
            if let Some(limit) = milliseconds("timeout_ms", options.timeout_ms)? {
                builder = builder.timeout(limit);
            }
            if let Some(limit) = milliseconds("connect_timeout_ms", options.connect_timeout_ms)? {
                builder = builder.connect_timeout(limit);
            }
            if let Some(count) = options::retries(options.retries)? {
                builder = builder.retries(count);
            }
            instance.write(midentity_instance(builder.build()?).into_raw());
            Ok(())
        })
    }
}

/// Reads instance metadata below a path such as "compute/location"; NULL or "" is all of it. `api_version` may be
/// NULL. The operation gives a value.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_instance_get(
    instance: *const midentity_instance,
    path: *const c_char,
    path_len: usize,
    api_version: *const c_char,
    api_version_len: usize,
    operation: *mut *mut midentity_operation,
    error: *mut *mut midentity_error,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let instance = midentity_instance::borrow(instance)?.0.clone();
            let path = text::optional("path", path, path_len)?.unwrap_or_default().to_owned();
            let version = text::optional("api_version", api_version, api_version_len)?.map(str::to_owned);
            operation::begin(operation, |_| async move {
                let read = match version {
                    Some(version) => instance.get_version(&path, &version).await,
                    None => instance.get(&path).await,
                };
                read.map(Outcome::Value)
            })
        })
    }
}

/// The tenant of the machine's identity. The operation gives an object: {"tenant_id": …}.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_instance_identity_info(
    instance: *const midentity_instance,
    operation: *mut *mut midentity_operation,
    error: *mut *mut midentity_error,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let instance = midentity_instance::borrow(instance)?.0.clone();
            operation::begin(operation, |_| async move {
                let info = instance.identity_info().await?;
                Ok(Outcome::Value(serde_json::json!({ "tenant_id": info.tenant_id() })))
            })
        })
    }
}

/// The api-versions that the metadata service knows. The operation gives an array of texts.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_instance_versions(
    instance: *const midentity_instance,
    operation: *mut *mut midentity_operation,
    error: *mut *mut midentity_error,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let instance = midentity_instance::borrow(instance)?.0.clone();
            operation::begin(operation, |_| async move { Ok(Outcome::Value(instance.versions().await?.into())) })
        })
    }
}

/// Frees a client for instance metadata. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_instance_free(instance: *mut midentity_instance) {
    // SAFETY: as the header says: from one of our functions, and not used any more.
    let instance = unsafe { midentity_instance::take_back(instance) };
    quietly((), || drop(instance));
}
