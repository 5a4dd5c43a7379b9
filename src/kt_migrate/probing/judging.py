"""Holds what a probe saw against what a plan needs: every point, in one order. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from kt_migrate.probing import access, finding, offering
from kt_migrate.probing.needs import Needs
from kt_migrate.probing.observing import STANDARD_SYSTEMS, Observed
from kt_migrate.probing.points import AGAIN, NOT_SEEN, Point
from kt_migrate.probing.record import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """What is ours of an environment.

    Attributes:
        client_id: also the id of our Device.
        algorithm: that signs our assertions.
        secure: whether the address is https.
    """

    client_id: str
    algorithm: str
    secure: bool


def judge(seen: Observed, needs: Needs | None, ours: Ours, at: datetime) -> tuple[Point, ...]:
    """Judge every point; what could not be seen is unknown, and never met.

    When the looking ended before it was done, that is why a point is unknown, whatever else.

    Args:
        seen: what was seen.
        needs: of the plan; None: there is none.
        ours: who we are.
        at: the moment of looking.
    """
    points = _each(seen, needs, ours, at)
    if seen.stopped_by is None:
        return points
    return tuple(
        replace(point, found=NOT_SEEN, advice=AGAIN) if point.verdict is Verdict.UNKNOWN else point
        for point in points
    )


def _each(seen: Observed, needs: Needs | None, ours: Ours, at: datetime) -> tuple[Point, ...]:
    systems = STANDARD_SYSTEMS if needs is None else needs.systems
    return (
        access.login(seen, ours.algorithm),
        *([access.certificate(seen, at)] if ours.secure else []),
        access.clock(seen),
        access.scopes(seen, needs, ours.client_id),
        access.device(seen, ours.client_id),
        offering.fhir(seen),
        offering.profile(seen, needs),
        offering.types(seen, needs),
        *([offering.history(seen, needs)] if needs is not None and needs.every_version else []),
        finding.search(seen),
        finding.subscriptions(seen, needs),
        offering.conditional_create(seen, needs),
        finding.paging(seen),
        finding.search_limit(seen),
        access.others(seen, needs),
        access.delete(seen, needs, ours.client_id),
        finding.there(seen, systems),
    )
