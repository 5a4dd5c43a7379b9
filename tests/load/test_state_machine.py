"""Every step of docs/state-machine.md, over the sandbox, with a crash before and after it.

One child refers to one parent. A case puts the child in the state in which a step starts, and the
server in the condition that leads to it. The process dies at the commit that records the step;
what is left is the journal's file and the server. A new journal and a new load go on from there.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import httpx
import pytest

from asking import organization
from kt_migrate.errors import JournalError
from kt_migrate.kt2.answers import Stored
from kt_migrate.kt2.client import FhirClient
from kt_migrate.kt2.keys import public_jwks
from kt_migrate.kt2.login import Credentials
from kt_migrate.kt2.pace import Pace
from kt_migrate.load.decision import Choice, Earlier, Policy
from kt_migrate.load.journal import Entry, Journal, Operation
from kt_migrate.load.run import Load, LoadResult
from kt_migrate.load.start import Start, Wishes
from kt_migrate.load.states import FAILED, ON_SERVER, PHASES, STEPS, Phase, State, require_step
from kt_migrate.model import Key, Resource
from kt_migrate.plan.findings import Findings, write_findings
from kt_migrate.plan.store import Plan
from kt_migrate.sandbox.app import build_app
from kt_migrate.sandbox.settings import Client, SandboxSettings
from load.world import TRACE, Clock, journal_in, key_of, plan_with, planted
from support import CLIENT, ROOT

PARENT, CHILD = key_of("parent", "Organization"), key_of("child", "Organization")
BEFORE: Resource = {"name": "Before"}
CHOICES = {State.ADOPTED: Choice.ADOPT, State.UPDATED: Choice.UPDATE}
TO_SEND = (None, State.EARLIER, State.WAITING, State.REJECTED, State.BLOCKED, State.REPAIR)
ALL = sorted(
    ((start, end) for start, ends in STEPS.items() for end in ends),
    key=lambda s: (s[0] or "", s[1]),
)


@dataclass
class Scene:
    """One sandbox, one plan, one folder; as many processes as are started.

    Attributes:
        refuse: what a POST of an organization with this name gets, as long as it stands here.
        choice: for what was there before.
        repair: whether the starts are asked to repair.
    """

    folder: Path
    plan: Plan
    client: FhirClient
    clock: Clock
    refuse: dict[str, list[int]] = field(default_factory=dict)
    choice: Choice = Choice.REFUSE
    repair: bool = False

    async def start(self, journal: Journal) -> LoadResult:
        """Do what one start of the command does."""
        pace = Pace(max_in_flight=2, per_second=0, now=self.clock.now, sleep=self.clock.sleep)
        policy = Policy(choice=self.choice, earlier=Earlier())
        start = Start(
            folder=self.folder,
            plan=self.plan,
            journal=journal,
            wishes=Wishes(repair=self.repair),
            policy=policy,
        )
        await start.repair(self.client, pace, trace_id=TRACE)
        load = Load(
            self.plan, journal, self.client, pace, trace_id=TRACE, error_share=1.0, policy=policy
        )
        return await start.finish(load._sender.writers, await load.run(2))

    async def put(self, key: Key, **elements: object) -> Stored:
        """Create an object, as somebody else would, though it may be there already."""
        resource: Resource = {**self.planned(key), **elements}  # type: ignore[dict-item]  # JSON
        answer = await self.client.create(resource, None, request_id="other")
        assert isinstance(answer, Stored), answer
        return answer

    async def change(self, stored: Stored, **elements: object) -> Stored:
        """Update an object, as somebody else would."""
        resource: Resource = {**self.planned(CHILD), "id": stored.id, **elements}  # type: ignore[dict-item]  # JSON
        answer = await self.client.update(resource, stored.id, stored.version, request_id="other")
        assert isinstance(answer, Stored), answer
        return answer

    async def remove(self, stored: Stored) -> None:
        """Delete an object, as somebody else would."""
        address = f"{self.client._base}/Organization/{stored.id}"
        answer = await self.client._sending.send("DELETE", address, {})
        assert isinstance(answer, httpx.Response)
        assert answer.status_code == 204, answer.text

    def planned(self, key: Key) -> Resource:
        """Return what the plan has, with literal references."""
        write = self.plan.write(key)
        assert write is not None
        resource = dict(write.resource)
        if key == CHILD:
            resource["partOf"] = {"reference": f"Organization/{self.parent.id}"}
        return resource

    parent: Stored = field(init=False)


class Through(httpx.AsyncBaseTransport):
    """Carries requests to the application, but for those that a scene refuses."""

    def __init__(self, app: object, refuse: dict[str, list[int]]) -> None:
        self._app = httpx.ASGITransport(app)  # type: ignore[arg-type]  # an application
        self._refuse = refuse

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Carry it there."""
        if request.method == "POST":
            for name, statuses in self._refuse.items():
                if f'"value":"{name}"'.encode() in request.content and statuses:
                    status = statuses.pop(0)
                    return httpx.Response(status, json={}, request=request)
        return await self._app.handle_async_request(request)


@asynccontextmanager
async def scene(
    folder: Path, credentials: Credentials, *, conditional: bool, replays: bool = False
) -> AsyncIterator[Scene]:
    """Return a scene whose parent is on the server, and known to be.

    Args:
        folder: where.
        credentials: who logs in.
        conditional: whether the server offers conditional create.
        replays: whether the child has an earlier version.
    """
    parent = organization("parent")
    child = organization("child", partOf={"reference": PARENT.reference})
    before: Resource = {**child, **BEFORE}
    settings = SandboxSettings(
        base_path="/api/v1/TEST/fhir/r4",
        clients=(Client(client_id=CLIENT, jwks=public_jwks(credentials.key, "k1", "ES384")),),
        store=folder / "store.sqlite",
        conditional_create=conditional,
    )
    app, sandbox = build_app(settings, "http://127.0.0.1:1")
    refuse: dict[str, list[int]] = {}
    with (
        plan_with(folder, [parent], [child], versions=[before] if replays else ()) as plan,
        patch("kt_migrate.kt2.client.transport", lambda _most: Through(app, refuse)),
    ):
        clock = Clock()
        async with FhirClient(
            sandbox.base, credentials, trace_id=TRACE, max_in_flight=2, now=time.time
        ) as client:
            made = Scene(folder, plan, client, clock, refuse)
            made.parent = await made.put(PARENT)
            with opened(folder) as journal:
                there = Entry(
                    seq=1,
                    state=State.CREATED,
                    operation=Operation.CREATE,
                    server_id=made.parent.id,
                    version="1",
                    digest=next(plan.writes()).digest,
                )
                planted(journal, there)
            try:
                yield made
            finally:
                await sandbox.store.stop()


@contextmanager
def opened(folder: Path) -> Iterator[Journal]:
    """Open a journal that need not survive a power cut: no power fails in a test."""
    with journal_in(folder) as journal:
        journal._db.execute("PRAGMA synchronous = OFF")
        yield journal


def known(folder: Path, state: State | None, seq: int = 2, **fields: str) -> None:
    """Let the journal say of the child what an earlier start left."""
    if state is not None:
        passed = int(state is State.EARLIER)  # its first version was not taken: nothing is there
        with opened(folder) as journal:
            planted(journal, Entry(seq=seq, state=state, attempts=1, passed=passed, **fields))  # type: ignore[arg-type]  # texts


async def arrange(here: Scene, start: State | None, end: State) -> None:
    """Bring journal and server in the condition that leads from one state to another."""
    here.choice = CHOICES.get(end, Choice.REFUSE)
    if start in ON_SERVER or start is State.DUPLICATE:
        await _done(here, start, end)
    elif start is State.INTENT:
        await _in_doubt(here, end)
    else:
        await _to_send(here, start, end)


async def _done(here: Scene, start: State, end: State) -> None:
    stored = await here.put(CHILD)
    known(here.folder, start, server_id=stored.id, version=stored.version, operation="create")
    if end is State.DUPLICATE:
        await here.put(CHILD)
        with opened(here.folder) as journal:
            journal.note("scanned", "0 requests ago")
        return
    here.repair = True
    if start is not State.DUPLICATE:  # which is one again: somebody removed the other
        await here.remove(stored)
        if start is not State.CREATED:  # that is ours, and gone; the others somebody moved
            await here.put(CHILD)
    write_findings(here.folder, Findings(missing=(2,)))


async def _in_doubt(here: Scene, end: State) -> None:
    """The first intent is of this start, or (waiting) of the one before."""
    match end:
        case State.INTENT:
            here.refuse["child"] = [429]
        case State.REJECTED:
            here.refuse["child"] = [422, 422, 422]
        case State.UNCHANGED:
            await here.put(CHILD)
        case State.UPDATED | State.ADOPTED:
            await here.put(CHILD, active=False)
        case State.DUPLICATE:
            await here.put(CHILD)
            await here.put(CHILD)
        case State.WAITING:
            known(here.folder, State.INTENT, operation="create")
        case _:  # it is created
            pass


async def _to_send(here: Scene, start: State | None, end: State) -> None:
    if end not in (State.CREATED, State.EARLIER, State.UPDATED):
        known(here.folder, start)
    match end:
        case State.BLOCKED:
            known(here.folder, State.REJECTED, seq=1)
            await here.remove(here.parent)
            here.refuse["parent"] = [422, 422, 422]
        case State.UNCHANGED:
            await here.put(CHILD)
        case State.CREATED | State.EARLIER:
            await here.put(CHILD, **(BEFORE if end is State.EARLIER else {}))
            known(here.folder, start, operation="create")
        case State.UPDATED:
            await here.change(await here.put(CHILD, active=False), active=True)
            known(here.folder, start, operation="update")
        case State.ADOPTED | State.REJECTED:
            await here.put(CHILD, active=False)
        case State.DUPLICATE:
            await here.put(CHILD)
            await here.put(CHILD)
        case _:  # it is sent, for the first time or again
            pass


class CrashError(Exception):
    """The process is gone."""


def dying(journal: Journal, start: State | None, end: State, *, before: bool) -> Callable[[], bool]:
    """Let a journal's process die at the commit of a step; returns whether it did."""
    commit, died = journal._commit, [False]

    def watched(entries: list[Entry]) -> None:
        stands = journal.entry(2)
        steps, state = set(), None if stands is None else stands.state
        for entry in (one for one in entries if one.seq == 2):
            steps.add((state, entry.state))
            state = entry.state
        here = (start, end) in steps and not died[0]
        if not here or not before:
            commit(entries)
        if here:
            died[0] = True
            raise CrashError

    journal._commits._commit = watched
    return lambda: died[0]


def of_a_server_without_condition(start: State | None, end: State) -> bool:
    """Whether a step is one of a look-up in bulk, which such a server is asked for first."""
    return start in TO_SEND and end not in (State.INTENT, State.BLOCKED)


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize(("start", "end"), ALL, ids=[f"{s or 'planned'}-{e}" for s, e in ALL])
def test_a_crash_at_any_step_loses_and_doubles_nothing(
    start: State | None,
    end: State,
    before: bool,  # noqa: FBT001 (a case)
    tmp_path: Path,
    credentials: Credentials,
) -> None:
    """The next start ends where the first would have; the server has what it should, once."""

    async def story() -> None:
        conditional = not of_a_server_without_condition(start, end)
        replays = State.EARLIER in (start, end)
        async with scene(tmp_path, credentials, conditional=conditional, replays=replays) as here:
            await arrange(here, start, end)
            at_first = (await here.client.find([CHILD])).get(CHILD, ())
            with opened(tmp_path) as journal:
                died = dying(journal, start, end, before=before)
                with suppress(JournalError):
                    await here.start(journal)
                assert died(), "the step was not taken"
                await journal.stop()
            for _start in range(2):
                with opened(tmp_path) as journal:
                    assert (await here.start(journal)).stopped_by is None
            with opened(tmp_path) as journal:
                entry = journal.entry(2)
                steps = _steps(journal)
            assert entry is not None
            there = (await here.client.find([CHILD])).get(CHILD, ())
            blocked = end in (State.BLOCKED, State.REJECTED) and not at_first
            assert len(there) == (0 if blocked else max(1, len(at_first)))
            assert PHASES[entry.state] in _ends(end)
            if entry.state in ON_SERVER:
                assert (entry.server_id, entry.version) == (there[0].id, there[0].version)
            assert before or (start, end) in steps
            for step in steps[1:]:  # the first may have been planted
                require_step(*step)

    asyncio.run(story())


def _ends(end: State) -> set[Phase]:
    """Return the phases in which a story with this step may end."""
    if end in FAILED:
        return {PHASES[end]}
    return {Phase.DONE}


def _steps(journal: Journal) -> list[tuple[State | None, State]]:
    """Return the steps of the child that were recorded in this test, oldest first."""
    rows = journal._read.execute("SELECT state FROM event WHERE seq = 2 ORDER BY id").fetchall()
    states = [State(row[0]) for row in rows]
    return list(zip([None, *states[:-1]], states, strict=True))


def test_the_page_has_the_steps_of_the_code() -> None:
    """docs/state-machine.md, its table of steps, line by line; and its phases."""
    page = (ROOT / "docs" / "state-machine.md").read_text("utf-8")
    lines = re.findall(r"^\| `([a-z]+)` → `([a-z]+)` \|(.*)\|$", page, re.MULTILINE)
    told = [(a, b) for a, b, _rest in lines]
    assert sorted(told) == sorted((str(a or Phase.PLANNED), str(b)) for a, b in ALL)
    assert all(len(rest.split(" | ")) == 4 and all(rest.split(" | ")) for _a, _b, rest in lines)
    phases = dict(re.findall(r"^\| `([a-z]+)` \| \*([a-z]+)\*", page, re.MULTILINE))
    assert phases == {str(s or Phase.PLANNED): str(p) for s, p in PHASES.items()}


def test_a_step_that_is_not_in_the_table_stops_before_anything_is_sent(tmp_path: Path) -> None:
    """It is a defect of ours: it names both ends, and nothing of its commit is kept."""

    async def story() -> None:
        with opened(tmp_path) as journal:
            planted(journal, Entry(seq=1, state=State.CREATED))
            journal.settle(Entry(seq=2, state=State.BLOCKED))
            with pytest.raises(JournalError, match="created → intent") as stopped:
                await journal.intend(Entry(seq=1, state=State.INTENT))
            assert "defect" in stopped.value.fix
            with pytest.raises(JournalError):
                journal.settle(Entry(seq=3, state=State.BLOCKED))
            await journal.stop()
            assert [e.state for e in journal.entries()] == [State.CREATED]

    asyncio.run(story())
