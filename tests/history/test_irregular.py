"""What only shows in the plan: irregularities by their number in kt13.md §6 and §9."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from irregular import (
    C1,
    D1,
    P1,
    S1,
    STATUS,
    Plans,
    activity,
    fates,
    issues,
    patient,
    plan_with,
    planner,
    resources,
    sent,
    status,
)

from kt13.two_forms import (
    HOST,
    NS,
    Form,
    Json,
    both,
    bundle,
    entry,
    extension,
    header,
    queued,
)


@pytest.fixture
def planned(tmp_path: Path) -> Iterator[Plans]:
    """Return a maker of plans: of each of these documents a file."""
    yield from planner(tmp_path)


@both
def test_e10_an_activity_of_empty_strings_is_none(planned: Plans, form: Form) -> None:
    """The plan and its census agree on that."""
    empty = {"extension": [{"url": "", "valueString": ""}], "notes": ""}
    made = sent(entry(patient(), P1), entry(plan_with(activity("a-1"), empty), C1))

    found = planned(form(made))

    assert {link for link in fates(found) if link.startswith("a-")} == {"a-1"}
    assert "a-1" in resources(found)


@both
def test_i6_links_alike_are_two_objects_and_said(planned: Plans, form: Form) -> None:
    """Http or https, capitals of the host: one line for each; other cases and types are none."""
    spellings = [P1, P1.replace("https", "http"), P1.replace("epd", "EPD")]
    others = [P1.replace("Patient", "patient"), P1.replace("/1", "/2")]
    made = sent(
        *(entry(patient(), link) for link in [*spellings, *others]),
        entry(status("a", "Expired"), C1),
        entry(plan_with(), C1.replace("https", "http")),
    )

    found = planned(form(made))

    assert issues(found, "links-alike") == [("Patient", link, "") for link in sorted(spellings)]
    assert {*spellings, *others} <= resources(found).keys()


@both
@pytest.mark.parametrize("turned", [True, False])
def test_i9_two_entries_with_one_link_are_one_object(
    planned: Plans, form: Form, *, turned: bool
) -> None:
    """The fuller one is its last state, whatever the order; both are accounted for."""
    entries = [entry(patient(), P1), entry(patient(active=True, address=[{"city": "N"}]), P1)]
    made = sent(*(entries[::-1] if turned else entries))

    found = planned(form(made))

    assert "address" in resources(found)[P1]
    row = found.books().per_type()["Patient"]
    assert (row.sightings, row.superseded, row.objects) == (2, 1, 1)


@both
def test_i9_two_entries_with_one_version_are_a_conflict(planned: Plans, form: Form) -> None:
    """Unless one only says less."""
    link = f"{P1}/_history/2021-01-01T00:00:01:002.30"
    other_name = [entry(patient("Een"), link), entry(patient("Twee"), link)]
    less = [entry(patient(), link), entry(patient(active=True), link)]

    assert len(issues(planned(form(bundle(queued(), *other_name))), "version-conflict")) == 1
    assert issues(planned(form(bundle(queued(), *less))), "version-conflict") == []


@both
def test_i10_one_bsn_does_not_make_one_of_two(planned: Plans, form: Form) -> None:
    """Each keeps it beside its temporary identifier."""
    bsn = {"system": "http://fhir.nl/fhir/NamingSystem/bsn", "value": "900000000"}
    links = [P1, f"{HOST}/Patient/2"]

    found = resources(planned(form(sent(*(entry(patient(identifier=[bsn]), x) for x in links)))))

    assert found.keys() == {*links}
    assert all(bsn in resource["identifier"] for resource in found.values())


def practitioner() -> Json:
    """Return a practitioner that KT 2.0 accepts."""
    return {
        "resourceType": "Practitioner",
        "name": {"family": ["Proef"], "given": ["Arts"]},
        "telecom": [{"system": "email", "value": "arts@epd.example"}],
    }


def requester(**member: str) -> Json:
    """Return a participant that asks for the activity."""
    role = {"coding": [{"system": NS + "CarePlanParticipantRole", "code": "Requester"}]}
    return {"role": role, "member": member}


@both
def test_r1_a_participant_without_an_entry_is_left_out_and_said(planned: Plans, form: Form) -> None:
    """The task comes; one who is known goes before one who is not."""
    absent = requester(reference=f"{HOST}/Practitioner/8673")
    person = entry(practitioner(), D1)
    alone, other_known = (
        planned(
            form(
                sent(
                    entry(patient(), P1),
                    entry(plan_with(activity("a-1"), participant=people), C1),
                    person,
                )
            )
        )
        for people in ([absent], [absent, requester(reference=D1)])
    )

    assert "requester" not in resources(alone)["a-1"]
    assert [link for _type, link, _d in issues(alone, "reference-dropped")] == ["a-1"]
    assert D1 in str(resources(other_known)["a-1"]["requester"])


@both
def test_r2_a_status_needs_nothing_beside_it(planned: Plans, form: Form) -> None:
    """Its care plan may come in another message."""
    plan = sent(entry(patient(), P1), entry(plan_with(activity("a-1")), C1))
    made = sent(entry(status("a-1", "Completed"), S1), identifier="m-2")
    made["entry"][0]["content"]["timestamp"] = "2021-02-01T00:00:00Z"

    found = planned(form(plan), form(made))

    assert resources(found)["a-1"]["status"] == "completed"
    assert fates(found)[S1] == ("migrated", "")


@both
def test_r3_a_status_of_an_unknown_activity_is_a_named_reject(planned: Plans, form: Form) -> None:
    """Its care plan is not in the archive: that is said of each."""
    found = planned(form(sent(entry(status("a-9", "Completed"), S1))))

    assert fates(found)[S1] == ("rejected", "activity-unknown")
    assert issues(found, "activity-unknown") == [(STATUS, S1, "")]


@both
def test_r4_a_task_is_of_the_patient_of_its_care_plan(planned: Plans, form: Form) -> None:
    """Not of the one in the header."""
    named = extension("MessageHeader#Patient", valueResource={"reference": f"{HOST}/Patient/2"})
    people = [entry(patient(), P1), entry(patient(), f"{HOST}/Patient/2")]
    made = bundle(header(extension=[named]), *people, entry(plan_with(activity("a-1")), C1))

    found = planned(form(made))

    assert P1 in str(resources(found)["a-1"]["for"])


@both
def test_r5_a_name_alone_makes_no_reference(planned: Plans, form: Form) -> None:
    """A performer who has only one is not taken for the patient; a requester is passed over."""
    shown = {"display": "Praktijk"}
    made = sent(
        entry(patient(managingOrganization=shown), P1),
        entry(practitioner(), D1),
        entry(
            plan_with(
                activity("a-1", simple={"category": "procedure", "performer": [shown]}),
                activity("a-2"),
                participant=[requester(**shown), requester(reference=D1)],
            ),
            C1,
        ),
    )

    found = planned(form(made))

    assert fates(found)["a-1"] == ("rejected", "reference-missing")
    assert D1 in str(resources(found)["a-2"]["requester"])
    assert "managingOrganization" not in resources(found)[P1]
    assert ("Patient", "managingOrganization.display") in {
        (row.source_type, row.path) for row in found.elements() if row.status != "read"
    }


@both
def test_r9_a_sub_activity_that_the_care_plan_does_not_have_is_said(
    planned: Plans, form: Form
) -> None:
    """Once per activity, with how many; `deel 3` is not made `deel3`."""

    def sub(name: str) -> Json:
        inner = [extension(f"{STATUS}#SubActivityIdentifier", valueString=name)]
        return extension(f"{STATUS}#SubActivity", extension=inner)

    parts = [extension("CarePlan#SubActivity", valueString=f"deel{n}") for n in (1, 2, 3)]
    plan = sent(
        entry(patient(), P1), entry(plan_with(activity("a-1", *parts), activity("a-2")), C1)
    )
    names = ["deel1", "deel 2", "deel 3"]
    made = sent(entry(status("a-1", "InProgress", *map(sub, names)), S1), identifier="m-2")
    made["entry"][0]["content"]["timestamp"] = "2021-02-01T00:00:00Z"

    found = planned(form(plan), form(made))

    assert issues(found, "sub-activity-unknown") == [("CarePlanActivity", "a-1", "2")]


@both
@pytest.mark.parametrize("percentage", [{"valueInteger": 0}, {"valueDecimal": 0.0}])
def test_r10_completed_at_nought_per_cent_is_completed(
    planned: Plans, form: Form, percentage: Json
) -> None:
    """As the documentation itself sends it."""
    nought = extension(f"{STATUS}#PercentageCompleted", **percentage)
    plan = sent(entry(patient(), P1), entry(plan_with(activity("a-1")), C1))
    made = sent(entry(status("a-1", "Completed", nought), S1), identifier="m-2")
    made["entry"][0]["content"]["timestamp"] = "2021-02-01T00:00:00Z"

    assert resources(planned(form(plan), form(made)))["a-1"]["status"] == "completed"


@both
def test_r12_an_activity_that_stands_twice_is_one_and_said(planned: Plans, form: Form) -> None:
    """In one care plan, or in two."""
    double = sent(entry(patient(), P1), entry(plan_with(activity("a-1"), activity("a-1")), C1))
    two = sent(
        entry(patient(), P1),
        *(entry(plan_with(activity("a-1")), f"{HOST}/CarePlan/{n}") for n in (1, 2)),
    )

    for made in (double, two):
        found = planned(form(made))
        assert issues(found, "activity-duplicate") == [("CarePlanActivity", "a-1", "")]
        assert [o.link for o in found.objects() if o.source_type == "CarePlanActivity"] == ["a-1"]
        assert found.books().unbalanced() == ()


@both
def test_s9_45a_a_base_version_is_no_conflict(planned: Plans, form: Form) -> None:
    """An update by its sender has the version that it was based on, with another content."""
    version = "2021-01-01T00:00:01:002.30"
    link = f"{P1}/_history/{version}"
    first = bundle(queued(iid=1), entry(patient("Oud"), link))
    update = sent(entry(patient("Nieuw"), link), identifier="m-2")

    found = planned(form(first), form(update))

    assert resources(found)[P1]["name"][0]["family"] == "Nieuw"
    assert issues(found, "version-conflict") == []


@both
def test_s9_46_copies_with_other_milliseconds_are_one_message(planned: Plans, form: Form) -> None:
    """No conflict, and one header."""
    content = entry(patient(), P1)
    copies = [
        bundle(header(timestamp="2021-01-01T12:00:01.453Z"), content),
        bundle(queued(timestamp="2021-01-01T12:00:01+00:00"), content),
    ]

    found = planned(*map(form, copies))

    assert found.books().per_type()["MessageHeader"].objects == 1
    assert [i.code for i in found.issues()] == []
