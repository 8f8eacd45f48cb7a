//! Virtual machines and scale sets: what Resource Manager keeps of them, and what the metadata service shows.

use indexmap::IndexMap;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{Principal, ResourceGroup, Tags};

/// A virtual machine, or a scale set's model: identities behave the same on both.
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
    /// Counts the writes; clients send it back in If-Match.
    pub(crate) etag: u64,
    /// `properties` as a client wrote them, without secrets.
    pub(crate) properties: Map<String, Value>,
    /// Further members beside `properties`, such as `sku` and `zones`.
    pub(crate) rest: Map<String, Value>,
    /// By folded name.
    pub(crate) extensions: IndexMap<String, Extension>,
    /// Set while an operation is under way, and where one failed.
    pub(crate) pending: Option<Pending>,
}

/// What an operation under way shows, and what it goes back to where it fails.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pending {
    pub(crate) operation: Uuid,
    pub(crate) provisioning_state: &'static str,
    /// Folded ids of the identities that were just added: they show no ids of their own yet.
    pub(crate) added: Vec<String>,
    pub(crate) before: Attached,
}

/// The identities of a machine at one moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Attached {
    pub(crate) system: Option<Principal>,
    pub(crate) user_identities: Vec<String>,
}

/// A VM extension. The emulator keeps them to show that a retired one is there, and to remove it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Extension {
    pub(crate) name: String,
    pub(crate) publisher: String,
    pub(crate) kind: String,
    pub(crate) version: String,
}

/// What kind of machine a path names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MachineKind {
    Vm,
    ScaleSet,
}

impl MachineKind {
    /// The type as ids spell it.
    pub(crate) fn segment(self) -> &'static str {
        match self {
            Self::Vm => "virtualMachines",
            Self::ScaleSet => "virtualMachineScaleSets",
        }
    }

    pub(crate) fn type_name(self) -> &'static str {
        match self {
            Self::Vm => "Microsoft.Compute/virtualMachines",
            Self::ScaleSet => "Microsoft.Compute/virtualMachineScaleSets",
        }
    }

    pub(crate) fn of_segment(segment: &str) -> Option<Self> {
        [Self::Vm, Self::ScaleSet].into_iter().find(|kind| kind.segment().eq_ignore_ascii_case(segment))
    }

    pub(crate) fn machines(self, group: &ResourceGroup) -> &IndexMap<String, Vm> {
        match self {
            Self::Vm => &group.vms,
            Self::ScaleSet => &group.scale_sets,
        }
    }

    pub(crate) fn machines_mut(self, group: &mut ResourceGroup) -> &mut IndexMap<String, Vm> {
        match self {
            Self::Vm => &mut group.vms,
            Self::ScaleSet => &mut group.scale_sets,
        }
    }

    /// The machine's id as Resource Manager spells it.
    pub(crate) fn id(self, subscription: Uuid, group: &str, name: &str) -> String {
        format!("/subscriptions/{subscription}/resourceGroups/{group}/providers/{}/{name}", self.type_name())
    }
}

impl Vm {
    pub(crate) fn attached_now(&self) -> Attached {
        Attached { system: self.system, user_identities: self.user_identities.clone() }
    }

    /// The entity tag as it stands in the body and in the header: quoted.
    pub(crate) fn entity_tag(&self) -> String {
        format!("\"{}\"", self.etag)
    }

    /// Takes over from `properties` what instance metadata shows, and drops what Azure never gives back.
    pub(crate) fn read_properties(&mut self, user_data: Option<String>) {
        if let Some(profile) = self.properties.get_mut("osProfile").and_then(Value::as_object_mut) {
            for secret in ["adminPassword", "customData"] {
                profile.remove(secret);
            }
        }
        let text = |pointer: &str| {
            let mut at = None;
            for (depth, name) in pointer.split('/').enumerate() {
                at = if depth == 0 { self.properties.get(name) } else { at.and_then(|v: &Value| v.get(name)) };
            }
            at.and_then(Value::as_str).map(str::to_owned)
        };
        let windows = text("storageProfile/osDisk/osType").map_or_else(
            || {
                let offer = text("storageProfile/imageReference/offer").unwrap_or_default();
                let windows = self.properties.get("osProfile").is_some_and(|p| p.get("windowsConfiguration").is_some());
                windows || offer.to_ascii_lowercase().contains("windows")
            },
            |os| os.eq_ignore_ascii_case("Windows"),
        );
        let size = text("hardwareProfile/vmSize");
        if self.properties.contains_key("storageProfile") || self.properties.contains_key("osProfile") {
            self.os_type = if windows { "Windows" } else { "Linux" }.to_owned();
        }
        if let Some(size) = size {
            self.size = size;
        }
        if let Some(data) = user_data {
            self.user_data = data;
        }
        if let Some(zone) = self.rest.get("zones").and_then(|z| z.get(0)).and_then(Value::as_str) {
            self.zone = zone.to_owned();
        }
    }
}
