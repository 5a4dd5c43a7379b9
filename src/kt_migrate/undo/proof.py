"""Looks whether what was undone is undone, by another road than the undoing: reads and searches."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import islice

from kt_migrate.books import canonical, digest
from kt_migrate.load.attempt import carries
from kt_migrate.load.writers import Writers
from kt_migrate.model import Key, Resource
from kt_migrate.undo.actor import is_over
from kt_migrate.undo.record import Deed, Record
from kt_migrate.undo.states import UNDONE, UndoState

OVERTAKEN = "undo-overtaken"
"""Somebody changed it after the last look at it, and the deletion took that with it."""

AT_ONCE = 100
LISTED = 100
"""So many of what is wrong are named; the others are counted."""


@dataclass(slots=True)
class Proof:
    """What the server says of everything that was undone.

    Attributes:
        gone: what is not there any more; of `with_history` of them the server keeps the history.
        retired: what is there, at the end of its life.
        restored: what has its content of before.
        wrong: what is not as it was undone, and what is there under its temporary identifier
            though it was deleted; (R4 type, link) of the first of them.
        overtaken: ids of the deeds whose deletion took somebody's change with it.
    """

    gone: int = 0
    with_history: int = 0
    retired: int = 0
    restored: int = 0
    wrong: int = 0
    overtaken: list[int] = field(default_factory=list)
    listed: list[tuple[str, str]] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether everything is as it was undone."""
        return not self.wrong

    def as_json(self) -> dict[str, int]:
        """Return the counts."""
        return {
            "gone": self.gone,
            "with_history": self.with_history,
            "retired": self.retired,
            "restored": self.restored,
            "wrong": self.wrong,
            "overtaken": len(self.overtaken),
        }


async def prove(record: Record, writers: Writers) -> Proof:
    """Read back everything that was undone.

    Raises:
        CouldNotLookError, LoginError, ServerUnavailableError: it could not be looked at: that is
            no proof.
    """
    proof = Proof()
    for batch in _batches(record.deeds(*UNDONE)):
        there = await asyncio.gather(
            *(writers.of(deed.seq).standing(deed.r4_type, deed.server_id) for deed in batch)
        )
        for deed, found in zip(batch, there, strict=True):
            await _judge(proof, deed, found, writers)
        await _search(proof, batch, writers)
    return proof


async def _judge(proof: Proof, deed: Deed, found: Resource | int, writers: Writers) -> None:
    if deed.state in (UndoState.DELETED, UndoState.GONE):
        right = isinstance(found, int)
        proof.gone += right
        proof.with_history += found == HTTPStatus.GONE
        if deed.after and found == HTTPStatus.GONE:
            await _look_between(proof, deed, writers)
    elif isinstance(found, int):
        right = False
    elif deed.state is UndoState.RESTORED:
        before = await writers.of(deed.seq).standing(deed.r4_type, deed.server_id, deed.before)
        right = not isinstance(before, int) and _digest(before) == _digest(found)
        proof.restored += right
    else:
        right = deed.sent == _digest(found) if deed.sent else is_over(found)
        proof.retired += right
    if not right:
        _wrong(proof, deed)


async def _look_between(proof: Proof, deed: Deed, writers: Writers) -> None:
    """Say whether somebody's version lies between ours and the deletion.

    A stock HAPI does not heed If-Match on a DELETE: whoever writes between our look and our
    DELETE loses it, and only the history tells.
    """
    between = await writers.of(deed.seq).standing(deed.r4_type, deed.server_id, deed.after)
    if not isinstance(between, int):
        proof.overtaken.append(deed.id)


async def _search(proof: Proof, batch: Sequence[Deed], writers: Writers) -> None:
    """Ask by temporary identifier for what was deleted: what the index has counts for everybody."""
    deleted = [deed for deed in batch if deed.state is UndoState.DELETED]
    found = await writers.find((deed.seq, _key(deed)) for deed in deleted)
    for deed in deleted:  # one write may have come to more than one resource
        there = found.get(_key(deed), ())
        if any(f.id == deed.server_id and carries(f.resource, _key(deed)) for f in there):
            _wrong(proof, deed)


def _wrong(proof: Proof, deed: Deed) -> None:
    proof.wrong += 1
    if len(proof.listed) < LISTED:
        proof.listed.append((deed.r4_type, deed.link))


def _key(deed: Deed) -> Key:
    return Key(r4_type=deed.r4_type, system=deed.system, value=deed.value)


def _digest(resource: Resource) -> str:
    return digest(canonical(resource))


def _batches(deeds: Iterable[Deed]) -> Iterator[list[Deed]]:
    iterator = iter(deeds)
    while batch := list(islice(iterator, AT_ONCE)):
        yield batch
