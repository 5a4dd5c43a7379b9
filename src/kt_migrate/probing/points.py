"""One point of a probe: what was needed, what was found, and what to do. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from kt_migrate.language import tr
from kt_migrate.probing.record import ProbePoint, Verdict


class Said(NamedTuple):
    """A sentence in both languages."""

    nl: str
    en: str

    @property
    def here(self) -> str:
        """In the language of this command."""
        return tr(self.nl, self.en)


NOTHING = Said("", "")
NOT_SEEN = Said("niet gezien", "not seen")
NO_PLAN = Said("er is geen plan om tegen te houden", "there is no plan to hold it against")
MAKE_PLAN = Said(
    "Maak eerst een plan (kt-migrate plan --env …), en probe opnieuw.",
    "Make a plan first (kt-migrate plan --env …), and probe again.",
)
AGAIN = Said("Probe opnieuw als login en server werken.", "Probe again when login and server work.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One point.

    Attributes:
        id: `login`, `scopes`, …
        verdict: what became of it.
        found: what was found.
        needed: what was needed; NOTHING: nothing was, and it is only told.
        advice: what to do, or what it means; NOTHING: nothing to say.
    """

    id: str
    verdict: Verdict
    found: Said
    needed: Said = NOTHING
    advice: Said = NOTHING

    @property
    def recorded(self) -> ProbePoint:
        """As the record keeps it."""
        return ProbePoint(
            id=self.id, verdict=self.verdict, found=self.found.en, needed=self.needed.en
        )
