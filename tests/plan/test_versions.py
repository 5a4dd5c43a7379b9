"""Mode `every-version`: what is written before the last state of each object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from archives import HOST, Json, activity, careplan, extension, life, patient, status

from kt_migrate.books import canonical, digest
from kt_migrate.model import Mode, Resource
from kt_migrate.plan.enrichment import Enrichment
from kt_migrate.plan.rows import VersionCount
from kt_migrate.plan.store import Plan
from plan.small import NONE, STANDARD, plan_files, queue, with_rules
from plan.test_build import RELATED, TEAM, plan_with, ref
from supplying import supplying

P1, P2, C1, S1, T1, R1 = (
    f"{HOST}/{name}"
    for name in ("Patient/1", "Patient/2", "CarePlan/1", "S/1", "CareTeam/1", "persoon/1")
)


def every(
    folder: Path,
    *contents: Mapping[str, Json],
    enrichment: Enrichment = NONE,
    **policies: Any,  # noqa: ANN401 (a policy)
) -> Plan:
    """Plan every version of the objects of some messages."""
    algorithm = with_rules(**policies) if policies else STANDARD
    folder.mkdir(exist_ok=True)
    files = queue(*contents)
    return plan_files(folder / "every", files, algorithm, enrichment, Mode.EVERY_VERSION)


def story(plan: Plan, link: str) -> list[Resource]:
    """Return the versions of the one resource of an object, its last state included."""
    (write,) = (w for w in plan.writes() if w.link == link)
    return [*(version.resource for version in plan.versions(write.seq)), write.resource]


def families(plan: Plan, link: str = P1) -> list[str]:
    """Return the family names that a patient had."""
    return [resource["name"][0]["family"] for resource in story(plan, link)]  # type: ignore[index,call-overload,misc]  # JSON


def statuses(plan: Plan, link: str) -> list[str]:
    """Return the statuses that a task had."""
    return [str(resource["status"]) for resource in story(plan, link)]


def skipped(plan: Plan) -> list[tuple[str, str, str]]:
    """Return the lines about versions that are not written."""
    return [(i.link, i.path, i.detail) for i in plan.issues() if i.code == "version-skipped"]


def test_a_patient_has_every_version_and_ends_in_the_last(tmp_path: Path) -> None:
    """The last state is the write of mode `latest`, to the digest."""
    contents = [{P1: patient(name)} for name in ("A", "B", "C")]
    with every(tmp_path, *contents) as plan, plan_files(tmp_path / "l", queue(*contents)) as latest:
        assert families(plan) == ["A", "B", "C"]
        assert list(plan.writes()) == list(latest.writes())
        assert plan.hash_totals() == latest.hash_totals()
        assert plan.books().as_json() == latest.books().as_json()
        assert plan.version_counts() == {"Patient": VersionCount(planned=2)}
        assert (plan.mode, latest.mode) == (Mode.EVERY_VERSION, Mode.LATEST)
        assert latest.version_counts() == {}
        assert (plan.requests(), latest.requests()) == ({("Patient", ""): 3}, {("Patient", ""): 1})
        assert list(latest.with_versions()) == []
        assert list(plan.with_versions()) == [1]
        assert (plan.count_versions(1), latest.count_versions(1)) == (2, 0)
        versions = plan.versions(1)
        assert [v.digest for v in versions] == [digest(canonical(v.resource)) for v in versions]
        assert plan.version_digests(1) == tuple(v.digest for v in versions)


def test_what_changes_nothing_is_not_written(tmp_path: Path) -> None:
    """Copies are one version; and a version that gives the same resource is no write."""
    back = [
        patient("A"),
        patient("A", language="nl"),
        patient("B"),
        patient("A"),
        patient("A", x="y"),
    ]
    sent = life([{P1: content} for content in back])
    files = [
        copy for one in sent for copy in (one.queue(), one.queue(90), one.sender(), one.stripped())
    ]
    with plan_files(tmp_path / "p", files, mode=Mode.EVERY_VERSION) as plan:
        names = families(plan)
        assert names == ["A", "B", "A"]
        assert plan.version_counts() == {"Patient": VersionCount(planned=2, equal=2)}


def test_a_version_that_cannot_be_written_is_listed_and_costs_the_object_nothing(
    tmp_path: Path,
) -> None:
    """Each reason once, with how many; the enrichment is of all versions."""
    without: Json = {k: v for k, v in patient("A").items() if k != "birthDate"}
    contents = [
        {P1: without},
        {P1: {**without, "language": "x"}},
        {P1: patient("B")},
        {P1: patient("C")},
    ]
    with every(tmp_path, *contents) as plan:
        assert families(plan) == ["B", "C"]
        (line,) = skipped(plan)
        assert line == (P1, "Patient.birthDate", "value-missing 2")
        assert plan.version_counts() == {"Patient": VersionCount(planned=1, skipped=2)}
        assert plan.books().unbalanced() == ()
    supplied = supplying({(P1, "birthDate"): "1980-01-02"})
    with every(tmp_path / "again", *contents, enrichment=supplied) as plan:
        assert families(plan) == ["A", "B", "C"]
        assert skipped(plan) == []


def test_a_task_has_its_care_plan_and_the_statuses_of_then(tmp_path: Path) -> None:
    """A later care plan takes the status back, as for the last state; a repeat is no version."""
    contents: list[dict[str, Json]] = [
        {P1: patient(), C1: careplan(activity("a-1", "Waiting"))},
        {S1: status("a-1", "Available")},
        {S1: status("a-1", "InProgress")},
        {C1: careplan(activity("a-1", "Available"), activity("a-2"))},
        {S1: status("a-1", "Completed")},
        {C1: careplan(activity("a-1", "Completed"), activity("a-2"))},
    ]
    with every(tmp_path, *contents) as plan:
        assert statuses(plan, "a-1") == ["draft", "ready", "in-progress", "ready", "completed"]
        assert statuses(plan, "a-2") == ["ready"]
        assert plan.version_counts()["CarePlanActivity"] == VersionCount(planned=4, equal=2)


def test_a_task_that_was_away_for_a_while_has_no_version_of_then(tmp_path: Path) -> None:
    """Nor one of before its care plan, whatever a status said."""
    contents: list[dict[str, Json]] = [
        {P1: patient(), S1: status("a-1", "Completed")},
        {C1: careplan(activity("a-1", "Waiting"))},
        {C1: careplan(activity("a-2"))},
        {S1: status("a-1", "InProgress")},
        {C1: careplan(activity("a-1", "Available"), activity("a-2"))},
    ]
    with every(tmp_path, *contents) as plan:
        assert statuses(plan, "a-1") == ["draft", "ready"]


def test_sub_activities_have_versions_as_their_activity_has(tmp_path: Path) -> None:
    """When they are tasks of their own."""
    contents: list[dict[str, Json]] = [
        {P1: patient(), C1: careplan(activity("a-1", "Waiting"))},
        {C1: careplan(_with_sub("Available", "Waiting"))},
        {C1: careplan(_with_sub("InProgress", "Available"))},
    ]
    with every(tmp_path, *contents, sub_activities="tasks") as plan:
        assert statuses(plan, "a-1") == ["draft", "ready", "in-progress"]
        assert statuses(plan, "a-1#s-1") == ["draft", "ready"]


def _with_sub(code: str, of_sub: str) -> Json:
    made = activity("a-1", code)
    parts = [
        extension("CarePlan#SubActivityIdentifier", valueString="s-1"),
        extension("CarePlan#SubActivityStatus", valueCoding={"code": of_sub}),
    ]
    made["extension"].append(extension("CarePlan#SubActivity", extension=parts))
    return made


def test_an_earlier_version_of_a_team_has_no_members(tmp_path: Path) -> None:
    """They come from care plans: nobody knows who they were then."""
    renamed = [e for e in TEAM["extension"] if not e["url"].endswith("#Name")]
    renamed.append(extension("CareTeam#Name", valueString="Ander team"))
    contents: list[dict[str, Json]] = [
        {P1: patient(), R1: RELATED, T1: TEAM, C1: plan_with(activity("a-1"))},
        {T1: {**TEAM, "extension": renamed}},
    ]
    with every(tmp_path, *contents) as plan:
        first, last = story(plan, T1)
        assert "participant" in last
        assert "participant" not in first


def test_a_version_goes_after_what_it_refers_to_though_the_last_refers_to_nothing(
    tmp_path: Path,
) -> None:
    """The order counts every version; what an earlier one cannot do without must be migrated."""
    made: list[dict[str, Json]] = [
        {P1: patient(), R1: RELATED, C1: careplan(_performed_by(R1))},
        {C1: careplan(_performed_by(P2, "InProgress"))},
        {C1: careplan(activity("a-1"))},
    ]
    with every(tmp_path, *made) as plan, plan_files(tmp_path / "l", queue(*made)) as latest:
        first, last = story(plan, "a-1")
        assert "RelatedPerson?" in str(first["owner"])
        assert "Patient?" in str(last["owner"])
        assert skipped(plan) == [("a-1", "Task.owner", "reference-missing 1")]
        assert (plan.stages(), latest.stages()) == (3, 2)
        task = max(plan.seqs())
        assert plan.targets(task) == (1, 2)
        assert latest.targets(task) == (1,)
        assert set(plan.references()) == {(2, 1), (3, 1), (3, 2)}


def _performed_by(link: str, code: str = "Available") -> Json:
    return {**activity("a-1", code), "simple": {"performer": [ref(link)]}}


@pytest.mark.parametrize("names", [("A", "B", "C"), ("B", "A", "B")])
def test_the_order_of_reading_changes_nothing(tmp_path: Path, names: Sequence[str]) -> None:
    """To the byte."""
    sent = life([{P1: patient(name), C1: careplan(activity("a-1"))} for name in names])
    files = [copy for one in sent for copy in (one.queue(), one.sender())]
    plans = [
        plan_files(tmp_path / str(n), order, mode=Mode.EVERY_VERSION)
        for n, order in enumerate((files, files[::-1]))
    ]
    one, other = (plan.sha256() for plan in plans)
    assert one == other
    for plan in plans:
        plan.close()
