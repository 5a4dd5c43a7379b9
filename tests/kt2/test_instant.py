"""Instants are in order by moment, are sent back as they were written, and have a next one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kt_migrate.kt2.instant import Instant, last_updated

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@st.composite
def texts(draw: st.DrawFn) -> tuple[str, Decimal]:
    """Draw an instant as a server writes it, and its moment in seconds since 1970."""
    seconds = draw(st.integers(-(10**9), 10**10) | st.integers(1_795_000_000, 1_795_000_003))
    digits = draw(
        st.text(alphabet="0123456789", max_size=9) | st.sampled_from(["", "9", "999", "0"])
    )
    minutes = draw(st.integers(-14 * 60, 14 * 60) | st.just(0))
    zone = timezone(timedelta(minutes=minutes))
    text = (EPOCH + timedelta(seconds=seconds)).astimezone(zone).isoformat()
    body, offset = text[:19], text[19:]
    if minutes == 0 and draw(st.booleans()):
        offset = "Z"
    fraction = f".{digits}" if digits else ""
    return f"{body}{fraction}{offset}", seconds + Decimal(f"0.{digits or 0}")


def instant(text: str) -> Instant:
    """Read an instant that is one."""
    read = Instant.parse(text)
    assert read is not None
    return read


@settings(max_examples=50, deadline=None)
@given(texts())
def test_an_instant_is_sent_back_as_it_was_written(drawn: tuple[str, Decimal]) -> None:
    """To the last zero: the server compares with what it wrote."""
    text, _ = drawn

    assert instant(text).text == text


@settings(max_examples=50, deadline=None)
@given(texts(), texts())
def test_instants_are_ordered_by_moment(
    one: tuple[str, Decimal], other: tuple[str, Decimal]
) -> None:
    """Whatever their zones and digits."""
    a, b = instant(one[0]), instant(other[0])

    assert (a < b) == (one[1] < other[1])
    assert (a == b) == (one[1] == other[1])
    assert (a <= b) == (one[1] <= other[1])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2026-11-25T05:17:15.50+01:00", "2026-11-25T04:17:15.5Z"),
        ("2026-11-25T05:17:15Z", "2026-11-25T05:17:15.000Z"),
        ("2026-11-25T23:30:00-02:00", "2026-11-26T01:30:00+00:00"),
    ],
)
def test_one_moment_in_other_words_is_the_same(one: str, other: str) -> None:
    """Zeros at the end and zones make no difference."""
    assert instant(one) == instant(other)
    assert not instant(one) < instant(other)


@settings(max_examples=50, deadline=None)
@given(texts())
def test_the_next_instant_is_the_first_with_as_many_digits(drawn: tuple[str, Decimal]) -> None:
    """One of its last digit later, in the same zone: a window loses nothing and takes nothing double."""
    text, moment = drawn
    this = instant(text)

    after = instant(this.following())

    assert this < after
    assert len(after.text) == len(text)
    assert after.zone == this.zone
    digits = len(this.fraction.removeprefix("."))
    seconds = Decimal(datetime.fromisoformat(after.seconds + after.zone).timestamp())
    assert seconds + Decimal(f"0{after.fraction or '.0'}") == moment + Decimal(10) ** -digits


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("2026-11-25T05:17:15.123+01:00", "2026-11-25T05:17:15.124+01:00"),
        ("2026-12-31T23:59:59.999Z", "2027-01-01T00:00:00.000Z"),
        ("2026-11-25T05:17:59Z", "2026-11-25T05:18:00Z"),
        ("2026-11-25T05:17:15.000000009-05:00", "2026-11-25T05:17:15.000000010-05:00"),
    ],
)
def test_the_next_instant_of_some(text: str, after: str) -> None:
    """Over the end of a second, a minute, a year."""
    assert instant(text).following() == after


@pytest.mark.parametrize(
    "text",
    [
        None,
        3,
        "",
        "soon",
        "2026-11-25",
        "2026-11-25T05:17:15",
        "2026-11-25T05:17:15.Z",
        "2026-11-25T05:17Z",
        "2026-11-25 05:17:15Z",
        "2026-11-25T05:17:15z",
        "2026-11-25T05:17:15+0100",
        "2026-11-25T05:17:15+24:00",
        "2026-13-25T05:17:15Z",
        "2026-02-30T05:17:15Z",
        "2026-11-25T24:17:15Z",
        " 2026-11-25T05:17:15Z",
        "2026-11-25T05:17:15Z\n",
        "2026-11-25T05:17:15.\u0661Z",
        ["2026-11-25T05:17:15Z"],
    ],
)
def test_what_is_no_instant_is_nothing(text: object) -> None:
    """A reading that cannot tell the moments apart takes another road."""
    assert Instant.parse(text) is None


@pytest.mark.parametrize(
    ("resource", "text"),
    [
        ({"meta": {"lastUpdated": "2026-11-25T05:17:15.10Z"}}, "2026-11-25T05:17:15.10Z"),
        ({"meta": {"lastUpdated": "soon"}}, None),
        ({"meta": {"lastUpdated": None}}, None),
        ({"meta": {}}, None),
        ({"meta": "2026-11-25T05:17:15Z"}, None),
        ({"lastUpdated": "2026-11-25T05:17:15Z"}, None),
    ],
)
def test_a_resource_says_when_it_was_changed(resource: dict[str, object], text: str | None) -> None:
    """In its meta, or not."""
    read = last_updated(resource)  # type: ignore[arg-type]  # on purpose

    assert (read.text if read else None) == text
