"""Links, versions and moments; and names that come from data, before anything shows them."""

from __future__ import annotations

import hashlib
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_migrate.kt13.links import (
    Instant,
    split_version,
    timestamp_instant,
    version_instant,
    version_number,
)
from kt_migrate.kt13.names import (
    RESERVED,
    code_name,
    label,
    message_identifier,
    shown_code,
    type_name,
)

pytestmark = pytest.mark.property


@given(st.text().filter(lambda t: "/_history/" not in t + "/"), st.text(min_size=1))
def test_a_link_and_a_version_are_split_byte_for_byte(link: str, version: str) -> None:
    """At the first `/_history/`."""
    assert split_version(f"{link}/_history/{version}") == (link, version)
    assert split_version(link) == (link, None)
    assert split_version(f"{link}/_history/") == (link, None)


SECONDS = 1_468_583_424  # 2016-07-15T11:50:24Z


@pytest.mark.parametrize(
    ("version", "instant"),
    [
        ("2016-07-15T11:50:24:271.360", Instant(SECONDS, 271, 360)),
        ("2016-07-15T11:50:24:072.7548", Instant(SECONDS, 72, 7548)),
        ("2016-07-15T11:50:24", Instant(SECONDS, 0, 0)),
        ("1970-01-01T00:00:00:1.1", Instant(0, 1, 1)),
        ("2016-07-15T11:50:24:271", None),
        ("2016-07-15T11:50:24.271", None),
        ("2016-07-15T11:50:24:2710.1", None),
        ("2016-07-15T11:50:24:271.36012", None),
        ("2016-07-15T11:50:24:271.360Z", None),
        ("2016-07-15T11:50:24\n", None),
        ("x2016-07-15T11:50:24", None),
        ("2016-02-30T11:50:24", None),
        ("2016-07-15T25:50:24", None),
        ("\u0662016-07-15T11:50:24", None),
        ("812909", None),
        ("", None),
        (None, None),
    ],
)
def test_a_version_of_the_server_is_a_moment_in_utc(
    version: str | None, instant: Instant | None
) -> None:
    """§1.7: any other text is none."""
    assert version_instant(version) == instant


_SECONDS = st.integers(0, 4_000_000_000)
_VERSIONS = st.tuples(_SECONDS, st.integers(0, 999), st.integers(0, 9999))


@given(_VERSIONS, _VERSIONS)
def test_versions_compare_as_the_moments_that_they_are(
    one: tuple[int, int, int], two: tuple[int, int, int]
) -> None:
    """Ticks are not padded: they compare as numbers."""
    read = []
    for seconds, milliseconds, ticks in (one, two):
        moment = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        read.append(version_instant(f"{moment}:{milliseconds:03}.{ticks}"))

    assert read == [Instant(*one), Instant(*two)]
    assert (Instant(*one) < Instant(*two)) == (one < two)


@pytest.mark.parametrize(
    ("version", "number"),
    [
        ("0", 0),
        ("42", 42),
        ("9" * 18, int("9" * 18)),
        ("9" * 19, None),
        ("-1", None),
        ("1.0", None),
        ("1\n", None),
        ("\u0661", None),
        ("", None),
        (None, None),
    ],
)
def test_a_version_may_be_a_plain_counter(version: str | None, number: int | None) -> None:
    """Of at most eighteen digits."""
    assert version_number(version) == number


@pytest.mark.parametrize(
    ("timestamp", "instant"),
    [
        ("2016-07-15T13:50:24+02:00", Instant(SECONDS, 0, 0)),
        ("2016-07-15T11:50:24Z", Instant(SECONDS, 0, 0)),
        ("2016-07-15T11:50:24", Instant(SECONDS, 0, 0)),
        ("2016-07-15T11:50:24.453Z", Instant(SECONDS, 453, 0)),
        ("2016-07-15T11:50:24.453001Z", Instant(SECONDS, 453, 10)),
        ("2016-07-15T11:50:24.999999+00:00", Instant(SECONDS, 999, 9990)),
        ("1969-12-31T23:59:59.500Z", Instant(-1, 500, 0)),
        ("2016-07-15", Instant(SECONDS - 42_624, 0, 0)),
        ("2016-07-15T11:50:24:271.360", None),
        ("gisteren", None),
        ("", None),
    ],
)
def test_a_senders_timestamp_is_a_moment_without_a_zone_in_utc(
    timestamp: str, instant: Instant | None
) -> None:
    """D4: to the microsecond, in the server's own units."""
    assert timestamp_instant(timestamp) == instant


def test_the_machines_own_zone_moves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan made at home is the one that was made at work."""
    try:
        monkeypatch.setenv("TZ", "Etc/GMT-5")
        time.tzset()
        assert timestamp_instant("2016-07-15T11:50:24") == Instant(SECONDS, 0, 0)
        assert version_instant("2016-07-15T11:50:24:000.0") == Instant(SECONDS, 0, 0)
    finally:
        monkeypatch.undo()
        time.tzset()


@given(
    st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001 (zones follow)
    st.integers(-14 * 60, 14 * 60),
)
def test_a_timestamp_is_the_same_moment_in_any_zone(moment: datetime, minutes: int) -> None:
    """Zones never move it."""
    there = moment.replace(tzinfo=UTC).astimezone(timezone(timedelta(minutes=minutes)))

    assert timestamp_instant(there.isoformat()) == timestamp_instant(moment.isoformat())


@pytest.mark.parametrize(
    ("found", "name"),
    [
        ("CarePlan", "CarePlan"),
        ("a", "a"),
        ("A9", "A9"),
        ("A" * 64, "A" * 64),
        ("A" * 65, "Unknown"),
        ("9A", "Unknown"),
        ("", "Unknown"),
        ("Jan Jansen", "Unknown"),
        ("Jan-Jansen", "Unknown"),
        ("Jan_Jansen", "Unknown"),
        ("CarePlan\n", "Unknown"),
        ("\x1b[2J", "Unknown"),
        ("Café", "Unknown"),
    ],
)
def test_a_name_of_a_type_or_an_event_is_letters_and_digits(found: str, name: str) -> None:
    """What cannot be one is Unknown."""
    assert code_name(found) == type_name(found) == name


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_no_content_may_call_itself_what_the_books_call_their_own(name: str) -> None:
    """As a type; an event may."""
    assert (type_name(name), code_name(name)) == ("Unknown", name)


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        ("", ""),
        ("Mijn EPD 2", "Mijn EPD 2"),
        ("é" * 80, "é" * 80),
        ("é" * 81, "Unknown"),
        ("a\x00b\x1f\x7f\x9fc", "abc"),
        ("\x00", "Unknown"),
        ("a\u202eb", "Unknown"),
        ("a\u2028b", "Unknown"),
        ("x" * 80 + "\x00", "x" * 80),
    ],
)
def test_a_label_cannot_move_the_cursor(found: str, shown: str) -> None:
    """Control characters go; what is not printable, or too long, is Unknown."""
    assert label(found) == shown


@given(st.text())
def test_whatever_is_shown_is_printable_and_short(found: str) -> None:
    """Whatever came in."""
    assert label(found).isprintable()
    assert len(label(found)) <= 80
    assert type_name(found).isalnum()
    assert message_identifier(found).isascii()
    assert len(message_identifier(found)) <= 200


@pytest.mark.parametrize("found", ["m-1", "!~", "x" * 200, "a:b/c"])
def test_an_identifier_is_taken_without_its_urn(found: str) -> None:
    """With or without it is the same message."""
    assert message_identifier(found) == message_identifier(f"urn:uuid:{found}") == found


@pytest.mark.parametrize("found", ["", "Jan Jansen", "x" * 201, "é", "a\n", "\ud800"])
def test_what_cannot_be_an_identifier_is_hidden_and_still_the_same(found: str) -> None:
    """For every copy of its message."""
    digest = hashlib.sha256(found.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    assert message_identifier(found) == message_identifier(f"urn:uuid:{found}")
    assert message_identifier(found) == f"invalid:{digest}"


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        ("Waiting", "Waiting"),
        ("BEH", "BEH"),
        ("urn:oid:1.2", "urn:oid:1.2"),
        ("", "Unknown"),
        ("Jan de Vries", "Unknown"),
        ("Waitin\u00e9", "Unknown"),
        ("\x1b[31m", "Unknown"),
        ("a" * 40, "a" * 40),
        ("a" * 41, "Unknown"),
        ("a\n", "Unknown"),
    ],
)
def test_a_code_is_shown_only_when_it_is_a_plain_one(found: str, shown: str) -> None:
    """An error list may hold a code, and nobody's name."""
    assert shown_code(found) == shown
