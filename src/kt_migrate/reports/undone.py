"""What was undone, on paper: rollback.json, and a list for KT2-Support of what is still there."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import orjson

from kt_migrate.language import tr
from kt_migrate.pseudonyms import pseudonym
from kt_migrate.reports.error_list import safe_cell, written
from kt_migrate.undo.looking import Undoing
from kt_migrate.undo.proof import OVERTAKEN
from kt_migrate.undo.record import Deed, Record
from kt_migrate.undo.run import UndoResult
from kt_migrate.undo.states import UndoState

SCHEMA = "kt-migrate-rollback/1"
RESULT, LEFT = "rollback.json", "rollback-over.csv"
_COLUMNS = ("pseudonym", "type", "id", "identifier", "link", "state", "code")


def undoing_text(undoing: Undoing) -> str:
    """Return in a sentence that a run was undone, and how far that is."""
    return tr(
        "This run was undone: {undone} resources undone, {left} left, {pending} still to do.",
        undone=undoing.undone,
        left=undoing.left,
        pending=undoing.pending,
    )


def as_json(folder: Path, result: UndoResult) -> dict[str, object]:
    """Return what undoing a run came to, as `--json` prints it."""
    types: dict[str, dict[str, int]] = {}
    for (r4_type, state), count in sorted(result.counts.items()):
        types.setdefault(r4_type, {})[state.value] = count
    return {
        "run": folder.name,
        "types": types,
        "total": result.total,
        "undone": result.undone,
        "left": result.of(UndoState.KEPT),
        "left_by_code": dict(sorted(result.kept.items())),
        "pending": result.pending,
        "proof": None if result.proof is None else result.proof.as_json(),
    }


def is_proven(folder: Path) -> bool:
    """Whether rollback.json has the proof that a run was undone.

    A process that was killed after the last deletion left everything undone and nothing proven.
    """
    try:
        proof = orjson.loads((folder / RESULT).read_bytes())["proof"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return isinstance(proof, dict) and proof.get("wrong") == 0


def write_undone(folder: Path, result: UndoResult) -> Path | None:
    """Write both files in the run folder.

    Returns:
        The list for KT2-Support; None when nothing of the run is on the server any more, and
        nothing of others was lost.
    """
    kept = {"schema": SCHEMA, **as_json(folder, result)}
    content = orjson.dumps(kept, option=orjson.OPT_INDENT_2)
    with written(folder / RESULT) as file:
        file.write(content + b"\n")
    path = folder / LEFT
    with Record(folder) as record:
        rows = [_left(deed, deed.code) for deed in record.deeds(UndoState.KEPT, UndoState.RETIRED)]
        rows += [_left(deed, OVERTAKEN) for deed in _overtaken(record, result)]
    if not rows:
        path.unlink(missing_ok=True)
        return None
    with written(path) as file:
        text = io.TextIOWrapper(file, "utf-8-sig", newline="", write_through=True)
        writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
        writer.writerow(_COLUMNS)
        writer.writerows([safe_cell(cell) for cell in row] for row in rows)
        text.detach()
    return path


def _overtaken(record: Record, result: UndoResult) -> list[Deed]:
    ids = set() if result.proof is None else set(result.proof.overtaken)
    return [deed for deed in record.deeds(UndoState.DELETED) if deed.id in ids] if ids else []


def _left(deed: Deed, code: str) -> tuple[str, ...]:
    identifier = f"{deed.system}|{deed.value}"
    named = (pseudonym(deed.link), deed.r4_type, deed.server_id, identifier)
    return (*named, deed.link, str(deed.state), code)
