"""Azure Resource Manager, as far as this version goes: reading resources."""

from __future__ import annotations

from . import _native
from ._arguments import check_numbers, check_texts, invalid
from ._native import ArmResponse

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from types import TracebackType
    from typing import Any

    from typing_extensions import Self

__all__ = ["ArmClient", "ArmResponse"]


class ArmClientBase:
    """What the two clients have in common."""

    def __init__(
        self,
        credential: Any = None,
        *,
        cloud: str | None = None,
        ca_file: str | os.PathLike[str] | None = None,
        timeout: float = 90.0,
    ) -> None:
        """Set the client up; touches no network.

        Args:
            credential: Who signs in: a credential of midentity's or any of azure-core's kind. Without one, the
                machine's default identity.
            cloud: `AzureCloud`, `AzureUSGovernment`, `AzureChinaCloud`, or the https origin of a private cloud. Else
                the credential's, else `MIDENTITY_CLOUD`.
            ca_file: The roots of trust in PEM, these and no others. Else the credential's, else `MIDENTITY_CA_FILE`,
                else the system's.
            timeout: Seconds that a call may take, tries and waits included.

        Raises:
            InvalidArgumentError: An argument can't be used; the message names it.
        """
        check_texts({"cloud": cloud}, ("cloud",))
        check_numbers({"timeout": timeout}, ("timeout",))
        if credential is None:
            from .credential import ManagedIdentityCredential

            credential = ManagedIdentityCredential(cloud=cloud, ca_file=ca_file)
        elif not hasattr(credential, "get_token"):
            hint = "give midentity.ManagedIdentityCredential() or another with get_token"
            invalid(f"{type(credential).__name__} is no credential", hint)
        given = getattr(credential, "_given", {})
        if isinstance(credential, (_native.Credential, _native.AsyncCredential)):
            cloud = cloud if cloud is not None else given.get("cloud")
            ca_file = ca_file if ca_file is not None else given.get("ca_file")
        self._credential = credential
        self._native: _native.ArmClient | None = _native.ArmClient(credential, cloud, ca_file, timeout)

    def _client(self) -> _native.ArmClient:
        if self._native is None:
            from .errors import ClosedError

            raise ClosedError("the client was closed", id="closed", hint="make a new one")
        return self._native

    def _close(self) -> None:
        self._native = None


class ArmClient(ArmClientBase):
    """Sends requests to Resource Manager. Its token goes to the cloud's own host and nowhere else.

    May be used by many threads at once, and after `fork`.

    Example:
        >>> arm = ArmClient()
        >>> arm.get("/subscriptions", "2022-12-01").body["value"][0]["displayName"]
        'emulated'
    """

    def get(self, path: str, api_version: str = "") -> ArmResponse:
        """Read a resource; as `request("GET", path, api_version)`.

        Example:
            >>> ArmClient().get("/subscriptions?api-version=2022-12-01").status
            200
        """
        return self.request("GET", path, api_version)

    def request(self, method: str, path: str, api_version: str = "") -> ArmResponse:
        """Send a request and wait for the answer.

        Args:
            method: GET, HEAD, PUT, PATCH, POST or DELETE.
            path: Begins with a slash, without scheme and host; may hold a query.
            api_version: May be left out where the path's query holds it.

        Raises:
            InvalidArgumentError: Method, path or version can't be used.
            ForbiddenError: The identity has no right to do this.
            NotFoundError: The resource does not exist.
            MidentityError: Whatever else may fail, and what the credential raises.

        Example:
            >>> ArmClient().request("GET", "/subscriptions", "2022-12-01").status
            200
        """
        client = self._client()
        if client.needs_token:
            token = self._credential.get_token(client.scope)
            if hasattr(token, "__await__"):
                token.close()
                invalid("the credential is one for asyncio", "use midentity.aio.ArmClient")
            client.give_token(token.token, token.expires_on)
        return client.request(method, path, api_version)

    def close(self) -> None:
        """Close the client: later calls raise `ClosedError`. A credential that was given stays open."""
        self._close()

    def __enter__(self) -> Self:
        """Give the client itself."""
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        """Close the client."""
        self._close()
