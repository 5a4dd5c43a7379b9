"""What belongs to the migration: types, dossiers, history, per group of patients."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from archives import HOST, careplan, extension
from archives import activity as activity_of
from archives import patient as patient_of

from kt_migrate.model import Body, Node, SourceObject
from kt_migrate.plan.scope import Scope
from plan.small import NONE, plan_files, queue, with_rules
from supplying import supplying

NS = "http://ggz.koppeltaal.nl/fhir/Koppeltaal/"


def ref(link: str) -> Node:
    """Return a reference as a message has it."""
    return {"reference": [link]}


def activity(
    patient: str, status: str, kind: str = "CarePlanActivity", **ended: str
) -> SourceObject:
    """Return an activity of a patient, with the moments that end it."""
    extensions: list[Node] = [
        {"url": [f"{NS}CarePlan#{name}"], "valueDateTime": [value]} for name, value in ended.items()
    ]
    body: Body = {
        "activity": [{"extension": extensions}],
        "careplan": [{"patient": [ref(patient)]}],
        "current": [{"status": [status]} if status else {}],
    }
    return SourceObject(source_type=kind, link=f"{patient}-{status}", body=body)


def patient(link: str, active: str | None = "true") -> SourceObject:
    """Return a patient."""
    body: Body = {} if active is None else {"active": [active]}
    return SourceObject(source_type="Patient", link=link, body=body)


def related(link: str) -> SourceObject:
    """Return a related person of a patient."""
    return SourceObject(source_type="RelatedPerson", link="r", body={"patient": [ref(link)]})


def team(link: str) -> SourceObject:
    """Return a team about a patient."""
    subject: Node = {"url": [f"{NS}CareTeam#Subject"], "valueResource": [ref(link)]}
    return SourceObject(source_type="CareTeam", link="t", body={"extension": [subject]})


OTHER = SourceObject(source_type="Organization", link="o", body={"patient": [ref("closed")]})


def scope(rules: dict[str, Any], groups: dict[str, str] | None = None) -> Scope:
    """Return a scope that knows three patients: one with an open activity, one closed, one without."""
    values = {(link, "group"): group for link, group in (groups or {}).items()}
    made = Scope(with_rules(scope=rules), supplying(values))
    made.learn(
        [
            activity("open", "Completed"),
            activity("open", "Available"),
            activity("closed", "Completed"),
            activity("closed", "Cancelled"),
        ]
    )
    return made


@pytest.mark.parametrize(
    ("types", "excluded"),
    [
        ("all", set()),
        (("Patient",), {"CareTeam", "Organization", "RelatedPerson", "CarePlanActivity"}),
        (("CareTeam", "Organization", "RelatedPerson", "CarePlanActivity"), {"Patient"}),
        ((), {"Patient", "CareTeam", "Organization", "RelatedPerson", "CarePlanActivity"}),
    ],
)
def test_only_the_types_that_are_named_take_part(types: object, excluded: set[str]) -> None:
    """All of them, or those of a list."""
    asked = scope({"types": types})
    sources = [patient("p"), related("p"), team("p"), OTHER, activity("p", "Completed")]

    for source in sources:
        expected = "scope-types" if source.source_type in excluded else ""
        assert asked.excludes(source) == expected


ABOUT: dict[str, Callable[[str], SourceObject]] = {
    "Patient": patient,
    "RelatedPerson": related,
    "CareTeam": team,
    "CarePlanActivity": lambda link: activity(link, "Completed"),
    "CarePlanSubActivity": lambda link: activity(link, "Completed", "CarePlanSubActivity"),
}


@pytest.mark.parametrize("source_type", ABOUT)
@pytest.mark.parametrize(("link", "out"), [("open", False), ("closed", True), ("without", False)])
def test_with_open_dossiers_only_what_is_of_a_closed_one_stays_behind(
    source_type: str, link: str, *, out: bool
) -> None:
    """Everything of that patient; a patient without activities is no closed dossier."""
    source = ABOUT[source_type](link)

    assert scope({"dossiers": "open"}).excludes(source) == ("scope-dossiers" if out else "")
    assert scope({"dossiers": "all"}).excludes(source) == ""


@pytest.mark.parametrize("status", ["Waiting", "Available", "InProgress"])
@pytest.mark.parametrize("kind", ["CarePlanActivity", "CarePlanSubActivity"])
def test_one_open_activity_keeps_a_dossier_open(status: str, kind: str) -> None:
    """Any of the three statuses that are no end."""
    asked = Scope(with_rules(scope={"dossiers": "open"}), NONE)
    asked.learn([activity("p", "Completed"), activity("p", status, kind), activity("p", "Skipped")])

    assert asked.excludes(patient("p")) == ""


@pytest.mark.parametrize(
    "status", ["Completed", "Cancelled", "Expired", "Skipped", "available", ""], ids=count()
)
def test_any_other_status_keeps_none_open(status: str) -> None:
    """Also one that nobody knows."""
    asked = Scope(with_rules(scope={"dossiers": "open"}), NONE)
    asked.learn([activity("p", status)])

    assert asked.excludes(patient("p")) == "scope-dossiers"


@pytest.mark.parametrize(("active", "out"), [("true", False), ("false", True), (None, False)])
def test_a_patient_who_is_not_active_is_a_closed_dossier(active: str | None, *, out: bool) -> None:
    """Whatever activities there are."""
    asked = scope({"dossiers": "open"})

    for link in ("open", "without"):
        assert asked.excludes(patient(link, active)) == ("scope-dossiers" if out else "")


SINCE = {"closed_since": "2022-01-01"}


@pytest.mark.parametrize("kind", ["CarePlanActivity", "CarePlanSubActivity"])
@pytest.mark.parametrize(
    ("status", "ended", "out"),
    [
        ("Completed", {"Finished": "2021-12-31T23:59:59Z"}, True),
        ("Completed", {"Finished": "2022-01-01T00:00:00Z"}, False),
        ("Completed", {"Finished": "2022-01-01"}, False),
        ("Cancelled", {"Cancelled": "2021-06-01"}, True),
        ("Expired", {"EndDate": "2021-06-01"}, True),
        ("Completed", {"Finished": "2021-06-01", "EndDate": "2023-01-01"}, True),
        (
            "Completed",
            {"Finished": "2023-06-01", "Cancelled": "2021-01-01", "EndDate": "2021-01-01"},
            False,
        ),
        ("Cancelled", {"Cancelled": "2023-06-01", "EndDate": "2021-01-01"}, False),
        ("Completed", {}, False),
        ("Available", {"EndDate": "2021-06-01"}, False),
        ("InProgress", {"Finished": "2021-06-01"}, False),
    ],
)
def test_a_closed_activity_that_ended_before_the_date_stays_behind(
    kind: str, status: str, ended: dict[str, str], *, out: bool
) -> None:
    """By the moment it was finished, else cancelled, else planned to end; an open one never."""
    found = scope(SINCE).excludes(activity("p", status, kind, **ended))

    assert found == ("scope-closed-since" if out else "")
    assert scope({}).excludes(activity("p", status, kind, **ended)) == ""


@pytest.mark.parametrize(
    "source_type", ["Organization", "MessageHeader", "CarePlan", "UserMessage"]
)
def test_of_who_is_in_nobodys_dossier_the_type_alone_decides(source_type: str) -> None:
    """Whatever is in it: such a type can end as one."""
    made = scope({"dossiers": "open", "closed_since": "2020-01-01"})

    assert made.excludes_all(source_type) == ""
    assert scope({"types": ["Patient"]}).excludes_all(source_type) == "scope-types"


@pytest.mark.parametrize("of_a_patient", [patient("p"), related("p"), team("p"), activity("p", "")])
def test_of_who_is_in_a_dossier_the_object_decides(of_a_patient: SourceObject) -> None:
    """But for a type that takes no part at all."""
    source_type = of_a_patient.source_type

    assert scope({}).excludes_all(source_type) is None
    assert scope({"types": ["Organization"]}).excludes_all(source_type) == "scope-types"


def test_only_activities_end() -> None:
    """No date of anything else keeps it behind."""
    old = activity("p", "Completed", Finished="2021-01-01").body
    for kind in ("Patient", "CareTeam", "RelatedPerson", "Organization"):
        source = SourceObject(source_type=kind, link="p", body=old)
        assert scope(SINCE).excludes(source) == ""


@pytest.mark.parametrize(
    ("rules", "group", "expected"),
    [
        ({"dossiers": "open", "groups": {"g": {}}}, "g", ""),
        ({"dossiers": "open", "groups": {"g": {}}}, "h", "scope-dossiers"),
        ({"dossiers": "open", "groups": {"g": {}}}, None, "scope-dossiers"),
        ({"groups": {"g": {"dossiers": "open"}}}, "g", "scope-dossiers"),
        ({"groups": {"g": {"dossiers": "open"}, "h": {}}}, "h", ""),
        ({"groups": {"g": {"dossiers": "open"}}}, None, ""),
        ({**SINCE, "groups": {"g": {}}}, "g", ""),
        ({**SINCE, "groups": {"g": {}}}, None, "scope-closed-since"),
        ({"groups": {"g": SINCE}}, "g", "scope-closed-since"),
        ({"groups": {"g": SINCE}}, "h", ""),
    ],
)
def test_a_group_has_choices_of_its_own(
    rules: dict[str, Any], group: str | None, expected: str
) -> None:
    """All of them: what its own do not say is not taken from those for everybody."""
    asked = scope(rules, {"closed": group} if group else {})

    assert asked.excludes(activity("closed", "Completed", Finished="2021-01-01")) == expected


def test_the_group_of_another_patient_does_not_count() -> None:
    """It is looked up by the patient's own link."""
    rules = {"dossiers": "open", "groups": {"g": {}}}

    assert scope(rules, {"open": "g"}).excludes(patient("closed")) == "scope-dossiers"
    assert scope(rules, {"closed-Completed": "g"}).excludes(patient("closed")) == "scope-dossiers"


def test_types_go_before_dossiers_and_dossiers_before_dates() -> None:
    """The reason that is counted is the first."""
    source = activity("closed", "Completed", Finished="2021-01-01")

    assert scope({"types": [], "dossiers": "open", **SINCE}).excludes(source) == "scope-types"
    assert scope({"dossiers": "open", **SINCE}).excludes(source) == "scope-dossiers"


def of(number: str, code: str) -> dict[str, Any]:
    """Return what a message carries: a patient, and a care plan with one activity that has ended."""
    ended = activity_of(f"a-{number}", code)
    ended["extension"].append(extension("CarePlan#Finished", valueDateTime="2021-06-01T00:00:00Z"))
    return {
        f"{HOST}/Patient/{number}": patient_of(),
        f"{HOST}/CarePlan/{number}": careplan(ended, of=number),
    }


@pytest.mark.parametrize(
    ("rules", "groups", "expected"),
    [
        ({}, {}, set()),
        ({"types": ["Patient", "CarePlan"]}, {}, {("a-1", "scope-types"), ("a-2", "scope-types")}),
        (
            {"dossiers": "open"},
            {},
            {("a-1", "scope-dossiers"), (f"{HOST}/Patient/1", "scope-dossiers")},
        ),
        (SINCE, {}, {("a-1", "scope-closed-since")}),
        ({**SINCE, "groups": {"g": {}}}, {"1": "g"}, set()),
        ({**SINCE, "groups": {"g": {}}}, {"2": "g"}, {("a-1", "scope-closed-since")}),
    ],
)
def test_what_is_out_of_scope_is_counted_and_not_planned(
    tmp_path: Path, rules: dict[str, Any], groups: dict[str, str], expected: set[tuple[str, str]]
) -> None:
    """K.1 and K.2 in a whole plan: the books balance, and the reason is the object's."""
    files = queue(of("1", "Completed"), of("2", "InProgress"))
    if "types" in rules:
        rules = {"types": [*rules["types"], "MessageHeader"]}
    values = {(f"{HOST}/Patient/{number}", "group"): group for number, group in groups.items()}
    with plan_files(tmp_path / "made", files, with_rules(scope=rules), supplying(values)) as plan:
        books = plan.books()
        out = {(o.link, o.reason) for o in plan.objects() if o.outcome == "out_of_scope"}
        written = {write.link for write in plan.writes()}

    assert out == expected
    assert sum(row["out_of_scope"] for row in books.as_json().values()) == len(expected)
    assert books.unbalanced() == ()
    assert not written & {link for link, _reason in out}
