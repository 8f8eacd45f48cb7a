//! Who may do what, from the file: principals, role definitions, role assignments.

use serde_saphyr::Spanned;
use uuid::Uuid;

use super::build::{Builder, Checked, guid, list, optional_guid, refuse};
use super::directory::{DirectoryObject, PrincipalType};
use super::file::{PrincipalEntry, RoleAssignmentEntry, RoleDefinitionEntry, StateFile};
use super::{MachineKind, RoleAssignment, folded, seed};
use crate::arm::roles::{self, OWNER, RoleDefinition};

impl Builder<'_> {
    pub(super) fn access(&mut self, file: &StateFile) -> Checked<()> {
        for entry in file.principals.iter().flatten() {
            self.directory_object(entry)?;
        }
        self.state.trusted_issuers.clone_from(&file.trusted_issuers);
        for entry in &file.role_definitions {
            self.role_definition(entry)?;
        }
        for entry in &file.role_assignments {
            self.role_assignment(entry)?;
        }
        if file.principals.is_none() {
            self.administrators();
        }
        Ok(())
    }

    /// The signed-in administrator of the walk-throughs: one for each tenant, Owner of all in it.
    fn administrators(&mut self) {
        for tenant in self.state.tenants.clone() {
            let name = format!("admin@{}", tenant.name);
            let id = seed::id(self.seed, "user", &name);
            let object = DirectoryObject {
                name,
                kind: PrincipalType::User,
                tenant_id: tenant.id,
                client_id: None,
                created_at: 0,
                deleted: false,
            };
            self.state.directory.insert(id, object);
            self.state.role_assignments.push(RoleAssignment {
                name: seed::id(self.seed, "roleAssignment", &format!("{id}/{OWNER}//")),
                tenant_id: tenant.id,
                principal_id: id,
                principal_type: PrincipalType::User,
                role: OWNER,
                scope: "/".to_owned(),
                description: None,
                condition: None,
                condition_version: None,
                delegated: None,
                created_at: 0,
                updated_at: 0,
                created_by: None,
                effective_at: 0,
            });
        }
    }

    fn directory_object(&mut self, entry: &PrincipalEntry) -> Checked<()> {
        let name = entry.name.value.clone();
        let kind = match &entry.kind {
            None => PrincipalType::User,
            Some(kind) => PrincipalType::parse(&kind.value).map_or_else(
                || refuse(kind, format!("'{}' is no kind; User, Group and ServicePrincipal are", kind.value)),
                Ok,
            )?,
        };
        let tenant = match (&entry.tenant, self.state.tenants.as_slice()) {
            (None, [first, ..]) => Some(first),
            (None, []) => None,
            (Some(named), tenants) => tenants
                .iter()
                .find(|t| t.name.eq_ignore_ascii_case(&named.value) || t.id.to_string() == folded(&named.value)),
        };
        let Some(tenant_id) = tenant.map(|t| t.id) else {
            let at = entry.tenant.as_ref().unwrap_or(&entry.name);
            return refuse(at, format!("unknown tenant '{}'", at.value));
        };
        let id = optional_guid(entry.id.as_ref(), "an object id", || seed::id(self.seed, &folded(kind.name()), &name))?;
        self.taken.take(id, format!("the object id of '{name}'"), entry.id.as_ref(), &entry.name)?;
        let client_id = entry.client_id.as_ref().map(|id| guid(id, "a client id")).transpose()?;
        let created_at = entry.created_at.saturating_mul(1000);
        let object = DirectoryObject { name, kind, tenant_id, client_id, created_at, deleted: entry.deleted };
        self.state.directory.insert(id, object);
        Ok(())
    }

    fn role_definition(&mut self, entry: &RoleDefinitionEntry) -> Checked<()> {
        let name = entry.name.value.clone();
        if roles::find(&self.state, &name).is_some() {
            return refuse(&entry.name, format!("there is already a role '{name}'"));
        }
        let id = optional_guid(entry.id.as_ref(), "a role definition's id", || seed::id(self.seed, "role", &name))?;
        self.taken.take(id, format!("the role '{name}'"), entry.id.as_ref(), &entry.name)?;
        let mut assignable_scopes = Vec::new();
        for scope in &entry.assignable_scopes {
            assignable_scopes.push(self.scope(scope)?);
        }
        if assignable_scopes.is_empty() {
            return refuse(&entry.name, format!("the role '{name}' needs a scope in 'assignable_scopes'"));
        }
        let role = RoleDefinition {
            id,
            name,
            description: entry.description.clone(),
            actions: entry.actions.clone(),
            not_actions: entry.not_actions.clone(),
            data_actions: entry.data_actions.clone(),
            not_data_actions: entry.not_data_actions.clone(),
            assignable_scopes,
            built_in: false,
        };
        self.state.role_definitions.insert(id, role);
        Ok(())
    }

    /// The tenant of an assignment: its subscription's, or at the root its principal's.
    fn tenant_of_scope(&self, scope: &str, principal: Uuid) -> Uuid {
        let subscription = scope.trim_matches('/').split('/').nth(1).and_then(|id| id.parse().ok());
        let of_scope = subscription.and_then(|id: Uuid| self.state.subscriptions.get(&id)).map(|s| s.tenant_id);
        let of_principal = || {
            let known = self.state.directory.get(&principal).map(|object| object.tenant_id);
            known.or_else(|| self.state.principal(principal).map(|found| found.tenant_id))
        };
        of_scope.or_else(of_principal).or_else(|| self.state.tenants.first().map(|t| t.id)).unwrap_or_default()
    }

    fn role_assignment(&mut self, entry: &RoleAssignmentEntry) -> Checked<()> {
        let principal_id = self.assignee(&entry.principal)?;
        let role = roles::find(&self.state, &entry.role.value).map_or_else(
            || {
                let known = list(roles::names(&self.state));
                refuse(&entry.role, format!("unknown role '{}'; known: {known}", entry.role.value))
            },
            Ok,
        )?;
        let scope = self.scope(&entry.scope)?;
        let (role, role_name) = (role.id, role.name.clone());
        if !roles::is_assignable(&self.state, role, &scope) {
            let reason = format!("the role '{role_name}' may not be assigned at '{}'", entry.scope.value);
            return refuse(&entry.scope, reason);
        }
        let same = |a: &RoleAssignment| {
            a.principal_id == principal_id && a.role == role && a.scope.eq_ignore_ascii_case(&scope)
        };
        if self.state.role_assignments.iter().any(same) {
            return refuse(
                &entry.principal,
                format!("'{}' has {} at '{}' already", entry.principal.value, role_name, entry.scope.value),
            );
        }
        let name = optional_guid(entry.id.as_ref(), "a role assignment's id", || {
            seed::id(self.seed, "roleAssignment", &format!("{principal_id}/{role}/{scope}"))
        })?;
        self.taken.take(name, "a role assignment".to_owned(), entry.id.as_ref(), &entry.principal)?;
        let found = self.state.principal(principal_id);
        let principal_type = match &entry.principal_type {
            None => found.map_or_else(PrincipalType::default, |found| found.kind),
            Some(named) => PrincipalType::parse(&named.value).map_or_else(
                || {
                    refuse(
                        named,
                        format!("'{}' is no principal_type; ServicePrincipal, User and Group are", named.value),
                    )
                },
                Ok,
            )?,
        };
        let tenant_id = self.tenant_of_scope(&scope, principal_id);
        let created_by = entry.created_by.as_ref().map(|id| guid(id, "a creator's id")).transpose()?;
        let at = entry.created_at.saturating_mul(1000);
        self.state.role_assignments.push(RoleAssignment {
            name,
            tenant_id,
            principal_id,
            principal_type,
            role,
            scope,
            description: entry.description.clone(),
            condition: entry.condition.clone(),
            condition_version: entry.condition_version.clone(),
            delegated: entry.delegated_managed_identity_resource_id.clone(),
            created_at: at,
            updated_at: at,
            created_by,
            effective_at: 0,
        });
        Ok(())
    }

    /// The principal id of `group/name`, of a resource id, or given as such.
    fn assignee(&self, named: &Spanned<String>) -> Checked<Uuid> {
        let text = named.value.as_str();
        if let Ok(id) = Uuid::parse_str(text) {
            return self.principal_by_id(named, id);
        }
        let by_name =
            |(_, object): &(&Uuid, &DirectoryObject)| !object.deleted && object.name.eq_ignore_ascii_case(text);
        if let Some((id, _)) = self.state.directory.iter().find(by_name) {
            return Ok(*id);
        }
        let mut found: Vec<Uuid> = Vec::new();
        let mut without_system = false;
        let wanted: Vec<String> = text.trim_matches('/').split('/').map(folded).collect();
        let is = |id: String, group: &str, name: &str| {
            if text.starts_with('/') { folded(&id) == folded(text) } else { wanted == [folded(group), folded(name)] }
        };
        for place in self.state.vms() {
            if is(place.id(), &place.group.name, &place.vm.name) {
                match place.vm.system {
                    Some(system) => found.push(system.principal_id),
                    None => without_system = true,
                }
            }
        }
        for subscription in self.state.subscriptions.values() {
            for group in subscription.resource_groups.values() {
                for set in group.scale_sets.values() {
                    if is(MachineKind::ScaleSet.id(subscription.id, &group.name, &set.name), &group.name, &set.name) {
                        match set.system {
                            Some(system) => found.push(system.principal_id),
                            None => without_system = true,
                        }
                    }
                }
                for identity in group.user_identities.values() {
                    let place = super::IdentityPlace { subscription, group, identity };
                    if is(place.id(), &group.name, &identity.name) {
                        found.push(identity.principal.principal_id);
                    }
                }
            }
        }
        match found.as_slice() {
            [one] => Ok(*one),
            [] if without_system => {
                refuse(named, format!("the VM '{text}' has no system-assigned identity to give a role to"))
            }
            [] if wanted.len() == 1 => {
                refuse(named, format!("'{text}' is no principal: write group/name, a resource id or a principal id"))
            }
            [] => refuse(named, format!("unknown principal '{text}'")),
            _ => refuse(named, format!("'{text}' names several principals: give the full resource id")),
        }
    }

    fn principal_by_id(&self, named: &Spanned<String>, id: Uuid) -> Checked<Uuid> {
        if self.state.directory.contains_key(&id) {
            return Ok(id);
        }
        let groups = || self.state.subscriptions.values().flat_map(|s| s.resource_groups.values());
        let systems = groups().flat_map(|g| g.vms.values().chain(g.scale_sets.values())).filter_map(|vm| vm.system);
        let users = groups().flat_map(|g| g.user_identities.values()).map(|identity| identity.principal);
        for principal in systems.chain(users) {
            if principal.principal_id == id {
                return Ok(id);
            }
            if principal.client_id == id {
                let reason =
                    format!("{id} is a client id; roles go to the principal id, here {}", principal.principal_id);
                return refuse(named, reason);
            }
        }
        refuse(named, format!("no identity has the principal id {id}"))
    }

    /// The full scope of a group's name, a subscription's name or id, or a resource id.
    pub(super) fn scope(&self, named: &Spanned<String>) -> Checked<String> {
        let text = named.value.as_str();
        if text == "/" {
            return Ok(text.to_owned());
        }
        if let Some(path) = text.strip_prefix('/') {
            let parts: Vec<&str> = path.trim_end_matches('/').split('/').collect();
            let known = match parts.as_slice() {
                ["subscriptions", id] => id.parse().is_ok_and(|id: Uuid| self.state.subscriptions.contains_key(&id)),
                ["subscriptions", id, groups, group, ..] if groups.eq_ignore_ascii_case("resourceGroups") => {
                    id.parse().is_ok_and(|id| self.state.group(id, group).is_some())
                }
                _ => {
                    return refuse(named, format!("'{text}' is no scope: /subscriptions/ID[/resourceGroups/NAME[/…]]"));
                }
            };
            if !known {
                return refuse(named, format!("the scope '{text}' does not exist"));
            }
            return Ok(format!("/{}", parts.join("/")));
        }
        let by_subscription = self
            .state
            .subscriptions
            .values()
            .filter(|s| s.id.to_string() == folded(text) || s.name.eq_ignore_ascii_case(text))
            .map(|s| format!("/subscriptions/{}", s.id));
        let by_group = self.state.subscriptions.values().filter_map(|s| {
            let group = s.resource_groups.get(&folded(text))?;
            Some(format!("/subscriptions/{}/resourceGroups/{}", s.id, group.name))
        });
        match by_subscription.chain(by_group).collect::<Vec<_>>().as_slice() {
            [one] => Ok(one.clone()),
            [] => refuse(
                named,
                format!("unknown scope '{text}': a resource group's or subscription's name, or a full id"),
            ),
            _ => refuse(named, format!("'{text}' names several scopes: give the full id")),
        }
    }
}
