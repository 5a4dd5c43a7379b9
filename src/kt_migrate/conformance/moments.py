"""Which of two moments comes first, as FHIRPath compares them: `start <= end` of an invariant.

What is of unequal precision is compared as far as both go; when they are the same so far, nobody
can say, and the invariant fails (the service answers 422). Moments with a zone count in UTC, also
against a day. Asked of HAPI 8.8; tests/conformance/test_moments.py has the answers.
"""

from __future__ import annotations

from datetime import UTC, datetime

Parts = tuple[float, ...]


def in_order(first: str, second: str) -> bool:
    """Say whether a date or moment certainly does not come after another.

    What is neither a date nor a moment, or has a leap second, is not compared: its format says
    enough.

    >>> in_order("2021-01-31", "2021-02"), in_order("2021-01-31", "2021-01")
    (True, False)
    """
    try:
        one, other = _parts(first), _parts(second)
    except ValueError:
        return True
    common = min(len(one), len(other))
    if one[:common] != other[:common]:
        return one[:common] < other[:common]
    return len(one) == len(other)


def _parts(text: str) -> Parts:
    if "T" not in text:
        return tuple(int(part) for part in text.split("-"))
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    utc = moment.astimezone(UTC)
    seconds = utc.second + utc.microsecond / 1_000_000
    return (utc.year, utc.month, utc.day, utc.hour, utc.minute, seconds)
