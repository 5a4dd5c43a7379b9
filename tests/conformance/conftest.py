"""Nothing that another test remembered may answer for this one."""

from __future__ import annotations

import pytest

from kt_migrate.conformance import building, packages, service, shape


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    building.root_of.cache_clear()
    packages.known_versions.cache_clear()
    service.team_roles.cache_clear()
    shape._model.cache_clear()
    shape._JUDGED.clear()
