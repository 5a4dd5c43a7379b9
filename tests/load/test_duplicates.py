"""After a run: is any temporary identifier there twice? Found in bulk, and cheaply."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch

import pytest

from kt_migrate.kt2.client import FhirClient
from kt_migrate.kt2.search import Found, Page
from kt_migrate.load import duplicates as module
from kt_migrate.load.attempt import carries
from kt_migrate.load.journal import Entry, Journal, Operation, State
from kt_migrate.load.run import LoadResult
from kt_migrate.load.writers import Writers
from kt_migrate.model import Key, Resource
from kt_migrate.plan.store import Plan
from load.starting import Start, start_in
from load.wire import Reply, Request
from load.world import journal_in, key_of, patients, plan_with, planted


def double(start: Start, *names: str) -> None:
    """Put patients on the server as well, as somebody else did."""
    for resource in patients(*names):
        start.server.put(resource)


def states(start: Start) -> dict[int, State]:
    """Return the states of the journal."""
    with journal_in(start.folder) as journal:
        return {entry.seq: entry.state for entry in journal.entries()}


def searches(start: Start) -> list[str]:
    """Return the queries of the searches."""
    return [r.query for r in start.server.requests if r.method == "GET" and r.query]


def test_a_clean_run_costs_one_request_per_object_and_a_count_per_type(tmp_path: Path) -> None:
    """Two hundred objects: metadata, a POST each, two counts. Tokens are not counted."""
    start = start_in(tmp_path, *(f"{n:03}" for n in range(100)))
    result = start()
    asked = searches(start)
    assert len(asked) == 2
    assert all("_summary=count" in query for query in asked)
    assert (len(start.server.requests) - len(asked)) / result.total <= 1.01
    assert result.scanned == module.Scan(looked=200)


@pytest.mark.parametrize("road", ["all", "by name", "without a count"])
def test_what_is_there_twice_stops_that_object(start: Start, road: str) -> None:
    """It ends as a duplicate; the others, and what is not of this plan, do not."""

    async def script(request: Request) -> Reply:
        last = request.method == "POST" and len(start.server.sent("POST")) == 10
        reply = start.server.effect(request)
        if last:
            double(start, "a", "c", "elsewhere", "elsewhere")
        return reply

    start.server.script = script
    start.server.counts = road != "without a count"
    pages = 1 if road == "by name" else 200
    with patch.multiple(module, PAGE_SIZE=pages):
        result = start()
    named = [query for query in searches(start) if "%2C" in query or query.count("%7C") > 1]
    assert bool(named) is (road != "all")

    assert result.scanned == module.Scan(looked=10, double=(1, 3))
    twice = {seq for seq, state in states(start).items() if state is State.DUPLICATE}
    assert twice == {1, 3}
    assert result.states == {State.CREATED: 8, State.DUPLICATE: 2}
    with journal_in(start.folder) as journal:
        entry = journal.entry(1)
    assert entry is not None
    assert entry.code == "duplicate-on-server"
    assert entry.server_id


def test_a_scan_is_not_done_again_until_something_is_sent(start: Start) -> None:
    """Nor is it forgotten when the run that sent was killed before it."""
    start()
    asked = len(searches(start))
    assert start().scanned is None
    assert len(searches(start)) == asked
    with journal_in(start.folder) as journal:
        journal.note("scanned", "")
    again = start()
    assert again.scanned == module.Scan(looked=10)


def test_what_cannot_be_seen_is_said(start: Start) -> None:
    """The server counts more than it shows: that is no approval, and it is tried again."""

    async def script(request: Request) -> Reply:
        reply = start.server.effect(request)
        if "_summary=count" in request.query and isinstance(reply.body, dict):
            body: Resource = {**reply.body, "total": 99}
            return Reply(200, body)
        return reply

    start.server.script = script
    result: LoadResult = start()
    assert result.scanned == module.Scan(looked=10, could_not_look=("Patient", "Task"))
    assert result.states == {State.CREATED: 10}
    assert start().scanned == result.scanned


def test_five_hundred_intents_take_a_few_requests(tmp_path: Path) -> None:
    """With identifiers as long as real ones; each found once, none sent again."""
    names = [f"https://epd.voorbeeld.example/fhir/Koppeltaal/Patient/{n:04}" for n in range(500)]
    start = start_in(tmp_path, *names)
    for resource in patients(*names):
        start.server.put(resource)
    with journal_in(start.folder) as journal:
        planted(
            journal,
            *(
                Entry(seq=n, state=State.INTENT, operation=Operation.CREATE, attempts=1)
                for n in range(1, 501)
            ),
        )
    start()
    looked = [query for query in searches(start) if "_summary" not in query]
    assert len(looked) <= 25
    assert all(len(query) < 7_000 for query in looked)
    assert len(start.server.sent("POST", "Patient")) == 0
    assert len(start.server.sent("POST", "Task")) == 500
    assert len(start.server.with_key(key_of(names[0]))) == 1


class Sees:
    """A client that sees what it wrote itself, and counts it."""

    def __init__(self, resources: Sequence[Resource]) -> None:
        self.there = resources
        self.asked: list[str] = []

    async def search(self, address: str) -> Page:
        """Return all that it sees of a type."""
        self.asked.append(address)
        r4_type = address.partition("?")[0]
        seen = [r for r in self.there if r["resourceType"] == r4_type]
        return Page(resources=seen, next="", total=len(seen))

    async def find(self, keys: Sequence[Key]) -> dict[Key, tuple[Found, ...]]:
        """Return what it sees of these."""
        found: dict[Key, tuple[Found, ...]] = {}
        for key in keys:
            hits = [r for r in self.there if carries(r, key)]
            if hits:
                found[key] = tuple(Found(id=str(r["id"]), version="1", resource=r) for r in hits)
        return found


def scanned_by(
    plan: Plan, journal: Journal, clients: dict[str, FhirClient], folder: Path
) -> module.Scan:
    """Look for double ones as these clients."""

    async def work() -> module.Scan:
        try:
            return await module.scan(plan, journal, Writers(clients.pop(""), plan, clients), folder)
        finally:
            await journal.stop()

    return asyncio.run(work())


@pytest.mark.parametrize("road", ["all", "by name"])
def test_each_client_looks_for_what_it_wrote(tmp_path: Path, road: str) -> None:
    """One that sees nothing of another's counts less than there is: that is no proof of anything."""
    planned = patients("a", "b", "c")
    own, portal = (
        Sees([{**planned[n], "id": f"p{n}{again}"} for n, again in there])
        for there in (((0, ""),), ((1, ""), (1, "x"), (2, "")))
    )
    clients: dict[str, FhirClient] = {"": own, "portal": portal}  # type: ignore[dict-item]
    with (
        plan_with(tmp_path, planned) as plan,
        journal_in(tmp_path) as journal,
        patch.object(Plan, "client", lambda _plan, seq: "" if seq == 1 else "portal"),
        patch.multiple(module, PAGE_SIZE=1 if road == "by name" else 200),
    ):
        planted(
            journal,
            *(Entry(seq=seq, state=State.CREATED, server_id=f"p{seq - 1}") for seq in (1, 2, 3)),
        )
        scanned = scanned_by(plan, journal, clients, tmp_path)
        entries = {entry.seq: entry.state for entry in journal.entries()}

    assert scanned == module.Scan(looked=3, double=(2,))
    assert entries == {1: State.CREATED, 2: State.DUPLICATE, 3: State.CREATED}
    assert len(own.asked) == 1


def test_a_double_that_two_clients_see_is_one_double(tmp_path: Path) -> None:
    """Both see everything, and read it: it is recorded once."""
    planned = patients("a", "b")
    both = Sees([{**planned[n], "id": f"p{n}{again}"} for n in (0, 1) for again in ("", "x")])
    clients: dict[str, FhirClient] = {"": both, "portal": both}  # type: ignore[dict-item]
    with (
        plan_with(tmp_path, planned) as plan,
        journal_in(tmp_path) as journal,
        patch.object(Plan, "client", lambda _plan, seq: "" if seq == 1 else "portal"),
    ):
        planted(journal, *(Entry(seq=seq, state=State.CREATED, server_id="p") for seq in (1, 2)))
        scanned = scanned_by(plan, journal, clients, tmp_path)
        assert scanned == module.Scan(looked=2, double=(1, 2))
        assert journal.counts() == {State.DUPLICATE: 2}
