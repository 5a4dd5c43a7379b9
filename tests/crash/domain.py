"""The small domain of the crash matrix: working folders to start from, and what is planned."""

from __future__ import annotations

import re
import shutil
import socket
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import orjson
from generate import generate

from inside import inside, typed
from kt_migrate.model import Key, Resource
from kt_migrate.workspace import init_workspace
from road.looking import run_folder

MESSAGES = 60
"""Messages of the generated archive: some fifty writes, in three stages."""

STARTS_FROM = ("empty", "done", "corrected", "versions")
"""Nothing is on the server; all of it is; all is, and a new plan has other addresses in it; nothing
is, and the plan has every version.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One write of the plan, read straight from its file.

    Attributes:
        seq: its number.
        key: its temporary identifier.
        resource: what must come to be, references conditional.
        digest: of its canonical form.
        targets: the numbers of what it refers to.
        leaf: nothing refers to it.
        was: whether the server of this working folder has it, at version 1.
        differs: it has, with another content, of an earlier run of ours.
        versions: digests of its earlier versions, the oldest first.
    """

    seq: int
    key: Key
    resource: Resource
    digest: str
    targets: frozenset[int]
    leaf: bool
    was: bool
    differs: bool
    versions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Domain:
    """A working folder to be copied, its plan made.

    Attributes:
        folder: the working folder.
        writes: the newest plan's.
    """

    folder: Path
    writes: tuple[Planned, ...]

    def copied(self, folder: Path) -> Path:
        """Return a working folder of its own, equal to this one."""
        return Path(shutil.copytree(self.folder, folder))


def make_domains(folder: Path) -> Mapping[str, Domain]:
    """Make a working folder per start, under a folder that is there; they share one port."""
    empty = folder / "empty"
    with patch("kt_migrate.kt2.keys.RSA_BITS", 2_048):  # to be read often
        init_workspace(empty, "EXAMPLE")
    generate(empty, MESSAGES)
    _edit(empty / "configs" / "local.yaml", r"127\.0\.0\.1:\d+", f"127.0.0.1:{_port()}")
    _edit(empty / "configs" / "local.yaml", r"error_share: 0\.5", "error_share: 1")
    _edit(empty / "configs" / "local.yaml", r"max_in_flight: \d+", "max_in_flight: 8")
    _typed(empty, "plan", "--env", "local")
    done = Path(shutil.copytree(empty, folder / "done"))
    _typed(done, "trial", "--env", "local")
    corrected = Path(shutil.copytree(done, folder / "corrected"))
    _edit(corrected / "kt-migrate.yaml", "example/launch", "example/start")
    _typed(corrected, "plan", "--env", "local")
    versions = Path(shutil.copytree(empty, folder / "versions"))
    _typed(versions, "plan", "--env", "local", "--mode", "every-version")
    before = {write[1]: write[3] for write in _rows(done)}
    return {
        "versions": Domain(versions, _writes(versions, {})),
        "empty": Domain(empty, _writes(empty, {})),
        "done": Domain(done, _writes(done, before)),
        "corrected": Domain(corrected, _writes(corrected, before)),
    }


def _typed(folder: Path, *arguments: str) -> None:
    with inside(folder):
        done = typed(*arguments, cwd=folder)
    if done.code:
        raise AssertionError(f"{arguments}: {done.code}\n{done.out}\n{done.err}")


def _edit(file: Path, pattern: str, text: str) -> None:
    before = file.read_text("utf-8")
    after = re.sub(pattern, text, before)
    if after == before:
        raise AssertionError(f"{file.name} has no {pattern}")
    file.write_text(after, "utf-8")


def _port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _rows(folder: Path) -> list[tuple[int, Key, bytes, str]]:
    with closing(sqlite3.connect(run_folder(folder) / "plan.sqlite")) as db:
        rows = db.execute(
            "SELECT seq, r4_type, system, value, body, digest FROM write ORDER BY seq"
        ).fetchall()
    return [(r[0], Key(r4_type=r[1], system=r[2], value=r[3]), r[4], r[5]) for r in rows]


def _writes(folder: Path, before: Mapping[Key, str]) -> tuple[Planned, ...]:
    with closing(sqlite3.connect(run_folder(folder) / "plan.sqlite")) as db:
        pairs = db.execute(
            "SELECT seq, target_seq FROM write_reference UNION SELECT * FROM version_reference"
        ).fetchall()
        versions = db.execute(
            "SELECT seq, digest FROM version_write ORDER BY seq, ordinal"
        ).fetchall()
    referred = {target for _seq, target in pairs}
    return tuple(
        Planned(
            seq=seq,
            key=key,
            resource=orjson.loads(body),
            digest=digest,
            targets=frozenset(target for own, target in pairs if own == seq),
            leaf=seq not in referred,
            was=key in before,
            differs=key in before and before[key] != digest,
            versions=tuple(earlier for own, earlier in versions if own == seq),
        )
        for seq, key, body, digest in _rows(folder)
    )
