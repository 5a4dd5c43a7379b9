"""The real process, killed with -9 at each of its steps; another machine puts things back."""

from __future__ import annotations

import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path

import httpx
import pytest

import warm
from asking import logged_in, signed
from crash.traps import Trap
from kt_migrate.config import find_workspace, load_environment
from kt_migrate.kt2.keys import key_of
from subscriptions.conftest import Content, lasting, subscription
from support import serving

pytestmark = pytest.mark.integration
OURS, HASTE = 2, 40

TRAPS = [
    *(
        Trap(kind="line", when=when, nth=n)
        for n in (1, 2, 3)
        for when in ("before", "during", "after")
    ),
    *(Trap(kind="request", method="write", when=when) for when in ("before", "sent", "answered")),
]
"""The lines of a pause: its head, the intent, the outcome; then those of the second one."""


@contextmanager
def domain(workspace: Path, *options: str) -> Iterator[httpx.Client]:
    """Serve a working folder's sandbox; two subscriptions are ours, one is not."""
    with serving(workspace, "--subscription", "Task?status=completed", *options):
        found = find_workspace(workspace)
        local = load_environment(found, "local")
        endpoint = local.base.removesuffix("/fhir/r4") + "/oauth2/token"
        form = signed(key_of(found, local), local.key.kid, local.client_id, endpoint)
        with logged_in(local.base, endpoint, form) as http:
            for criteria in ("Task?status=ready", "Patient"):
                with suppress(httpx.RemoteProtocolError):  # the answer may get lost
                    http.post("Subscription", json=subscription(criteria))
            yield http


def every(http: httpx.Client) -> dict[str, Content]:
    """Return everybody's subscriptions."""
    bundle = http.get("Subscription", params={"_count": "200"}).json()
    return {entry["resource"]["id"]: entry["resource"] for entry in bundle["entry"]}


def started(workspace: Path, what: str, trap: Trap | None = None) -> tuple[int, bytes]:
    """Give a command, which may die at a trap; return how it ended, and what it said."""
    with tempfile.TemporaryDirectory() as scratch, tempfile.TemporaryFile() as out:
        order: dict[str, object] = {
            "trap": trap and asdict(trap),
            "reached": f"{scratch}/reached",
            "folder": str(workspace / "runs"),
            "haste": HASTE,
        }
        line = ["subscriptions", what, "--env", "local", "--json"]
        process = warm.start(
            line, workspace, stdout=out.fileno(), stderr=out.fileno(), haste=HASTE, trap=order
        )
        code = process.wait()
        out.seek(0)
        return code, out.read()


def killed(workspace: Path, what: str, trap: Trap) -> None:
    """Give a command that dies at a trap; or ends, when it does not come that far."""
    code, told = started(workspace, what, trap)
    assert code in (0, -signal.SIGKILL), told


def ended(workspace: Path, what: str) -> None:
    """Give a command that ends well."""
    assert started(workspace, what)[0] == 0


def test_killed_at_each_step_and_restored_from_elsewhere(workspace: Path, tmp_path: Path) -> None:
    """To the byte as before: whatever the step, with nothing but a copy of the working folder."""
    elsewhere = tmp_path / "elsewhere"
    with domain(workspace) as http:
        before = every(http)
        as_before = {name: lasting(one) for name, one in before.items()}
        for number, trap in enumerate(TRAPS):
            killed(workspace, "pause", trap)
            killed(workspace, "restore" if number % 2 else "pause", TRAPS[-1 - number])
            folder = shutil.copytree(workspace, elsewhere / str(number) / "EXAMPLE")
            ended(folder, "restore")
            assert {name: lasting(one) for name, one in every(http).items()} == as_before, trap
            shutil.rmtree(workspace / "runs", ignore_errors=True)
        theirs = {name for name, one in before.items() if "header" not in one["channel"]}

        assert {name: every(http)[name] for name in theirs} == {n: before[n] for n in theirs}


def test_an_interrupted_pause_goes_on_with_the_same_command(workspace: Path) -> None:
    """Also when answers are lost after their effect; each is written once."""
    with domain(workspace, "--drop-after-every", "2") as http:
        before = {name: lasting(one) for name, one in every(http).items()}
        for trap in TRAPS[3:]:
            killed(workspace, "pause", trap)
        ended(workspace, "pause")
        off = [one for one in every(http).values() if one["status"] == "off"]
        assert [one["meta"]["versionId"] for one in off] == ["2"] * OURS
        for trap in TRAPS[3:]:
            killed(workspace, "restore", trap)
        ended(workspace, "restore")
        after = every(http)

    assert {name: lasting(one) for name, one in after.items()} == before
    assert {one["meta"]["versionId"] for one in after.values()} == {"1", "3"}
