"""No request that writes leaves before its intent is on disk: the disk is held, the wire watched."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

from kt_migrate.errors import JournalError
from kt_migrate.kt2.login import Credentials
from kt_migrate.load.journal import Journal, State
from load.wire import CLOSED, CUT, Reply, Request, Server
from load.world import Clock, World, journal_in, key_of, patients, plan_with, resource_of, tasks


class Disk:
    """The disk under a journal: another connection takes the write lock, and gives it back."""

    def __init__(self, journal: Journal) -> None:
        self._db = sqlite3.connect(journal.path, isolation_level=None)
        self._wanted = threading.Event()
        journal._db.set_trace_callback(self._note)

    def _note(self, statement: str) -> None:
        if statement.startswith("BEGIN"):
            self._wanted.set()

    def hold(self) -> None:
        """Let nothing be committed."""
        self._db.execute("BEGIN IMMEDIATE")
        self._wanted.clear()

    async def wanted(self) -> None:
        """Wait until the journal waits for it, and a while longer."""
        assert await asyncio.to_thread(self._wanted.wait, 5)
        await asyncio.sleep(0.03)

    def let_go(self) -> None:
        """Let it be committed."""
        self._db.execute("ROLLBACK")


@dataclass(frozen=True)
class Case:
    """When the disk is held, and which writes arrive before it is let go.

    Attributes:
        hold_at: the disk is held when the first request like this arrives.
        early, all: the writes that arrive while it is held, and by the end.
        replies: answers to the first writes; None: what the server would say.
        old: the server has the object already, with another content.
        value: of its temporary identifier.
        misreads: the server refuses the condition.
        stages: 2: a task refers to it.
    """

    hold_at: str
    early: str
    all: str
    replies: tuple[Reply | None, ...] = ()
    old: bool = False
    value: str = "a"
    misreads: bool = False
    stages: int = 1


CASES = {
    "a create": Case("GET /metadata", "", "POST"),
    "what refers to it": Case("POST /Patient", "POST", "POST POST", stages=2),
    "an update": Case("POST /Patient", "POST", "POST PUT", old=True),
    "a create once more": Case("POST /Patient", "POST", "POST POST", (Reply(500),)),
    "one that never left": Case("POST /Patient", "POST", "POST POST", (CLOSED,)),
    "a throttled create": Case("POST /Patient", "POST", "POST POST", (Reply(429),)),
    "without its condition": Case(
        "POST /Patient", "POST", "POST POST", value=r"a\$", misreads=True
    ),
    "an update once more": Case("PUT", "POST PUT", "POST PUT PUT", (None, CUT), old=True),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_no_write_arrives_before_its_intent_is_on_disk(
    case: Case, tmp_path: Path, credentials: Credentials
) -> None:
    """The disk is held back: nothing arrives. It is let go: it does, and its intent is there."""
    server = Server(guards=True, loses_backslashes=case.misreads)
    if case.old:
        server.put(resource_of(key_of("a"), language="x-old"))
    stages = (patients(case.value), tasks(case.value))[: case.stages]

    async def story() -> None:
        with (
            plan_with(tmp_path, *stages) as plan,
            journal_in(tmp_path) as journal,
            journal_in(tmp_path) as reader,
        ):
            disk, held = Disk(journal), asyncio.Event()
            intended: list[bool] = []

            async def watch(request: Request) -> Reply:
                number = len(writes(server).split())
                if f"{request.method} {request.path}".startswith(case.hold_at):
                    if not held.is_set():
                        disk.hold()
                    held.set()
                if request.method == "GET":
                    return server.effect(request)
                ids = {entry.request_id for entry in reader.entries(State.INTENT)}
                intended.append(request.headers["x-request-id"] in ids)
                return dict(enumerate(case.replies, 1)).get(number) or server.effect(request)

            server.script = watch
            there = World(tmp_path, plan, server, credentials, Clock())
            running = asyncio.create_task(there.start_with(journal))
            await held.wait()
            await disk.wanted()
            early = writes(server)
            disk.let_go()
            await running

            assert early == case.early
            assert writes(server) == case.all
            assert intended == [True] * len(case.all.split())

    asyncio.run(story())


def writes(server: Server) -> str:
    """Return the methods of the requests that write, in the order of arrival."""
    return " ".join(r.method for r in server.requests if r.method != "GET")


def test_nothing_is_sent_when_the_disk_takes_no_intent(
    tmp_path: Path, credentials: Credentials
) -> None:
    """A full disk stops the run; a later start goes on."""
    many = [f"https://epd.example/patient/{n}" for n in range(100)]

    async def story() -> None:
        with plan_with(tmp_path, patients(*many)) as plan:
            there = World(tmp_path, plan, Server(), credentials, Clock())
            with journal_in(tmp_path) as journal:
                (pages,) = journal._db.execute("PRAGMA page_count").fetchone()
                journal._db.execute(f"PRAGMA max_page_count = {pages + 6}")
                result, _pace = await there.start_with(journal)
                arrived = len(there.server.sent("POST"))
                intended = journal.requests()
            again, _pace = await there.start()

            assert isinstance(result.stopped_by, JournalError)
            assert 0 < arrived < 100
            assert arrived <= intended
            assert again.states == {State.CREATED: 100}
            assert len(there.server.objects) == 100

    asyncio.run(story())
