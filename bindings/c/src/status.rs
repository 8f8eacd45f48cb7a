//! The numbers that cross the boundary. The statuses are the core's [`midentity_core::ErrorKind`] and never change.

/// How a call ended: MIDENTITY_OK, MIDENTITY_PENDING, or the kind of the error.
pub type midentity_status = i32;

/// The operation is still going on. No error.
pub const MIDENTITY_PENDING: midentity_status = -1;
/// The call did what it should.
pub const MIDENTITY_OK: midentity_status = 0;
/// An argument, option or environment variable can't be used.
pub const MIDENTITY_INVALID_ARGUMENT: midentity_status = 1;
/// No token source answers here.
pub const MIDENTITY_UNAVAILABLE: midentity_status = 2;
/// The service refused to give a token, or gave one for something else than was asked.
pub const MIDENTITY_AUTHENTICATION: midentity_status = 3;
/// The identity that was named does not exist or is not assigned to this machine.
pub const MIDENTITY_IDENTITY_NOT_FOUND: midentity_status = 4;
/// The caller is known but has no right to do this.
pub const MIDENTITY_FORBIDDEN: midentity_status = 5;
/// The resource does not exist.
pub const MIDENTITY_NOT_FOUND: midentity_status = 6;
/// The resource exists already or is in a state that does not allow this.
pub const MIDENTITY_CONFLICT: midentity_status = 7;
/// The service limits the number of requests; see midentity_error_retry_after_ms.
pub const MIDENTITY_THROTTLED: midentity_status = 8;
/// The service failed.
pub const MIDENTITY_SERVICE: midentity_status = 9;
/// The connection failed after the endpoint had answered before.
pub const MIDENTITY_TRANSPORT: midentity_status = 10;
/// The time allowed ran out.
pub const MIDENTITY_TIMEOUT: midentity_status = 11;
/// The answer can't be understood.
pub const MIDENTITY_PROTOCOL: midentity_status = 12;
/// The caller cancelled.
pub const MIDENTITY_CANCELLED: midentity_status = 13;
/// The object was closed, or belongs to the process that this one was forked from.
pub const MIDENTITY_CLOSED: midentity_status = 14;
/// Library and caller disagree about the version of this interface.
pub const MIDENTITY_ABI_MISMATCH: midentity_status = 15;
/// A fault inside midentity.
pub const MIDENTITY_INTERNAL: midentity_status = 99;

/// Which identity a credential is for: a midentity_identity_kind. The machine's default one: the system-assigned
/// identity, else the only user-assigned one.
pub const MIDENTITY_IDENTITY_DEFAULT: i32 = 0;
/// The system-assigned identity and no other: a token that can't be shown to be its is refused.
pub const MIDENTITY_IDENTITY_SYSTEM_ASSIGNED: i32 = 1;
/// The user-assigned identity with this client id.
pub const MIDENTITY_IDENTITY_CLIENT_ID: i32 = 2;
/// The identity with this object id (principal id).
pub const MIDENTITY_IDENTITY_OBJECT_ID: i32 = 3;
/// The user-assigned identity with this resource id.
pub const MIDENTITY_IDENTITY_RESOURCE_ID: i32 = 4;

/// The source of tokens is found out, or not known.
pub const MIDENTITY_SOURCE_AUTO: i32 = 0;
/// The instance metadata service at 169.254.169.254.
pub const MIDENTITY_SOURCE_IMDS: i32 = 1;

/// Log level: something failed.
pub const MIDENTITY_LOG_ERROR: i32 = 1;
/// Log level: something will fail, or was done in another way than wanted.
pub const MIDENTITY_LOG_WARNING: i32 = 2;
/// Log level: what was done.
pub const MIDENTITY_LOG_INFO: i32 = 3;
/// Log level: every attempt of every request.
pub const MIDENTITY_LOG_DEBUG: i32 = 4;

/// Change of a machine's identities: these come, all others stay.
pub const MIDENTITY_CHANGE_ADD: i32 = 1;
/// Change of a machine's identities: these go, all others stay.
pub const MIDENTITY_CHANGE_REMOVE: i32 = 2;
/// Change of a machine's identities: all user-assigned ones go, the system-assigned one stays where there is one.
pub const MIDENTITY_CHANGE_REMOVE_ALL_USER: i32 = 3;
/// Change of a machine's identities: all go.
pub const MIDENTITY_CHANGE_REMOVE_ALL: i32 = 4;
/// Change of a machine's identities: these and no others.
pub const MIDENTITY_CHANGE_SET: i32 = 5;

#[cfg(test)]
mod tests {
    use super::*;
    use midentity_core::ErrorKind;

    #[test]
    fn statuses_are_the_cores_kinds() {
        let numbers = [
            MIDENTITY_INVALID_ARGUMENT,
            MIDENTITY_UNAVAILABLE,
            MIDENTITY_AUTHENTICATION,
            MIDENTITY_IDENTITY_NOT_FOUND,
            MIDENTITY_FORBIDDEN,
            MIDENTITY_NOT_FOUND,
            MIDENTITY_CONFLICT,
            MIDENTITY_THROTTLED,
            MIDENTITY_SERVICE,
            MIDENTITY_TRANSPORT,
            MIDENTITY_TIMEOUT,
            MIDENTITY_PROTOCOL,
            MIDENTITY_CANCELLED,
            MIDENTITY_CLOSED,
            MIDENTITY_ABI_MISMATCH,
            MIDENTITY_INTERNAL,
        ];
        let kinds: Vec<i32> = ErrorKind::ALL.iter().map(|kind| kind.number()).collect();
        assert_eq!(numbers.as_slice(), kinds);
    }
}
