"""Instants of `meta.lastUpdated`: in order, and verbatim as the server wrote them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Self

from kt_migrate.model import Resource

_INSTANT = re.compile(
    r"(?P<seconds>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?P<fraction>\.\d+)?(?P<zone>Z|[+-]\d\d:\d\d)",
    re.ASCII,
)


@dataclass(frozen=True, slots=True, order=True)
class Instant:
    """A moment as a server wrote it: compared by moment, never by its text.

    Attributes:
        at: whole seconds since 1970.
        part: digits of the part of a second, without trailing zeros.
        seconds: date and time as written, to the second.
        fraction: the point and the digits after it as written; may be empty.
        zone: `Z`, `+01:00`.
    """

    at: float
    part: str
    seconds: str = field(compare=False)
    fraction: str = field(compare=False)
    zone: str = field(compare=False)

    @classmethod
    def parse(cls, text: object) -> Self | None:
        """Read an instant; None when it is none.

        >>> Instant.parse("2026-01-01T01:00:00.50+01:00") == Instant.parse("2026-01-01T00:00:00.5Z")
        True
        """
        found = _INSTANT.fullmatch(text) if isinstance(text, str) else None
        return None if found is None else cls._of(found[1], found[2] or "", found[3])

    @classmethod
    def _of(cls, seconds: str, fraction: str, zone: str) -> Self | None:
        try:
            at = datetime.fromisoformat(seconds + zone).timestamp()
        except ValueError:
            return None
        return cls(at, fraction[1:].rstrip("0"), seconds, fraction, zone)

    @property
    def text(self) -> str:
        """The instant as it was written."""
        return f"{self.seconds}{self.fraction}{self.zone}"

    def following(self) -> str:
        """Return the first instant after this one that can be written with as many digits.

        >>> Instant.parse("2026-12-31T23:59:59.999+01:00").following()
        '2027-01-01T00:00:00.000+01:00'
        """
        digits = str(int(f"1{self.fraction[1:]}") + 1)
        seconds = self.seconds
        if digits[0] == "2":
            seconds = (datetime.fromisoformat(seconds) + timedelta(seconds=1)).isoformat()
        return f"{seconds}{self.fraction[:1]}{digits[1:]}{self.zone}"


def last_updated(resource: Resource) -> Instant | None:
    """Return `meta.lastUpdated`; None when it is not there."""
    meta = resource.get("meta")
    return Instant.parse(meta.get("lastUpdated")) if isinstance(meta, dict) else None
