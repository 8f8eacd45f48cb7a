//! Who exists in the directory: living identities stand with their resource, everybody else here.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{MachineKind, Principal, State, Subscription, folded};
use crate::token::Subject;

/// The application that users sign in with here: the Azure CLI's own id, as in its users' tokens.
const USERS_CLIENT: Uuid = Uuid::from_u128(0x04b0_7795_8ddb_461a_bbee_02f9_e1bf_7b46);

/// What kind of object a principal is, in Resource Manager's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) enum PrincipalType {
    #[default]
    ServicePrincipal,
    User,
    Group,
    ForeignGroup,
    Device,
}

impl PrincipalType {
    /// The type of this name, whatever its casing.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        [Self::ServicePrincipal, Self::User, Self::Group, Self::ForeignGroup, Self::Device]
            .into_iter()
            .find(|kind| kind.name().eq_ignore_ascii_case(name))
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ServicePrincipal => "ServicePrincipal",
            Self::User => "User",
            Self::Group => "Group",
            Self::ForeignGroup => "ForeignGroup",
            Self::Device => "Device",
        }
    }
}

/// A person, a group, an application, or what is left of a deleted identity.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DirectoryObject {
    /// For a user: the name to sign in with, such as `admin@contoso`.
    pub(crate) name: String,
    pub(crate) kind: PrincipalType,
    pub(crate) tenant_id: Uuid,
    pub(crate) client_id: Option<Uuid>,
    pub(crate) created_at: i64,
    pub(crate) deleted: bool,
}

/// An outside token issuer, with the public keys that its assertions are verified by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrustedIssuer {
    pub(crate) issuer: String,
    pub(crate) keys: Vec<PublicKey>,
}

/// An RSA key as a JSON Web Key Set shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PublicKey {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) kid: Option<String>,
    pub(crate) n: String,
    pub(crate) e: String,
}

/// What Resource Manager finds when it looks a principal up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) kind: PrincipalType,
    pub(crate) tenant_id: Uuid,
    pub(crate) created_at: i64,
}

/// A living identity's ids, with whose they are.
struct Living<'a> {
    subscription: &'a Subscription,
    group: &'a str,
    name: &'a str,
    id: String,
    principal: Principal,
}

impl State {
    /// Every identity of a resource, with the id as tokens spell it.
    fn living(&self) -> impl Iterator<Item = Living<'_>> {
        let groups = self
            .subscriptions
            .values()
            .flat_map(|subscription| subscription.resource_groups.values().map(move |group| (subscription, group)));
        groups.flat_map(|(subscription, group)| {
            let users = group.user_identities.values().map(move |identity| Living {
                subscription,
                group: &group.name,
                name: &identity.name,
                id: super::IdentityPlace { subscription, group, identity }.id(),
                principal: identity.principal,
            });
            let systems = [MachineKind::Vm, MachineKind::ScaleSet].into_iter().flat_map(move |kind| {
                kind.machines(group).values().filter_map(move |vm| {
                    Some(Living {
                        subscription,
                        group: &group.name,
                        name: &vm.name,
                        id: kind
                            .id(subscription.id, &group.name, &vm.name)
                            .replace("/resourceGroups/", "/resourcegroups/"),
                        principal: vm.system?,
                    })
                })
            });
            users.chain(systems)
        })
    }

    /// A principal that exists, by its object id.
    pub(crate) fn principal(&self, id: Uuid) -> Option<Found> {
        if let Some(object) = self.directory.get(&id) {
            let found = Found { kind: object.kind, tenant_id: object.tenant_id, created_at: object.created_at };
            return (!object.deleted).then_some(found);
        }
        // By hand rather than by `living`, which spells ids: this is asked for every new assignment.
        for subscription in self.subscriptions.values() {
            for group in subscription.resource_groups.values() {
                let users = group.user_identities.values().map(|identity| identity.principal);
                let systems = group.vms.values().chain(group.scale_sets.values()).filter_map(|vm| vm.system);
                if let Some(found) = users.chain(systems).find(|p| p.principal_id == id) {
                    return Some(Found {
                        kind: PrincipalType::ServicePrincipal,
                        tenant_id: subscription.tenant_id,
                        created_at: found.created_at,
                    });
                }
            }
        }
        None
    }

    /// Keeps a deleted identity in memory: its role assignments outlive it, and its tokens until they expire.
    pub(crate) fn retire(&mut self, principal: Principal, tenant_id: Uuid, name: &str) {
        let gone = DirectoryObject {
            name: name.to_owned(),
            kind: PrincipalType::ServicePrincipal,
            tenant_id,
            client_id: Some(principal.client_id),
            created_at: principal.created_at,
            deleted: true,
        };
        self.directory.insert(principal.principal_id, gone);
    }

    /// Whom a token is issued for: `admin`, an object id, a directory name, `group/name`, a bare name that only one
    /// identity has, or a resource id.
    pub(crate) fn subject(&self, wanted: &str) -> Result<Subject, String> {
        let id = Uuid::parse_str(wanted).ok();
        let named = |object: &DirectoryObject| {
            object.name.eq_ignore_ascii_case(wanted)
                || (object.kind == PrincipalType::User
                    && object.name.split('@').next().is_some_and(|name| name.eq_ignore_ascii_case(wanted)))
        };
        let object = self
            .directory
            .iter()
            .find(|(object_id, object)| id == Some(**object_id) || (id.is_none() && !object.deleted && named(object)));
        if let Some((object_id, object)) = object {
            if object.kind == PrincipalType::Group {
                return Err(format!("'{wanted}' is a group: nobody signs in as one"));
            }
            let user = object.kind == PrincipalType::User;
            return Ok(Subject {
                tenant_id: object.tenant_id,
                principal_id: *object_id,
                client_id: object.client_id.unwrap_or(USERS_CLIENT),
                resource_id: String::new(),
                upn: user.then(|| object.name.clone()),
            });
        }
        let parts: Vec<String> = wanted.trim_matches('/').split('/').map(folded).collect();
        let is = |one: &Living<'_>| match (id, parts.as_slice()) {
            (Some(id), _) => one.principal.principal_id == id,
            (None, [name]) => folded(one.name) == *name,
            (None, [group, name]) => folded(one.group) == *group && folded(one.name) == *name,
            (None, _) => one.id.eq_ignore_ascii_case(&format!("/{}", wanted.trim_matches('/'))),
        };
        let mut found = self.living().filter(is);
        let Some(first) = found.next() else {
            return Err(format!(
                "no principal '{wanted}'; give admin, an object id, a name, group/name or a resource id"
            ));
        };
        if found.next().is_some() {
            return Err(format!("'{wanted}' names several principals: give the resource id or the object id"));
        }
        Ok(Subject {
            tenant_id: first.subscription.tenant_id,
            principal_id: first.principal.principal_id,
            client_id: first.principal.client_id,
            resource_id: first.id,
            upn: None,
        })
    }
}
