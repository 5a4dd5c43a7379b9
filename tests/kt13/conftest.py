"""Nothing that another test remembered may answer for this one."""

from __future__ import annotations

import pytest

from kt_migrate.kt13 import body, links, read, xml_body


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    for remembered in (
        links.version_instant,
        links.timestamp_instant,
        read._code_name,
        body._type_name,
        read._label,
    ):
        remembered.cache_clear()
    xml_body._LOCAL.clear()
