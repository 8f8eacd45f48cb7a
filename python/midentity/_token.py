"""Access tokens as tuples, azure-core's first protocol."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    # For type checkers ours is one of azure-core's, whose protocols name that class. At run time nobody asks, and
    # azure-core need not be there.
    from azure.core.credentials import AccessToken as _Base
else:
    _Base = tuple


class AccessToken(_Base):
    """An access token: a tuple of the token and when it expires, as azure-core's class of the same name.

    `repr` and `str` do not show the token. Formatting or serialising its fields does, and so does pickling it.

        >>> AccessToken("secret", 1900000000)
        AccessToken(token='(redacted)', expires_on=1900000000)
    """

    __slots__ = ()

    def __new__(cls, token: str, expires_on: int) -> AccessToken:
        """Hold a token and when it expires, in seconds since 1970 UTC."""
        return tuple.__new__(cls, (token, expires_on))

    @property
    def token(self) -> str:
        """The token itself. Put it into an `Authorization` header and nowhere else."""
        return self[0]

    @property
    def expires_on(self) -> int:
        """When it expires, in seconds since 1970 UTC by this machine's clock."""
        return self[1]

    @property
    def expires_at(self) -> datetime:
        """When it expires, as a `datetime` in UTC."""
        return moment(self[1])

    def __repr__(self) -> str:
        """Say when it expires, not what it is."""
        return f"{type(self).__name__}(token='(redacted)', expires_on={self[1]})"

    def __getnewargs__(self) -> tuple[str, int]:
        """Give what `pickle` and `copy` make the same token from."""
        return (self[0], self[1])


def moment(epoch_seconds: int) -> datetime:
    """Seconds since 1970 UTC as a `datetime` in UTC."""
    from datetime import datetime, timezone

    return datetime.fromtimestamp(epoch_seconds, timezone.utc)
