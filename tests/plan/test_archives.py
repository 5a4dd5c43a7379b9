"""A plan depends on what the archive holds, not on how it was packed or what lies beside it."""

from __future__ import annotations

import gzip
from collections import Counter
from pathlib import Path

import pytest
from archives import write

from archive.hostile import build, info, messages, zipped
from archive.test_containers import CONTAINERS
from kt_migrate.books import digest
from kt_migrate.catalogue import CATALOGUE
from kt_migrate.model import Outcome
from plan.small import plan_roots

pytestmark = pytest.mark.integration

QUICK = [name for name in CONTAINERS if not name.startswith("p.")]
"""An age file with a password takes seconds to open, by design: tests/road plans those."""


def plan_bytes(root: Path, target: Path, secret: str = "") -> bytes:
    """Return the plan of an archive."""
    target.mkdir()
    with plan_roots([root], target / "plan.sqlite", passwords=lambda _name: secret) as plan:
        assert plan.count() > 0
        return plan.path.read_bytes()


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return the plan of the messages in a folder."""
    place = tmp_path_factory.mktemp("plain")
    for name, content in messages().items():
        (place / "archive" / name).parent.mkdir(parents=True, exist_ok=True)
        (place / "archive" / name).write_bytes(content)
    return plan_bytes(place / "archive", place / "plan")


@pytest.mark.parametrize("name", QUICK)
def test_every_container_gives_the_same_plan_byte_for_byte(
    tmp_path: Path, expected: bytes, name: str
) -> None:
    """Zip, tar, tar.gz, tar.zst, AES-zip, 7z, age: what it is made of is the same."""
    make, secret = CONTAINERS[name]
    (tmp_path / name).write_bytes(make())

    assert plan_bytes(tmp_path / name, tmp_path / "plan", secret) == expected


@pytest.mark.parametrize("seed", range(3))
def test_the_names_and_the_order_of_the_files_change_no_byte(
    tmp_path: Path, expected: bytes, seed: int
) -> None:
    """Only what is in them counts."""
    files = sorted(messages().values(), key=lambda content: digest(content + bytes([seed])))

    assert plan_bytes(write(tmp_path / "archive", files), tmp_path / "plan") == expected


def test_several_roots_give_the_plan_of_one(tmp_path: Path, expected: bytes) -> None:
    """Folders and containers mixed, in any order."""
    files = sorted(messages().items())
    roots = [write(tmp_path / "one", [content for _name, content in files[:3]])]
    (tmp_path / "two.zip").write_bytes(zipped([(info(n), content) for n, content in files[3:]]))
    roots.append(tmp_path / "two.zip")

    for order in (roots, roots[::-1]):
        target = tmp_path / order[0].name.replace(".", "-")
        with plan_roots(order, target.with_suffix(".sqlite")) as plan:
            assert plan.path.read_bytes() == expected


@pytest.mark.parametrize("name", ["a.ndjson", "a.jsonl.gz", "b.zip"])
def test_a_line_of_ndjson_is_a_document_like_any_other(
    tmp_path: Path, expected: bytes, name: str
) -> None:
    """Where the messages are JSON; those in XML lie beside it."""
    files = sorted(messages().items())
    json = [content for _name, content in files if content.startswith(b"{")]
    place = write(tmp_path / "archive", [c for _name, c in files if not c.startswith(b"{")])
    assert 0 < len(json) < len(files)
    lines = b"\n".join(b" ".join(content.split()) for content in json)
    packed = gzip.compress(lines) if name.endswith("gz") else lines
    (place / name).write_bytes(zipped([(info("a.ndjson"), lines)]) if "zip" in name else packed)

    assert plan_bytes(place, tmp_path / "plan") == expected


def test_a_hostile_folder_gives_a_line_per_trouble_and_the_good_are_migrated(
    tmp_path: Path,
) -> None:
    """The books balance, the census agrees, and nothing that is named is missing."""
    known = build(tmp_path / "archive")
    codes = (kind.partition(":")[0] for kind in known.values())
    trouble = Counter(code for code in codes if code in CATALOGUE)
    with plan_roots([tmp_path / "archive"], tmp_path / "plan.sqlite") as plan:
        lines = Counter(i.code for i in plan.issues() if i.source_type == "Document")
        documents = [o for o in plan.objects() if o.source_type == "Document"]
        migrated = [o for o in plan.objects() if o.outcome is Outcome.MIGRATED]
        assert plan.books().unbalanced() == ()

    assert sum(lines.values()) == len(documents) >= 60
    assert lines == trouble
    assert len(migrated) >= 5
