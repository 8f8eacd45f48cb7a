//! The one state that every door answers from: what exists, who is who, and who may do what.
//!
//! `file` reads YAML, `build` checks it and fills in ids, `export` writes it out again.

mod build;
pub(crate) mod export;
mod file;
pub(crate) mod names;
pub(crate) mod seed;

use std::collections::BTreeMap;
use std::path::Path;

use indexmap::IndexMap;
use uuid::Uuid;

use crate::arm::roles::RoleDefinition;
use crate::token::Subject;

/// Key of a map whose names compare without case, as Azure's do.
pub(crate) fn folded(name: &str) -> String {
    name.to_lowercase()
}

/// Everything that exists in the emulated Azure.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct State {
    pub(crate) seed: String,
    pub(crate) tenants: Vec<Tenant>,
    /// By subscription id.
    pub(crate) subscriptions: IndexMap<Uuid, Subscription>,
    pub(crate) role_assignments: Vec<RoleAssignment>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tenant {
    pub(crate) id: Uuid,
    pub(crate) name: String,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Subscription {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) tenant_id: Uuid,
    /// By folded name.
    pub(crate) resource_groups: IndexMap<String, ResourceGroup>,
}

pub(crate) type Tags = BTreeMap<String, String>;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ResourceGroup {
    pub(crate) name: String,
    pub(crate) location: String,
    pub(crate) tags: Tags,
    /// By folded name.
    pub(crate) user_identities: IndexMap<String, UserIdentity>,
    /// By folded name.
    pub(crate) vms: IndexMap<String, Vm>,
}

/// The two ids of an identity: the object in the directory, and the application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Principal {
    pub(crate) principal_id: Uuid,
    pub(crate) client_id: Uuid,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct UserIdentity {
    pub(crate) name: String,
    pub(crate) location: String,
    pub(crate) tags: Tags,
    pub(crate) principal: Principal,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Vm {
    pub(crate) name: String,
    pub(crate) location: String,
    pub(crate) tags: Tags,
    pub(crate) vm_id: Uuid,
    pub(crate) size: String,
    pub(crate) os_type: String,
    pub(crate) zone: String,
    /// Base64, as instance metadata hands it out.
    pub(crate) user_data: String,
    pub(crate) system: Option<Principal>,
    /// Resource ids of the attached identities, in the casing in which they were attached. One may name an
    /// identity that is gone: Azure keeps such a reference too.
    pub(crate) user_identities: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RoleAssignment {
    pub(crate) name: Uuid,
    pub(crate) principal_id: Uuid,
    pub(crate) role: &'static RoleDefinition,
    pub(crate) scope: String,
}

/// A VM with where it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct VmPlace<'a> {
    pub(crate) subscription: &'a Subscription,
    pub(crate) group: &'a ResourceGroup,
    pub(crate) vm: &'a Vm,
}

/// A user-assigned identity with where it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IdentityPlace<'a> {
    pub(crate) subscription: &'a Subscription,
    pub(crate) group: &'a ResourceGroup,
    pub(crate) identity: &'a UserIdentity,
}

impl VmPlace<'_> {
    /// The VM's id as Resource Manager spells it.
    pub(crate) fn id(&self) -> String {
        format!(
            "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Compute/virtualMachines/{}",
            self.subscription.id, self.group.name, self.vm.name
        )
    }

    /// Whom a token of its system-assigned identity is for. Tokens spell `resourcegroups` in lower case.
    pub(crate) fn system_subject(&self) -> Option<Subject> {
        let principal = self.vm.system?;
        Some(Subject {
            tenant_id: self.subscription.tenant_id,
            principal_id: principal.principal_id,
            client_id: principal.client_id,
            resource_id: format!(
                "/subscriptions/{}/resourcegroups/{}/providers/Microsoft.Compute/virtualMachines/{}",
                self.subscription.id, self.group.name, self.vm.name
            ),
        })
    }
}

impl IdentityPlace<'_> {
    /// The identity's id as its resource provider spells it: `resourcegroups` in lower case.
    pub(crate) fn id(&self) -> String {
        format!(
            "/subscriptions/{}/resourcegroups/{}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{}",
            self.subscription.id, self.group.name, self.identity.name
        )
    }

    pub(crate) fn subject(&self) -> Subject {
        Subject {
            tenant_id: self.subscription.tenant_id,
            principal_id: self.identity.principal.principal_id,
            client_id: self.identity.principal.client_id,
            resource_id: self.id(),
        }
    }
}

impl State {
    /// Reads and checks a state file.
    pub(crate) fn parse(text: &str) -> Result<Self, ParseStateError> {
        build::build(&file::read(text)?)
    }

    pub(crate) fn group(&self, subscription: Uuid, name: &str) -> Option<(&Subscription, &ResourceGroup)> {
        let subscription = self.subscriptions.get(&subscription)?;
        Some((subscription, subscription.resource_groups.get(&folded(name))?))
    }

    pub(crate) fn vms(&self) -> impl Iterator<Item = VmPlace<'_>> {
        self.subscriptions.values().flat_map(|subscription| {
            subscription
                .resource_groups
                .values()
                .flat_map(move |group| group.vms.values().map(move |vm| VmPlace { subscription, group, vm }))
        })
    }

    /// The VM named `vm`, `group/vm`, or by its resource id; the first one where no name is given. A bare name that
    /// several groups have names none of them.
    pub(crate) fn vm(&self, name: Option<&str>) -> Option<VmPlace<'_>> {
        let Some(name) = name else { return self.vms().next() };
        let (group, vm) = match name.trim_matches('/').rsplit_once('/') {
            Some((before, vm)) => (before.split('/').next_back().map(folded), folded(vm)),
            None => (None, folded(name)),
        };
        if name.starts_with('/') && name.matches('/').count() > 2 {
            return self.vms().find(|place| place.id().eq_ignore_ascii_case(name));
        }
        let mut found = self.vms().filter(|place| {
            folded(&place.vm.name) == vm && group.as_ref().is_none_or(|group| &folded(&place.group.name) == group)
        });
        let first = found.next()?;
        found.next().is_none().then_some(first)
    }

    /// The identity with this resource id, whatever its casing.
    pub(crate) fn user_identity(&self, id: &str) -> Option<IdentityPlace<'_>> {
        let mut parts = id.trim_matches('/').split('/');
        let mut keyword = |expected: &str| parts.next().is_some_and(|p| p.eq_ignore_ascii_case(expected));
        if !keyword("subscriptions") {
            return None;
        }
        let rest: Vec<&str> = parts.collect();
        let [subscription, groups, group, providers, namespace, kind, name] = rest.as_slice() else { return None };
        let literal = groups.eq_ignore_ascii_case("resourceGroups")
            && providers.eq_ignore_ascii_case("providers")
            && namespace.eq_ignore_ascii_case("Microsoft.ManagedIdentity")
            && kind.eq_ignore_ascii_case("userAssignedIdentities");
        let (subscription, group) = self.group(subscription.parse().ok().filter(|_| literal)?, group)?;
        Some(IdentityPlace { subscription, group, identity: group.user_identities.get(&folded(name))? })
    }

    /// The identities attached to a VM that still exist.
    pub(crate) fn attached<'a>(&'a self, vm: &'a Vm) -> impl Iterator<Item = IdentityPlace<'a>> {
        vm.user_identities.iter().filter_map(|id| self.user_identity(id))
    }
}

/// A state that cannot be used: where, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseStateError {
    /// The line, from 1; 0 where the reason is in no single line.
    pub line: u64,
    /// The column, from 1.
    pub column: u64,
    /// What is wrong and, where there is one, what would be right.
    pub reason: String,
}

impl std::fmt::Display for ParseStateError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.line == 0 {
            return f.write_str(&self.reason);
        }
        write!(f, "line {}, column {}: {}", self.line, self.column, self.reason)
    }
}

impl std::error::Error for ParseStateError {}

impl ParseStateError {
    /// The message with the file's name in front, as compilers print it: `file:line:column: reason`.
    pub(crate) fn in_file(&self, file: &Path) -> String {
        match self.line {
            0 => format!("{}: {}", file.display(), self.reason),
            _ => format!("{}:{}:{}: {}", file.display(), self.line, self.column, self.reason),
        }
    }
}

/// Says whether `--config` would take this state: for tools that write state files, and for fuzzing.
///
/// # Errors
/// [`ParseStateError`] with the line and the reason.
///
/// ```
/// let error = midentity_emulator::read_state_for_fuzzing("schema: 1\nvmz: []\n").unwrap_err();
/// assert_eq!(error.line, 2);
/// ```
pub fn read_state_for_fuzzing(text: &str) -> Result<(), ParseStateError> {
    State::parse(text).map(|_| ())
}
