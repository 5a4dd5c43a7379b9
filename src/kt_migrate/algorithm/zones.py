"""Times without a zone: which moment they are in the domain's own.

Source: RFC 5545 §3.3.5: a local time that occurs twice is the first of the two, and one that is
skipped counts by the offset before the gap. Both are reported, as is every zone that was added.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from difflib import get_close_matches
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from kt_migrate.errors import said

ASSUMED, TWICE, SKIPPED = "zone-assumed", "zone-twice", "zone-skipped"
"""Codes of the catalogue: how sure a moment is."""

_LOCAL = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?", re.ASCII)
_NOT_EVERYWHERE = frozenset({"localtime", "posixrules", "Factory"})
"""Names that mean another zone on another machine, or none."""


def known_zone(name: str) -> str:
    """Return the name of a time zone of the IANA list, read so that it is at hand.

    Raises:
        ValueError: there is none of this name; says the nearest.
    """
    try:
        if name not in _NOT_EVERYWHERE:
            ZoneInfo(name)
            return name
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass
    near = get_close_matches(name, sorted(available_timezones() - _NOT_EVERYWHERE), 1)
    if near:
        raise ValueError(said("a time zone of the IANA list; did you mean {near}?", near=near[0]))
    raise ValueError(said("a time zone of the IANA list, such as Europe/Amsterdam"))


def with_zone(text: str, zone: str) -> tuple[str, str] | None:
    """Give a time without a zone the offset that it has in a zone.

    Args:
        text: a dateTime with seconds and without a zone.
        zone: name of the zone, as `known_zone` took it.

    Returns:
        The same digits with an offset, and how sure it is; None: no such time, or a zone of
        those days whose offset has seconds.

    >>> with_zone("2016-07-15T13:52:44", "Europe/Amsterdam")
    ('2016-07-15T13:52:44+02:00', 'zone-assumed')
    >>> with_zone("2016-10-30T02:30:00", "Europe/Amsterdam")
    ('2016-10-30T02:30:00+02:00', 'zone-twice')
    >>> with_zone("2016-03-27T02:30:00", "Europe/Amsterdam")
    ('2016-03-27T02:30:00+01:00', 'zone-skipped')
    """
    found = _LOCAL.fullmatch(text)
    if found is None:
        return None
    try:
        local = datetime.fromisoformat(found[1]).replace(tzinfo=ZoneInfo(zone))
        first, second = local.utcoffset(), local.replace(fold=1).utcoffset()
    except (ValueError, OverflowError):
        return None
    if first is None or second is None or first % timedelta(minutes=1):
        return None
    how = ASSUMED if first == second else TWICE if first > second else SKIPPED
    return text + _offset(first), how


def _offset(offset: timedelta) -> str:
    minutes = offset // timedelta(minutes=1)
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"
