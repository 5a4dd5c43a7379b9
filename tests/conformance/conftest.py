"""Nothing that another test remembered may answer for this one."""

from __future__ import annotations

import pytest

from kt_migrate.conformance import limits, shape


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    limits._content.cache_clear()
    limits.limits_of.cache_clear()
    shape._model.cache_clear()
    shape._JUDGED.clear()
