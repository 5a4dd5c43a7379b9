"""An archive in a container that takes seconds to open is planned like any other."""

from __future__ import annotations

from pathlib import Path

import pytest

from archive.test_containers import CONTAINERS
from plan.small import plan_roots

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("name", [name for name in CONTAINERS if name.startswith("p.")])
def test_an_age_file_with_a_password_gives_the_plan_of_a_plain_zip(
    tmp_path: Path, name: str
) -> None:
    """Byte for byte; the others are in tests/plan."""
    made = []
    for container in ("a.zip", name):
        make, secret = CONTAINERS[container]
        (tmp_path / container).write_bytes(make())
        target = tmp_path / f"{container}.sqlite"
        passwords = {container: secret}.get
        with plan_roots([tmp_path / container], target, passwords=passwords) as plan:
            assert plan.count() > 0
            made.append(target.read_bytes())

    assert made[0] == made[1]
