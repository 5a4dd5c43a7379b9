"""The sandbox's own store: versions and their times, conditional creates, and its roads."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from asking import SYSTEM, Caller, condition, organization
from kt_migrate.books import canonical
from kt_migrate.errors import ConfigurationError
from kt_migrate.kt2.client import token_of
from kt_migrate.model import Key, Resource
from kt_migrate.sandbox import rules
from kt_migrate.sandbox.audit_events import Call
from kt_migrate.sandbox.sqlite_store import SqliteStore
from kt_migrate.sandbox.store import Page, Query, Saved

ORGANIZATION = "Organization"
CALL = Call(
    trace="trace",
    request="r",
    correlation="",
    interaction="search-type",
    what="",
    outcome="0",
    device="Device/d",
)


@pytest.fixture
def clock() -> list[float]:
    """Return a clock of one hand: the test sets it."""
    return [1_764_046_800.1239]


@pytest.fixture
def store(tmp_path: Path, clock: list[float]) -> Iterator[SqliteStore]:
    """Return a store whose clock a test holds still."""
    made = SqliteStore(tmp_path / "store.sqlite", clock=lambda: clock[0])
    yield made
    asyncio.run(made.stop())


def created(store: SqliteStore, resource: dict[str, Any]) -> Resource:
    """Put a resource in the store."""
    saved = asyncio.run(store.create(resource, None))
    assert isinstance(saved, Saved)
    return saved.resource


def changed(resource: Resource) -> str:
    """Return a resource's time of change."""
    meta = resource["meta"]
    assert isinstance(meta, dict)
    return str(meta["lastUpdated"])


def found(store: SqliteStore, **parameters: str) -> list[Resource]:
    """Search organisations."""
    page = asyncio.run(
        store.search(
            Query(
                r4_type=ORGANIZATION,
                parameters={name: [value] for name, value in parameters.items()},
                origins=None,
            )
        )
    )
    assert isinstance(page, Page)
    return list(page.resources)


def test_every_version_has_its_time_and_time_never_goes_back(
    store: SqliteStore, clock: list[float]
) -> None:
    """UTC, milliseconds; a clock that is set back does not show; content does not hold it."""
    first = created(store, organization("a"))
    clock[0] += 1
    second = created(store, organization("b"))
    clock[0] -= 10
    third = created(store, organization("c"))
    saved = asyncio.run(store.update({**first, "name": "Een"}, "1"))
    assert isinstance(saved, Saved)

    assert changed(first) == "2025-11-25T05:00:00.123Z"
    assert changed(second) == changed(third) == changed(saved.resource)
    assert changed(second) == "2025-11-25T05:00:01.123Z"
    ids = [r["id"] for r in found(store, _sort="_lastUpdated")]
    assert ids == [first["id"], second["id"], third["id"]]
    assert canonical(first) == canonical({**first, "meta": {}})


@pytest.mark.parametrize("sort", ["_lastUpdated", "-_lastUpdated"])
def test_changes_of_one_moment_are_ordered_by_arrival(store: SqliteStore, sort: str) -> None:
    """Also among a few that were looked up: so pages neither overlap nor leave one out."""
    made = [str(created(store, organization(f"t{number}"))["id"]) for number in range(5)]
    query = Query(
        r4_type=ORGANIZATION,
        parameters={
            "_sort": [sort],
            "_count": ["2"],
            "identifier": [",".join(f"{SYSTEM}|t{number}" for number in range(5))],
        },
        origins=None,
    )

    ids: list[str] = []
    for _page in range(3):
        page = asyncio.run(store.search(query))
        assert isinstance(page, Page)
        ids += [str(resource["id"]) for resource in page.resources]
        query = replace(query, parameters=parse_qs(page.rest))

    assert ids == (made if sort == "_lastUpdated" else made[::-1])


@pytest.mark.parametrize(
    ("asked", "count"), [("Device/1", 1), ("Device/1,Device/2", 1), ("Device/2", 0)]
)
def test_asking_for_an_origin_never_widens_the_scope(
    store: SqliteStore, asked: str, count: int
) -> None:
    """What is asked and what the scope shows narrow each other."""
    for client in ("1", "2"):
        asyncio.run(store.device(client))
        created(store, rules.stamped(organization(client), f"Device/{client}"))
    query = Query(
        r4_type=ORGANIZATION,
        parameters={"resource-origin": [asked], "_summary": ["count"]},
        origins=frozenset({"Device/1"}),
    )

    page = asyncio.run(store.search(query))

    assert isinstance(page, Page)
    assert page.total == count


def test_equal_content_keeps_its_time(store: SqliteStore, clock: list[float]) -> None:
    """No new version, so no new time."""
    first = created(store, organization("a"))
    clock[0] += 1

    again = asyncio.run(store.update(first, "1"))

    assert isinstance(again, Saved)
    assert (again.version, changed(again.resource)) == ("1", changed(first))


def test_time_goes_on_after_a_restart(tmp_path: Path) -> None:
    """Though the clock stands earlier then."""
    times = []
    for now in (1_764_046_800.0, 1_000_000_000.0):
        store = SqliteStore(tmp_path / "store.sqlite", clock=lambda now=now: now)  # type: ignore[misc]  # a loop's own value
        times.append(changed(created(store, organization(str(now)))))
        asyncio.run(store.stop())

    assert times == ["2025-11-25T05:00:00.000Z"] * 2


def test_older_versions_stay_readable(store: SqliteStore) -> None:
    """After an update, and after a delete; the deleted one itself is 410."""
    first = created(store, organization("a"))
    logical_id = str(first["id"])
    saved = asyncio.run(store.update({**first, "name": "Een"}, "1"))
    assert isinstance(saved, Saved)
    assert asyncio.run(store.read(ORGANIZATION, logical_id, "1")) == first
    assert asyncio.run(store.read(ORGANIZATION, logical_id, "2")) == saved.resource

    assert asyncio.run(store.delete(ORGANIZATION, logical_id)) is None

    assert asyncio.run(store.read(ORGANIZATION, logical_id, "1")) == first
    assert asyncio.run(store.read(ORGANIZATION, logical_id, "2")) == saved.resource
    gone = asyncio.run(store.read(ORGANIZATION, logical_id))
    never = asyncio.run(store.read(ORGANIZATION, logical_id, "9"))
    assert (getattr(gone, "status", 0), getattr(never, "status", 0)) == (410, 404)
    assert found(store) == []


def key(value: str) -> Key:
    """Return the key of an organisation."""
    return Key(r4_type=ORGANIZATION, system=SYSTEM, value=value)


def test_a_backslash_before_a_dollar_gets_lost_in_a_conditional_create(caller: Caller) -> None:
    r"""`aa\$99`, rightly escaped: 400 without an `aa$99`, 200 with that other one when it is there."""
    wanted = {"If-None-Exist": "identifier=" + token_of(key("aa\\$99"))}
    assert "aa%5C%5C%5C%24" in wanted["If-None-Exist"]

    none = caller.post(organization("aa\\$99"), **wanted)
    assert (none.status_code, "HAPI-0929" in none.text) == (400, True)

    other = caller.post(organization("aa$99"), **condition("aa\\$99"))
    assert other.status_code == 201
    wrong = caller.post(organization("aa\\$99"), **wanted)
    assert wrong.status_code == 200
    assert wrong.json()["id"] == other.json()["id"]
    assert wrong.json()["identifier"][0]["value"] == "aa$99"


def test_a_search_reads_escapes_rightly(caller: Caller) -> None:
    r"""Each of `aa\$99`, `aa$99`, `b\`, `b\\,c` and `d|e` finds itself, and an OR list all."""
    values = ["aa\\$99", "aa$99", "b\\", "b\\\\,c", "d|e"]
    for value in values:
        assert caller.post(organization(value)).status_code == 201

    def ask(*wanted: str) -> list[str]:
        tokens = ",".join(token_of(key(value)) for value in wanted)
        bundle = caller.http.get(f"/Organization?identifier={tokens}").json()
        return [e["resource"]["identifier"][0]["value"] for e in bundle.get("entry", ())]

    assert [ask(value) for value in values] == [[value] for value in values]
    assert ask(*values) == values


def test_other_special_characters_in_a_condition_work(caller: Caller) -> None:
    r"""`|`, `,`, `$` escaped, a backslash before a letter: the second time it is there."""
    for value in ("a|b,c$d", "e\\f"):
        named = {"If-None-Exist": f"identifier={token_of(key(value))}"}
        answers = [caller.post(organization(value), **named) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [201, 200]


@pytest.mark.parametrize(
    "parameters",
    [
        {"identifier": f"{SYSTEM}|v7"},
        {"identifier": "v7"},
        {"identifier": f"{SYSTEM}|"},
        {"_id": "a,b,c"},
        {},
        {"_sort": "_lastUpdated"},
        {"_sort": "-_lastUpdated"},
        {"_sort": "_id"},
        {"_lastUpdated": "ge2025-11-25T05:00:00.000Z"},
        {"_sort": "_lastUpdated", "_lastUpdated": "ge2025-11-25", "identifier": f"{SYSTEM}|"},
        {"_summary": "count"},
        {"_summary": "count", "identifier": f"{SYSTEM}|"},
        {"_page": "20~20~20"},
        {"_page": "20~20~1764046800123", "_sort": "_lastUpdated"},
        {"_page": "20~20~abc", "_sort": "_id"},
    ],
    ids=str,
)
def test_no_search_walks_a_table(store: SqliteStore, parameters: dict[str, str]) -> None:
    """SQLite's own plan of each statement: by an index, and sorting at most what few ids gave."""
    created(store, organization("v7"))
    statements: list[str] = []
    store._db.set_trace_callback(statements.append)
    found(store, **parameters)
    store._db.set_trace_callback(None)

    plans = [
        str(step[3])
        for statement in statements
        for step in store._db.execute(f"EXPLAIN QUERY PLAN {statement}")
    ]

    assert plans
    walks = [step for step in plans if step.startswith("SCAN") and "hit" not in step]
    assert walks == []
    few = "_id" in parameters or parameters.get("identifier", "|")[-1] != "|"
    assert few or not [step for step in plans if "TEMP B-TREE" in step]


def steps(store: SqliteStore, work: Callable[[], object]) -> int:
    """Return how many steps of SQLite's machine something takes: work, whatever the machine."""
    taken = [0]

    def tick() -> int:
        taken[0] += 1
        return 0

    store._db.set_progress_handler(tick, 1)
    work()
    store._db.set_progress_handler(None, 1)
    return taken[0]


def test_work_does_not_grow_with_what_is_there(tmp_path: Path, clock: list[float]) -> None:
    """A conditional create, and a page: with eight times as many of the type as much as before."""
    store = SqliteStore(tmp_path / "store.sqlite", clock=lambda: clock[0], search_limit=0)

    def create(number: int) -> None:
        clock[0] += 0.001
        named = condition(f"o{number}")["If-None-Exist"]
        assert isinstance(asyncio.run(store.create(organization(f"o{number}"), named)), Saved)

    def page(number: int, **parameters: str) -> int:
        place = f"1~{number}~{round(clock[0] * 1000) - 150}"
        return steps(store, lambda: found(store, _page=place, _count="100", **parameters))

    taken: dict[int, tuple[int, ...]] = {}
    for number in range(1_601):
        if number in (200, 1_600):
            taken[number] = (
                steps(store, lambda number=number: create(number)),  # type: ignore[misc]  # a loop's own value
                page(number - 150),
                page(number - 150, _sort="_lastUpdated", identifier=f"{SYSTEM}|"),
                page(0, _lastUpdated="ge2025-11-25"),
            )
        else:
            create(number)
    asyncio.run(store.stop())

    for before, after in zip(taken[200], taken[1_600], strict=True):
        assert 0 < after <= before * 1.2


def test_a_store_that_is_written_to_can_be_read(tmp_path: Path, store: SqliteStore) -> None:
    """An export beside a running sandbox, which has calls noted that are not yet durable."""
    created(store, organization("a"))
    store.audit(CALL)
    assert store._db.in_transaction

    reader = SqliteStore(tmp_path / "store.sqlite")
    kept = [r4_type for r4_type, _body in reader.dump()]
    asyncio.run(reader.stop())

    assert kept == [ORGANIZATION]


def test_a_store_of_an_earlier_version_is_refused(tmp_path: Path) -> None:
    """It lacks times of change; the message says what to do."""
    path = tmp_path / "store.sqlite"
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE resource (row INTEGER PRIMARY KEY)")
    db.close()

    with pytest.raises(ConfigurationError, match="another version"):
        SqliteStore(path)
