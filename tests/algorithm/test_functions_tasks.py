"""Each function for tasks: a good, an odd and a refused value."""

from __future__ import annotations

from typing import Literal

import pytest

from kt_migrate.algorithm.model import Policies
from kt_migrate.model import Body, Json, Node, SourceObject
from ruling import Known, Ruling, asked, extension, link_to, of

P1, P2, P3 = (f"http://epd.example/fhir/P/{n}" for n in (1, 2, 3))


def to(link: str) -> Node:
    """Return a ResourceReference."""
    return {"reference": [link]}


def task(*extensions: Node, patient: str = "", plan: tuple[Node, ...] = ()) -> Body:
    """Return the body of an activity: itself, and its care plan."""
    careplan: Body = {"participant": [*plan]}
    if patient:
        careplan["patient"] = [to(patient)]
    activity: Body = {"extension": [*extensions]}
    return {"activity": [activity, {"extension": []}], "careplan": [careplan, {}]}


def test_the_first_performer_owns_a_task() -> None:
    """A reference of its own that the task cannot do without; the version is cut off."""
    ruling = of(task(patient=P3))

    found, _ = asked("task_owner", ["x", to(P1 + "/_history/2"), to(P1)], ruling)

    assert found == link_to("Patient", P1)
    assert ruling.references == [(link_to("Patient", P1)["reference"], (), None)]
    assert ruling.silent


@pytest.mark.parametrize("r4_type", ["Patient", "Practitioner", "RelatedPerson", "CareTeam"])
def test_a_task_may_be_owned_by_these(r4_type: str) -> None:
    """And by nobody else: another type rejects."""
    ruling = Ruling(types={P1: r4_type, P2: "Device"})

    assert asked("task_owner", [to(P1)], ruling)[0] == link_to(r4_type, P1)
    assert ruling.silent
    assert asked("task_owner", [to(P2)], ruling)[0] is None
    assert ruling.rejects == [("value-invalid", "")]


def test_without_a_performer_the_patient_owns_the_task() -> None:
    """And nobody but a patient; without that nobody does."""
    ruling = of(task(patient=P1))
    assert asked("task_owner", [], ruling)[0] == link_to("Patient", P1)
    assert ruling.references == [(link_to("Patient", P1)["reference"], (), None)]

    other = of(task(patient=P1), types={P1: "Practitioner"})
    assert asked("task_owner", [], other)[0] is None
    assert other.rejects == [("value-invalid", "")]

    shown = of(task(patient=P1))
    assert asked("task_owner", [{"display": ["x"]}], shown)[0] is None
    assert shown.rejects == [("reference-missing", "")]

    nobody = of(task())
    assert asked("task_owner", [], nobody)[0] is None
    assert nobody.silent


TWO: list[Node] = [to(P1), to(P2), to(P1)]


def test_of_several_performers_the_first_owns_and_that_is_said() -> None:
    """Policy task_owner: first; the same one twice is no choice."""
    found, ruling = asked("task_owner", TWO)

    assert found == link_to("Patient", P1)
    assert (ruling.notices, ruling.rejects) == ([("owner-first", "2")], [])
    assert len(ruling.references) == 1
    assert ruling.choices is None


def test_several_performers_may_reject() -> None:
    """Policy task_owner: reject; one performer never does."""
    strict = Ruling(policies=Policies(task_owner="reject"))
    assert asked("task_owner", TWO, strict)[0] is None
    assert strict.rejects == [("owner-ambiguous", "2")]
    assert strict.references == []

    one = Ruling(policies=Policies(task_owner="reject"))
    assert asked("task_owner", [to(P1)], one)[0] == link_to("Patient", P1)
    assert one.silent


def test_several_performers_may_get_a_task_each() -> None:
    """Policy task_owner: one-task-each; each with a reference that it cannot do without."""
    each = Ruling(policies=Policies(task_owner="one-task-each"), types={P2: "CareTeam"})

    found, _ = asked("task_owner", TWO, each)

    owners: list[Json] = [link_to("Patient", P1), link_to("CareTeam", P2)]
    assert found == owners[0]
    assert each.choices == owners
    assert [(path, remove) for _key, path, remove in each.references] == [((), None)] * 2
    assert each.silent

    one = Ruling(policies=Policies(task_owner="one-task-each"))
    assert asked("task_owner", [to(P1)], one)[0] == owners[0]
    assert one.choices is None


def test_a_performer_that_cannot_own_rejects_among_others_too() -> None:
    """No task is left out in silence."""
    each = Ruling(policies=Policies(task_owner="one-task-each"), types={P2: "Device"})

    asked("task_owner", TWO, each)

    assert each.rejects == [("value-invalid", "")]
    assert each.choices == [link_to("Patient", P1)]


def plan_participant(link: str, role: str) -> Node:
    """Return a participant of a care plan."""
    return {"member": [to(link)], "role": [{"coding": [{"code": [role]}]}]}


def activity_participant(link: str, role: str) -> Node:
    """Return a participant of an activity."""
    inner = [
        extension("CarePlan#ParticipantMember", "valueResource", to(link)),
        extension("CarePlan#ParticipantRole", "valueCoding", {"code": [role]}),
    ]
    return {**extension("CarePlan#Participant", "valueX", "x"), "extension": inner}  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("plan", "activity", "types", "link"),
    [
        ([(P1, "Requester")], [(P2, "Requester")], {}, P1),
        ([(P1, "Caregiver")], [(P2, "Requester")], {}, P2),
        ([(P1, "Caregiver"), (P2, "Requester"), (P3, "Requester")], [], {}, P2),
        ([(P1, "Requester")], [(P2, "Requester")], {P1: "RelatedPerson"}, P2),
        ([], [(P1, "Caregiver"), (P2, "Requester")], {}, P2),
        ([(P1, "Caregiver")], [(P2, "Caregiver")], {}, None),
        ([(P1, "Requester")], [], {P1: "Patient"}, None),
        ([], [], {}, None),
    ],
)
def test_the_requester_is_the_first_practitioner_with_that_role(
    plan: list[tuple[str, str]],
    activity: list[tuple[str, str]],
    types: dict[str, str],
    link: str | None,
) -> None:
    """Of the care plan first, then of the activity; it may be absent from the task."""
    body = task(
        *(activity_participant(*one) for one in activity),
        plan=tuple(plan_participant(*one) for one in plan),
    )
    ruling = of(body, types=types)

    found, _ = asked("task_requester", [], ruling)

    made = None if link is None else link_to("Practitioner", link)
    assert found == made
    assert ruling.references == ([] if made is None else [(made["reference"], (), ())])
    assert ruling.notices == [("requester-passed-over", "") for _other in types]
    assert ruling.rejects == []


def test_a_task_names_its_definition_or_says_that_it_cannot() -> None:
    """The reference goes when the definition does not come."""
    known = Ruling(lookup=Known(definitions={"SPEL": P1}))
    made = link_to("ActivityDefinition", P1)

    found, _ = asked("task_instantiates", ["", "SPEL", "X"], known)

    url = "http://vzvz.nl/fhir/StructureDefinition/instantiates"
    assert found == [{"url": url, "valueReference": made}]
    assert known.references == [(made["reference"], (0, "valueReference"), (0,))]
    assert known.silent

    found, ruling = asked("task_instantiates", ["X"], known)
    assert found is None
    assert (ruling.notices, ruling.rejects) == ([("definition-unresolved", "")], [])
    assert asked("task_instantiates", [])[0] is None


@pytest.mark.parametrize(
    ("nodes", "identifier", "value"),
    [
        (["eigen", "ander"], "SPEL", "eigen"),
        (["", "eigen"], "SPEL", "eigen"),
        ([], "SPEL", "Het spel"),
        ([], "X", None),
        ([], "", None),
    ],
)
def test_a_task_is_described_by_itself_else_by_its_definition(
    nodes: list[Node], identifier: str, value: Json
) -> None:
    """Without either it has no description."""
    body = task(extension("CarePlan#ActivityDefinition", "valueString", identifier))
    names = Known(names={"SPEL": "Het spel", "": "niet dit"})

    assert asked("task_description", nodes, of(body, lookup=names))[0] == value


@pytest.mark.parametrize(
    ("dates", "value"),
    [
        ("StartDate=2021 EndDate=2022", {"start": "2021", "end": "2022"}),
        ("StartDate=2021", {"start": "2021"}),
        ("EndDate=2022", {"end": "2022"}),
        ("Started=2023 StartDate=2021 EndDate=2022", {"start": "2023"}),
        ("Started=2023 Finished=2024 Cancelled=2025", {"start": "2023", "end": "2024"}),
        ("Started=2023 Cancelled=2025", {"start": "2023", "end": "2025"}),
        ("Finished=2024 StartDate=2021", {"start": "2021"}),
        ("", None),
    ],
)
def test_a_period_is_what_happened_else_what_was_planned(dates: str, value: Json) -> None:
    """Never a mixture of the two."""
    pairs = [pair.split("=") for pair in dates.split()]
    body = task(*(extension(f"CarePlan#{name}", "valueDateTime", date) for name, date in pairs))
    ruling = of(body)

    assert asked("task_period", [], ruling)[0] == value
    assert ruling.silent


def test_a_period_that_cannot_be_is_left_out_and_said() -> None:
    """As every period: it does not reject."""
    body = task(
        extension("CarePlan#Started", "valueDateTime", "2023"),
        extension("CarePlan#Finished", "valueDateTime", "2022"),
    )

    found, ruling = asked("task_period", [], of(body))

    assert found is None
    assert (ruling.notices, ruling.rejects) == ([("period-dropped", "")], [])


def test_a_sub_activity_is_part_of_its_activitys_task() -> None:
    """Up to the last `#`: an identifier may have one of its own."""
    source = SourceObject(source_type="CarePlanSubActivity", link="plan#a#sub", body={})

    found, ruling = asked("parent_task", [], Ruling(source=source))

    reference = "Task?identifier=http://koppeltaal.nl/migration/identifier/CarePlanActivity|plan#a"
    assert found == [{"reference": reference, "type": "Task"}]
    assert ruling.references == [(reference, (0,), None)]


def named(*links: str) -> tuple[str, ...]:
    """Return the conditional references to some practitioners."""
    return tuple(str(link_to("Practitioner", link)["reference"]) for link in links)


@pytest.mark.parametrize(
    ("choice", "order"), [("plan-first", (P2, P1, P3)), ("activity-first", (P3, P2, P1))]
)
def test_the_other_requesters_stand_behind_the_first(
    choice: Literal["plan-first", "activity-first"], order: tuple[str, ...]
) -> None:
    """Each once, in the order that `task_requester` says: who is not migrated is passed over."""
    body = task(
        activity_participant(P3, "Requester"),
        activity_participant(P2, "Requester"),
        plan=(plan_participant(P2, "Requester"), plan_participant(P1, "Requester")),
    )
    ruling = of(body, policies=Policies(task_requester=choice))

    found, _ = asked("task_requester", [], ruling)

    assert found == link_to("Practitioner", order[0])
    assert ruling.others == [named(*order[1:])]
    assert ruling.silent


def test_a_requester_who_is_no_practitioner_is_passed_over_by_name_of_the_type() -> None:
    """And one of whom there is no link; the archive says what the first is."""
    body = task(plan=(plan_participant(P1, "Requester"), plan_participant("", "Requester")))
    known = Known(types={P1: "RelatedPerson"})

    found, ruling = asked("task_requester", [], of(body, types={P1: "RelatedPerson"}, lookup=known))

    assert found is None
    assert ruling.notices == [
        ("requester-passed-over", "RelatedPerson"),
        ("requester-passed-over", ""),
    ]


def test_without_a_performer_an_activity_may_be_refused() -> None:
    """Policy owner_missing: reject; with one it never is."""
    strict = of(task(patient=P1), policies=Policies(owner_missing="reject"))
    assert asked("task_owner", [], strict)[0] is None
    assert strict.rejects == [("reference-missing", "")]

    found, ruling = asked("task_owner", [to(P2)], of(task(), policies=strict.policies))
    assert found == link_to("Patient", P2)
    assert ruling.silent


def test_a_task_may_not_do_without_its_definition() -> None:
    """Policy definition_unresolved: reject; also when it is found, and then does not come."""
    strict = Ruling(
        lookup=Known(definitions={"SPEL": P1}), policies=Policies(definition_unresolved="reject")
    )
    asked("task_instantiates", ["SPEL"], strict)
    assert [(path, remove) for _key, path, remove in strict.references] == [
        ((0, "valueReference"), None)
    ]
    assert asked("task_instantiates", ["X"], strict)[0] is None
    assert (strict.notices, strict.rejects) == ([], [("reference-missing", "ActivityDefinition")])
