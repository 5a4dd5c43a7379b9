"""What leaves to be written, how often, and what comes of it."""

from __future__ import annotations

from email.utils import formatdate

import aiohttp
import httpx
import orjson
import pytest

from kt2.calls import MADE, PATIENT, READING, WHO, create, named, refused_connection, update
from kt2.wire import BASE, BEGAN, Clock, Wire, answer, scripted, tell
from kt_migrate.kt2.answers import Answer, NotSent, Refused, Stored, Throttled, Unknown
from kt_migrate.kt2.client import FhirClient
from kt_migrate.kt2.outcome import ServerIssue


def because(error: Exception, cause: Exception) -> Exception:
    """Return an error with its cause, as httpx-aiohttp raises it."""
    error.__cause__ = cause
    return error


def test_a_create_is_one_request_with_its_condition() -> None:
    """Everything that the server and its AuditEvents need to know, and no more."""
    wire = Wire(scripted(MADE))

    made = create(wire)

    assert made == Stored(created=True, id="p1", version="3", resource=PATIENT, status=201)
    (request,) = wire.requests
    assert (request.method, str(request.url)) == ("POST", f"{BASE}/Patient")
    assert orjson.loads(request.content) == PATIENT
    condition = (
        "identifier=http%3A%2F%2Fkoppeltaal.nl%2Fmigration%2Fidentifier%2FPatient"
        "%7Chttps%3A%2F%2Fepd.example%2FPatient%2F1"
    )
    expected = READING | {
        "Authorization": "Bearer t1",
        "Content-Type": "application/fhir+json",
        "Prefer": "return=representation",
        "X-Request-Id": "request-1",
        "If-None-Exist": condition,
        "If-Match": None,
    }
    assert named(request, *expected) == expected


def test_a_create_without_a_key_has_no_condition() -> None:
    """For a server that does not offer it."""
    wire = Wire(scripted(MADE))

    create(wire, conditional=False)

    (request,) = wire.requests
    assert named(request, "If-None-Exist", "Prefer", "X-Request-Id") == {
        "If-None-Exist": None,
        "Prefer": "return=representation",
        "X-Request-Id": "request-1",
    }


def test_an_update_is_one_request_over_the_version_that_was_seen() -> None:
    """To the id that the server gave, and with no other condition."""
    wire = Wire(scripted(answer(PATIENT, 200, etag='W/"4"')))

    made = update(wire)

    assert made == Stored(created=False, id="p1", version="4", resource=PATIENT, status=200)
    (request,) = wire.requests
    assert (request.method, str(request.url)) == ("PUT", f"{BASE}/Patient/p7")
    assert orjson.loads(request.content) == PATIENT
    expected = READING | {
        "Authorization": "Bearer t1",
        "Content-Type": "application/fhir+json",
        "Prefer": "return=representation",
        "X-Request-Id": "request-1",
        "If-Match": 'W/"3"',
        "If-None-Exist": None,
    }
    assert named(request, *expected) == expected


def test_several_matches_are_of_a_condition_only() -> None:
    """412 to a PUT, or to a create without a key, is another thing."""
    several = httpx.Response(412)

    assert create(Wire(scripted(several))) == Refused(status=412, code="several-matches")
    assert create(Wire(scripted(several)), conditional=False) == Refused(status=412)
    assert update(Wire(scripted(several))) == Refused(status=412)


def test_a_refusal_says_where() -> None:
    """By code and place."""
    issue = {"severity": "error", "code": "invalid", "expression": ["Patient.name"]}
    wire = Wire(scripted(answer({"resourceType": "OperationOutcome", "issue": [issue]}, 422)))

    refused = Refused(status=422, issues=(ServerIssue(code="invalid", path="Patient.name"),))
    assert create(wire) == update(wire) == refused


@pytest.mark.parametrize("after", ["30", formatdate(BEGAN + 30, usegmt=True)])
def test_a_write_that_is_throttled_is_not_sent_again(after: str) -> None:
    """How long is told by the clock that the client was given; waiting is the pace's."""
    wire = Wire(scripted(httpx.Response(429, headers={"retry-after": after})))

    assert create(wire) == Throttled(seconds=30.0)
    assert len(wire.requests) == 1


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (refused_connection(), NotSent(why="connection-refused")),
        (
            because(httpx.ConnectError("x"), refused_connection()),
            NotSent(why="connection-refused"),
        ),
        (
            because(httpx.ConnectTimeout("x"), aiohttp.ServerDisconnectedError()),
            Unknown(why="ServerDisconnectedError"),
        ),
        (
            because(httpx.ConnectTimeout("x"), aiohttp.ClientOSError()),
            Unknown(why="ClientOSError"),
        ),
        (httpx.ConnectError("x"), Unknown(why="ConnectError")),
        (httpx.ReadTimeout("x"), Unknown(why="ReadTimeout")),
        (httpx.RemoteProtocolError("x"), Unknown(why="RemoteProtocolError")),
        (httpx.DecodingError("x"), Unknown(why="DecodingError")),
        (httpx.InvalidURL("x"), Unknown(why="InvalidURL")),
        (aiohttp.ClientPayloadError("x"), Unknown(why="ClientPayloadError")),
        (ConnectionResetError("x"), Unknown(why="ConnectionResetError")),
    ],
)
def test_a_write_without_an_answer_is_sent_once(error: Exception, expected: Answer) -> None:
    """Only aiohttp's own connector error proves that nothing left; of all else nobody knows."""
    first, second = Wire(scripted(error)), Wire(scripted(error))

    assert create(first) == update(second) == expected
    assert len(first.requests) == len(second.requests) == 1


def test_the_client_waits_a_minute_for_an_answer_and_keeps_two_connections_to_spare() -> None:
    """Ten seconds for a connection; for a free one as long as it takes: the pace gives the turns."""
    wire = Wire(scripted(MADE))
    kept: list[FhirClient] = []

    async def story(client: FhirClient, _clock: Clock) -> None:
        kept.append(client)
        await client.create(PATIENT, None, request_id="r")

    tell(wire, WHO, story)

    assert wire.connections == 4 + 2
    timeouts = {"connect": 10.0, "read": 60.0, "write": 60.0, "pool": None}
    assert wire.requests[0].extensions["timeout"] == timeouts
    assert kept[0]._http.is_closed
