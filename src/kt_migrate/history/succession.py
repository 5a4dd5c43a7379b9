"""The states that an object went through, the oldest first: what `order.last` is the end of.

Every content that `order.last` would take for one state is one here too: copies of a version are
one, two updates of one base are two. Nothing depends on the order of reading.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from kt_migrate.history.order import Candidate, Fullness, deciding, is_timed, measures


def in_order(candidates: Sequence[Candidate], fullness: Fullness) -> tuple[int, ...]:
    """Return the places of all candidates, the oldest first; the content of `last` comes last."""
    return tuple(place for _timed, group in _groups(candidates, fullness) for place in group)


def states(candidates: Sequence[Candidate], fullness: Fullness) -> tuple[int, ...]:
    """Return the place of one candidate per state that an object went through, the oldest first.

    What no key puts in an order (no version, no counter, no time) is one state, the last: nobody
    knows what came before it.

    >>> from kt_migrate.model import Form
    >>> one = Candidate("2016-07-15T11:50:24:271.360", Form.QUEUE, True, None, "", "a")
    >>> states([one._replace(version="2016-07-16T11:50:24:271.360"), one, one], lambda _c: 0)
    (2, 0)
    """
    found: list[int] = []
    for timed, group in _groups(candidates, fullness):
        last_of = {candidates[place].content: place for place in group}
        found.extend(sorted(last_of.values(), key=group.index) if timed else group[-1:])
    return tuple(found)


def _groups(
    candidates: Sequence[Candidate], fullness: Fullness
) -> Iterator[tuple[bool, list[int]]]:
    """Yield (whether contents are states, places) per key, least first; the best is the last."""
    keys = deciding(candidates)[1]
    places = sorted(range(len(candidates)), key=keys.__getitem__)
    for key, group in groupby(places, key=keys.__getitem__):
        ties, timed = list(group), is_timed(key)
        if len(ties) > 1:
            ties.sort(key=lambda place: _rank(candidates[place], fullness, timed=timed))
        yield timed, ties


def _rank(candidate: Candidate, fullness: Fullness, *, timed: bool) -> tuple[object, ...]:
    measured = (measure(candidate) for _name, measure in measures(fullness, timed=timed))
    return (*measured, candidate.content)
