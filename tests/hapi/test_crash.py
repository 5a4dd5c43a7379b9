"""A generated domain, and the demo's, through a stock HAPI, with `kill -9` in the middle.

`make crash-hapi` gives it 5,000 objects (KT_MIGRATE_CRASH_OBJECTS).
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from generate import PLAIN, generate
from launcher import hapi as serve_hapi
from launcher import missing

import warm
from judging import skip_without
from kt_migrate.load.execute import open_journal
from kt_migrate.load.journal import State
from kt_migrate.plan.store import Plan
from road.looking import requests, run_folder
from support import serving

pytestmark = [pytest.mark.hapi, pytest.mark.integration]

OBJECTS = int(os.environ.get("KT_MIGRATE_CRASH_OBJECTS", "800"))
OBJECTS_PER_MESSAGE = 1.6
LONGEST_SECONDS = 3_000


@pytest.fixture
def own_hapi() -> Iterator[str]:
    """Serve a HAPI of our own, empty: the two domains know one catalogue of definitions."""
    skip_without(missing(own=True))
    with serve_hapi(own=True) as base:
        yield base


def started(workspace: Path, *arguments: str) -> warm.Process:
    """Start a command; what it prints goes to a file."""
    out = (workspace / "said.json").open("wb")
    err = (workspace / "said.txt").open("ab")
    with out, err:
        return warm.start(arguments, workspace, stdout=out.fileno(), stderr=err.fileno())


def done(workspace: Path, *arguments: str) -> dict[str, Any]:
    """Give a command that must end well; return what `--json` printed."""
    code = started(workspace, *arguments, "--json").wait(LONGEST_SECONDS)
    assert code == 0, (arguments, code, (workspace / "said.txt").read_text("utf-8")[-2_000:])
    document: dict[str, Any] = json.loads((workspace / "said.json").read_bytes())
    return document


def killed(workspace: Path, goal: int) -> None:
    """Start a trial, and kill it when so many requests have left."""
    journal = run_folder(workspace) / "journal.sqlite"
    process = started(workspace, "trial", "--env", "local")
    deadline = time.monotonic() + LONGEST_SECONDS
    while requests(journal) < goal and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, "it was not killed in the middle"


def counted(base: str, r4_type: str, system: str) -> int:
    """Return how many resources HAPI itself counts."""
    address = f"{base}/{r4_type}?identifier={quote(system, safe='')}%7C&_summary=count"
    with urllib.request.urlopen(address, timeout=60) as answer:
        return int(json.loads(answer.read())["total"])


@pytest.mark.parametrize("domain", ["demo", "generated"])
def test_killed_twice_on_a_stock_hapi_nothing_is_lost_or_double(
    own_hapi: str, workspace: Path, domain: str
) -> None:
    """The same command again ends it: books and totals are equal, as HAPI and its AuditEvents say."""
    if domain == "generated":
        shutil.rmtree(workspace / "archive")
        generate(workspace, round(OBJECTS / OBJECTS_PER_MESSAGE), shares=PLAIN, per_dossier=2)
    with serving(workspace, "--upstream", own_hapi):
        writes = done(workspace, "plan")["writes"]
        began = time.monotonic()
        for share in (0.3, 0.6):
            killed(workspace, round(share * writes))
        trial = done(workspace, "trial", "--env", "local")
        seconds = time.monotonic() - began
        verify = done(workspace, "verify", "--audit")
        again = done(workspace, "trial", "--env", "local")

    folder = run_folder(workspace)
    with Plan(folder / "plan.sqlite") as plan, open_journal(folder) as journal:
        planned = Counter((r4_type, system) for _seq, r4_type, system in plan.kinds())
        states, sent = journal.counts(), journal.requests()
        ids = [(entry.server_id, entry.version) for entry in journal.entries()]
    assert {kind: counted(own_hapi, *kind) for kind in planned} == dict(planned)
    assert set(states) <= {State.CREATED, State.UNCHANGED}
    assert (sum(states.values()), len(set(ids))) == (writes, writes)
    assert {version for _id, version in ids} == {"1"}
    for row in trial["books"].values():
        assert row["read"] == row["superseded"] + row["objects"]
        fates = ("migrated", "not_migrated", "rejected", "out_of_scope")
        assert row["objects"] == sum(row[name] for name in fates)
    assert verify["hash_totals"] == verify["planned"] == trial["hash_totals"]
    assert (verify["passed"], verify["audit"]["passed"]) == (True, True)
    assert (trial["pending"], again["pending"]) == (0, 0)
    calls = verify["audit"]["calls"]
    said = f"{writes} writes, {sent} requests, {dict(states)}, AuditEvents {calls}"
    sys.stdout.write(f"{domain}: {said}; {seconds:.0f} s with two kills\n")
