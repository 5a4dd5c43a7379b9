"""docs/answers.md, row by row, over a real socket: each answer a server can give to a write."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email.utils import formatdate
from pathlib import Path
from unittest.mock import patch

import httpx
import pytest

from kt_migrate.catalogue import CATALOGUE, ErrorClass
from kt_migrate.errors import ExitCode, LoginError, ServerUnavailableError
from kt_migrate.kt2.login import Credentials
from kt_migrate.kt2.pace import MAX_PAUSE_SECONDS
from kt_migrate.kt2.retry import RENEWAL
from kt_migrate.load.journal import Entry, State
from kt_migrate.load.run import LoadResult
from kt_migrate.model import Json, Resource
from load.answering import (
    Act,
    Answering,
    Raw,
    Seen,
    after_effect,
    answering,
    other_server,
    outcome,
    page,
    plainly,
)
from load.wire import CUT, Reply, Request
from load.world import Clock, World, journal_in, key_of, patients, plan_with
from support import ROOT

TEMPORARY, DATA, FATAL = (
    e.value for e in (ErrorClass.TRANSIENT, ErrorClass.DATA, ErrorClass.TERMINAL)
)
WELL = "-"
"""Nothing is wrong: no class."""

KEY = key_of("p")
INFORMATION: dict[str, Json] = {
    "severity": "information",
    "code": "informational",
    "diagnostics": "Jansen",
}
ERROR: dict[str, Json] = {
    "severity": "error",
    "code": "processing",
    "diagnostics": "HAPI-1094: Resource Patient/Jansen not found, specified in path: Patient.managingOrganization",
    "expression": ["Patient.managingOrganization"],
}
SAID = "processing HAPI-1094 Resource … not found, specified in path: …"
LOOKED = "POST GET"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of the table, and what must come of it.

    Attributes:
        signal: its first column.
        kind: the class of its error; `-` when it is none.
        code: in the error list; empty when it is not there.
        act: what the server does with the first write of `to`.
        to: POST, or PUT over what is there with another content.
        wire: methods of what arrived; of an update, from the first PUT on.
        state: where the object ends.
        detail: of its line in the error list.
        path: the same.
        waits: between how many seconds and how many everybody waits.
        stops: the run ends, with this exit code.
        attempts: how many requests left for it; 0: as many as writes arrived.
    """

    signal: str
    kind: str
    act: Act
    code: str = ""
    to: str = "POST"
    wire: str = "POST"
    state: State = State.CREATED
    detail: str = ""
    path: str = ""
    waits: tuple[float, float] | None = None
    stops: ExitCode = ExitCode.OK
    attempts: int = 0


def rejected(
    signal: str, act: Act, said: str, code: str = "server-rejected", to: str = "POST"
) -> Row:
    """Return a row of a refusal."""
    return Row(
        signal=signal,
        kind=CATALOGUE[code].error_class.value,
        code=code,
        act=act,
        to=to,
        wire="POST" if to == "POST" else "PUT GET",
        state=State.REJECTED,
        detail=said,
        path="Patient.managingOrganization" if SAID in said else "",
    )


def unknown(signal: str, act: Act, *, done: bool = True) -> Row:
    """Return a row of an answer that says nothing; done: it had its effect."""
    wire = LOOKED if done else "POST GET GET POST"
    return Row(signal=signal, kind=TEMPORARY, act=act, wire=wire)


def waiting(signal: str, status: int, after: str | None, least: float, most: float) -> Row:
    """Return a row of an answer that asks to wait."""
    headers = {} if after is None else {"Retry-After": after}
    act = plainly(Reply(status, None, headers))
    return Row(signal=signal, kind=TEMPORARY, act=act, wire="POST POST", waits=(least, most))


async def not_listening(server: Answering, request: Request) -> Reply:
    """Do what is asked; `script_of` sees to it that the first write finds nobody."""
    return server.effect(request)


async def once_unauthorized(server: Answering, request: Request) -> Reply:
    """Say 401 to the first token."""
    old = request.headers["authorization"] == "Bearer t1"
    return Reply(401) if old else server.effect(request)


async def gone(server: Answering, _request: Request) -> Reply:
    """Say that what is updated is not there; it is not."""
    server.objects.clear()
    return Reply(404, outcome(ERROR))


async def deleted(server: Answering, _request: Request) -> Reply:
    """Say that what is updated was deleted; it was."""
    server.objects.clear()
    return Reply(410, outcome(ERROR))


async def at_another_base(server: Answering, request: Request) -> Reply:
    """Name the new resource by an address of the server's own."""
    reply = server.effect(request)
    assert reply.body is not None
    place = f"http://fhir.invalid/fhir/DEFAULT/Patient/{reply.body['id']}/_history/1"
    return Reply(201, None, {"Location": place})


async def with_warnings(server: Answering, request: Request) -> Reply:
    """Give warnings in place of the resource."""
    reply = server.effect(request)
    assert reply.body is not None
    warning = {**INFORMATION, "severity": "warning"}
    place = f"{server.base}/Patient/{reply.body['id']}/_history/1"
    return Reply(201, outcome(warning), {"Location": place})


async def of_another(server: Answering, _request: Request) -> Reply:
    """Take another's object for ours, as HAPI does with some identifiers."""
    other: Resource = {"resourceType": "Patient", "identifier": [{"system": "s", "value": "o"}]}
    return Reply(200, server.put(other))


async def ours_after_all(server: Answering, request: Request) -> Reply:
    """Refuse an update that had its effect already."""
    server.effect(request)
    return Reply(409)


ROWS = [
    Row(
        signal="connection refused",
        kind=TEMPORARY,
        act=not_listening,
        wire="POST",
        attempts=2,
    ),
    unknown("connection cut before the effect", plainly(CUT), done=False),
    unknown("connection cut after the effect", after_effect(CUT)),
    unknown("time-out", after_effect(Raw(0))),
    rejected("400 with an OperationOutcome", plainly(Reply(400, outcome(ERROR))), f"HTTP 400 {SAID}"),
    rejected("400 with a web page", plainly(page(400)), "HTTP 400 no-outcome"),
    Row(signal="401, once", kind=TEMPORARY, act=once_unauthorized, wire="POST POST"),
    Row(
        signal="401 to a fresh token",
        kind=FATAL,
        act=plainly(Reply(401)),
        wire="POST POST",
        state=State.INTENT,
        stops=ExitCode.LOGIN,
    ),
    Row(
        signal="403",
        kind=FATAL,
        act=plainly(Reply(403)),
        state=State.INTENT,
        stops=ExitCode.LOGIN,
    ),
    rejected("404 on a create", plainly(Reply(404, outcome(ERROR))), f"HTTP 404 {SAID}"),
    rejected(
        "404 on an update, it is there",
        plainly(Reply(404, outcome(ERROR))),
        f"HTTP 404 {SAID}",
        "server-conflict",
        "PUT",
    ),
    rejected("404 on an update, it is not there", gone, f"HTTP 404 {SAID}", "server-deleted", "PUT"),
    unknown("408", plainly(Reply(408)), done=False),
    rejected("409 on a create", plainly(Reply(409, outcome(ERROR))), f"HTTP 409 {SAID}"),
    rejected(
        "409 on an update, another changed it",
        plainly(Reply(409, outcome(ERROR))),
        f"HTTP 409 {SAID}",
        "server-conflict",
        "PUT",
    ),
    Row(
        signal="409 on an update, it has our content",
        kind=ErrorClass.NOTICE.value,
        code="existing-updated",
        act=ours_after_all,
        to="PUT",
        wire="PUT GET",
        state=State.UPDATED,
    ),
    rejected("410 on a create", plainly(Reply(410, outcome(ERROR))), f"HTTP 410 {SAID}"),
    rejected("410 on an update", deleted, f"HTTP 410 {SAID}", "server-deleted", "PUT"),
    Row(
        signal="412 on a create",
        kind=FATAL,
        code="duplicate-on-server",
        act=plainly(Reply(412)),
        state=State.DUPLICATE,
        detail="HTTP 412 no-outcome",
    ),
    rejected(
        "412 on an update",
        plainly(Reply(412, outcome(ERROR))),
        f"HTTP 412 {SAID}",
        "server-conflict",
        "PUT",
    ),
    rejected("415", plainly(Reply(415)), "HTTP 415 no-outcome"),
    rejected(
        "422 with information before the error",
        plainly(Reply(422, outcome(INFORMATION, ERROR, ERROR))),
        f"HTTP 422 {SAID} (+1)",
    ),
    waiting("429 with Retry-After in seconds", 429, "7", 7, 8),
    waiting("429 with Retry-After as a date", 429, formatdate(1_030, usegmt=True), 29, 31),
    waiting("429 with Retry-After of hours", 429, "7200", MAX_PAUSE_SECONDS, MAX_PAUSE_SECONDS + 1),
    waiting("429 without Retry-After", 429, None, 0.1, 60),
    unknown("500", plainly(Reply(500)), done=False),
    unknown("500 of a lost race (HAPI-0389)", after_effect(Reply(500, outcome(ERROR)))),
    unknown("502", plainly(page(502)), done=False),
    waiting("503", 503, "7", 7, 8),
    unknown("504", after_effect(page(504))),
    unknown("2xx without an id", after_effect(Reply(201))),
    unknown("2xx that is no FHIR", after_effect(page(200))),
    unknown("2xx with errors in it", after_effect(Reply(200, outcome(ERROR)))),
    unknown("half an answer, its length was promised", after_effect(
        Raw(0, content=b'HTTP/1.1 201 X\r\ncontent-length: 500\r\n\r\n{"resourceType": "Pat')
    )),
    unknown("half an answer, in chunks", after_effect(
        Raw(0, content=b'HTTP/1.1 201 X\r\ntransfer-encoding: chunked\r\n\r\n8\r\n{"resour\r\n')
    )),
    Row(signal="Location on another base", kind=WELL, act=at_another_base),
    Row(signal="201 with warnings", kind=WELL, act=with_warnings),
    Row(
        signal="200 on a create, with an object of another",
        kind=ErrorClass.NOTICE.value,
        code="conditional-create-collision",
        act=of_another,
        wire="POST GET POST",
    ),
    rejected("redirect", plainly(Reply(307, None, {"Location": "ELSEWHERE"})), "HTTP 307 no-outcome"),
]  # fmt: skip


class Reopening(Clock):
    """A clock that lets a server listen again as soon as somebody waits."""

    server: Answering

    async def sleep(self, seconds: float) -> None:
        """Let that much time pass."""
        if not self.server.listener.is_serving():
            await self.server.listen()
        await super().sleep(seconds)


@dataclass
class Ended:
    """What came of a case."""

    result: LoadResult
    entry: Entry
    wire: str
    waited: float
    seen: Seen
    objects: list[Resource]


async def played(row: Row, folder: Path, credentials: Credentials) -> Ended:
    """Run one load of one patient against a server that answers as the row says."""
    clock, seen = Reopening(), Seen()
    with plan_with(folder, patients("p")) as plan:
        async with answering() as server, other_server(seen) as elsewhere:
            clock.server = server
            (write,) = plan.writes()
            if row.to == "PUT":
                server.put({**write.resource, "language": "x-old"}, "7")
            server.script = script_of(row, server, elsewhere)
            world = World(folder, plan, server, credentials, clock, on_a_socket=True)
            began = clock.now()
            result, _pace = await world.start(workers=1)
            waited = clock.now() - began
    with journal_in(folder) as journal:
        entry = journal.entry(1)
    assert entry is not None
    methods = [r.method for r in server.requests if not r.path.startswith("/metadata")]
    wire = " ".join(methods[methods.index("PUT") :] if row.to == "PUT" else methods)
    return Ended(result, entry, wire, waited, seen, server.with_key(KEY))


def script_of(row: Row, server: Answering, elsewhere: str):  # type: ignore[no-untyped-def]  # noqa: ANN201
    """Return what answers the first write of the row as it says; a refusal of access, each."""
    told = [0]

    async def script(request: Request) -> Reply:
        if row.act is not_listening and request.path == "/metadata":
            server.listener.close()
            return Reply(200, server.effect(request).body, {"connection": "close"})
        if request.method != row.to or (told[0] and row.stops is ExitCode.OK):
            return server.effect(request)
        told[0] += 1
        reply = await row.act(server, request)
        if reply.headers.get("Location") == "ELSEWHERE":
            return Reply(reply.status, None, {"Location": f"{elsewhere}/Patient"})
        return reply

    return script


@pytest.mark.integration
@pytest.mark.parametrize("row", ROWS, ids=[row.signal for row in ROWS])
def test_each_answer_to_a_write_has_its_outcome(
    row: Row, tmp_path: Path, credentials: Credentials
) -> None:
    """Where the object ends, what was asked, what is in the error list, and never a second one."""
    impatient = httpx.Timeout(0.3, connect=1.0, pool=None)
    with patch("kt_migrate.kt2.client._TIMEOUT", impatient):
        ended = asyncio.run(played(row, tmp_path, credentials))

    entry = ended.entry
    assert (entry.state, ended.wire) == (row.state, row.wire)
    assert (entry.code or entry.notice) == row.code
    writes = [method for method in row.wire.split() if method != "GET"]
    created = row.to == "PUT"  # a create that found something came before
    once_more = row.signal.startswith("401")  # one intent, sent again with another token
    assert entry.attempts == (row.attempts or len(writes) + created - once_more)
    if row.detail:
        assert f"HTTP {entry.status} {entry.said}" == row.detail
        assert entry.path == row.path
        assert "Jansen" not in f"{entry.said}{entry.path}"
    if row.waits:
        assert row.waits[0] <= ended.waited <= row.waits[1]
    assert isinstance(ended.result.stopped_by, LoginError) is (row.stops is ExitCode.LOGIN)
    there = 1 if row.state in (State.CREATED, State.UPDATED) else len(ended.objects)
    assert len(ended.objects) == there <= 1
    assert ended.seen.elsewhere == []


@pytest.mark.integration
@pytest.mark.parametrize("signal", ["403", "401 to a fresh token"])
def test_after_a_refusal_of_access_the_next_start_goes_on(
    signal: str, tmp_path: Path, credentials: Credentials
) -> None:
    """The intent is looked up, nothing is there, and it is sent."""
    (row,) = (row for row in ROWS if row.signal == signal)
    again = Row(signal="", kind=WELL, act=after_effect(Reply(201)), wire="")

    async def both() -> Ended:
        await played(row, tmp_path, credentials)
        (tmp_path / "plan.sqlite").unlink()
        return await played(again, tmp_path, credentials)

    ended = asyncio.run(both())
    assert (ended.entry.state, len(ended.objects)) == (State.CREATED, 1)


BRIEF = Reply(200, {"access_token": "t0", "expires_in": 0})
HALF = Raw(0, content=b'HTTP/1.1 200 X\r\ncontent-length: 500\r\n\r\n{"access_token": "t')


def logged_in(folder: Path, credentials: Credentials, *logins: Reply) -> tuple[LoadResult, int]:
    """Run a load whose logins are answered so; return also how many answers were not asked for."""

    async def story() -> tuple[LoadResult, int]:
        with plan_with(folder, patients("p")) as plan:
            async with answering() as server:
                server.logins = logins
                world = World(folder, plan, server, credentials, Clock(), on_a_socket=True)
                result, _pace = await world.start(workers=1)
                return result, len(server.logins)

    quick = replace(RENEWAL, first_seconds=0.001, longest_seconds=0.001)
    with patch("kt_migrate.kt2.login.RENEWAL", quick):
        return asyncio.run(story())


@pytest.mark.integration
def test_a_login_service_that_fails_for_a_moment_does_not_end_a_run(
    tmp_path: Path, credentials: Credentials
) -> None:
    """Busy, cut off, half an answer: asked again until there is a token."""
    trouble = (Reply(503), CUT, HALF, Reply(429), Reply(500), page(502), CUT)
    result, left = logged_in(tmp_path, credentials, BRIEF, *trouble)

    assert (result.states, result.stopped_by, left) == ({State.CREATED: 1}, None, 0)


@pytest.mark.integration
@pytest.mark.parametrize(
    "refusal", [Reply(401), Reply(400, {"error": "invalid_client"}), page(403)]
)
def test_a_login_service_that_refuses_ends_a_run_at_once(
    refusal: Reply, tmp_path: Path, credentials: Credentials
) -> None:
    """The second time it was not asked any more; nothing was sent."""
    result, left = logged_in(tmp_path, credentials, BRIEF, refusal, BRIEF)

    assert isinstance(result.stopped_by, LoginError)
    assert (result.pending, left) == (1, 1)


@pytest.mark.integration
def test_a_login_service_that_keeps_failing_ends_a_run_that_can_go_on(
    tmp_path: Path, credentials: Credentials
) -> None:
    """Eight times; then it is unavailable, which is no refusal."""
    result, left = logged_in(tmp_path, credentials, BRIEF, *[Reply(503)] * 9)

    assert isinstance(result.stopped_by, ServerUnavailableError)
    assert (result.pending, left) == (1, 1)


def documented() -> Iterator[tuple[str, str, str]]:
    """Yield signal, class and code of each row of the first table of docs/answers.md."""
    text = (ROOT / "docs" / "answers.md").read_text("utf-8")
    table = text.partition("## A write")[2].partition("\n## ")[0]
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and not set(line) <= set("|- ") and cells[0] != "signal":
            code = re.search(r"`([a-z-]+)`", cells[3])
            yield cells[0], cells[1].strip("*"), code[1] if code else ""


def test_the_table_of_the_documents_is_the_table_of_the_tests() -> None:
    """A row that one of them lacks, or says otherwise, fails."""
    assert sorted(documented()) == sorted((row.signal, row.kind, row.code) for row in ROWS)
