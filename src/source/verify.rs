//! Whether an answer is for what was asked. Fails closed on the wrong answer, without refusing good ones: tokens are
//! opaque to clients, some are encrypted, and some carry an application's GUID as audience.

use std::cell::LazyCell;

use crate::error::{Error, ErrorKind, Result, id};
use crate::identity::Identity;
use crate::source::answer::TokenAnswer;
use crate::token::Claims;

/// Compares resource and identity; `true` where the answer shows that it is the identity asked for.
pub(crate) fn verify(answer: &TokenAnswer, identity: &Identity, resource: &str) -> Result<bool> {
    if let Some(echo) = &answer.resource
        && !same_resource(echo, resource)
    {
        return Err(Error::new(
            ErrorKind::Authentication,
            id::TOKEN_RESOURCE_MISMATCH,
            format!("the token is for {echo:?}, not for {resource:?} as asked"),
        )
        .with_hint(
            "something between this machine and the metadata service mixes up answers; the token was not used",
        ));
    }
    // Read where they are needed: the default identity compares nothing, and the echoes come first.
    let claims = LazyCell::new(|| Claims::read(answer.secret.expose()));
    let (asked, found) = match identity {
        Identity::Default => return Ok(false),
        Identity::SystemAssigned => return system_assigned(claims.as_ref()),
        Identity::ClientId(asked) => (asked, answer.client_id.as_deref().or_else(|| claims.as_ref()?.client_id())),
        Identity::ObjectId(asked) => (asked, answer.object_id.as_deref().or_else(|| claims.as_ref()?.object_id())),
        Identity::ResourceId(asked) => {
            (asked, answer.resource_id.as_deref().or_else(|| claims.as_ref()?.managed_identity_resource_id()))
        }
    };
    match found {
        None => Ok(false),
        Some(found) if same_id(found, asked) => Ok(true),
        Some(found) => Err(mismatch(&format!("{identity}"), found)),
    }
}

fn system_assigned(claims: Option<&Claims>) -> Result<bool> {
    match claims.and_then(Claims::managed_identity_resource_id) {
        Some(of) if of.to_ascii_lowercase().contains("/userassignedidentities/") => {
            Err(mismatch("the system-assigned identity", of))
        }
        Some(of) if of.starts_with('/') => Ok(true),
        _ => Err(Error::new(
            ErrorKind::Authentication,
            id::IDENTITY_NOT_PROVABLE,
            "nothing in the token shows that it is the system-assigned identity's",
        )
        .with_hint(
            "take the default identity where any of the machine's identities will do, or name this one by the object \
             (principal) id that the machine's identity page shows",
        )),
    }
}

fn mismatch(asked: &str, found: &str) -> Error {
    Error::new(
        ErrorKind::Authentication,
        id::IDENTITY_MISMATCH,
        format!("the token is for another identity ({found}) than {asked}"),
    )
    .with_hint("check which identities are assigned to this machine; the token was not used")
}

fn same_id(a: &str, b: &str) -> bool {
    a.trim_end_matches('/').eq_ignore_ascii_case(b.trim_end_matches('/'))
}

/// Equal, but for the letter case of scheme and host and for one trailing slash.
pub(crate) fn same_resource(a: &str, b: &str) -> bool {
    let (host_a, path_a) = split(a);
    let (host_b, path_b) = split(b);
    host_a.eq_ignore_ascii_case(host_b)
        && (path_a == path_b || path_a.strip_suffix('/') == Some(path_b) || path_b.strip_suffix('/') == Some(path_a))
}

fn split(resource: &str) -> (&str, &str) {
    let Some(scheme) = resource.find("://") else {
        // A bare application id: GUIDs have no case.
        return resource.split_at(resource.trim_end_matches('/').len());
    };
    let from = scheme + 3;
    let host = resource[from..].find('/').map_or(resource.len(), |at| from + at);
    resource.split_at(host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    fn answer(token: &str) -> TokenAnswer {
        TokenAnswer {
            secret: Secret::from(token.to_owned()),
            expires_on: 0,
            refresh_in: None,
            token_type: String::new(),
            resource: None,
            client_id: None,
            object_id: None,
            resource_id: None,
            identity_verified: false,
        }
    }

    #[test]
    fn resources_are_compared_but_for_host_case_and_a_slash() {
        for (a, b, same) in [
            ("https://Vault.Azure.net", "https://vault.azure.net/", true),
            ("https://a//", "https://a/", true),
            ("https://a", "https://a//", false),
            ("https://a/B", "https://a/b", false),
            ("https://a", "http://a", false),
            ("https://a", "https://a.evil", false),
            ("api://X", "api://x", true),
            ("499B84AC-1321-427f-aa17-267ca6975798", "499b84ac-1321-427f-aa17-267ca6975798", true),
        ] {
            assert_eq!(same_resource(a, b), same, "{a} {b}");
        }
    }

    #[test]
    fn the_echo_comes_first_then_the_claims() {
        let mut a = answer("opaque");
        let asked = Identity::ClientId("ID".into());
        assert!(!verify(&a, &asked, "r").unwrap());
        a.client_id = Some("id".into());
        assert!(verify(&a, &asked, "r").unwrap());
        a.client_id = Some("other".into());
        assert_eq!(verify(&a, &asked, "r").unwrap_err().id(), id::IDENTITY_MISMATCH);
        // {"appid":"other"}
        let b = answer("e30.eyJhcHBpZCI6Im90aGVyIn0.x");
        assert_eq!(verify(&b, &asked, "r").unwrap_err().id(), id::IDENTITY_MISMATCH);
    }

    #[test]
    fn system_assigned_must_be_shown() {
        let asked = Identity::SystemAssigned;
        assert_eq!(verify(&answer("opaque"), &asked, "r").unwrap_err().id(), id::IDENTITY_NOT_PROVABLE);
        // {"xms_mirid":"/subscriptions/s/vm"}
        assert!(verify(&answer("e30.eyJ4bXNfbWlyaWQiOiIvc3Vic2NyaXB0aW9ucy9zL3ZtIn0.x"), &asked, "r").unwrap());
    }
}
