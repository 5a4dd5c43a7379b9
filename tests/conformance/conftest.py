"""Nothing that another test remembered may answer for this one, nor this one for another."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kt_migrate.conformance import building, packages, service, shape


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    _forget()
    yield
    _forget()


def _forget() -> None:
    building.root_of.cache_clear()
    packages.known_versions.cache_clear()
    service.team_roles.cache_clear()
    shape._model.cache_clear()
    shape._JUDGED.clear()
