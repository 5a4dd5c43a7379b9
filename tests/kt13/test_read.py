"""Bytes to documents, messages and versions."""

import pytest

from kt13.both_ways import read_document
from kt_migrate.kt13.body import extension_text, first_text, text
from kt_migrate.kt13.careplan import activities, status_code, status_target, team_members
from kt_migrate.kt13.links import split_version, timestamp_instant, version_instant
from kt_migrate.model import Body, Document, DocumentKind, Unreadable

NS = "http://ggz.koppeltaal.nl/fhir/Koppeltaal/"


def code_of(content: bytes) -> str:
    """Return why a file is unreadable."""
    found = read_document(content)
    assert isinstance(found, Unreadable)
    return found.issue.code


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file-unreadable"),
        (b"<feed><entry></feed>", "file-unreadable"),
        (b'{"resourceType": "Bundle"', "file-unreadable"),
        (b"[1, 2]", "file-unreadable"),
        (b"{" * 100_000, "file-unreadable"),
        (b"<a>" * 5_000, "file-unreadable"),
        (b'<!DOCTYPE feed [<!ENTITY a "b">]><feed>&a;</feed>', "file-doctype"),
        (
            '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE f [<!ENTITY a "b">]><f/>'.encode(
                "utf-16"
            ),
            "file-doctype",
        ),
        (b'{"resourceType": "Patient"}', "file-not-a-message"),
        (
            b'{"resourceType": "Bundle", "category": [{"term": "x"}], "entry": ['
            b'{"content": {"resourceType": "MessageHeader"}},'
            b'{"id": "http://a.example/P/1", "content": {"resourceType": "Patient"}}]}',
            "message-incomplete",
        ),
    ],
)
def test_what_cannot_be_input_has_a_named_reason(content: bytes, code: str) -> None:
    """Broken, hostile, or something else: a value, never an exception."""
    assert code_of(content) == code


def test_an_empty_search_and_an_outcome_are_known_and_no_input() -> None:
    """They are counted by kind."""
    empty = read_document(b'{"resourceType": "Bundle", "totalResults": "0", "entry": []}')
    outcome = read_document(b'<OperationOutcome xmlns="http://hl7.org/fhir"/>')

    assert empty == Document(kind=DocumentKind.SEARCH_SUMMARY)
    assert outcome == Document(kind=DocumentKind.OPERATION_OUTCOME)


def test_a_primitive_with_an_extension_keeps_its_text() -> None:
    """Both serialisations give a dict with `value`."""
    assert text({"value": ["x"], "id": ["1"]}) == "x"
    assert text({"id": ["1"]}) is None


def test_extension_urls_match_with_and_without_profile() -> None:
    """kt13.md X1."""
    for form in ("", "Profile/"):
        body: Body = {"extension": [{"url": [f"{NS}{form}A#B"], "valueString": ["x"]}]}
        assert extension_text(body, "A#B") == "x"


def test_a_version_is_what_stands_behind_history() -> None:
    """An empty one is none."""
    assert split_version("http://a/1/_history/2") == ("http://a/1", "2")
    assert split_version("http://a/1/_history/") == ("http://a/1", None)
    assert split_version("http://a/1") == ("http://a/1", None)


def test_ticks_compare_as_numbers() -> None:
    """They are not zero-padded: 360 comes before 7548."""
    early = version_instant("2016-07-15T11:50:24:271.360")
    late = version_instant("2016-07-15T11:50:24:271.7548")

    assert early is not None
    assert late is not None
    assert early < late
    assert version_instant("2016-13-15T11:50:24") is None


def test_a_timestamp_without_zone_counts_as_utc() -> None:
    """kt13.md D4."""
    assert timestamp_instant("2021-01-01T00:00:00") == timestamp_instant(
        "2021-01-01T01:00:00+01:00"
    )
    assert timestamp_instant("gisteren") is None


def test_a_care_plan_comes_apart() -> None:
    """Activities, sub-activities in both shapes, members by both extensions."""
    sub = {"url": [NS + "CarePlan#SubActivity"], "valueString": ["deel-1"]}
    team = {"url": [NS + "CarePlan#CareTeam"], "valueResource": [{"reference": ["http://t/1"]}]}
    plan = {
        "participant": [
            {"member": [{"reference": ["http://p/1/_history/3"]}], "extension": [team]}
        ],
        "activity": [{"id": ["7"], "extension": [sub]}],
    }

    (activity,) = activities(plan, "http://c/1")  # type: ignore[arg-type]  # a literal
    (member,) = team_members(plan)  # type: ignore[arg-type]  # a literal

    assert activity.identifier == "http://c/1#7"
    assert activity.sub_activities == (("deel-1", ""),)
    assert (member.team, member.member, member.role) == ("http://t/1", "http://p/1", "")


def test_a_status_object_is_read_in_the_documented_misnomer_too() -> None:
    """kt13.md §4.11: TA prints #ActivityStatus for the activity."""
    name = NS + "CarePlanActivityStatus#ActivityStatus"
    body = {
        "extension": [
            {"url": [name], "valueString": ["a-1"]},
            {"url": [name], "valueCoding": [{"code": ["Completed"]}]},
        ]
    }

    assert status_target(body) == "a-1"  # type: ignore[arg-type]  # a literal
    assert status_code(body) == "Completed"  # type: ignore[arg-type]  # a literal
    assert first_text({}, "x") is None
