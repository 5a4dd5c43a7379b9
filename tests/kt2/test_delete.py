"""DELETE: how it leaves, and what its answers mean; how the rest of undoing reads."""

from __future__ import annotations

from email.utils import formatdate

import httpx
import pytest

from kt2.calls import PATIENT, READING, UNAUTHORIZED, WHO, call, named, refused_connection
from kt2.wire import BASE, BEGAN, Clock, Wire, answer, scripted, tell
from kt_migrate.errors import CouldNotLookError, LoginError
from kt_migrate.kt2.answers import Answer, Deleted, NotSent, Refused, Throttled, Unknown
from kt_migrate.kt2.client import FhirClient
from kt_migrate.kt2.scopes import letters
from kt_migrate.model import Resource

ERRORS = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "conflict"}]}


def delete(wire: Wire) -> Answer | Deleted:
    """DELETE a patient; return what the client says of it."""
    answers: list[Answer | Deleted] = []

    async def act(client: FhirClient) -> None:
        answers.append(await client.delete("Patient", "p1", "3", request_id="request-1"))

    call(wire, act)
    return answers[0]


def test_a_deletion_names_the_version_that_was_seen() -> None:
    """One request, without a body."""
    wire = Wire(scripted(httpx.Response(204)))

    assert delete(wire) == Deleted(204)
    (request,) = wire.requests
    assert (request.method, str(request.url), request.content) == (
        "DELETE",
        f"{BASE}/Patient/p1",
        b"",
    )
    expected = READING | {
        "Authorization": "Bearer t1",
        "If-Match": 'W/"3"',
        "X-Request-Id": "request-1",
        "Content-Type": None,
    }
    assert named(request, *expected) == expected


@pytest.mark.parametrize(
    ("given_back", "meant"),
    [
        (httpx.Response(200), Deleted(200)),
        (answer({"resourceType": "OperationOutcome", "issue": []}), Deleted(200)),
        (answer(ERRORS), Unknown(why="errors")),
        (httpx.Response(404), Deleted(404)),
        (answer(ERRORS, 410), Deleted(410)),
        (httpx.Response(500), Unknown(why="http-500")),
        (httpx.Response(408), Unknown(why="http-408")),
        (httpx.Response(429), Throttled(seconds=None)),
        (
            httpx.Response(503, headers={"retry-after": "7"}),
            Throttled(seconds=7.0, perhaps_done=True),
        ),
        (
            httpx.Response(429, headers={"retry-after": formatdate(BEGAN + 40, usegmt=True)}),
            Throttled(seconds=40.0),
        ),
        (httpx.ReadTimeout("x"), Unknown(why="ReadTimeout")),
        (refused_connection(), NotSent(why="connection-refused")),
    ],
)
def test_what_the_answers_mean(
    given_back: httpx.Response | Exception, meant: Answer | Deleted
) -> None:
    """Gone is gone, whoever did it; what says nothing is unknown, and not sent again here."""
    wire = Wire(scripted(given_back))

    assert delete(wire) == meant
    assert len(wire.requests) == 1


@pytest.mark.parametrize("status", [403, 405, 409, 412, 422])
def test_a_refusal_is_an_answer_a_403_too(status: int) -> None:
    """That a client may not delete is usual (TOP-KT-003), and no reason to stop."""
    said = delete(Wire(scripted(answer(ERRORS, status))))

    assert isinstance(said, Refused)
    assert (said.status, said.code) == (status, "")
    assert said.said.startswith("conflict")


def test_who_has_no_access_at_all_stops() -> None:
    """After one new login."""
    wire = Wire(scripted(UNAUTHORIZED))

    with pytest.raises(LoginError):
        delete(wire)
    assert len(wire.requests) == 2


@pytest.mark.parametrize(
    ("version", "given_back", "stands"),
    [
        ("", answer(PATIENT), PATIENT),
        ("2", answer(PATIENT), PATIENT),
        ("", httpx.Response(404), 404),
        ("2", answer(ERRORS, 410), 410),
        ("", httpx.Response(200, content=b"<html>"), None),
        ("", httpx.Response(302, headers={"location": "https://portaal.example/"}), None),
    ],
)
def test_how_a_resource_stands_or_one_of_its_versions(
    version: str, given_back: httpx.Response, stands: Resource | int | None
) -> None:
    """It is there, or the server says that it is not; anything else is no look."""
    wire = Wire(scripted(given_back))

    async def story(client: FhirClient, _clock: Clock) -> None:
        if stands is None:
            with pytest.raises(CouldNotLookError):
                await client.standing("Patient", "p1", version)
        else:
            assert await client.standing("Patient", "p1", version) == stands

    tell(wire, WHO, story)
    behind = f"/_history/{version}" if version else ""
    assert [str(request.url) for request in wire.requests] == [f"{BASE}/Patient/p1{behind}"]


@pytest.mark.parametrize(
    ("scope", "granted"),
    [
        ("system/Patient.cruds", "cdrsu"),
        ("system/Patient.crus?resource-origin=Device/1", "crsu"),
        ("system/Task.cruds system/Patient.rs", "rs"),
        ("system/*.rs system/Patient.d", "drs"),
        ("system/Patient.read system/Patient.write", "cdrsu"),
        ("system/Patient.*", "cdrsu"),
        ("user/Patient.cruds", ""),
        ("system/Patients.d", ""),
        ("openid", ""),
        ("", ""),
    ],
)
def test_what_a_scope_grants_on_a_type(scope: str, granted: str) -> None:
    """Of both versions of SMART; whose resources is left out."""
    assert "".join(sorted(letters(scope, "Patient"))) == granted
