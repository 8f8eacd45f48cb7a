"""The emulated Azure of these tests: who is who in `state.yaml`, and its keys as a service would use them."""

import ssl
from dataclasses import dataclass

import jwt

TENANT = "0c0ffee0-0000-4000-8000-000000000001"
SUBSCRIPTION = "0c0ffee0-0000-4000-8000-000000000002"
# Azure spells `resourcegroups` so in the ids of identities, and `resourceGroups` in the group's own.
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourcegroups/rg1"

ARM = "https://management.azure.com/.default"
STORAGE = "https://storage.azure.com"
VAULT = "https://vault.azure.net"


@dataclass(frozen=True)
class Who:
    """An identity, with each of the ids that it can be named by."""

    client_id: str
    object_id: str
    resource_id: str


READER = Who(
    "0c0ffee0-0000-4000-8000-00000000000a",
    "0c0ffee0-0000-4000-8000-00000000000b",
    f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/reader",
)
STRANGER = Who(
    "0c0ffee0-0000-4000-8000-00000000000c",
    "0c0ffee0-0000-4000-8000-00000000000d",
    f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/stranger",
)
SYSTEM = Who(
    "0c0ffee0-0000-4000-8000-00000000000e",
    "0c0ffee0-0000-4000-8000-00000000000f",
    f"{GROUP}/providers/Microsoft.Compute/virtualMachines/both",
)
NOBODY = "0c0ffee0-0000-4000-8000-0000000000ff"


class Entra:
    """Checks tokens as a service does: by the keys that the tenant's OpenID document names."""

    def __init__(self, cloud: str, ca_file: str) -> None:
        self.issuer = f"{cloud}/{TENANT}/"
        self._trust = ssl.create_default_context(cafile=ca_file)
        self._keys = jwt.PyJWKClient(f"{cloud}/{TENANT}/discovery/keys", ssl_context=self._trust)

    def claims(self, token: str, audience: str) -> dict:
        """The token's claims; an exception where its signature, issuer, audience or times are not right."""
        key = self._keys.get_signing_key_from_jwt(token)
        needed = {"require": ["aud", "iss", "exp", "nbf", "oid", "tid"]}
        return jwt.decode(token, key, ["RS256"], audience=audience, issuer=self.issuer, options=needed)
