"""The calls that need no object."""

from __future__ import annotations

from ._native import environment_key
from ._native import instance_metadata as _instance_metadata
from .credential import ManagedIdentityCredential

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._token import AccessToken

# One credential for each identity, and for each set of variables that a credential reads: a token of a former
# endpoint must not be handed out after the variable changed.
_credentials: dict[tuple[Any, ...], ManagedIdentityCredential] = {}


def get_token(
    resource_or_scope: str,
    *,
    client_id: str | None = None,
    object_id: str | None = None,
    resource_id: str | None = None,
    system_assigned: bool = False,
    force_refresh: bool = False,
    timeout: float | None = None,
) -> AccessToken:
    """Take a token as one of the machine's managed identities.

    Args:
        resource_or_scope: A scope (`https://vault.azure.net/.default`), a short name (`arm`, `graph`, `keyvault`,
            `storage`, `sql`, `azure-devops`), or a resource exactly as the service spells it.
        client_id: The user-assigned identity with this client (application) id.
        object_id: The identity whose service principal has this object id.
        resource_id: The user-assigned identity with this Azure resource id.
        system_assigned: The system-assigned identity and no other.
        force_refresh: Ask the service even where a cached token is good.
        timeout: Seconds that the call may take; 90 unless given.

    Raises:
        CredentialUnavailableError: Not on Azure, or the machine has no identity.
        IdentityNotFoundError: The identity named is not assigned to this machine.
        MidentityError: Whatever else may fail.

    Example:
        >>> import midentity
        >>> midentity.get_token("arm")
        AccessToken(token='(redacted)', expires_on=...)
    """
    key = (environment_key(), client_id, object_id, resource_id, system_assigned)
    credential = _credentials.get(key)
    if credential is None:
        credential = ManagedIdentityCredential(
            client_id=client_id, object_id=object_id, resource_id=resource_id, system_assigned=system_assigned
        )
        _credentials[key] = credential
    if force_refresh or timeout is not None:
        return credential.get_token(resource_or_scope, force_refresh=force_refresh, timeout=timeout)
    return credential.get_token(resource_or_scope)


def instance_metadata(
    path: str = "",
    *,
    api_version: str | None = None,
    imds_endpoint: str | None = None,
    timeout: float = 90.0,
) -> Any:
    """Read what the metadata service says of this machine; needs no token.

    Args:
        path: Such as `compute` or `compute/name`; empty for all of it.
        api_version: Another one than 2021-02-01.
        imds_endpoint: Where IMDS answers, instead of `AZURE_POD_IDENTITY_AUTHORITY_HOST` or 169.254.169.254.
        timeout: Seconds that the call may take.

    Returns:
        A dictionary, a list, or for a single value a text. The service gives every simple value as a text, and an empty
        one where it has none.

    Raises:
        CredentialUnavailableError: Not on Azure.
        NotFoundError: There is nothing at the path.
        InvalidArgumentError: The path or the version can't be used.
        MidentityError: Whatever else may fail.

    Example:
        >>> import midentity
        >>> midentity.instance_metadata("compute/location")
        'eastus'
    """
    return _instance_metadata(path, api_version, imds_endpoint, timeout)
