"""The order of a load: what may go now, what waits for what, what is held back by a failure.

A write may go when everything that it refers to is on the server. That is known per write, not
per stage: nothing waits for a stranger. A byte per write says where it stands, an integer how
many targets it waits for, and a linked list in three arrays who waits for it: a million writes
with three million references take 30 MB, and none of them an object of its own.

Pure: the journal says what became of a write (`settled`, `failed`), and the loop asks for the
next one (`take`). What waits for a failure is handed out once, by `deferred`.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator

from kt_migrate.errors import JournalError

_ABSENT, _READY, _WAITING, _TAKEN, _DONE, _FAILED, _DOOMED = range(7)
_RING_SHOWN = 10


class Schedule:
    """The order of one plan's writes.

    Args:
        seqs: the writes of the plan.
        done: those that are on the server.
        failed: those of which it is known that they will not come.
        references: (seq, seq of what it refers to); the same pair may come more than once.
        outside: numbers that are no writes, but others' objects that writes refer to: they are
            never taken, and are `settled` when they are there, or `failed` when they will not come.

    Raises:
        JournalError: a reference leads out of the plan: the plan is damaged.
    """

    def __init__(
        self,
        seqs: Iterable[int],
        *,
        done: Iterable[int] = (),
        failed: Iterable[int] = (),
        references: Iterable[tuple[int, int]] = (),
        outside: Iterable[int] = (),
    ) -> None:
        self._state = bytearray()
        for start, numbers in ((_READY, seqs), (_TAKEN, outside)):
            for seq in numbers:
                if seq >= len(self._state):
                    self._state.extend(bytes(seq + 1 - len(self._state)))
                self._state[seq] = start
        size = len(self._state)
        for state, known in ((_DONE, done), (_FAILED, failed)):
            for seq in known:
                if seq < size and self._state[seq]:
                    self._state[seq] = state
        self._waits = array("I", bytes(4 * size))
        self._first = array("I", bytes(4 * size))  # per target: its first edge, from 1
        self._next = array("I", [0])  # per edge: the next one of the same target
        self._who = array("I", [0])  # per edge: who refers
        self._backwards = True
        self._connect(references)
        self._ready_from = self._doomed_from = 0
        self._under_way = self._state.count(_TAKEN)
        self._open = sum(self._state.count(s) for s in (_READY, _WAITING, _TAKEN))
        for seq in _places(self._state, _FAILED):
            self._doom(seq)

    def _connect(self, references: Iterable[tuple[int, int]]) -> None:
        state, waits, size = self._state, self._waits, len(self._state)
        first, following, who = self._first, self._next, self._who
        for seq, target in references:
            if not (0 < seq < size and 0 < target < size and state[seq] and state[target]):
                raise JournalError(
                    "The plan is damaged: a reference leads to no write.",
                    where=f"plan.sqlite, write {seq}",
                    fix="Make a new plan.",
                )
            if state[target] == _DONE or state[seq] in (_DONE, _FAILED):
                continue
            state[seq] = _WAITING
            waits[seq] += 1
            who.append(seq)
            following.append(first[target])
            first[target] = len(who) - 1
            self._backwards = self._backwards and target < seq

    @property
    def open(self) -> int:
        """How many writes have no outcome yet: ready, waiting or under way."""
        return self._open

    @property
    def stuck(self) -> bool:
        """Whether there are open writes, none under way, and nothing was left to take or to defer.

        Only a ring can do that, and those are refused before: a guard, so that nothing ever hangs.
        """
        nothing = self._ready_from >= len(self._state) <= self._doomed_from
        return nothing and not self._under_way and self._open > 0

    def take(self) -> int | None:
        """Return the first write that may go, once; None when there is none just now."""
        seq = self._state.find(_READY, self._ready_from)
        self._ready_from = len(self._state) if seq < 0 else seq + 1
        if seq < 0:
            return None
        self._state[seq] = _TAKEN
        self._under_way += 1
        return seq

    def settled(self, seq: int) -> None:
        """Note that a write is on the server: who waited for it only may go."""
        if not self._close(seq, _DONE):
            return
        state, waits = self._state, self._waits
        for other in self._referring(seq):
            waits[other] -= 1
            if not waits[other] and state[other] == _WAITING:
                state[other] = _READY
                self._ready_from = min(self._ready_from, other)

    def failed(self, seq: int) -> None:
        """Note that a write will not come: who refers to it is held back."""
        if self._close(seq, _FAILED):
            self._doom(seq)

    def deferred(self) -> int | None:
        """Return a write that is held back by a failure, once; None when there is none."""
        seq = self._state.find(_DOOMED, self._doomed_from)
        self._doomed_from = len(self._state) if seq < 0 else seq + 1
        if seq < 0:
            return None
        self._state[seq] = _FAILED
        self._open -= 1
        self._doom(seq)
        return seq

    def has_failed(self, seq: int) -> bool:
        """Whether it is known of a number that it will not come."""
        return self._state[seq] == _FAILED

    def _close(self, seq: int, state: int) -> bool:
        if self._state[seq] in (_ABSENT, _DONE, _FAILED, _DOOMED):
            return False
        self._under_way -= self._state[seq] == _TAKEN
        self._state[seq] = state
        self._open -= 1
        return True

    def _doom(self, seq: int) -> None:
        for other in self._referring(seq):
            if self._state[other] == _WAITING:
                self._state[other] = _DOOMED
                self._doomed_from = min(self._doomed_from, other)

    def _referring(self, target: int) -> Iterator[int]:
        edge = self._first[target]
        while edge:
            yield self._who[edge]
            edge = self._next[edge]

    def ring(self) -> tuple[int, ...]:
        """Return writes that refer to each other in a ring; empty: there is none.

        A plan has none (docs/design.md, step 6). When all targets come before what refers to
        them, as in every plan that was not damaged, that is seen at once.
        """
        if self._backwards:
            return ()
        waits, ready = array("I", self._waits), list(_places(self._state, _READY))
        for state in (_FAILED, _DOOMED, _TAKEN):
            ready += _places(self._state, state)
        while ready:
            for other in self._referring(ready.pop()):
                waits[other] -= 1
                if not waits[other] and self._state[other] == _WAITING:
                    ready.append(other)
        stuck = {s for s in _places(self._state, _WAITING) if waits[s]}
        target_of = {other: seq for seq in stuck for other in self._referring(seq)}
        return _walk(target_of)


def _places(state: bytearray, value: int) -> Iterator[int]:
    place = state.find(value)
    while place >= 0:
        yield place
        place = state.find(value, place + 1)


def _walk(target_of: dict[int, int]) -> tuple[int, ...]:
    """Follow targets until one comes back; the ring from there, at most some of it."""
    seen: dict[int, int] = {}
    seq = next(iter(target_of), 0)
    while seq in target_of and seq not in seen:
        seen[seq] = len(seen)
        seq = target_of[seq]
    return tuple(s for s, place in seen.items() if place >= seen.get(seq, len(seen)))[:_RING_SHOWN]
