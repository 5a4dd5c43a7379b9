"""What a plan fires of each subscription: counted on its resources, and shown."""

from __future__ import annotations

import pytest

from inside import typed
from kt_migrate.plan.store import Plan
from kt_migrate.subscriptions.forecast import UNREADABLE, Fires, forecast, per_owner
from kt_migrate.subscriptions.kept import firing_by, read_forecast
from kt_migrate.subscriptions.seen import Owned
from subscriptions.conftest import Scene


def owned(criteria: str, number: int = 1, owner: str = "Portaal") -> Owned:
    """Return somebody's subscription."""
    return Owned(
        id=str(number),
        version="1",
        status="active",
        criteria="",
        asked=criteria,
        host="",
        ours=False,
        owner=f"Device/{owner}",
        owner_name=owner,
    )


def fires(plan: Plan, criteria: str) -> Fires:
    """Forecast one."""
    return forecast(plan, [owned(criteria)], frozenset({"Device/ours"}))["1"]


def test_each_write_that_matches_is_one(example_plan: Plan) -> None:
    """As many as the plan writes, counted by another road."""
    requests = example_plan.requests()
    ready = requests["Task", "ready"]
    tasks = sum(n for (r4_type, _status), n in requests.items() if r4_type == "Task")

    assert 0 < ready < tasks
    assert fires(example_plan, "Task?status=ready") == Fires(certain=ready, perhaps=0)
    assert fires(example_plan, "Task") == Fires(certain=tasks, perhaps=0)
    assert fires(example_plan, "Task?status:not=ready").certain == tasks - ready
    assert fires(example_plan, "Device") == Fires(certain=0, perhaps=0)


def test_a_chain_is_followed_to_what_is_planned_too(example_plan: Plan) -> None:
    """Each task has a patient that the plan writes: as active, or as not."""
    tasks = fires(example_plan, "Task").certain
    found = fires(example_plan, "Task?patient.active=true")

    assert found.perhaps == 0
    assert 0 < found.certain < tasks
    assert found.certain + fires(example_plan, "Task?patient.active=false").certain == tasks


@pytest.mark.parametrize("criteria", ["Task?_id=1", "Task?owner=Practitioner/1", "Task?x=1"])
def test_what_cannot_be_said_is_never_counted_as_none(example_plan: Plan, criteria: str) -> None:
    """It is a number to which it may come."""
    found = fires(example_plan, criteria)

    assert found.certain == 0
    assert found.perhaps > 0
    assert not found.known


@pytest.mark.parametrize("criteria", ["", "?x=1", "AuditEvent", "AuditEvent?type=rest"])
def test_what_cannot_be_read_or_is_the_servers_own_is_a_question_mark(
    example_plan: Plan, criteria: str
) -> None:
    """Of events of the log there is one at least per request, and nobody plans those."""
    assert fires(example_plan, criteria) == UNREADABLE
    assert not UNREADABLE.known


def test_an_owner_gets_the_sum_of_theirs(example_plan: Plan) -> None:
    """Per type; one that cannot be read makes the sum a question too."""
    every = [
        owned("Task?status=ready", 1),
        owned("Task", 2),
        owned("Patient", 3),
        owned("", 4),
        owned("Task", 5, "Module"),
    ]
    found = forecast(example_plan, every, frozenset())
    sums = per_owner(every, found)

    assert sums["Portaal", "Task"] == found["1"].plus(found["2"])
    assert sums["Portaal", "Patient"] == found["3"]
    assert not sums["Portaal", ""].known
    assert sums["Module", "Task"] == found["5"]


def test_the_list_shows_it_per_subscription_and_per_owner(scene: Scene) -> None:
    """Of those in force; of one that is off there is nothing to forecast."""
    assert scene("list").document["forecast"] is False
    assert typed("plan", "--env", "local", cwd=scene.folder).code == 0
    scene.made("Task?owner=Practitioner/1")
    scene.made("Patient", status="off")

    done = scene("list")

    told = {one["criteria"]: one["fires"] for one in done.document["subscriptions"]}
    assert told["Patient"] is None
    assert told["Task?status=completed"]["certain"] > 0
    assert told["Task?owner=…"]["certain"] == 0
    assert told["Task?owner=…"]["perhaps"] > 0
    assert f"0 tot {told['Task?owner=…']['perhaps']}" in done.err
    owners = {(one["owner"], one["type"]): one for one in done.document["per_owner"]}
    assert (
        owners["sandbox-application", "Task"]["certain"] == told["Task?status=completed"]["certain"]
    )


def test_a_probe_says_what_was_counted_and_keeps_it_for_the_run(scene: Scene) -> None:
    """Not as many as there are of the type and status, but those that match; without content."""
    assert typed("plan", "--env", "local", cwd=scene.folder).code == 0
    scene.made("Task?status=ready&intent=plan")
    scene.made("Task?status=ready&owner=Practitioner/nummer-van-iemand")

    done = typed("probe", "--env", "local", "--json", cwd=scene.folder)

    told = {one["criteria"]: one for one in done.document["notifications"]}
    intent, owner = told["Task?status=ready&intent=plan"], told["Task?status=ready&owner=…"]
    assert (intent["notifications"], intent["exact"]) == (0, True)
    assert owner["notifications"] > 0
    assert owner["exact"] is False
    kept = scene.folder / "runs" / "local" / "forecast.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    text = kept.read_text("utf-8")
    assert "iemand" not in text
    plan = typed("status", "--json", cwd=scene.folder).document["runs"][0]["run"]
    with Plan(scene.folder / "runs" / "local" / plan / "plan.sqlite") as planned:
        found = read_forecast(scene.folder, "local", planned.sha256())
        requests = planned.requests()
    assert sorted(fires.certain for fires in found.values())[:2] == [0, 0]
    assert read_forecast(scene.folder, "local", "0" * 64) == {}
    assert firing_by((), found, requests) == ()
    kept.write_text("{", "utf-8")
    assert read_forecast(scene.folder, "local", "0" * 64) == {}
