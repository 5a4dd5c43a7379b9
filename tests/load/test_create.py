"""What each answer to a create comes to: the entry, field by field, and what was sent and waited."""

from __future__ import annotations

from pathlib import Path

import pytest

from kt_migrate.errors import LoginError, ServerUnavailableError
from kt_migrate.kt2.client import token_of
from kt_migrate.kt2.login import Credentials
from kt_migrate.load.journal import Entry, Operation, State
from load.one import One, with_one
from load.wire import CLOSED, CUT, Reply, Request
from load.world import key_of

CREATE, UNCONDITIONAL = Operation.CREATE, Operation.CREATE_UNCONDITIONAL
COLLISION = "conditional-create-collision"
SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 10.0, 10.0, 10.0, 10.0)


@pytest.mark.parametrize("conditional", [True, False])
def test_what_is_created_is_recorded_as_it_was_sent(
    conditional: bool,  # noqa: FBT001 (a case)
    tmp_path: Path,
    credentials: Credentials,
) -> None:
    """One POST, with the condition when the server offers it; id, version, digest, request id."""

    async def story(one: One) -> None:
        entry = await one.send(conditional=conditional)

        (there,) = one.server.with_key(key_of("a"))
        assert entry == one.outcome(State.CREATED, server_id=there["id"], status=201)
        await one.journal.flush()
        assert one.journal.entry(1) == entry
        (post,) = one.server.requests
        condition = f"identifier={token_of(key_of('a'))}" if conditional else None
        assert post.headers.get("if-none-exist") == condition
        assert post.headers["x-request-id"] == entry.request_id
        assert post.body == one.write.resource
        assert one.sleeps == []

    with_one(tmp_path, credentials, story)


@pytest.mark.parametrize("conditional", [True, False])
def test_a_200_is_a_match_only_when_it_was_asked_with_a_condition(
    conditional: bool,  # noqa: FBT001 (a case)
    tmp_path: Path,
    credentials: Credentials,
) -> None:
    """Some servers answer 200 to a plain create: then it is ours."""

    async def story(one: One) -> None:
        there = one.stored()
        one.answer(Reply(200, there))
        entry = await one.send(conditional=conditional)

        state = State.UNCHANGED if conditional else State.CREATED
        assert entry == one.outcome(state, server_id=there["id"], status=200)
        assert one.wire == "POST"

    with_one(tmp_path, credentials, story)


@pytest.mark.parametrize(
    ("etag", "meta", "version"),
    [('W/"7"', None, "7"), ("", "5", "5"), ('W/"7"', "5", "5")],
    ids=["only a header", "only in the object", "both"],
)
def test_a_match_without_a_body_is_read(
    etag: str, meta: str | None, version: str, tmp_path: Path, credentials: Credentials
) -> None:
    """Whose it is, is in the object; its version there counts before the answer's."""

    async def story(one: One) -> None:
        there = one.stored(version=meta or "1")
        if meta is None:
            del there["meta"]
        headers = {"Location": f"{one.server.base}/Patient/{there['id']}", "ETag": etag}
        one.answer(Reply(200, None, headers))
        one.server.objects[("Patient", str(there["id"]))] = there | {"meta": {"versionId": meta}}
        entry = await one.send()

        expected = one.outcome(State.UNCHANGED, server_id=there["id"], status=200, version=version)
        assert entry == expected
        assert [(r.method, r.path) for r in one.server.requests] == [
            ("POST", "/Patient"),
            ("GET", f"/Patient/{there['id']}"),
        ]

    with_one(tmp_path, credentials, story)


def test_a_match_that_nobody_can_read_is_not_ours(tmp_path: Path, credentials: Credentials) -> None:
    """200 for something that is not there: a person must look."""

    async def story(one: One) -> None:
        one.answer(Reply(200, None, {"Location": "/Patient/gone"}))
        entry = await one.send()

        assert entry == one.outcome(State.REJECTED, code="server-conflict", status=200)
        assert one.wire == "POST GET"

    with_one(tmp_path, credentials, story)


@pytest.mark.parametrize(
    ("status", "place"), [(400, ""), (404, ""), (409, ""), (422, ""), (422, "Patient.birthDate")]
)
def test_a_refusal_is_an_outcome(
    status: int, place: str, tmp_path: Path, credentials: Credentials
) -> None:
    """Sent once; recorded with the place that the server names, if it names one."""
    issue = {"severity": "error", "code": "invalid", "expression": [place]}

    async def story(one: One) -> None:
        body = {"resourceType": "OperationOutcome", "issue": [dict(issue)]}
        one.answer(Reply(status, body if place else None))  # type: ignore[arg-type]  # JSON
        entry = await one.send()

        said = "invalid" if place else "no-outcome"
        rejected = one.outcome(
            State.REJECTED, code="server-rejected", status=status, path=place, said=said
        )
        assert entry == rejected
        assert one.wire == "POST"

    with_one(tmp_path, credentials, story)


@pytest.mark.parametrize("value", ["a", "a$"])
def test_more_than_one_with_our_identifier_is_an_alarm(
    value: str, tmp_path: Path, credentials: Credentials
) -> None:
    """412: by the condition itself, or after a look where a condition can be misread."""

    async def story(one: One) -> None:
        for _ in range(2):
            one.stored()
        entry = await one.send()

        looked = value != "a"
        assert entry == one.outcome(
            State.DUPLICATE,
            code="duplicate-on-server",
            status=412,
            notice=COLLISION if looked else "",
            said="no-outcome",
        )
        assert one.wire == ("POST GET" if looked else "POST")

    with_one(tmp_path, credentials, story, value)


@pytest.mark.parametrize("special", ["\\", "$", ",", "|"])
@pytest.mark.parametrize("status", [400, 412])
def test_a_refusal_that_may_be_of_the_condition_is_looked_at(
    special: str, status: int, tmp_path: Path, credentials: Credentials
) -> None:
    """Not there: created without the condition, with a note; a 422 is of the resource."""

    async def story(one: One) -> None:
        one.answer(Reply(status))
        entry = await one.send()
        assert one.wire == "POST GET POST"
        assert "if-none-exist" not in one.server.requests[2].headers
        id_ = one.server.with_key(one.write.key)[0]["id"]
        created = one.outcome(
            State.CREATED, UNCONDITIONAL, server_id=id_, attempts=2, status=201, notice=COLLISION
        )
        assert entry == created

        one.answer(Reply(422))
        rejected = one.outcome(State.REJECTED, code="server-rejected", status=422)
        assert await one.send() == rejected
        assert one.wire == "POST GET POST POST"

    with_one(tmp_path, credentials, story, f"a{special}b")


def test_what_a_refused_condition_finds_is_compared_and_noted(
    tmp_path: Path, credentials: Credentials
) -> None:
    """It is there: nothing is created."""

    async def story(one: One) -> None:
        there = one.stored(version="4")
        one.answer(Reply(400))
        entry = await one.send()

        assert entry == one.outcome(
            State.UNCHANGED, server_id=there["id"], version="4", status=400, notice=COLLISION
        )
        assert one.wire == "POST GET"

    with_one(tmp_path, credentials, story, "a,b")


@pytest.mark.parametrize("answer", [Reply(400), Reply(422)])
def test_a_resource_that_is_refused_beside_a_stranger_keeps_its_note(
    answer: Reply, tmp_path: Path, credentials: Credentials
) -> None:
    """The server took another for ours, then refuses ours: both are said."""

    async def story(one: One) -> None:
        one.stored("a$b")
        one.answer(None, answer)
        entry = await one.send()

        assert entry == one.outcome(
            State.REJECTED,
            UNCONDITIONAL,
            code="server-rejected",
            status=answer.status,
            attempts=2,
            notice=COLLISION,
        )
        assert one.wire == "POST GET POST"

    with_one(tmp_path, credentials, story, r"a\$b")


@pytest.mark.parametrize(
    ("conditional", "looks"), [(True, 2), (False, 4)], ids=["conditional", "plain"]
)
@pytest.mark.parametrize("trouble", [CUT, Reply(500), Reply(408)], ids=["cut", "500", "408"])
def test_an_answer_that_says_nothing_is_looked_up_before_each_try(
    conditional: bool,  # noqa: FBT001 (a case)
    looks: int,
    trouble: Reply,
    tmp_path: Path,
    credentials: Credentials,
) -> None:
    """Six tries, longer waits each time; then the run stops, and the object goes again later."""

    async def story(one: One) -> None:
        one.answer(last=trouble)
        with pytest.raises(ServerUnavailableError) as stopped:
            await one.send(conditional=conditional)

        assert stopped.value.where == "Patient a"
        assert one.wire == " ".join(["POST", *["GET"] * looks] * 6)
        assert one.sleeps == [s for n in range(6) for s in SECONDS[n : n + looks]]
        ids = [r.headers["x-request-id"] for r in one.server.sent("POST")]
        assert ids == [one.request_id(CREATE, n) for n in range(1, 7)]
        await one.journal.flush()
        waiting = one.outcome(State.WAITING, attempts=6, code="server-unavailable")
        assert one.journal.entry(1) == waiting

    with_one(tmp_path, credentials, story)


@pytest.mark.parametrize("look", [1, 2, 3, 4])
@pytest.mark.parametrize(("version", "state"), [("1", State.CREATED), ("2", State.UNCHANGED)])
def test_what_a_look_finds_is_ours_when_nobody_touched_it_since(
    look: int, version: str, state: State, tmp_path: Path, credentials: Credentials
) -> None:
    """Whenever it appears: one POST; a later version is there, but not of this request."""

    async def story(one: One) -> None:
        async def script(request: Request) -> Reply:
            if len(one.server.sent("GET")) == look and not one.server.objects:
                one.stored(version=version)
            if len(one.server.requests) == 1:
                return CUT
            return one.server.effect(request)

        one.server.script = script
        entry = await one.send(conditional=False)

        (there,) = one.server.with_key(key_of("a"))
        assert entry == one.outcome(state, server_id=there["id"], version=version)
        assert one.wire == " ".join(["POST", *["GET"] * look])

    with_one(tmp_path, credentials, story)


def test_what_a_look_finds_after_a_plain_create_in_place_of_a_condition_is_noted(
    tmp_path: Path, credentials: Credentials
) -> None:
    """400 to the condition, then no answer to the create without it, which had its effect."""

    async def story(one: One) -> None:
        async def script(request: Request) -> Reply:
            if one.wire == "POST":
                return Reply(400)
            reply = one.server.effect(request)
            return CUT if request.method == "POST" else reply

        one.server.script = script
        entry = await one.send()

        (there,) = one.server.with_key(one.write.key)
        assert entry == one.outcome(
            State.CREATED,
            UNCONDITIONAL,
            server_id=there["id"],
            attempts=2,
            status=400,
            notice=COLLISION,
        )
        assert one.wire == "POST GET POST GET"

    with_one(tmp_path, credentials, story, "a|b")


def test_what_never_left_is_sent_again_without_a_look(
    tmp_path: Path, credentials: Credentials
) -> None:
    """Six tries, each after a longer wait."""

    async def story(one: One) -> None:
        one.answer(last=CLOSED)
        with pytest.raises(ServerUnavailableError):
            await one.send()

        assert one.wire == " ".join(["POST"] * 6)
        assert one.sleeps == list(SECONDS[:6])

    with_one(tmp_path, credentials, story)


def test_being_told_to_wait_costs_no_try(tmp_path: Path, credentials: Credentials) -> None:
    """Fifty times, between which tries that got no answer have their own count."""

    async def story(one: One) -> None:
        throttle = Reply(429, None, {"Retry-After": "3"})
        one.answer(*[throttle] * 49, *[Reply(500)] * 5, None)
        entry = await one.send()
        assert (entry.state, entry.attempts) == (State.CREATED, 55)
        assert one.sleeps[:49] == [3.0] * 49

    with_one(tmp_path, credentials, story)


def test_a_server_that_only_tells_to_wait_stops_the_run(
    tmp_path: Path, credentials: Credentials
) -> None:
    """After fifty times; nothing is looked up, for nothing happened."""

    async def story(one: One) -> None:
        one.answer(last=Reply(503))
        with pytest.raises(ServerUnavailableError):
            await one.send()

        assert one.wire == " ".join(["POST"] * 50)
        await one.journal.flush()
        waiting = one.outcome(State.WAITING, attempts=50, code="server-unavailable")
        assert one.journal.entry(1) == waiting

    with_one(tmp_path, credentials, story)


@pytest.mark.parametrize(("status", "wire"), [(503, "POST GET"), (429, "POST POST")])
def test_a_503_to_a_create_without_a_condition_is_looked_up_first(
    status: int, wire: str, tmp_path: Path, credentials: Credentials
) -> None:
    """It had its effect behind a proxy: there is one, and it is ours. A 429 never had."""

    async def story(one: One) -> None:
        async def script(request: Request) -> Reply:
            if one.wire != "POST":
                return one.server.effect(request)
            if status == 503:
                one.server.effect(request)
            return Reply(status)

        one.server.script = script
        entry = await one.send(conditional=False)

        assert (entry.state, one.wire) == (State.CREATED, wire)
        assert len(one.server.objects) == 1

    with_one(tmp_path, credentials, story)


def test_a_refusal_of_access_leaves_the_intent(tmp_path: Path, credentials: Credentials) -> None:
    """403 says nothing of the object; the next start looks it up."""

    async def story(one: One) -> None:
        one.answer(last=Reply(403))
        with pytest.raises(LoginError):
            await one.send()
        await one.journal.flush()
        assert one.journal.entry(1) == one.outcome(State.INTENT)

    with_one(tmp_path, credentials, story)


def test_the_intent_beside_a_stranger_has_the_note_already(
    tmp_path: Path, credentials: Credentials
) -> None:
    """Should the answer never come: the next start still says why it had to look."""

    async def story(one: One) -> None:
        one.stored("a$b")
        one.answer(None, Reply(403))
        with pytest.raises(LoginError):
            await one.send()
        await one.journal.flush()
        assert one.journal.entry(1) == one.outcome(
            State.INTENT, UNCONDITIONAL, attempts=2, notice=COLLISION
        )

    with_one(tmp_path, credentials, story, r"a\$b")


KNOWN = {
    "an intent": (State.INTENT, CREATE, State.CREATED, ""),
    "one that waits": (State.WAITING, CREATE, State.CREATED, ""),
    "an intent of an update": (State.INTENT, Operation.UPDATE, State.UPDATED, ""),
    "an intent without condition": (State.INTENT, UNCONDITIONAL, State.CREATED, COLLISION),
    "one without condition that waits": (State.WAITING, UNCONDITIONAL, State.CREATED, ""),
    "a refusal": (State.REJECTED, CREATE, State.UNCHANGED, ""),
    "a block": (State.BLOCKED, "", State.UNCHANGED, ""),
}


@pytest.mark.parametrize(("known", "operation", "state", "notice"), KNOWN.values(), ids=KNOWN)
def test_what_is_there_is_ours_when_an_earlier_request_may_have_made_it(
    known: State,
    operation: str,
    state: State,
    notice: str,
    tmp_path: Path,
    credentials: Credentials,
) -> None:
    """By what the journal says of it; the requests of earlier starts are counted on."""
    entry = Entry(seq=1, state=known, operation=operation, attempts=4, request_id="r4")

    async def story(one: One) -> None:
        there = one.stored()
        sent = await one.send(entry)
        assert sent == one.outcome(
            state, server_id=there["id"], attempts=5, status=200, notice=notice
        )

        (again,) = [await one.found(there, known=entry)]
        in_doubt = known in (State.INTENT, State.WAITING)
        assert again == one.outcome(
            state,
            server_id=there["id"],
            attempts=4,
            operation=operation if in_doubt else "",
            request_id="r4" if in_doubt else "",
            notice=notice,
        )

    with_one(tmp_path, credentials, story)


def test_earlier_starts_cost_no_try(tmp_path: Path, credentials: Credentials) -> None:
    """Six requests of an earlier start: six more before it stops again."""

    async def story(one: One) -> None:
        one.answer(last=CLOSED)
        with pytest.raises(ServerUnavailableError):
            await one.send(Entry(seq=1, state=State.WAITING, operation=CREATE, attempts=6))
        ids = [r.headers["x-request-id"] for r in one.server.sent("POST")]
        assert ids == [one.request_id(CREATE, n) for n in range(7, 13)]
        assert one.sleeps == list(SECONDS[:6])

    with_one(tmp_path, credentials, story)


@pytest.mark.parametrize(("status", "state"), [(503, State.CREATED), (429, State.UNCHANGED)])
def test_a_503_that_had_its_effect_made_it_ours(
    status: int, state: State, tmp_path: Path, credentials: Credentials
) -> None:
    """The condition finds it: ours, so a rollback takes it away. A 429 had no effect."""

    async def story(one: One) -> None:
        async def script(request: Request) -> Reply:
            reply = one.server.effect(request)
            return Reply(status) if one.wire == "POST" else reply

        one.server.script = script
        entry = await one.send()

        assert (entry.state, one.wire) == (state, "POST POST")
        assert len(one.server.objects) == 1

    with_one(tmp_path, credentials, story)
