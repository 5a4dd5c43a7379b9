"""Which sighting of an object is its last state (kt13.md §5.4, §5.5).

Versions first. A sender copy's version is the one that the update was based on, so that it
comes just after that version (kt13.md §1.7b). When not every sighting has a version, the first
kind of key that all of them have decides. Between equal versions a queue copy goes before a
search, and that before a sender copy; then the one that says more. The order of reading never
decides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from kt_migrate.kt13.links import Instant, timestamp_instant, version_instant, version_number
from kt_migrate.kt13.remembering import remembered
from kt_migrate.model import Body, Form

Order: TypeAlias = "tuple[object, ...]"
_BEGIN = Instant(-(1 << 40), 0, 0)
_PREFERENCE = {Form.QUEUE: 2, Form.SEARCH: 1, Form.SENDER: 0}


class Candidate(NamedTuple):
    """What is known of one sighting of an object, with what any copy of its message knows.

    Attributes:
        version: its own version, or the one that another copy of its message or the server's
            answer gave it; None: none.
        form: of the message copy.
        assigned: whether `version` is the one that this content got (else its base).
        focal_version: the version of its message's focal object; None: none.
        focal_assigned: the same for that.
        iid: the server's counter of the message; None when no copy has it.
        timestamp: the sender's, verbatim.
        content: digest of the content: decides when nothing else does, so that the order of
            reading never does.
    """

    version: str | None
    form: Form
    assigned: bool
    iid: int | None
    timestamp: str
    content: str
    focal_version: str | None = None
    focal_assigned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Last:
    """Which candidate is the last.

    Attributes:
        index: its place among the candidates.
        decided_by: `only`, `version`, `focal-version`, `iid`, `timestamp`, `form`, `fullness`
            or `content`: the kind of key that decided.
        same_version: places of the others that have the very version that won (assigned by the
            server); empty when no version won.
    """

    index: int
    decided_by: str
    same_version: tuple[int, ...] = ()


Key: TypeAlias = "Callable[[Candidate], tuple[object, ...] | None]"
Fullness: TypeAlias = "Callable[[Candidate], int]"


def last(candidates: Sequence[Candidate], fullness: Fullness) -> Last:
    """Say which candidate is the last; does not depend on their order.

    Args:
        candidates: all sightings of one object; at least one.
        fullness: how much a candidate's content says; asked only when equal versions differ.
    """
    if len(candidates) == 1:
        return Last(index=0, decided_by="only")
    name, keys = deciding(candidates)
    return _greatest(candidates, keys, name, fullness)


def deciding(candidates: Sequence[Candidate]) -> tuple[str, list[Order]]:
    """Return the first kind of key that all candidates have, and that of each."""
    for name, key in _KEYS:
        keys = [key(candidate) for candidate in candidates]
        if all(found is not None for found in keys):
            return name, [k for k in keys if k is not None]
    return "content", [() for _candidate in candidates]


def _greatest(
    candidates: Sequence[Candidate], keys: Sequence[Order], name: str, fullness: Fullness
) -> Last:
    best = max(keys)
    ties = [place for place, key in enumerate(keys) if key == best]
    by_version = name == "version" and best[1] == 0
    same = ties if by_version else []
    # Two updates of one base are two states: the later is the last. Elsewhere equal versions
    # are one state, of which the best copy is wanted.
    timed = is_timed(best)
    left, decided = _best_copies([candidates[p] for p in ties], fullness, timed=timed)
    winner = max((p for p in ties if candidates[p].content == left), key=_rank(candidates))
    decided = decided or name
    return Last(
        index=winner,
        decided_by=decided,
        same_version=tuple(place for place in same if place != winner),
    )


def _rank(candidates: Sequence[Candidate]) -> Callable[[int], Order]:
    """Rank places whose content is equal: they differ in what carried them only."""
    return lambda place: (
        _PREFERENCE[candidates[place].form],
        timestamp_instant(candidates[place].timestamp) or _BEGIN,
        candidates[place].iid or 0,
    )


def _best_copies(ties: Sequence[Candidate], fullness: Fullness, *, timed: bool) -> tuple[str, str]:
    """Return the content that wins among equal versions, and what decided, if anything had to."""
    left, decided = list(ties), ""
    for name, measure in measures(fullness, timed=timed):
        if len({candidate.content for candidate in left}) == 1:
            return left[0].content, decided
        most = max(measure(candidate) for candidate in left)
        left = [candidate for candidate in left if measure(candidate) == most]
        decided = name
    several = len({candidate.content for candidate in left}) > 1
    return max(candidate.content for candidate in left), "content" if several else decided


def is_timed(key: Order) -> bool:
    """Whether a key is of updates of one base, or of a time: then two contents are two states."""
    return len(key) > 1 and key[1] == 1


def measures(
    fullness: Fullness, *, timed: bool
) -> Sequence[tuple[str, Callable[[Candidate], Any]]]:
    """Return what decides between equal keys, by name: the greatest goes last.

    Args:
        fullness: how much a candidate's content says.
        timed: they are updates of one base: then time goes before the kind of copy.
    """
    copy: list[tuple[str, Callable[[Candidate], Any]]] = [
        ("form", lambda c: _PREFERENCE[c.form]),
        ("fullness", fullness),
    ]
    time: list[tuple[str, Callable[[Candidate], Any]]] = [
        ("timestamp", lambda c: timestamp_instant(c.timestamp) or _BEGIN),
        ("iid", lambda c: c.iid or 0),
    ]
    return [*time, *copy] if timed else [*copy, *time]


def leaves(body: Body) -> int:
    """Count the values in a body: how much it says.

    >>> leaves({"name": [{"family": ["A"], "given": ["B", "C"]}]})
    3
    """
    count = 0
    for nodes in body.values():
        for node in nodes:
            count += leaves(node) if isinstance(node, dict) else 1
    return count


def says_no_more(body: Body, than: Body) -> bool:
    """Whether every value of a body is in another one too: a copy that was stripped, say.

    >>> says_no_more({"a": ["1"]}, {"a": ["1"], "b": ["2"]})
    True
    """
    return Counter(_values(body, "")) <= Counter(_values(than, ""))


def _values(body: Body, path: str) -> Iterator[tuple[str, str]]:
    for name, nodes in body.items():
        for node in nodes:
            if isinstance(node, dict):
                yield from _values(node, f"{path}.{name}")
            else:
                yield f"{path}.{name}", node


def _number(instant: Instant) -> int:
    """Return a moment as one number: what comes later is greater."""
    return (instant.seconds * 1_000 + instant.milliseconds) * 10_000 + instant.ticks


@remembered(65_536)  # one message gives its version to all that it carries
def _version_number(version: str) -> int | None:
    instant = version_instant(version)
    return None if instant is None else 2 * _number(instant)


def moment(version: str, *, assigned: bool) -> int | None:
    """Return a version as SQLite can sort it; None: it has none. A base comes just after itself.

    >>> version = "2016-07-15T11:50:24:271.360"
    >>> moment(version, assigned=False) - moment(version, assigned=True)
    1
    """
    found = _version_number(version) if version else None
    return found if found is None or assigned else found + 1


def only_latest(moments: Sequence[int | None]) -> int | None:
    """Return the place of the latest moment; None when moments alone do not tell which is.

    >>> only_latest([2, 8, 4]), only_latest([2, 8, 8]), only_latest([2, None])
    (1, None, None)
    """
    latest = -1
    for place, found in enumerate(moments):
        if found is None:
            return None
        if latest < 0 or found > (moments[latest] or 0):
            latest = place
    return latest if moments.count(moments[latest]) == 1 else None


def sent(timestamp: str | None) -> int | None:
    """Return a sender's timestamp as SQLite can sort it; None: it is no moment."""
    instant = timestamp_instant(timestamp) if timestamp else None
    return None if instant is None else _number(instant)


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
