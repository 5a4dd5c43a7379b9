"""What belongs to the migration: types, dossiers, history, per group of patients."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import orjson
import pytest
from archives import HOST, careplan, extension
from archives import activity as activity_of
from archives import patient as patient_of

from kt_migrate.model import Body, Node, SourceObject
from kt_migrate.plan.scope import Scope
from plan.small import plan_files, queue, with_rules
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


def scope(
    rules: dict[str, Any],
    groups: dict[str, str] | None = None,
    patients: Sequence[SourceObject] = (),
    activities: Sequence[SourceObject] = (),
) -> Scope:
    """Return a scope that knows three patients: one with an open activity, one closed, one without."""
    values = {(link, "group"): group for link, group in (groups or {}).items()}
    known = {link: patient(link) for link in ("open", "closed", "without")}
    known |= {one.link: one for one in patients}
    made = Scope(with_rules(scope=rules), supplying(values), database(known.values()))
    of_them = activities or [
        activity("open", "Completed"),
        activity("open", "Available"),
        activity("closed", "Completed"),
        activity("closed", "Cancelled"),
    ]
    made.learn(lambda: of_them)
    return made


def database(patients: Iterable[SourceObject]) -> sqlite3.Connection:
    """Return what a scope asks of a history: the last states of some patients."""
    db = sqlite3.connect(":memory:")
    db.executescript(
        "CREATE TABLE object (source_type, link, sighting);"
        "CREATE TABLE sighting (id INTEGER PRIMARY KEY, copy, version, content);"
        "CREATE TABLE copy (id, form, timestamp);"
        "CREATE TABLE body (id, body);"
        "CREATE TABLE decider (activity, sighting);"
    )
    db.execute("INSERT INTO copy VALUES (1, 'queue', '2021-01-01T00:00:00Z')")
    for number, one in enumerate(patients, start=1):
        db.execute("INSERT INTO object VALUES ('Patient', ?, ?)", (one.link, number))
        db.execute("INSERT INTO sighting VALUES (?, 1, '', ?)", (number, number))
        db.execute("INSERT INTO body VALUES (?, ?)", (number, orjson.dumps(one.body)))
    return db


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
    of_them = [activity("p", "Completed"), activity("p", status, kind), activity("p", "Skipped")]
    asked = scope({"dossiers": "open"}, activities=of_them)

    assert asked.excludes(patient("p")) == ""


@pytest.mark.parametrize(
    "status", ["Completed", "Cancelled", "Expired", "Skipped", "available", ""], ids=count()
)
def test_any_other_status_keeps_none_open(status: str) -> None:
    """Also one that nobody knows."""
    asked = scope({"dossiers": "open"}, activities=[activity("p", status)])

    assert asked.excludes(patient("p")) == "scope-dossiers"


@pytest.mark.parametrize(("active", "out"), [("true", False), ("false", True), (None, False)])
def test_a_patient_who_is_not_active_is_a_closed_dossier(active: str | None, *, out: bool) -> None:
    """Whatever activities there are; and all that is of it is of a closed dossier."""
    of_them = [patient("open", active), patient("without", active)]
    asked = scope({"dossiers": "open"}, patients=of_them)

    for link in ("open", "without"):
        for of_a_patient in (patient, related, team):
            expected = "scope-dossiers" if out else ""
            assert asked.excludes(of_a_patient(link)) == expected


@pytest.mark.parametrize(
    ("open_when", "expected"),
    [
        ("open-activity-or-none", {"open", "without"}),
        ("open-activity", {"open"}),
        ("active-patient", {"open", "closed", "without"}),
    ],
)
def test_what_makes_a_dossier_open_is_a_choice(open_when: str, expected: set[str]) -> None:
    """`closed` takes exactly the others; a patient who is not active is closed in each."""
    gone = patient("gone", "false")
    links = {"open", "closed", "without", "gone"}
    for dossiers, taken in (("open", expected), ("closed", links - expected)):
        asked = scope({"dossiers": dossiers, "open_when": open_when}, patients=[gone])
        assert {link for link in links if not asked.excludes(patient(link))} == taken
    nobody = scope({"dossiers": "none", "open_when": open_when})
    assert {nobody.excludes(patient(link)) for link in links} == {"scope-none"}
    assert nobody.excludes(OTHER) == ""


def of_group(name: str, **more: object) -> dict[str, Any]:
    """Return a group by the enrichment's field."""
    return {"name": name, "patients": {"group": name}, **more}


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


def test_who_is_in_nobodys_dossier_stays_whatever_dossiers_do() -> None:
    """Also when the day of its last change is looked at, and nobody knows it."""
    made = scope({"dossiers": "none", "history": {"Organization": "2020-01-01"}})

    assert made.excludes_all("Organization") is None
    assert made.excludes(OTHER) == ""
    assert made.excludes(patient("open")) == "scope-none"


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
        ({"dossiers": "open", "groups": [of_group("g")]}, "g", ""),
        ({"dossiers": "open", "groups": [of_group("g")]}, "h", "scope-dossiers"),
        ({"dossiers": "open", "groups": [of_group("g")]}, None, "scope-dossiers"),
        ({"groups": [of_group("g", dossiers="open")]}, "g", "scope-dossiers/g"),
        ({"groups": [of_group("g", dossiers="open"), of_group("h")]}, "h", ""),
        ({"groups": [of_group("g", dossiers="open")]}, None, ""),
        ({**SINCE, "groups": [of_group("g")]}, "g", ""),
        ({**SINCE, "groups": [of_group("g")]}, None, "scope-closed-since"),
        ({"groups": [of_group("g", **SINCE)]}, "g", "scope-closed-since/g"),
        ({"groups": [of_group("g", **SINCE)]}, "h", ""),
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
    rules = {"dossiers": "open", "groups": [of_group("g")]}

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
        ({**SINCE, "groups": [of_group("g")]}, {"1": "g"}, set()),
        ({**SINCE, "groups": [of_group("g")]}, {"2": "g"}, {("a-1", "scope-closed-since")}),
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
