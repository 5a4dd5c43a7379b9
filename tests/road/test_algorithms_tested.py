"""Every algorithm that is shipped passes its own test, and shows what its choices change."""

from __future__ import annotations

from pathlib import Path

import pytest

from inside import typed
from kt_migrate.errors import ExitCode
from kt_migrate.shipped import shipped

SHIPPED = sorted(path.stem for path in shipped("algorithms").glob("*.yaml"))


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_algorithm_passes_its_own_test(name: str, tmp_path: Path) -> None:
    """Each rule of its own has enough that hold; of the standard's its choices change some."""
    done = typed("algorithm", "test", name, "--json", cwd=tmp_path)

    found = done.document
    own = {one["result"] for one in found["examples"] if one["of"] == name}
    below = [one["result"] for one in found["examples"] if one["of"] != name]
    assert done.code == ExitCode.OK
    assert (found["passed"], found["gaps"], own) == (True, [], {"passed"})
    assert set(below) == ({"passed", "changed"} if name != "standard" else set())
    assert below.count("changed") <= len(below) / 4
