//! Many identities at once: what lists are measured with.

use serde::Deserialize;
use uuid::Uuid;

use crate::state::{Principal, State, UserIdentity, folded, seed};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Populate {
    user_identities: usize,
    resource_group: String,
}

impl Populate {
    pub(super) fn apply(&self, state: &mut State) -> Result<usize, String> {
        user_identities(state, &self.resource_group, self.user_identities)
    }
}

/// Fills a group with identities named `many-00000` and up; gives the number of those that are new.
pub(crate) fn user_identities(state: &mut State, group: &str, count: usize) -> Result<usize, String> {
    let seed = state.seed.clone();
    let found = state.subscriptions.values_mut().find_map(|subscription| {
        let id: Uuid = subscription.id;
        subscription.resource_groups.get_mut(&folded(group)).map(|group| (id, group))
    });
    let Some((subscription, group)) = found else { return Err(format!("no resource group '{group}'")) };
    let mut made = 0;
    group.user_identities.reserve(count);
    for number in 0..count {
        let name = format!("many-{number:05}");
        if group.user_identities.contains_key(&name) {
            continue;
        }
        let path = format!("{subscription}/{}/userAssignedIdentities/{name}", group.name);
        let principal = Principal {
            principal_id: seed::id(&seed, "principal", &path),
            client_id: seed::id(&seed, "client", &path),
            created_at: 0,
        };
        let identity = UserIdentity {
            name: name.clone(),
            location: group.location.clone(),
            tags: [("number".to_owned(), number.to_string())].into(),
            principal,
            isolation_scope: "None".to_owned(),
            assignment_restrictions: None,
            federated_credentials: Default::default(),
            shown: Default::default(),
        };
        group.user_identities.insert(name, identity);
        made += 1;
    }
    Ok(made)
}
