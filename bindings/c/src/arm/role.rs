//! Roles and who has them.

use std::ffi::c_char;
use std::time::Duration;

use midentity_core::Result;
use midentity_core::arm::{PrincipalType, RoleAssignmentFilter};

use crate::arm::client::midentity_arm_client;
use crate::arm::page;
use crate::boundary::{Handle, guard};
use crate::error::midentity_error;
use crate::operation::{self, midentity_operation};
use crate::options::milliseconds;
use crate::outcome::Outcome;
use crate::status::midentity_status;
use crate::text;
use crate::text::refused;

/// Filter of midentity_arm_role_assignment_list: at the scope, above it and below it.
pub const MIDENTITY_ROLE_FILTER_ALL: i32 = 0;
/// Filter of midentity_arm_role_assignment_list: at the scope and above it.
pub const MIDENTITY_ROLE_FILTER_AT_SCOPE: i32 = 1;
/// Filter of midentity_arm_role_assignment_list: those of one principal.
pub const MIDENTITY_ROLE_FILTER_PRINCIPAL: i32 = 2;
/// Filter of midentity_arm_role_assignment_list: those of one principal and of the groups that it is in.
pub const MIDENTITY_ROLE_FILTER_ASSIGNED_TO: i32 = 3;

/// How long a new assignment may take to be readable.
const VISIBLE: Duration = Duration::from_secs(300);
/// How long a new right may take to work.
const ALLOWED: Duration = Duration::from_secs(600);

fn filter(kind: i32, principal: Option<String>) -> Result<RoleAssignmentFilter> {
    match (kind, principal) {
        (MIDENTITY_ROLE_FILTER_ALL, None) => Ok(RoleAssignmentFilter::All),
        (MIDENTITY_ROLE_FILTER_AT_SCOPE, None) => Ok(RoleAssignmentFilter::AtScope),
        (MIDENTITY_ROLE_FILTER_PRINCIPAL, Some(principal)) => Ok(RoleAssignmentFilter::Principal(principal)),
        (MIDENTITY_ROLE_FILTER_ASSIGNED_TO, Some(principal)) => Ok(RoleAssignmentFilter::AssignedTo(principal)),
        (MIDENTITY_ROLE_FILTER_ALL..=MIDENTITY_ROLE_FILTER_ASSIGNED_TO, _) => Err(refused(
            "the filter and the principal do not go together".to_owned(),
            "name a principal for _PRINCIPAL and _ASSIGNED_TO, and none for _ALL and _AT_SCOPE",
        )),
        _ => Err(refused(format!("{kind} is no filter of role assignments"), "use a MIDENTITY_ROLE_FILTER_ constant")),
    }
}

fn principal_type(name: Option<&str>) -> Result<PrincipalType> {
    name.map_or(Ok(PrincipalType::default()), PrincipalType::parse)
}

/// A role by its name or GUID, custom ones too. scope is the id of a subscription, resource group or resource. The
/// operation gives an object: id, guid, role_name, is_custom, description, actions. MIDENTITY_NOT_FOUND names the
/// nearest roles.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_arm_role_definition_find(
    client: *const midentity_arm_client,
    scope: *const c_char,
    scope_len: usize,
    role: *const c_char,
    role_len: usize,
    operation: *mut *mut midentity_operation,
    error: *mut *mut midentity_error,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let client = midentity_arm_client::borrow(client)?.0.clone();
            let scope = text::required("scope", scope, scope_len)?.to_owned();
            let role = text::required("role", role, role_len)?.to_owned();
            operation::begin(operation, |_| async move {
                Ok(Outcome::of(&client.role_definitions(&scope)?.find(&role).await?))
            })
        })
    }
}
/// The roles that can be given at a scope. scope is the id of a subscription, resource group or resource. The operation
/// gives one page: {"items": [...], "continuation": text or null}. continuation is NULL for the first page, then what
/// the page before gave.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_arm_role_definition_list(
    client: *const midentity_arm_client,
    scope: *const c_char,
    scope_len: usize,
    continuation: *const c_char,
    continuation_len: usize,
    operation: *mut *mut midentity_operation,
    error: *mut *mut midentity_error,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let client = midentity_arm_client::borrow(client)?.0.clone();
            let scope = text::required("scope", scope, scope_len)?.to_owned();
            let continuation = text::optional("continuation", continuation, continuation_len)?.map(str::to_owned);
            operation::begin(operation, |_| async move {
                page::read(client.role_definitions(&scope)?.list()?, continuation.as_deref()).await
            })
        })
    }
}
/// Gives a principal a role. scope is the id of a subscription, resource group or resource. role is a name or GUID;
/// principal_type is ServicePrincipal (also for NULL), User or Group. One that is there already is no failure; a
/// principal that the directory does not know yet is waited for. Tells its progress. The operation gives an object: id,
/// name, principal_id, principal_type, scope, role_definition_id, role_guid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_arm_role_assignment_create(
    client: *const midentity_arm_client,
    scope: *const c_char,
    scope_len: usize,
    role: *const c_char,
    role_len: usize,
    principal_id: *const c_char,
    principal_id_len: usize,
    principal_type: *const c_char,
    principal_type_len: usize,
    operation: *mut *mut midentity_operation,
    error: *mut *mut midentity_error,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let client = midentity_arm_client::borrow(client)?.0.clone();
            let scope = text::required("scope", scope, scope_len)?.to_owned();
            let role = text::required("role", role, role_len)?.to_owned();
            let principal_id = text::required("principal_id", principal_id, principal_id_len)?.to_owned();
            let principal_type =
                text::optional("principal_type", principal_type, principal_type_len)?.map(str::to_owned);
            let kind = self::principal_type(principal_type.as_deref())?;
            operation::begin(operation, |listener| async move {
                let work = client.role_assignments(&scope)?.assign(&role, &principal_id, kind).await?;
                Ok(Outcome::of(&listener.follow(work).await?))
            })
        })
    }
}
/// Who has which role. scope is the id of a subscription, resource group or resource. filter is a
/// MIDENTITY_ROLE_FILTER_ constant; principal_id is for those that need one, else NULL. The operation gives one page:
/// {"items": [...], "continuation": text or null}. continuation is NULL for the first page, then what the page before
/// gave.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_arm_role_assignment_list(
    client: *const midentity_arm_client,
    scope: *const c_char,
    scope_len: usize,
    principal_id: *const c_char,
    principal_id_len: usize,
    continuation: *const c_char,
    continuation_len: usize,
    filter: i32,
    operation: *mut *mut midentity_operation,
    error: *mut *mut midentity_error,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let client = midentity_arm_client::borrow(client)?.0.clone();
            let scope = text::required("scope", scope, scope_len)?.to_owned();
            let principal_id = text::optional("principal_id", principal_id, principal_id_len)?.map(str::to_owned);
            let continuation = text::optional("continuation", continuation, continuation_len)?.map(str::to_owned);
            let filter = self::filter(filter, principal_id)?;
            operation::begin(operation, |_| async move {
                page::read(client.role_assignments(&scope)?.list(&filter)?, continuation.as_deref()).await
            })
        })
    }
}
/// Takes a role assignment back, by its id or name. scope is the id of a subscription, resource group or resource. The
/// operation gives whether it was there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_arm_role_assignment_delete(
    client: *const midentity_arm_client,
    scope: *const c_char,
    scope_len: usize,
    assignment: *const c_char,
    assignment_len: usize,
    operation: *mut *mut midentity_operation,
    error: *mut *mut midentity_error,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let client = midentity_arm_client::borrow(client)?.0.clone();
            let scope = text::required("scope", scope, scope_len)?.to_owned();
            let assignment = text::required("assignment", assignment, assignment_len)?.to_owned();
            operation::begin(operation, |_| async move {
                Ok(Outcome::answer(client.role_assignments(&scope)?.delete(&assignment).await?))
            })
        })
    }
}
/// Waits until a role assignment can be read at its scope: what can be known for any principal. assignment is its id or
/// name. timeout_ms is 0 for five minutes, -1 for no limit. The operation gives null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_arm_role_assignment_wait_until_visible(
    client: *const midentity_arm_client,
    scope: *const c_char,
    scope_len: usize,
    assignment: *const c_char,
    assignment_len: usize,
    timeout_ms: i64,
    operation: *mut *mut midentity_operation,
    error: *mut *mut midentity_error,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let client = midentity_arm_client::borrow(client)?.0.clone();
            let scope = text::required("scope", scope, scope_len)?.to_owned();
            let assignment = text::required("assignment", assignment, assignment_len)?.to_owned();
            let limit = milliseconds("timeout_ms", timeout_ms)?.unwrap_or(VISIBLE);
            operation::begin(operation, |_| async move {
                client.role_assignments(&scope)?.wait_until_visible(&assignment, limit).await?;
                Ok(Outcome::nothing())
            })
        })
    }
}
/// Waits until the caller itself may do an action at a scope, such as
/// "Microsoft.Resources/subscriptions/resourceGroups/read". timeout_ms is 0 for ten minutes, -1 for no limit. The
/// operation gives null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_arm_role_assignment_wait_until_allowed(
    client: *const midentity_arm_client,
    scope: *const c_char,
    scope_len: usize,
    action: *const c_char,
    action_len: usize,
    timeout_ms: i64,
    operation: *mut *mut midentity_operation,
    error: *mut *mut midentity_error,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let client = midentity_arm_client::borrow(client)?.0.clone();
            let scope = text::required("scope", scope, scope_len)?.to_owned();
            let action = text::required("action", action, action_len)?.to_owned();
            let limit = milliseconds("timeout_ms", timeout_ms)?.unwrap_or(ALLOWED);
            operation::begin(operation, |_| async move {
                client.role_assignments(&scope)?.wait_until_allowed(&action, limit).await?;
                Ok(Outcome::nothing())
            })
        })
    }
}
