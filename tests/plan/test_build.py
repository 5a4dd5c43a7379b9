"""One archive with an object of every fate, planned: who ends where, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from archives import HOST, NS, activity, careplan, extension, life, patient, status, write

from kt_migrate.algorithm.model import Algorithm
from kt_migrate.algorithm.registry import Lookup
from kt_migrate.books import HashTotal, canonical, digest, hash_totals
from kt_migrate.errors import ConfigurationError, SourceError
from kt_migrate.history.store import History
from kt_migrate.mapping import map_object
from kt_migrate.model import Body, Outcome, SourceObject
from kt_migrate.plan import build
from kt_migrate.plan.build import Inputs, build_plan
from kt_migrate.plan.store import Plan
from plan.small import NONE, STANDARD, definition, plan_files, plan_roots, queue, with_rules
from supplying import supplying
from support import APPLICATIONS

P1, P2, P3 = (f"{HOST}/Patient/{n}" for n in (1, 2, 3))
C1, C3, T1, O1, R1, D1 = (
    f"{HOST}/{name}"
    for name in (
        "CarePlan/1",
        "CarePlan/3",
        "CareTeam/1",
        "Organization/1",
        "persoon/1",
        "AD/1",
    )
)
U1 = f"{HOST}/UserMessage/1"
S = [f"{HOST}/Status/{n}" for n in range(8)]


def ref(link: str) -> dict[str, str]:
    """Return a reference."""
    return {"reference": link}


def other(kind: str, *extensions: dict[str, Any]) -> dict[str, Any]:
    """Return one of Koppeltaal's own resources."""
    coding = {"system": NS + "OtherResourceUsage", "code": kind}
    return {"resourceType": "Other", "code": {"coding": [coding]}, "extension": [*extensions]}


def with_sub(name: str, sub: str, *, defined: str = "d-1") -> dict[str, Any]:
    """Return an activity with a sub-activity and a definition."""
    made = activity(name)
    identifier = extension("CarePlan#SubActivityIdentifier", valueString=sub)
    made["extension"] += [
        extension("CarePlan#SubActivity", extension=[identifier]),
        extension("CarePlan#ActivityDefinition", valueString=defined),
    ]
    return made


def plan_with(*activities: dict[str, Any], goals: int = 0, of: str = "1") -> dict[str, Any]:
    """Return a care plan with goals, and a team's member."""
    made = careplan(*activities, of=of)
    made["goal"] = [{"description": f"doel {n}"} for n in range(goals)]
    made["participant"] = [
        {
            "member": ref(R1),
            "role": {"coding": [{"code": "Caregiver"}]},
            "extension": [extension("CarePlan#ParticipantCareTeam", valueResource=ref(T1))],
        }
    ]
    return made


TEAM = other(
    "CareTeam",
    extension("CareTeam#Name", valueString="Team"),
    extension("CareTeam#Status", valueCoding={"code": "Active"}),
    extension("CareTeam#Subject", valueResource=ref(P1)),
)
RELATED = {
    "resourceType": "RelatedPerson",
    "patient": ref(P1),
    "name": {"use": "official", "family": ["Pieters"], "given": ["Rol"]},
    "birthDate": "1970-01-02",
    "gender": {"coding": [{"code": "F"}]},
    "relationship": {"coding": [{"code": "MTH", "system": "http://hl7.org/fhir/v3/RoleCode"}]},
}


def everything() -> list[bytes]:
    """Return documents with an object of every fate."""
    removed = activity("a-removed")
    removed["extension"].append(with_sub("x", "s-2")["extension"][2])
    first = plan_with(with_sub("a-1", "s-1"), removed, activity("a-2"), goals=2)
    later = plan_with(
        with_sub("a-1", "s-1"), activity("a-2"), activity("a-2", "Completed"), goals=1
    )
    sent = life(
        [
            {P1: patient(telecom=[{"system": "phone", "value": "02"}]), R1: RELATED},
            {P2: patient(deceasedBoolean=True, onbekend="x"), P3: {**patient(), "name": []}},
            {D1: definition("d-1")},
            {C1: first, T1: TEAM},
            {S[1]: status("a-1", "InProgress"), S[2]: status("a-removed", "Completed")},
            {S[3]: status("nergens", "Completed"), S[4]: status("a-wees", "Completed")},
            {C1: later, C3: plan_with(with_sub("a-wees", "s-3", defined="d-9"), of="9")},
            {S[5]: status("a-1", "Completed"), S[6]: status("a-wees", "InProgress")},
        ]
    )
    broken = life([{P2: patient("B")}], start=40)[0].broken(P2)
    return [*(one.queue() for one in sent), broken, b"{}"]


@pytest.fixture
def plan(tmp_path: Path) -> Iterator[Plan]:
    """Return the plan of all that."""
    with plan_files(tmp_path / "plan", everything()) as made:
        yield made


NOT, REJECTED, MIGRATED = Outcome.NOT_MIGRATED, Outcome.REJECTED, Outcome.MIGRATED
FATES: dict[tuple[str, str], tuple[Outcome, str]] = {
    ("ActivityDefinition", D1): (MIGRATED, ""),
    ("Application", "PLAYPROOF"): (MIGRATED, ""),
    ("CarePlan", C1): (NOT, "careplan-container"),
    ("CarePlan", C3): (NOT, "careplan-container"),
    ("CarePlanActivity", "a-1"): (MIGRATED, ""),
    ("CarePlanActivity", "a-2"): (MIGRATED, ""),
    ("CarePlanActivity", "a-removed"): (NOT, "activity-removed"),
    ("CarePlanActivity", "a-wees"): (REJECTED, "reference-missing"),
    ("CarePlanActivityStatus", S[1]): (NOT, "status-overruled"),
    ("CarePlanActivityStatus", S[2]): (NOT, "activity-removed"),
    ("CarePlanActivityStatus", S[3]): (REJECTED, "activity-unknown"),
    ("CarePlanActivityStatus", S[4]): (NOT, "status-overruled"),
    ("CarePlanActivityStatus", S[5]): (MIGRATED, ""),
    ("CarePlanActivityStatus", S[6]): (REJECTED, "reference-missing"),
    ("CarePlanGoal", f"{C1}#goal-1"): (NOT, "careplan-goal"),
    ("CarePlanGoal", f"{C1}#goal-2"): (NOT, "goal-removed"),
    ("CarePlanSubActivity", "a-1#s-1"): (NOT, "careplan-sub-activity"),
    ("CarePlanSubActivity", "a-removed#s-2"): (NOT, "activity-removed"),
    ("CarePlanSubActivity", "a-wees#s-3"): (NOT, "careplan-sub-activity"),
    ("CareTeam", T1): (MIGRATED, ""),
    ("Document", "0009.json"): (REJECTED, "file-not-a-message"),
    ("Patient", P1): (MIGRATED, ""),
    ("Patient", P2): (MIGRATED, ""),
    ("Patient", P3): (REJECTED, "value-missing"),
    ("Patient", "m-040#entry-1"): (REJECTED, "object-without-link"),
    ("RelatedPerson", R1): (MIGRATED, ""),
}


def test_every_object_has_the_fate_that_the_design_gives_it(plan: Plan) -> None:
    """One each; the headers of messages too."""
    found = {(o.source_type, o.link): (o.outcome, o.reason) for o in plan.objects()}
    headers = [link for source_type, link in found if source_type == "MessageHeader"]

    assert headers == [f"m-{n:03}" for n in (1, 2, 3, 4, 5, 6, 7, 8, 40)]
    for link in headers:
        assert found.pop(("MessageHeader", link)) == (NOT, "message-header")
    assert found == FATES


def test_every_object_is_counted_under_the_event_of_its_last_state(plan: Plan) -> None:
    """Parts under that of their care plan, applications under their definition's."""
    events = {(o.source_type, o.link): o.event for o in plan.objects()}
    careplans, statuses = "CreateOrUpdateCarePlan", "UpdateCarePlanActivityStatus"

    assert events["CarePlanActivity", "a-1"] == events["CarePlanGoal", f"{C1}#goal-1"] == careplans
    assert events["Application", "PLAYPROOF"] == events["ActivityDefinition", D1] == statuses
    assert events["CarePlanActivityStatus", S[3]] == events["MessageHeader", "m-005"] == statuses
    assert events["Patient", "m-040#entry-1"] == events["MessageHeader", "m-040"]
    assert events["Document", "0009.json"] == ""


def test_the_error_list_has_a_line_for_each_reject_and_each_notice(plan: Plan) -> None:
    """With the event, the path and the rule; nothing twice."""
    lines = [(i.source_type, i.link, i.code, i.path, i.rule, i.detail) for i in plan.issues()]
    careplans = {i.event for i in plan.issues() if i.source_type == "CarePlanActivity"}

    wees = "a-wees"
    assert careplans == {"CreateOrUpdateCarePlan"}
    assert lines == [
        ("CarePlanActivity", "a-2", "activity-duplicate", "", "", ""),
        ("CarePlanActivity", "a-removed", "activity-removed", "", "", ""),
        (
            "CarePlanActivity",
            wees,
            "definition-unresolved",
            "Task.extension",
            "task-instantiates",
            "",
        ),
        ("CarePlanActivity", wees, "reference-missing", "Task.for", "task-for", "Patient absent"),
        (
            "CarePlanActivity",
            wees,
            "reference-missing",
            "Task.owner",
            "task-owner",
            "Patient absent",
        ),
        ("CarePlanActivityStatus", S[3], "activity-unknown", "", "", ""),
        ("Document", "0009.json", "file-not-a-message", "", "", "Unknown"),
        ("Patient", P3, "value-missing", "Patient.name", "patient-name", ""),
        ("Patient", "m-040#entry-1", "object-without-link", "Patient", "", ""),
    ]


def test_what_was_left_behind_is_counted_by_rule_or_as_unread(plan: Plan) -> None:
    """Beside what is read, of every type."""
    found = {(x.source_type, x.path): x for x in plan.elements()}

    assert found["Patient", "deceasedBoolean"].rules == ("patient-deceased",)
    assert found["Patient", "deceasedBoolean"].status == "ignored"
    assert found["Patient", "onbekend"].status == "unread"
    assert found["Patient", "onbekend"].count == 1
    assert found["Patient", "birthDate"].rules == ("patient-birth-date",)
    assert {source_type for source_type, _path in found} >= {"CareTeam", "ActivityDefinition"}


def test_resources_are_written_in_stages_sorted_by_type_and_key(plan: Plan) -> None:
    """Everything that a resource refers to comes before it; followers are no writes."""
    rows = [
        (w.seq, w.stage, w.key.r4_type, w.source_type, w.link, plan.targets(w.seq))
        for w in plan.writes()
    ]

    assert rows == [
        (1, 0, "Endpoint", "Application", "PLAYPROOF", ()),
        (2, 0, "Patient", "Patient", P1, ()),
        (3, 0, "Patient", "Patient", P2, ()),
        (4, 1, "ActivityDefinition", "ActivityDefinition", D1, (1,)),
        (5, 1, "RelatedPerson", "RelatedPerson", R1, (2,)),
        (6, 1, "Task", "CarePlanActivity", "a-2", (2,)),
        (7, 2, "CareTeam", "CareTeam", T1, (2, 5)),
        (8, 2, "Task", "CarePlanActivity", "a-1", (2, 4)),
    ]
    task = plan.write(next(w.key for w in plan.writes() if w.link == "a-1"))
    assert task is not None
    assert task.resource["status"] == "completed"
    assert task.resource["description"] == "Oefening"


def test_a_team_has_the_members_that_its_care_plans_name(plan: Plan) -> None:
    """KT 1.3 has no list of them: they come from the last state of every care plan."""
    team = next(w.resource for w in plan.writes() if w.key.r4_type == "CareTeam")
    reference = (
        f"RelatedPerson?identifier=http://koppeltaal.nl/migration/identifier/RelatedPerson|{R1}"
    )

    assert isinstance(team["participant"], list)
    assert [one["member"]["reference"] for one in team["participant"]] == [reference]  # type: ignore[index, call-overload]


def test_an_object_counts_as_migrated_by_its_own_write_or_by_that_of_what_it_follows(
    plan: Plan,
) -> None:
    """A status by the Task of its activity."""
    event, statuses = "CreateOrUpdateCarePlan", "UpdateCarePlanActivityStatus"

    assert plan.objects_of([8]) == {
        ("CarePlanActivity", event): 1,
        ("CarePlanActivityStatus", statuses): 1,
    }
    assert plan.objects_of([1]) == {("Application", statuses): 1}
    assert plan.objects_of([6]) == {("CarePlanActivity", event): 1}


def test_digests_and_totals_are_those_of_what_is_written(plan: Plan) -> None:
    """Per type, of the canonical form."""
    writes = list(plan.writes())
    expected = hash_totals((w.key.r4_type, digest(canonical(w.resource))) for w in writes)

    assert [w.digest for w in writes] == [digest(canonical(w.resource)) for w in writes]
    assert plan.hash_totals() == expected
    assert plan.hash_totals()["Patient"].count == 2
    assert HashTotal() not in plan.hash_totals().values()


def test_the_rest_of_the_plan_is_what_was_read(plan: Plan) -> None:
    """Documents per kind, the census, what has no link, the books, and what it was made with."""
    assert plan.documents() == {"queue-message": 9, "unreadable": 1}
    assert plan.without_link() == {"Patient": 1}
    assert plan.census() == {
        "ActivityDefinition": 1,
        "CarePlan": 2,
        "CarePlanActivity": 4,
        "CarePlanActivityStatus": 6,
        "CareTeam": 1,
        "Patient": 3,
        "RelatedPerson": 1,
    }
    books = plan.books()
    assert books.unbalanced() == ()
    assert books.as_json()["CarePlanActivity"] == {
        "read": 7,
        "superseded": 3,
        "objects": 4,
        "migrated": 2,
        "not_migrated": 1,
        "rejected": 1,
        "out_of_scope": 0,
    }
    assert plan.meta("domain") == "TEST"
    reasons = {s.reason for s in plan.sightings()}
    assert reasons == {"", "older-version", "activity-duplicate"}


def test_the_same_archive_gives_the_same_bytes(plan: Plan, tmp_path: Path) -> None:
    """In any order of reading, under any name."""
    with plan_files(tmp_path / "again", reversed(everything())) as again:
        documents = [o.link for o in again.objects() if o.source_type == "Document"]
        assert documents == ["0000.json"]
        assert [w.digest for w in again.writes()] == [w.digest for w in plan.writes()]
    files = sorted(everything()[:-1])
    bytes_of = []
    for place, some in enumerate((files, files[::-1])):
        with plan_files(tmp_path / str(place), some) as made:
            bytes_of.append(made.path.read_bytes())
    assert bytes_of[0] == bytes_of[1]


def test_what_has_no_content_of_its_own_is_mapped_from_what_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A header from its event, an application from its name: an algorithm may have rules for them."""
    seen: dict[str, Body] = {}

    def watched(source: SourceObject, algorithm: Algorithm, lookup: Lookup) -> Any:  # noqa: ANN401 (an outcome)
        seen[source.link] = source.body
        return map_object(source, algorithm, lookup)

    monkeypatch.setattr(build, "map_object", watched)
    rules_for_headers = replace(STANDARD, not_migrated={})
    plan_files(tmp_path / "made", queue({D1: definition("d-1")}), rules_for_headers).close()

    assert seen["m-001"] == {"event": ["UpdateCarePlanActivityStatus"]}
    assert seen["PLAYPROOF"] == {"name": ["PLAYPROOF"]}


@pytest.mark.parametrize(
    "algorithm",
    [
        STANDARD,
        with_rules(scope={"types": ["Patient", "CarePlan", "CarePlanActivity"]}),
        with_rules(scope={"dossiers": "open"}, sub_activities="tasks"),
        replace(
            STANDARD,
            not_migrated=dict.fromkeys(
                ("MessageHeader", "Patient", "CareTeam", "CarePlanActivityStatus"), "r"
            ),
        ),
    ],
    ids=["standard", "some types", "open dossiers", "other types"],
)
def test_a_type_that_ends_as_one_ends_as_its_objects_would(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, algorithm: Algorithm
) -> None:
    """One by one they get the same fate: the plan is the same, byte for byte."""
    plan_files(tmp_path / "made", everything(), algorithm).close()
    ended: list[str] = []

    def one_by_one(_self: object, source_type: str, *, content: bool) -> bool:
        ended.append(f"{source_type} {content}")
        return False

    monkeypatch.setattr(build._Planner, "_end_all", one_by_one)
    plan_files(tmp_path / "other", everything(), algorithm).close()

    assert "MessageHeader False" in ended
    made, other = (tmp_path / name / "plan.sqlite" for name in ("made", "other"))
    assert made.read_bytes() == other.read_bytes()


def test_a_reference_that_was_left_out_is_not_in_what_is_written(tmp_path: Path) -> None:
    """Nor in its digest; one to what is there stays, with its row."""
    lacks, has = ({**patient(), "managingOrganization": ref(link)} for link in (U1, O1))
    organization = {"resourceType": "Organization", "name": "Kliniek"}
    files = queue({P1: lacks}, {P2: has, O1: organization})
    with plan_files(tmp_path / "made", files) as made:
        writes = {write.link: write for write in made.writes()}
        assert "managingOrganization" not in writes[P1].resource
        assert "managingOrganization" in writes[P2].resource
        assert [made.targets(writes[link].seq) for link in (P1, P2)] == [(), (writes[O1].seq,)]
        for write in writes.values():
            assert write.digest == digest(canonical(write.resource))
        assert made.hash_totals() == hash_totals((w.key.r4_type, w.digest) for w in writes.values())


def test_values_of_the_enrichment_reach_the_mapping(tmp_path: Path) -> None:
    """By the object's link."""
    bare = patient()
    del bare["birthDate"]
    values = supplying({(P1, "birthDate"): "1950-01-02", (P2, "email"): "x"})
    with plan_files(tmp_path / "made", queue({P1: bare, P2: bare}), STANDARD, values) as made:
        assert [w.link for w in made.writes()] == [P1]
        assert [w.resource["birthDate"] for w in made.writes()] == ["1950-01-02"]


def test_an_application_that_nobody_gave_an_address_is_rejected(tmp_path: Path) -> None:
    """And its definitions for lack of it."""
    files = queue({D1: definition("d-1", "ONBEKEND")})
    with plan_files(tmp_path / "made", files) as made:
        found = {o.source_type: o.reason for o in made.objects() if o.outcome == REJECTED}

    assert found["Application"] == "application-unknown"
    assert set(found) == {"Application", "ActivityDefinition"}


def test_a_label_of_another_domain_is_refused_and_progress_is_told(tmp_path: Path) -> None:
    """The labels of kt-migrate.yaml are asked; each file is counted as it is read."""
    tag = b'"category": [{"scheme": "http://hl7.org/fhir/tag/security", "label": "ANDER"}, '
    one, two = queue({P1: patient()}, {P2: patient()})
    archive = write(tmp_path / "archive", [one, two.replace(b'"category": [', tag)])
    told: list[int] = []
    inputs = Inputs(
        roots=[archive],
        source_domains=("EIGEN",),
        algorithm=STANDARD,
        enrichment=NONE,
        applications=APPLICATIONS,
        meta={"b": "2", "a": "1"},
    )
    manifest: list[tuple[str, str]] = []

    def keep(files: Iterator[tuple[str, str]]) -> str:
        manifest.extend(files)
        return "kept"

    assert build_plan(inputs, tmp_path / "plan.sqlite", told.append, keep) == "kept"
    with Plan(tmp_path / "plan.sqlite") as made:
        assert [w.link for w in made.writes()] == [P1]
        assert [(i.code, i.detail) for i in made.issues()] == [("domain-other", "ANDER")]
        assert (made.meta("a"), made.meta("b")) == ("1", "2")

    assert told == [1, 2]
    assert manifest == [
        (f"{n:04}.json", digest((archive / f"{n:04}.json").read_bytes())) for n in (0, 1)
    ]


def test_an_empty_archive_is_no_archive_and_leaves_nothing(tmp_path: Path) -> None:
    """No plan, no temporary file."""
    (tmp_path / "archive").mkdir()
    (tmp_path / "run").mkdir()

    with pytest.raises(SourceError):
        plan_roots([tmp_path / "archive"], tmp_path / "run" / "plan.sqlite")

    assert list((tmp_path / "run").iterdir()) == []


def test_the_history_is_closed_whatever_happens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It holds patients' data: closing deletes it."""
    closed: list[str] = []
    honest = History.close

    def close(self: Any) -> None:  # noqa: ANN401 (the history)
        closed.append("closed")
        honest(self)

    monkeypatch.setattr(History, "close", close)
    archive = write(tmp_path / "archive", queue({P1: patient()}))
    plan_roots([archive], tmp_path / "plan.sqlite").close()
    with pytest.raises(SourceError):
        plan_roots([tmp_path / "nergens"], tmp_path / "other.sqlite")

    assert closed == ["closed", "closed"]


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """Not as a bug of SQLite's."""
    archive = write(tmp_path / "archive", queue({P1: patient()}))

    with pytest.raises(ConfigurationError):
        plan_roots([archive], tmp_path / "nergens" / "plan.sqlite")
