//! Scopes, and the comparison of a resource with what the service says it is for.
#![no_main]

use libfuzzer_sys::fuzz_target;
use midentity::fuzzing::resources;
use midentity::{Cloud, Scope};

fuzz_target!(|input: (&str, &str)| {
    let (text, other) = input;
    if let Ok(scope) = Scope::parse(text) {
        let cloud = Cloud::public();
        let Some(resource) = scope.resource(&cloud) else { unreachable!("the public cloud names every service") };
        assert!(!resource.is_empty() && !resource.chars().any(|c| c.is_whitespace() || c.is_control()));
        let named = !scope.to_string().eq(resource);
        // As spelled, but for one suffix; or one of the short names, in any case.
        assert!(
            resource == text
                || format!("{resource}/.default") == text
                || named && scope.to_string().eq_ignore_ascii_case(text)
        );
        assert_eq!(Scope::one_of([text]).ok(), Some(scope));
        assert!(Scope::one_of([text, other]).is_err());
    }
    resources(text, other);
    resources(text, &format!("{text}/"));
});
