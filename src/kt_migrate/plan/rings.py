"""What waits for itself: in a ring of references nothing can be written first. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

Waits = Mapping[int, set[int]]
"""Per thing, what it waits for."""


def rings(pairs: Iterable[tuple[int, int]]) -> Iterator[set[int]]:
    """Yield the rings: sets of which each member waits, by any road, for each member.

    What merely waits for a ring is in none.

    Args:
        pairs: (a, b) for each b that a waits for.

    >>> list(rings([(1, 2), (2, 3), (3, 2)]))
    [{2, 3}]
    """
    ahead, back = _trimmed(pairs)
    left = set(ahead)
    while left:
        start = min(left)
        ring = _reached(start, ahead) & _reached(start, back)
        if ring:
            yield ring
        left -= ring | {start}


def _trimmed(pairs: Iterable[tuple[int, int]]) -> tuple[Waits, Waits]:
    """Return who waits for whom, and the reverse, without those whom nobody waits for.

    A whole domain can wait for one ring; what is left here is the ring and little more.
    """
    ahead: dict[int, set[int]] = {}
    back: dict[int, set[int]] = {}
    for one, other in pairs:
        ahead.setdefault(one, set()).add(other)
        back.setdefault(other, set()).add(one)
    free = [one for one in ahead if one not in back]
    while free:
        one = free.pop()
        for other in ahead.pop(one):
            back[other].discard(one)
            if not back[other] and other in ahead:
                free.append(other)
    return ahead, back


def _reached(start: int, roads: Waits) -> set[int]:
    """Return what can be reached in one step or more."""
    found: set[int] = set()
    todo = [start]
    while todo:
        for other in roads.get(todo.pop(), ()):
            if other not in found:
                found.add(other)
                todo.append(other)
    return found
