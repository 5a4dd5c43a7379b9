"""What the census reads of one document, and what it leaves open."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

import orjson
import pytest

from kt_migrate.history import census
from kt_migrate.history.census import Census, Found, count

Json = dict[str, Any]
KT = "http://ggz.koppeltaal.nl/fhir/Koppeltaal/"
OWN = KT + "CarePlan#ActivityIdentifier"
HEADER: Json = {
    "content": {"resourceType": "MessageHeader", "identifier": "m", "event": {"code": "E"}}
}


def entry(link: object = "p", kind: object = "Patient", **content: object) -> Json:
    """Return an entry."""
    return {
        "link": [{"rel": "self", "href": link}],
        "content": {"resourceType": kind, **content},
    }


def bundle(*entries: object) -> bytes:
    """Return a JSON document."""
    return orjson.dumps({"resourceType": "Bundle", "entry": list(entries)})


def found(*links: str, kind: str = "Patient", activities: Sequence[str] = ()) -> set[Found]:
    """Return objects of one type, and activities."""
    return {
        *(Found(activity=False, source_type=kind, link=link) for link in links),
        *(Found(activity=True, source_type="CarePlanActivity", link=a) for a in activities),
    }


@pytest.mark.parametrize(
    ("one", "link"),
    [
        ({"link": [{"rel": "self", "href": "a"}]}, "a"),
        ({"link": {"rel": "self", "href": "a"}}, "a"),
        ({"link": [{"rel": "self", "href": "a/_history/2/_history/3"}]}, "a"),
        ({"link": [{"rel": "self", "href": "a"}, {"rel": "self", "href": "b"}]}, "a"),
        ({"link": [{"rel": "self", "href": ""}, {"rel": "self", "href": "b"}], "id": "c"}, "c"),
        (
            {"link": [{"rel": "next", "href": "b"}, {"href": "c"}, {"rel": "self", "href": "a"}]},
            "a",
        ),
        ({"link": [{"rel": "self", "href": "a"}], "id": "b"}, "a"),
        ({"link": [{"rel": "self", "href": ""}], "id": "b/_history/1"}, "b"),
        ({"link": [{"rel": "self"}], "id": ["b"]}, "b"),
        ({"link": [{"rel": "self", "href": ["a"]}], "id": "b"}, "a"),
        ({"link": [{"rel": "self"}], "id": ["b", "c"]}, ""),
        ({"link": [{"rel": "self"}], "id": True}, ""),
        ({"id": 1e5}, "100000.0"),
        ({"link": [{"rel": "self", "href": None}], "id": 7}, "7"),
        ({"link": "x", "id": "b"}, "b"),
        ({"link": [{"rel": "self", "href": "/_history/2"}], "id": "b"}, ""),
        ({"link": [{"rel": "next", "href": "c"}]}, ""),
        ({"id": {"value": "b"}}, ""),
        ({"id": []}, ""),
        ({}, ""),
    ],
)
def test_an_object_is_known_by_its_self_link_or_its_id(one: Json, link: str) -> None:
    """Without the version; what has neither is no object of the census."""
    content = {"content": {"resourceType": "Patient"}}
    expected = found(link) if link else set()
    assert count(bundle({**one, **content})) == expected
    assert count(bundle({**one, "content": [content["content"]]})) == expected
    assert count(bundle({**one, "content": [content["content"]] * 2})) == set()
    assert count(bundle(one)) == set()


def other(*codings: tuple[object, object]) -> Json:
    """Return an `Other` with codings of what it is used for."""
    return entry(kind="Other", code={"coding": [{"system": s, "code": c} for s, c in codings]})


USAGE, URN = KT + "OtherResourceUsage", "urn:x"


@pytest.mark.parametrize(
    ("one", "kind"),
    [
        (entry(kind="CareTeam"), "CareTeam"),
        (entry(kind="A" * 40), "A" * 40),
        (entry(kind="A" * 41), ""),
        (entry(kind="Jan Jansen"), ""),
        (entry(kind="Patiënt"), ""),
        (entry(kind="A1"), ""),
        *((entry(kind=name), "") for name in census._OF_THE_BOOKS if name != "MessageHeader"),
        (entry(kind=["CareTeam"]), "CareTeam"),
        (other((USAGE, "CareTeam")), "CareTeam"),
        (other((USAGE.upper(), "CareTeam")), "CareTeam"),
        (other((KT + "Profile/OtherResourceUsage#x", "CareTeam")), "CareTeam"),
        (other((URN, "CareTeam")), "CareTeam"),
        (other((None, "CareTeam")), "CareTeam"),
        # Ours go before others; several of one rank, or none, are left open.
        (other((URN, "x"), (USAGE, "CareTeam")), "CareTeam"),
        (other((USAGE, "CareTeam"), (USAGE, "CareTeam")), "CareTeam"),
        (other((USAGE, "CareTeam"), (USAGE, "")), "CareTeam"),
        (other((USAGE, "CareTeam"), (USAGE, "StorageItem")), ""),
        (other((URN, "CareTeam"), (URN, "StorageItem")), ""),
        (other((URN, "CareTeam"), (USAGE, None)), ""),
        (other((USAGE, "MessageHeader")), ""),
        (other((USAGE, "Care Team")), ""),
        (other(), ""),
        (entry(kind="Other"), ""),
        (entry(kind="Other", code="CareTeam"), ""),
        (entry(kind="Other", code=[{"coding": {"code": "CareTeam"}}, {"text": "x"}]), ""),
        (entry(kind="Other", code=[{"coding": {"code": "CareTeam"}}, {}]), "CareTeam"),
        (entry(kind="Other", code=[{"coding": {"system": USAGE, "code": "CareTeam"}}]), "CareTeam"),
        (entry(kind="CareTeam", code={"coding": [{"system": USAGE, "code": "x"}]}), "CareTeam"),
    ],
)
def test_a_type_is_named_when_it_is_certain(one: Json, kind: str) -> None:
    """Else the object counts without one."""
    assert count(bundle(one)) == found("p", kind=kind)


def header(identifier: object = "m", event: object = None) -> Json:
    """Return a header."""
    content = {"resourceType": "MessageHeader", "identifier": identifier, "event": event}
    return {"link": [{"rel": "self", "href": "h"}], "content": content}


@pytest.mark.parametrize(
    ("one", "complete"),
    [
        (header("m", {"code": "E"}), True),
        (header("m", [{"code": "E"}]), True),
        (header("m", {"coding": [{"code": "E"}]}), True),
        (header("m", {"coding": {"code": "E"}}), True),
        (header({"value": "m"}, {"code": "E"}), True),
        (header(["m"], {"code": ["E"]}), True),
        (header("", {"code": "E"}), False),
        (header(None, {"code": "E"}), False),
        (header({}, {"code": "E"}), False),
        (header({"system": "m"}, {"code": "E"}), False),
        (header("m", {"display": "E"}), False),
        (header("m", {"code": ""}), False),
        (header("m", {"coding": [{"code": ""}, {}]}), False),
        (header("m", "E"), True),
        (header("m", [{}, "E"]), True),
        (header("m", {"value": "E"}), True),
        (header(["", "m"], {"code": "E"}), True),
        (header(1.5, {"code": "E"}), True),
        (header("m"), False),
    ],
)
def test_a_header_needs_an_identifier_and_an_event(one: Json, *, complete: bool) -> None:
    """What stands around one that lacks them is not counted; a header itself never is."""
    own = found("p") if complete else set()
    good, bad = header("n", {"code": "E"}), header("")
    assert count(bundle(one, entry())) == own
    assert count(bundle(entry(), one)) == own
    assert count(bundle(bad, entry("q"), one, entry())) == own
    assert count(bundle(entry(), one, good, entry("q"))) == own | found("q")
    assert count(bundle(entry(), one, entry(), bad, entry("q"))) == own


def act(own: object = None, **more: object) -> Json:
    """Return an activity."""
    extension = [{"url": "urn:x", "valueString": "no"}]
    if own is not None:
        extension.append({"url": OWN, "valueString": own})  # type: ignore[dict-item]  # a test's
    return {**more, "extension": extension}


@pytest.mark.parametrize(
    ("activities", "identifiers"),
    [
        ([act("a-1")], ["a-1"]),
        (act("a-1"), ["a-1"]),
        ([act("a-1", id="x")], ["a-1"]),
        ([act(id="x")], ["c#x"]),
        ([act(), act(), act("a-3"), act()], ["c#1", "c#2", "a-3", "c#4"]),
        # What says nothing is no activity, and takes no place.
        ([{}, act()], ["c#1"]),
        ([{"a": [{"b": ""}, None, []]}, {"div": "text"}, act()], ["c#1"]),
        ([{"a": 0}, {"b": [{"c": False}]}], ["c#1", "c#2"]),
        (["a", None, act()], ["c#1"]),
        # The identifier, in any spelling of its address and with any type of value.
        (
            [{"extension": {"url": KT + "Profile/CarePlan#ActivityIdentifier", "valueId": "i"}}],
            ["i"],
        ),
        (
            [{"extension": [{"url": "urn:CarePlan#ActivityIdentifier", "valueString": "i"}]}],
            ["c#1"],
        ),
        (
            [{"extension": [{"url": "urn:/CarePlan#ActivityIdentifier", "valueString": "i"}]}],
            ["c#1"],
        ),
        ([{"extension": [{"url": OWN, "valueIdentifier": {"value": "i"}}]}], ["i"]),
        ([{"extension": [{"url": OWN, "id": "e", "valueString": 7}]}], ["7"]),
        ([{"extension": [{"url": OWN, "id": "e"}, {"url": OWN, "valueString": "i"}]}], ["c#1"]),
        ([{"extension": [{"url": OWN, "valueX": {}, "valueString": "i"}]}], ["i"]),
        (
            [{"extension": [{"url": OWN, "valueCoding": {"code": "x"}, "valueString": "i"}]}],
            ["c#1"],
        ),
        ([{"extension": [{"url": OWN, "valueDecimal": 1.50}]}], ["1.5"]),
        ([{"extension": [{"url": OWN, "valueBoolean": False}]}], ["false"]),
        ([[{"a": "b"}]], ["c#1"]),
        # What stands beside a primitive that is not there.
        ([{"_extension": [{"url": OWN, "valueString": "i"}]}], ["i"]),
        ([{"extension": [{"url": OWN, "_valueString": {"value": "i"}}]}], ["i"]),
        (
            [{"extension": [{"url": OWN, "valueString": "j", "_valueString": {"value": "i"}}]}],
            ["j"],
        ),
        ([{"extension": [{"url": OWN, "valueString": ""}], "id": "x"}], ["c#x"]),
        ([{"extension": [{"url": OWN + "s", "valueString": "i"}]}], ["c#1"]),
    ],
)
def test_an_activity_is_known_by_its_identifier_its_id_or_its_place(
    activities: object, identifiers: list[str]
) -> None:
    """Only a care plan has activities, and only one that has a link."""
    plan = entry("c/_history/1", "CarePlan", activity=activities)
    assert count(bundle(plan)) == found("c", kind="CarePlan", activities=identifiers)
    assert count(bundle(entry("c", "Other", activity=activities))) == found("c", kind="")
    assert count(bundle(entry("", "CarePlan", activity=activities))) == set()


@pytest.mark.parametrize("number", [b"1.50", b"1e3", b"10000000000000000000000", b"9" * 5000])
def test_a_number_is_the_text_that_it_was(number: bytes) -> None:
    """Wherever a text is expected that names something."""
    plan = entry("c", "CarePlan", activity=[act("!")])
    for content in (bundle(plan), bundle(plan | {"link": [{"rel": "self", "href": "!"}]})):
        assert number.decode() in {one.link for one in count(content.replace(b'"!"', number))}


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf", b" \n", b"\xef\xbb\xbf\r\n "])
@pytest.mark.parametrize(
    "content",
    [
        bundle(entry("a"), entry("b")),
        orjson.dumps({"entry": entry("a")}).replace(b'"a"', b'"a","x":NaN'),
        b'{"entry":[{"id":"a","content":{"resourceType":"Patient","x":"\\ud800"}}]}',
        orjson.dumps({"entry": entry("a")}).replace(b'"a"', b'"a","x":' + b"9" * 5_000),
    ],
)
def test_json_is_read_whatever_stands_before_it_and_whatever_numbers_it_has(
    start: bytes, content: bytes
) -> None:
    """The strict parser does not have the last word."""
    expected = found("a", "b") if b'"b"' in content else found("a")
    assert count(start + content) == expected


@pytest.mark.parametrize(
    "content", [b"[]", b"[{}]", b"{}", b'{"entry": "x"}', b'{"entry": [1, null, "x", []]}']
)
def test_what_has_no_entries_has_no_objects(content: bytes) -> None:
    """Nor does anything fail on it."""
    assert count(content) == set()


def test_the_census_keeps_each_object_once_however_it_is_added(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Written when more than a batch was added, or everything was; sorted by type."""
    monkeypatch.setattr(census, "_BATCH", 2)
    db = sqlite3.connect(":memory:", isolation_level=None)
    one = Census(db)

    def written() -> int:
        return len(db.execute("SELECT link FROM census").fetchall())

    one.add(found("a", "b"))
    assert written() == 0
    one.add(found("b", "c"))
    assert written() == 3
    one.add(found("c", activities=["c"]))
    assert written() == 3
    one.add(found("c", kind=""))
    assert written() == 5
    one.add(found("a"))
    one.settle()
    one.settle()
    assert one.counts() == {"": 1, "CarePlanActivity": 1, "Patient": 3}
    assert list(one.counts()) == ["", "CarePlanActivity", "Patient"]
    rows = db.execute("SELECT activity, source_type, link FROM census WHERE activity")
    assert rows.fetchall() == [(1, "CarePlanActivity", "c")]
    db.close()
