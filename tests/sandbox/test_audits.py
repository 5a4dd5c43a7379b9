"""AuditEvents: one per call, with what it was, who called, and the version that came of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from asking import SYSTEM, Caller, caller_of, condition, organization
from kt_migrate.kt2.keys import Key
from kt_migrate.sandbox.settings import Faults
from support import CLIENT, SandboxMaker

Told = tuple[str, str, str, str]


def events(caller: Caller, **parameters: str) -> list[dict[str, Any]]:
    """Return the AuditEvents of the trace, as they came."""
    asked = {"traceId": "run-1", "_count": "200", **parameters}
    bundle = caller.http.get("/AuditEvent", params=asked).json()
    return [entry["resource"] for entry in bundle.get("entry", ())]


def told(event: dict[str, Any]) -> Told:
    """Return action, interaction, what and outcome of an event."""
    what = [entity["what"]["reference"] for entity in event.get("entity", ())]
    return event["action"], event["subtype"][0]["code"], "".join(what), event["outcome"]


def ids(event: dict[str, Any]) -> dict[str, str]:
    """Return the ids of an event by the name of their extension."""
    return {e["url"].rpartition("/")[2]: e["valueId"] for e in event["extension"]}


def call(caller: Caller, method: str, path: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 (httpx's)
    """Call within the trace; return what came, if it was JSON."""
    headers = {"X-Trace-Id": "run-1", "Content-Type": "application/fhir+json"}
    answer = caller.http.request(method, path, headers=headers | more.pop("headers", {}), **more)
    found = answer.json() if "json" in answer.headers.get("content-type", "") else {}
    assert isinstance(found, dict)
    return found


def test_each_call_says_what_it_was(caller: Caller) -> None:
    """Of a deletion it does not say of what, and of a refusal neither."""
    one = call(caller, "POST", "/Organization", json=organization("a"))
    again = call(caller, "POST", "/Organization", json=organization("a"), headers=condition("a"))
    path = f"/Organization/{one['id']}"
    call(caller, "PUT", path, json={**one, "active": False}, headers={"If-Match": 'W/"1"'})
    call(caller, "PUT", path, json={**one, "active": True}, headers={"If-Match": 'W/"1"'})
    call(caller, "GET", path)
    call(caller, "GET", f"{path}/_history/1")
    call(caller, "GET", f"{path}/_history")
    call(caller, "GET", f"/Organization?identifier={SYSTEM}|a")
    call(caller, "POST", "/Organization", json={"resourceType": "Organization"})
    call(caller, "DELETE", path)

    assert again["id"] == one["id"]
    what = path[1:]
    assert [told(event) for event in events(caller)] == [
        ("C", "create", f"{what}/_history/1", "0"),
        ("C", "create", f"{what}/_history/1", "0"),
        ("U", "update", f"{what}/_history/2", "0"),
        ("U", "update", "", "4"),
        ("R", "read", f"{what}/_history/2", "0"),
        ("R", "vread", f"{what}/_history/1", "0"),
        ("E", "history-instance", "", "0"),
        ("E", "search-type", "", "0"),
        ("C", "create", "", "4"),
        ("D", "delete", "", "0"),
    ]


def test_an_event_has_the_ids_and_who_called(caller: Caller) -> None:
    """The caller's request id is the correlation id; the server's own is another."""
    call(caller, "GET", "/Organization", headers={"X-Request-Id": "mine"})

    (event,) = events(caller)

    assert ids(event)["trace-id"] == "run-1"
    assert ids(event)["correlation-id"] == "mine"
    assert ids(event)["request-id"] not in ("", "mine")
    (agent,) = event["agent"]
    assert (agent["who"]["reference"], agent["requestor"]) == (f"Device/{CLIENT}", True)
    assert (event["type"]["code"], event["recorded"]) == ("rest", event["meta"]["lastUpdated"])


def test_another_trace_is_not_found(caller: Caller) -> None:
    """Only that trace, in the count too."""
    call(caller, "GET", "/Organization")
    call(caller, "GET", "/Organization", headers={"X-Trace-Id": "run-2"})

    counted = caller.http.get("/AuditEvent", params={"traceId": "run-2", "_summary": "count"})

    assert len(events(caller)) == 1
    assert counted.json()["total"] == 1


def test_a_search_of_them_ends_as_every_search_does(inside: SandboxMaker, key: Key) -> None:
    """After the limit, without a word; the count is right, and windows of time go on."""
    caller = caller_of(key, inside(search_limit=4))
    for _each in range(7):
        call(caller, "GET", "/Organization")
        time.sleep(0.002)

    seen: list[str] = []
    query = "traceId=run-1&_count=3&_sort=_lastUpdated"
    while query:
        bundle = caller.http.get(f"/AuditEvent?{query}").json()
        seen += [e["resource"]["meta"]["lastUpdated"] for e in bundle.get("entry", ())]
        query = "".join(link["url"].partition("?")[2] for link in bundle.get("link", ()))
    rest = events(caller, _sort="_lastUpdated", _lastUpdated=f"ge{seen[-1]}")
    last = events(caller, _sort="-_lastUpdated", _count="1")
    before = events(caller, _lastUpdated=f"lt{seen[1]}")
    counted = caller.http.get("/AuditEvent?traceId=run-1&_summary=count").json()
    caller.http.close()

    assert (len(seen), seen == sorted(seen)) == (4, True)
    assert len(rest) == 4
    assert last[0]["meta"]["lastUpdated"] == rest[-1]["meta"]["lastUpdated"]
    assert len(before) == 1
    assert counted["total"] == 7


@pytest.mark.parametrize(
    ("faults", "found"),
    [(lambda: Faults(audit_lost_every=3), 4), (lambda: Faults(audit_lost_every=1), 0)],
)
def test_events_may_get_lost(
    inside: SandboxMaker, key: Key, faults: Callable[[], Faults], found: int
) -> None:
    """Each nth call leaves none; with 1 there are none at all."""
    caller = caller_of(key, inside(faults()))
    for _each in range(5):
        call(caller, "GET", "/Organization")

    assert len(events(caller)) == found
    caller.http.close()


def test_events_may_come_later(sandbox: SandboxMaker, key: Key) -> None:
    """Over a real socket: not there at once, and there in the end."""
    caller = caller_of(key, sandbox(Faults(audit_delay_ms=150)))
    call(caller, "GET", "/Organization")

    at_once, deadline = len(events(caller)), time.monotonic() + 20
    while not (later := len(events(caller))) and time.monotonic() < deadline:
        time.sleep(0.02)
    caller.http.close()

    assert (at_once, later) == (0, 1)


def test_a_search_with_a_term_that_is_unknown_is_refused(caller: Caller) -> None:
    """As every search is."""
    assert caller.http.get("/AuditEvent?nonsense=1").status_code == 400
