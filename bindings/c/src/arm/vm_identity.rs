//! The identities of virtual machines and scale sets.

use std::ffi::c_char;

use midentity_core::Result;
use midentity_core::arm::{IdentityChange, IdentityRef};

use crate::arm::client::midentity_arm_client;
use crate::boundary::{Handle, guard};
use crate::error::midentity_error;
use crate::operation::{self, midentity_operation};
use crate::outcome::Outcome;
use crate::status::midentity_status;
use crate::status::{
    MIDENTITY_CHANGE_ADD, MIDENTITY_CHANGE_REMOVE, MIDENTITY_CHANGE_REMOVE_ALL, MIDENTITY_CHANGE_REMOVE_ALL_USER,
    MIDENTITY_CHANGE_SET,
};
use crate::text;
use crate::text::refused;

fn change(kind: i32, identities: Vec<String>) -> Result<IdentityChange> {
    let count = identities.len();
    let identities = identities.into_iter().map(IdentityRef::from).collect();
    match kind {
        MIDENTITY_CHANGE_ADD => Ok(IdentityChange::Add(identities)),
        MIDENTITY_CHANGE_REMOVE => Ok(IdentityChange::Remove(identities)),
        MIDENTITY_CHANGE_SET => Ok(IdentityChange::Set(identities)),
        MIDENTITY_CHANGE_REMOVE_ALL_USER | MIDENTITY_CHANGE_REMOVE_ALL if count > 0 => Err(refused(
            "identities are named, and all are to go".to_owned(),
            "name none, or use MIDENTITY_CHANGE_REMOVE",
        )),
        MIDENTITY_CHANGE_REMOVE_ALL_USER => Ok(IdentityChange::RemoveAllUser),
        MIDENTITY_CHANGE_REMOVE_ALL => Ok(IdentityChange::RemoveAll),
        _ => Err(refused(format!("{kind} is no change of identities"), "use a MIDENTITY_CHANGE_ constant")),
    }
}

/// A machine's identities: machine is the resource id of a virtual machine or scale set. The operation gives an object:
/// kind, system_assigned (its principal id or null), tenant_id, user_assigned (each id, client_id, principal_id),
/// warnings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_arm_vm_identity_show(
    client: *const midentity_arm_client,
    machine: *const c_char,
    machine_len: usize,
    operation: *mut *mut midentity_operation,
    error: *mut *mut midentity_error,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let client = midentity_arm_client::borrow(client)?.0.clone();
            let machine = text::required("machine", machine, machine_len)?.to_owned();
            operation::begin(
                operation,
                |_| async move { Ok(Outcome::of(&client.vm_identity(&machine)?.show().await?)) },
            )
        })
    }
}
/// What a change would do, without doing it: change is a MIDENTITY_CHANGE_ constant. machine is the resource id of a
/// virtual machine or scale set. identities is a list of NUL-terminated texts: resource ids, names in the machine's own
/// group, or "[system]". The operation gives an object: stays, comes, goes, warnings, changes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_arm_vm_identity_plan(
    client: *const midentity_arm_client,
    machine: *const c_char,
    machine_len: usize,
    change: i32,
    identities: *const *const c_char,
    identity_count: usize,
    operation: *mut *mut midentity_operation,
    error: *mut *mut midentity_error,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let client = midentity_arm_client::borrow(client)?.0.clone();
            let machine = text::required("machine", machine, machine_len)?.to_owned();
            let change = self::change(change, text::list("identities", identities, identity_count)?)?;
            operation::begin(operation, |_| async move {
                Ok(Outcome::of(&client.vm_identity(&machine)?.plan(&change).await?))
            })
        })
    }
}
/// Gives a machine identities; all others stay. machine is the resource id of a virtual machine or scale set.
/// identities is a list of NUL-terminated texts: resource ids, names in the machine's own group, or "[system]". Sends
/// nothing where nothing changes. Tells its progress. The operation gives what midentity_arm_vm_identity_show does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_arm_vm_identity_add(
    client: *const midentity_arm_client,
    machine: *const c_char,
    machine_len: usize,
    identities: *const *const c_char,
    identity_count: usize,
    operation: *mut *mut midentity_operation,
    error: *mut *mut midentity_error,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let client = midentity_arm_client::borrow(client)?.0.clone();
            let machine = text::required("machine", machine, machine_len)?.to_owned();
            let change = change(MIDENTITY_CHANGE_ADD, text::list("identities", identities, identity_count)?)?;
            operation::begin(operation, |listener| async move {
                let machine = client.vm_identity(&machine)?;
                let work = machine.apply(machine.plan(&change).await?).await?;
                Ok(Outcome::of(&listener.follow(work).await?))
            })
        })
    }
}
/// Takes identities from a machine; all others stay. machine is the resource id of a virtual machine or scale set.
/// identities is a list of NUL-terminated texts: resource ids, names in the machine's own group, or "[system]". Sends
/// nothing where nothing changes. Tells its progress. The operation gives what midentity_arm_vm_identity_show does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_arm_vm_identity_remove(
    client: *const midentity_arm_client,
    machine: *const c_char,
    machine_len: usize,
    identities: *const *const c_char,
    identity_count: usize,
    operation: *mut *mut midentity_operation,
    error: *mut *mut midentity_error,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let client = midentity_arm_client::borrow(client)?.0.clone();
            let machine = text::required("machine", machine, machine_len)?.to_owned();
            let change = change(MIDENTITY_CHANGE_REMOVE, text::list("identities", identities, identity_count)?)?;
            operation::begin(operation, |listener| async move {
                let machine = client.vm_identity(&machine)?;
                let work = machine.apply(machine.plan(&change).await?).await?;
                Ok(Outcome::of(&listener.follow(work).await?))
            })
        })
    }
}
/// Takes all user-assigned identities from a machine; the system-assigned one stays. machine is the resource id of a
/// virtual machine or scale set. Sends nothing where nothing changes. Tells its progress. The operation gives what
/// midentity_arm_vm_identity_show does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_arm_vm_identity_remove_all_user(
    client: *const midentity_arm_client,
    machine: *const c_char,
    machine_len: usize,
    operation: *mut *mut midentity_operation,
    error: *mut *mut midentity_error,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let client = midentity_arm_client::borrow(client)?.0.clone();
            let machine = text::required("machine", machine, machine_len)?.to_owned();
            let change = change(MIDENTITY_CHANGE_REMOVE_ALL_USER, Vec::new())?;
            operation::begin(operation, |listener| async move {
                let machine = client.vm_identity(&machine)?;
                let work = machine.apply(machine.plan(&change).await?).await?;
                Ok(Outcome::of(&listener.follow(work).await?))
            })
        })
    }
}
/// Takes all identities from a machine. machine is the resource id of a virtual machine or scale set. Sends nothing
/// where nothing changes. Tells its progress. The operation gives what midentity_arm_vm_identity_show does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_arm_vm_identity_remove_all(
    client: *const midentity_arm_client,
    machine: *const c_char,
    machine_len: usize,
    operation: *mut *mut midentity_operation,
    error: *mut *mut midentity_error,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let client = midentity_arm_client::borrow(client)?.0.clone();
            let machine = text::required("machine", machine, machine_len)?.to_owned();
            let change = change(MIDENTITY_CHANGE_REMOVE_ALL, Vec::new())?;
            operation::begin(operation, |listener| async move {
                let machine = client.vm_identity(&machine)?;
                let work = machine.apply(machine.plan(&change).await?).await?;
                Ok(Outcome::of(&listener.follow(work).await?))
            })
        })
    }
}
/// Gives a machine exactly these identities; all others go. machine is the resource id of a virtual machine or scale
/// set. identities is a list of NUL-terminated texts: resource ids, names in the machine's own group, or "[system]".
/// Sends nothing where nothing changes. Tells its progress. The operation gives what midentity_arm_vm_identity_show
/// does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_arm_vm_identity_set(
    client: *const midentity_arm_client,
    machine: *const c_char,
    machine_len: usize,
    identities: *const *const c_char,
    identity_count: usize,
    operation: *mut *mut midentity_operation,
    error: *mut *mut midentity_error,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let client = midentity_arm_client::borrow(client)?.0.clone();
            let machine = text::required("machine", machine, machine_len)?.to_owned();
            let change = change(MIDENTITY_CHANGE_SET, text::list("identities", identities, identity_count)?)?;
            operation::begin(operation, |listener| async move {
                let machine = client.vm_identity(&machine)?;
                let work = machine.apply(machine.plan(&change).await?).await?;
                Ok(Outcome::of(&listener.follow(work).await?))
            })
        })
    }
}
/// Which of a machine's user-assigned identities do not exist any more. machine is the resource id of a virtual machine
/// or scale set. The operation gives an array of resource ids.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_arm_vm_identity_dangling(
    client: *const midentity_arm_client,
    machine: *const c_char,
    machine_len: usize,
    operation: *mut *mut midentity_operation,
    error: *mut *mut midentity_error,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let client = midentity_arm_client::borrow(client)?.0.clone();
            let machine = text::required("machine", machine, machine_len)?.to_owned();
            operation::begin(
                operation,
                |_| async move { Ok(Outcome::of(&client.vm_identity(&machine)?.dangling().await?)) },
            )
        })
    }
}
