//! What a change of a machine's identities would do: computed without sending anything.

use std::fmt;

use serde_json::{Map, Value, json};

use crate::error::{Error, Result, id};
use crate::resource_id::ResourceId;

use super::members::members;
use super::scope_path;

/// One of a machine's identities.
///
/// ```
/// use midentity::arm::IdentityRef;
/// assert_eq!(IdentityRef::from("[system]"), IdentityRef::System);
/// assert_eq!(IdentityRef::from("id1"), IdentityRef::User("id1".into()));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdentityRef {
    /// The system-assigned one; `[system]` as text, as in az.
    System,
    /// A user-assigned one: its resource id, or its name in the machine's own resource group.
    User(String),
}

impl From<&str> for IdentityRef {
    fn from(text: &str) -> Self {
        if text.eq_ignore_ascii_case("[system]") { Self::System } else { Self::User(text.to_owned()) }
    }
}

impl From<String> for IdentityRef {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<&ResourceId> for IdentityRef {
    fn from(id: &ResourceId) -> Self {
        Self::User(id.as_str().to_owned())
    }
}

/// A wanted change of a machine's identities.
///
/// ```
/// use midentity::arm::IdentityChange;
/// let change = IdentityChange::Add(vec!["[system]".into(), "id1".into()]);
/// # drop(change);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdentityChange {
    /// These come, all others stay.
    Add(Vec<IdentityRef>),
    /// These go, all others stay.
    Remove(Vec<IdentityRef>),
    /// All user-assigned ones go; the system-assigned one stays where there is one.
    RemoveAllUser,
    /// All go.
    RemoveAll,
    /// These and no others.
    Set(Vec<IdentityRef>),
}

/// A machine's identities as they are now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Present {
    pub(super) system: bool,
    /// As the machine spells them.
    pub(super) user: Vec<ResourceId>,
}

/// What a change does: which identities stay, come and go.
///
/// ```
/// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
/// # example(async |arm| {
/// # let plan = plan(&arm).await?;
/// println!("{plan}");
/// # Ok(()) });
/// ```
#[derive(Debug, Clone)]
pub struct VmIdentityPlan {
    stays: Vec<String>,
    comes: Vec<String>,
    goes: Vec<String>,
    warnings: Vec<String>,
    pub(super) body: Option<Value>,
    pub(super) wanted: Present,
    pub(super) change: IdentityChange,
    pub(super) etag: Option<String>,
}

members!(VmIdentityPlan: stays, comes, goes, warnings, changes);

impl VmIdentityPlan {
    /// The identities that stay: resource ids, and `[system]`.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let plan = plan(&arm).await?;
    /// println!("{:?}", plan.stays());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn stays(&self) -> &[String] {
        &self.stays
    }

    /// The identities that come.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let plan = plan(&arm).await?;
    /// println!("{:?}", plan.comes());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn comes(&self) -> &[String] {
        &self.comes
    }

    /// The identities that go.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let plan = plan(&arm).await?;
    /// println!("{:?}", plan.goes());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn goes(&self) -> &[String] {
        &self.goes
    }

    /// What the reader should know, such as a retired extension on the machine.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let plan = plan(&arm).await?;
    /// println!("{:?}", plan.warnings());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    pub(super) fn warn(&mut self, warning: String) {
        self.warnings.push(warning);
    }

    /// Whether there is anything to do; where not, no request is sent.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let plan = plan(&arm).await?;
    /// println!("{}", plan.changes());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn changes(&self) -> bool {
        self.body.is_some()
    }
}

impl fmt::Display for VmIdentityPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |ids: &[String]| if ids.is_empty() { "none".to_owned() } else { ids.join(", ") };
        write!(f, "stays: {}; comes: {}; goes: {}", list(&self.stays), list(&self.comes), list(&self.goes))
    }
}

/// Computes the change. `machine` gives names their group.
pub(super) fn plan(
    machine: &ResourceId,
    now: &Present,
    change: &IdentityChange,
    etag: Option<String>,
    warnings: Vec<String>,
) -> Result<VmIdentityPlan> {
    let mut wanted = now.clone();
    match change {
        IdentityChange::Add(refs) => {
            for identity in refs {
                match resolve(machine, identity)? {
                    None => wanted.system = true,
                    Some(id) if wanted.user.contains(&id) => {}
                    Some(id) => wanted.user.push(id),
                }
            }
        }
        IdentityChange::Remove(refs) => {
            for identity in refs {
                match resolve(machine, identity)? {
                    None => wanted.system = false,
                    Some(id) => wanted.user.retain(|u| *u != id),
                }
            }
        }
        IdentityChange::RemoveAllUser => wanted.user.clear(),
        IdentityChange::RemoveAll => wanted = Present::default(),
        IdentityChange::Set(refs) => {
            wanted = Present::default();
            for identity in refs {
                match resolve(machine, identity)? {
                    None => wanted.system = true,
                    Some(id) if wanted.user.contains(&id) => {}
                    // The machine's own spelling where it has it: another one would be another key.
                    Some(id) => wanted.user.push(now.user.iter().find(|u| **u == id).cloned().unwrap_or(id)),
                }
            }
        }
    }
    let named = |is: bool| is.then(|| "[system]".to_owned());
    let text = |id: &ResourceId| id.as_str().to_owned();
    let (gone, kept): (Vec<_>, Vec<_>) = now.user.iter().partition(|u| !wanted.user.contains(u));
    let new: Vec<_> = wanted.user.iter().filter(|u| !now.user.contains(u)).collect();
    let stays = named(now.system && wanted.system).into_iter().chain(kept.iter().map(|u| text(u))).collect();
    let comes = named(!now.system && wanted.system).into_iter().chain(new.iter().map(|u| text(u))).collect();
    let goes = named(now.system && !wanted.system).into_iter().chain(gone.iter().map(|u| text(u))).collect();
    let body = (now.system != wanted.system || !gone.is_empty() || !new.is_empty()).then(|| body(&wanted, &new, &gone));
    Ok(VmIdentityPlan { stays, comes, goes, warnings, body, wanted, change: change.clone(), etag })
}

/// The PATCH: it names only what comes (`{}`) and goes (null). Those that stay are not named, because each named one
/// needs the right to assign it; the merge keeps them.
fn body(wanted: &Present, comes: &[&ResourceId], goes: &[&ResourceId]) -> Value {
    let kind = match (wanted.system, wanted.user.is_empty()) {
        (true, true) => "SystemAssigned",
        (true, false) => "SystemAssigned, UserAssigned",
        (false, false) => "UserAssigned",
        (false, true) => "None",
    };
    let mut identity = Map::from_iter([("type".to_owned(), Value::from(kind))]);
    // Without any user-assigned one left, the type says it all, and the service refuses ids beside it.
    if !wanted.user.is_empty() && comes.len() + goes.len() > 0 {
        let named = comes.iter().map(|id| (id.as_str().to_owned(), json!({})));
        let nulled = goes.iter().map(|id| (id.as_str().to_owned(), Value::Null));
        identity.insert("userAssignedIdentities".to_owned(), Value::Object(named.chain(nulled).collect()));
    }
    json!({ "identity": identity })
}

/// The id of a user-assigned identity, `None` for the system-assigned one.
pub(super) fn resolve(machine: &ResourceId, identity: &IdentityRef) -> Result<Option<ResourceId>> {
    let IdentityRef::User(text) = identity else { return Ok(None) };
    if !text.starts_with('/') {
        scope_path::check_identity_name(text)?;
        let (Some(subscription), Some(group)) = (machine.subscription(), machine.resource_group()) else {
            return Err(not_an_identity(text));
        };
        let id =
            format!("/subscriptions/{subscription}/resourceGroups/{group}/{}/{text}", super::user_identity::PROVIDER);
        return ResourceId::parse(&id).map(Some);
    }
    let id = ResourceId::parse(&format!("/{}", text.trim_start_matches('/')))?;
    if id.is_user_assigned_identity() { Ok(Some(id)) } else { Err(not_an_identity(text)) }
}

fn not_an_identity(text: &str) -> Error {
    Error::argument(
        id::ARGUMENT_IDENTITY,
        format!("{text:?} is not a user-assigned identity"),
        "give the identity's resource id, its name in the machine's resource group, or [system]",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUP: &str = "/subscriptions/s/resourceGroups/g";

    fn machine() -> ResourceId {
        ResourceId::parse(&format!("{GROUP}/providers/Microsoft.Compute/virtualMachines/vm1")).unwrap()
    }

    fn identity(name: &str) -> ResourceId {
        ResourceId::parse(&format!("{GROUP}/{}/{name}", super::super::user_identity::PROVIDER)).unwrap()
    }

    fn present(system: bool, names: &[&str]) -> Present {
        Present { system, user: names.iter().map(|n| identity(n)).collect() }
    }

    fn body_of(now: &Present, change: IdentityChange) -> Option<Value> {
        plan(&machine(), now, &change, None, Vec::new()).unwrap().body
    }

    fn refs(names: &[&str]) -> Vec<IdentityRef> {
        names.iter().map(|n| IdentityRef::from(*n)).collect()
    }

    #[test]
    fn adding_the_system_identity_never_drops_user_identities() {
        let body = body_of(&present(false, &["one"]), IdentityChange::Add(refs(&["[system]"]))).unwrap();
        assert_eq!(body, json!({"identity": {"type": "SystemAssigned, UserAssigned"}}));
    }

    #[test]
    fn only_what_comes_and_goes_is_named() {
        let now = present(true, &["one", "two"]);
        let (one, three) = (identity("one").as_str().to_owned(), identity("thr").as_str().to_owned());
        assert_eq!(
            body_of(&now, IdentityChange::Add(refs(&["thr"]))).unwrap(),
            json!({"identity": {"type": "SystemAssigned, UserAssigned", "userAssignedIdentities": {three: {}}}})
        );
        assert_eq!(
            body_of(&now, IdentityChange::Remove(refs(&["ONE"]))).unwrap(),
            json!({"identity": {"type": "SystemAssigned, UserAssigned", "userAssignedIdentities": {one: null}}})
        );
    }

    #[test]
    fn the_last_ones_go_by_type_alone() {
        for (now, change, kind) in [
            (present(true, &["one"]), IdentityChange::RemoveAllUser, "SystemAssigned"),
            (present(false, &["one"]), IdentityChange::Remove(refs(&["one"])), "None"),
            (present(true, &["one"]), IdentityChange::RemoveAll, "None"),
            (present(true, &["one"]), IdentityChange::Remove(refs(&["[system]"])), "UserAssigned"),
        ] {
            assert_eq!(body_of(&now, change).unwrap(), json!({"identity": {"type": kind}}));
        }
    }

    #[test]
    fn nothing_to_do_sends_nothing() {
        let now = present(true, &["one"]);
        for change in [
            IdentityChange::Add(refs(&["[SYSTEM]", "ONE"])),
            IdentityChange::Remove(refs(&["two"])),
            IdentityChange::Set(refs(&["one", "[system]"])),
        ] {
            assert_eq!(body_of(&now, change), None);
        }
    }

    #[test]
    fn others_than_identities_are_refused() {
        for bad in ["a b", "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/x", "x"] {
            let change = IdentityChange::Add(refs(&[bad]));
            assert!(plan(&machine(), &Present::default(), &change, None, Vec::new()).is_err(), "{bad}");
        }
    }
}
