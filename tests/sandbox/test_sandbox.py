"""The sandbox answers as the KT 2.0 service was measured to, status for status (server.md §1)."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from asking import KIND, Caller, ask, assertion, caller_of, condition, organization
from kt_migrate.books import RESOURCE_ORIGIN
from kt_migrate.kt2.keys import Key, public_jwks
from kt_migrate.kt2.outcome import server_issues
from kt_migrate.model import MIGRATION_SYSTEM
from kt_migrate.sandbox.faulty import FaultyApp
from kt_migrate.sandbox.server import running
from kt_migrate.sandbox.settings import Client, Faults, SandboxSettings
from kt_migrate.sandbox.upstream_store import _trouble
from support import CLIENT, SandboxMaker

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({}, 200),
        ({"jti": None}, 401),
        ({"aud": "https://elsewhere.example/token"}, 401),
        ({"exp": 1}, 401),
        ({"iss": "nobody", "sub": "nobody"}, 401),
        ({"nbf": 4_000_000_000}, 401),
    ],
)
def test_an_assertion_is_really_verified(
    inside: SandboxMaker, key: Key, claims: dict[str, object], status: int
) -> None:
    """Each wrong claim is 401, plain text."""
    served = inside()

    answer = ask(served, "POST", served.sandbox.token_endpoint, **assertion(key, served, **claims))

    assert answer.status_code == status
    if status == 401:
        assert answer.text == "Access Denied"
    else:
        assert answer.json()["expires_in"] == 300


def test_a_jti_is_burned_also_when_a_later_check_fails(inside: SandboxMaker, key: Key) -> None:
    """The second time it is refused, whatever else is right."""
    served = inside()
    endpoint = served.sandbox.token_endpoint

    first = ask(served, "POST", endpoint, **assertion(key, served, jti="once", exp=1))
    second = ask(served, "POST", endpoint, **assertion(key, served, jti="once"))

    assert (first.status_code, second.status_code) == (401, 401)


def test_without_a_token_only_metadata_and_guide_answer(caller: Caller) -> None:
    """401 Unauthorized, plain text."""
    base = caller.running.base
    bare = ask(caller.running, "GET", f"{base}/Patient")

    assert (bare.status_code, bare.text) == (401, "Unauthorized")
    assert ask(caller.running, "GET", f"{base}/metadata").json()["fhirVersion"] == "4.0.1"
    guide = ask(caller.running, "GET", f"{base}/ImplementationGuide").json()["entry"][0]["resource"]
    assert guide["version"] == "0.16.3"


def test_a_create_is_stamped_and_names_another_base(caller: Caller) -> None:
    """201, ETag, an id of the server, the poster's Device; Location is not our base."""
    answer = caller.post(organization("a") | {"id": "mine"}, X_Trace_Id="t", X_Request_Id="r")
    stored = answer.json()

    assert (answer.status_code, answer.headers["ETag"]) == (201, 'W/"1"')
    assert stored["id"] != "mine"
    assert not answer.headers["Location"].startswith(caller.running.base)
    origins = [e for e in stored["extension"] if e["url"] == RESOURCE_ORIGIN]
    assert origins[0]["valueReference"]["reference"] == f"Device/{CLIENT}"
    assert answer.headers["X-Trace-Id"] == "t"
    assert answer.headers["X-Correlation-Id"] == "r"
    minimal = caller.post(organization("b"), Prefer="return=minimal")
    assert (minimal.status_code, minimal.content) == (201, b"")


def test_a_conditional_create_makes_one(caller: Caller) -> None:
    """200 with the existing one; after a delete a new one."""
    first = caller.post(organization("c"), **condition("c"))
    second = caller.post(organization("c"), **condition("c"))
    logical = first.json()["id"]

    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json()["id"] == logical
    assert caller.http.delete(f"/Organization/{logical}").status_code == 204
    assert caller.http.get(f"/Organization/{logical}").status_code == 410
    assert caller.http.delete(f"/Organization/{logical}").status_code == 410
    assert caller.post(organization("c"), **condition("c")).status_code == 201


def test_an_update_needs_the_present_version(caller: Caller) -> None:
    """412 without, 409 for an older one, 404 for one that never was; strong and bare pass."""
    stored = caller.post(organization("d")).json()
    changed = stored | {"name": "Een"}

    assert caller.put(changed).status_code == 412
    assert caller.put(changed, If_Match='W/"1"').headers["ETag"] == 'W/"2"'
    assert caller.put(changed, If_Match='W/"1"').status_code == 409
    never = caller.put(changed, If_Match='W/"99"')
    assert never.status_code == 404
    assert caller.put(changed, If_Match='"2"').headers["ETag"] == 'W/"2"'
    assert caller.put(changed | {"name": "Twee"}, If_Match="2").headers["ETag"] == 'W/"3"'
    assert caller.put(changed | {"id": "unknown"}, If_Match="1").status_code == 404
    stripped = {k: v for k, v in changed.items() if k != "extension"}
    kept = caller.put(stripped | {"name": "Drie"}, If_Match="3")
    assert kept.json()["extension"] == stored["extension"]
    assert caller.http.get(f"/Organization/{stored['id']}/_history/1").json()["id"] == stored["id"]


def test_a_resource_has_a_history_the_newest_first(caller: Caller) -> None:
    """Each version as it was, with the request that made it; of what is gone there is none."""
    stored = caller.post(organization("h")).json()
    changed = caller.put(stored | {"name": "Een"}, If_Match="1").json()
    caller.put(stored | {"name": "Twee"}, If_Match="2")
    path = f"/Organization/{stored['id']}"

    bundle = caller.http.get(f"{path}/_history?_count=200").json()

    assert (bundle["type"], bundle["total"]) == ("history", 3)
    found = [entry["resource"] for entry in bundle["entry"]]
    assert [r["meta"]["versionId"] for r in found] == ["3", "2", "1"]
    assert [entry["request"]["method"] for entry in bundle["entry"]] == ["PUT", "PUT", "POST"]
    assert found[1:] == [changed, stored]
    assert caller.http.get("/Organization/unknown/_history").status_code == 404
    caller.http.delete(path)
    assert caller.http.get(f"{path}/_history").status_code == 410


def test_what_breaks_the_profile_is_422_with_information_first(caller: Caller) -> None:
    """The error names a path and a rule."""
    broken = organization("e")
    del broken["active"]

    answer = caller.post(broken)
    issues = answer.json()["issue"]

    assert answer.status_code == 422
    assert [issue["severity"] for issue in issues] == ["information", "error"]
    assert issues[1]["expression"] == ["Organization.active"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/Organization", b"{", 400),
        ("POST", "/Observation", b"{}", 404),
        ("POST", "/Organization/_search", b"identifier=x", 415),
        ("PATCH", "/Organization/1", b"[]", 400),
        ("PUT", "/Organization?identifier=x", b"{}", 500),
        ("DELETE", "/Organization?identifier=x", b"", 400),
        ("GET", "/Organization/unknown", b"", 404),
        ("GET", "/Organization?nonsense=1", b"", 400),
        ("POST", "", b'{"resourceType": "Bundle", "type": "transaction"}', 400),
    ],
)
def test_what_is_not_supported(
    caller: Caller, method: str, path: str, body: bytes, status: int
) -> None:
    """Each with the status of the real service, or a refusal where that breaks resources."""
    assert caller.http.request(method, path, content=body, headers=KIND).status_code == status


def test_references_must_resolve_and_hold(caller: Caller) -> None:
    """400 HAPI-1094 for a dangling one; 409 for a delete of what others refer to."""
    parent = caller.post(organization("f")).json()
    dangling = organization("g", partOf={"reference": "Organization/none", "type": "Organization"})
    part = {"reference": f"Organization/{parent['id']}", "type": "Organization"}

    refused = caller.post(dangling)

    assert refused.status_code == 400
    (said,) = server_issues(refused.content)
    assert said.path == "Organization.partOf"
    assert said.said == "processing HAPI-1094 Resource … not found, specified in path: …"
    assert caller.post(organization("h", partOf=part)).status_code == 201
    assert caller.http.delete(f"/Organization/{parent['id']}").status_code == 409


def test_what_an_upstream_server_refuses_is_said_as_far_as_it_may_be() -> None:
    """HAPI's number and text, without its values."""
    text = "HAPI-1094: Resource Patient/Jansen not found, specified in path: Task.for"
    issue = {"severity": "error", "code": "processing", "diagnostics": text}
    outcome = {"resourceType": "OperationOutcome", "issue": [issue]}

    trouble = _trouble(httpx.Response(400, json=outcome))

    assert trouble.why == "HAPI-1094: Resource … not found, specified in path: …"
    assert (trouble.status, trouble.path) == (400, "Task.for")
    assert _trouble(httpx.Response(500, content=b"x")).why == "upstream"


def test_resource_origin_may_not_be_sent_on_create(caller: Caller) -> None:
    """400."""
    value = {"reference": f"Device/{CLIENT}", "type": "Device"}
    origin = [{"url": RESOURCE_ORIGIN, "valueReference": value}]

    assert caller.post(organization("i", extension=origin)).status_code == 400


def test_a_scope_of_its_own_narrows_silently(inside: SandboxMaker, key: Key) -> None:
    """Others' objects are simply not there; writing without a scope is 403."""
    own = f"system/Organization.crs?resource-origin=Device/{CLIENT}"
    served = inside(scopes=f"{own} system/Device.rs")
    narrow = caller_of(key, served)

    mine = narrow.post(organization("j"))
    found = narrow.http.get("/Organization", params={"_summary": "count"}).json()
    denied = narrow.put(mine.json(), If_Match="1")
    narrow.http.close()

    assert mine.status_code == 201
    assert found["total"] == 1
    assert denied.status_code == 403


def test_searches_page_and_count(caller: Caller) -> None:
    """OR lists, escapes, `system|`, no total unless asked, 20 and 200 per page, next elsewhere."""
    for number in range(25):
        caller.post(organization(f"k{number}" if number else "a|b,c$d"))
    system = MIGRATION_SYSTEM + "Organization"

    def found(**params: str) -> dict[str, Any]:
        answer: dict[str, Any] = caller.http.get("/Organization", params=params).json()
        return answer

    page = found()
    assert ("total" in page, len(page["entry"])) == (False, 20)
    link = page["link"][0]["url"]
    assert not link.startswith(caller.running.base)
    rest = caller.http.get(f"/Organization?{link.partition('?')[2]}").json()
    assert (len(rest["entry"]), "link" in rest) == (5, False)
    assert len(found(_count="500")["entry"]) == 25
    assert found(_summary="count")["total"] == 25
    assert found(_total="accurate", _count="1")["total"] == 25
    assert found(identifier=f"{system}|k1,{system}|k2,k3", _summary="count")["total"] == 3
    assert found(identifier=f"{system}|a\\|b\\,c\\$d", _summary="count")["total"] == 1
    assert found(identifier=f"{system}|", _summary="count")["total"] == 25
    cut = found(_elements="identifier", _count="1")["entry"][0]["resource"]
    assert "active" not in cut


def test_a_head_over_8_kb_is_refused_in_html(sandbox: SandboxMaker, key: Key) -> None:
    """400, and no OperationOutcome; over a real socket, whose server has limits of its own."""
    with caller_of(key, sandbox()).http as http:
        answer = http.get("/Organization", params={"identifier": "x" * 9_000})

    assert (answer.status_code, answer.headers["content-type"][:9]) == (400, "text/html")


def test_every_call_of_a_trace_is_an_audit_event(caller: Caller) -> None:
    """Counted by traceId."""
    for value in ("l", "m"):
        caller.post(organization(value), X_Trace_Id="run-1")

    found = caller.http.get("/AuditEvent", params={"traceId": "run-1", "_summary": "count"})

    assert found.json()["total"] == 2


def test_the_store_survives_a_restart(tmp_path: Path, key: Key) -> None:
    """A second sandbox on the same file knows what the first was told."""
    client = Client(client_id=CLIENT, jwks=public_jwks(key, "k1", "RS512"))
    settings = SandboxSettings(
        base_path="/api/v1/TEST/fhir/r4", clients=(client,), store=tmp_path / "store.sqlite"
    )
    answers = []
    for _start in range(2):
        with running(settings) as started:
            caller = caller_of(key, started)
            answers.append(caller.post(organization("n"), **condition("n")))
            caller.http.close()

    assert [answer.status_code for answer in answers] == [201, 200]
    assert answers[0].json()["id"] == answers[1].json()["id"]


def test_a_token_expires(inside: SandboxMaker, key: Key) -> None:
    """401 after its life."""
    short = caller_of(key, inside(Faults(token_seconds=0)))

    assert short.http.get("/Organization").status_code == 401
    short.http.close()


def test_a_view_task_needs_its_main_task(caller: Caller) -> None:
    """422."""
    view = {"system": "http://vzvz.nl/fhir/CodeSystem/koppeltaal-task-code", "code": "view"}
    task = {"resourceType": "Task", "code": {"coding": [view]}}

    answer = caller.post(task)

    assert answer.status_code == 422
    assert "view-task" in answer.text


def test_who_loses_a_race_gets_500_when_asked_for(sandbox: SandboxMaker, key: Key) -> None:
    """Ten conditional creates at once: one object, whatever the losers are told."""
    caller = caller_of(key, sandbox(Faults(lost_race_500=True)))

    async def race() -> list[int]:
        async with httpx.AsyncClient(headers=caller.http.headers, timeout=10) as client:
            url, headers = f"{caller.running.base}/Organization", KIND | condition("race")
            posts = (
                client.post(url, json=organization("race"), headers=headers) for _ in range(10)
            )
            return [answer.status_code for answer in await asyncio.gather(*posts)]

    statuses = asyncio.run(race())
    found = caller.http.get("/Organization", params={"_summary": "count"}).json()
    caller.http.close()

    assert statuses.count(201) == 1
    assert 500 in statuses
    assert set(statuses) <= {200, 201, 500}
    assert found["total"] == 1


@pytest.mark.parametrize(("capacity", "at_once"), [(0, 6), (2, 2)])
def test_so_many_are_worked_on_at_once(
    monkeypatch: pytest.MonkeyPatch, capacity: int, at_once: int
) -> None:
    """The others wait for their turn; without a capacity nobody does."""
    sleep, inside, most, served = asyncio.sleep, [0], [0], [0]

    async def work(_seconds: float) -> None:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        for _turn in range(20):
            await sleep(0)
        inside[0] -= 1

    async def app(_scope: object, _receive: object, _send: object) -> None:
        served[0] += 1

    async def six() -> None:
        faulty = FaultyApp(app, Faults(latency_ms=1, capacity=capacity))
        scope = {"type": "http", "path": "/Patient", "method": "GET"}
        nobody: Any = None
        await asyncio.gather(*(faulty(scope, nobody, nobody) for _each in range(6)))

    monkeypatch.setattr("kt_migrate.sandbox.faulty.asyncio.sleep", work)
    asyncio.run(six())

    assert (most[0], served[0]) == (at_once, 6)
