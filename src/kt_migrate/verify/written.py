"""What the journals know of the server, as far as a verification asks.

The verification takes a road of its own and knows no journal: whoever calls it passes this.
"""

from __future__ import annotations

from typing import Protocol


class Written(Protocol):
    """What the runs of one environment wrote."""

    def version_of(self, r4_type: str, logical_id: str) -> str | None:
        """Return the version that this run's last write gave; None: not known."""
        ...

    def earlier(self, r4_type: str, logical_id: str) -> bool:
        """Whether another run of this working folder wrote it."""
        ...

    def adopted(self, r4_type: str, logical_id: str) -> bool:
        """Whether this run left it as it was, by choice (`--existing adopt`)."""
        ...


class NothingWritten:
    """No journal at hand."""

    def version_of(self, r4_type: str, logical_id: str) -> str | None:
        """Return None: nothing is known."""
        del r4_type, logical_id
        return None

    def earlier(self, r4_type: str, logical_id: str) -> bool:
        """Return False: nothing is known."""
        del r4_type, logical_id
        return False

    def adopted(self, r4_type: str, logical_id: str) -> bool:
        """Return False: nothing is known."""
        del r4_type, logical_id
        return False


NOTHING = NothingWritten()
