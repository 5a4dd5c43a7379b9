"""The crash matrix over a plan with every version: each is there once, and in its order."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from crash.cases import Case, Scene
from crash.domain import Domain
from crash.playing import play
from crash.server import stories
from crash.test_crash import domains
from crash.traps import Trap

__all__ = ["domains"]  # the fixture

REPLAYING = Scene(domain="versions")
TRAPS = (
    Trap(kind="step", step="intent→earlier", when="before", nth=3),
    Trap(kind="step", step="intent→earlier", when="during", nth=5),
    Trap(kind="step", step="earlier→intent", when="before", nth=2),
    Trap(kind="step", step="earlier→intent", when="after", nth=6),
    Trap(kind="request", method="write", when="sent", nth=25),
    Trap(kind="request", method="write", when="answered", nth=40),
)
TROUBLES: tuple[dict[str, Any], ...] = (
    {},
    {"drop_after_every": 5, "error_every": 7},
    {"half_every": 7, "drop_before_every": 11, "throttle_every": 17},
)


@pytest.mark.integration
@pytest.mark.parametrize("number", range(len(TRAPS)))
def test_whatever_befalls_a_row_of_versions_each_is_there_once(
    number: int, domains: Mapping[str, Domain], tmp_path: Path
) -> None:
    """Killed at a step or with a request under way, on a network that loses answers."""
    trap, faults = TRAPS[number], TROUBLES[number % len(TROUBLES)]
    case = Case(
        seed=number,
        aim=trap.name,
        scene=REPLAYING,
        traps=(trap, TRAPS[(number + 2) % len(TRAPS)]),
        second=frozenset({0}) if number == 1 else frozenset(),
        faults={"latency_ms": 2, "retry_after": "none", "token_seconds": 300, **faults},
    )
    played = play(case, domains, tmp_path)

    assert played.reached
    told = stories(tmp_path / "EXAMPLE")
    planned = {w.key: [*w.versions, w.digest] for w in domains["versions"].writes}
    assert told == planned
    assert sum(len(digests) > 1 for digests in planned.values()) > 5
