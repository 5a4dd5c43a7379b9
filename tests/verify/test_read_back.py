"""What was read back: by key, by logical id, and what nobody asked for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from kt_migrate.books import RESOURCE_ORIGIN
from kt_migrate.model import Json, Key, Resource
from kt_migrate.verify import read_back as room
from kt_migrate.verify.read_back import CONDITIONAL, FOUND, ReadBack
from verify.world import SYSTEM, key, patient, stored, value

PATIENTS, OTHERS = SYSTEM + "Patient", "http://other.example/"


@pytest.fixture
def there(tmp_path: Path) -> Iterator[ReadBack]:
    """Return an empty one."""
    made = ReadBack(tmp_path)
    yield made
    made.close()


def identified(logical_id: str, *identifiers: Json, **more: Json) -> Resource:
    """Return a patient with these identifiers."""
    return {"resourceType": "Patient", "id": logical_id, "identifier": list(identifiers), **more}


def identifier(system: str, text: str) -> Json:
    """Return one identifier."""
    return {"system": system, "value": text}


def test_it_has_no_name_on_disk_and_says_what_it_is_for(there: ReadBack, tmp_path: Path) -> None:
    """It holds patients' data, and a killed process leaves nothing behind."""
    (name,) = [row[2] for row in there._db.execute("PRAGMA database_list")]

    assert list(tmp_path.iterdir()) == []
    assert Path(name) == tmp_path / f"read-back.{os.getpid()}.scratch.sqlite"


def test_the_newest_version_counts_and_is_counted_once(there: ReadBack) -> None:
    """A resource that was changed while it was read comes twice."""
    page = [stored(patient(n, active=n == 2), "p1", str(n)) for n in (1, 2)]

    assert [there.keep([one], PATIENTS) for one in page] == [1, 0]
    (found,) = there.found(key("Patient", 2))
    assert (found.id, found.version, found.resource) == ("p1", "2", page[1])
    assert there.found(key("Patient", 1)) == ()


def test_a_page_says_how_many_are_new(there: ReadBack) -> None:
    """Per system: the second one sees the same resource for the first time."""
    page = [identified(f"p{n}", identifier(PATIENTS, str(n))) for n in range(3)]

    assert there.keep(page[:2], PATIENTS) == 2
    assert there.keep(page, PATIENTS) == 1
    assert there.keep(page, OTHERS) == 3
    assert there.keep([], PATIENTS) == 0


def test_each_system_has_its_own_identifiers(there: ReadBack) -> None:
    """What one reading brought stays when another brings the same resource."""
    both = identified("p1", identifier(PATIENTS, "a"), identifier(OTHERS, "b"))
    for system in (PATIENTS, OTHERS):
        there.keep([both], system)

    def ids(system: str, text: str) -> list[str]:
        asked = Key(r4_type="Patient", system=system, value=text)
        return [one.id for one in there.found(asked)]

    assert [ids(PATIENTS, "a"), ids(OTHERS, "b")] == [["p1"], ["p1"]]
    assert [ids(PATIENTS, "b"), ids(OTHERS, "a")] == [[], []]


def test_types_are_apart(there: ReadBack) -> None:
    """The same id and the same identifier, of two types, are two resources."""
    one = identified("1", identifier(PATIENTS, "a"))
    there.keep([one, one | {"resourceType": "Task"}], PATIENTS)

    for r4_type in ("Patient", "Task"):
        (found,) = there.found(Key(r4_type=r4_type, system=PATIENTS, value="a"))
        assert found.resource["resourceType"] == r4_type


@pytest.mark.parametrize(
    ("resource", "version"),
    [
        (identified("p", identifier(PATIENTS, "a"), meta={"versionId": "7"}), "7"),
        (identified("p", identifier(PATIENTS, "a"), meta={}), ""),
        (identified("p", identifier(PATIENTS, "a"), meta="7"), ""),
        (identified("p", identifier(PATIENTS, "a")), ""),
    ],
)
def test_a_version_may_be_absent(there: ReadBack, resource: Resource, version: str) -> None:
    """A server need not say it."""
    there.keep([resource], PATIENTS)

    assert [one.version for one in there.found(key_of("a"))] == [version]


def key_of(text: str) -> Key:
    """Return a patient's key."""
    return Key(r4_type="Patient", system=PATIENTS, value=text)


@pytest.mark.parametrize(
    ("identifiers", "values"),
    [
        ([identifier(PATIENTS, "a")], {"a"}),
        ([identifier(PATIENTS, "a"), identifier(PATIENTS, "a")], {"a"}),
        ([identifier(PATIENTS, "a"), identifier(PATIENTS, "b")], {"a", "b"}),
        ([identifier(OTHERS, "a"), identifier(PATIENTS, "b")], {"b"}),
        (["a", {"value": "a"}, {"system": PATIENTS}, identifier(PATIENTS, "b")], {"b"}),
        ([{"system": PATIENTS, "value": 7}, {"system": PATIENTS, "value": None}], set()),
        ("a", set()),
        (None, set()),
    ],
)
def test_only_texts_of_the_system_that_was_read_are_keys(
    there: ReadBack, identifiers: Json, values: set[str]
) -> None:
    """Whatever else stands there, a server may have it."""
    there.keep([{"resourceType": "Patient", "id": "p", "identifier": identifiers}], PATIENTS)

    assert {text for text in ("a", "b", "7") if there.found(key_of(text))} == values


def test_doubles_come_together_in_the_order_of_reading(there: ReadBack) -> None:
    """Both have the one temporary identifier."""
    there.keep([stored(patient(1), name) for name in ("p9", "p1")], PATIENTS)

    assert [one.id for one in there.found(key("Patient", 1))] == ["p9", "p1"]


def test_what_nobody_asked_for_is_sorted(there: ReadBack, monkeypatch: pytest.MonkeyPatch) -> None:
    """By type and id, with its first identifier; what has none is none of ours."""
    monkeypatch.setattr(room, "MARK_AT_ONCE", 2)
    there.keep([stored(patient(n), f"p{n}") for n in (5, 4, 3, 2, 1)], PATIENTS)
    more = identified("a0", identifier(PATIENTS, "y"), identifier(PATIENTS, "x"))
    there.keep([more, identified("a1"), more | {"resourceType": "Account"}], PATIENTS)
    for number in (5, 3, 1):
        there.found(key("Patient", number))

    left = [(one.r4_type, one.id, one.value) for one in there.unasked()]

    assert left == [
        ("Account", "a0", "x"),
        ("Patient", "a0", "x"),
        ("Patient", "p2", value("Patient", 2)),
        ("Patient", "p4", value("Patient", 4)),
    ]


ORIGIN: dict[str, Json] = {"url": RESOURCE_ORIGIN}


@pytest.mark.parametrize(
    ("extension", "origin"),
    [
        ([ORIGIN | {"valueReference": {"reference": "Device/1"}}], "Device/1"),
        (["x", {"url": "u"}, ORIGIN | {"valueReference": {"reference": "Device/1"}}], "Device/1"),
        ([ORIGIN | {"valueReference": {"reference": None}}], ""),
        ([ORIGIN | {"valueReference": {}}], ""),
        ([ORIGIN | {"valueReference": "Device/1"}], ""),
        ([ORIGIN], ""),
        ([{"url": "u", "valueReference": {"reference": "Device/1"}}], ""),
        ([], ""),
        ("Device/1", ""),
        (None, ""),
    ],
)
def test_an_origin_is_what_the_server_stamped(
    there: ReadBack, extension: Json, origin: str
) -> None:
    """And empty when it did not."""
    there.keep([identified("p", identifier(PATIENTS, "a"), extension=extension)], PATIENTS)

    assert [one.origin for one in there.unasked()] == [origin]


@pytest.mark.parametrize(
    ("reference", "becomes"),
    [
        ("Patient/p1", key("Patient", 1).reference),
        ("Patient/p1/_history/3", key("Patient", 1).reference),
        ("Patient/two", f"Patient?identifier={PATIENTS}|a"),
        ("Patient/none", "Patient/none"),
        ("Patient/p2", "Patient/p2"),
        ("Task/p1", "Task/p1"),
        ("Patient", "Patient"),
        ("#contained", "#contained"),
    ],
)
def test_a_reference_becomes_conditional_by_what_was_read(
    there: ReadBack, reference: str, becomes: str
) -> None:
    """By the first identifier; what was not read, or has none, stays as it is."""
    two = identified("two", identifier(PATIENTS, "b"), identifier(PATIENTS, "a"))
    there.keep([stored(patient(1), "p1"), two, identified("p2")], PATIENTS)

    assert there.conditional(reference) == becomes


@pytest.mark.parametrize("sql", [FOUND, CONDITIONAL])
def test_every_look_up_goes_straight_to_its_row(there: ReadBack, sql: str) -> None:
    """By SQLite's own plan: no table is walked through, nothing is sorted."""
    marks = ["x"] * sql.count("?")
    steps = [row[3] for row in there._db.execute(f"EXPLAIN QUERY PLAN {sql}", marks)]

    assert steps
    assert [step for step in steps if "SCAN" in step or "TEMP" in step] == []
