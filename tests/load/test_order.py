"""The order at the server: what it sees, whatever is slow and whatever fails."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kt_migrate.errors import JournalError
from kt_migrate.kt2.login import Credentials
from kt_migrate.load.journal import Entry, State
from kt_migrate.model import Resource
from kt_migrate.reports.result import run_result
from load.wire import CUT, Reply, Request, Server
from load.world import Clock, World, journal_in, key_of, patients, plan_with, resource_of, tasks


@contextmanager
def world(folder: Path, credentials: Credentials, *stages: list[Resource]) -> Iterator[World]:
    """Return a folder with a plan, and a server."""
    with plan_with(folder, *stages) as plan:
        yield World(folder, plan, Server(), credentials, Clock())


def states_in(folder: Path) -> dict[int, State]:
    """Return what the journal says."""
    with journal_in(folder) as journal:
        return {entry.seq: entry.state for entry in journal.entries()}


def linked(graph: Mapping[int, set[int]]) -> list[Resource]:
    """Return a task per number, which refers to the tasks of its targets."""
    made = []
    for seq, targets in graph.items():
        task = resource_of(key_of(f"t{seq}", "Task"), language=f"x-{seq}")
        if targets:
            task["for_"] = [
                {"reference": key_of(f"t{t}", "Task").reference} for t in sorted(targets)
            ]
        made.append(task)
    return made


def number(request: Request) -> int:
    """Return which task a request brings."""
    return int(str(request.body["language"]).removeprefix("x-"))


def test_who_waits_waits_for_its_own_target_only(tmp_path: Path, credentials: Credentials) -> None:
    """One patient is slow: the tasks of the others go meanwhile, its own goes after it."""

    async def story() -> None:
        with world(tmp_path, credentials, patients(*"abc"), tasks(*"abc")) as there:
            server, others = there.server, asyncio.Event()

            async def slow(request: Request) -> Reply:
                if request.method == "POST" and request.body.get("language") == "x-0":
                    await asyncio.wait_for(others.wait(), 5)
                reply = server.effect(request)
                if len(server.sent("POST", "Task")) == 2:
                    others.set()
                return reply

            server.script = slow
            result, _pace = await there.start(workers=3)
            assert result.states == {State.CREATED: 6}
            assert [r.path for r in server.sent("POST")][-1] == "/Task"

    asyncio.run(story())


def test_a_target_counts_when_its_outcome_is_on_disk(
    tmp_path: Path, credentials: Credentials
) -> None:
    """While the disk is busy with the patient's outcome, its task is not even prepared."""

    async def story() -> None:
        with world(tmp_path, credentials, patients("a"), tasks("a")) as there:
            with journal_in(tmp_path) as journal:
                commit, done = journal._commits._commit, list[tuple[int, State]]()

                def slowly(entries: list[Entry]) -> None:
                    time.sleep(0.02)
                    commit(entries)
                    done.extend((entry.seq, entry.state) for entry in entries)

                journal._commits._commit = slowly
                result, _pace = await there.start_with(journal, workers=2)

            assert result.stopped_by is None
            assert done.index((1, State.CREATED)) < done.index((2, State.INTENT))
            assert result.states == {State.CREATED: 2}

    asyncio.run(story())


def test_what_is_held_back_says_by_which_object(tmp_path: Path, credentials: Credentials) -> None:
    """Directly or further on: the one that was refused; the next start takes them along."""

    async def story() -> None:
        graph = {1: set[int](), 2: set[int](), 3: {1, 2}, 4: {3}, 5: {2}}
        with world(tmp_path, credentials, linked(graph)) as there:

            async def refuse(request: Request) -> Reply:
                bad = request.method == "POST" and number(request) == 1
                return Reply(422) if bad else there.server.effect(request)

            there.server.script = refuse
            result, _pace = await there.start(share=1.0)
            assert result.states == {State.CREATED: 2, State.REJECTED: 1, State.BLOCKED: 2}
            details = {i.link: i.detail for i in run_result(tmp_path).issues}
            assert details == {
                "t1": "HTTP 422 no-outcome",
                "t3": "deferred by Task t1",
                "t4": "deferred by Task t1",
            }
            there.server.script = there.server.answer
            again, _pace = await there.start()
            assert (again.states, again.sent) == ({State.CREATED: 5}, 3)

    asyncio.run(story())


def test_a_ring_is_named_and_nothing_is_sent(tmp_path: Path, credentials: Credentials) -> None:
    """A plan that was damaged: an error with the links of the ring, not a run that hangs."""

    async def story() -> None:
        with world(tmp_path, credentials, linked({1: set(), 2: {3}, 3: {2}, 4: {3}})) as there:
            result, _pace = await there.start()
            assert isinstance(result.stopped_by, JournalError)
            assert set(result.stopped_by.where.split(" → ")) == {"Task t2", "Task t3"}
            assert there.server.requests == []

    asyncio.run(story())


@st.composite
def plans(draw: st.DrawFn) -> dict[int, set[int]]:
    """Draw a plan of some tasks that refer to earlier ones."""
    count = draw(st.integers(1, 14))
    return {
        seq: draw(st.sets(st.integers(1, seq - 1), max_size=3)) if seq > 1 else set()
        for seq in range(1, count + 1)
    }


class Trouble:
    """A server that keeps one of each, refuses some, loses answers, and answers in any order."""

    def __init__(self, server: Server, bad: set[int], seed: int) -> None:
        server.guards, server.script = True, self.answer
        self._server, self._bad = server, bad
        self._chance = Random(seed)  # noqa: S311 (the test's own)

    async def answer(self, request: Request) -> Reply:
        """Answer one."""
        if request.method != "POST":
            return self._server.effect(request)
        for target in targets_of(request.body):
            assert tuple(target.split("/")) in self._server.objects
        for _turn in range(self._chance.randrange(6)):
            await asyncio.sleep(0)
        if number(request) in self._bad:
            return Reply(422)
        reply = self._server.effect(request)
        return CUT if self._chance.random() < 0.1 else reply


def targets_of(resource: Resource) -> list[str]:
    """Return what a resource refers to."""
    found = resource.get("for_") or []
    assert isinstance(found, list)
    return [str(target["reference"]) for target in found if isinstance(target, dict)]


@pytest.mark.property
@settings(max_examples=25, deadline=None)
@given(
    graph=plans(),
    bad=st.sets(st.integers(1, 14), max_size=4),
    workers=st.integers(1, 6),
    seed=st.integers(0, 99),
)
def test_the_server_sees_no_reference_before_its_target(
    graph: dict[int, set[int]],
    bad: set[int],
    workers: int,
    seed: int,
    credentials: Credentials,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Refusals, lost answers, any order: held back is exactly what is behind a refusal."""
    folder = tmp_path_factory.mktemp("law")
    held: set[int] = set()
    for seq, targets in graph.items():
        if targets & (held | bad):
            held.add(seq)

    async def story() -> None:
        with world(folder, credentials, linked(graph)) as there:
            Trouble(there.server, bad, seed)
            result, _pace = await there.start(workers=workers, share=1.0)

            assert result.stopped_by is None
            states = states_in(folder)
            refused = (bad & set(graph)) - held
            assert {seq for seq in graph if states[seq] == State.BLOCKED} == held
            assert {seq for seq in graph if states[seq] == State.REJECTED} == refused
            assert len(there.server.objects) == len(graph) - len(held) - len(refused)

    asyncio.run(story())
