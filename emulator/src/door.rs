//! Which door a request came to: decided by the port and the path alone.

use serde::{Deserialize, Serialize};

/// One of the emulator's doors, as written in the request log and in a fault's `match`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Door {
    /// The instance metadata service, on the plain port.
    Imds,
    /// Azure Resource Manager, on the TLS port.
    Arm,
    /// Entra's documents and keys, on the TLS port.
    Login,
}

/// What a path leads to on one of the two ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Control,
    Door(Door),
}

/// The port that a connection came in by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Port {
    Plain,
    Tls,
}

/// Second path segments that only Entra uses; Resource Manager has none of them.
const LOGIN_SEGMENTS: [&str; 5] = [".well-known", "v2.0", "discovery", "oauth2", "userrealm"];

pub(crate) fn way(port: Port, path: &str) -> Way {
    match port {
        Port::Plain if path == "/_emulator" || path.starts_with("/_emulator/") => Way::Control,
        Port::Plain => Way::Door(Door::Imds),
        Port::Tls => {
            let mut segments = path.split('/').filter(|s| !s.is_empty());
            let (_, second) = (segments.next(), segments.next());
            let login = second.is_some_and(|s| LOGIN_SEGMENTS.iter().any(|l| l.eq_ignore_ascii_case(s)));
            Way::Door(if login { Door::Login } else { Door::Arm })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn port_and_path_decide_the_door() {
        assert_eq!(way(Port::Plain, "/_emulator/state"), Way::Control);
        assert_eq!(way(Port::Plain, "/_emulatorx"), Way::Door(Door::Imds));
        assert_eq!(way(Port::Plain, "/metadata/identity/oauth2/token"), Way::Door(Door::Imds));
        assert_eq!(way(Port::Tls, "/_emulator/state"), Way::Door(Door::Arm));
        assert_eq!(way(Port::Tls, "/common/v2.0/.well-known/openid-configuration"), Way::Door(Door::Login));
        assert_eq!(way(Port::Tls, "/tenant/discovery/keys"), Way::Door(Door::Login));
        assert_eq!(way(Port::Tls, "//subscriptions/x"), Way::Door(Door::Arm));
    }
}
