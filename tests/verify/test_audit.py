"""Journal and AuditEvents beside each other: what nobody saw, what nobody claims, who could not look."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_migrate.errors import CouldNotLookError, LoginError
from kt_migrate.kt2.answers import Refused
from kt_migrate.kt2.search import Found, Page
from kt_migrate.model import Json, Key, Resource
from kt_migrate.verify.audit import WAITS, AuditResult, AuditRow, audit
from kt_migrate.verify.trail import hold
from kt_migrate.verify.written import Effect
from verify.world import link, patient, planned, task

TRACE = "5f0c7a52-2f3b-4a0c-9a55-0d6f2b9c1e10"
VERSIONS = st.lists(st.sampled_from(["", "1", "2", "3"]), max_size=6)


def event(number: int, action: str, what: str, **more: Json) -> Resource:
    """Return an AuditEvent of ours."""
    trace = {"url": "http://koppeltaal.nl/fhir/StructureDefinition/trace-id", "valueId": TRACE}
    made: Resource = {
        "resourceType": "AuditEvent",
        "id": f"e{number}",
        "meta": {"lastUpdated": f"2026-01-01T00:00:{number:02}.000Z"},
        "extension": [dict(trace)],
        "action": action,
        "agent": [{"who": {"reference": "Device/me"}, "requestor": True}],
        **more,
    }
    if what:
        made["entity"] = [{"what": {"reference": what}}]
    return made


@dataclass
class Journal:
    """What a run claims."""

    claims: list[Effect]
    met: list[str] = field(default_factory=list)
    open: int = 0
    traces: tuple[str, ...] = (TRACE,)

    def trace_ids(self) -> Sequence[str]:
        """Return the traces."""
        return self.traces

    def unsettled(self) -> int:
        """Return what is not known yet."""
        return self.open

    def effects(self) -> Iterator[Effect]:
        """Yield the claims."""
        return iter(self.claims)

    def known(self) -> Iterator[str]:
        """Yield what was met."""
        return iter(self.met)


@dataclass
class Events:
    """A server that has AuditEvents; later ones come one by one with each look.

    Attributes:
        there: what it has.
        later: what comes before each next look.
        answer: what it says instead; None: it has them.
    """

    there: list[Resource]
    later: list[Resource] = field(default_factory=list)
    answer: Refused | LoginError | None = None
    asked: list[str] = field(default_factory=list)

    async def search(self, address: str) -> Page | Refused:
        """Answer one search."""
        self.asked.append(address)
        if isinstance(self.answer, LoginError):
            raise self.answer
        if self.answer is not None:
            return self.answer
        given = {name: values[0] for name, values in parse_qs(address.partition("?")[2]).items()}
        since = given.get("_lastUpdated", "ge")[2:]
        found = [e for e in self.there if str(dict(e["meta"])["lastUpdated"]) >= since]  # type: ignore[arg-type]  # a dict, above
        if given.get("_summary") == "count":
            return Page(resources=[], next="", total=len(found))
        return Page(resources=found[:3], next="more" if len(found) > 3 else "", total=None)

    async def find(self, keys: Sequence[Key]) -> dict[Key, tuple[Found, ...]]:
        """Look nothing up."""
        raise AssertionError(keys)

    async def wait(self, _seconds: float) -> None:
        """Let the next one come."""
        if self.later:
            self.there.append(self.later.pop(0))


def looked(
    folder: Path, server: Events, journal: Journal, waits: list[float] | None = None
) -> AuditResult:
    """Hold a journal of two writes against a server."""

    async def sleep(seconds: float) -> None:
        (waits if waits is not None else []).append(seconds)
        await server.wait(seconds)

    with planned(folder, [patient(1), task(1)]) as plan:
        return asyncio.run(
            audit(plan, server, folder, written=journal, own_device="me", sleep=sleep)
        )


def done(*more: Effect) -> Journal:
    """Return the journal of a run that made both writes, and more."""
    both = [
        Effect(seq=1, action="C", logical_id="p1", version="1"),
        Effect(seq=2, action="C", logical_id="t1", version="1"),
    ]
    return Journal(sorted([*both, *more], key=lambda effect: effect.seq), ["p1", "t1"])


BOTH = [event(1, "C", "Patient/p1/_history/1"), event(2, "C", "Task/t1/_history/1")]


def test_a_run_whose_events_say_the_same_passes(tmp_path: Path) -> None:
    """Reads, refusals and repeated creates are calls, and no effects."""
    calls = [
        *BOTH,
        event(3, "R", "Patient/p1/_history/1"),
        event(4, "E", ""),
        event(5, "C", "Patient/p1/_history/1"),
        event(6, "C", "Patient/p9/_history/3", outcome="4"),
    ]
    server = Events(calls)

    result = looked(tmp_path, server, done())

    assert result.passed
    assert result.traces == (TRACE,)
    assert result.calls == {"C": 4, "E": 1, "R": 1}
    assert result.rows == (
        AuditRow(action="C", r4_type="Patient", claimed=1, missing=0, unclaimed=0),
        AuditRow(action="C", r4_type="Task", claimed=1, missing=0, unclaimed=0),
    )
    assert [row.found for row in result.rows] == [1, 1]
    assert {asked.partition("&")[0] for asked in server.asked} == {f"AuditEvent?traceId={TRACE}"}


def test_what_was_there_before_is_no_effect(tmp_path: Path) -> None:
    """A create that found it: the journal has met it, and claims nothing."""
    journal = Journal([Effect(seq=2, action="C", logical_id="t1", version="1")], ["p1", "t1"])

    assert looked(tmp_path, Events(list(BOTH)), journal).passed


def test_a_claim_that_nobody_saw_is_named(tmp_path: Path) -> None:
    """By the link of its object; after waiting for events that are on their way."""
    waits: list[float] = []

    result = looked(tmp_path, Events(BOTH[:1]), done(), waits)

    assert not result.passed
    assert result.counts == {"audit-missing": 1}
    (difference,) = result.differences
    assert (difference.code, difference.r4_type) == ("audit-missing", "Task")
    assert (difference.source_type, difference.link) == ("CarePlanActivity", link("Task", 1))
    assert difference.paths == ("Task/t1",)
    assert result.rows[1] == AuditRow(action="C", r4_type="Task", claimed=1, missing=1, unclaimed=0)
    assert result.rows[1].found == 0
    assert waits == list(WAITS)


def test_an_event_that_comes_late_is_waited_for(tmp_path: Path) -> None:
    """No longer than it takes."""
    waits: list[float] = []

    assert looked(tmp_path, Events(BOTH[:1], BOTH[1:]), done(), waits).passed
    assert waits == [WAITS[0]]


UNCLAIMED = {
    "a create under another id": (event(3, "C", "Patient/p2/_history/1"), "Patient/p2/_history/1"),
    "an update": (event(3, "U", "Patient/p1/_history/2"), "Patient/p1/_history/2"),
    "a deletion": (event(3, "D", ""), "AuditEvent/e3"),
    "of a client that is not named": (
        event(3, "U", "Patient/p1/_history/2", agent=[]),
        "Patient/p1/_history/2",
    ),
}


@pytest.mark.parametrize("kind", UNCLAIMED)
def test_an_effect_that_nobody_claims_is_named(tmp_path: Path, kind: str) -> None:
    """Without waiting: it does not go away."""
    call, name = UNCLAIMED[kind]
    waits: list[float] = []

    result = looked(tmp_path, Events([*BOTH, call]), done(), waits)

    assert result.counts == {"audit-unclaimed": 1}
    assert [(d.code, d.source_type, d.link) for d in result.differences] == [
        ("audit-unclaimed", "", name)
    ]
    assert sum(row.unclaimed for row in result.rows) == 1
    assert sum(row.found for row in result.rows) == 3
    assert waits == []


def test_what_others_did_under_our_trace_is_counted_only(tmp_path: Path) -> None:
    """Whoever is notified goes on under it."""
    theirs: Json = [{"who": {"reference": "Device/they"}, "requestor": True}]
    call = event(3, "U", "Patient/p1/_history/2", agent=theirs)

    result = looked(tmp_path, Events([*BOTH, call]), done())

    assert (result.passed, result.others, result.differences) == (True, 1, ())


def test_a_device_whose_calls_are_as_claimed_is_ours(tmp_path: Path) -> None:
    """A server behind another gives our Device an id of its own."""
    ours: Json = [{"who": {"reference": "http://x.example/Device/77"}, "requestor": True}]
    calls = [
        event(1, "C", "Patient/p1/_history/1", agent=ours),
        event(2, "C", "Task/t1/_history/1", agent=ours),
        event(3, "C", "Task/t2/_history/1", agent=ours),
    ]

    result = looked(tmp_path, Events(calls), done())

    assert (result.others, result.counts) == (0, {"audit-unclaimed": 1})


def test_every_version_is_held_against_an_event(tmp_path: Path) -> None:
    """Two updates are two; events without versions are as many as they are."""
    more = [Effect(seq=1, action="U", logical_id="p1", version=v) for v in ("2", "3")]
    exact = [event(n + 1, "U", f"Patient/p1/_history/{n}") for n in (2, 3)]
    vague = [event(n + 10, "U", "Patient/p1") for n in (2, 3)]

    whole = looked(tmp_path, Events([*BOTH, exact[0], vague[0]]), done(*more))
    (tmp_path / "plan.sqlite").unlink()
    short = looked(tmp_path, Events([*BOTH, exact[1]]), done(*more))

    assert whole.passed
    assert short.counts == {"audit-missing": 1}


def test_another_version_than_claimed_is_both(tmp_path: Path) -> None:
    """Nobody saw what was claimed, and nobody claims what was seen."""
    update = Effect(seq=1, action="U", logical_id="p1", version="2")
    calls = [*BOTH, event(3, "U", "Patient/p1/_history/3")]

    result = looked(tmp_path, Events(calls), done(update))

    assert result.counts == {"audit-missing": 1, "audit-unclaimed": 1}
    assert result.rows[-1] == AuditRow(
        action="U", r4_type="Patient", claimed=1, missing=1, unclaimed=1
    )


def test_a_strange_event_on_an_early_page_is_not_forgotten(tmp_path: Path) -> None:
    """Whatever comes after it."""
    calls = [event(0, "C", "Task/t2/_history/1", extension=[]), *BOTH]
    calls += [event(number, "E", "") for number in range(3, 9)]

    with pytest.raises(CouldNotLookError, match="does not search AuditEvents by traceId"):
        looked(tmp_path, Events(calls), done())


CANNOT = {
    "nothing was sent": (Events(list(BOTH)), Journal([], traces=()), "Nothing of this run"),
    "outcomes are open": (Events(list(BOTH)), Journal([], open=2), "outcome of 2 requests"),
    "there are none": (Events([]), done(), "shows no AuditEvent"),
    "it refuses": (Events([], answer=Refused(status=404, code="not-found")), done(), "HTTP 404"),
    "it lets us not": (
        Events([], answer=LoginError("x", where="y", fix="z")),
        done(),
        "may not read",
    ),
    "it passes the term over": (
        Events([*BOTH, event(3, "C", "Task/t2/_history/1", extension=[])]),
        done(),
        "does not search AuditEvents by traceId",
    ),
}


@pytest.mark.parametrize("why", CANNOT)
def test_who_cannot_look_says_so(tmp_path: Path, why: str) -> None:
    """That is no difference, and no approval."""
    server, journal, says = CANNOT[why]

    with pytest.raises(CouldNotLookError) as caught:
        looked(tmp_path, server, journal)

    assert says in caught.value.what
    assert not list(tmp_path.glob("*audit*"))


@given(st.lists(st.sampled_from(["1", "2", "3", "4"]), unique=True))
def test_what_is_called_as_it_was_claimed_agrees(versions: list[str]) -> None:
    """However often a call of one version is repeated."""
    assert hold(versions, [*versions, *versions]) == ([], [])


@given(VERSIONS, VERSIONS)
def test_nothing_is_both_missing_and_unclaimed(claims: list[str], calls: list[str]) -> None:
    """Unless they are of versions that differ; and each is counted once."""
    missing, unclaimed = hold(claims, calls)
    distinct = len({v for v in calls if v}) + calls.count("")

    assert len(claims) - len(missing) == distinct - len(unclaimed)
    assert sorted(set(missing)) == missing
    assert sorted(set(unclaimed)) == unclaimed
    left = {calls[place] for place in unclaimed}
    for place in missing:
        assert claims[place] not in left
        assert "" not in left
        assert claims[place] or not left
