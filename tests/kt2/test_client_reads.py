"""What is asked of the server, again when it must, and what its answers are taken for."""

from __future__ import annotations

import uuid
from email.utils import formatdate

import httpx
import pytest

from kt2.calls import PATH, PATIENT, READING, WHO, named, read, refused_connection, search
from kt2.wire import BASE, BEGAN, SYSTEM, Clock, Wire, answer, bundle, key, scripted, tell
from kt_migrate.errors import CouldNotLookError, ServerUnavailableError
from kt_migrate.kt2.answers import Refused
from kt_migrate.kt2.capabilities import interactions_of
from kt_migrate.kt2.client import Capabilities, FhirClient
from kt_migrate.kt2.outcome import ServerIssue
from kt_migrate.kt2.pace import MAX_PAUSE_SECONDS
from kt_migrate.kt2.retry import READING as PATIENCE
from kt_migrate.kt2.search import Page, token_of
from kt_migrate.model import Json, Resource

OK = answer(PATIENT)


@pytest.mark.parametrize(
    "given_back",
    [
        answer({"resourceType": "OperationOutcome"}),
        httpx.Response(200, content=b"<html>"),
        httpx.Response(304),
        httpx.Response(400),
    ],
)
def test_a_reading_that_says_nothing_is_not_taken_for_gone(given_back: httpx.Response) -> None:
    """A portal's page, errors, a redirection, a refusal: nobody knows what is there."""
    with pytest.raises(CouldNotLookError):
        read(Wire(scripted(given_back)))


@pytest.mark.parametrize(
    ("given_back", "found"),
    [
        (OK, PATIENT),
        (httpx.Response(404), None),
        (answer({"resourceType": "OperationOutcome"}, 410), None),
        (answer(PATIENT, 404), None),
    ],
)
def test_a_reading_gives_what_is_there(given_back: httpx.Response, found: Resource | None) -> None:
    """A resource, or nothing; an error with a resource in it is nothing."""
    wire = Wire(scripted(given_back))

    assert read(wire)[0] == found
    (request,) = wire.requests
    assert (request.method, str(request.url)) == ("GET", f"{BASE}/Patient/p1")
    assert request.content == b""
    expected = READING | {
        "Authorization": "Bearer t1",
        "Content-Type": None,
        "Prefer": None,
        "If-None-Exist": None,
    }
    assert named(request, *expected) == expected
    assert uuid.UUID(named(request, "X-Request-Id")["X-Request-Id"]).version == 4


@pytest.mark.parametrize(
    ("given_back", "gone"),
    [
        (OK, False),
        (httpx.Response(404), True),
        (answer({"resourceType": "OperationOutcome"}, 410), True),
        (answer({"resourceType": "OperationOutcome"}), None),
        (httpx.Response(200, content=b"<html>"), None),
        (httpx.Response(302, headers={"location": "https://portaal.example/"}), None),
        (answer({"resourceType": "OperationOutcome"}, 400), None),
    ],
)
def test_only_an_answer_that_says_so_means_gone(
    given_back: httpx.Response,
    gone: bool | None,  # noqa: FBT001 (a case)
) -> None:
    """A portal's page, a redirect or a refusal is no look, and that is an error."""
    wire = Wire(scripted(given_back))

    async def story(client: FhirClient, _clock: Clock) -> None:
        if gone is None:
            with pytest.raises(CouldNotLookError):
                await client.is_gone("Patient", "p1")
        else:
            assert await client.is_gone("Patient", "p1") is gone

    tell(wire, WHO, story)
    assert [str(request.url) for request in wire.requests] == [f"{BASE}/Patient/p1"]


TROUBLES = [
    *((httpx.Response(status), f"http-{status}") for status in (500, 502, 503, 504, 408, 429)),
    (httpx.ReadTimeout("x"), "ReadTimeout"),
    (refused_connection(), "connection-refused"),
]


@pytest.mark.parametrize(("trouble", "why"), TROUBLES)
def test_a_reading_is_asked_again_and_not_for_ever(
    trouble: httpx.Response | Exception, why: str
) -> None:
    """Six times, each a longer pause apart, each a request with an id of its own; then it says so."""
    wire = Wire(scripted(trouble))
    clocks: list[Clock] = []

    async def story(client: FhirClient, clock: Clock) -> None:
        clocks.append(clock)
        with pytest.raises(ServerUnavailableError) as caught:
            await client.read("Patient", "p1")
        assert caught.value.what == f"The server does not answer ({why})."
        assert caught.value.where == f"GET {PATH}/Patient/p1"

    tell(wire, WHO, story)

    assert len({request.headers["X-Request-Id"] for request in wire.requests}) == PATIENCE.attempts
    assert clocks[0].slept == pytest.approx([0.1, 0.3, 0.9, 2.7, 8.1])


@pytest.mark.parametrize(("trouble", "why"), TROUBLES)
def test_a_reading_goes_on_after_trouble(trouble: httpx.Response | Exception, why: str) -> None:
    """As soon as the server answers."""
    assert why
    wire = Wire(scripted(trouble, trouble, OK))

    found, clock = read(wire)

    assert found == PATIENT
    assert clock.slept == pytest.approx([0.1, 0.3])


@pytest.mark.parametrize(
    ("after", "pause"),
    [
        ("30", 30.0),
        ("0", 0.0),
        ("soon", 0.0),
        (formatdate(BEGAN + 40, usegmt=True), 40.0),
        (formatdate(BEGAN - 40, usegmt=True), 0.0),
        ("7200", MAX_PAUSE_SECONDS),
    ],
)
def test_a_reading_waits_as_long_as_the_server_asks(after: str, pause: float) -> None:
    """In either form, never for hours; and only this time."""
    throttled = httpx.Response(429, headers={"retry-after": after})
    wire = Wire(scripted(throttled, httpx.ReadTimeout("x"), OK))

    _, clock = read(wire)

    assert clock.slept == pytest.approx([pause + 0.1, 0.3])


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("Patient?_id=1", f"{BASE}/Patient?_id=1"),
        ("?_getpages=x", f"{BASE}?_getpages=x"),
        (f"Patient?identifier={SYSTEM}%7C", f"{BASE}/Patient?identifier={SYSTEM}%7C"),
    ],
)
def test_a_search_is_a_get_on_the_configured_base(address: str, url: str) -> None:
    """Of a type, or of the base itself for a page of some servers."""
    wire = Wire(scripted(answer(bundle(PATIENT, total=1))))

    assert search(wire, address) == Page(resources=[PATIENT], next="", total=1)
    (request,) = wire.requests
    assert (request.method, str(request.url)) == ("GET", url)


@pytest.mark.parametrize("status", [400, 404, 405, 410, 414, 431, 499])
def test_a_search_that_is_refused_says_so(status: int) -> None:
    """Servers differ in what they can search: the caller decides."""
    issue = {"severity": "error", "code": "not-supported"}
    refused = answer({"resourceType": "OperationOutcome", "issue": [issue]}, status)

    assert search(Wire(scripted(refused)), "Patient?_sort=x") == Refused(
        status=status, issues=(ServerIssue(code="not-supported", path=""),)
    )


@pytest.mark.parametrize(
    "given_back",
    [
        httpx.Response(200),
        httpx.Response(200, content=b"<html>"),
        answer(PATIENT),
        answer({"resourceType": "OperationOutcome"}),
        answer(bundle(), 302),
    ],
)
def test_a_search_without_a_bundle_found_nothing_out(given_back: httpx.Response) -> None:
    """It never looks like a search that finds nothing."""
    with pytest.raises(ServerUnavailableError) as caught:
        search(Wire(scripted(given_back)), "Patient?identifier=x")

    assert caught.value.what == f"A search gives no Bundle (HTTP {given_back.status_code})."
    assert caught.value.where == "GET Patient"


def test_a_question_mark_in_what_is_asked_hides_no_type() -> None:
    """Some servers have one in the address of a page."""
    wire = Wire(scripted(answer(bundle(link="http://fhir.invalid/Patient?c?d"))))

    page = search(wire, "Patient?a?b")

    assert isinstance(page, Page)
    assert page.next == "Patient?c?d"


def test_a_look_up_keeps_the_head_of_a_request_small() -> None:
    """Under 8 kB with the token, for any number of keys (server.md §1)."""
    wire = Wire(scripted(answer(bundle())))
    keys = [key(f"https://epd.example/Patient/{'x' * 60}{n}") for n in range(400)]

    async def story(client: FhirClient, _clock: Clock) -> None:
        assert await client.find(keys) == {}

    tell(wire, WHO, story)

    queries = [request.url.query.decode() for request in wire.requests]
    lists = [query.removeprefix("identifier=").removesuffix("&_count=200") for query in queries]
    assert sum(one.count("%7C") for one in lists) == 400
    room = 7_000 - 2_500 - len(BASE)
    assert all(room - len(token_of(keys[-1])) <= len(one) + 1 <= room for one in lists[:-1])


def test_a_look_up_gives_what_it_found() -> None:
    """Per key, with the version."""
    wire = Wire(scripted(answer(bundle(PATIENT))))

    async def story(client: FhirClient, _clock: Clock) -> None:
        found = await client.find([key(), key("https://epd.example/Patient/2")])
        assert {k: [(one.id, one.version) for one in v] for k, v in found.items()} == {
            key(): [("p1", "3")]
        }

    tell(wire, WHO, story)


def capabilities(given_back: httpx.Response) -> Capabilities:
    """Read what a server says that it can do."""
    found: list[Capabilities] = []
    wire = Wire(scripted(given_back))

    async def story(client: FhirClient, _clock: Clock) -> None:
        found.append(await client.metadata())

    tell(wire, WHO, story)
    assert [str(request.url) for request in wire.requests] == [f"{BASE}/metadata"]
    return found[0]


def test_the_server_says_what_it_can_do() -> None:
    """Conditional create only where it says `true`, in any of its parts."""
    statement = {
        "resourceType": "CapabilityStatement",
        "fhirVersion": "4.0.1",
        "software": {"name": "HAPI", "version": "8.2.0"},
        "rest": [
            "?",
            {"resource": "?"},
            {
                "resource": [
                    "?",
                    {"type": "Patient", "conditionalCreate": True},
                    {"type": "Task", "conditionalCreate": False},
                    {"type": "Device"},
                    {"type": "Endpoint", "conditionalCreate": "true"},
                ]
            },
            {"resource": [{"type": "CareTeam", "conditionalCreate": True}]},
        ],
    }

    assert capabilities(answer(statement)) == Capabilities(
        conditional_create={
            "Patient": True,
            "Task": False,
            "Device": False,
            "Endpoint": False,
            "CareTeam": True,
        },
        fhir_version="4.0.1",
        software="HAPI 8.2.0",
    )


def test_a_statement_says_what_may_be_done_per_type() -> None:
    """In any of its parts; what is no code is passed over, and none is said too."""
    resources: list[Json] = [
        "?",
        {"type": "Task", "interaction": [{"code": "read"}, {"code": "update"}, {"code": 1}, "?"]},
        {"type": "Patient", "interaction": "read"},
        {"type": "Device"},
    ]
    rest: list[Json] = [{"resource": resources}, "?", {"resource": [{"type": "CareTeam"}]}]

    assert interactions_of({"rest": rest}) == {
        "Task": {"read", "update"},
        "Patient": set(),
        "Device": set(),
        "CareTeam": set(),
    }
    assert interactions_of({}) == {}


@pytest.mark.parametrize(
    ("more", "version", "software"),
    [
        ({}, "", ""),
        ({"rest": {"resource": []}, "software": "HAPI", "fhirVersion": None}, "", ""),
        ({"software": {"name": "HAPI"}}, "", "HAPI"),
        ({"software": {"version": "8"}}, "", "8"),
        ({"software": {"name": None, "version": None}, "fhirVersion": "5.0.0"}, "5.0.0", ""),
    ],
)
def test_a_server_that_says_little_offers_nothing(
    more: dict[str, object], version: str, software: str
) -> None:
    """What is not said is not assumed."""
    found = capabilities(answer({"resourceType": "CapabilityStatement", **more}))

    assert found == Capabilities(conditional_create={}, fhir_version=version, software=software)


@pytest.mark.parametrize(
    "given_back",
    [
        httpx.Response(404),
        httpx.Response(200),
        httpx.Response(200, content=b"<html>"),
        answer({"resourceType": "CapabilityStatement"}, 404),
        answer({"resourceType": "OperationOutcome"}),
    ],
)
def test_a_server_that_does_not_say_what_it_can_do_stops_the_command(
    given_back: httpx.Response,
) -> None:
    """The address is probably wrong."""
    with pytest.raises(ServerUnavailableError) as caught:
        capabilities(given_back)

    status = given_back.status_code
    assert caught.value.what == f"The server does not say what it can do (HTTP {status})."
    assert caught.value.where == "GET metadata"
