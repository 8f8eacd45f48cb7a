"""Read by mypy, not run: our credentials are what azure-core's clients are declared to take."""

import midentity
import midentity.aio
from azure.core.credentials import SupportsTokenInfo, TokenCredential
from azure.core.credentials_async import AsyncSupportsTokenInfo, AsyncTokenCredential

blocking: TokenCredential = midentity.ManagedIdentityCredential()
blocking_info: SupportsTokenInfo = midentity.ManagedIdentityCredential()
awaited: AsyncTokenCredential = midentity.aio.ManagedIdentityCredential()
awaited_info: AsyncSupportsTokenInfo = midentity.aio.ManagedIdentityCredential()

token: str = midentity.get_token("arm").token
expires_on: int = midentity.get_token("arm")[1]
kind: midentity.ErrorKind = midentity.MidentityError("what happened").kind


async def ask() -> str:
    """Await what is awaited."""
    async with midentity.aio.ManagedIdentityCredential(client_id="id") as credential:
        return (await credential.get_token("arm")).token + (await credential.get_token_info("arm")).token
