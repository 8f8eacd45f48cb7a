//! ARM ids: what is taken can be read again, and letter case makes no difference.
#![no_main]

use std::hash::{BuildHasher, RandomState};

use libfuzzer_sys::fuzz_target;
use midentity::ResourceId;

fuzz_target!(|text: &str| {
    let Ok(id) = ResourceId::parse(text) else { return };
    let shown = id.as_str();
    assert!(shown.starts_with('/') && !shown.ends_with('/') && text.starts_with(shown));
    assert!(!shown.split('/').any(|part| part == ".." || part == "."));
    assert_eq!(ResourceId::parse(shown).as_ref().ok(), Some(&id));
    let upper = ResourceId::parse(&shown.to_ascii_uppercase()).unwrap();
    assert_eq!(upper, id);
    let state = RandomState::new();
    assert_eq!(state.hash_one(&upper), state.hash_one(&id));
    assert!(!id.name().is_empty() && shown.ends_with(id.name()));
    for part in [id.subscription(), id.resource_group()].into_iter().flatten() {
        assert!(!part.is_empty() && !part.contains('/'));
    }
    if id.is_user_assigned_identity() {
        assert!(shown.to_ascii_lowercase().contains("/microsoft.managedidentity/userassignedidentities/"));
    }
});
