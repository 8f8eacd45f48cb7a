//! The one state that every door answers from: what exists, who is who, and who may do what.
//!
//! `file` reads YAML, `build` checks it and fills in ids, `export` writes it out again.

mod access;
mod build;
pub(crate) mod directory;
pub(crate) mod export;
mod file;
pub(crate) mod machine;
pub(crate) mod names;
pub(crate) mod seed;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use indexmap::IndexMap;
use serde_json::Value;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::arm::roles::RoleDefinition;
use crate::token::Subject;
use directory::{DirectoryObject, PrincipalType, TrustedIssuer};
pub(crate) use machine::{Extension, MachineKind, Vm};

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
    /// People, groups, applications, and identities that were deleted; by object id. Living identities stand with
    /// their resource.
    pub(crate) directory: IndexMap<Uuid, DirectoryObject>,
    /// Outside issuers whose assertions are verified with the keys given.
    pub(crate) trusted_issuers: Vec<TrustedIssuer>,
    /// Custom ones, by their GUID.
    pub(crate) role_definitions: IndexMap<Uuid, RoleDefinition>,
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

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct ResourceGroup {
    pub(crate) name: String,
    pub(crate) location: String,
    pub(crate) tags: Tags,
    /// By folded name.
    pub(crate) user_identities: IndexMap<String, UserIdentity>,
    /// By folded name.
    pub(crate) vms: IndexMap<String, Vm>,
    /// By folded name.
    pub(crate) scale_sets: IndexMap<String, Vm>,
    /// Set while a deletion is under way: nothing new may be made in the group.
    pub(crate) deleting: bool,
}

/// The two ids of an identity: the object in the directory, and the application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Principal {
    pub(crate) principal_id: Uuid,
    pub(crate) client_id: Uuid,
    /// Milliseconds since the epoch; 0 for one that has always been there. The directory replicates new ones late.
    pub(crate) created_at: i64,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct UserIdentity {
    pub(crate) name: String,
    pub(crate) location: String,
    pub(crate) tags: Tags,
    pub(crate) principal: Principal,
    /// `None` or `Regional`, as the service spells it.
    pub(crate) isolation_scope: String,
    /// As the client sent them: kept and shown, not acted on.
    pub(crate) assignment_restrictions: Option<Value>,
    /// By folded name.
    pub(crate) federated_credentials: IndexMap<String, FederatedCredential>,
    pub(crate) shown: Shown,
}

/// An identity's JSON, made when a list first shows it and forgotten with any change: clients are measured by lists of
/// ten thousand, and what the list itself costs would be half of what is measured.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shown([OnceLock<Box<RawValue>>; 2]);

impl Shown {
    /// In one of its two shapes; as `made` where it was not made since the last change.
    pub(crate) fn get(&self, newer: bool, made: impl FnOnce() -> Box<RawValue>) -> &RawValue {
        self.0[usize::from(newer)].get_or_init(made)
    }

    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }
}

impl PartialEq for Shown {
    fn eq(&self, _: &Self) -> bool {
        // It says nothing that the identity does not.
        true
    }
}

/// An outside identity that may sign in as a user-assigned one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FederatedCredential {
    pub(crate) name: String,
    pub(crate) issuer: String,
    pub(crate) subject: String,
    pub(crate) audiences: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RoleAssignment {
    pub(crate) name: Uuid,
    pub(crate) tenant_id: Uuid,
    pub(crate) principal_id: Uuid,
    pub(crate) principal_type: PrincipalType,
    /// The definition's GUID: the same in every scope.
    pub(crate) role: Uuid,
    pub(crate) scope: String,
    pub(crate) description: Option<String>,
    pub(crate) condition: Option<String>,
    pub(crate) condition_version: Option<String>,
    pub(crate) delegated: Option<String>,
    /// Milliseconds since the epoch; 0 for one that has always been there.
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) created_by: Option<Uuid>,
    /// When it begins to count, in milliseconds: Resource Manager's caches lag.
    pub(crate) effective_at: i64,
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
            upn: None,
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
            upn: None,
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
        let (subscription, group, name) = user_identity_path(id)?;
        let (subscription, group) = self.group(subscription, group)?;
        Some(IdentityPlace { subscription, group, identity: group.user_identities.get(&folded(name))? })
    }

    /// A definition by its GUID: a built-in one or a custom one.
    pub(crate) fn role(&self, id: Uuid) -> Option<&RoleDefinition> {
        crate::arm::roles::built_in(id).or_else(|| self.role_definitions.get(&id))
    }

    pub(crate) fn group_mut(&mut self, subscription: Uuid, name: &str) -> Option<&mut ResourceGroup> {
        self.subscriptions.get_mut(&subscription)?.resource_groups.get_mut(&folded(name))
    }

    /// The identities attached to a VM that still exist.
    pub(crate) fn attached<'a>(&'a self, vm: &'a Vm) -> impl Iterator<Item = IdentityPlace<'a>> {
        vm.user_identities.iter().filter_map(|id| self.user_identity(id))
    }
}

/// Subscription, group and name of a user-assigned identity's id; none for any other id, or none at all.
pub(crate) fn user_identity_path(id: &str) -> Option<(Uuid, &str, &str)> {
    let parts: Vec<&str> = id.trim_matches('/').split('/').collect();
    let [subscriptions, subscription, groups, group, providers, namespace, kind, name] = parts.as_slice() else {
        return None;
    };
    let literal = [
        (subscriptions, "subscriptions"),
        (groups, "resourceGroups"),
        (providers, "providers"),
        (namespace, "Microsoft.ManagedIdentity"),
        (kind, "userAssignedIdentities"),
    ];
    let literal = literal.iter().all(|(given, expected)| given.eq_ignore_ascii_case(expected));
    Some((subscription.parse().ok().filter(|_| literal)?, group, name))
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
