"""A rollback that is killed again and again among others' work, as whole processes.

On a stock HAPI: tests/hapi/test_rollback.py.
"""

from __future__ import annotations

from pathlib import Path

from road.beside import with_a_token
from road.undone import judge, played
from support import serving


def test_a_half_finished_run_is_undone_through_ten_kills(workspace: Path) -> None:
    """The sandbox holds what it held before, but for history and what others did since."""
    with serving(workspace, "--latency-ms", "40"), with_a_token(workspace) as somebody:
        judge(workspace, somebody, played(workspace, somebody))
