"""The credential whose calls wait."""

from __future__ import annotations

from . import _native
from ._arguments import refuse_unknown, settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from typing import Any

    from ._native import TokenCache

_DEFAULTS: dict[str, Any] = {
    "client_id": None,
    "object_id": None,
    "resource_id": None,
    "system_assigned": False,
    "identity_config": None,
    "imds_endpoint": None,
    "cloud": None,
    "ca_file": None,
    "cache": None,
    "timeout": 90.0,
    "connection_timeout": 1.0,
    "retry_total": 5,
    "probe": False,
    "logging_enable": False,
}


class ManagedIdentityCredential(_native.Credential):
    """Takes tokens as one of the machine's managed identities.

    It is azure-core's `TokenCredential` and `SupportsTokenInfo`: every Azure SDK client takes it. Tokens are cached for
    the whole process, asked for once however many threads wait for them, and refreshed in the background before they
    expire. Making one touches no network. May be used by many threads at once, and after `fork`.

    Args:
        client_id: The user-assigned identity with this client (application) id.
        object_id: The identity whose service principal has this object id.
        resource_id: The user-assigned identity with this Azure resource id.
        system_assigned: The system-assigned identity and no other: a token that does not show it is refused. Without
            any of these the machine's default identity: the system-assigned one, or the only user-assigned one.
        identity_config: azure-identity's way to name an identity: a dictionary with one of the keys `client_id`,
            `object_id` and `resource_id`. Other keys are sent as further query parameters.
        imds_endpoint: Where IMDS answers, instead of `AZURE_POD_IDENTITY_AUTHORITY_HOST` or 169.254.169.254.
        cloud: The cloud of short names such as `arm`: `AzureCloud`, `AzureUSGovernment`, `AzureChinaCloud`, or the
            https origin of a private one. Else `MIDENTITY_CLOUD`.
        ca_file: The roots of trust for what is made with this credential (`midentity.arm.ArmClient`), in PEM. IMDS
            itself is asked without TLS.
        cache: A cache of its own instead of the process's.
        timeout: Seconds that a call may take, tries and waits included.
        connection_timeout: Seconds that connecting may take.
        retry_total: How often a request is repeated after 404, 429 and 5xx; 0 switches every retry off.
        probe: Whether a short first request finds out if IMDS is there at all.
        logging_enable: Send midentity's events to the logger `midentity`, for the whole process.
        **unknown: None is taken; the TypeError says why.

    Raises:
        InvalidArgumentError: An argument can't be used; the message names it.
        TypeError: A keyword that is not taken.

    Example:
        >>> credential = ManagedIdentityCredential(system_assigned=True)
        >>> credential.get_token("https://vault.azure.net/.default")
        AccessToken(token='(redacted)', expires_on=...)
    """

    def __init__(
        self,
        *,
        client_id: str | None = None,
        object_id: str | None = None,
        resource_id: str | None = None,
        system_assigned: bool = False,
        identity_config: Mapping[str, str] | None = None,
        imds_endpoint: str | None = None,
        cloud: str | None = None,
        ca_file: str | os.PathLike[str] | None = None,
        cache: TokenCache | None = None,
        timeout: float = 90.0,
        connection_timeout: float = 1.0,
        retry_total: int = 5,
        probe: bool = False,
        logging_enable: bool = False,
        **unknown: Any,
    ) -> None:
        """Set the credential up; see the class."""
        if unknown:
            refuse_unknown(unknown)
        given = {
            "client_id": client_id,
            "object_id": object_id,
            "resource_id": resource_id,
            "system_assigned": system_assigned,
            "identity_config": identity_config,
            "imds_endpoint": imds_endpoint,
            "cloud": cloud,
            "ca_file": ca_file,
            "cache": cache,
            "timeout": timeout,
            "connection_timeout": connection_timeout,
            "retry_total": retry_total,
            "probe": probe,
            "logging_enable": logging_enable,
        }
        self._given = changed(given)
        if logging_enable:
            _native.enable_logging()
        self._open(settings(given))

    def __repr__(self) -> str:
        """Say which identity it is for."""
        return described(self, self._given)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the arguments, and no token."""
        return rebuild, (type(self), self._given)


def changed(given: dict[str, Any]) -> dict[str, Any]:
    """The arguments that are not the defaults."""
    return {name: value for name, value in given.items() if value != _DEFAULTS[name]}


def described(credential: object, given: dict[str, Any]) -> str:
    """How a credential shows itself: with its identity, without its tokens."""
    shown = ("client_id", "object_id", "resource_id", "system_assigned", "identity_config", "imds_endpoint", "cloud")
    arguments = ", ".join(f"{name}={given[name]!r}" for name in shown if name in given)
    return f"{type(credential).__name__}({arguments})"


def rebuild(kind: type, given: dict[str, Any]) -> object:
    """Make a credential anew from a pickled one's arguments."""
    return kind(**given)
