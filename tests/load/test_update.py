"""What is there with another content: updated over the version that was seen, or left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from kt_migrate.errors import CouldNotLookError, LoginError, ServerUnavailableError
from kt_migrate.kt2.login import Credentials
from kt_migrate.load.attempt import carries, retry_seconds
from kt_migrate.load.existing import version_of
from kt_migrate.load.journal import Entry, Operation, State
from kt_migrate.model import Key, Resource
from load.one import One, with_one
from load.wire import CLOSED, CUT, Reply, Request
from load.world import key_of

UPDATE = Operation.UPDATE
SECONDS = [0.2, 0.5, 1.0, 2.0, 5.0, 10.0]
ISSUE: Resource = {
    "resourceType": "OperationOutcome",
    "issue": [{"severity": "error", "code": "invalid", "expression": ["Patient.language"]}],
}


@pytest.mark.parametrize("version", ["1", "7", "abc"])
def test_an_update_names_the_version_that_was_seen(
    version: str, tmp_path: Path, credentials: Credentials
) -> None:
    """The server would take any If-Match; it gets that one, on the id of the object, with its id."""

    async def story(one: One) -> None:
        there = one.stored(version=version, language="x-old")
        one.answer(
            Reply(200, {**one.write.resource, "id": "z", "meta": {"versionId": "v9"}}), to="PUT"
        )
        entry = await one.send()

        post, put = one.server.requests
        assert (post.method, put.method) == ("POST", "PUT")
        assert put.path == f"/Patient/{there['id']}"
        assert put.headers["if-match"] == f'W/"{version}"'
        assert put.headers["x-request-id"] == one.request_id(UPDATE, 2)
        assert put.body == {**one.write.resource, "id": there["id"]}
        assert entry == one.outcome(
            State.UPDATED, UPDATE, server_id=there["id"], version="v9", attempts=2, status=200
        )

    with_one(tmp_path, credentials, story)


def test_the_intent_of_an_update_says_what_it_is_going_to_change(
    tmp_path: Path, credentials: Credentials
) -> None:
    """Which object, and the version that it was based on: should the answer never come."""

    async def story(one: One) -> None:
        there = one.stored(version="7", language="x-old")
        one.answer(Reply(403), to="PUT")
        with pytest.raises(LoginError):
            await one.send()
        await one.journal.flush()
        assert one.journal.entry(1) == one.outcome(
            State.INTENT, UPDATE, server_id=there["id"], version="7", attempts=2
        )

    with_one(tmp_path, credentials, story)


def test_what_has_no_version_is_not_overwritten(tmp_path: Path, credentials: Credentials) -> None:
    """An update that names no version could overwrite anything: a person must look."""

    async def story(one: One) -> None:
        there = one.stored(language="x-old")
        del there["meta"]
        one.answer(Reply(200, there))
        entry = await one.send()

        assert entry == one.outcome(State.REJECTED, code="server-conflict", status=200)
        assert one.wire == "POST"

    with_one(tmp_path, credentials, story)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (409, "server-conflict"),
        (412, "server-conflict"),
        (404, "server-conflict"),
        (422, "server-rejected"),
        (400, "server-rejected"),
    ],
)
@pytest.mark.parametrize("after_all", [False, True])
def test_a_refused_update_is_read_back(
    status: int,
    code: str,
    after_all: bool,  # noqa: FBT001 (a case)
    tmp_path: Path,
    credentials: Credentials,
) -> None:
    """As planned after all: it is ours. Else somebody was first, or the server does not want it."""

    async def story(one: One) -> None:
        there = one.stored(version="7", language="x-old")

        async def script(request: Request) -> Reply:
            if request.method != "PUT":
                return one.server.effect(request)
            if after_all:
                one.server.effect(request)
            return Reply(status, ISSUE)

        one.server.script = script
        entry = await one.send()

        lost = one.outcome(
            State.REJECTED,
            UPDATE,
            code=code,
            path="Patient.language",
            attempts=2,
            status=status,
            said="invalid",
        )
        won = one.outcome(
            State.UPDATED, UPDATE, server_id=there["id"], version="8", attempts=2, status=200
        )
        assert entry == (won if after_all else lost)
        assert one.wire == "POST PUT GET"

    with_one(tmp_path, credentials, story)


@pytest.mark.parametrize("status", [404, 409, 410, 412, 422])
def test_a_refused_update_of_what_is_gone_is_refused(
    status: int, tmp_path: Path, credentials: Credentials
) -> None:
    """It was deleted meanwhile: nothing to compare with, and it is never made again silently."""

    async def story(one: One) -> None:
        one.stored(language="x-old")

        async def script(request: Request) -> Reply:
            if request.method == "PUT":
                one.server.objects.clear()
                return Reply(status)
            return one.server.effect(request)

        one.server.script = script
        entry = await one.send()
        code = "server-rejected" if status == 422 else "server-deleted"
        assert (entry.state, entry.code) == (State.REJECTED, code)
        assert one.wire == "POST PUT GET"

    with_one(tmp_path, credentials, story)


@pytest.mark.parametrize("trouble", [CUT, CLOSED, Reply(500)], ids=["cut", "closed", "500"])
def test_an_update_without_an_answer_is_read_back_before_each_try(
    trouble: Reply, tmp_path: Path, credentials: Credentials
) -> None:
    """Six of its own, whatever the create took; the version stays the one that was seen."""

    async def story(one: One) -> None:
        one.stored(version="7", language="x-old")

        async def script(request: Request) -> Reply:
            lost = request.method == "POST" and len(one.server.requests) == 1
            return trouble if lost or request.method == "PUT" else one.server.effect(request)

        one.server.script = script
        with pytest.raises(ServerUnavailableError) as stopped:
            await one.send()

        assert stopped.value.where == "Patient a"
        found = "POST POST" if trouble == CLOSED else "POST GET"
        tries = 2 if trouble == CLOSED else 1
        assert one.wire == " ".join([found, *["PUT GET"] * 6])
        assert one.sleeps == [0.2, *SECONDS]
        puts = one.server.sent("PUT")
        assert {r.headers["if-match"] for r in puts} == {'W/"7"'}
        ids = [r.headers["x-request-id"] for r in puts]
        assert ids == [one.request_id(UPDATE, tries + n) for n in range(1, 7)]
        await one.journal.flush()
        intent = one.journal.entry(1)
        assert intent is not None
        assert (intent.state, intent.operation) == (State.INTENT, UPDATE)

    with_one(tmp_path, credentials, story)


def test_an_update_whose_answer_was_lost_is_found_done(
    tmp_path: Path, credentials: Credentials
) -> None:
    """One PUT; the version is the one that it made."""

    async def story(one: One) -> None:
        there = one.stored(version="7", language="x-old")

        async def script(request: Request) -> Reply:
            reply = one.server.effect(request)
            return CUT if request.method == "PUT" else reply

        one.server.script = script
        entry = await one.send()
        assert entry == one.outcome(
            State.UPDATED, UPDATE, server_id=there["id"], version="8", attempts=2, status=200
        )
        assert one.wire == "POST PUT GET"
        assert one.sleeps == []

    with_one(tmp_path, credentials, story)


def test_an_update_that_is_told_to_wait_is_sent_again_unread(
    tmp_path: Path, credentials: Credentials
) -> None:
    """It costs no try; throttles of the create do not count for it."""

    async def story(one: One) -> None:
        one.stored(version="7", language="x-old")
        throttle = Reply(429, None, {"Retry-After": "3"})

        async def script(request: Request) -> Reply:
            posts, puts = (len(one.server.sent(m)) for m in ("POST", "PUT"))
            if (request.method == "POST" and posts <= 49) or (
                request.method == "PUT" and puts <= 49
            ):
                return throttle
            return one.server.effect(request)

        one.server.script = script
        entry = await one.send()
        assert (entry.state, entry.attempts) == (State.UPDATED, 100)
        assert one.wire == " ".join(["POST"] * 50 + ["PUT"] * 50)
        assert one.sleeps == [3.0] * 98

        one.server.objects.clear()
        one.stored(version="7", language="x-old")
        one.answer(last=throttle, to="PUT")
        with pytest.raises(ServerUnavailableError):
            await one.send()
        assert len(one.server.sent("PUT")) == 100

    with_one(tmp_path, credentials, story)


@pytest.mark.parametrize("known", [None, Entry(seq=1, state=State.INTENT, operation="create")])
def test_a_look_up_that_finds_more_than_one_is_an_alarm(
    known: Entry | None, tmp_path: Path, credentials: Credentials
) -> None:
    """Two objects with our identifier; one that is shown twice is one, and a stranger is none."""

    async def story(one: One) -> None:
        first, second = one.stored(), one.stored(language="x-old")
        stranger = one.stored("b")

        entry = await one.found(first, second, stranger, known=known)
        assert entry == Entry(
            seq=1,
            state=State.DUPLICATE,
            operation="create" if known else "",
            code="duplicate-on-server",
        )
        once = await one.found(first, dict(first), stranger, known=known)
        assert once is not None
        assert (once.state, once.server_id) == (
            State.CREATED if known else State.UNCHANGED,
            first["id"],
        )
        await one.journal.flush()
        assert one.journal.entry(1) == once
        assert await one.found(stranger) is None
        assert await one.found() is None
        assert one.wire == ""

    with_one(tmp_path, credentials, story)


KEY = key_of("a")
OURS = {"system": KEY.system, "value": "a"}


@pytest.mark.parametrize(
    ("resource", "carried"),
    [
        ({"resourceType": "Patient", "identifier": [OURS]}, True),
        ({"resourceType": "Patient", "identifier": ["odd", {"system": "x"}, OURS]}, True),
        ({"resourceType": "Task", "identifier": [OURS]}, False),
        ({"resourceType": "Patient", "identifier": [{**OURS, "value": "A"}]}, False),
        ({"resourceType": "Patient", "identifier": [{**OURS, "system": "x"}]}, False),
        (
            {"resourceType": "Patient", "identifier": [{"value": "a"}, {"system": KEY.system}]},
            False,
        ),
        ({"resourceType": "Patient", "identifier": ["odd"]}, False),
        ({"resourceType": "Patient", "identifier": OURS}, False),
        ({"resourceType": "Patient"}, False),
    ],
)
def test_an_object_is_ours_when_it_carries_our_identifier(
    resource: Resource,
    carried: bool,  # noqa: FBT001 (a case)
) -> None:
    """Type, system and value, byte for byte."""
    assert carries(resource, KEY) is carried
    assert not carries(resource, Key(r4_type="Patient", system=KEY.system, value="a "))


@pytest.mark.parametrize(
    ("meta", "version"), [({"versionId": "3"}, "3"), ({}, ""), ({"versionId": None}, ""), ("x", "")]
)
def test_a_version_is_what_the_server_says_or_nothing(meta: Resource, version: str) -> None:
    """Nothing is made up where it says nothing."""
    assert version_of({"meta": meta}) == version
    assert version_of({}) == ""


@pytest.mark.parametrize(
    ("step", "seconds"),
    [(-3, 0.2), *enumerate(SECONDS), (6, 10.0), (99, 10.0)],
)
def test_each_wait_is_longer_up_to_ten_seconds(step: int, seconds: float) -> None:
    """The first is short, whatever number it is given."""
    assert retry_seconds(step) == seconds


@pytest.mark.parametrize("said", [Reply(200), Reply(400)])
def test_a_reading_that_says_nothing_after_a_conflict_stops_the_run(
    said: Reply, tmp_path: Path, credentials: Credentials
) -> None:
    """It is not called deleted, nor changed: the intent stays, and the next start looks again."""

    async def story(one: One) -> None:
        there = one.stored(version="3", language="x-old")

        async def script(request: Request) -> Reply:
            if request.method == "PUT":
                return Reply(409)
            reading = request.method == "GET" and request.path.endswith(str(there["id"]))
            return said if reading else one.server.effect(request)

        one.server.script = script
        with pytest.raises(CouldNotLookError):
            await one.send()
        await one.journal.flush()
        entry = one.journal.entry(1)
        assert entry is not None
        assert (entry.state, entry.operation) == (State.INTENT, "update")

    with_one(tmp_path, credentials, story)
