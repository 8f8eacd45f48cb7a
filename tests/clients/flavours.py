"""Each class in both of its forms, blocking and awaited, so that one test serves both."""

import inspect
from dataclasses import dataclass
from types import ModuleType

import azure.identity
import azure.identity.aio
import midentity
import midentity.aio
from azure.keyvault.secrets import SecretClient
from azure.keyvault.secrets.aio import SecretClient as SecretClientAio
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.mgmt.resource.resources.aio import ResourceManagementClient as ResourceManagementClientAio
from azure.storage.blob import BlobClient
from azure.storage.blob.aio import BlobClient as BlobClientAio


@dataclass(frozen=True)
class Flavour:
    awaited: bool
    """Whether its calls are awaited."""
    ours: type
    """Our credential."""
    identity: ModuleType
    """azure-identity."""
    resources: type
    blob: type
    secrets: type


BLOCKING = Flavour(
    False, midentity.ManagedIdentityCredential, azure.identity, ResourceManagementClient, BlobClient, SecretClient
)
AWAITED = Flavour(
    True,
    midentity.aio.ManagedIdentityCredential,
    azure.identity.aio,
    ResourceManagementClientAio,
    BlobClientAio,
    SecretClientAio,
)


async def settled(result):
    """The result of a call of either form."""
    return await result if inspect.isawaitable(result) else result
