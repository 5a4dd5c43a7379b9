"""Each limit of the archive, lowered in kt-migrate.yaml and by --limit: the plan's reject names it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from archives import HOST, patient

from archive.test_limits import CASES
from kt_migrate.algorithm.load import load_algorithm
from kt_migrate.archive.limits import Limits
from kt_migrate.bounds import Bounds
from kt_migrate.config import find_workspace
from kt_migrate.plan import make
from kt_migrate.plan.make import Choices, limits_of, make_plan
from kt_migrate.plan.store import Plan
from plan.small import STANDARD, queue, workspace_at


@pytest.fixture(autouse=True)
def standard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read the algorithm once."""

    @cache
    def load(name: str, root: Path | None = None) -> object:
        return STANDARD if name == "standard" else load_algorithm(name, root)

    monkeypatch.setattr(make, "load_algorithm", load)


def by_file(root: Path, limit: str, value: int) -> Choices:
    """Lower a limit in kt-migrate.yaml."""
    path = root / "kt-migrate.yaml"
    path.write_text(
        f"{path.read_text('utf-8')}limits: {{ratio_floor: 1, {limit}: {value}}}\n", "utf-8"
    )
    return Choices()


def by_option(_root: Path, limit: str, value: int) -> Choices:
    """Lower a limit on the command line."""
    return Choices(limits=("ratio_floor=1", f"{limit}={value}"))


@pytest.mark.parametrize("lower", [by_file, by_option])
@pytest.mark.parametrize("case", CASES)
def test_a_limit_that_is_lowered_refuses_and_the_good_are_planned(
    tmp_path: Path, case: str, lower: Callable[[Path, str, int], Choices]
) -> None:
    """What else there is; the reject says which limit it was."""
    name, content, value, limit = CASES[case]
    root = workspace_at(tmp_path / "domain", []).root
    small = limit in {"max_file_bytes", "max_entries"}  # of the folder itself, too
    if not small:
        (root / "archive" / "good.json").write_bytes(queue({f"{HOST}/Patient/1": patient()})[0])
    (root / "archive" / name).write_bytes(content())

    choices = lower(root, limit, value)
    made = make_plan(find_workspace(root), "local", choices)
    with Plan(made.folder / "plan.sqlite") as plan:
        paths = {
            i.path for i in plan.issues() if i.code.startswith(("file-", "archive-")) and i.path
        }
        assert paths == {f"limits.{limit}"}
        assert plan.count() == (0 if small else 1)


@pytest.mark.parametrize("limit", list(Bounds.model_fields))
def test_every_limit_comes_from_the_file_or_the_option(tmp_path: Path, limit: str) -> None:
    """Without a working folder from the option, or the standard ones."""
    root = workspace_at(tmp_path / "domain", []).root
    by_file(root, limit.replace("ratio_floor", "max_ratio"), 7)
    workspace = find_workspace(root)
    expected = 1 if limit == "ratio_floor" else 7

    assert getattr(limits_of(workspace, Choices()), limit) == expected
    assert getattr(limits_of(workspace, Choices(limits=(f"{limit}=9",))), limit) == 9
    assert getattr(limits_of(None, Choices(limits=(f"{limit}=9",))), limit) == 9
    assert limits_of(None, Choices()) == Limits()
