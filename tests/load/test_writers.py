"""Each write has its client, also to look at what became of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch

import pytest

from kt_migrate.kt2.client import FhirClient, Found
from kt_migrate.kt2.login import Credentials
from kt_migrate.kt2.pace import Pace
from kt_migrate.load.references import References
from kt_migrate.load.sender import Sender
from kt_migrate.load.writers import Writers
from kt_migrate.model import Key
from kt_migrate.plan.store import Plan
from load.wire import CUT, Reply, Request, Server
from load.world import (
    TRACE,
    UPDATES,
    Clock,
    World,
    client_of,
    journal_in,
    key_of,
    patients,
    plan_with,
)

MINE = {1: "", 2: "portal", 3: "portal"}


class Narrow(FhirClient):
    """Sees what it wrote itself, and nothing else."""

    def __init__(self, credentials: Credentials, own: Sequence[str]) -> None:
        super().__init__(
            Server().base, credentials, trace_id=TRACE, max_in_flight=1, now=lambda: 0.0
        )
        self.own = {key_of(name) for name in own}
        self.asked: list[Key] = []

    async def find(self, keys: Sequence[Key]) -> dict[Key, tuple[Found, ...]]:
        """Find what is its own."""
        self.asked += keys
        return {
            key: (Found(id=key.value, version="1", resource={}),) for key in keys if key in self.own
        }


def test_each_write_is_looked_up_as_the_client_that_writes_it(
    tmp_path: Path, credentials: Credentials
) -> None:
    """What one client cannot see another may have written: it is asked."""
    own, portal = Narrow(credentials, "a"), Narrow(credentials, "bc")
    wanted = [(1, key_of("a")), (2, key_of("b")), (3, key_of("c"))]
    with (
        plan_with(tmp_path, patients("a", "b", "c")) as plan,
        patch.object(Plan, "client", lambda _self, seq: MINE[seq]),
    ):
        found = asyncio.run(Writers(own, plan, {"portal": portal}).find(wanted))
        alone = asyncio.run(Writers(portal, plan).find(wanted))

    assert set(found) == {key for _seq, key in wanted}
    assert (own.asked, portal.asked[:2]) == ([key_of("a")], [key_of("b"), key_of("c")])
    assert set(alone) == portal.own
    assert asyncio.run(Writers(own, plan).find([])) == {}


NO_BODY = Reply(200, None, {"ETag": 'W/"1"', "Location": "Patient/p1"})
CASES: dict[str, tuple[str, tuple[Reply | None, ...], str]] = {
    "made": ("", (), "POST"),
    "written over": ("x-old", (), "POST PUT"),
    "the answer to a create is lost": ("", (CUT,), "POST GET GET POST"),
    "the answer to an update is lost": ("x-old", (None, CUT), "POST PUT GET PUT"),
    "a match without its content": ("x-0", (NO_BODY,), "POST GET"),
    "a refusal of an update": ("x-old", (None, Reply(409)), "POST PUT GET"),
}


@pytest.mark.parametrize("case", sorted(CASES))
def test_each_request_about_a_write_is_of_the_client_that_writes_it(
    tmp_path: Path, credentials: Credentials, case: str
) -> None:
    """Its creates, updates, readings and look-ups: who posts owns it for ever."""
    there, answers, wire = CASES[case]
    server, clock, left = Server(guards=True), Clock(), list(answers)
    if there:
        server.put({**patients("a")[0], "language": there, "id": "p1"})

    async def script(request: Request) -> Reply:
        written = request.method in ("POST", "PUT")
        reply = left.pop(0) if written and left else None
        return server.effect(request) if reply is None else reply

    server.script = script

    async def whole() -> FhirClient:
        with plan_with(tmp_path, patients("a")) as plan, journal_in(tmp_path, clock) as journal:
            world = World(tmp_path, plan, server, credentials, clock)
            async with client_of(world, 1) as own, client_of(world, 1) as portal:
                pace = Pace(max_in_flight=1, per_second=0, now=clock.now, sleep=clock.sleep)
                sender = Sender(
                    own,
                    journal,
                    References(plan, journal),
                    pace,
                    trace_id=TRACE,
                    policy=UPDATES,
                    writers=Writers(own, plan, {"portal": portal}),
                )
                (write,) = plan.writes()
                await sender.send(write, None, conditional=True)
                await journal.stop()
                return own

    with patch.object(Plan, "client", lambda _self, _seq: "portal"):
        own = asyncio.run(whole())

    assert (own.traffic.reads, own.traffic.writes.count) == (0, 0)
    assert " ".join(request.method for request in server.requests) == wire


def test_a_name_that_nobody_has_is_no_name_of_our_own_client(
    tmp_path: Path, credentials: Credentials
) -> None:
    """It must not be written by another, for ever: rather not at all."""
    own, portal = Narrow(credentials, ""), Narrow(credentials, "")
    with plan_with(tmp_path, patients("a")) as plan:
        writers = Writers(own, plan, {"portal": portal})
        assert (writers.named(""), writers.named("portal")) == (own, portal)
        with pytest.raises(KeyError):
            writers.named("elsewhere")
