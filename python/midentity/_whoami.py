"""Who this machine is to Azure: what the token says, and what the metadata service says."""

from __future__ import annotations

from ._native import identity_info, instance_metadata, read_claims
from ._token import moment
from .errors import MidentityError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .credential import ManagedIdentityCredential


def whoami(credential: ManagedIdentityCredential, imds_endpoint: str | None, timeout: float) -> dict[str, Any]:
    """Collect what is known; a field that can't be known is None.

    Raises:
        MidentityError: There is no token. That the rest can't be read is no error: a token is enough to be somebody.
    """
    info = credential.get_token_info("arm")
    # For display: nothing is decided by what an unverified token says.
    claims = read_claims(info.token) or {}
    resource = claims.get("xms_mirid")
    compute = _compute(imds_endpoint, timeout)
    return {
        "tenant_id": claims.get("tid") or _tenant(imds_endpoint, timeout),
        "subscription_id": compute.get("subscriptionId") or None,
        "resource_group": compute.get("resourceGroupName") or None,
        "vm": compute.get("name") or None,
        "location": compute.get("location") or None,
        "identity": {
            "kind": _kind(resource),
            "client_id": claims.get("appid") or claims.get("azp"),
            "object_id": claims.get("oid"),
            "resource_id": resource,
        },
        "app_roles": claims.get("roles") or [],
        "expires_on": info.expires_on,
        "expires_at": moment(info.expires_on).isoformat(),
        "source": info.source,
    }


def _kind(resource: str | None) -> str | None:
    if resource is None:
        return None
    return "user-assigned" if "/userassignedidentities/" in resource.lower() else "system-assigned"


def _compute(imds_endpoint: str | None, timeout: float) -> dict[str, Any]:
    try:
        found = instance_metadata("compute", None, imds_endpoint, timeout)
    except MidentityError:
        return {}
    return found if isinstance(found, dict) else {}


def _tenant(imds_endpoint: str | None, timeout: float) -> str | None:
    try:
        return identity_info(imds_endpoint, timeout)
    except MidentityError:
        return None


def as_text(found: dict[str, Any]) -> str:
    """One line for each thing that is known."""
    identity = found["identity"]
    lines = [
        ("tenant", found["tenant_id"]),
        ("subscription", found["subscription_id"]),
        ("resource group", found["resource_group"]),
        ("vm", found["vm"]),
        ("location", found["location"]),
        ("identity", identity["kind"] or "unknown (the token can't be read)"),
        ("client id", identity["client_id"]),
        ("object id", identity["object_id"]),
        ("resource id", identity["resource_id"]),
        ("app roles", ", ".join(found["app_roles"])),
        ("expires", found["expires_at"]),
    ]
    return "\n".join(f"{name + ':':<16}{value}" for name, value in lines if value)
