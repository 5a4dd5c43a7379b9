"""One point of a probe: what was needed, what was found, and what to do. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from kt_migrate.errors import Said, said
from kt_migrate.probing.record import ProbePoint, Verdict

NOTHING = Said("")
NOT_SEEN = said("not seen")
NO_PLAN = said("there is no plan to hold it against")
MAKE_PLAN = said("Make a plan first (kt-migrate plan --env …), and probe again.")
AGAIN = said("Probe again when login and server work.")


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
            id=self.id, verdict=self.verdict, found=str(self.found), needed=str(self.needed)
        )
