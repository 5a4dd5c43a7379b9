"""Several clients of ours wrote, and the role of each hides what another wrote."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from inside import typed
from kt_migrate.config import find_workspace, load_environment
from kt_migrate.judging.preparing import drawn_of
from kt_migrate.judging.target import read_target
from kt_migrate.load.execute import every_credentials_of
from kt_migrate.sandbox.settings import Faults
from undo.test_clients import LOCAL, PORTAL, served

pytestmark = pytest.mark.integration


def test_a_sample_shows_what_any_client_of_ours_wrote(workspace: Path) -> None:
    """Else a person would be told that it is not there."""
    config = workspace / "configs" / "local.yaml"
    config.write_text(config.read_text("utf-8") + PORTAL, "utf-8")
    assert typed("keys", "new", *LOCAL, "--credentials", "portal", cwd=workspace).code == 0
    assert typed("plan", *LOCAL, cwd=workspace).code == 0
    with served(workspace, Faults(), conditional=True):
        assert typed("trial", *LOCAL, cwd=workspace).code == 0
        keys = drawn_of(workspace / "runs" / "local" / "001", 25, "x").keys
        found = find_workspace(workspace)
        environment = load_environment(found, "local")
        own, portal = every_credentials_of(found, environment).values()
        alone = asyncio.run(read_target(environment.base, own, keys, time.time))
        both = asyncio.run(read_target(environment.base, own, keys, time.time, [portal]))

    hidden = {key.r4_type for key in keys if not alone.of(key)}
    assert hidden == {"Task", "CareTeam"}
    assert all(len(both.of(key)) == 1 for key in keys)
