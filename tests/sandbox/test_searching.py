"""Searches of the sandbox: where they stop, and how all is read none the less."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from asking import SYSTEM, Caller, caller_of, organization
from kt_migrate.kt2.keys import Key
from kt_migrate.sandbox.settings import Faults
from kt_migrate.sandbox.sqlite_store import SqliteStore
from kt_migrate.sandbox.store import Query
from kt_migrate.sandbox.upstream_store import UpstreamStore
from support import SandboxMaker

CallerMaker = Callable[..., Caller]
MANY, LIMIT = 300, 220


def filled(path: Path, many: int) -> None:
    """Put organisations in a store; three of each millisecond."""
    ticks = iter(range(many))
    store = SqliteStore(path, clock=lambda: 1_764_046_800 + next(ticks) // 3 / 1000)

    async def work() -> None:
        for number in range(many):
            await store.create(organization(f"o{number}"), None)
        await store.stop()

    asyncio.run(work())


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store of 300 organisations."""
    path = tmp_path_factory.mktemp("full") / "store.sqlite"
    filled(path, MANY)
    return path


@pytest.fixture
def service(full: Path, tmp_path: Path, inside: SandboxMaker, key: Key) -> Iterator[CallerMaker]:
    """Return a maker of clients of a sandbox with 300 organisations, whose searches end at 220."""
    made: list[Caller] = []

    def make(faults: Faults | None = None, **settings: object) -> Caller:
        (tmp_path / "store.sqlite").write_bytes(full.read_bytes())
        made.append(caller_of(key, inside(faults, **{"search_limit": LIMIT} | settings)))
        return made[-1]

    yield make
    for caller in made:
        caller.http.close()


def ask(caller: Caller, **params: str | list[str]) -> dict[str, Any]:
    """Search organisations."""
    answer = caller.http.get("/Organization", params=params)
    assert answer.status_code == 200, answer.text
    bundle: dict[str, Any] = answer.json()
    return bundle


def by_next(caller: Caller, **params: str) -> tuple[list[str], list[int | None]]:
    """Follow `next` on our own base; return the ids, and each page's total."""
    ids: list[str] = []
    totals: list[int | None] = []
    bundle = ask(caller, **params)
    while True:
        ids += [entry["resource"]["id"] for entry in bundle.get("entry", ())]
        totals.append(bundle.get("total"))
        links = [link["url"] for link in bundle.get("link", ()) if link["relation"] == "next"]
        if not links:
            return ids, totals
        bundle = caller.http.get(f"/Organization?{links[0].partition('?')[2]}").json()


def by_key(caller: Caller, **params: str) -> list[str]:
    """Read by time of change, from the last one read on; leave out what was seen."""
    ids: dict[str, None] = {}
    since: dict[str, str] = {}
    while True:
        bundle = ask(caller, _sort="_lastUpdated", _count="20", **since, **params)
        resources = [entry["resource"] for entry in bundle.get("entry", ())]
        new = [r["id"] for r in resources if r["id"] not in ids]
        if not new:
            return list(ids)
        ids.update(dict.fromkeys(new))
        since = {"_lastUpdated": f"ge{resources[-1]['meta']['lastUpdated']}"}


@pytest.mark.parametrize("sort", ["", "_lastUpdated", "-_lastUpdated", "_id", "-_id"])
@pytest.mark.parametrize("count", ["19", "20"])
def test_next_stops_at_the_limit_and_the_last_total_says_so(
    service: CallerMaker, sort: str, count: str
) -> None:
    """Whatever the page size and the sort; no page before it has a total."""
    params = {"_count": count} | ({"_sort": sort} if sort else {})

    ids, totals = by_next(service(), **params)

    assert len(set(ids)) == len(ids) == LIMIT
    assert totals[-1] == LIMIT
    assert set(totals[:-1]) == {None}


def test_the_limit_is_2200_when_nobody_says_otherwise(
    tmp_path: Path, inside: SandboxMaker, key: Key
) -> None:
    """As the reference service was measured."""
    filled(tmp_path / "store.sqlite", 2_201)

    caller = caller_of(key, inside())
    ids, totals = by_next(caller, _count="200")
    caller.http.close()

    assert (len(ids), totals[-1]) == (2_200, 2_200)


def test_a_count_is_right_above_the_limit(service: CallerMaker) -> None:
    """`_summary=count` and `_total=accurate`, also on the last page of a search that was cut."""
    caller = service()

    assert ask(caller, _summary="count")["total"] == MANY
    assert ask(caller, _summary="count", identifier=f"{SYSTEM}|")["total"] == MANY
    _ids, totals = by_next(caller, _count="20", _total="accurate")
    assert set(totals) == {MANY}


@pytest.mark.parametrize("narrowed", [{}, {"identifier": f"{SYSTEM}|"}])
def test_keyset_paging_reads_all(service: CallerMaker, narrowed: dict[str, str]) -> None:
    """Each once, though several were changed in the same millisecond."""
    ids = by_key(service(), _elements="identifier", **narrowed)

    assert len(ids) == MANY


@pytest.mark.parametrize("sort", ["", "_lastUpdated", "-_lastUpdated", "_id", "-_id"])
def test_without_a_limit_next_gives_all(service: CallerMaker, sort: str) -> None:
    """`search_limit=0`; every sort has an order without ties, and backwards is the reverse."""
    caller = service(search_limit=0)
    params = {"_count": "20"} | ({"_sort": sort} if sort else {})

    ids, totals = by_next(caller, **params)

    assert len(set(ids)) == len(ids) == MANY
    assert totals[-1] == MANY
    if sort == "_id":
        assert ids == sorted(ids)
    if sort.startswith("-"):
        forwards, _totals = by_next(caller, **params | {"_sort": sort[1:]})
        assert ids == forwards[::-1]


def test_another_limit(service: CallerMaker) -> None:
    """Smaller than a page: the first page is the last, and says so."""
    ids, totals = by_next(service(search_limit=7), _count="20")

    assert (len(ids), totals) == (7, [7])


def test_windows_of_time_are_exact(service: CallerMaker) -> None:
    """`ge` and `le` take the moment itself, `gt` and `lt` do not; several narrow each other."""
    caller = service()
    moment = "2025-11-25T05:00:00.010Z"

    def count(*windows: str) -> int:
        return int(ask(caller, _lastUpdated=list(windows), _summary="count")["total"])

    assert count(f"lt{moment}") == 30
    assert count(f"le{moment}") == 33
    assert count(f"gt{moment}") == MANY - 33
    assert count(f"ge{moment}") == MANY - 30
    assert count(f"ge{moment}", f"le{moment}") == count(moment) == 3
    assert count("ge2025-11-25T06:00:00.010+01:00", f"le{moment}") == 3
    assert count("ge2025-11-25T05:00:00Z", "lt2025-11-26") == MANY
    assert count("gt2025-11-25") == 0
    found = ask(caller, _lastUpdated=[f"ge{moment}", f"le{moment}"])["entry"]
    assert {entry["resource"]["meta"]["lastUpdated"] for entry in found} == {moment}


def test_ids_in_one_request(service: CallerMaker) -> None:
    """A list of 150; two lists narrow each other; unknown ones are simply not there."""
    caller = service()
    ids, _totals = by_next(caller, _count="150")

    page = ask(caller, _id=",".join([*ids[:100], "unknown"]), _count="200")
    both = ask(caller, _id=[",".join(ids[:3]), ",".join(ids[2:5])])

    assert {entry["resource"]["id"] for entry in page["entry"]} == set(ids[:100])
    assert [entry["resource"]["id"] for entry in both["entry"]] == [ids[2]]


@pytest.mark.parametrize(
    "query",
    [
        "_sort=name",
        "_sort=_lastUpdated,_id",
        "_lastUpdated=yesterday",
        "_lastUpdated=ne2025-11-25",
        "_lastUpdated=ge2025-13-25",
        "_lastUpdated=ge2025-11-25T05:00:00.000 01:00",
        "_count=many",
        "_page=1",
    ],
)
def test_what_cannot_be_read_is_400(caller: Caller, query: str) -> None:
    """Never another search than was asked."""
    assert caller.http.get(f"/Organization?{query}").status_code == 400


def test_a_count_can_lie(service: CallerMaker) -> None:
    """By so many, and only the count: a verification must notice."""
    caller = service(Faults(count_off=-2))

    assert ask(caller, _summary="count")["total"] == MANY - 2
    assert ask(caller, _total="accurate", _count="1")["total"] == MANY


def test_another_server_gets_the_search_as_it_is() -> None:
    """Sort, repeated windows, elements and escapes, in the same words."""
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.extend(f"{name}={value}" for name, value in request.url.params.multi_items())
        return httpx.Response(200, content=orjson.dumps({"resourceType": "Bundle", "total": 7}))

    parameters = {
        "_sort": ["_lastUpdated"],
        "_lastUpdated": ["ge2025-11-25T06:00:00.010+01:00", "lt2026-01-01"],
        "_id": ["a,b"],
        "_elements": ["identifier"],
        "_count": ["200"],
        "identifier": ["urn:x|a\\,b"],
    }
    store = UpstreamStore("http://upstream.example/fhir")
    store._http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    found = asyncio.run(store.search(Query(r4_type="Patient", parameters=parameters, origins=None)))

    assert getattr(found, "total", None) == 7
    assert asked == [f"{name}={value}" for name, values in parameters.items() for value in values]
