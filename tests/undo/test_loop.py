"""The loop of undoing: its order, its end, and what it counts."""

from __future__ import annotations

import asyncio
from pathlib import Path

from kt_migrate.errors import LoginError
from kt_migrate.kt2.answers import Answer, Deleted
from kt_migrate.undo.record import Deed
from kt_migrate.undo.run import Undo, UndoResult
from kt_migrate.undo.states import UndoState
from undo.acting import Acting, Role, acting, made_by, place_of


def run(it: Acting, *deeds: Deed, workers: int = 1) -> UndoResult:
    """Undo a list of deeds in one start."""
    it.record.list_all(deeds)
    return asyncio.run(Undo(it.plan, it.record, it.actor, it.pace).run(workers))


def test_what_a_start_did_before_it_was_stopped_is_counted(tmp_path: Path) -> None:
    """One is undone, and then the server refuses access: one is done, and two are left to do."""
    with acting(tmp_path) as it:
        delete = it.own.delete

        async def refused(
            r4_type: str, logical_id: str, version: str, *, request_id: str
        ) -> Answer | Deleted:
            if logical_id == "p2":
                raise LoginError("x", where="", fix="")
            return await delete(r4_type, logical_id, version, request_id=request_id)

        it.own.delete = refused  # type: ignore[method-assign]
        result = run(it, made_by(1), made_by(2), made_by(3))

        assert isinstance(result.stopped_by, LoginError)
        assert (result.undone, result.pending, result.total) == (1, 2, 3)
        assert result.of(UndoState.INTENT) == 1


def test_an_interruption_is_counted_as_it_stands(tmp_path: Path) -> None:
    """What is under way ends; nothing more begins."""
    with acting(tmp_path) as it:
        it.record.list_all([made_by(1), made_by(2), made_by(3)])
        loop = Undo(it.plan, it.record, it.actor, it.pace, lambda *_told: loop.interrupt())
        result = asyncio.run(loop.run(1))

        assert (result.undone, result.pending, result.interrupted) == (1, 2, True)
        assert [sent[1] for sent in it.own.sent] == [place_of(1)]
        assert isinstance(it.own, Role)
