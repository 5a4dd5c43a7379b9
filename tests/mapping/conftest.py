"""Nothing that another test remembered may answer for this one."""

from __future__ import annotations

import pytest

from kt_migrate.mapping import mapper


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    mapper._READY.clear()
