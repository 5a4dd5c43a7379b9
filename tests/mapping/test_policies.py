"""Policies, scope and `extends`, planned on the example domain."""

from __future__ import annotations

from pathlib import Path

import pytest

from kt_migrate.algorithm.load import load_algorithm
from kt_migrate.errors import ConfigurationError
from kt_migrate.plan.build import Inputs, build_plan
from kt_migrate.plan.enrichment import Enrichment, read_enrichment
from kt_migrate.plan.store import Plan
from support import APPLICATIONS, EXAMPLE

HEAD = 'schema: kt-migrate-algorithm/1\nname: eigen\nversion: "1"\nextends: standard\n'


def planned(tmp_path: Path, algorithm: str, more: dict[tuple[str, str], str] | None = None) -> Plan:
    """Plan the example with an algorithm of our own."""
    path = tmp_path / "eigen.yaml"
    path.write_text(HEAD + algorithm)
    known = read_enrichment([EXAMPLE / "enrichment"])
    inputs = Inputs(
        roots=[EXAMPLE / "archive"],
        source_domains=("EXAMPLE",),
        algorithm=load_algorithm(str(path)),
        enrichment=Enrichment({**known.values, **(more or {})}, "x"),
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


@pytest.mark.parametrize(
    ("scope", "out"),
    [
        ("{types: [Patient, Organization]}", "Practitioner"),
        ("{dossiers: open}", "CarePlanActivity"),
        ('{closed_since: "2022-01-01"}', "CarePlanActivity"),
    ],
)
def test_what_is_out_of_scope_is_counted_and_not_planned(
    tmp_path: Path, scope: str, out: str
) -> None:
    """K.1 and K.2: types, dossiers, history; the books still balance."""
    with planned(tmp_path, f"scope: {scope}\n") as plan:
        books = plan.books()

        assert books.as_json()[out]["out_of_scope"] > 0
        assert books.unbalanced() == ()


def test_a_group_of_patients_has_a_scope_of_its_own(tmp_path: Path) -> None:
    """Closed activities stay behind, but not of the chronic group."""
    patient = "https://epd.voorbeeld.example/fhir/Koppeltaal/Patient/3"
    scope = 'scope: {closed_since: "2022-01-01", groups: {chronisch: {}}}\n'
    with planned(tmp_path, scope) as plan:
        before = plan.books().as_json()["CarePlanActivity"]["out_of_scope"]
    with planned(tmp_path, scope, {(patient, "group"): "chronisch"}) as plan:
        after = plan.books().as_json()["CarePlanActivity"]["out_of_scope"]

    assert after < before


def test_a_rule_is_replaced_and_another_taken_away(tmp_path: Path) -> None:
    """By id; the element that no rule reads any more is counted as unread."""
    own = "codes: {task-status: {Expired: failed}}\nremove: [patient-address]\n"
    with planned(tmp_path, own) as plan:
        patients = [w.resource for w in plan.writes() if w.key.r4_type == "Patient"]
        unread = {x.path for x in plan.losses() if x.source_type == "Patient" and not x.rule}

    assert not any("address" in patient for patient in patients)
    assert "address.city" in unread


@pytest.mark.parametrize(
    ("algorithm", "place"),
    [
        ("policies: {task_owner: iemand}\n", "eigen.yaml:5:12"),
        (
            "types:\n  Patient:\n    target: Patient\n    identifier: Patient\n    rules:\n"
            "      - {id: x, to: active, using: toverij, because: y}\n",
            "eigen.yaml:10:29",
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


def test_enrichment_comes_from_csv_and_xlsx(tmp_path: Path) -> None:
    """The same values, the same digest; two different values for one field are refused."""
    from openpyxl import Workbook  # noqa: PLC0415

    rows = [("link", "field", "value"), ("http://a/1", "birthDate", "1950-01-02")]
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    book.save(tmp_path / "a.xlsx")
    (tmp_path / "a.csv").write_text("\n".join(";".join(row) for row in rows))

    one, two = read_enrichment([tmp_path / "a.xlsx"]), read_enrichment([tmp_path / "a.csv"])
    (tmp_path / "b.csv").write_text("link,field,value\nhttp://a/1,birthDate,1951-01-02\n")

    assert one == two
    assert one.get("http://a/1", "birthDate") == "1950-01-02"
    with pytest.raises(ConfigurationError) as caught:
        read_enrichment([tmp_path])
    assert "195" not in caught.value.what
