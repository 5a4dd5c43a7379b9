"""Characters that FHIR forbids: what a plan says of the objects that had them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from irregular import (
    C1,
    P1,
    Plans,
    activity,
    issues,
    patient,
    plan_with,
    planner,
    resources,
    sent,
)

from kt13.two_forms import (
    HOST,
    Form,
    Json,
    as_json,
    as_xml,
    both,
    entry,
    extension,
    other,
)
from kt_migrate.history.census import count


@pytest.fixture
def planned(tmp_path: Path) -> Iterator[Plans]:
    """Return a maker of plans: of each of these documents a file."""
    yield from planner(tmp_path)


def dirty(form: Form, made: Json, mark: bytes = b"") -> bytes:
    """Write a document with a forbidden character in the place of each `@`."""
    return form(made).replace(b"@", mark or (b"\\b" if form is as_json else b"&#8;"))


@both
def test_removed_characters_are_said_once_per_object(planned: Plans, form: Form) -> None:
    """Of every object whose last state had them, with how many; and counted."""
    people = [entry(patient(f"Pr@{n}@"), f"{HOST}/Patient/{n}") for n in (1, 2)]
    told = other("UserMessage", extension("UserMessage#SubjectString", valueString="@Dag"))
    plan = plan_with(activity("a@-1"))
    first = sent(*people, entry(told, f"{HOST}/UserMessage/1"), entry(plan, C1))
    again = sent(*people, identifier="m-2")
    clean = sent(entry(patient("Schoon"), f"{HOST}/Patient/2"), identifier="m-3")
    clean["entry"][0]["content"]["timestamp"] = "2021-02-01T00:00:00Z"

    found = planned(dirty(form, first), dirty(form, again), form(clean))

    assert issues(found, "characters-removed") == [
        ("CarePlan", C1, "1"),
        ("Patient", P1, "2"),
        ("UserMessage", f"{HOST}/UserMessage/1", "1"),
    ]
    assert resources(found)[P1]["name"][0]["family"] == "Pr1"
    assert "a-1" in resources(found)


def test_removed_characters_are_said_whatever_the_order_of_reading(planned: Plans) -> None:
    """When another copy of the same content never had them: the plans are equal, byte for byte."""
    made = sent(entry(patient("Pr@oef"), P1))
    copies = [dirty(as_json, made), dirty(as_xml, made)]
    plain = as_json(made).replace(b"@", b"")
    orders = [[copies[0], copies[1], plain], [plain, copies[1], copies[0]]]

    plans = [planned(*order) for order in orders]

    assert issues(plans[0], "characters-removed") == [("Patient", P1, "1")]
    assert plans[0].path.read_bytes() == plans[1].path.read_bytes()


def test_a_lone_surrogate_does_not_stop_a_plan(planned: Plans) -> None:
    """In a name, in a link, in the name of an element."""
    made = sent(
        entry({**patient("Pr\ud800oef"), "na\udfffme2": "x"}, f"{HOST}/Patient/\ud8001"),
        identifier="m-\ud800",
    )

    found = planned(as_json(made))

    assert resources(found)[P1]["name"][0]["family"] == "Proef"
    assert issues(found, "characters-removed")[0][:2] == ("Patient", P1)


@pytest.mark.parametrize(
    "mark",
    [b"\x08", b"\x00", b"&#8;", b"&#x1f;", b"&#0031;", b"&#xD800;", b"&#57343;", b"\xed\xa0\x80"],
)
def test_the_census_counts_the_same_objects_with_them(mark: bytes) -> None:
    """In a link, an identifier and what is an activity at all; by its own road."""
    plan = plan_with(activity("a@-1"), {"notes": "@"})
    made = sent(entry(patient(), f"{P1}@"), entry(plan, C1))
    clean = as_json(made).replace(b"@", b"")

    assert count(as_xml(made).replace(b"@", mark)) == count(clean)
    escaped = {b"&#8;": b"\\b", b"&#x1f;": b"\\u001F", b"&#xD800;": b"\\uD800"}.get(mark, mark)
    if not escaped.startswith(b"&"):
        assert count(as_json(made).replace(b"@", escaped)) == count(clean)


@pytest.mark.parametrize("mark", [b"&#9;", b"&#xA;", b"&#13;", b"&#32;", b"&#xE000;", b"&#x1F600;"])
def test_the_census_keeps_what_xml_allows(mark: bytes) -> None:
    """Also when something else made it look again."""
    made = sent(entry(patient(), f"{P1}@"), entry(plan_with(activity("~")), C1))
    content = as_xml(made).replace(b"@", b"x" + mark + b"x")

    assert count(content.replace(b"~", b"a&#8;")) == count(content.replace(b"~", b"a"))
    assert len({found.link for found in count(content)} & {P1, f"{P1}x"}) == 0


def test_an_activity_of_nothing_else_is_none_to_the_census() -> None:
    """An anchor, an extension's url or a value makes one; an empty one of those does not."""
    things: list[Json] = [
        {"notes": ""},
        {"notes": "\b"},
        {"id": ""},
        {},
        {"simple": {"category": ""}},
    ]
    made = sent(entry(plan_with(*things, {"id": "a"}, {"notes": "x"}), C1))
    found = {one.link for one in count(as_json(made)) if one.activity}

    assert found == {f"{C1}#a", f"{C1}#2"}
    assert {
        one.link for one in count(dirty(as_xml, made).replace(b"\x08", b"")) if one.activity
    } == {
        f"{C1}#a",
        f"{C1}#2",
    }
