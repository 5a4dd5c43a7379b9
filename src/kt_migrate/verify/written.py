"""What the journals know of the server, as far as a verification asks.

The verification takes a road of its own and knows no journal: whoever calls it passes this.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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

    def not_taken(self, seq: int) -> frozenset[int]:
        """Return which earlier versions of a write the server did not take, from 1."""
        ...

    def cut_short(self, seq: int) -> bool:
        """Whether a write was there before this plan, so that its history was not replayed."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One effect on the server that a journal claims.

    Attributes:
        seq: the write.
        action: `C` it was created, `U` it was updated.
        logical_id, version: what came of it; a version may be empty in an old journal.
    """

    seq: int
    action: str
    logical_id: str
    version: str


class Claims(Protocol):
    """What the journal of one run claims to have done."""

    def trace_ids(self) -> Sequence[str]:
        """Return the trace ids of the run; none: nothing of it was sent."""
        ...

    def unsettled(self) -> int:
        """Return how many requests have an outcome that is not known yet."""
        ...

    def effects(self) -> Iterator[Effect]:
        """Yield every effect, also of what was changed later, in the order of the plan."""
        ...

    def known(self) -> Iterator[str]:
        """Yield the logical ids that it has met, whoever made them."""
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

    def not_taken(self, seq: int) -> frozenset[int]:
        """Return nothing: nothing is known."""
        del seq
        return frozenset()

    def cut_short(self, seq: int) -> bool:
        """Return False: nothing is known."""
        del seq
        return False


NOTHING = NothingWritten()
