"""Rows of server.md §1: what searches are answered."""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

import httpx
import pytest

from kt_migrate.kt2.audit import read_call
from twin.service import Caller, Service, key_of, row, system

pytestmark = pytest.mark.integration


def resources(bundle: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the resources of a page."""
    return [entry["resource"] for entry in bundle.get("entry", ())]


def link_of(bundle: dict[str, Any]) -> str:
    """Return the address of the next page, or empty."""
    links = [link["url"] for link in bundle.get("link", ()) if link["relation"] == "next"]
    return links[0] if links else ""


def by_next(caller: Caller, **params: str) -> tuple[list[str], int | None]:
    """Follow `next`, each time on the configured base; return the ids, and the last total."""
    ids: list[str] = []
    bundle = caller.search("Organization", **params)
    while True:
        ids += [found["id"] for found in resources(bundle)]
        link = link_of(bundle)
        if not link:
            return ids, bundle.get("total")
        address, _, query = link.partition("?")
        path = "/Organization" if address.endswith("/Organization") else ""
        bundle = caller.http.get(f"{path}?{query}").json()


@row("d5f5ffe9")
def test_the_own_scope_narrows_without_a_word(service: Service, caller: Caller) -> None:
    """Another's is not there: total 0, and no error."""
    theirs = caller.made(service.new("Organization"))

    assert caller.count("Organization", identifier=key_of(theirs)) == 1
    assert service.another().count("Organization", identifier=key_of(theirs)) == 0


@row("462f8c6d")
def test_many_identifiers_are_looked_up_at_once(service: Service, caller: Caller) -> None:
    """An OR list of 30 of 100 characters; 50 make a head of more than 8 kB: 400, and no FHIR."""
    made = [caller.made(service.new("Organization")) for _each in range(3)]
    fillers = [f"{system('Organization')}|{'x' * 97}{number:03}" for number in range(50)]
    wanted = [*map(key_of, made), *fillers]

    few = caller.search("Organization", identifier=",".join(wanted[:30]))
    many = caller.http.get("/Organization", params={"identifier": ",".join(wanted)})

    assert {found["id"] for found in resources(few)} == {one["id"] for one in made}
    assert many.status_code == 400
    assert "html" in many.headers.get("content-type", "html")
    assert b"OperationOutcome" not in many.content


def several(service: Service, count: int) -> str:
    """Write some organisations; return a search value that finds them."""
    own = f"urn:twin:{uuid4().hex}"
    for number in range(count):
        identifier = [{"use": "temp", "system": own, "value": str(number)}]
        service.caller.made(service.new("Organization", identifier=identifier))
    return f"{own}|"


@row("1f703ff1")
def test_a_search_counts_when_it_is_asked_to(service: Service, caller: Caller) -> None:
    """No total by itself; 20 on a page when nothing is said, and 200 at most."""
    found = several(service, 22)
    plain = caller.search("Organization", identifier=found)

    assert "total" not in plain
    assert len(resources(plain)) == 20
    assert caller.search("Organization", identifier=found, _total="accurate")["total"] == 22
    assert caller.search("Organization", identifier=found, _summary="count")["total"] == 22
    assert len(resources(caller.search("Organization", identifier=found, _count="200"))) == 22


@row("e65b0e11")
def test_the_next_page_is_at_the_configured_base(service: Service, caller: Caller) -> None:
    """The link names the server by an address of its own; its query is good on ours."""
    found = several(service, 5)
    first = caller.search("Organization", identifier=found, _count="3")

    assert not link_of(first).startswith(service.base)
    assert len(by_next(caller, identifier=found, _count="3")[0]) == 5


@row("744b0a70")
def test_pages_may_hold_identifiers_alone(service: Service, caller: Caller) -> None:
    """`_elements` cuts what is sent; how fast that is, a bench says."""
    found = several(service, 3)
    page = caller.search("Organization", identifier=found, _elements="identifier", _count="200")

    assert len(resources(page)) == 3
    assert all("identifier" in one and "name" not in one for one in resources(page))


@row("d08044c6")
def test_a_search_ends_without_a_word(service: Service, caller: Caller) -> None:
    """`next` stops at the limit, and the last page's total says that that is all."""
    found = f"{service.full()}|"
    ids, total = by_next(caller, identifier=found, _count="20" if service.limit < 200 else "200")

    assert len(ids) == len(set(ids)) == service.limit
    assert total == service.limit


@row("b70858a6")
def test_a_count_is_right_above_the_limit(service: Service, caller: Caller) -> None:
    """Both forms of it."""
    found = f"{service.full()}|"
    accurate = caller.search("Organization", identifier=found, _total="accurate", _count="1")

    assert caller.count("Organization", identifier=found) == service.limit + 5
    assert accurate["total"] == service.limit + 5


@row("786d136e")
def test_keyset_paging_is_complete(service: Service, caller: Caller) -> None:
    """From the instant of the last one read, what was seen left out."""
    found, size = f"{service.full()}|", 20 if service.limit < 200 else 200
    seen: dict[str, str] = {}
    since: dict[str, str] = {}
    while True:
        page = caller.search(
            "Organization", identifier=found, _sort="_lastUpdated", _count=str(size), **since
        )
        new = [one for one in resources(page) if one["id"] not in seen]
        seen |= {one["id"]: one["meta"]["lastUpdated"] for one in new}
        if not new:
            break
        since = {"_lastUpdated": f"ge{new[-1]['meta']['lastUpdated']}"}

    assert len(seen) == service.limit + 5


@row("a2d550a7")
def test_windows_are_complete(service: Service, caller: Caller) -> None:
    """Each between two instants, counted, and below the limit."""
    found = f"{service.full()}|"
    middle = caller.search("Organization", identifier=found, _sort="_lastUpdated", _count="20")
    edge = resources(middle)[-1]["meta"]["lastUpdated"]

    parts = []
    for window in (f"lt{edge}", f"ge{edge}"):
        counted = caller.count("Organization", identifier=found, _lastUpdated=window)
        ids, _total = by_next(caller, identifier=found, _lastUpdated=window, _count="20")
        assert len(ids) == counted < service.limit + 5
        parts.append(set(ids))
    assert len(parts[0] | parts[1]) == service.limit + 5


@row("34935ca4")
def test_many_ids_are_read_at_once(service: Service, caller: Caller) -> None:
    """One request for a list of 150."""
    made = [caller.made(service.new("Organization"))["id"] for _each in range(3)]
    wanted = made + [str(uuid4()) for _each in range(147)]

    page = caller.search("Organization", _id=",".join(wanted), _count="200")

    assert {one["id"] for one in resources(page)} == set(made)


@row("bb75be60")
def test_each_call_of_a_trace_is_an_audit_event(service: Service, caller: Caller) -> None:
    """Found by `traceId`; `trace-id` is no parameter."""
    trace = str(uuid4())
    made = caller.post(service.new("Organization"), X_Trace_Id=trace).json()
    caller.http.get(f"/Organization/{made['id']}", headers={"X-Trace-Id": trace})

    deadline = time.monotonic() + 20
    while caller.count("AuditEvent", traceId=trace) < 2 and time.monotonic() < deadline:
        time.sleep(0.5)

    assert caller.count("AuditEvent", traceId=trace) == 2
    wrong = caller.http.get("/AuditEvent", params={"trace-id": trace, "_summary": "count"})
    assert wrong.status_code == 400


@row("bb75be60")
def test_an_audit_event_says_what_was_done(service: Service, caller: Caller) -> None:
    """The trace, the action, and what came of it; found by keyset as everything is."""
    trace = str(uuid4())
    made = caller.post(service.new("Organization"), X_Trace_Id=trace).json()
    headers = {"If_Match": 'W/"1"', "X_Trace_Id": trace}
    caller.put(made | {"active": False}, **headers)
    mine = {"traceId": trace, "_sort": "_lastUpdated"}

    deadline = time.monotonic() + 20
    while caller.count("AuditEvent", traceId=trace) < 2 and time.monotonic() < deadline:
        time.sleep(0.5)
    events = resources(caller.search("AuditEvent", **mine))
    since = f"ge{events[-1]['meta']['lastUpdated']}"
    last = resources(caller.search("AuditEvent", **mine, _lastUpdated=since))

    calls = [read_call(event) for event in events]
    assert sorted(call.action for call in calls) == ["C", "U"]
    for call in calls:
        assert (call.trace, call.r4_type, call.logical_id) == (trace, "Organization", made["id"])
        assert call.version in ("", "1" if call.action == "C" else "2")
        assert not call.failed
    assert events[-1] in last


@row("7860a103")
def test_a_trace_is_echoed_and_a_request_gets_an_id(service: Service, caller: Caller) -> None:
    """The trace comes back; our request id comes back as the correlation id."""
    trace, mine = str(uuid4()), str(uuid4())
    answer = caller.post(service.new("Organization"), X_Trace_Id=trace, X_Request_Id=mine)

    assert answer.headers["X-Trace-Id"] == trace
    assert answer.headers["X-Correlation-Id"] == mine
    assert answer.headers["X-Request-Id"] not in ("", mine)


@row("5b0cf81e")
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer broken"}])
def test_without_a_token_nothing_is_said(service: Service, headers: dict[str, str]) -> None:
    """401, plain text."""
    answer = httpx.get(f"{service.base}/Patient", headers=headers)

    assert (answer.status_code, answer.text) == (401, "Unauthorized")


@row("ea0fa1d3")
def test_the_guide_is_for_everybody(service: Service) -> None:
    """Which profiles the domain runs, without a token."""
    (guide, *_more) = resources(httpx.get(f"{service.base}/ImplementationGuide").json())

    assert guide["packageId"] == "koppeltaalv2.00"
    assert guide["version"]
