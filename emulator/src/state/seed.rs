//! Ids that are the same in every run: derived from the seed and the path of what they identify.

use uuid::Uuid;

/// Our own namespace, so that no other tool derives the same ids.
const NAMESPACE: Uuid = Uuid::from_u128(0x6d69_6465_6e74_4974_8000_656d_756c_6174);

/// The seed of a state that names none.
pub(crate) const DEFAULT: &str = "midentity-emulator";

/// The id of `kind` at `path`; paths compare without case.
pub(crate) fn id(seed: &str, kind: &str, path: &str) -> Uuid {
    Uuid::new_v5(&NAMESPACE, format!("{seed}|{kind}|{}", path.to_lowercase()).as_bytes())
}
