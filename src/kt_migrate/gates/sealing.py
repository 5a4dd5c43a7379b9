"""gate.json in a run folder: which lines of the ledger decided about this run, with their digests.

Who cuts the ledger and its head alike is found by this, and by who wrote a digest down.
"""

from __future__ import annotations

from pathlib import Path

import orjson

from kt_migrate.errors import ForgedError, said
from kt_migrate.gates.chain import Chain, Line
from kt_migrate.gates.keeping import ledger_path
from kt_migrate.plan.runs import runs_of

SCHEMA = "kt-migrate-gate-seal/1"
NAME = "gate.json"


def seal(folder: Path, line: Line, thumbprint: str) -> None:
    """Note a decision in the folder of the run that it is about.

    Raises:
        ForgedError: what was noted before cannot be read.
    """
    noted = _noted(folder)
    record = line.record
    noted.append(
        {
            "gate": record.gate.value,
            "verdict": record.verdict.value,
            "number": line.number,
            "digest": line.digest,
            "key": thumbprint,
        }
    )
    content = {"schema": SCHEMA, "environment": record.environment, "decisions": noted}
    path = folder / NAME
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n")
    unfinished.chmod(0o600)
    unfinished.replace(path)


def require_sealed(root: Path, env: str, chain: Chain) -> None:
    """Refuse a ledger that lacks a decision which a run folder has noted.

    Raises:
        ForgedError: the line is not there, or is another.
    """
    for folder in runs_of(root, env):
        for one in _noted(folder):
            number, digest = int(str(one["number"])), str(one["digest"])
            there = chain.lines[number - 1].digest if 0 < number <= len(chain.lines) else ""
            if there != digest:
                raise ForgedError(
                    said(
                        "Line {number} is not the decision that run {name} noted.",
                        number=number,
                        name=folder.name,
                    ),
                    where=f"{ledger_path(root, env)}:{number}",
                    fix="Bring the whole ledger back from a copy; "
                    "a decision in it counts for nothing.",
                )


def _noted(folder: Path) -> list[dict[str, object]]:
    path = folder / NAME
    if not path.is_file():
        return []
    try:
        content = orjson.loads(path.read_bytes())
        noted = [{**one, "number": int(one["number"])} for one in content["decisions"]]
        if content["schema"] == SCHEMA and all(isinstance(one["digest"], str) for one in noted):
            return noted
    except (ValueError, KeyError, TypeError):
        pass
    raise ForgedError(
        "What the run folder noted of its decisions is damaged.",
        where=str(path),
        fix="Bring it back from a copy.",
    )
