"""Irregular dates, each by its number in kt13.md §6.4: the reader keeps them letter by letter.

What becomes of them in KT 2.0 is in tests/mapping/test_irregular.py.
"""

from __future__ import annotations

import pytest

from kt13.two_forms import (
    HOST,
    Form,
    body,
    both,
    bundle,
    document,
    entry,
    extension,
    header,
    message,
    other,
    patient,
    queued,
)
from kt_migrate.kt13.body import extension_text, first_node, first_text
from kt_migrate.kt13.links import timestamp_instant


@both
@pytest.mark.parametrize(
    "date",
    [
        "1972-02-28T00:00:00+01:00",
        "1997-10-20T00:00:00+02:00",
        "1983-02-18T00:00:00",
        "1983-02-18",
    ],
)
def test_d1_a_date_of_birth_is_kept_as_it_was_written(form: Form, date: str) -> None:
    """No zone is applied to it: that would move it by a day."""
    assert first_text(body(form, patient(birthDate=date)), "birthDate") == date


@both
@pytest.mark.parametrize(
    "moment",
    ["2021-03-01T08:00:00+01:00", "2021-03-01T08:00:00Z", "2021-03-01T08:00:00", "2021-03-01"],
)
def test_d2_a_start_is_kept_with_an_offset_or_without(form: Form, moment: str) -> None:
    """Of an activity, and of a team's period."""
    start = extension("CarePlan#StartDate", valueDateTime=moment)
    plan = {"resourceType": "CarePlan", "activity": [{"extension": [start]}]}
    team = other("CareTeam", extension("CareTeam#Period", valuePeriod={"start": moment}))
    activity = first_node(body(form, plan), "activity")
    period = first_node(body(form, team), "extension")

    assert extension_text(activity, "CarePlan#StartDate") == moment
    assert first_text(first_node(period, "valuePeriod"), "start") == moment


@both
@pytest.mark.parametrize("date", ["2014", "2014-01", "Hl7.Fhir.Model.FhirDateTime"])
def test_d3_a_part_of_a_date_and_what_is_none_are_kept(form: Form, date: str) -> None:
    """They stop neither the message nor its neighbours."""
    made = {"resourceType": "Questionnaire", "authored": date}
    found = message(form(bundle(header(timestamp=date), entry(made), entry(patient())))).objects

    assert [first_text(thing.body, "authored") for thing in found] == [date, None]


@both
@pytest.mark.parametrize(
    ("timestamp", "same"),
    [
        ("2021-01-01T12:00:00", "2021-01-01T12:00:00+00:00"),
        ("2021-01-01T12:00:00.000Z", "2021-01-01T12:00:00Z"),
        ("2021-01-01T13:00:00+01:00", "2021-01-01T12:00:00Z"),
    ],
)
def test_d4_a_moment_is_read_without_a_zone_and_with_milliseconds(
    form: Form, timestamp: str, same: str
) -> None:
    """Without a zone it counts as UTC; it never stops a message."""
    found = message(form(bundle(header(timestamp=timestamp), entry(patient()))))

    assert found.timestamp == timestamp
    assert timestamp_instant(found.timestamp) == timestamp_instant(same) is not None
    assert timestamp_instant("2021-01-01T12:00:00.453Z") > timestamp_instant(same)  # type: ignore[operator]  # not None
    assert timestamp_instant("") is None


@both
@pytest.mark.parametrize(
    "updated", ["2021-01-01T11:00:00+02:00", "2099-01-01T00:00:00Z", "gisteren", ""]
)
def test_d5_the_moment_of_an_entry_says_nothing(form: Form, updated: str) -> None:
    """The server wrote UTC with a local offset: it is not read."""
    plain = bundle(queued(), entry(patient()))
    dated = bundle({**queued(), "updated": updated}, entry(patient(), updated=updated))

    assert document(form(dated)) == document(form(plain))


@both
def test_d6_a_period_may_lie_in_the_future_and_stand_alone(form: Form) -> None:
    """Of a name; of an address with nothing else."""
    made = patient(
        name=[{"family": ["Proef"], "given": ["Test"], "period": {"start": "2099-01-01"}}],
        address=[{"period": {"start": "2030-01-01T00:00:00+01:00"}}],
    )

    found = body(form, made)

    assert found["address"] == [{"period": [{"start": ["2030-01-01T00:00:00+01:00"]}]}]
    assert first_node(found, "name")["period"] == [{"start": ["2099-01-01"]}]


@both
def test_d7_an_end_before_a_start_is_read(form: Form) -> None:
    """What it can mean is for the algorithm to say."""
    period = {"start": "2021-12-31", "end": "2021-01-01"}
    team = other("CareTeam", extension("CareTeam#Period", valuePeriod=period))

    (found,) = message(form(bundle(header(), entry(team, f"{HOST}/CareTeam/1")))).objects

    assert first_node(found.body, "extension")["valuePeriod"] == [
        {"start": ["2021-12-31"], "end": ["2021-01-01"]}
    ]
