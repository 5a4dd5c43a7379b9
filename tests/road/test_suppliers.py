"""Three suppliers at once against one sandbox, killed at random: everything once, by the right one."""

from __future__ import annotations

from pathlib import Path

import pytest

from road.suppliers import (
    everything_once_and_by_whom,
    free_port,
    in_store,
    made,
    nothing_personal,
    planned,
    played,
    served,
)

pytestmark = pytest.mark.integration

MESSAGES, KILLS, SEED = 160, 9, 21


def test_three_at_once_killed_at_random_bring_everything_once(tmp_path: Path) -> None:
    """And at each moment `domain status` says what the store itself has, and has not."""
    team = made(tmp_path, MESSAGES, free_port())

    def count() -> list[tuple[str, str, str]]:
        return in_store(team.folders["EPD"])

    with served(team, "--latency-ms", "25", "--capacity", "2"):
        planned(team)
        seen = played(team, count, KILLS, SEED)
        everything_once_and_by_whom(team, count)
    nothing_personal(team)

    assert team.kills.total() >= 5
    assert any(not document["complete"] and document["waits"] for document in seen)
    assert seen[-1]["complete"]
