"""findings.json: which planned writes a verification found missing, other or double.

The verification writes it and the load reads it; they do not know each other. It stays until a
verification looks again, or a repair has settled it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from kt_migrate.errors import JournalError

SCHEMA = "kt-migrate-findings/1"
_NAME = "findings.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Numbers of writes in the plan, per kind of what is wrong with them, in order."""

    missing: tuple[int, ...] = ()
    different: tuple[int, ...] = ()
    duplicate: tuple[int, ...] = ()

    @property
    def all(self) -> tuple[int, ...]:
        """All of them, in the order of the plan."""
        return tuple(sorted({*self.missing, *self.different, *self.duplicate}))

    def only(self, keep: Callable[[int], bool]) -> Findings:
        """Return those that are kept."""
        return Findings(
            missing=tuple(filter(keep, self.missing)),
            different=tuple(filter(keep, self.different)),
            duplicate=tuple(filter(keep, self.duplicate)),
        )


NOTHING_WRONG = Findings()


def write_findings(folder: Path, findings: Findings) -> None:
    """Write findings.json; without any finding there is no such file."""
    path = folder / _NAME
    if not findings.all:
        path.unlink(missing_ok=True)
        return
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_bytes(orjson.dumps({"schema": SCHEMA, **asdict(findings)}) + b"\n")
    unfinished.chmod(0o600)
    unfinished.replace(path)


def read_findings(folder: Path) -> Findings:
    """Read findings.json; none when it is not there.

    Raises:
        JournalError: the file is not as `write_findings` made it.
    """
    path = folder / _NAME
    if not path.is_file():
        return Findings()
    try:
        content = orjson.loads(path.read_bytes())
        kinds = {name: tuple(map(int, content[name])) for name in Findings.__dataclass_fields__}
        if content["schema"] == SCHEMA:
            return Findings(**kinds)
    except (ValueError, KeyError, TypeError):
        pass
    raise JournalError(
        "What the last verification found cannot be read.",
        where=str(path),
        fix="Give kt-migrate verify again: it makes the file anew.",
    )
