"""Which of two moments is the later, as far as both of them say."""

from __future__ import annotations

from datetime import datetime

from kt_migrate.model import Json


def later(one: Json, other: Json) -> bool:
    """Say whether a moment is certainly later than another; what is no moment is not.

    Two moments are compared by their zones, anything else by what both of them say. Cutting the
    first is enough: a shorter one never comes after what begins with it.

    >>> later("2021-02", "2021-01-31"), later("2021-01", "2021-01-31"), later(None, "2021")
    (True, False, False)
    """
    if not (isinstance(one, str) and isinstance(other, str)):
        return False
    if "T" in one and "T" in other:
        try:
            return datetime.fromisoformat(one) > datetime.fromisoformat(other)
        except (ValueError, TypeError):
            return False
    return one[: len(other)] > other
