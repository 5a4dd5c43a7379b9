"""A folder with every kind of trouble, given to the command itself: bounded, whole, explained.

What each trouble is, and what must come of it, stands with its making: tests/archive/hostile.py and
tests/archive/hostile_documents.py.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from archive.hostile import MESSAGE, build
from archive.hostile_documents import CANARY, GOOD, build_documents
from kt_migrate.model import Outcome
from kt_migrate.plan.store import Plan
from plan.small import workspace_at

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux says what was used"),
]

MEGABYTE = 1024 * 1024
_SPARSE = 2048 * MEGABYTE
_COMMAND = """
import resource
resource.setrlimit(resource.RLIMIT_AS, (2048 * 1024 * 1024,) * 2)
resource.setrlimit(resource.RLIMIT_CPU, (120, 120))
from kt_migrate.cli import main
try:
    main()
finally:
    with open("/proc/self/status") as status, open("peak", "w") as peak:
        peak.write(next(line for line in status if line.startswith("VmHWM:")))
"""
"""What getrusage says begins with the memory of whoever started the process: the kernel's does not."""


@dataclass(frozen=True)
class Done:
    """How a command ended: its code, what it said, and the memory that it had at most (MB)."""

    code: int
    out: bytes
    err: bytes
    peak: int

    @property
    def document(self) -> dict[str, Any]:
        """What `--json` printed."""
        document: dict[str, Any] = orjson.loads(self.out)
        return document


def bounded(folder: Path, *arguments: str) -> Done:
    """Run a command in a process that the system itself keeps within bounds."""
    with (folder / "out").open("w+b") as out, (folder / "err").open("w+b") as err:
        process = subprocess.Popen(
            [sys.executable, "-c", _COMMAND, *arguments], cwd=folder, stdout=out, stderr=err
        )
        code = process.wait()
        out.seek(0)
        err.seek(0)
        peak = int((folder / "peak").read_text("ascii").split()[1]) // 1024
        return Done(code, out.read(), err.read(), peak)


@dataclass(frozen=True)
class Hostile:
    """A working folder with trouble in its archive, and what is expected of each name."""

    root: Path
    expected: dict[str, str]

    def codes(self) -> Counter[str]:
        """Return how many lines of each code there must be."""
        lines = (what for what in self.expected.values() if ":" in what)
        return Counter(what.partition(":")[0] for what in lines)

    def kinds(self) -> dict[str, int]:
        """Return how many files of each kind there must be that are no message."""
        return Counter(what for what in self.expected.values() if what.startswith("no-message"))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Hostile:
    """Return all of it together, with what only shows on a disk."""
    root = workspace_at(tmp_path_factory.mktemp("hostile") / "domain", []).root
    expected = build(root / "archive") | build_documents(root / "archive")
    return Hostile(root, expected | _more(root / "archive"))


@pytest.fixture(scope="module")
def planned(hostile: Hostile) -> Done:
    """Return how planning it ended."""
    return bounded(hostile.root, "plan", "--json")


def _more(archive: Path) -> dict[str, str]:
    place = archive / "more"
    place.mkdir()
    long = "l" * 250 + ".json"
    (place / long).write_bytes(b"{}")
    with (place / "sparse.xml").open("wb") as file:
        file.write(b"<feed/>")
        os.truncate(file.fileno(), _SPARSE)
    deep = place / "/".join(["d"] * 80)
    deep.mkdir(parents=True)
    (deep / "unseen.xml").write_bytes(b"<feed/>")
    os.link(place / long, place / "hard-link.json")
    (place / "ring").symlink_to(place)
    (place / "rights").mkdir()
    (place / "rights" / "secret.xml").write_bytes(b"<feed/>")
    (place / "rights" / "secret.xml").chmod(0)
    nobody = os.geteuid() != 0  # who is root reads what nobody may
    return {
        f"more/{long}": "file-not-a-message:",
        "more/hard-link.json": "file-not-a-message:",
        "more/sparse.xml": f"file-too-large:{_SPARSE}",
        "more/" + "/".join(["d"] * 63) + "/": "archive-refused:too-deep",
        "more/ring": "no-message link",
        "more/rights/secret.xml": "file-unreachable:no-permission" if nobody else MESSAGE,
    }


def test_there_are_more_than_sixty_kinds_of_trouble(hostile: Hostile) -> None:
    """A file of its own for each, made in its own way; and more than forty reasons."""
    troubles = [name for name, what in hostile.expected.items() if ":" in what]

    assert len(troubles) > 110
    assert len({what for what in hostile.expected.values() if ":" in what}) > 40


def test_inspect_ends_with_every_file_counted_once(hostile: Hostile) -> None:
    """As a kind of document, as no message, or as unreadable; within bounds."""
    done = bounded(hostile.root, "inspect", "--json")

    assert (done.code, b"Traceback" in done.err) == (0, False), done.err
    assert done.peak < 250
    documents = done.document["documents"]
    assert sum(documents.values()) == len(hostile.expected)
    assert {k: n for k, n in documents.items() if k.startswith("no-message")} == hostile.kinds()
    odd = done.document["odd"]
    assert {code: odd[code] for code in hostile.codes()} == hostile.codes()
    shows_nothing(done)


def test_plan_ends_with_a_line_per_trouble_and_the_good_are_migrated(
    hostile: Hostile, planned: Done
) -> None:
    """Both accounts balance, the census agrees, and nothing is left out in silence."""
    done = planned
    assert (done.code, b"Traceback" in done.err) == (0, False), done.err
    assert done.peak < 250
    for row in done.document["books"].values():
        fates = ("migrated", "not_migrated", "rejected", "out_of_scope")
        assert row["objects"] == sum(row[fate] for fate in fates)
        assert row["read"] == row["superseded"] + row["objects"]
    with Plan(hostile.root / "runs" / "local" / "001" / "plan.sqlite") as plan:
        lines = [i for i in plan.issues() if i.source_type == "Document"]
        migrated = {o.link for o in plan.objects() if o.outcome is Outcome.MIGRATED}
    found = {line.link: f"{line.code}:{line.detail}" for line in lines}
    wrong = {n: w for n, w in hostile.expected.items() if ":" in w and not _fits(found.get(n), w)}
    assert wrong == {}
    assert len(lines) == len(found) == sum(hostile.codes().values())
    missing = {name for name in GOOD if not any(_of(name, link) for link in migrated)}
    assert missing == set()
    shows_nothing(done)


def _fits(found: str | None, expected: str) -> bool:
    return found is not None and found.startswith(expected)


def _of(name: str, link: str) -> bool:
    return GOOD[name]().replace(b"\0", b"").find(link.encode()) >= 0


@pytest.mark.usefixtures("planned")
def test_the_error_list_has_them_all_and_nothing_of_what_is_in_them(hostile: Hostile) -> None:
    """In the list that a person gets: a line each, and what to do about it."""
    done = bounded(hostile.root, "errors", "list", "--json")

    assert done.code == 0, done.err
    assert done.out.count(b'"Document"') >= sum(hostile.codes().values())
    shows_nothing(done)


def shows_nothing(done: Done) -> None:
    """Neither a name out of a message, nor what a terminal would obey, nor an overlong name."""
    for said in (done.out, done.err):
        assert CANARY.encode() not in said
        assert not {b"\x1b"[0], 7, 8} & set(said)
        assert b"T" * 100 not in said
        assert b"s" * 100 not in said
