//! Setting a client up.

use std::ffi::c_char;
use std::mem::offset_of;

use midentity_core::arm::ArmClient;
use midentity_core::{Cloud, Env};

use crate::boundary::{Handle, guard, out, quietly};
use crate::error::midentity_error;
use crate::options::{self, Options, milliseconds};
use crate::provider::midentity_token_provider;
use crate::status::midentity_status;
use crate::text;

/// How to make a client of Resource Manager. Set it to zero, then struct_size to its size.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct midentity_arm_client_options {
    /// sizeof(midentity_arm_client_options).
    pub struct_size: usize,
    /// AzureCloud, AzureUSGovernment, AzureChinaCloud, or the https origin of a private one; NULL for the variable
    /// MIDENTITY_CLOUD, else AzureCloud.
    pub cloud: *const c_char,
    /// The length of cloud, or MIDENTITY_NTS.
    pub cloud_len: usize,
    /// A PEM file of the root certificates to trust, and no others; NULL for the variable MIDENTITY_CA_FILE, else the
    /// system's.
    pub ca_file: *const c_char,
    /// The length of ca_file, or MIDENTITY_NTS.
    pub ca_file_len: usize,
    /// The longest that one request may take, tries and waits included, in milliseconds: 0 for 90 s, -1 for no limit.
    pub timeout_ms: i64,
    /// The longest that long-running work is waited for, in milliseconds: 0 for 30 minutes, -1 for no limit.
    pub operation_timeout_ms: i64,
    /// The audience of the tokens that are asked for, where it is not the cloud's own; never a known cloud's for
    /// another host. NULL for the cloud's.
    pub audience: *const c_char,
    /// The length of audience, or MIDENTITY_NTS.
    pub audience_len: usize,
}

// SAFETY: integers and pointers, the size first.
unsafe impl Options for midentity_arm_client_options {
    const NAME: &'static str = "midentity_arm_client_options";
    const FIRST: usize = offset_of!(Self, operation_timeout_ms) + size_of::<i64>();
}

/// A client of Azure Resource Manager. Free it with midentity_arm_client_free.
pub struct midentity_arm_client(pub(crate) ArmClient);

impl Handle for midentity_arm_client {
    const NAME: &'static str = "the Resource Manager client";
}

/// Makes a client; `provider` says who signs in, and may be freed afterwards. NULL options mean the defaults. Sends
/// nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_arm_client_new(
    provider: *const midentity_token_provider,
    options: *const midentity_arm_client_options,
    client: *mut *mut midentity_arm_client,
    error: *mut *mut midentity_error,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let client = out("client", client)?;
            let provider = midentity_token_provider::borrow(provider)?.0.clone();
            let options = options::read(options)?;
            let cloud = match text::optional("cloud", options.cloud, options.cloud_len)? {
                Some(cloud) => Cloud::parse(cloud)?,
                None => Cloud::from_env(&Env::process())?,
            };
            let mut builder = ArmClient::builder(provider).cloud(cloud);
            if let Some(file) = text::optional("ca_file", options.ca_file, options.ca_file_len)? {
                builder = builder.ca_file(file);
            }
            if let Some(audience) = text::optional("audience", options.audience, options.audience_len)? {
                builder = builder.audience(audience);
            }
            if let Some(limit) = milliseconds("timeout_ms", options.timeout_ms)? {
                builder = builder.timeout(limit);
            }
            if let Some(limit) = milliseconds("operation_timeout_ms", options.operation_timeout_ms)? {
                builder = builder.operation_timeout(limit);
            }
            client.write(midentity_arm_client(builder.build()?).into_raw());
            Ok(())
        })
    }
}

/// Frees a client. Operations that it started go on. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_arm_client_free(client: *mut midentity_arm_client) {
    // SAFETY: as the header says: from one of our functions, and not used any more.
    let client = unsafe { midentity_arm_client::take_back(client) };
    quietly((), || drop(client));
}
