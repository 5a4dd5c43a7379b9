"""Mode `every-version` ends where `latest` ends, and the server's history tells what was planned.

Over generated archives: planned in both modes, loaded into a sandbox in this process each, and
read back.
"""

from __future__ import annotations

import asyncio
import random
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import pytest
from archives import HOST, Sent, activity, careplan, life, patient, status, write
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from inside import inside, typed
from kt_migrate.books import canonical, digest
from kt_migrate.cli.journals import WrittenByRuns
from kt_migrate.kt2.client import FhirClient
from kt_migrate.kt2.keys import Key as SigningKey
from kt_migrate.kt2.keys import public_jwks
from kt_migrate.kt2.login import Credentials
from kt_migrate.kt2.pace import Pace
from kt_migrate.kt2.versions import read_versions
from kt_migrate.load.journal import Journal
from kt_migrate.load.run import Load
from kt_migrate.load.states import State
from kt_migrate.model import Key, Mode
from kt_migrate.plan.store import Plan
from kt_migrate.sandbox.app import build_app
from kt_migrate.sandbox.settings import Client, SandboxSettings
from kt_migrate.sandbox.sqlite_store import SqliteStore
from kt_migrate.verify.compare import VerifyResult
from kt_migrate.verify.run import verify
from load.world import TRACE
from plan.small import plan_roots
from support import CLIENT, EXAMPLE

pytestmark = pytest.mark.property
few = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])


NAMES, STATUSES = (
    ["Jansen", "Pieters", "Bakker", "Smit", "Visser"],
    ["Waiting", "Available", "InProgress", "Completed"],
)
COPIES = ("queue", "sender", "stripped", "header_only")


@st.composite
def contents(draw: st.DrawFn) -> dict[str, Any]:
    """Return what one message carries: patients who change, care plans, statuses."""
    carried: dict[str, Any] = {}
    for number in draw(st.sets(st.integers(1, 2), min_size=1)):
        made = patient(draw(st.sampled_from(NAMES)))
        if draw(st.integers(0, 4)) == 0:
            del made["birthDate"]  # a version that KT 2.0 does not take
        carried[f"{HOST}/Patient/{number}"] = made
    if draw(st.booleans()):
        chosen = draw(st.lists(st.sampled_from(["a-1", "a-2"]), max_size=2, unique=True))
        performer = {"reference": f"{HOST}/Patient/{draw(st.integers(1, 3))}"}
        plans = [
            {**activity(i, draw(st.sampled_from(STATUSES))), "simple": {"performer": [performer]}}
            for i in chosen
        ]
        carried[f"{HOST}/CarePlan/1"] = careplan(*plans)
    if draw(st.booleans()):
        named = (draw(st.sampled_from(["a-1", "a-2"])), draw(st.sampled_from(STATUSES)))
        carried[f"{HOST}/Status/{draw(st.integers(1, 2))}"] = status(*named)
    return carried


@st.composite
def archives(draw: st.DrawFn) -> list[bytes]:
    """Return copies of the messages of a life, in any order; of most a queue copy."""
    sent: list[Sent] = life(draw(st.lists(contents(), min_size=4, max_size=7)))
    files = []
    for one in sent:
        kinds = {"queue"} if draw(st.integers(0, 5)) else set()
        kinds |= draw(st.sets(st.sampled_from(COPIES), max_size=2))
        files += [getattr(one, kind)() for kind in sorted(kinds)]
    return draw(st.permutations(files))


@dataclass(frozen=True)
class Played:
    """What one mode came to.

    Attributes:
        plan: digest of the file.
        books, totals: of the plan.
        wanted: key → digests of the planned versions, the last state included.
        there: key → digests of the versions on the server, the oldest first.
        states: writes per state.
        sent: writing requests.
        verified: what a verification says.
    """

    plan: str
    books: object
    totals: object
    wanted: dict[Key, list[str]]
    there: dict[Key, list[str]]
    states: dict[State, int]
    sent: int
    verified: VerifyResult | None

    @property
    def last(self) -> dict[Key, str]:
        """The last states on the server."""
        return {key: digests[-1] for key, digests in self.there.items()}


def played(files: Sequence[bytes], mode: Mode, key: SigningKey) -> Played:
    """Plan an archive, load it, and read it back."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        archive = write(folder / "archive", [*files, b"{}"])
        with plan_roots([archive], folder / "plan.sqlite", mode=mode) as plan:
            return asyncio.run(_played(plan, folder, key))


async def _played(plan: Plan, folder: Path, key: SigningKey) -> Played:
    made = SandboxSettings(
        base_path="/api/v1/TEST/fhir/r4",
        clients=(Client(client_id=CLIENT, jwks=public_jwks(key, "k1", "RS512")),),
        store=folder / "store.sqlite",
    )
    app, sandbox = build_app(made, "http://127.0.0.1:1")
    credentials = Credentials(client_id=CLIENT, key=key, kid="k1", algorithm="RS512")
    journal = Journal(folder / "journal.sqlite", clock=time.time)
    journal._db.execute("PRAGMA synchronous = OFF")  # no power fails in a test
    with patch("kt_migrate.kt2.client.transport", lambda _most: httpx.ASGITransport(app)):
        async with FhirClient(
            sandbox.base, credentials, trace_id=TRACE, max_in_flight=4, now=time.time
        ) as client:
            pace = Pace(max_in_flight=4, per_second=0, now=time.monotonic)
            load = Load(plan, journal, client, pace, trace_id=TRACE, error_share=1.0)
            result = await load.run(4)
            written = WrittenByRuns(journal, [])
            verified = await verify(plan, client, folder, written=written) if plan.count() else None
            ids = {
                f"{write.key.r4_type}/{entry.server_id}": write.key
                for write in plan.writes()
                if (entry := journal.entry(write.seq)) is not None
            }
            there = {
                key: [
                    digest(canonical(version, lambda text: _conditional(ids, text)))
                    for version in await read_versions(
                        client, key.r4_type, address.rpartition("/")[2], "1"
                    )
                ]
                for address, key in ids.items()
            }
    journal.close()
    assert isinstance(sandbox.store, SqliteStore)
    held = sum(1 for r4_type, _body in sandbox.store.dump() if r4_type != "Device")
    await sandbox.store.stop()
    assert held == len(there)
    return Played(
        plan=plan.sha256(),
        books=plan.books().as_json(),
        totals=plan.hash_totals(),
        wanted={w.key: [*plan.version_digests(w.seq), w.digest] for w in plan.writes()},
        there=there,
        states=result.states,
        sent=result.sent,
        verified=verified,
    )


def _conditional(ids: dict[str, Key], text: str) -> str:
    key = ids.get(text)
    return text if key is None else key.reference


@few
@given(archives(), st.randoms(use_true_random=False))
def test_every_version_ends_where_latest_ends_and_its_history_is_the_plans(
    key: SigningKey, files: list[bytes], shuffle: random.Random
) -> None:
    """The same resources, contents, books and totals; each version once and in order."""
    latest, every = (played(files, mode, key) for mode in (Mode.LATEST, Mode.EVERY_VERSION))

    assert every.last == latest.last
    assert (every.books, every.totals) == (latest.books, latest.totals)
    assert latest.there == latest.wanted
    assert every.there == every.wanted
    assert every.sent == sum(map(len, every.wanted.values()))
    assert latest.sent == len(latest.wanted)
    assert set(every.states) <= {State.CREATED, State.UPDATED}
    for one in (latest, every):
        assert one.verified is None or one.verified.passed
    event(f"{sum(map(len, every.wanted.values())) - len(every.wanted)} earlier versions")
    other = list(files)
    shuffle.shuffle(other)
    assert played(other, Mode.EVERY_VERSION, key).plan == every.plan


@pytest.fixture
def domain(new_workspace: Path, tmp_path: Path) -> Path:
    """Return a working folder with the example domain, of which nothing was planned yet."""
    folder = shutil.copytree(new_workspace, tmp_path / "EXAMPLE")
    return shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True)


def test_the_commands_plan_write_prove_and_undo_every_version(domain: Path) -> None:
    """The plan names its mode; trial, verify with the audit trail, and rollback follow it."""
    made = typed("plan", "--mode", "every-version", "--json", cwd=domain)
    assert (made.code, made.document["mode"]) == (0, "every-version")
    versions = made.document["versions"]
    earlier = sum(count["planned"] for count in versions.values())
    assert earlier > 0
    assert sum(action["versions"] for action in made.document["actions"]) == earlier
    again = typed("plan", "--mode", "every-version", "--json", cwd=domain)
    assert again.document["run"] == made.document["run"]
    with inside(domain):
        tried = typed("trial", "--env", "local", "--json", cwd=domain)
        assert tried.document["hash_totals"] == made.document["hash_totals"]
        assert tried.document["figures"]["sent"] == made.document["writes"] + earlier
        seen = typed("verify", "--audit", "--json", cwd=domain)
        assert (seen.code, seen.document["passed"]) == (tried.code, True)
        assert seen.document["histories"]["read"] > 0
        assert seen.document["audit"]["passed"]
        undone = typed(
            "rollback", "--env", "local", "--yes-rollback", "EXAMPLE", "--json", cwd=domain
        )
        assert undone.code == 0
        assert undone.document["runs"][0]["total"] == made.document["writes"]
    latest = typed("plan", "--json", cwd=domain)
    assert (latest.document["mode"], latest.document["versions"]) == ("latest", {})
    assert latest.document["run"] != made.document["run"]
    assert latest.document["hash_totals"] == made.document["hash_totals"]
    assert latest.document["books"] == made.document["books"]
