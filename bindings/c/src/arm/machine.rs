//! Virtual machines: making one, and finding the one that runs this program.

use std::ffi::c_char;

use midentity_core::InstanceMetadata;
use midentity_core::arm::NewVirtualMachine;

use crate::arm::client::midentity_arm_client;
use crate::boundary::{Handle, guard};
use crate::error::midentity_error;
use crate::instance::midentity_instance;
use crate::operation::{self, midentity_operation};
use crate::outcome::Outcome;
use crate::status::midentity_status;
use crate::text;
use crate::text::refused;
use crate::value;

/// Makes a virtual machine with identities, and gives its system-assigned identity a role, in one call. body is the
/// machine as JSON text (location, properties, …). identities is a list of NUL-terminated texts: resource ids, names in
/// the group, or "[system]". role (a name or GUID) and role_scope may both be NULL. A machine that is there already is
/// left as it is: MIDENTITY_CONFLICT. Tells its progress. The operation gives what midentity_arm_vm_identity_show does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_arm_vm_create(
    client: *const midentity_arm_client,
    subscription: *const c_char,
    subscription_len: usize,
    group: *const c_char,
    group_len: usize,
    name: *const c_char,
    name_len: usize,
    body: *const c_char,
    body_len: usize,
    role: *const c_char,
    role_len: usize,
    role_scope: *const c_char,
    role_scope_len: usize,
    identities: *const *const c_char,
    identity_count: usize,
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
            let body = text::required("body", body, body_len)?.to_owned();
            let role = text::optional("role", role, role_len)?.map(str::to_owned);
            let role_scope = text::optional("role_scope", role_scope, role_scope_len)?.map(str::to_owned);
            let mut new = NewVirtualMachine::from_body(value::parse("body", &body)?).identities(text::list(
                "identities",
                identities,
                identity_count,
            )?);
            match (role, role_scope) {
                (Some(role), Some(scope)) => new = new.role(&role, &scope),
                (None, None) => {}
                _ => {
                    return Err(refused(
                        "role and role_scope belong together, and one is NULL".to_owned(),
                        "give both or none",
                    ));
                }
            }
            operation::begin(operation, |listener| async move {
                let work = client.virtual_machines(&subscription, &group).create(&name, new).await?;
                Ok(Outcome::of(&listener.follow(work).await?))
            })
        })
    }
}
/// The resource id of the machine that runs this program, by its instance metadata (NULL: the defaults). The operation
/// gives a text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_arm_this_vm(
    client: *const midentity_arm_client,
    instance: *const midentity_instance,
    operation: *mut *mut midentity_operation,
    error: *mut *mut midentity_error,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let client = midentity_arm_client::borrow(client)?.0.clone();
            let instance = match instance.as_ref() {
                Some(given) => given.0.clone(),
                None => InstanceMetadata::builder().build()?,
            };
            operation::begin(operation, |_| async move {
                Ok(Outcome::of(&client.this_vm(&instance).await?.machine().as_str()))
            })
        })
    }
}
