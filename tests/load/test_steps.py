"""What a journal says of one write is read beside whoever writes it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from kt_migrate.errors import JournalError
from kt_migrate.load.journal import Entry, Journal, Operation, State
from kt_migrate.load.steps import steps_of


def test_where_a_write_stands_and_how_it_came_there(tmp_path: Path) -> None:
    """Every step with its moment, answer and id; nothing of another write; while it is open."""

    async def work() -> None:
        moments = iter(range(100, 200))
        journal = Journal(tmp_path / "journal.sqlite", clock=lambda: float(next(moments)))
        journal.bind({"environment": "local"})
        for seq in (1, 2):
            intent = Entry(
                seq=seq,
                state=State.INTENT,
                operation=Operation.CREATE,
                attempts=1,
                request_id=f"r-{seq}",
            )
            await journal.intend(intent)
        journal.settle(
            Entry(
                seq=1,
                state=State.CREATED,
                operation=Operation.CREATE,
                server_id="id-1",
                version="3",
                status=201,
                attempts=1,
                request_id="r-1",
            )
        )
        await journal.flush()
        with steps_of(tmp_path) as steps:
            assert steps is not None
            stand = steps.stand(1)
            assert stand is not None
            assert (stand.state, stand.server_id, stand.version) == ("created", "id-1", "3")
            found = [(s.state, s.status, s.request_id, s.server_id) for s in steps.of(1)]
            assert found == [("intent", 0, "r-1", ""), ("created", 201, "r-1", "id-1")]
            times = [step.at for step in steps.of(1)]
            assert times == sorted(times)
            assert min(times) >= 100
            assert [step.state for step in steps.of(2)] == ["intent"]
            assert steps.stand(3) is None
            assert steps.of(3) == []
        await journal.stop()
        journal.close()

    asyncio.run(work())


def test_no_journal_is_none_and_is_not_made(tmp_path: Path) -> None:
    """Nothing was sent."""
    with steps_of(tmp_path) as steps:
        assert steps is None
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_journal_is_said(tmp_path: Path) -> None:
    """With its path."""
    (tmp_path / "journal.sqlite").write_bytes(b"no database" * 1000)

    def looked() -> None:
        with steps_of(tmp_path) as steps:
            assert steps is not None
            steps.stand(1)

    with pytest.raises(JournalError) as caught:
        looked()
    assert caught.value.where == str(tmp_path / "journal.sqlite")
