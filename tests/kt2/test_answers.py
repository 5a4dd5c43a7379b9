"""Each answer of a server has one meaning, and what proves nothing is never taken for proof."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kt2.wire import BEGAN
from kt_migrate.kt2.answers import (
    Answer,
    Refused,
    Stored,
    Throttled,
    Unknown,
    classify_write,
    parse_resource,
    retry_after,
)
from kt_migrate.kt2.outcome import ServerIssue
from kt_migrate.model import Resource

PATIENT: Resource = {"resourceType": "Patient", "id": "p1", "meta": {"versionId": "7"}}
OUTCOME: Resource = {
    "resourceType": "OperationOutcome",
    "issue": [{"severity": "information", "code": "informational"}],
}
ERROR = {"severity": "error", "code": "invalid", "expression": ["Patient.birthDate"]}
AT = "http://other.example/fhir/DEFAULT/Patient/p9/_history/4"


def classify(
    status: int,
    body: object = None,
    headers: Mapping[str, str] | None = None,
    *,
    conditional: bool = True,
) -> Answer:
    """Classify an answer."""
    content = body if isinstance(body, bytes) else b"" if body is None else orjson.dumps(body)
    return classify_write(
        status, headers or {}, content, conditional=conditional, now=lambda: BEGAN
    )


def outcome(*issues: object) -> bytes:
    """Return an OperationOutcome."""
    return orjson.dumps({"resourceType": "OperationOutcome", "issue": issues})


def stored(status: int, logical: str, version: str, resource: Resource | None = None) -> Stored:
    """Return what a stored resource is known by."""
    return Stored(
        created=status == 201, id=logical, version=version, resource=resource, status=status
    )


@pytest.mark.parametrize("status", [201, 200, 202, 204, 299])
def test_only_201_says_that_this_request_made_it(status: int) -> None:
    """Any other 2xx is a match or an update: the range decides."""
    answer = classify(status, PATIENT, {"location": AT, "etag": 'W/"2"'})

    assert answer == stored(status, "p1", "2", PATIENT)


@pytest.mark.parametrize(
    ("headers", "body", "logical", "version"),
    [
        ({"location": AT}, None, "p9", "4"),
        ({"location": AT, "etag": 'W/"5"'}, None, "p9", "5"),
        ({"location": AT, "etag": '"5"'}, None, "p9", "5"),
        ({"location": AT, "etag": "5"}, None, "p9", "5"),
        ({"location": AT, "etag": 'W/"X5X"'}, None, "p9", "X5X"),
        ({"content-location": AT}, None, "p9", "4"),
        ({"location": AT, "content-location": "x/Patient/other"}, None, "p9", "4"),
        ({"location": "Patient/a.b-C9"}, None, "a.b-C9", ""),
        ({"location": "/fhir/Patient/p9", "etag": 'W/"1"'}, None, "p9", "1"),
        ({"location": "Patient/" + "x" * 64}, None, "x" * 64, ""),
        ({}, PATIENT, "p1", "7"),
        ({"etag": 'W/"8"'}, PATIENT, "p1", "8"),
        ({"location": AT}, PATIENT, "p1", "7"),
        ({"location": AT}, {"resourceType": "Patient"}, "p9", "4"),
        ({"location": AT}, {"resourceType": "Patient", "id": 5, "meta": 3}, "p9", "4"),
        ({"location": AT}, {"resourceType": "Patient", "id": "", "meta": {}}, "p9", "4"),
        ({}, {"resourceType": "Patient", "id": "p1", "meta": {"versionId": 12}}, "p1", "12"),
        ({}, {"resourceType": "Patient", "id": "p1"}, "p1", ""),
        ({"location": AT}, OUTCOME, "p9", "4"),
    ],
)
def test_id_and_version_come_from_the_answer(
    headers: dict[str, str], body: Resource | None, logical: str, version: str
) -> None:
    """The body's own before those of the address, whose base is never looked at."""
    answer = classify(201, body, headers)

    kept = body if body and body["resourceType"] == "Patient" else None
    assert answer == stored(201, logical, version, kept)


@pytest.mark.parametrize(
    ("headers", "body", "why"),
    [
        ({}, None, "no-id"),
        ({}, OUTCOME, "no-id"),
        ({}, {"resourceType": "Patient"}, "no-id"),
        ({"etag": 'W/"1"'}, None, "no-id"),
        ({"location": "http://fhir.example/"}, None, "no-id"),
        ({"location": "http://fhir.example/fhir/Patient"}, None, "no-id"),
        ({"location": AT + "/"}, None, "no-id"),
        ({"location": AT + "\n"}, None, "no-id"),
        ({"location": "Patient/" + "x" * 65}, None, "no-id"),
        ({"location": "Patient/a%20b"}, None, "no-id"),
        ({"location": "Patient/p9/_history/"}, None, "no-id"),
        ({"location": "aPatient/p9"}, None, "no-id"),
        ({"location": "/login/index.html"}, None, "no-id"),
        ({"location": AT}, b"<html>Welcome</html>", "no-fhir"),
        ({"location": AT}, b"\xff", "no-fhir"),
        ({"location": AT}, ["p9"], "no-fhir"),
        ({"location": AT}, {"id": "p9"}, "no-fhir"),
        ({"location": AT}, {"resourceType": None, "id": "p9"}, "no-fhir"),
        ({"location": AT}, {"resourceType": "OperationOutcome", "issue": [ERROR]}, "errors"),
    ],
)
@pytest.mark.parametrize("status", [200, 201])
def test_a_success_that_proves_nothing_is_unknown(
    status: int, headers: dict[str, str], body: object, why: str
) -> None:
    """Without an id, with errors, or with another thing than FHIR: it must be looked up."""
    assert classify(status, body, headers) == Unknown(why=why)


@pytest.mark.parametrize("conditional", [False, True])
@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(("after", "seconds"), [("7", 7.0), ("soon", None), (None, None)])
def test_a_busy_server_asks_to_wait(
    status: int, after: str | None, seconds: float | None, *, conditional: bool
) -> None:
    """429 and 503, with Retry-After or without."""
    headers = {} if after is None else {"retry-after": after}

    answer = classify(status, OUTCOME, headers, conditional=conditional)

    assert answer == Throttled(seconds=seconds, perhaps_done=status == 503)


@pytest.mark.parametrize("conditional", [False, True])
@pytest.mark.parametrize("status", [408, 500, 501, 502, 504, 505, 520, 599])
def test_an_error_of_the_server_is_never_a_refusal(status: int, *, conditional: bool) -> None:
    """It may have happened (HAPI-0389): even with a body that looks like one of ours."""
    for body in (None, PATIENT, outcome(ERROR)):
        headers = {"location": AT, "retry-after": "5"}
        answer = classify(status, body, headers, conditional=conditional)

        assert answer == Unknown(why=f"http-{status}")


@pytest.mark.parametrize("conditional", [False, True])
@pytest.mark.parametrize(
    "status",
    [*range(300, 309), 400, 402, *range(404, 408), 409, 410, 411, *range(413, 429), 431, 451, 499],
)
def test_a_refusal_is_final_and_says_why(status: int, *, conditional: bool) -> None:
    """3xx and 4xx: the same again cannot help, and a redirect is not followed."""
    answer = classify(status, outcome(ERROR), {"location": AT}, conditional=conditional)

    assert answer == Refused(
        status=status, issues=(ServerIssue(code="invalid", path="Patient.birthDate"),)
    )


@pytest.mark.parametrize(("conditional", "code"), [(True, "several-matches"), (False, "")])
def test_several_matches_are_only_of_a_conditional_create(code: str, *, conditional: bool) -> None:
    """412 to a PUT is another thing: its If-Match."""
    assert classify(412, b"", conditional=conditional) == Refused(status=412, code=code)


@settings(max_examples=60)
@given(
    st.integers(100, 599),
    st.one_of(
        st.binary(max_size=40),
        st.recursive(
            st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
            lambda deeper: (
                st.lists(deeper, max_size=3)
                | st.dictionaries(
                    st.sampled_from(
                        ["resourceType", "id", "meta", "issue", "severity", "code", "expression"]
                    ),
                    deeper | st.sampled_from(["Patient", "OperationOutcome", "error"]),
                    max_size=4,
                )
            ),
            max_leaves=12,
        ).map(orjson.dumps),
    ),
    st.dictionaries(
        st.sampled_from(["location", "etag", "retry-after", "content-location"]),
        st.text(max_size=12) | st.just(AT),
    ),
)
def test_every_answer_has_one_meaning(status: int, body: bytes, headers: dict[str, str]) -> None:
    """No answer stops the run; the range decides; a stored one has an id that can be asked for."""
    answer = classify(status, body, headers)

    if status in (429, 503):
        assert isinstance(answer, Throttled)
    elif status >= 500 or status == 408:
        assert answer == Unknown(why=f"http-{status}")
    elif 200 <= status < 300:
        assert isinstance(answer, (Stored, Unknown))
        assert not isinstance(answer, Stored) or answer.id
    else:
        assert isinstance(answer, Refused)
        assert answer.status == status


@pytest.mark.parametrize(
    ("body", "resource"),
    [
        (b'{"resourceType": "Patient", "id": "p1"}', {"resourceType": "Patient", "id": "p1"}),
        (b'{"resourceType": "Bundle"}', {"resourceType": "Bundle"}),
        (b'{"resourceType": "OperationOutcome", "id": "x"}', None),
        (b'{"id": "p1"}', None),
        (b'{"resourceType": ""}', None),
        (b'"Patient"', None),
        (b"", None),
        (b"{", None),
    ],
)
def test_a_body_is_a_resource_or_nothing(body: bytes, resource: Resource | None) -> None:
    """An OperationOutcome tells of a request; it is not what was asked."""
    assert parse_resource(body) == resource


@given(st.integers(0, 10**7), st.sampled_from(["{}", " {} ", "0{}"]))
def test_retry_after_is_read_in_seconds(seconds: int, form: str) -> None:
    """Whole seconds, with blanks around."""
    assert retry_after(form.format(seconds), lambda: BEGAN) == seconds


@given(st.integers(-(10**6), 10**6))
def test_retry_after_is_read_as_a_date(seconds: int) -> None:
    """From now until then; a moment that has passed is now."""
    then = datetime.fromtimestamp(BEGAN + seconds, UTC)
    texts = [
        format_datetime(then, usegmt=True),
        format_datetime(then),
        format_datetime(then).replace("+0000", "-0000"),
        f"{then:%a, %d %b %Y %H:%M:%S}",
        f"{then:%A, %d-%b-%y %H:%M:%S GMT}",
    ]

    assert {retry_after(text, lambda: BEGAN) for text in texts} == {max(0, seconds)}


@pytest.mark.parametrize(
    "value",
    [
        *(None, "", " ", "soon", "-5", "1.5", "5 s", "²", "٣"),
        "Wed, 31 Feb 2026 07:28:00 GMT",
        "Wed, 21 Oct 99999999999 07:28:00 GMT",
        "Wed, 21 Oct 2015 07:28:00 +9999999999999999999",
    ],
)
def test_retry_after_that_says_nothing_is_nothing(value: str | None) -> None:
    """The server did not say how long; the run goes on."""
    assert retry_after(value, lambda: BEGAN) is None


@example("0\x1f")
@given(st.text(alphabet=" ,:+-0123456789GMTWedOct²٣", max_size=40) | st.text(max_size=20))
def test_no_retry_after_stops_the_run(value: str) -> None:
    """Whatever it holds: a number that is not negative, or nothing."""
    seconds = retry_after(value, lambda: BEGAN)

    assert seconds is None or seconds >= 0
