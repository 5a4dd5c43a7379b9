"""A rollback on a stock HAPI, killed again and again, among others' work; as whole processes."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from road.beside import straight
from road.undone import judge, played
from support import serving

pytestmark = [pytest.mark.hapi, pytest.mark.integration]


def test_a_half_finished_run_is_undone_through_ten_kills(hapi: str, workspace: Path) -> None:
    """HAPI holds what it held before, but for history and what others did since."""
    began = time.monotonic()
    with (
        serving(workspace, "--upstream", hapi, "--latency-ms", "40"),
        straight(hapi) as somebody,
    ):
        judge(workspace, somebody, played(workspace, somebody))
    sys.stdout.write(f"{time.monotonic() - began:.0f} s\n")
