"""`kt-migrate probe`: it reads only, says of whom, and ends as what it saw."""

from __future__ import annotations

import re
import shutil
import stat
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import orjson
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from inside import Done, beside, inside, typed
from kt_migrate.plan.binding import read_binding
from kt_migrate.probing.record import read_probe
from kt_migrate.sandbox.settings import ALL_SCOPES, WITHOUT_DELETE, Faults
from support import EXAMPLE

LINE = ("probe", "--env", "local")
KIND = {"Content-Type": "application/fhir+json"}


@pytest.fixture(scope="session")
def planned_workspace(new_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a working folder with a plan; to be copied."""
    folder = shutil.copytree(new_workspace, tmp_path_factory.mktemp("planned") / "EXAMPLE")
    shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True)
    assert typed("plan", cwd=folder).code == 0
    return folder


@pytest.fixture
def planned(planned_workspace: Path, tmp_path: Path) -> Path:
    """Return a working folder with a plan, and an empty sandbox."""
    return shutil.copytree(planned_workspace, tmp_path / "EXAMPLE")


@contextmanager
def watched(folder: Path, **settings: Any) -> Iterator[list[tuple[str, str]]]:  # noqa: ANN401
    """Serve a working folder's sandbox, and note what comes: (method, path)."""
    came: list[tuple[str, str]] = []
    with inside(folder, **settings) as app:

        async def noting(scope: Scope, receive: Receive, send: Send) -> None:
            came.append((scope["method"], scope["path"]))
            await app(scope, receive, send)

        way: ASGIApp = noting
        with patch("kt_migrate.kt2.client.transport", lambda _n: httpx.ASGITransport(way)):
            yield came


def probed(folder: Path, *more: str, **settings: Any) -> Done:  # noqa: ANN401
    """Probe a working folder's sandbox."""
    with watched(folder, **settings):
        return typed("--lang", "en", *LINE, *more, cwd=folder)


def test_nothing_but_gets_and_the_token_request_leaves(planned: Path) -> None:
    """Counted at the server, whatever the environment lacks."""
    for settings in ({}, {"scopes": "system/Task.rs"}, {"conditional_create": False}):
        with watched(planned, **settings) as came:
            typed(*LINE, cwd=planned)

        methods = Counter(method for method, _path in came)
        assert set(methods) == {"GET", "POST"}
        assert [p for m, p in came if m == "POST"] == ["/api/v1/EXAMPLE/oauth2/token"]
        assert 30 < methods["GET"] < 80


def test_it_writes_nothing_to_the_server(planned: Path) -> None:
    """What is there afterwards was there before."""
    with inside(planned) as app, beside(planned, app) as http:
        before = [http.get(f"/{t}?_summary=count").json()["total"] for t in ("Patient", "Task")]
        typed(*LINE, cwd=planned)
        after = [http.get(f"/{t}?_summary=count").json()["total"] for t in ("Patient", "Task")]

    assert before == after == [0, 0]


def test_a_good_environment_ends_with_0_and_a_record(planned: Path) -> None:
    """Bound to plan and environment's file, for its owner only."""
    done = probed(planned, "--json")
    record = read_probe(planned, "local")

    assert done.code == 0, done
    assert record is not None
    assert record.met
    assert record.plan == read_binding(planned / "runs" / "local" / "001").plan
    assert record.environment_file
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", record.at)
    assert stat.S_IMODE((planned / "runs/local/probe.json").stat().st_mode) == 0o600
    document = done.document
    assert (document["run"], document["met"]) == ("001", True)
    assert document["base"].endswith("/api/v1/EXAMPLE/fhir/r4")
    own = ("base", "run", "met", "notifications")
    kept = orjson.loads((planned / "runs/local/probe.json").read_bytes())
    assert {n: v for n, v in document.items() if n not in own} == kept


def test_it_says_to_whom_it_talks_and_for_which_plan(planned: Path) -> None:
    """First of all; and every line fits."""
    done = probed(planned)

    first, second = done.out.splitlines()[:2]
    assert first.startswith("Looks at local: http://127.0.0.1")
    assert second == "For the plan of run 001."
    rest = [line for line in done.out.splitlines()[1:] if str(planned) not in line]
    assert max(map(len, rest)) <= 80


def test_two_probes_of_the_same_differ_in_their_moment_only(planned: Path) -> None:
    """Nothing measured stands in the record."""
    one = probed(planned, "--json").document
    other = probed(planned, "--json").document

    assert {n for n in one if one[n] != other[n]} <= {"at"}


def test_without_a_plan_it_says_what_it_could_not_hold_against(workspace: Path) -> None:
    """25: that is no approval."""
    done = probed(workspace)

    assert done.code == 25
    assert "There is no plan for local" in done.out
    assert read_probe(workspace, "local") is not None


@pytest.mark.parametrize(
    ("settings", "code", "point"),
    [
        ({"scopes": ALL_SCOPES.replace("Task.cruds", "Task.crds")}, 32, "scopes"),
        ({"profile_version": "9.9.9"}, 32, "profile"),
        ({"faults": Faults(clock_off=80)}, 32, "clock"),
        ({"makes_devices": False}, 32, "device"),
        ({"scopes": ALL_SCOPES.replace("Subscription.cruds", "")}, 25, "subscriptions"),
        ({"faults": Faults(count_off=1)}, 25, "subscriptions"),
        ({"conditional_create": False}, 0, ""),
        ({"scopes": WITHOUT_DELETE, "deletes": False}, 0, ""),
        ({"faults": Faults(clock_off=3_600)}, 30, "login"),
        ({"faults": Faults(login_error_every=1)}, 31, "login"),
    ],
)
def test_the_exit_code_is_what_was_seen(
    planned: Path, settings: dict[str, Any], code: int, point: str
) -> None:
    """And the record says of which point; also when nobody could log in."""
    done = probed(planned, "--json", **settings)
    record = read_probe(planned, "local")

    assert done.code == code, done
    assert record is not None
    assert done.document["server_digest"] == record.server.digest
    wrong = [p.id for p in (*record.lacking, *record.unknown)]
    assert (point in wrong) if point else not wrong


def test_an_old_approval_does_not_outlive_the_next_look(planned: Path) -> None:
    """Also when that ends before it saw anything."""
    with inside(planned):
        assert typed(*LINE, cwd=planned).code == 0
        (planned / "keys" / "local.pem").unlink()

        assert typed(*LINE, cwd=planned).code == 3
    assert read_probe(planned, "local") is None


def test_subscriptions_in_force_are_told_with_a_forecast(planned: Path) -> None:
    """Hosts only, and no value but a status."""
    with inside(planned) as app, beside(planned, app) as http:
        for criteria in ("Task?status=ready", "Task?status=ready", "Patient?identifier=x|s3cr3t"):
            subscription = {
                "resourceType": "Subscription",
                "meta": {
                    "profile": ["http://koppeltaal.nl/fhir/StructureDefinition/KT2Subscription"]
                },
                "status": "active",
                "reason": "s3cr3t",
                "criteria": criteria,
                "channel": {
                    "type": "rest-hook",
                    "endpoint": "https://app.example/s3cr3t?s3cr3t",
                    "header": ["X: s3cr3t"],
                },
            }
            assert http.post("/Subscription", json=subscription, headers=KIND).status_code == 201
        done = typed("--lang", "en", *LINE, "--json", cwd=planned)

    kinds = {k["criteria"]: k for k in done.document["notifications"]}
    assert kinds["Task?status=ready"]["count"] == 2
    assert kinds["Task?status=ready"]["exact"]
    assert kinds["Task?status=ready"]["notifications"] % 2 == 0
    assert kinds["Task?status=ready"]["notifications"] > 0
    assert kinds["Patient?identifier=…"]["notifications"] == 0  # counted on the plan: nobody's
    assert kinds["Patient?identifier=…"]["exact"]
    said = done.out + done.err + (planned / "runs/local/probe.json").read_text("utf-8")
    assert "app.example" in said
    assert "s3cr3t" not in said


def test_what_is_there_already_is_counted(tried: Path) -> None:
    """After a trial: what the plan wrote."""
    done = probed(tried, "--json")

    assert done.code == 0
    (there,) = (p for p in done.document["points"] if p["id"] == "there")
    assert "Patient 11" in there["found"]


def test_a_plan_of_every_version_asks_for_history(workspace: Path) -> None:
    """And one of last states does not."""
    asked = []
    for mode in ("latest", "every-version"):
        assert typed("plan", "--mode", mode, cwd=workspace).code == 0
        points = probed(workspace, "--json").document["points"]
        asked.append("history" in {point["id"] for point in points})

    assert asked == [False, True]


def test_another_run_can_be_named(planned: Path) -> None:
    """One that is not there is no run."""
    assert probed(planned, "--run", "1").code == 0
    assert probed(planned, "--run", "9").code == 2


def test_an_unknown_environment_is_refused(planned: Path) -> None:
    """As everywhere."""
    assert typed("probe", "--env", "prod", cwd=planned).code == 2
