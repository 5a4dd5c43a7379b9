"""The census and the reading find the same in any document, each by a road of its own."""

from __future__ import annotations

import json
from functools import cache
from random import Random
from typing import Any

import orjson
import pytest
from archives import NS
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz.mutating import changed
from fuzz.seeds import seeds
from fuzz.targets import document as target_of_fuzzing
from kt_migrate.history import census
from kt_migrate.kt13.careplan import activities
from kt_migrate.kt13.read import read_document
from kt_migrate.model import Document

Json = dict[str, Any]
TAG = {"term": "http://hl7.org/fhir/tag/message", "scheme": "http://hl7.org/fhir/tag"}
USAGES = [f"{NS}OtherResourceUsage", "urn:x"]

links = st.one_of(
    st.just([]),
    st.lists(
        st.builds(
            lambda rel, href: {"rel": rel, "href": href},
            st.sampled_from(["self", "next"]),
            st.sampled_from(["a", "b/_history/2", ""]),
        ),
        max_size=2,
    ),
)
codes = st.builds(
    lambda pairs: {"coding": [{"system": s, "code": c} for s, c in pairs]},
    st.lists(
        st.tuples(st.sampled_from(USAGES), st.sampled_from(["CareTeam", "StorageItem"])),
        max_size=2,
    ),
)
VALUES: list[Json] = [{"valueString": "i"}, {"valueIdentifier": {"value": "j"}}, {}]
values = st.sampled_from(VALUES)
own = values.map(lambda value: [{"url": f"{NS}CarePlan#ActivityIdentifier", **value}])
acts = st.one_of(
    st.just({}),
    st.builds(lambda extension: {"extension": extension}, own),
    st.builds(lambda one, extension: {"id": one, "extension": extension}, st.just("x"), own),
    st.just({"prohibited": False}),
    st.just({"description": ""}),
)
contents = st.one_of(
    st.just({"resourceType": "Patient", "active": True}),
    st.builds(lambda code: {"resourceType": "Other", "code": code}, codes),
    st.builds(
        lambda found: {"resourceType": "CarePlan", "status": "active", "activity": found},
        st.lists(acts, max_size=3),
    ),
    st.builds(
        lambda name, event: {
            "resourceType": "MessageHeader",
            "identifier": name,
            "event": {"code": event},
        },
        st.sampled_from(["m", "n", ""]),
        st.sampled_from(["CreateOrUpdatePatient", ""]),
    ),
)
entries = st.builds(
    lambda link, one, content: {"link": link, **one, "content": content},
    links,
    st.sampled_from([{}, {"id": "d"}]),
    contents,
)


HEADER: Json = {
    "content": {"resourceType": "MessageHeader", "identifier": "o", "event": {"code": "Event"}}
}


@pytest.mark.property
@settings(deadline=None)
@given(st.lists(entries, max_size=4), st.integers(0, 4))
def test_both_roads_find_the_same_objects_and_activities(found: list[Json], place: int) -> None:
    """Whatever a document holds, when it can be read; a type may be left open."""
    content = orjson.dumps(
        {"resourceType": "Bundle", "entry": [*found[:place], HEADER, *found[place:]]}
    )
    document = read_document(content)
    assert isinstance(document, Document)
    carried = [thing for message in document.messages for thing in message.objects]
    counted = census.count(content)

    assert {one.link for one in counted if not one.activity} == {thing.link for thing in carried}
    types = {(thing.source_type, thing.link) for thing in carried}
    assert {
        (one.source_type, one.link) for one in counted if one.source_type and not one.activity
    } <= types
    assert {one.link for one in counted if one.activity} == {
        activity.identifier
        for thing in carried
        if thing.source_type == "CarePlan"
        for activity in activities(thing.body, thing.link)
    }


@cache
def _documents() -> tuple[bytes, ...]:
    return tuple(seeds("document"))


@pytest.mark.property
@settings(deadline=None, max_examples=150)
@given(st.randoms(use_true_random=False))
def test_both_roads_find_the_same_in_messages_that_were_tampered_with(random: Random) -> None:
    """Elements lost, doubled, renamed or of another kind, in either form: refused, or the same."""
    content = random.choice(_documents())
    target_of_fuzzing(changed("document", content, random, lambda some: some))


@pytest.mark.parametrize("name", ["activi\x00ty", "\x08activity", "activity\ud800"])
def test_both_roads_name_an_element_without_what_no_text_may_hold(name: str) -> None:
    """And what then has one name is one element: nothing of it is lost."""
    plan = {
        "resourceType": "CarePlan",
        "activity": [{"id": "1", "a": "b"}],
        name: [{"id": "2", "a": "b"}],
    }
    header = {"resourceType": "MessageHeader", "identifier": "m", "event": {"code": "E"}}
    entries = [{"id": "m", "content": header}, {"id": "p", "content": plan}]
    content = json.dumps({"resourceType": "Bundle", "category": [TAG], "entry": entries}).encode()

    found = {one.link for one in census.count(content) if one.activity}
    read = read_document(content)

    assert isinstance(read, Document)
    (thing,) = read.messages[0].objects
    assert found == {"p#1", "p#2"} == {a.identifier for a in activities(thing.body, thing.link)}
