"""Which version of an object is the last (kt13.md §5.5).

The first kind of key that all candidates have decides. A sender copy's version is the one that
the update was based on, so that it comes just after that version (kt13.md §1.7b).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from kt_migrate.kt13.links import Instant, timestamp_instant, version_instant, version_number
from kt_migrate.model import Form

Order: TypeAlias = "tuple[object, ...]"
_BEGIN = Instant(-(1 << 40), 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What is known of one version of an object.

    Attributes:
        version: its own version, or the one that the server's answer gave it; None: none.
        form: of the message copy.
        assigned: whether `version` is the one that this content got (else its base).
        focal_version: the version of its message's focal object; None: none.
        focal_assigned: the same for that.
        iid: the server's counter of the message; None in a sender copy.
        timestamp: the sender's, verbatim.
        content: digest of the content: decides when nothing else does, so that the order of
            reading never does.
    """

    version: str | None
    form: Form
    assigned: bool
    focal_version: str | None
    focal_assigned: bool
    iid: int | None
    timestamp: str
    content: str


Key: TypeAlias = "Callable[[Candidate], tuple[object, ...] | None]"


def last(candidates: Sequence[Candidate]) -> tuple[int, str]:
    """Return the place of the last candidate, and which kind of key decided.

    Args:
        candidates: all versions of one object; at least one.

    Returns:
        (index, decided_by): `only`, `version`, `focal-version`, `iid`, `timestamp` or
        `content`. Does not depend on the order of the candidates.
    """
    if len(candidates) == 1:
        return 0, "only"
    for name, key in _KEYS:
        keys = [key(candidate) for candidate in candidates]
        if all(found is not None for found in keys):
            return _greatest(candidates, [k for k in keys if k is not None], name)
    return _greatest(candidates, [() for _candidate in candidates], "content")


def _greatest(candidates: Sequence[Candidate], keys: list[Order], name: str) -> tuple[int, str]:
    full = [
        (key, timestamp_instant(c.timestamp) or _BEGIN, c.iid or 0, c.content)
        for key, c in zip(keys, candidates, strict=True)
    ]
    best = max(full)
    ties = [place for place, key in enumerate(keys) if key == best[0]]
    decided = name
    if len(ties) > 1 and len({candidates[place].content for place in ties}) > 1:
        decided = "timestamp" if _timestamps_differ(candidates, ties) else "content"
    return full.index(best), decided


def _timestamps_differ(candidates: Sequence[Candidate], places: list[int]) -> bool:
    return len({timestamp_instant(candidates[place].timestamp) for place in places}) > 1


def _own(candidate: Candidate, read: Callable[[str | None], object]) -> Order | None:
    found = read(candidate.version)
    return None if found is None else (found, 0 if candidate.assigned else 1)


def _with_focal(candidate: Candidate, read: Callable[[str | None], object]) -> Order | None:
    own = _own(candidate, read)
    if own is not None:
        return own
    found = read(candidate.focal_version)
    return None if found is None else (found, 0 if candidate.focal_assigned else 1)


def _by_iid(candidate: Candidate) -> Order | None:
    return None if candidate.iid is None else (candidate.iid,)


def _by_instant(candidate: Candidate) -> Order | None:
    own = _with_focal(candidate, version_instant)
    if own is not None:
        return own
    sent = timestamp_instant(candidate.timestamp)
    return None if sent is None else (sent, 1)


_KEYS: tuple[tuple[str, Key], ...] = (
    ("version", lambda c: _own(c, version_instant)),
    ("version", lambda c: _own(c, version_number)),
    ("focal-version", lambda c: _with_focal(c, version_instant)),
    ("iid", _by_iid),
    ("timestamp", _by_instant),
)
