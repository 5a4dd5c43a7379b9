"""sample.json and sample.sqlite: what was drawn, kept in the run folder.

sample.json is what counts: it comes last when a sample is drawn and goes first when the whole is
written after all. So there is a sample when it is there, and none when it is not.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import orjson

from kt_migrate.books import HashTotal
from kt_migrate.errors import JournalError
from kt_migrate.plan.sampling.drawing import Drawing, Stratum

SCHEMA = "kt-migrate-sample/1"
NAME, TABLE = "sample.json", "sample.sqlite"

_TABLES = """
CREATE TABLE drawn (
  seq INTEGER PRIMARY KEY, stratum INTEGER NOT NULL, cluster INTEGER NOT NULL) STRICT;
CREATE TABLE drawn_object (
  source_type TEXT NOT NULL, link TEXT NOT NULL, PRIMARY KEY (source_type, link))
  STRICT, WITHOUT ROWID;
CREATE TABLE hash_total (
  r4_type TEXT PRIMARY KEY, count INTEGER NOT NULL, sum TEXT NOT NULL) STRICT, WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What was drawn of a plan.

    Attributes:
        plan: SHA-256 of the plan that it was drawn from.
        asked: `5%` or `200`, as the command line said it.
        seed: what decided which.
        dossiers, dossiers_of: how many were drawn, and how many there are.
        patients, patients_of: how many patients that is; a dossier may have more than one.
        writes, writes_of: planned resources.
        rejected, rejected_of: objects that the plan rejects.
        digest: SHA-256 over the keys of the writes, in the order of the plan.
        strata: what was drawn of what is alike, in the order in which it was drawn.
    """

    plan: str
    asked: str
    seed: str
    dossiers: int
    dossiers_of: int
    patients: int
    patients_of: int
    writes: int
    writes_of: int
    rejected: int
    rejected_of: int
    digest: str
    strata: tuple[Stratum, ...]

    def as_json(self) -> dict[str, Any]:
        """Return it as sample.json has it."""
        return {"schema": SCHEMA, **asdict(self)}

    def brief(self) -> dict[str, Any]:
        """Return it as `--json` prints it: without the strata."""
        return {name: value for name, value in asdict(self).items() if name != "strata"}


def keys_digest(keys: Iterable[tuple[str, str, str]]) -> str:
    """Return one digest over the keys of what was drawn, in their order."""
    hasher = hashlib.sha256()
    for key in keys:
        hasher.update("|".join(key).encode() + b"\n")
    return hasher.hexdigest()


def write_table(folder: Path, drawing: Drawing) -> Path:
    """Write sample.sqlite without its totals; it gets its name when it is whole.

    Returns:
        Where it lies until `name_table`.
    """
    new = folder / f"{os.getpid()}.unfinished.sqlite"
    new.unlink(missing_ok=True)
    os.close(os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    with closing(sqlite3.connect(new, isolation_level=None)) as db:
        db.executescript("PRAGMA journal_mode = OFF; BEGIN;" + _TABLES)
        db.executemany("INSERT INTO drawn VALUES (?, ?, ?)", _rows(drawing))
        db.executemany("INSERT INTO drawn_object VALUES (?, ?)", drawing.rejected)
        db.execute("COMMIT")
    return new


def _rows(drawing: Drawing) -> Iterator[tuple[int, int, int]]:
    pairs = zip(drawing.stratum, drawing.cluster, strict=True)
    return ((seq, stratum, of) for seq, (stratum, of) in enumerate(pairs) if stratum)


def name_table(new: Path, folder: Path, totals: dict[str, HashTotal]) -> None:
    """Put the totals of what was drawn in a new table, and give it its name."""
    with closing(sqlite3.connect(new)) as db, db:
        rows = [(r4_type, total.count, total.hex) for r4_type, total in totals.items()]
        db.executemany("INSERT INTO hash_total VALUES (?, ?, ?)", rows)
    new.replace(folder / TABLE)


def write_sample(folder: Path, sample: Sample) -> None:
    """Write sample.json: with that, the sample counts."""
    path = folder / NAME
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_bytes(orjson.dumps(sample.as_json(), option=orjson.OPT_INDENT_2) + b"\n")
    unfinished.chmod(0o600)
    unfinished.replace(path)


def forget_sample(folder: Path) -> None:
    """Let the whole plan count from here on."""
    (folder / NAME).unlink(missing_ok=True)
    (folder / TABLE).unlink(missing_ok=True)


def _is_kind(value: object, kind: object) -> bool:
    return isinstance(value, {"int": int, "str": str}.get(str(kind), tuple))


def read_sample(folder: Path) -> Sample | None:
    """Read what was drawn of a run's plan; None: the run is of the whole plan.

    Raises:
        JournalError: sample.json is not as `write_sample` made it, or its table is gone.
    """
    path = folder / NAME
    if not path.is_file():
        return None
    try:
        content = orjson.loads(path.read_bytes())
        known = content.pop("schema") == SCHEMA
        strata = tuple(Stratum(**row) for row in content.pop("strata"))
        found = Sample(**content, strata=strata)
        known = known and all(_is_kind(getattr(found, f.name), f.type) for f in fields(found))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        known, found = False, None
    if not (known and (folder / TABLE).is_file()):
        raise JournalError(
            "What was drawn of this run's plan cannot be read.",
            where=str(path),
            fix="Write the whole plan with --whole, or make a new plan.",
        )
    return found
