"""The account of the elements in a plan: total, held against a count of its own over the bodies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from archives import HOST, NS, Json, careplan, extension, patient, status

from kt_migrate.kt13.read import read_document
from kt_migrate.model import Body, Document
from kt_migrate.plan.rows import ElementRow
from kt_migrate.plan.store import Plan
from mapping.counting import counted
from plan.small import STANDARD, plan_files, queue, with_rules

P1, P2, P3, C1, S1, S2, U1, W1 = (
    f"{HOST}/{name}"
    for name in (
        "Patient/1", "Patient/2", "Patient/3", "CarePlan/1", "Other/1", "Other/2", "Other/3", "Other/4",
    )
)  # fmt: skip
POINTS = {"url": "http://spel.example/fhir/Activity#Punten", "valueInteger": 3}
HIDDEN = {"url": "urn:x/Jan Jansen", "valueString": "x"}


def other(kind: str, **more: object) -> Json:
    """Return an object that only its usage code tells."""
    code = {"coding": [{"system": NS + "OtherResourceUsage", "code": kind}]}
    return {"resourceType": "Other", "code": code, **more}


def with_sub(identifier: str, sub: str) -> Json:
    """Return an activity with a sub-activity."""
    own = extension("CarePlan#SubActivityIdentifier", valueString=sub)
    return {
        "extension": [
            extension("CarePlan#ActivityIdentifier", valueString=identifier),
            extension("CarePlan#ActivityStatus", valueCoding={"code": "Available"}),
            extension("CarePlan#SubActivity", extension=[own]),
        ],
        "zelden": "x",
    }


FILES = queue(
    {P1: patient(extension=[POINTS], telecom=[{"system": "phone", "value": "1"}] * 2)},
    {P2: {**patient(extension=[POINTS, POINTS, HIDDEN]), "name": []}},  # rejected
    {C1: careplan(with_sub("a-1", "s-1"), of="1", goals=2) | {"modified": "2021-01-01"}},
    {S1: status("a-1", "InProgress"), S2: status("nergens", "Completed")},
    {U1: other("UserMessage", extension=[extension("UserMessage#Subject", valueString="x")])},
    {W1: other("Weerbericht", text={"status": "generated"}, regen="x")},  # of no known type
)


def elements(plan: Plan) -> dict[tuple[str, str], ElementRow]:
    """Return the account by type and path."""
    return {(row.source_type, row.path): row for row in plan.elements()}


def bodies(files: Iterable[bytes]) -> dict[str, tuple[str, Body]]:
    """Return type and content of every object, by link; each occurs once in these files."""
    found = {}
    for content in files:
        document = read_document(content)
        assert isinstance(document, Document)
        for message in document.messages:
            for one in message.objects:
                found[one.link] = (one.source_type, one.body)
    return found


def test_the_account_is_what_a_count_over_the_bodies_finds(tmp_path: Path) -> None:
    """Of every object, whatever became of it: read, ignored and unread are all of its leaves."""
    with plan_files(tmp_path / "made", FILES) as plan:
        account = elements(plan)
        outcomes = Counter(row.outcome.value for row in plan.objects())
    assert outcomes.keys() == {"migrated", "not_migrated", "rejected"}
    expected = counted(
        (kind, {n: v for n, v in body.items() if kind != "CarePlan" or n not in ("activity", "goal")})
        for kind, body in bodies(FILES).values()
    )  # fmt: skip

    parts = ("CarePlanActivity", "CarePlanSubActivity", "CarePlanGoal")
    assert {k: row.count for k, row in account.items() if k[0] not in parts} == dict(expected)
    assert {row.status for row in account.values()} == {"read", "ignored", "unread"}
    assert sum(expected.values()) == sum(r.count for k, r in account.items() if k[0] not in parts)


def test_an_extension_that_nobody_knows_shows_up_as_unread(tmp_path: Path) -> None:
    """Of a migrated patient and of a rejected one, once each; what may be a name is hidden."""
    with plan_files(tmp_path / "made", FILES) as plan:
        account = elements(plan)
    new = account["Patient", "extension[Activity#Punten].valueInteger"]

    assert (new.status, new.rules, new.count) == ("unread", (), 2)
    assert account["Patient", "extension[Unknown].valueString"].status == "unread"
    assert not any("Jansen" in path for _type, path in account)


def test_parts_of_a_care_plan_are_accounted_as_the_objects_that_they_are(tmp_path: Path) -> None:
    """An activity, a sub-activity, a goal; the care plan itself for the rest of it."""
    with plan_files(tmp_path / "made", FILES) as plan:
        account = elements(plan)

    assert account["CarePlanActivity", "activity.zelden"].status == "unread"
    assert account["CarePlanGoal", "description"].rules == ("careplan-goal",)
    assert account["CarePlanGoal", "description"].count == 2
    assert account["CarePlan", "modified"].rules == ("careplan-container",)
    assert account["CarePlan", "patient.reference"].rules == ("task-for", "task-owner")
    assert not any(
        path.startswith(("activity", "goal")) for kind, path in account if kind == "CarePlan"
    )


def test_a_type_that_is_not_migrated_has_its_reason_for_every_element(tmp_path: Path) -> None:
    """A type that nobody knows has none: all of it is unread."""
    with plan_files(tmp_path / "made", FILES) as plan:
        rows = list(plan.elements())

    messages = [row for row in rows if row.source_type == "UserMessage"]
    assert len(messages) > 2
    assert {row.rules for row in messages} == {("user-message",)}
    assert {row.because for row in messages} == {STANDARD.reasons["user-message"]}
    assert {row.status for row in rows if row.source_type == "Weerbericht"} == {"unread"}


def test_what_is_out_of_scope_is_not_in_the_account(tmp_path: Path) -> None:
    """It is counted as an object, and nothing of it would be read."""
    rules = with_rules(scope={"types": ["Patient"]})
    with plan_files(tmp_path / "made", FILES, rules) as plan:
        assert {row.source_type for row in plan.elements()} == {"Patient"}
