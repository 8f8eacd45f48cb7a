//! From the file's entries to a state without contradictions.

use std::collections::HashMap;

use indexmap::IndexMap;
use serde_saphyr::Spanned;
use uuid::Uuid;

use super::file::{
    ResourceGroupEntry, RoleAssignmentEntry, StateFile, SubscriptionEntry, TenantEntry, UserIdentityEntry, VmEntry,
};
use super::{
    ParseStateError, Principal, ResourceGroup, RoleAssignment, State, Subscription, Tenant, UserIdentity, Vm, folded,
    names, seed,
};
use crate::arm::roles;

const SCHEMA: u64 = 1;
const DEFAULT_LOCATION: &str = "eastus";

type Checked<T> = Result<T, ParseStateError>;

fn refuse<T, S>(at: &Spanned<S>, reason: impl Into<String>) -> Checked<T> {
    let place = at.referenced;
    Err(ParseStateError { line: place.line(), column: place.column(), reason: reason.into() })
}

fn guid(text: &Spanned<String>, what: &str) -> Checked<Uuid> {
    // Only the form that Azure itself uses; the parser would also take braces and bare digits.
    match Uuid::parse_str(&text.value) {
        Ok(id) if text.value.len() == 36 => Ok(id),
        _ => refuse(text, format!("'{}' is no GUID; {what} is one, such as {}", text.value, Uuid::NAMESPACE_DNS)),
    }
}

fn optional_guid(text: Option<&Spanned<String>>, what: &str, otherwise: impl FnOnce() -> Uuid) -> Checked<Uuid> {
    text.map_or_else(|| Ok(otherwise()), |text| guid(text, what))
}

fn location(entry: Option<&Spanned<String>>, otherwise: &str) -> Checked<String> {
    match entry {
        None => Ok(otherwise.to_owned()),
        Some(text) => names::location(&text.value).or_else(|why| refuse(text, format!("'{}': {why}", text.value))),
    }
}

/// Every GUID that stands for one thing only, with what it stands for.
#[derive(Default)]
struct Taken(HashMap<Uuid, String>);

impl Taken {
    fn take(&mut self, id: Uuid, what: String, at: Option<&Spanned<String>>, owner: &Spanned<String>) -> Checked<()> {
        if let Some(before) = self.0.insert(id, what) {
            return refuse(at.unwrap_or(owner), format!("{id} is already {before}"));
        }
        Ok(())
    }
}

struct Builder<'a> {
    seed: &'a str,
    taken: Taken,
    state: State,
}

pub(super) fn build(file: &StateFile) -> Checked<State> {
    if file.schema.value != SCHEMA {
        return refuse(
            &file.schema,
            format!("schema {} is not known; this emulator reads schema 1", file.schema.value),
        );
    }
    let seed = file.seed.as_deref().unwrap_or(seed::DEFAULT);
    let state = State { seed: seed.to_owned(), ..State::default() };
    let mut builder = Builder { seed, taken: Taken::default(), state };
    builder.tenants(&file.tenants)?;
    for entry in &file.subscriptions {
        builder.subscription(entry)?;
    }
    builder.attach(file)?;
    for entry in &file.role_assignments {
        builder.role_assignment(entry)?;
    }
    Ok(builder.state)
}

impl Builder<'_> {
    fn tenants(&mut self, entries: &[TenantEntry]) -> Checked<()> {
        for entry in entries {
            let name = &entry.name.value;
            if name.is_empty() {
                return refuse(&entry.name, "a tenant's name is not empty");
            }
            if self.state.tenants.iter().any(|t| t.name.eq_ignore_ascii_case(name)) {
                return refuse(&entry.name, format!("there is already a tenant '{name}'"));
            }
            let id = optional_guid(entry.id.as_ref(), "a tenant's id", || seed::id(self.seed, "tenant", name))?;
            self.taken.take(id, format!("tenant '{name}'"), entry.id.as_ref(), &entry.name)?;
            self.state.tenants.push(Tenant { id, name: name.clone() });
        }
        if self.state.tenants.is_empty() {
            let name = "contoso".to_owned();
            self.state.tenants.push(Tenant { id: seed::id(self.seed, "tenant", &name), name });
        }
        Ok(())
    }

    fn tenant_of(&self, entry: &SubscriptionEntry) -> Checked<Uuid> {
        match (&entry.tenant, self.state.tenants.as_slice()) {
            (None, [only]) => Ok(only.id),
            (None, _) => {
                let reason = "there are several tenants: say in 'tenant' which one the subscription belongs to";
                match entry.id.as_ref().or(entry.name.as_ref()) {
                    Some(at) => refuse(at, reason),
                    None => Err(ParseStateError { line: 0, column: 0, reason: reason.to_owned() }),
                }
            }
            (Some(named), tenants) => {
                let is =
                    |t: &&Tenant| t.name.eq_ignore_ascii_case(&named.value) || t.id.to_string() == folded(&named.value);
                tenants.iter().find(is).map_or_else(
                    || {
                        refuse(
                            named,
                            format!(
                                "unknown tenant '{}'; known: {}",
                                named.value,
                                list(tenants.iter().map(|t| &t.name))
                            ),
                        )
                    },
                    |tenant| Ok(tenant.id),
                )
            }
        }
    }

    fn subscription(&mut self, entry: &SubscriptionEntry) -> Checked<()> {
        let tenant_id = self.tenant_of(entry)?;
        let number = self.state.subscriptions.len();
        let name = entry.name.as_ref().map_or_else(
            || if number == 0 { "emulated".to_owned() } else { format!("emulated-{}", number + 1) },
            |name| name.value.clone(),
        );
        let id =
            optional_guid(entry.id.as_ref(), "a subscription's id", || seed::id(self.seed, "subscription", &name))?;
        if let (Some(named), true) =
            (&entry.name, self.state.subscriptions.values().any(|s| s.name.eq_ignore_ascii_case(&name)))
        {
            return refuse(named, format!("there is already a subscription '{name}'"));
        }
        if let Some(before) = self.taken.0.insert(id, format!("subscription '{name}'")) {
            let reason = format!("{id} is already {before}");
            return match entry.id.as_ref().or(entry.name.as_ref()) {
                Some(at) => refuse(at, reason),
                None => Err(ParseStateError { line: 0, column: 0, reason }),
            };
        }
        let mut resource_groups = IndexMap::new();
        for group in &entry.resource_groups {
            if resource_groups.contains_key(&folded(&group.name.value)) {
                return refuse(&group.name, format!("there is already a resource group '{}'", group.name.value));
            }
            let built = self.resource_group(id, group)?;
            resource_groups.insert(folded(&built.name), built);
        }
        self.state.subscriptions.insert(id, Subscription { id, name, tenant_id, resource_groups });
        Ok(())
    }

    fn resource_group(&mut self, subscription: Uuid, entry: &ResourceGroupEntry) -> Checked<ResourceGroup> {
        let name = entry.name.value.clone();
        names::resource_group(&name).or_else(|why| refuse(&entry.name, format!("'{name}': {why}")))?;
        let location = location(entry.location.as_ref(), DEFAULT_LOCATION)?;
        let path = format!("{subscription}/{name}");
        let mut group = ResourceGroup {
            name,
            location,
            tags: entry.tags.clone(),
            user_identities: IndexMap::new(),
            vms: IndexMap::new(),
        };
        for identity in &entry.user_identities {
            if group.user_identities.contains_key(&folded(&identity.name.value)) {
                let reason = format!("there is already an identity '{}' in this group", identity.name.value);
                return refuse(&identity.name, reason);
            }
            let built = self.user_identity(&path, &group.location, identity)?;
            group.user_identities.insert(folded(&built.name), built);
        }
        for vm in &entry.vms {
            if group.vms.contains_key(&folded(&vm.name.value)) {
                return refuse(&vm.name, format!("there is already a VM '{}' in this group", vm.name.value));
            }
            let built = self.vm(&path, &group.location, vm)?;
            group.vms.insert(folded(&built.name), built);
        }
        Ok(group)
    }

    fn principal(
        &mut self,
        path: &str,
        owner: &Spanned<String>,
        principal: Option<&Spanned<String>>,
        client: Option<&Spanned<String>>,
    ) -> Checked<Principal> {
        let principal_id = optional_guid(principal, "a principal id", || seed::id(self.seed, "principal", path))?;
        let client_id = optional_guid(client, "a client id", || seed::id(self.seed, "client", path))?;
        self.taken.take(principal_id, format!("the principal id of '{}'", owner.value), principal, owner)?;
        self.taken.take(client_id, format!("the client id of '{}'", owner.value), client, owner)?;
        Ok(Principal { principal_id, client_id })
    }

    fn user_identity(&mut self, group: &str, near: &str, entry: &UserIdentityEntry) -> Checked<UserIdentity> {
        let name = entry.name.value.clone();
        names::user_identity(&name).or_else(|why| refuse(&entry.name, format!("'{name}': {why}")))?;
        let path = format!("{group}/userAssignedIdentities/{name}");
        let (principal, client) = (entry.principal_id.as_ref(), entry.client_id.as_ref());
        let principal = self.principal(&path, &entry.name, principal, client)?;
        Ok(UserIdentity {
            name,
            location: location(entry.location.as_ref(), near)?,
            tags: entry.tags.clone(),
            principal,
        })
    }

    fn vm(&mut self, group: &str, near: &str, entry: &VmEntry) -> Checked<Vm> {
        let name = entry.name.value.clone();
        names::vm(&name).or_else(|why| refuse(&entry.name, format!("'{name}': {why}")))?;
        let path = format!("{group}/virtualMachines/{name}");
        let system = if entry.system_identity {
            Some(self.principal(&path, &entry.name, entry.principal_id.as_ref(), entry.client_id.as_ref())?)
        } else if let Some(stray) = entry.principal_id.as_ref().or(entry.client_id.as_ref()) {
            return refuse(stray, "ids of a system-assigned identity need 'system_identity: true'");
        } else {
            None
        };
        let vm_id = optional_guid(entry.vm_id.as_ref(), "a VM's id", || seed::id(self.seed, "vm", &path))?;
        self.taken.take(vm_id, format!("the vm_id of '{name}'"), entry.vm_id.as_ref(), &entry.name)?;
        let os_type = match &entry.os_type {
            None => "Linux".to_owned(),
            Some(os) => {
                ["Linux", "Windows"].into_iter().find(|known| known.eq_ignore_ascii_case(&os.value)).map_or_else(
                    || refuse(os, format!("'{}' is no os_type; Linux and Windows are", os.value)),
                    |known| Ok(known.to_owned()),
                )?
            }
        };
        if let Some(data) = &entry.user_data {
            use base64::Engine as _;
            if base64::engine::general_purpose::STANDARD.decode(&data.value).is_err() {
                return refuse(data, "user_data is base64, as Azure keeps it");
            }
        }
        Ok(Vm {
            name,
            location: location(entry.location.as_ref(), near)?,
            tags: entry.tags.clone(),
            vm_id,
            size: entry.size.clone().unwrap_or_else(|| "Standard_B1s".to_owned()),
            os_type,
            zone: entry.zone.clone().unwrap_or_default(),
            user_data: entry.user_data.as_ref().map_or_else(String::new, |data| data.value.clone()),
            system,
            user_identities: Vec::new(),
        })
    }

    /// Attaches identities to VMs: a second pass, because a VM may name an identity of a later group.
    fn attach(&mut self, file: &StateFile) -> Checked<()> {
        let ids: Vec<Uuid> = self.state.subscriptions.keys().copied().collect();
        for (entry, subscription) in file.subscriptions.iter().zip(ids) {
            for group in &entry.resource_groups {
                for vm in &group.vms {
                    let mut attached: Vec<String> = Vec::new();
                    for named in &vm.user_identities {
                        let id = self.identity_id(subscription, &group.name.value, named)?;
                        if attached.contains(&id) {
                            return refuse(named, format!("'{}' is attached to this VM twice", named.value));
                        }
                        attached.push(id);
                    }
                    if let Some(vm) = self
                        .state
                        .subscriptions
                        .get_mut(&subscription)
                        .and_then(|s| s.resource_groups.get_mut(&folded(&group.name.value)))
                        .and_then(|g| g.vms.get_mut(&folded(&vm.name.value)))
                    {
                        vm.user_identities = attached;
                    }
                }
            }
        }
        Ok(())
    }

    /// The resource id of an identity given as `name` (of the VM's group), `group/name` or a full id.
    fn identity_id(&self, subscription: Uuid, group: &str, named: &Spanned<String>) -> Checked<String> {
        let text = named.value.as_str();
        let full = match text.split('/').collect::<Vec<_>>().as_slice() {
            _ if text.starts_with('/') => text.to_owned(),
            [name] => self.identity_path(subscription, group, name),
            [group, name] => self.identity_path(subscription, group, name),
            _ => return refuse(named, format!("'{text}' is neither a name, nor group/name, nor a resource id")),
        };
        self.state.user_identity(&full).map_or_else(
            || refuse(named, format!("unknown identity '{text}'")),
            |place| {
                if place.subscription.tenant_id != self.state.subscriptions[&subscription].tenant_id {
                    return refuse(named, format!("'{text}' belongs to another tenant than the VM"));
                }
                Ok(place.id())
            },
        )
    }

    fn identity_path(&self, subscription: Uuid, group: &str, name: &str) -> String {
        format!(
            "/subscriptions/{subscription}/resourcegroups/{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}"
        )
    }

    fn role_assignment(&mut self, entry: &RoleAssignmentEntry) -> Checked<()> {
        let principal_id = self.assignee(&entry.principal)?;
        let role = roles::find(&entry.role.value).map_or_else(
            || {
                let known = list(roles::BUILT_IN.iter().map(|r| r.name));
                refuse(&entry.role, format!("unknown role '{}'; known: {known}", entry.role.value))
            },
            Ok,
        )?;
        let scope = self.scope(&entry.scope)?;
        let same = |a: &RoleAssignment| {
            a.principal_id == principal_id && a.role.id == role.id && a.scope.eq_ignore_ascii_case(&scope)
        };
        if self.state.role_assignments.iter().any(same) {
            return refuse(
                &entry.principal,
                format!("'{}' has {} at '{}' already", entry.principal.value, role.name, entry.scope.value),
            );
        }
        let name = optional_guid(entry.id.as_ref(), "a role assignment's id", || {
            seed::id(self.seed, "roleAssignment", &format!("{principal_id}/{}/{scope}", role.id))
        })?;
        self.taken.take(name, "a role assignment".to_owned(), entry.id.as_ref(), &entry.principal)?;
        self.state.role_assignments.push(RoleAssignment { name, principal_id, role, scope });
        Ok(())
    }

    /// The principal id of `group/name`, of a resource id, or given as such.
    fn assignee(&self, named: &Spanned<String>) -> Checked<Uuid> {
        let text = named.value.as_str();
        if let Ok(id) = Uuid::parse_str(text) {
            return self.principal_by_id(named, id);
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
        let systems = self.state.vms().filter_map(|place| place.vm.system);
        let users = self
            .state
            .subscriptions
            .values()
            .flat_map(|s| s.resource_groups.values())
            .flat_map(|g| g.user_identities.values())
            .map(|identity| identity.principal);
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
    fn scope(&self, named: &Spanned<String>) -> Checked<String> {
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

fn list<S: AsRef<str>>(names: impl Iterator<Item = S>) -> String {
    names.map(|name| name.as_ref().to_owned()).collect::<Vec<_>>().join(", ")
}
