"""The page of a plan, and what it shares with that of a run: tables, order, how long it takes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kt_migrate.books import HashTotal
from kt_migrate.catalogue import CATALOGUE
from kt_migrate.language import shown
from kt_migrate.model import Outcome
from kt_migrate.plan.actions import Action
from kt_migrate.plan.estimate import Basis, Estimate, Measured
from kt_migrate.reports.actions import Actions
from kt_migrate.reports.page.flows import flows_of, left_of
from kt_migrate.reports.page.model import Page
from kt_migrate.reports.page.planned import plan_page
from kt_migrate.reports.page.standing import Standing, standing_of
from kt_migrate.reports.page.technical import server_of, technical
from kt_migrate.reports.result import run_result
from kt_migrate.reports.summary import summary
from reports.test_page_run import ACTIONS, DONE, HEAD, RIGHT
from reports.world import Thing, World, build


def standing(root: Path, world: World) -> Standing:
    """Return where a run stands, in a folder of its own."""
    folder = root / "runs" / "local" / "001"
    folder.mkdir(parents=True, exist_ok=True)
    build(folder, world)
    return standing_of(folder, run_result(folder))


def planned(root: Path, actions: Actions) -> Page:
    """Return the page of a plan that does this."""
    found = standing(root, World([DONE, HEAD], sent=False))
    return plan_page(found, actions, summary(found.folder, found.result))


def estimate(basis: Basis, per_second: float | None, measured: Measured | None) -> Estimate:
    """Return an estimate."""
    return Estimate(
        basis=basis, per_second=per_second, measured=measured, limit=None, max_in_flight=8
    )


MEASURED = Measured(env="mgr2", run="004", writes=20, seconds=10.0)


@pytest.mark.parametrize(
    ("known", "line"),
    [
        ((Basis.UNKNOWN, None, None), "Hoe lang het duurt weet nog niemand: een proefmigratie"),
        ((Basis.MEASURED, 2.0, MEASURED), "Het duurt ongeveer 1,0 s, zoals run mgr2 004 deed."),
        ((Basis.CONFIGURED, 1.0, None), "Het duurt ten minste 2,0 s"),
    ],
)
def test_how_long_it_takes_is_said_with_how_that_is_known(
    tmp_path: Path, known: tuple[Basis, float | None, Measured | None], line: str
) -> None:
    """Nobody measured it, a run did, or only the limit is known."""
    lines = planned(tmp_path, replace(ACTIONS, estimate=estimate(*known))).answers[0].more

    assert lines[1].startswith(line)


def test_a_plan_proves_what_a_plan_can(tmp_path: Path) -> None:
    """Books and census; of the server it says nothing."""
    made = planned(tmp_path, ACTIONS)

    names = [proof.name for proof in made.proofs]
    assert names == ["De boeken kloppen", "Het archief is twee keer geteld"]
    assert (made.moments, made.trials, made.server, made.criteria) == ((), (), None, None)
    assert not [table for table in made.tables if table.key == "starts"]


def test_nothing_to_write_has_nothing_next(tmp_path: Path) -> None:
    """A trial of nothing would be refused."""
    assert planned(tmp_path, ACTIONS).answers[3].more != ()
    assert planned(tmp_path, replace(ACTIONS, writes=0)).answers[3].more == ()


def test_earlier_versions_are_told(tmp_path: Path) -> None:
    """Mode `every-version`: they are written too, and cost time."""
    action = Action(
        number=1,
        r4_type="Patient",
        source_types=("Patient",),
        system="urn:s",
        client="c",
        credentials="",
        stage=0,
        first=1,
        last=2,
        count=2,
        versions=0,
        seconds=None,
        after=(),
        gates=(),
        scope="system/Patient.cru",
        endpoints=(),
        completes=True,
        total=HashTotal(),
    )
    versions = replace(ACTIONS, actions=(replace(action, versions=3),))
    lines = planned(tmp_path, versions).answers[0].more
    without = replace(ACTIONS, actions=(action,))

    assert "Daarvóór worden 3 eerdere versies geschreven." in lines
    assert not [line for line in planned(tmp_path, without).answers[0].more if "Daarvóór" in line]


def test_what_was_left_stands_people_first(tmp_path: Path) -> None:
    """In the order of all pages, not by size or name."""
    kinds = ("StorageItem", "Patient", "Abacus", "CareTeam")
    left = [Thing(k, ("Create",), Outcome.NOT_MIGRATED, "activity-removed", (), 0) for k in kinds]
    rows = left_of(standing(tmp_path, World([*left, left[0]]))).rows

    assert [row[1] for row in rows] == ["Patient", "CareTeam", "StorageItem", "Abacus"]
    assert {row[3] for row in rows} == {shown(CATALOGUE["activity-removed"].title)}


def test_what_differs_most_stands_first(tmp_path: Path) -> None:
    """And nothing is said when nobody looked."""
    found = standing(tmp_path, World([DONE], found=RIGHT, missing=1))
    assert found.verified is not None
    (one,) = found.verified.issues
    issues = (one, *[replace(one, source_type="Task", code="verify-different")] * 3)
    looked = replace(found, verified=replace(found.verified, issues=issues))

    table = server_of(looked)

    assert table is not None
    assert [row[1] for row in table.rows] == [3, 1]
    assert server_of(replace(found, verified=None)) is None


def test_hash_totals_that_differ_are_marked(tmp_path: Path) -> None:
    """An element that no rule read says so; why it was left stands in the reader's language."""
    found = standing(tmp_path, World([replace(DONE, loss=3)], found=RIGHT))
    content = summary(found.folder, found.result)
    tables = {table.key: table for table in technical(content, found)}
    assert [row[2] for row in tables["totals"].rows] == ["✓"]
    rules = [row[2] for row in tables["losses"].rows]
    assert set(rules) <= {"door geen regel gelezen", "no-x"}
    assert "door geen regel gelezen" in rules

    rows: Any = content["hash_totals"]
    wrong = {**content, "hash_totals": [{**row, "equal": False} for row in rows]}
    marked = {table.key: table for table in technical(wrong, found)}
    assert [row[2] for row in marked["totals"].rows] == ["✗"]


def test_what_becomes_of_a_kind_is_named(tmp_path: Path) -> None:
    """A status report is no resource of its own; what is written nowhere becomes nothing."""
    status = replace(DONE, source_type="CarePlanActivityStatus")
    gone = Thing("CareTeam", ("Create",), Outcome.REJECTED, "value-missing", (), 0)
    flows = flows_of(standing(tmp_path, World([DONE, status, gone])))

    assert {flow.source: flow.target for flow in flows} == {
        "Patient": "Patient",
        "CarePlanActivityStatus": "status van Task",
        "CareTeam": "",
    }
