"""On production: only behind the GO that a run needs; a pause of ours is no other server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from asking import Straight, logged_in, signed
from behind import Server, allowed, answering, planned, probed, ran, with_production
from inside import Done, typed
from kt_migrate.config import find_workspace, load_environment
from kt_migrate.kt2.keys import key_of
from subscriptions.conftest import lasting, subscription

ENV, NAME = "prd2", ("--yes-pause", "EXAMPLE")
BACK = ("--yes-restore", "EXAMPLE")


@pytest.fixture
def production(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, Server]]:
    """Return a working folder with a plan for production, and production itself."""
    monkeypatch.setattr("kt_migrate.subscriptions.switching.SECOND_LOOK_SECONDS", 0.0)
    with_production(workspace)
    with answering(workspace, ENV) as server:
        planned(workspace, ENV)
        yield workspace, server


def given(folder: Path, *line: str) -> Done:
    """Give a command of the room on production."""
    return typed("subscriptions", *line, "--env", ENV, "--json", cwd=folder)


def client(folder: Path, server: Server) -> httpx.Client:
    """Log in as our own application does."""
    workspace = find_workspace(folder)
    found = load_environment(workspace, ENV)
    endpoint = found.base.removesuffix("/fhir/r4") + "/oauth2/token"
    form = signed(key_of(workspace, found), found.key.kid, found.client_id, endpoint, alg="ES384")
    return logged_in(found.base, endpoint, form, Straight(server))


def test_a_pause_wants_the_go_that_a_run_wants_and_the_name(
    production: tuple[Path, Server],
) -> None:
    """Nothing is written before both are there; putting back wants the name alone."""
    folder, server = production
    run = folder / "runs" / ENV / "001"

    assert given(folder, "pause", *NAME).code == 13
    allowed(folder, ENV, run)
    for name in ((), ("--yes-pause", "OTHER")):
        assert given(folder, "pause", *name).code == 2
    assert server.written == 0
    assert given(folder, "pause", *NAME).code == 0
    assert given(folder, "restore").code == 2
    assert given(folder, "restore", *BACK).code == 0


def test_a_run_goes_on_while_ours_are_paused_and_says_so_at_its_end(
    production: tuple[Path, Server],
) -> None:
    """P.6 comes after the GO: that is no change of the server. A change of somebody's is."""
    folder, server = production
    run = folder / "runs" / ENV / "001"
    with client(folder, server) as http:
        made = http.post("Subscription", json=subscription("Task?status=ready")).json()
        allowed(folder, ENV, run)
        before = http.get(f"Subscription/{made['id']}").json()
        assert given(folder, "pause", *NAME).document["still_paused"] == 1

        done = ran(folder, ENV, "--json")

        assert done.code == 0, done.err
        assert done.document["briefing"]["subscriptions"] == 0
        assert done.document["briefing"]["notifications"] == 0
        assert "subscriptions restore --env prd2" in done.err
        status = typed("status", "--json", cwd=folder)
        assert json.loads(status.out)["paused"] == {ENV: 1}
        assert "subscriptions restore --env prd2" in status.err
        gate = typed("gate", "post", "--env", ENV, "--json", cwd=folder).document
        points = {point["id"]: point for point in gate["points"]}
        assert (points["Q.9.1"]["verdict"], points["Q.9.1"]["measured"]["count"]) == ("open", 1)
        assert given(folder, "restore", *BACK).code == 0
        assert lasting(http.get(f"Subscription/{made['id']}").json()) == lasting(before)
        assert json.loads(typed("status", "--json", cwd=folder).out)["paused"] == {}


def test_another_subscription_than_ours_is_another_server(production: tuple[Path, Server]) -> None:
    """Also while ours are paused; and a GO that was given while they were wants them so."""
    folder, server = production
    run = folder / "runs" / ENV / "001"
    with client(folder, server) as http:
        http.post("Subscription", json=subscription("Task?status=ready"))
        gone = http.post("Subscription", json=subscription("Device")).json()
        allowed(folder, ENV, run)
        off = {**gone, "status": "off"}
        http.put(f"Subscription/{gone['id']}", json=off, headers={"If-Match": 'W/"1"'})
        assert given(folder, "pause", *NAME).code == 0
        assert ran(folder, ENV).code == 10, "somebody else switched one off"
        allowed(folder, ENV, run)
        other = http.post("Subscription", json=subscription("Patient")).json()
        assert ran(folder, ENV).code == 10
        http.delete(f"Subscription/{other['id']}")
        allowed(folder, ENV, run)
        assert given(folder, "restore", *BACK).code == 0
        assert ran(folder, ENV).code == 10
        probed(folder, ENV, run)


def test_production_is_named_before_anything_is_written(production: tuple[Path, Server]) -> None:
    """To which environment, and its address."""
    folder, _server = production
    allowed(folder, ENV, folder / "runs" / ENV / "001")

    for what, name in (("pause", NAME), ("restore", BACK)):
        assert (
            "prd2: https://prd2.koppeltaal.nl/api/v1/EXAMPLE/fhir/r4"
            in given(folder, what, *name).err
        )
