"""Each step of a switch, against a server that answers as it is told: one PUT too many shows."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self
from unittest.mock import patch

import httpx
import pytest

from kt_migrate.errors import CouldNotLookError, LoginError, ServerUnavailableError
from kt_migrate.kt2.answers import Answer, NotSent, Refused, Stored, Throttled, Unknown
from kt_migrate.model import Resource
from kt_migrate.subscriptions import run
from kt_migrate.subscriptions.journal import SwitchJournal, held_journal
from kt_migrate.subscriptions.run import Place
from kt_migrate.subscriptions.seen import Owned, Seen
from kt_migrate.subscriptions.states import Switch
from kt_migrate.subscriptions.steps import Step, read_journal
from kt_migrate.subscriptions.switching import SECOND_LOOK_SECONDS, Switcher
from subscriptions.conftest import Content, lasting, subscription

ENV, BASE = "local", "http://127.0.0.1:1/fhir/r4"
Act = Callable[["Server", Resource, str], Answer]


@dataclass(slots=True)
class Server:
    """A server with Subscriptions; `acts` says what becomes of each PUT, in order.

    Attributes:
        there: per id what it has.
        acts: what it does with each PUT; taken, when there are no more.
        puts: what was sent: status, and version.
        known: what the journal on disk said when a PUT came.
        root: the working folder.
        gets: what a GET gives instead of what is there, in order.
    """

    there: dict[str, Content]
    root: Path
    acts: list[Act] = field(default_factory=list)
    puts: list[tuple[str, str]] = field(default_factory=list)
    known: list[Step] = field(default_factory=list)
    gets: list[httpx.Response | Callable[[], None]] = field(default_factory=list)
    requests: set[str] = field(default_factory=set)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        pass

    async def glance(self, address: str, *, openly: bool = False) -> httpx.Response:
        """GET."""
        del openly
        if self.gets:
            given = self.gets.pop(0)
            if isinstance(given, httpx.Response):
                return given
            given()
        found = self.there.get(address.removeprefix("Subscription/"))
        return httpx.Response(410 if found is None else 200, content=json.dumps(found))

    async def update(
        self, resource: Resource, logical_id: str, version: str, *, request_id: str
    ) -> Answer:
        """PUT."""
        self.puts.append((str(resource["status"]), version))
        self.known.append(read_journal(self.root, ENV)[logical_id])
        self.requests.add(request_id)
        act = self.acts.pop(0) if self.acts else taken
        return act(self, resource, version)

    def stands(self, resource: Content) -> None:
        """Let it have another content, and a new version."""
        version = int(self.there[resource["id"]]["meta"]["versionId"]) + 1
        meta = {**resource.get("meta", {}), "versionId": str(version)}
        self.there[resource["id"]] = {**resource, "meta": meta}


def taken(server: Server, resource: Resource, version: str) -> Answer:
    """Take a PUT, when it is over what is there."""
    logical_id = str(resource["id"])
    if server.there[logical_id]["meta"]["versionId"] != version:
        return Refused(status=409)
    server.stands(dict(resource))
    return Stored(created=False, id=logical_id, version="", resource=None, status=200)


def lost(server: Server, resource: Resource, version: str) -> Answer:
    """Take a PUT, and lose the answer."""
    taken(server, resource, version)
    return Unknown(why="ReadTimeout")


def nothing(_server: Server, _resource: Resource, _version: str) -> Answer:
    """Do nothing, and say nothing that helps."""
    return Unknown(why="http-500")


def refuses(status: int) -> Act:
    """Refuse a PUT."""
    return lambda _server, _resource, _version: Refused(status=status)


def forbids(_server: Server, _resource: Resource, _version: str) -> Answer:
    """Say 403."""
    raise LoginError("no", where="PUT", fix="")


def one(status: str = "active", logical_id: str = "1", **more: object) -> Content:
    """Return one of ours, as a server has it."""
    meta = {"versionId": "1", "lastUpdated": "2026-11-26T10:00:00Z"}
    return subscription("Task", id=logical_id, meta=meta, status=status, **more)


@dataclass(slots=True)
class Bench:
    """A server, a journal, and how long was slept."""

    server: Server
    journal: SwitchJournal
    slept: list[float] = field(default_factory=list)

    @property
    def switcher(self) -> Switcher:
        """A switcher, as of a process that has just begun."""

        async def sleep(seconds: float) -> None:
            self.slept.append(seconds)

        return Switcher(self.server, self.journal, trace_id=str(uuid.uuid4()), sleep=sleep)

    def pause(self, logical_id: str = "1") -> Step | None:
        """Pause one."""
        return asyncio.run(self.switcher.pause(logical_id))

    def restore(self, logical_id: str = "1") -> Step:
        """Put one back."""
        return asyncio.run(self.switcher.restore(logical_id))

    def killed(self, act: Act) -> None:
        """Pause, and be killed after the PUT: the intent is all that is known."""

        def dies(server: Server, resource: Resource, version: str) -> Answer:
            act(server, resource, version)
            raise KeyboardInterrupt

        self.server.acts.insert(0, dies)
        with pytest.raises(KeyboardInterrupt):
            self.pause()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """Return a bench with one subscription of ours, in force."""
    with held_journal(tmp_path, ENV, BASE) as journal:
        yield Bench(Server({"1": one()}, tmp_path), journal)


def state_of(step: Step | None) -> Switch | None:
    """Return where one stands."""
    return None if step is None else step.state


def test_what_it_was_is_on_disk_before_a_request_leaves(bench: Bench) -> None:
    """Each time, with the intent, the version, and the subscription to the byte."""
    before = dict(bench.server.there["1"])
    assert state_of(bench.pause()) is Switch.PAUSED
    assert state_of(bench.restore()) is Switch.RESTORED

    assert [step.state for step in bench.server.known] == [Switch.PAUSING, Switch.RESTORING]
    assert [step.version for step in bench.server.known] == ["1", "2"]
    assert {step.body for step in bench.server.known} == {json.dumps(before)}
    assert {step.request_id for step in bench.server.known} == bench.server.requests
    assert bench.server.puts == [("off", "1"), ("active", "2")]


@pytest.mark.parametrize("act", [lost, nothing])
def test_an_answer_that_says_nothing_is_looked_up_before_anything_is_sent_again(
    bench: Bench, act: Act
) -> None:
    """Each is written once."""
    bench.server.acts = [act]
    assert state_of(bench.pause()) is Switch.PAUSED
    assert bench.server.puts == [("off", "1")] * (2 if act is nothing else 1)
    assert len(bench.server.requests) == len(bench.server.puts), "each request has its own id"
    assert bench.server.there["1"]["meta"]["versionId"] == "2"
    bench.server.acts = [act]
    assert state_of(bench.restore()) is Switch.RESTORED
    assert bench.server.there["1"]["meta"]["versionId"] == "3"


def test_a_server_that_is_busy_is_waited_for_as_long_as_it_asks_and_no_longer_than_bearable(
    bench: Bench,
) -> None:
    """Then the same goes on."""
    bench.server.acts = [lambda *_: Throttled(seconds=7.0), lambda *_: Throttled(seconds=9_999.0)]

    assert state_of(bench.pause()) is Switch.PAUSED
    assert bench.slept == [7.0, 30.0]


def test_it_does_not_go_on_for_ever(bench: Bench) -> None:
    """What is on disk goes on later; and the pauses grow."""
    bench.server.acts = [lambda *_: NotSent(why="connection-refused")] * 99

    with pytest.raises(ServerUnavailableError):
        bench.pause()

    assert bench.slept == sorted(bench.slept)
    assert bench.slept[0] < bench.slept[-1] <= 30
    assert [step.state for step in bench.journal.open] == [Switch.PAUSING]
    bench.server.acts = []
    assert state_of(bench.pause()) is Switch.PAUSED


@pytest.mark.parametrize("first", [None, nothing])
def test_one_that_is_refused_stays_as_it_was_and_it_is_said(
    bench: Bench, first: Act | None
) -> None:
    """Also when a request before it went nowhere; it is asked no second time."""
    bench.server.acts = [*([first] if first else []), refuses(422), refuses(422)]

    step = bench.pause()

    assert step is not None
    assert (step.state, step.status) == (Switch.UNTOUCHED, 422)
    assert len(bench.server.acts) == 1, "asked again after a no"
    assert bench.journal.open == ()


def test_who_is_first_goes_before_us(bench: Bench) -> None:
    """What somebody wrote just before us is what we keep, and put back."""

    def first(server: Server, resource: Resource, version: str) -> Answer:
        server.stands(one(reason="van een ander"))
        return taken(server, resource, version)

    bench.server.acts = [first]
    assert state_of(bench.pause()) is Switch.PAUSED
    assert state_of(bench.restore()) is Switch.RESTORED
    assert bench.server.there["1"]["reason"] == "van een ander"
    assert bench.server.puts == [("off", "1"), ("off", "2"), ("active", "3")]


def test_one_that_somebody_deletes_or_switches_off_just_before_us_is_let_be(bench: Bench) -> None:
    """There is nothing to switch off."""

    def first(server: Server, _resource: Resource, _version: str) -> Answer:
        server.stands(one("off"))
        return Refused(status=409)

    bench.server.acts = [first]
    assert bench.pause() is None
    assert bench.journal.open == ()
    bench.server.stands(one())
    bench.server.acts = [lambda s, *_: (s.there.clear(), Refused(status=404))[1]]
    assert bench.pause() is None
    assert bench.journal.open == ()


@pytest.mark.parametrize("status", [409, 412, 404])
def test_a_lost_race_asks_for_the_same_again(bench: Bench, status: int) -> None:
    """It is no server that takes `active` of nobody: it gets `active`, not `requested`."""
    bench.pause()
    bench.server.puts.clear()
    bench.server.acts = [refuses(status)]

    assert state_of(bench.restore()) is Switch.RESTORED
    assert bench.server.puts == [("active", "2"), ("active", "2")]


def test_a_server_that_takes_active_of_nobody_is_asked_and_watched(bench: Bench) -> None:
    """Until it has looked at it; with `requested` it is not as it was yet."""
    bench.pause()

    def activates(server: Server) -> None:
        server.stands({**server.there["1"], "status": "active"})

    bench.server.acts = [refuses(422)]
    bench.server.gets = [lambda: None] * 4
    bench.server.gets.append(lambda: activates(bench.server))

    assert state_of(bench.restore()) is Switch.RESTORED
    assert [status for status, _version in bench.server.puts] == ["off", "active", "requested"]
    assert lasting(bench.server.there["1"]) == lasting(one())
    assert len(bench.slept) == 2


def test_what_somebody_asks_for_again_with_another_content_is_a_change(bench: Bench) -> None:
    """Though the server has not looked at it yet: it will not become as it was."""
    bench.pause()
    bench.server.stands(one("requested", reason="anders"))

    step = bench.restore()

    assert (step.state, step.fields) == (Switch.CHANGED, ("reason", "status"))
    assert bench.slept == []


def test_one_that_the_server_takes_in_no_way_is_for_a_person(bench: Bench) -> None:
    """With the status of its refusal; and it stays to be put back."""
    bench.pause()
    bench.server.acts = [refuses(422), refuses(400)]

    step = bench.restore()

    assert (step.state, step.status) == (Switch.CHANGED, 400)
    assert [s.id for s in bench.journal.open] == ["1"]
    assert len(bench.server.puts) == 3
    assert state_of(bench.restore()) is Switch.RESTORED


def test_the_servers_own_step_is_no_change_of_somebodys(bench: Bench) -> None:
    """From requested to active while we pause it, also when we died in between."""
    bench.server.there["1"] = one("requested")
    bench.killed(nothing)
    bench.server.stands(one("active"))

    assert state_of(bench.pause()) is Switch.PAUSED
    assert state_of(bench.restore()) is Switch.RESTORED
    assert bench.server.puts[-1] == ("requested", "3")


def test_a_restore_that_died_half_way_can_be_paused_again(bench: Bench) -> None:
    """With what the server was asked for, and has not looked at."""
    bench.pause()
    bench.server.acts = [refuses(422), lambda s, r, v: (taken(s, r, v), forbids(s, r, v))[1]]
    with pytest.raises(LoginError):
        bench.restore()
    assert bench.server.there["1"]["status"] == "requested"

    assert state_of(bench.pause()) is Switch.PAUSED
    assert state_of(bench.restore()) is Switch.RESTORED
    assert lasting(bench.server.there["1"]) == lasting(one())


def test_what_a_dead_process_sent_gets_time_to_land(bench: Bench) -> None:
    """Whichever way it went, and whichever way we go; after a clean start nobody waits."""
    bench.killed(nothing)
    assert state_of(bench.pause()) is Switch.PAUSED
    assert bench.slept == [SECOND_LOOK_SECONDS]
    bench.slept.clear()
    assert state_of(bench.restore()) is Switch.RESTORED
    assert bench.slept == []
    bench.pause()
    bench.server.acts = [lambda s, r, v: (taken(s, r, v), forbids(s, r, v))[1]]
    with pytest.raises(LoginError):
        bench.restore()
    bench.slept.clear()
    assert state_of(bench.pause()) is Switch.PAUSED
    assert bench.slept == [SECOND_LOOK_SECONDS], "what a restore sent may be under way too"
    bench.restore()
    bench.killed(taken)
    bench.slept.clear()
    assert state_of(bench.restore()) is Switch.RESTORED
    assert bench.slept == [SECOND_LOOK_SECONDS]


@pytest.mark.parametrize("act", [taken, nothing])
def test_a_pause_that_died_is_put_back_by_what_is_there(bench: Bench, act: Act) -> None:
    """It had its effect, or not: what was on disk says how it was."""
    bench.killed(act)

    step = bench.restore()

    assert step.state is (Switch.RESTORED if act is taken else Switch.UNTOUCHED)
    assert lasting(bench.server.there["1"]) == lasting(one())
    assert len(bench.server.puts) == (2 if act is taken else 1)


STRANGE = {
    "of another type": {**one(), "resourceType": "Task"},
    "another": one(logical_id="2"),
    "without a version": subscription("Task", id="1", meta={}),
    "no resource": [],
    "it, with a status that says otherwise": one(),
}


@pytest.mark.parametrize("what", STRANGE)
@pytest.mark.parametrize("status", [200, 403, 500])
def test_what_is_not_the_subscription_is_no_look(bench: Bench, what: str, status: int) -> None:
    """Nothing is concluded from it, and nothing is sent."""
    bench.pause()
    written = bench.journal.of("1")
    for go in (bench.pause, bench.restore):
        told = max(status, 403) if STRANGE[what] == one() else status
        bench.server.gets = [httpx.Response(told, content=json.dumps(STRANGE[what]))]
        with pytest.raises(CouldNotLookError) as caught:
            go()
        assert "geheim" not in f"{caught.value.what} {caught.value.where} {caught.value.fix}"
    assert bench.journal.of("1") == written
    assert len(bench.server.puts) == 1


def place_of(root: Path, server: Any) -> Place:  # noqa: ANN401 (whatever stands for a client)
    """Return where our own subscriptions are switched."""
    return Place(
        root=root,
        env=ENV,
        base=BASE,
        client_id="ours",
        name="",
        trace_id=str(uuid.uuid4()),
        client=lambda: server,
    )


def seen(*ids: str) -> Seen:
    """Return what a person was shown."""
    every = tuple(
        Owned(
            id=logical_id,
            version="1",
            status="active",
            criteria="",
            asked="",
            host="",
            ours=True,
            owner="",
            owner_name="",
        )
        for logical_id in ids
    )
    return Seen(every=every, whole=True, may_change=True, own=frozenset())


def falls_silent() -> None:
    """Give no answer."""
    raise ServerUnavailableError("no answer", where="GET", fix="")


@pytest.mark.parametrize(
    ("given", "error"),
    [(httpx.Response(403), CouldNotLookError), (falls_silent, ServerUnavailableError)],
)
def test_one_without_an_answer_keeps_none_of_the_others_off(
    tmp_path: Path, given: httpx.Response | Callable[[], None], error: type[Exception]
) -> None:
    """They come back; the trouble is told at the end, and the same command goes on with it."""
    server = Server({name: one(logical_id=name) for name in "123"}, tmp_path)
    place = place_of(tmp_path, server)
    assert len(run.pause(place, seen("1", "2", "3")).of(Switch.PAUSED)) == 3
    server.gets = [given]

    with pytest.raises(error):
        run.restore(place)

    assert [server.there[name]["status"] for name in "123"] == ["off", "active", "active"]
    assert [step.id for step in run.restore(place).of(Switch.RESTORED)] == ["1"]


def test_who_may_not_write_stops_at_once(tmp_path: Path) -> None:
    """403 stops: nothing more is sent with such a token."""
    server = Server({name: one(logical_id=name) for name in "12"}, tmp_path, acts=[forbids] * 9)

    with pytest.raises(LoginError):
        run.pause(place_of(tmp_path, server), seen("1", "2"))

    assert len(server.puts) == 1


def test_what_an_earlier_start_began_goes_on_though_it_is_not_seen_any_more(tmp_path: Path) -> None:
    """It is in the journal: whether it went off is for us to find out."""

    def dies(server: Server, resource: Resource, version: str) -> Answer:
        taken(server, resource, version)
        raise KeyboardInterrupt

    server = Server({"1": one()}, tmp_path, acts=[dies])
    place = place_of(tmp_path, server)
    with pytest.raises(KeyboardInterrupt):
        run.pause(place, seen("1"))

    with patch("kt_migrate.subscriptions.switching.SECOND_LOOK_SECONDS", 0.0):
        assert [step.id for step in run.pause(place, seen()).of(Switch.PAUSED)] == ["1"]
    assert len(server.puts) == 1


@pytest.mark.parametrize(
    ("changed", "error"),
    [({"every": None}, CouldNotLookError), ({"may_change": False}, LoginError)],
)
def test_who_sees_nothing_or_may_nothing_begins_nothing(
    tmp_path: Path, changed: dict[str, Any], error: type[Exception]
) -> None:
    """No journal, and no request."""
    server = Server({"1": one()}, tmp_path)

    with pytest.raises(error):
        run.pause(place_of(tmp_path, server), replace(seen("1"), **changed))

    assert server.puts == []
    assert list(tmp_path.iterdir()) == []


def test_only_what_somebody_changed_is_left_as_it_is(tmp_path: Path) -> None:
    """What we paused ourselves comes back, whoever asks to leave it; and what is left is told."""
    server = Server({name: one(logical_id=name) for name in "12"}, tmp_path)
    place = place_of(tmp_path, server)
    run.pause(place, seen("1", "2"))
    server.stands(one("off", "2", reason="anders"))
    assert [step.id for step in run.pause(place, seen()).of(Switch.CHANGED)] == ["2"]

    first = run.restore(place, ["1"])
    second = run.restore(place, ["2"])

    assert {step.id: step.state for step in first.steps} == {
        "1": Switch.RESTORED,
        "2": Switch.CHANGED,
    }
    assert {step.id: step.state for step in second.steps} == {"2": Switch.LEFT}
    assert server.there["2"]["status"] == "off"
