"""What a probe can have seen, made up: everything good, and ways in which it is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from kt_migrate.model import MIGRATION_SYSTEM
from kt_migrate.probing.judging import Ours, judge
from kt_migrate.probing.needs import Needs
from kt_migrate.probing.observing import Clock, Observed, Searching
from kt_migrate.probing.points import Point
from kt_migrate.probing.record import Verdict
from kt_migrate.probing.service import Service
from probing.services import GOOD

AT = datetime(2026, 11, 26, 8, tzinfo=UTC)
CLIENT = "client-1"
OURS = Ours(client_id=CLIENT, algorithm="RS512", secure=True)
SYSTEMS = tuple((t, MIGRATION_SYSTEM + t) for t in ("Patient", "Task"))
NEEDS = Needs(
    plan="p" * 64,
    run="003",
    systems=SYSTEMS,
    profile="koppeltaalv2.00 0.16.3",
    every_version=True,
    requests={("Patient", ""): 3, ("Task", "ready"): 5, ("Task", "completed"): 7},
)
SEEN = Observed(
    service=replace(GOOD, search_limit=2_200),
    logged_in=True,
    lifetime=300,
    clock=Clock(least=-0.5, most=1.0),
    searching=Searching(finds=True, counts=True, sorts=True, pages=True),
    there=dict.fromkeys(SYSTEMS, 0),
    certificate=datetime(2027, 11, 26, tzinfo=UTC),
)


def with_service(**changed: Any) -> Observed:  # noqa: ANN401 (of any attribute)
    """Return what was seen of another server."""
    return replace(SEEN, service=replace(SEEN.service, **changed))


def with_scope(*entries: str) -> Observed:
    """Return what was seen with another token."""
    return with_service(scope=tuple(sorted(entries)) or None)


def judged(
    seen: Observed = SEEN, needs: Needs | None = NEEDS, ours: Ours = OURS
) -> dict[str, Point]:
    """Return every point by its id."""
    points = judge(seen, needs, ours, AT)
    assert len({point.id for point in points}) == len(points)
    return {point.id: point for point in points}


def verdicts(seen: Observed = SEEN, needs: Needs | None = NEEDS) -> dict[str, Verdict]:
    """Return the verdict of every point."""
    return {name: point.verdict for name, point in judged(seen, needs).items()}


def other_than_met(seen: Observed = SEEN, needs: Needs | None = NEEDS) -> dict[str, Verdict]:
    """Return the points that are not met."""
    return {n: v for n, v in verdicts(seen, needs).items() if v is not Verdict.MET}


def nothing_seen() -> Service:
    """Return a server of which nothing could be seen."""
    return Service(**dict.fromkeys(Service.__dataclass_fields__))
