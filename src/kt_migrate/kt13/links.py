"""Resource links and the versions behind `/_history/`."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NamedTuple

from kt_migrate.kt13.remembering import remembered

_HISTORY = "/_history/"
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?::(\d{1,3})\.(\d{1,4}))?", re.ASCII)
_INTEGER = re.compile(r"\d{1,18}", re.ASCII)


def split_version(url: str) -> tuple[str, str | None]:
    """Split a URL into the resource link and the version; both byte for byte.

    >>> split_version("http://a.example/Patient/1/_history/2")
    ('http://a.example/Patient/1', '2')
    >>> split_version("http://a.example/Patient/1/_history/")
    ('http://a.example/Patient/1', None)
    """
    link, found, version = url.partition(_HISTORY)
    return link, (version or None) if found else None


def spelled_alike(link: str) -> str:
    """Return a link without what its spellings differ in: the scheme, and capitals of the host.

    >>> spelled_alike("HTTPS://EPD.example/fhir/Patient/A")
    'epd.example/fhir/Patient/A'
    """
    scheme, found, rest = link.partition("://")
    if not found or scheme.lower() not in ("http", "https"):
        return link
    host, slash, path = rest.partition("/")
    return host.lower() + slash + path


class Instant(NamedTuple):
    """A moment in UTC: seconds since 1970, milliseconds, and ticks of 100 ns within those."""

    seconds: int
    milliseconds: int
    ticks: int


@remembered(65_536)  # one message gives its version to all that it carries
def version_instant(version: str | None) -> Instant | None:
    """Read a version of the form `YYYY-MM-DDTHH:MM:SS:mmm.tttt`, or return None.

    It is UTC, given by the server. The ticks are not zero-padded, so that they compare as a
    number. Source: kt13.md §1.7.

    >>> version_instant("2016-07-15T11:50:24:271.360")
    Instant(seconds=1468583424, milliseconds=271, ticks=360)
    """
    found = _INSTANT.fullmatch(version) if version else None
    if found is None:
        return None
    try:
        moment = datetime.fromisoformat(found[1]).replace(tzinfo=UTC)
    except ValueError:
        return None
    return Instant(int(moment.timestamp()), int(found[2] or 0), int(found[3] or 0))


def version_number(version: str | None) -> int | None:
    """Read a version that is a plain counter, or return None."""
    return int(version) if version and _INTEGER.fullmatch(version) else None


@remembered(16_384)
def timestamp_instant(timestamp: str) -> Instant | None:
    """Read a sender's timestamp as a moment in UTC; without a zone it counts as UTC (D4).

    >>> timestamp_instant("2016-07-15T13:52:44+02:00") == timestamp_instant("2016-07-15T11:52:44Z")
    True
    """
    try:
        moment = datetime.fromisoformat(timestamp)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    milliseconds, rest = divmod(moment.microsecond, 1000)
    return Instant(int(moment.timestamp() // 1), milliseconds, rest * 10)
