"""A plan depends on what the archive holds, not on how it was packed or what lies beside it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from archive.hostile import build, messages
from archive.test_containers import CONTAINERS
from kt_migrate.catalogue import CATALOGUE
from kt_migrate.model import Outcome
from support import plan_of


def plan_bytes(root: Path, target: Path, secret: str = "") -> bytes:
    """Return the plan of an archive."""
    target.mkdir()
    with plan_of([root], target / "plan.sqlite", passwords=lambda _container: secret) as plan:
        assert plan.count() > 0
        return plan.path.read_bytes()


def test_every_container_gives_the_same_plan_byte_for_byte(tmp_path: Path) -> None:
    """Folder, zip, tar, tar.gz, tar.zst, AES-zip, 7z, age: what they are made of is the same."""
    folder = tmp_path / "folder"
    folder.mkdir()
    for name, content in messages().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    expected = plan_bytes(folder, tmp_path / "first")
    packed = tmp_path / "packed"
    packed.mkdir()
    for place, (name, (make, secret)) in enumerate(CONTAINERS.items()):
        (packed / name).write_bytes(make())
        assert plan_bytes(packed / name, tmp_path / str(place), secret) == expected, name


def test_a_hostile_folder_gives_a_line_per_trouble_and_the_good_are_migrated(
    tmp_path: Path,
) -> None:
    """The books balance, the census agrees, and nothing that is named is missing."""
    expected = build(tmp_path / "archive")
    codes = (kind.partition(":")[0] for kind in expected.values())
    trouble = Counter(code for code in codes if code in CATALOGUE)
    with plan_of([tmp_path / "archive"], tmp_path / "plan.sqlite") as plan:
        lines = Counter(i.code for i in plan.issues() if i.source_type == "Document")
        documents = [o for o in plan.objects() if o.source_type == "Document"]
        migrated = [o for o in plan.objects() if o.outcome is Outcome.MIGRATED]
        assert plan.books().unbalanced() == ()

    assert sum(lines.values()) == len(documents) >= 60
    assert lines == trouble
    assert len(migrated) >= 5


pytestmark = pytest.mark.integration
