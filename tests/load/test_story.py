"""What a journal says that was done on the server: each version of each resource once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

from kt_migrate.load.journal import Entry, Journal, Operation, State
from kt_migrate.load.story import Effect

ONE = Entry(seq=1, state=State.CREATED, operation=Operation.CREATE, server_id="p1", version="1")
INTENT = Entry(seq=1, state=State.INTENT, operation=Operation.CREATE)


def told(folder: Path, *entries: Entry) -> Journal:
    """Return a journal in which this happened, whatever steps are allowed."""
    journal = Journal(folder / "journal.sqlite", clock=lambda: 0.0)

    async def settle() -> None:
        for entry in entries:
            journal.settle(entry)
            await journal.flush()
        await journal.stop()

    with patch("kt_migrate.load.journal.require_step"):
        asyncio.run(settle())
    return journal


def effect(seq: int, what: str, *, created: bool = False) -> Effect:
    """Return an effect on `id/version`."""
    server_id, _, version = what.partition("/")
    return Effect(seq=seq, created=created, server_id=server_id, version=version)


def test_every_create_and_update_is_an_effect(tmp_path: Path) -> None:
    """Also of what was changed or lost later; in the order of the plan. Nothing else is."""
    entries = [
        replace(ONE, seq=2, server_id="t1"),
        INTENT,
        ONE,
        replace(ONE, state=State.REPAIR),
        replace(INTENT, operation=Operation.UPDATE, server_id="p1", version="1"),
        replace(ONE, state=State.UPDATED, operation=Operation.UPDATE, version="2"),
        replace(ONE, seq=3, state=State.UNCHANGED, server_id="x1"),
        replace(ONE, seq=4, state=State.ADOPTED, server_id="x2"),
        replace(ONE, seq=5, state=State.REJECTED, server_id="x3"),
        replace(ONE, server_id="p2"),
    ]
    journal = told(tmp_path, *entries)

    assert list(journal.effects()) == [
        effect(1, "p1/1", created=True),
        effect(1, "p1/2"),
        effect(1, "p2/1", created=True),
        effect(2, "t1/1", created=True),
    ]
    assert set(journal.ids()) == {"p1", "p2", "t1", "x1", "x2", "x3"}
    journal.close()


def test_earlier_versions_are_effects_unless_they_were_not_taken(tmp_path: Path) -> None:
    """One that was refused names the version that it was sent against: that is there already."""
    update = Operation.UPDATE
    earlier = replace(ONE, state=State.EARLIER, passed=1)
    entries = [
        earlier,
        replace(earlier, operation=update, version="2", passed=2),
        replace(earlier, operation=update, version="2", passed=3, code="server-rejected"),
        replace(ONE, state=State.UPDATED, operation=update, version="3", passed=3),
        replace(earlier, seq=2, server_id="", version="", code="server-rejected"),
        replace(ONE, seq=2, server_id="p9", operation=Operation.CREATE_UNCONDITIONAL, passed=1),
        replace(earlier, seq=3, server_id="q1", operation=Operation.CREATE_UNCONDITIONAL),
        replace(earlier, seq=3, server_id="q1", operation=update, passed=2, code="server-rejected"),
    ]
    journal = told(tmp_path, *entries)

    assert list(journal.effects()) == [
        effect(1, "p1/1", created=True),
        effect(1, "p1/2"),
        effect(1, "p1/3"),
        effect(2, "p9/1", created=True),
        effect(3, "q1/1", created=True),
    ]
    journal.close()


def test_a_journal_of_before_claims_by_its_entries(tmp_path: Path) -> None:
    """It has no ids in its events."""
    journal = told(tmp_path, INTENT, ONE)
    journal._db.execute("UPDATE event SET server_id = '', version = ''")

    assert list(journal.effects()) == [effect(1, "p1/1", created=True)]
    journal.close()
