"""Where tokens come from."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final


class Source:
    """The kinds of token source; `AccessTokenInfo.source` is one of these texts.

    >>> Source.IMDS
    'Imds'
    """

    IMDS: Final = "Imds"
    """The metadata service of virtual machines, scale sets, container instances and AKS nodes."""
