"""The options of `kt-migrate sandbox` reach the service."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from asking import KIND, organization
from inside import beside, typed
from kt_migrate.cli.serving import settings_of
from kt_migrate.config import find_workspace
from kt_migrate.sandbox.app import build_app
from kt_migrate.sandbox.settings import (
    ALL_SCOPES,
    SEARCH_LIMIT,
    WITHOUT_DELETE,
    Faults,
    SandboxSettings,
)

TROUBLES: list[tuple[str, object, tuple[str, ...]]] = [
    ("latency_ms", 1.5, ("--latency-ms", "1.5")),
    ("error_every", 2, ("--error-every", "2")),
    ("throttle_every", 3, ("--throttle-every", "3")),
    ("retry_after", "date", ("--retry-after", "date")),
    ("drop_before_every", 4, ("--drop-before-every", "4")),
    ("drop_after_every", 5, ("--drop-after-every", "5")),
    ("half_every", 9, ("--half-every", "9")),
    ("login_error_every", 10, ("--login-error-every", "10")),
    ("reset_every", 6, ("--reset-every", "6")),
    ("lost_race_500", True, ("--lost-race-500",)),
    ("token_seconds", 7, ("--token-seconds", "7")),
    ("capacity", 13, ("--capacity", "13")),
    ("count_off", 8, ("--count-off", "8")),
    ("audit_delay_ms", 11.0, ("--audit-delay-ms", "11")),
    ("audit_lost_every", 12, ("--audit-lost-every", "12")),
    ("clock_off", 14.0, ("--clock-off", "14")),
]


def served(workspace: Path, *options: str) -> SandboxSettings:
    """Return what the command would serve, and that it is where configs/local.yaml says."""
    _settings, address = settings_of(find_workspace(workspace), Faults())
    with patch("kt_migrate.sandbox.server.serve") as serve:
        assert typed("sandbox", *options, cwd=workspace).code == 0
    (settings, host, port, _on_ready), _named = serve.call_args
    assert (host, port) == (address.host, address.port)
    assert isinstance(settings, SandboxSettings)
    return settings


@pytest.mark.parametrize(("fault", "value", "options"), TROUBLES)
def test_every_trouble_has_its_option(
    workspace: Path, fault: str, value: object, options: tuple[str, ...]
) -> None:
    """One asked for is that one, and no other."""
    faults = Faults()
    setattr(faults, fault, value)

    assert served(workspace, *options).faults == faults


def test_the_other_options_too(workspace: Path) -> None:
    """And without any there is no trouble at all."""
    plain = served(workspace)
    options = ("--upstream", "http://127.0.0.1:1/fhir", "--search-limit", "9")
    other = served(workspace, *options, "--no-conditional-create", "--profile-version", "9.9.9")

    assert plain.faults == Faults()
    assert (plain.upstream, plain.search_limit, plain.conditional_create) == (
        "",
        SEARCH_LIMIT,
        True,
    )
    assert other.upstream == "http://127.0.0.1:1/fhir"
    assert (other.search_limit, other.conditional_create) == (9, False)
    assert (plain.profile_version, other.profile_version) == ("", "9.9.9")


def test_what_a_token_allows_comes_from_the_command_line(workspace: Path) -> None:
    """Everything, nothing that deletes, or what is typed; the last goes before."""
    plain, without = served(workspace), served(workspace, "--no-delete")
    typed_in = served(workspace, "--no-delete", "--scopes", "system/Task.rs")

    assert [s.clients[0].scopes for s in (plain, without)] == [ALL_SCOPES, WITHOUT_DELETE]
    assert typed_in.clients[0].scopes == "system/Task.rs"
    assert [s.deletes for s in (plain, without, typed_in)] == [True, False, False]
    assert "d" not in {letter for s in WITHOUT_DELETE.split() for letter in s.partition(".")[2]}


def test_subscriptions_are_there_from_the_start_and_once(workspace: Path) -> None:
    """Also when the sandbox is started again."""
    asked = ("--subscription", "Task?status=ready", "--subscription", "Patient")
    there: list[dict[str, Any]] = []
    for _start in range(2):
        _settings, address = settings_of(find_workspace(workspace), Faults())
        settings = served(workspace, *asked)
        app, sandbox = build_app(settings, f"http://{address.host}:{address.port}")
        asyncio.run(sandbox.subscribe())
        with beside(workspace, app) as http:
            there = http.get("/Subscription").json()["entry"]
        asyncio.run(sandbox.store.stop())

    found = [entry["resource"] for entry in there]
    assert sorted(one["criteria"] for one in found) == ["Patient", "Task?status=ready"]
    assert {one["status"] for one in found} == {"active"}


def test_the_limit_and_the_lie_come_from_the_command_line(workspace: Path) -> None:
    """Three of five are given, and the count says seven."""
    page, count = searched(workspace, served(workspace, "--search-limit", "3", "--count-off", "2"))

    assert (len(page["entry"]), page["total"], "link" in page) == (3, 3, False)
    assert count["total"] == 7


def searched(workspace: Path, settings: SandboxSettings) -> tuple[dict[str, Any], dict[str, Any]]:
    """Write five organisations to a working folder's sandbox; return a page and the count."""
    _settings, address = settings_of(find_workspace(workspace), Faults())
    app, sandbox = build_app(settings, f"http://{address.host}:{address.port}")
    with beside(workspace, app) as http:
        for number in range(5):
            http.post("/Organization", json=organization(str(number)), headers=KIND)
        page = http.get("/Organization").json()
        count = http.get("/Organization", params={"_summary": "count"}).json()
    asyncio.run(sandbox.store.stop())
    return page, count
