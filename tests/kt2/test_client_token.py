"""The token: who gets it, and for how long it is used."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from email.utils import formatdate

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kt2.calls import MADE, PATH, PATIENT, UNAUTHORIZED, WHO, call, create, read, search, update
from kt2.wire import BASE, BEGAN, Clock, Wire, answer, bundle, key, patient, scripted, tell
from kt_migrate.errors import (
    CouldNotLookError,
    KtMigrateError,
    LoginError,
    ServerUnavailableError,
)
from kt_migrate.kt2.answers import Refused, Stored, Throttled
from kt_migrate.kt2.client import FhirClient
from kt_migrate.kt2.pace import MAX_PAUSE_SECONDS, Pace
from kt_migrate.kt2.search import Page


def test_a_401_costs_one_login_and_the_same_request_again() -> None:
    """With the new token, and in all else the same."""
    wire = Wire(scripted(UNAUTHORIZED, MADE))

    made = create(wire)

    assert isinstance(made, Stored)
    assert wire.bearers == ["t1", "t2"]
    assert len(wire.logins) == 2
    first, second = (
        [(n, v) for n, v in request.headers.items() if n != "authorization"]
        for request in wire.requests
    )
    assert first == second
    assert wire.requests[0].content == wire.requests[1].content
    assert wire.requests[0].url == wire.requests[1].url


@pytest.mark.parametrize(
    ("answers", "status", "requests"),
    [
        ((UNAUTHORIZED,), 401, 2),
        ((httpx.Response(403),), 403, 1),
        ((UNAUTHORIZED, httpx.Response(403)), 403, 2),
    ],
)
@pytest.mark.parametrize(("act", "method"), [(create, "POST"), (update, "PUT"), (read, "GET")])
def test_who_is_refused_stops(
    act: object, method: str, answers: tuple[httpx.Response, ...], status: int, requests: int
) -> None:
    """After one new login on 401; at once on 403. Nothing is tried a third time."""
    wire = Wire(scripted(*answers))
    assert callable(act)

    with pytest.raises(LoginError) as caught:
        act(wire)

    assert caught.value.what == f"The server refuses access (HTTP {status})."
    assert caught.value.where.startswith(f"{method} {PATH}/Patient")
    assert "?" not in caught.value.where
    assert len(wire.requests) == requests
    assert len(wire.logins) == requests


def test_each_request_may_renew_the_token_once() -> None:
    """A server that forgets its tokens (a restart) does not end a run of hours."""
    wire = Wire(scripted(UNAUTHORIZED, MADE, UNAUTHORIZED, MADE))

    async def story(client: FhirClient, _clock: Clock) -> None:
        for _turn in range(2):
            await client.create(PATIENT, key(), request_id="r")

    tell(wire, WHO, story)

    assert wire.bearers == ["t1", "t2", "t2", "t3"]


SECRET = "Patient/jansen-1980"
ACTS: list[Callable[[FhirClient], Awaitable[object]]] = [
    lambda client: client.find([key(SECRET)]),
    lambda client: client.search(f"Patient?identifier={SECRET}"),
    lambda client: client.create(patient("p1", SECRET), key(SECRET), request_id="r"),
    lambda client: client.update(patient("p1", SECRET), "p1", "3", request_id="r"),
    lambda client: client.metadata(),
]


@pytest.mark.parametrize(
    ("given_back", "raising"), [(UNAUTHORIZED, 5), (httpx.Response(503), 3), (answer(PATIENT), 2)]
)
def test_no_error_tells_what_was_asked(given_back: httpx.Response, raising: int) -> None:
    """No token, no identifier, no content: errors go to terminals and logs."""
    errors = []
    for act in ACTS:
        try:
            call(Wire(scripted(given_back)), act)
        except KtMigrateError as error:
            errors.append(error)

    assert len(errors) == raising
    for seen in errors:
        told = f"{seen} {seen.what} {seen.where} {seen.fix}"
        assert "jansen" not in told
        assert "identifier" not in told
        assert not {"t1", "t2"} & set(told.split())


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    """The token and the content go to the host that is configured, and to no other."""
    away = httpx.Response(status, headers={"location": "https://other.example/fhir/Patient"})
    wires = [Wire(scripted(away)) for _each in range(4)]

    assert create(wires[0]) == update(wires[1]) == Refused(status=status)
    with pytest.raises(CouldNotLookError, match=f"HTTP {status}"):
        read(wires[2])
    with pytest.raises(ServerUnavailableError, match=f"no Bundle .HTTP {status}"):
        search(wires[3], "Patient?_id=1")

    assert all(len(wire.requests) == 1 for wire in wires)
    assert {url.host for wire in wires for url in wire.urls} == {"fhir.example"}


ELSEWHERE = [
    "",
    "https://evil.example",
    "//evil.example",
    "https://fhir.example@evil.example",
    "https://evil.example:99999999",
    "http://[::1",
    "\\\\evil.example",
    "@evil.example",
]
LINKS = st.one_of(
    st.text(max_size=30),
    st.builds(
        "{}{}?{}".format,
        st.sampled_from(ELSEWHERE),
        st.sampled_from(["", "/fhir/Patient", "/Patient/", "/..", "/.evil.example"]),
        st.text(max_size=20),
    ),
)


@settings(max_examples=60, deadline=None)
@given(LINKS, LINKS)
def test_the_token_goes_to_the_configured_host_only(link: str, location: str) -> None:
    """Whatever addresses the server names in its links, in Location and in its ids."""
    headers = {b"location": location.encode("utf-8", "replace")}

    def script(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(201, headers=headers)
        if request.url.params.get("page") == "1":
            return answer(bundle(link=link))
        return answer(bundle())

    async def story(client: FhirClient, _clock: Clock) -> None:
        page = await client.search("Patient?page=1")
        assert isinstance(page, Page)
        if page.next:
            try:
                await client.search(page.next)
            except ServerUnavailableError:
                assert not page.next.isprintable() or len(page.next) > 200
        made = await client.create(PATIENT, None, request_id="r")
        if isinstance(made, Stored):
            await client.read("Patient", made.id)

    wire = Wire(script)
    tell(wire, WHO, story)

    assert {(url.scheme, url.host, url.port) for url in wire.urls} == {
        ("https", "fhir.example", None)
    }
    assert all(request.url.path.startswith(PATH) for request in wire.requests)


def test_a_location_elsewhere_gives_the_id_and_not_the_base() -> None:
    """The reference service names an address of its own."""
    at = "http://fhir.invalid/fhir/DEFAULT/Patient/p9/_history/4"
    wire = Wire(scripted(httpx.Response(201, headers={"location": at}), answer(PATIENT)))

    async def story(client: FhirClient, _clock: Clock) -> None:
        made = await client.create(PATIENT, key(), request_id="r")
        assert isinstance(made, Stored)
        await client.read("Patient", made.id)

    tell(wire, WHO, story)

    assert str(wire.requests[1].url) == f"{BASE}/Patient/p9"


def test_a_token_that_ends_in_a_pause_is_renewed_before_the_next_request() -> None:
    """Its life ends while everybody waits; no request leaves with it."""
    wire = Wire(scripted(httpx.Response(429, headers={"retry-after": "290"}), MADE))

    async def story(client: FhirClient, clock: Clock) -> None:
        pace = Pace(max_in_flight=4, per_second=0, now=clock, sleep=clock.sleep)
        for _turn in range(2):
            async with pace.slot() as slot:
                slot.answered(await client.create(PATIENT, key(), request_id="r"))
        assert clock.slept == [290.0]
        assert pace.allowed == 2

    tell(wire, WHO, story)

    assert wire.bearers == ["t1", "t2"]


@pytest.mark.parametrize("jump", [-7200.0, 7200.0])
def test_a_wall_clock_that_is_set_does_not_stretch_a_pause(jump: float) -> None:
    """A date is read by the clock of its arrival; the pause itself is on a clock that only goes on."""
    after = formatdate(BEGAN + 60, usegmt=True)
    wire = Wire(scripted(httpx.Response(429, headers={"retry-after": after}), UNAUTHORIZED, MADE))
    steady = Clock()

    async def story(client: FhirClient, clock: Clock) -> None:
        pace = Pace(max_in_flight=4, per_second=0, now=steady, sleep=steady.sleep)
        async with pace.slot() as slot:
            slot.answered(await client.create(PATIENT, key(), request_id="r"))
        clock.time += jump
        async with pace.slot() as slot:
            assert isinstance(await client.create(PATIENT, key(), request_id="r"), Stored)

    tell(wire, WHO, story)

    assert steady.slept == [60.0]


@pytest.mark.parametrize("ahead", [-86_400.0, 86_400.0])
def test_a_wall_clock_that_is_wrong_makes_no_pause_of_hours(ahead: float) -> None:
    """A date that seems far away is cut; one that seems past is no pause."""
    after = formatdate(BEGAN + ahead, usegmt=True)
    wire = Wire(scripted(httpx.Response(503, headers={"retry-after": after})))
    answered = create(wire)
    assert isinstance(answered, Throttled)
    assert answered.seconds == max(0.0, ahead)

    clock = Clock()
    pace = Pace(max_in_flight=4, per_second=0, now=clock)
    pace.learn(answered, clock.time)

    assert pace._paused_until - clock.time == (MAX_PAUSE_SECONDS if ahead > 0 else 0)


def test_the_next_page_is_asked_at_the_configured_base() -> None:
    """Whatever address the server gives it."""
    there = bundle(PATIENT, link="http://fhir.invalid/fhir/DEFAULT/Patient?_page=2")
    wire = Wire(scripted(answer(there), answer(bundle())))

    async def story(client: FhirClient, _clock: Clock) -> None:
        page = await client.search("Patient?_count=1")
        assert isinstance(page, Page)
        await client.search(page.next)

    tell(wire, WHO, story)

    assert [str(request.url) for request in wire.requests] == [
        f"{BASE}/Patient?_count=1",
        f"{BASE}/Patient?_page=2",
    ]
