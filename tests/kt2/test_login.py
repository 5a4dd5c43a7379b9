"""Who gets an assertion, what stands in it, and how long its token is used."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import aiohttp
import httpx
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jws, jwt
from joserfc.jwk import ECKey

from kt2.wire import BASE, BEGAN, HOST, TOKEN_ENDPOINT, Clock, Wire, answer, patient_by
from kt_migrate.errors import ConfigurationError, LoginError, ServerUnavailableError
from kt_migrate.kt2.keys import Key
from kt_migrate.kt2.login import ASSERTION_SECONDS, RENEW_AT, Credentials, Login
from kt_migrate.kt2.retry import FIRST_LOGIN, RENEWAL

SMART = f"{BASE}/.well-known/smart-configuration"
CLAIMS = {"iss": "client-1", "sub": "client-1", "aud": TOKEN_ENDPOINT}


@pytest.fixture(scope="module")
def who(key: Key) -> Credentials:
    """Return who logs in."""
    return Credentials(client_id="client-1", key=key, kid="k1", algorithm="RS512")


Story = Callable[[Login, Clock], Awaitable[object]]


def log_in(wire: Wire, who: Credentials, story: Story) -> None:
    """Tell a story with one login."""

    async def work() -> None:
        async with httpx.AsyncClient(transport=wire.transport(1)) as http:
            clock = Clock()
            await story(Login(http, BASE, who, now=clock, retry=patient_by(clock)), clock)

    asyncio.run(work())


async def once(login: Login, _clock: Clock) -> None:
    """Ask for one token."""
    await login.token()


def refusal(wire: Wire, who: Credentials) -> LoginError:
    """Return why a login is refused."""
    with pytest.raises(LoginError) as caught:
        log_in(wire, who, once)
    return caught.value


def claims_of(form: dict[str, str], who: Credentials) -> dict[str, object]:
    """Return the claims of a posted assertion, its signature checked."""
    decoded = jwt.decode(form["client_assertion"], who.key, algorithms=[who.algorithm])
    return decoded.claims


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://other.example/auth/token",
        "http://fhir.example/auth/token",
        "https://auth.fhir.example/token",
        "https://fhir.example.evil.example/token",
        "https://fhir.example@evil.example/token",
        "https://fhir.example:443@evil.example/token",
        "//fhir.example/auth/token",
        "/auth/token",
        "fhir.example/auth/token",
        "https:///auth/token",
        "https://[::1/token",
        "https://fhir.example:port/token",
        "",
    ],
)
def test_no_assertion_goes_to_another_host(elsewhere: str, who: Credentials) -> None:
    """Another name, another scheme, or an address that cannot be read: nothing is sent there."""
    wire = Wire()
    wire.configuration = answer({"token_endpoint": elsewhere})

    refused = refusal(wire, who)

    assert "at another host" in refused.what
    assert refused.where == SMART
    assert [str(url) for url in wire.urls] == [SMART]


@pytest.mark.parametrize(
    "endpoint",
    [
        f"https://{host}/auth/token"
        for host in ("fhir.example", "FHIR.example", "fhir.example:8443")
    ],
)
def test_the_login_may_be_elsewhere_on_the_same_host(endpoint: str, who: Credentials) -> None:
    """The server says where; that is also whom the assertion is for."""
    wire = Wire()
    wire.configuration = answer({"token_endpoint": endpoint})

    log_in(wire, who, once)

    assert claims_of(wire.logins[0], who)["aud"] == endpoint


@pytest.mark.parametrize(
    ("named", "endpoint", "right"),
    [
        ("login.example", "https://login.example/auth/token", True),
        ("login.example", "https://login.example:443/auth/token", True),
        ("LOGIN.example", "https://login.example/auth/token", True),
        ("login.example:8443", "https://login.example:8443/auth/token", True),
        ("login.example", "https://login.example:8443/auth/token", False),
        ("login.example:8443", "https://login.example/auth/token", False),
        ("login.example", "http://login.example/auth/token", False),
        ("login.example", "https://fhir.example/auth/token", False),
        ("login.example", "https://x.login.example/auth/token", False),
        ("login.example", "https://login.example.evil.example/auth/token", False),
        ("login.example", "https://login.example@evil.example/auth/token", False),
        ("login.example", "https://iemand@login.example/auth/token", False),
        ("login.example", "//login.example/auth/token", False),
        ("login.example", "https://[::1/auth/token", False),
        ("login.example", "", False),
        ("127.0.0.1:8421", "http://127.0.0.1:8421/auth/token", True),
        ("127.0.0.1:8421", "http://127.0.0.2:8421/auth/token", False),
    ],
)
def test_with_a_host_named_the_login_is_there_and_nowhere_else(
    named: str, endpoint: str, who: Credentials, *, right: bool
) -> None:
    """Exactly that host, with https; also not at the FHIR base's own any more."""
    wire = Wire()
    wire.configuration = answer({"token_endpoint": endpoint})
    who = replace(who, token_host=named)

    if right:
        log_in(wire, who, once)
        assert len(wire.logins) == 1
        return
    refused = refusal(wire, who)
    assert "elsewhere than at token_host" in refused.what
    assert [str(url) for url in wire.urls] == [SMART]


@pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b"{}", b'{"token_endpoint": 5}'])
def test_a_server_that_does_not_say_where_to_log_in_is_not_guessed_at(
    content: bytes, who: Credentials
) -> None:
    """The address is never built from strings."""
    wire = Wire()
    wire.configuration = httpx.Response(200, content=content)

    refused = refusal(wire, who)

    assert (refused.what, refused.where) == ("The server does not say where to log in.", SMART)
    assert wire.logins == []


def test_a_redirect_is_not_followed(who: Credentials) -> None:
    """Neither by the question where to log in, nor by the login."""
    away = httpx.Response(307, headers={"location": "https://other.example/auth/token"})
    first, second = Wire(), Wire()
    first.configuration, second.tokens = away, [away]

    refusal(first, who)
    refused = refusal(second, who)

    assert (refused.what, refused.where) == ("The login was refused (HTTP 307).", TOKEN_ENDPOINT)
    assert {url.host for url in first.urls + second.urls} == {"fhir.example"}
    assert len(first.urls) == 1
    assert len(second.urls) == 2


def test_the_server_is_asked_once_where_to_log_in(who: Credentials) -> None:
    """However many tokens are needed."""
    wire = Wire()

    async def story(login: Login, clock: Clock) -> None:
        for _turn in range(3):
            await login.token()
            clock.time += 300

    log_in(wire, who, story)

    assert (wire.discoveries, len(wire.logins)) == (1, 3)


def test_a_login_is_a_form_whose_answer_is_wanted_as_json(who: Credentials) -> None:
    """RFC 6749 §4.4.2: a server may refuse any other kind of content."""
    seen: list[httpx.Headers] = []

    class Noting(Wire):
        def handle(self, request: httpx.Request) -> httpx.Response:
            seen.append(request.headers)
            return super().handle(request)

    log_in(Noting(), who, once)

    assert seen[-1]["Content-Type"] == "application/x-www-form-urlencoded"
    assert seen[-1]["Accept"] == "application/json"


def test_an_assertion_is_for_the_token_endpoint_and_short_lived(who: Credentials) -> None:
    """Audience, issuer, subject and the three moments; signed with the key that is registered."""
    wire = Wire()

    log_in(wire, who, once)

    (form,) = wire.logins
    claims = claims_of(form, who)
    assert claims.pop("jti")
    assert claims == {**CLAIMS, "iat": BEGAN, "nbf": BEGAN, "exp": BEGAN + ASSERTION_SECONDS}
    assert ASSERTION_SECONDS <= 300
    header = jws.extract_compact(form.pop("client_assertion").encode()).headers()
    assert header == {"alg": "RS512", "kid": "k1", "typ": "JWT"}
    assert form == {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "scope": "*",
    }


@pytest.mark.parametrize("algorithm", ["RS384", "ES384"])
def test_the_algorithm_is_what_the_environment_says(algorithm: str, who: Credentials) -> None:
    """Not every service takes each."""
    key = ECKey.generate_key("P-384") if algorithm == "ES384" else who.key
    other = replace(who, key=key, algorithm=algorithm)
    wire = Wire()

    log_in(wire, other, once)

    assert claims_of(wire.logins[0], other)["sub"] == "client-1"


@pytest.mark.parametrize(
    ("other", "algorithm"),
    [
        (ECKey.generate_key("P-384"), "RS512"),
        (ECKey.generate_key("P-256"), "ES384"),
        (None, "ES384"),
    ],
)
def test_a_key_that_does_not_fit_its_algorithm_is_a_matter_of_configuration(
    other: Key | None, algorithm: str, who: Credentials
) -> None:
    """And nothing is sent to be refused."""
    wire = Wire()

    with pytest.raises(ConfigurationError, match=f"not fit the algorithm {algorithm}") as caught:
        log_in(wire, replace(who, key=other or who.key, algorithm=algorithm), once)

    assert caught.value.where == "k1"
    assert wire.logins == []


def test_no_assertion_is_used_twice(who: Credentials) -> None:
    """Three logins, three jti; also when the second one only asks again after a failure."""
    wire = Wire()
    wire.tokens = [httpx.Response(500), answer({"access_token": "t", "expires_in": 0})]

    async def story(login: Login, _clock: Clock) -> None:
        await login.token()
        await login.token()

    log_in(wire, who, story)

    assert len({claims_of(form, who)["jti"] for form in wire.logins}) == 3


BRIEF = [
    *(httpx.Response(status) for status in (500, 502, 503, 504, 408, 429)),
    httpx.ConnectError("x"),
    httpx.ReadTimeout("x"),
    ConnectionResetError("x"),
]


@pytest.mark.parametrize("trouble", BRIEF)
def test_trouble_at_a_renewal_does_not_end_a_run(
    trouble: httpx.Response | Exception, who: Credentials
) -> None:
    """Seven times in a row is a minute; each time with an assertion that is good at that moment."""
    wire = Wire()
    good = answer({"access_token": "t", "expires_in": 300})
    wire.tokens = [good, *[trouble] * (RENEWAL.attempts - 1), answer({"access_token": "t2"})]

    async def story(login: Login, clock: Clock) -> None:
        await login.token()
        clock.time += 240
        assert await login.token() == "t2"

    log_in(wire, who, story)

    claims = [claims_of(form, who) for form in wire.logins[1:]]
    assert len({made["jti"] for made in claims}) == RENEWAL.attempts
    moments = [int(str(made["iat"])) for made in claims]
    assert moments == sorted(moments)
    assert moments[-1] - moments[0] == 65
    assert [made["exp"] for made in claims] == [m + ASSERTION_SECONDS for m in moments]


def test_a_renewal_waits_as_long_as_the_server_asks(who: Credentials) -> None:
    """And only one of those who need the token asks."""
    wire = Wire()
    busy = httpx.Response(503, headers={"retry-after": "30"})
    wire.tokens = [answer({"access_token": "t"}), busy, answer({"access_token": "t2"})]

    async def story(login: Login, clock: Clock) -> None:
        await login.token()
        clock.time += 240
        tokens = await asyncio.gather(*(login.token() for _one in range(9)))
        assert set(tokens) == {"t2"}
        assert clock.slept == [30.5]

    log_in(wire, who, story)
    assert len(wire.logins) == 3


def test_a_renewal_that_keeps_failing_ends_the_run_so_that_it_can_go_on(who: Credentials) -> None:
    """After a minute: server unavailable, which is no refusal."""
    wire = Wire()
    wire.tokens = [answer({"access_token": "t"}), httpx.Response(503)]

    async def story(login: Login, clock: Clock) -> None:
        await login.token()
        clock.time += 240
        with pytest.raises(ServerUnavailableError):
            await login.token()

    log_in(wire, who, story)
    assert len(wire.logins) == 1 + RENEWAL.attempts


@pytest.mark.parametrize(
    "refusal",
    [httpx.Response(401, content=b"Access Denied"), answer({"error": "invalid_client"}, 400)],
)
def test_a_refused_renewal_stops_at_once(refusal: httpx.Response, who: Credentials) -> None:
    """In plain text or as RFC 6749 has it: to ask again would only burn assertions."""
    wire = Wire()
    wire.tokens = [answer({"access_token": "t"}), refusal]

    async def story(login: Login, clock: Clock) -> None:
        await login.token()
        clock.time += 240
        with pytest.raises(LoginError):
            await login.token()
        assert clock.slept == []

    log_in(wire, who, story)
    assert len(wire.logins) == 2


def test_a_token_is_renewed_at_four_fifths_of_its_life(who: Credentials) -> None:
    """It lives 300 s: the same until 240 s, and then another one, with a life of its own."""
    seen = {}

    async def story(login: Login, clock: Clock) -> None:
        for passed in (0.0, 239.9, 240.0, 479.9, 480.0):
            clock.time = BEGAN + passed
            seen[passed] = await login.token()

    log_in(Wire(), who, story)

    assert seen == {0.0: "t1", 239.9: "t1", 240.0: "t2", 479.9: "t2", 480.0: "t3"}


@pytest.mark.parametrize(
    ("says", "seconds"),
    [(10, 10), (3600, 3600), (0, 0), (-5, 0), ("600", 300), (None, 300), (True, 300), (1.5, 300)],
)
def test_the_server_says_how_long_a_token_lives(
    says: object, seconds: float, who: Credentials
) -> None:
    """What cannot be read is KT 2.0's five minutes."""
    wire = Wire()
    wire.token_seconds = says

    async def story(login: Login, clock: Clock) -> None:
        assert await login.token() == "t1"
        if seconds:
            clock.time = BEGAN + RENEW_AT * seconds - 0.01
            assert await login.token() == "t1"
            clock.time = BEGAN + RENEW_AT * seconds
        assert await login.token() == "t2"

    log_in(wire, who, story)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 400), max_size=8))
def test_no_token_is_given_that_has_lived_its_time(steps: list[int]) -> None:
    """Whenever it is asked for; and one that is good is not asked for anew."""
    key = ECKey.generate_key("P-384")
    wire = Wire()
    born: dict[str, float] = {}

    async def story(login: Login, clock: Clock) -> None:
        last = 0.0
        for step in steps:
            clock.time += step
            token = await login.token()
            if token not in born:
                assert not born or clock.time >= last + 240
                last = born[token] = clock.time
            assert clock.time < born[token] + 240

    log_in(wire, Credentials(client_id="c", key=key, kid="k", algorithm="ES384"), story)
    assert len(wire.logins) == len(born)


def test_a_token_that_was_refused_is_not_given_again(who: Credentials) -> None:
    """But one that came after it is: who was refused late does not log in once more."""
    wire = Wire()

    async def story(login: Login, _clock: Clock) -> None:
        assert await login.token() == "t1"
        assert await login.token(refused="t1") == "t2"
        assert await login.token(refused="t1") == "t2"
        assert await login.token() == "t2"
        assert await login.token(refused="t2") == "t3"

    log_in(wire, who, story)

    assert len(wire.logins) == 3


def test_one_login_serves_everybody_who_waits_for_it(who: Credentials) -> None:
    """Twenty ask at once, at the start, after a 401, and at the end of its life: three in all."""
    wire = Wire()

    async def slowly(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)
        return wire.handle(request)

    async def work() -> None:
        clock = Clock()
        async with httpx.AsyncClient(transport=httpx.MockTransport(slowly)) as http:
            login = Login(http, BASE, who, now=clock)
            first = await asyncio.gather(*(login.token() for _one in range(20)))
            second = await asyncio.gather(*(login.token(refused="t1") for _one in range(20)))
            clock.time += 240
            third = await asyncio.gather(*(login.token() for _one in range(20)))
            assert (set(first), set(second), set(third)) == ({"t1"}, {"t2"}, {"t3"})

    asyncio.run(work())

    assert len(wire.logins) == 3


@pytest.mark.parametrize("jump", [-86_400.0, -3_600.0, 3_600.0, 86_400.0])
def test_a_clock_that_is_set_costs_one_login(jump: float, who: Credentials) -> None:
    """Back: the server's 401 says that the token is old. Forward: it seems old, and is renewed."""
    wire = Wire()

    async def story(login: Login, clock: Clock) -> None:
        await login.token()
        clock.time += jump
        token = await login.token(refused="t1" if jump < 0 else "")
        assert token == "t2"
        clock.time += 239.9
        assert await login.token() == "t2"
        clock.time += 0.1
        assert await login.token() == "t3"

    log_in(wire, who, story)

    moments = [claims_of(form, who)["iat"] for form in wire.logins]
    assert moments == [BEGAN, BEGAN + jump, BEGAN + jump + 240]


@pytest.mark.parametrize(
    "given_back",
    [
        httpx.Response(401, content=b"Access Denied"),
        answer({"access_token": "t1"}, 400),
        answer({"access_token": "t1"}, 404),
        answer({}),
        answer({"access_token": 5}),
        answer({"access_token": None}),
        answer(["t1"]),
        httpx.Response(200, content=b"<html>"),
    ],
)
def test_a_login_without_a_token_is_refused(given_back: httpx.Response, who: Credentials) -> None:
    """Once, and with the place; a token beside an error is not taken."""
    wire = Wire()
    wire.tokens = [given_back]

    refused = refusal(wire, who)

    assert refused.what == f"The login was refused (HTTP {given_back.status_code})."
    assert refused.where == TOKEN_ENDPOINT
    assert len(wire.logins) == 1


FAILURES = [
    *(httpx.Response(status) for status in (500, 502, 503, 504, 599, 408, 429)),
    httpx.ConnectError("x"),
    httpx.ReadTimeout("x"),
    httpx.DecodingError("x"),
    ConnectionResetError("x"),
    aiohttp.ServerDisconnectedError(),
    aiohttp.ClientPayloadError("x"),
]


@pytest.mark.parametrize("failure", FAILURES)
def test_a_server_that_fails_has_refused_nothing(
    failure: httpx.Response | Exception, who: Credentials
) -> None:
    """Trouble and haste are no 401: the same command may be given again."""
    first, second = Wire(), Wire()
    first.configuration, second.tokens = failure, [failure]

    for wire, where in ((first, SMART), (second, TOKEN_ENDPOINT)):
        with pytest.raises(ServerUnavailableError) as caught:
            log_in(wire, who, once)

        assert caught.value.where == where
        if isinstance(failure, httpx.Response):
            assert caught.value.what == f"The server fails (HTTP {failure.status_code})."
        else:
            assert caught.value.what == "The server does not answer."


def test_after_a_failure_the_next_one_logs_in(who: Credentials) -> None:
    """A login that failed leaves nothing behind, and holds nobody up."""
    wire = Wire()
    wire.configuration = httpx.Response(503)

    async def story(login: Login, _clock: Clock) -> None:
        with pytest.raises(ServerUnavailableError):
            await login.token()
        assert wire.discoveries == FIRST_LOGIN.attempts
        wire.configuration = None
        assert await login.token() == "t1"

    log_in(wire, who, story)


@pytest.mark.parametrize(
    ("content", "scope"),
    [({"scope": "system/Patient.cruds"}, "system/Patient.cruds"), ({}, ""), ({"scope": None}, "")],
)
def test_what_the_token_allows_is_known(
    content: dict[str, object], scope: str, who: Credentials
) -> None:
    """The server says it; before the login nobody knows."""
    wire = Wire()
    wire.tokens = [answer({"access_token": "t1", **content})]

    async def story(login: Login, _clock: Clock) -> None:
        assert login.scope == ""
        await login.token()
        assert login.scope == scope

    log_in(wire, who, story)


def test_nothing_of_the_key_leaves(who: Credentials) -> None:
    """What is sent holds the signature, and not what made it."""
    wire = Wire()

    log_in(wire, who, once)

    sent = orjson.dumps(wire.logins).decode()
    secret = who.key.as_dict(private=True)
    assert all(str(secret[name]) not in sent for name in ("d", "p", "q"))
    assert all(str(url).startswith(f"{HOST}/") for url in wire.urls)
