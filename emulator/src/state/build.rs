//! From the file's entries to a state without contradictions.

use std::collections::HashMap;

use indexmap::IndexMap;
use serde_saphyr::Spanned;
use uuid::Uuid;

use super::file::{
    FederatedCredentialEntry, ResourceGroupEntry, StateFile, SubscriptionEntry, TenantEntry, UserIdentityEntry, VmEntry,
};
use super::{
    Extension, FederatedCredential, MachineKind, ParseStateError, Principal, ResourceGroup, State, Subscription,
    Tenant, UserIdentity, Vm, folded, names, seed,
};

const SCHEMA: u64 = 1;
const DEFAULT_LOCATION: &str = "eastus";

pub(super) type Checked<T> = Result<T, ParseStateError>;

pub(super) fn refuse<T, S>(at: &Spanned<S>, reason: impl Into<String>) -> Checked<T> {
    let place = at.referenced;
    Err(ParseStateError { line: place.line(), column: place.column(), reason: reason.into() })
}

pub(super) fn guid(text: &Spanned<String>, what: &str) -> Checked<Uuid> {
    // Only the form that Azure itself uses; the parser would also take braces and bare digits.
    match Uuid::parse_str(&text.value) {
        Ok(id) if text.value.len() == 36 => Ok(id),
        _ => refuse(text, format!("'{}' is no GUID; {what} is one, such as {}", text.value, Uuid::NAMESPACE_DNS)),
    }
}

pub(super) fn optional_guid(
    text: Option<&Spanned<String>>,
    what: &str,
    otherwise: impl FnOnce() -> Uuid,
) -> Checked<Uuid> {
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
pub(super) struct Taken(HashMap<Uuid, String>);

impl Taken {
    pub(super) fn take(
        &mut self,
        id: Uuid,
        what: String,
        at: Option<&Spanned<String>>,
        owner: &Spanned<String>,
    ) -> Checked<()> {
        if let Some(before) = self.0.insert(id, what) {
            return refuse(at.unwrap_or(owner), format!("{id} is already {before}"));
        }
        Ok(())
    }
}

pub(super) struct Builder<'a> {
    pub(super) seed: &'a str,
    pub(super) taken: Taken,
    pub(super) state: State,
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
    builder.access(file)?;
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
            scale_sets: IndexMap::new(),
            deleting: false,
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
            let built = self.vm(&path, &group.location, vm, MachineKind::Vm)?;
            group.vms.insert(folded(&built.name), built);
        }
        for set in &entry.scale_sets {
            if group.scale_sets.contains_key(&folded(&set.name.value)) {
                return refuse(&set.name, format!("there is already a scale set '{}' in this group", set.name.value));
            }
            let built = self.vm(&path, &group.location, set, MachineKind::ScaleSet)?;
            group.scale_sets.insert(folded(&built.name), built);
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
        Ok(Principal { principal_id, client_id, created_at: 0 })
    }

    fn user_identity(&mut self, group: &str, near: &str, entry: &UserIdentityEntry) -> Checked<UserIdentity> {
        let name = entry.name.value.clone();
        names::user_identity(&name).or_else(|why| refuse(&entry.name, format!("'{name}': {why}")))?;
        let path = format!("{group}/userAssignedIdentities/{name}");
        let (principal, client) = (entry.principal_id.as_ref(), entry.client_id.as_ref());
        let principal = self.principal(&path, &entry.name, principal, client)?;
        let mut federated_credentials = IndexMap::new();
        for credential in &entry.federated_credentials {
            let built = federated_credential(credential)?;
            if federated_credentials.insert(folded(&built.name), built).is_some() {
                let reason = format!("there is already a credential '{}' of this identity", credential.name.value);
                return refuse(&credential.name, reason);
            }
        }
        Ok(UserIdentity {
            name,
            location: location(entry.location.as_ref(), near)?,
            tags: entry.tags.clone(),
            principal: Principal { created_at: entry.created_at.saturating_mul(1000), ..principal },
            isolation_scope: entry.isolation_scope.clone().unwrap_or_else(|| "None".to_owned()),
            assignment_restrictions: entry.assignment_restrictions.clone(),
            federated_credentials,
            shown: Default::default(),
        })
    }

    fn vm(&mut self, group: &str, near: &str, entry: &VmEntry, kind: MachineKind) -> Checked<Vm> {
        let name = entry.name.value.clone();
        names::vm(&name).or_else(|why| refuse(&entry.name, format!("'{name}': {why}")))?;
        let path = format!("{group}/{}/{name}", kind.segment());
        let system = if entry.system_identity {
            let ids = self.principal(&path, &entry.name, entry.principal_id.as_ref(), entry.client_id.as_ref())?;
            Some(Principal { created_at: entry.created_at.saturating_mul(1000), ..ids })
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
        let mut extensions = IndexMap::new();
        for extension in &entry.extensions {
            let name = extension.name.value.clone();
            let built = Extension {
                kind: extension.r#type.clone().unwrap_or_else(|| name.clone()),
                publisher: extension.publisher.clone().unwrap_or_else(|| "Microsoft.ManagedIdentity".to_owned()),
                version: extension.version.clone().unwrap_or_else(|| "1.0".to_owned()),
                name,
            };
            if extensions.insert(folded(&built.name), built).is_some() {
                let reason = format!("there is already an extension '{}' on this VM", extension.name.value);
                return refuse(&extension.name, reason);
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
            etag: entry.etag.unwrap_or(1),
            properties: entry.properties.clone(),
            rest: entry.members.clone(),
            extensions,
            pending: None,
        })
    }

    /// Attaches identities to machines: a second pass, because one may name an identity of a later group.
    fn attach(&mut self, file: &StateFile) -> Checked<()> {
        let ids: Vec<Uuid> = self.state.subscriptions.keys().copied().collect();
        for (entry, subscription) in file.subscriptions.iter().zip(ids) {
            for group in &entry.resource_groups {
                let vms = group.vms.iter().map(|vm| (MachineKind::Vm, vm));
                for (kind, vm) in vms.chain(group.scale_sets.iter().map(|set| (MachineKind::ScaleSet, set))) {
                    let mut attached: Vec<String> = Vec::new();
                    for named in &vm.user_identities {
                        let id = self.identity_id(subscription, &group.name.value, named)?;
                        if attached.iter().any(|one| one.eq_ignore_ascii_case(&id)) {
                            return refuse(named, format!("'{}' is attached to this VM twice", named.value));
                        }
                        attached.push(id);
                    }
                    for gone in &vm.dangling_identities {
                        if super::user_identity_path(&gone.value).is_none() {
                            return refuse(gone, format!("'{}' is no identity's resource id", gone.value));
                        }
                        attached.push(gone.value.clone());
                    }
                    let built = self.state.group_mut(subscription, &group.name.value);
                    if let Some(built) = built.and_then(|g| kind.machines_mut(g).get_mut(&folded(&vm.name.value))) {
                        built.user_identities = attached;
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
                // A full id keeps its casing, as on a real machine.
                Ok(if text.starts_with('/') { text.to_owned() } else { place.id() })
            },
        )
    }

    fn identity_path(&self, subscription: Uuid, group: &str, name: &str) -> String {
        format!(
            "/subscriptions/{subscription}/resourcegroups/{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}"
        )
    }
}

/// A federated credential with its name checked.
fn federated_credential(entry: &FederatedCredentialEntry) -> Checked<FederatedCredential> {
    let name = entry.name.value.clone();
    names::federated_credential(&name).or_else(|why| refuse(&entry.name, format!("'{name}': {why}")))?;
    Ok(FederatedCredential {
        name,
        issuer: entry.issuer.clone(),
        subject: entry.subject.clone(),
        audiences: entry.audiences.clone().unwrap_or_else(|| vec!["api://AzureADTokenExchange".to_owned()]),
    })
}

pub(super) fn list<S: AsRef<str>>(names: impl Iterator<Item = S>) -> String {
    names.map(|name| name.as_ref().to_owned()).collect::<Vec<_>>().join(", ")
}
