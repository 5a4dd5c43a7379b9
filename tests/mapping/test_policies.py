"""Policies and `extends`, planned on the example domain."""

from __future__ import annotations

from pathlib import Path

import pytest

from kt_migrate.algorithm.load import load_algorithm
from kt_migrate.errors import ConfigurationError
from kt_migrate.plan.build import Inputs, build_plan
from kt_migrate.plan.enrichment import read_enrichment
from kt_migrate.plan.store import Plan
from support import APPLICATIONS, EXAMPLE

HEAD = 'schema: kt-migrate-algorithm/1\nname: eigen\nversion: "1"\nextends: standard\n'


def planned(tmp_path: Path, algorithm: str) -> Plan:
    """Plan the example with an algorithm of our own."""
    path = tmp_path / "eigen.yaml"
    path.write_text(HEAD + algorithm)
    inputs = Inputs(
        roots=[EXAMPLE / "archive"],
        source_domains=("EXAMPLE",),
        algorithm=load_algorithm(str(path)),
        enrichment=read_enrichment([EXAMPLE / "enrichment"]),
        applications=APPLICATIONS,
        meta={},
    )
    build_plan(inputs, tmp_path / "plan.sqlite")
    return Plan(tmp_path / "plan.sqlite")


def test_one_task_each_makes_a_task_per_performer(tmp_path: Path) -> None:
    """Two tasks with keys of their own and two owners; one object that is migrated."""
    with planned(tmp_path, "policies: {task_owner: one-task-each}\n") as plan:
        tasks = [w for w in plan.writes() if w.link == "twee-uitvoerders"]
        owners = {str(w.resource["owner"]) for w in tasks}

        assert [w.key.value for w in tasks] == [
            "twee-uitvoerders#owner-1",
            "twee-uitvoerders#owner-2",
        ]
        assert len(owners) == 2
        assert plan.books().unbalanced() == ()


def test_more_than_one_performer_can_be_a_reject(tmp_path: Path) -> None:
    """Policy task_owner: reject."""
    with planned(tmp_path, "policies: {task_owner: reject}\n") as plan:
        rejected = [i.link for i in plan.issues() if i.code == "owner-ambiguous"]

    assert rejected == ["twee-uitvoerders"]


def test_sub_activities_can_become_tasks(tmp_path: Path) -> None:
    """A Task with partOf, after its main task."""
    with planned(tmp_path, "policies: {sub_activities: tasks}\n") as plan:
        (sub,) = [w for w in plan.writes() if w.source_type == "CarePlanSubActivity"]
        targets = [plan.key(seq) for seq in plan.targets(sub.seq)]

        assert sub.key.system.endswith("/CarePlanSubActivity")
        assert "met-delen" in {key.value for key in targets if key}
        assert plan.books().unbalanced() == ()


def test_a_rule_is_replaced_and_another_taken_away(tmp_path: Path) -> None:
    """By id; the element that no rule reads any more is counted as unread."""
    own = "codes: {task-status: {Expired: failed}}\nremove: [patient-address]\n"
    with planned(tmp_path, own) as plan:
        patients = [w.resource for w in plan.writes() if w.key.r4_type == "Patient"]
        unread = {
            x.path for x in plan.elements() if (x.source_type, x.status) == ("Patient", "unread")
        }

    assert not any("address" in patient for patient in patients)
    assert "address.city" in unread


@pytest.mark.parametrize(
    ("algorithm", "place"),
    [
        ("policies: {task_owner: iemand}\n", "eigen.yaml:5:24"),
        (
            "types:\n  Patient:\n    target: Patient\n    identifier: Patient\n    rules:\n"
            "      - {id: x, to: active, using: toverij, because: y}\n",
            "eigen.yaml:10:36",
        ),
        ("extends: niets\n", "eigen.yaml:5:1"),
        (
            "types:\n  Patient:\n    target: Patient\n    identifier: Patient\n    rules:\n"
            "      - {id: x, to: active, because: y}\n      - {id: x, to: name, because: y}\n",
            "eigen.yaml:11:9",
        ),
    ],
)
def test_a_mistake_is_named_by_its_place(tmp_path: Path, algorithm: str, place: str) -> None:
    """File, line and column."""
    path = tmp_path / "eigen.yaml"
    path.write_text(HEAD + algorithm)

    with pytest.raises(ConfigurationError) as caught:
        load_algorithm(str(path))

    assert caught.value.where == place
