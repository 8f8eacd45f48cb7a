//! The ids that a test needs, so that it does not have to find them in the state.

use serde::{Deserialize, Serialize};

use crate::state::State;

/// Ids around the VM that the plain port speaks for. Where the state has no VM, they are empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Facts {
    /// The VM's tenant.
    pub tenant_id: String,
    /// The VM's subscription.
    pub subscription_id: String,
    /// The VM's resource group, by name.
    pub resource_group: String,
    /// The VM's name.
    pub vm: String,
    /// The VM's resource id.
    pub vm_resource_id: String,
    /// The system-assigned identity, where the VM has one.
    pub system: Option<PrincipalFacts>,
    /// The user-assigned identities attached to the VM, in the state's order.
    pub user_identities: Vec<UserIdentityFacts>,
}

/// The ids of a system-assigned identity.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PrincipalFacts {
    /// The object id, which roles are given to.
    pub principal_id: String,
    /// The application id, which tokens are asked for by.
    pub client_id: String,
}

/// The ids of a user-assigned identity.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UserIdentityFacts {
    /// The identity's name.
    pub name: String,
    /// The application id, which tokens are asked for by.
    pub client_id: String,
    /// The object id, which roles are given to.
    pub principal_id: String,
    /// The resource id, in Azure's casing.
    pub id: String,
}

pub(crate) fn of(state: &State, vm: Option<&str>) -> Facts {
    let Some(place) = state.vm(vm) else { return Facts::default() };
    Facts {
        tenant_id: place.subscription.tenant_id.to_string(),
        subscription_id: place.subscription.id.to_string(),
        resource_group: place.group.name.clone(),
        vm: place.vm.name.clone(),
        vm_resource_id: place.id(),
        system: place.vm.system.map(|system| PrincipalFacts {
            principal_id: system.principal_id.to_string(),
            client_id: system.client_id.to_string(),
        }),
        user_identities: state
            .attached(place.vm)
            .map(|found| UserIdentityFacts {
                name: found.identity.name.clone(),
                client_id: found.identity.principal.client_id.to_string(),
                principal_id: found.identity.principal.principal_id.to_string(),
                id: found.id(),
            })
            .collect(),
    }
}
