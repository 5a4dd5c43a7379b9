"""What a write in doubt came to: by what is there, and whose that is."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from kt_migrate.load.decision import Earlier
from kt_migrate.load.journal import Entry, Operation
from kt_migrate.load.states import State
from kt_migrate.load.story import Step
from kt_migrate.model import Key
from kt_migrate.undo.inventory import Doubts, inventory
from kt_migrate.undo.states import Kind, UndoState
from load.world import planted
from undo.acting import Acting, acting, place_of, planned

CREATED = Step(seq=1, state=State.CREATED, operation="create", server_id="p1", version="1")


def in_doubt(state: State = State.INTENT, operation: str = "create", **at: str) -> Entry:
    """Return what the journal says of the first write."""
    return Entry(seq=1, state=state, operation=operation, attempts=1, **at)  # type: ignore[arg-type]


class Wrote(Earlier):
    """Another run, which wrote this version of the first patient."""

    def __init__(self, version: str) -> None:
        self._version = version

    def wrote(self, key: Key, logical_id: str, version: str = "") -> bool:
        """Whether it is that; an empty version asks for any."""
        return logical_id == "p1" and bool(key) and version in ("", self._version)


def settled(it: Acting, *entries: Entry, earlier: Earlier | None = None) -> dict[int, Step | None]:
    """Return what a look comes to, with these in the journal."""
    planted(it.journal, *entries)

    async def sleep(seconds: float) -> None:
        it.sleeps.append(seconds)

    doubts = Doubts(it.plan, it.journal, it.writers, sleep, *([earlier] if earlier else []))
    return asyncio.run(doubts.settle())


@pytest.mark.parametrize("state", [State.INTENT, State.WAITING])
@pytest.mark.parametrize("operation", ["create", "create-unconditional"])
def test_a_create_whose_effect_came_late_is_ours(
    tmp_path: Path, state: State, operation: str
) -> None:
    """Also when it was not there yet as the run ended: a slow request, a 503 with its effect."""
    with acting(tmp_path) as it:
        step = settled(it, in_doubt(state, operation))[1]
        (deed,) = inventory(it.plan, it.journal, {1: step})

    assert step is not None
    assert (step.state, step.server_id, step.version) == (State.CREATED, "p1", "1")
    assert (deed.kind, deed.state, deed.server_id) == (Kind.MADE, UndoState.LISTED, "p1")
    assert it.sleeps == []


@pytest.mark.parametrize(("version", "ours"), [("1", False), ("2", True)])
def test_what_another_run_wrote_is_not_claimed(tmp_path: Path, version: str, *, ours: bool) -> None:
    """Its content is the same, in the first version: the journal of the other run says whose."""
    with acting(tmp_path) as it:
        assert settled(it, in_doubt(), earlier=Wrote(version)) == ({1: CREATED} if ours else {})


def test_a_server_without_versions_says_nothing_of_whose_it_is(tmp_path: Path) -> None:
    """It may be ours, and cannot be shown to be: a person must look."""
    with acting(tmp_path) as it:
        it.own.versions[place_of(1)] = [{**planned(1), "id": "p1", "meta": {"versionId": ""}}]
        assert settled(it, in_doubt(), earlier=Wrote("1")) == {1: None}
        (deed,) = inventory(it.plan, it.journal, {1: None})
        assert (deed.state, deed.code) == (UndoState.KEPT, "undo-in-doubt")


@pytest.mark.parametrize(
    ("at", "now", "came_to"),
    [
        ("1", "1", "nothing"),
        ("1", "2", "updated"),
        ("1", "3", "doubt"),
    ],
)
def test_an_update_in_doubt_is_ours_when_its_content_is_there(
    tmp_path: Path, at: str, now: str, came_to: str
) -> None:
    """The version that it was sent against: nothing came of it. Another content: in doubt."""
    with acting(tmp_path) as it:
        before = it.own.versions[place_of(1)]
        if now == "2":
            it.own.put(place_of(1), planned(1))
        elif now == "3":
            it.own.put(place_of(1), {**planned(1), "language": "fr"})
        assert len(before) >= 1
        found = settled(it, in_doubt(operation=Operation.UPDATE, server_id="p1", version=at))

    if came_to == "nothing":
        assert found == {}
    elif came_to == "doubt":
        assert found == {1: None}
    else:
        step = found[1]
        assert step is not None
        assert (step.state, step.version) == (State.UPDATED, "2")


def test_what_is_not_there_is_looked_for_twice(tmp_path: Path) -> None:
    """A request of just before a crash may still be at work."""
    with acting(tmp_path) as it:
        kept = it.own.versions.pop(place_of(1))
        find = it.own.find
        asked: list[int] = []

        async def late(keys: object) -> object:
            asked.append(1)
            if len(asked) > 1:
                it.own.versions[place_of(1)] = kept
            return await find(keys)  # type: ignore[arg-type]

        it.own.find = late  # type: ignore[method-assign,assignment]
        assert settled(it, in_doubt()) == {1: CREATED}
        assert it.sleeps == [2.0]


def test_each_doubt_is_looked_up_as_the_client_that_wrote_it(tmp_path: Path) -> None:
    """Another may not see it, and it would be taken for not written."""
    with acting(tmp_path, {1: "portal"}) as it:
        it.own.versions = {}
        assert settled(it, in_doubt()) == {1: CREATED}
