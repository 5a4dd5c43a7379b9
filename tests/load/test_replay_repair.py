"""A repair in mode `every-version`: what is gone comes back with its history, what differs does not."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

import pytest

from kt_migrate.kt2.answers import Stored
from kt_migrate.kt2.login import Credentials
from kt_migrate.kt2.versions import read_versions
from kt_migrate.load.journal import Entry, NotTaken
from kt_migrate.load.states import State
from kt_migrate.load.story import Effect
from kt_migrate.plan.findings import Findings, write_findings
from load.test_state_machine import CHILD, Scene, opened, scene
from load.world import planted


async def names(here: Scene) -> list[object]:
    """Return the names that the child had on the server, the oldest first."""
    (found,) = (await here.client.find([CHILD]))[CHILD]
    versions = await read_versions(here.client, "Organization", found.id, found.version)
    return [version.get("name") for version in versions]


async def started(here: Scene) -> Entry:
    """Run one start; return what the journal says of the child."""
    with opened(here.folder) as journal:
        assert (await here.start(journal)).stopped_by is None
        entry = journal.entry(2)
    assert entry is not None
    return entry


@pytest.mark.parametrize("gone", [True, False])
def test_what_is_gone_is_replayed_and_what_differs_gets_its_last_state(
    gone: bool,  # noqa: FBT001 (a case)
    tmp_path: Path,
    credentials: Credentials,
) -> None:
    """Under another id, from its first version on; or over what is there, in one update."""

    async def story() -> None:
        async with scene(tmp_path, credentials, conditional=True, replays=True) as here:
            first = await started(here)
            assert (first.state, first.passed) == (State.UPDATED, 1)
            assert await names(here) == ["Before", None]
            (found,) = (await here.client.find([CHILD]))[CHILD]
            there = Stored(
                created=False, id=found.id, version=found.version, resource=None, status=200
            )
            if gone:
                await here.remove(there)
                write_findings(tmp_path, Findings(missing=(2,)))
            else:  # as if the server had stored another content than it was sent
                changed = await here.change(there, name="Other")
                with opened(tmp_path) as journal:
                    planted(journal, _at(first, changed.version))
                write_findings(tmp_path, Findings(different=(2,)))
            here.repair = True
            entry = await started(here)
            assert (entry.state, entry.passed, entry.notice) == (State.UPDATED, 1, "")
            assert (entry.server_id == first.server_id) is not gone
            told = ["Before", None] if gone else ["Before", None, "Other", None]
            assert await names(here) == told
            here.repair = False
            assert await started(here) == entry

    asyncio.run(story())


def test_a_version_that_is_taken_in_the_end_is_no_longer_listed(tmp_path: Path) -> None:
    """The list is of what is missing now, whatever went before; it can be asked per write."""

    async def story() -> None:
        refused = Entry(seq=1, state=State.EARLIER, passed=1, code="server-rejected", status=422)
        with opened(tmp_path) as journal:
            for seq in (1, 2):
                await journal.intend(Entry(seq=seq, state=State.INTENT))
            journal.settle(refused)
            journal.settle(
                Entry(seq=2, state=State.EARLIER, passed=2, code="x", path="A.b", said="s")
            )
            await journal.flush()
            own = NotTaken(seq=1, ordinal=1, code="server-rejected", path="", status=422, said="")
            other = NotTaken(seq=2, ordinal=2, code="x", path="A.b", status=0, said="s")
            assert listed(journal.not_taken()) == [own, other]
            assert listed(journal.not_taken(2)) == [other]
            await journal.intend(Entry(seq=1, state=State.INTENT))
            journal.settle(Entry(seq=1, state=State.EARLIER, passed=1, server_id="a", version="1"))
            await journal.flush()
            assert listed(journal.not_taken()) == [other]
            await journal.intend(Entry(seq=1, state=State.INTENT, operation="update"))
            journal.settle(
                Entry(
                    seq=1,
                    state=State.UPDATED,
                    operation="update",
                    server_id="a",
                    version="2",
                    passed=1,
                )
            )
            await journal.flush()
            assert listed(journal.effects()) == [
                Effect(seq=1, created=True, server_id="a", version="1"),
                Effect(seq=1, created=False, server_id="a", version="2"),
            ]
            own_steps = [s for s in journal.story() if s.seq == 1 and s.state is not State.INTENT]
            assert [s.version for s in own_steps] == ["1", "2"]
            await journal.stop()

    asyncio.run(story())


def listed(found: Iterable[object]) -> list[object]:
    """Return what was yielded."""
    return list(found)


def _at(entry: Entry, version: str) -> Entry:
    return Entry(
        **{**{n: getattr(entry, n) for n in Entry.__dataclass_fields__}, "version": version}
    )
