"""After a run: is any temporary identifier there twice? Found in bulk, and cheaply."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import pytest

from kt_migrate.load import duplicates as module
from kt_migrate.load.journal import Entry, Operation, State
from kt_migrate.load.run import LoadResult
from kt_migrate.model import Resource
from load.starting import Start, start_in
from load.wire import Reply, Request
from load.world import journal_in, key_of, patients, planted


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
