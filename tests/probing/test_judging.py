"""What was seen, held against what a plan needs. What could not be looked at is never met."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_migrate.cli.environments import _code
from kt_migrate.errors import ExitCode, LoginError
from kt_migrate.language import shown
from kt_migrate.probing.finding import firing
from kt_migrate.probing.observing import Observed, Searching
from kt_migrate.probing.record import ProbeRecord, Verdict
from probing.cases import ONE_THING, without
from probing.observations import (
    CLIENT,
    NEEDS,
    OURS,
    SEEN,
    judged,
    nothing_seen,
    other_than_met,
    verdicts,
    with_scope,
    with_service,
)
from probing.saying import SAID, said
from probing.services import GOOD, subscription

MET, NOT_MET, UNKNOWN = Verdict.MET, Verdict.NOT_MET, Verdict.UNKNOWN
NEEDED = {
    "login",
    "certificate",
    "clock",
    "scopes",
    "device",
    "fhir",
    "profile",
    "types",
    "history",
    "search",
    "subscriptions",
}


def test_a_good_environment_meets_every_point() -> None:
    """And which of them are needed is no accident."""
    points = judged()

    assert set(verdicts().values()) == {MET}
    assert {name for name, point in points.items() if point.needed} == NEEDED
    for point in points.values():
        assert point.found
        assert all(map(shown, filter(None, (point.found, point.needed, point.advice))))


@pytest.mark.parametrize(
    ("seen", "expected"), [c[1:] for c in ONE_THING], ids=[c[0] for c in ONE_THING]
)
def test_one_thing_other_is_that_point_and_no_other(
    seen: Observed, expected: dict[str, Verdict]
) -> None:
    """Each by its own rule."""
    assert other_than_met(seen) == expected


OTHERS = ("system/Device.rs", "system/Subscription.rs")
OWN = f"?resource-origin=Device/{CLIENT}"


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        (("system/Patient.cruds", "system/Task.cruds"), {}),
        (("system/*.cruds",), {}),
        (("system/Patient.*", "system/Task.read", "system/Task.write"), {}),
        (("system/Patient.c", "system/Patient.ruds", "system/Task.cruds"), {}),
        (("system/*.crus",), {"delete": NOT_MET}),
        (("system/Patient.crus", "system/Task.crs"), {"scopes": NOT_MET, "delete": NOT_MET}),
        (("system/Patient.cruds",), {"scopes": NOT_MET, "delete": NOT_MET, "others": NOT_MET, "there": UNKNOWN}),
        (("user/*.cruds", "patient/*.cruds"), {"scopes": NOT_MET, "delete": NOT_MET, "others": NOT_MET, "there": UNKNOWN}),
        ((f"system/*.cruds{OWN}",), {"others": NOT_MET, "there": UNKNOWN}),
        ((f"system/Task.cruds{OWN}", "system/Patient.cruds"), {"others": NOT_MET, "there": UNKNOWN}),
        ((f"system/Task.uds{OWN}", "system/Task.cr", "system/Patient.cruds"), {}),
        (("system/Task.ruds", "system/Task.c?resource-origin=Device/x", "system/Patient.cruds"), {}),
        (
            ("system/Patient.cruds", "system/Task.cruds?resource-origin=Device/other"),
            {"scopes": NOT_MET, "delete": NOT_MET, "others": NOT_MET, "there": UNKNOWN},
        ),
        (
            ("system/Patient.cruds", "system/Task.cruds?status=ready"),
            {"scopes": NOT_MET, "delete": NOT_MET, "others": NOT_MET, "there": UNKNOWN},
        ),
    ],
)  # fmt: skip
def test_scopes_are_read_in_both_syntaxes_with_their_limits(
    entries: tuple[str, ...], expected: dict[str, Verdict]
) -> None:
    """A limit that names our own Device does no harm for what we post."""
    assert other_than_met(with_scope(*entries, *OTHERS)) == expected


def test_what_is_lacking_is_named_by_letter_and_type() -> None:
    """And what is needed in the words of a scope."""
    found = judged(with_scope("system/Patient.cru", "system/Task.rs", *OTHERS))["scopes"]

    assert found.found == "lacking: cu (Task), s (Patient)"
    assert found.needed == "system/Patient.crus system/Task.crus"


def test_a_login_that_says_no_scope_leaves_it_open() -> None:
    """It may do everything, or nothing."""
    found = other_than_met(with_scope())

    assert found == dict.fromkeys(("scopes", "delete", "others", "there", "subscriptions"), UNKNOWN)


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        (("system/*.cruds",), MET),
        (("system/Subscription.rs", "system/*.cuds"), MET),
        ((f"system/Subscription.rs{OWN}", "system/Task.cruds"), UNKNOWN),
        (("system/Task.cruds",), UNKNOWN),
    ],
)
def test_subscriptions_that_may_be_hidden_are_unknown(
    entries: tuple[str, ...], expected: Verdict
) -> None:
    """To see our own only is not to see."""
    assert verdicts(with_scope(*entries))["subscriptions"] is expected


def test_a_device_that_is_hidden_is_not_called_absent() -> None:
    """By a scope that shows only what comes from some Devices, it may be there."""
    seen = with_scope("system/Patient.cruds", "system/Task.cruds", f"system/Device.rs{OWN}")
    absent = replace(seen, service=replace(seen.service, device="absent"))

    assert verdicts(absent)["device"] is UNKNOWN


@pytest.mark.parametrize(
    ("criteria", "said"),
    [
        ((), "0 in force"),
        (("Task?status=ready",), "1 in force; this plan: 5 notifications"),
        (("Task?status=ready", "Task"), "2 in force; this plan: 17 notifications"),
        (("Task?owner=Patient/1",), "1 in force; this plan: at most 12 notifications"),
        (("[what",), "1 in force; this plan: 0 notifications; 1 cannot be read"),
    ],
)
def test_the_forecast_is_said(criteria: tuple[str, ...], said: str) -> None:
    """By type and status of the writing requests."""
    made = tuple(map(subscription, criteria))

    assert judged(with_service(subscriptions=made))["subscriptions"].found == said


@pytest.mark.parametrize(
    ("largest", "said"), [(2_200, "not measurable: of no type"), (2_201, "not measured: paging")]
)
def test_why_a_limit_is_not_known_is_said(largest: int, said: str) -> None:
    """Too few to see, or pages that did not lead far enough."""
    seen = replace(with_service(search_limit=None), largest=largest)

    assert judged(seen)["search-limit"].found.startswith(said)


def test_without_a_plan_what_needs_one_is_unknown() -> None:
    """And the rest is judged as ever."""
    assert other_than_met(SEEN, None) == dict.fromkeys(
        ("scopes", "profile", "types", "others", "delete", "there"), UNKNOWN
    )


def test_a_plan_of_last_states_needs_no_history() -> None:
    """It is asked of every version only; a certificate of https only."""
    points = judged(needs=replace(NEEDS, every_version=False), ours=replace(OURS, secure=False))

    assert "history" not in points
    assert "certificate" not in points
    assert len(points) == len(judged()) - 2


PARTS: dict[str, tuple[Any, str]] = {
    "logged_in": (None, "login"),
    "clock": (None, "clock"),
    "certificate": (None, "certificate"),
    "searching": (Searching(), "search"),
    "scope": (None, "scopes"),
    "device": (None, "device"),
    "fhir_version": (None, "fhir"),
    "profiles": (None, "profile"),
    "interactions": (None, "types"),
    "subscriptions": (None, "subscriptions"),
}
"""What may not have been seen, and the needed point that then has no answer."""


def recorded(seen: Observed) -> ProbeRecord:
    """Return the record of what was seen."""
    points = tuple(point.recorded for point in judged(seen).values())
    return ProbeRecord(
        environment="mgr2", environment_file="", at="", plan="", points=points, server=seen.service
    )


@pytest.mark.property
@given(st.sets(st.sampled_from(sorted(PARTS)), min_size=1))
def test_what_could_not_be_looked_at_is_never_met(missing: set[str]) -> None:
    """Whatever else was seen, the command does not end with 0."""
    service = {n: PARTS[n][0] for n in missing if n in GOOD.__dataclass_fields__}
    other = {n: PARTS[n][0] for n in missing if n not in service}
    seen = replace(SEEN, service=replace(SEEN.service, **service), **other)
    points, record = judged(seen), recorded(seen)

    assert all(points[PARTS[name][1]].verdict is UNKNOWN for name in missing)
    assert _code(record) is ExitCode.COULD_NOT_LOOK
    assert not record.met


def test_of_a_server_that_says_nothing_nothing_is_met() -> None:
    """Not one point."""
    error = LoginError("x", where="y", fix="z")
    seen = Observed(service=nothing_seen(), there={}, stopped_by=error)

    assert set(verdicts(seen).values()) == {UNKNOWN}


@pytest.mark.parametrize(
    ("seen", "code"),
    [
        (SEEN, ExitCode.OK),
        (with_service(conditional_create=()), ExitCode.OK),
        (with_service(interactions=without("Task", "delete")), ExitCode.OK),
        (with_service(device=None), ExitCode.COULD_NOT_LOOK),
        (with_service(device="absent"), ExitCode.LACKING),
        (with_service(device="absent", profiles=()), ExitCode.LACKING),
    ],
)
def test_the_exit_code_says_what_lacks_before_what_is_unknown(
    seen: Observed, code: ExitCode
) -> None:
    """And what is only told changes nothing."""
    assert _code(recorded(seen)) is code


def test_every_sentence_is_as_somebody_read_it() -> None:
    """In both languages; `tests/probing/saying.py` writes them anew, to be read."""
    assert said() == SAID.read_text("utf-8")


def test_what_fires_most_comes_first() -> None:
    """What cannot be said comes after what fires once."""
    made = tuple(map(subscription, ("[what", "Device", "Patient", "Task")))
    fired = firing(made, {("Patient", ""): 1, ("Task", "ready"): 5})

    assert [(f.criteria, f.notifications) for f in fired] == [
        ("Task", 5),
        ("Patient", 1),
        ("Device", 0),
        ("…", None),
    ]
