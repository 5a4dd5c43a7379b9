"""All points per gate, in the order of the screen: what the decision stands on comes before it."""

from __future__ import annotations

from collections.abc import Mapping

from kt_migrate.gates import after, before, bijlage_b
from kt_migrate.gates.points import Point
from kt_migrate.gates.records import Gate

POINTS: Mapping[Gate, tuple[Point, ...]] = {
    Gate.PRE: (*before.POINTS[:-1], *bijlage_b.POINTS, before.POINTS[-1]),
    Gate.POST: after.POINTS,
}
