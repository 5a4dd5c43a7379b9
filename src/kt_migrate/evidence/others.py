"""Papers of what other commands left in the working folder, when they did: field by field.

Of a field only its own kind comes along: a count is a whole number, a digest 64 hexadecimal
digits, a word one of a plain alphabet that a server does not choose.
"""

from __future__ import annotations

import re
from pathlib import Path

import orjson

from kt_migrate.errors import JournalError
from kt_migrate.model import Json
from kt_migrate.plan.sampling.record import Sample
from kt_migrate.probing.record import read_probe
from kt_migrate.reports.estimating import read_estimate
from kt_migrate.reports.held import held
from kt_migrate.reports.result import RunResult
from kt_migrate.reports.undone import RESULT
from kt_migrate.undo.looking import undoing_of

_DIGEST = re.compile(r"[0-9a-f]{64}|", re.ASCII)
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:+-]{0,63}|", re.ASCII)
_ASKED = re.compile(r"\d{1,9}(?:\.\d{1,6})?%?", re.ASCII)
_ESTIMATED = ("env", "run", "certainty", "types", "duration")
_PROOF = ("gone", "with_history", "retired", "restored", "wrong", "overtaken")


def rollback_paper(folder: Path) -> dict[str, Json] | None:
    """Return how far a run was undone, and what the server said of it afterwards.

    Returns:
        None when undoing it was never begun; without `proof` when nobody looked afterwards.
    """
    undoing = undoing_of(folder)
    if undoing is None:
        return None
    said = _read(folder / RESULT) or {}
    types, proof = said.get("types"), said.get("proof")
    return {
        **undoing.as_json(),
        "types": {
            word(name): {word(state): count(n) for state, n in states.items()}
            for name, states in (types.items() if isinstance(types, dict) else ())
        },
        "proof": {name: count(proof.get(name)) for name in _PROOF}
        if isinstance(proof, dict)
        else None,
    }


def probe_paper(root: Path, environment: str) -> dict[str, Json] | None:
    """Return what the last probe of an environment came to; None when there was none.

    Not what it found in words, for a server chose some of those.
    """
    record = read_probe(root, environment)
    if record is None:
        return None
    return {
        "at": word(record.at),
        "plan": digest(record.plan),
        "environment_file": digest(record.environment_file),
        "server": digest(record.server.digest),
        "points": [
            {"id": word(p.id), "verdict": p.verdict.value, "needed": bool(p.needed)}
            for p in record.points
        ],
    }


def sample_paper(sample: Sample | None) -> dict[str, Json] | None:
    """Return of which sample a run is; None: of the whole plan."""
    if sample is None:
        return None
    said = figures(sample.brief())
    asked = sample.asked if _ASKED.fullmatch(sample.asked) else ""
    return {**said, "asked": asked} if isinstance(said, dict) else None


def estimate_paper(folder: Path, result: RunResult) -> dict[str, Json] | None:
    """Return what a sample says of the whole, or whether an earlier one was right.

    Returns:
        None when nothing was estimated of this plan.
    """
    estimate, compared = read_estimate(folder), held(folder, result)
    if estimate is not None:
        return {"estimate": figures({name: estimate[name] for name in _ESTIMATED})}
    if compared is not None:
        return {"held": figures(compared.as_json())}
    return None


def figures(value: object) -> Json:
    """Return the numbers of what another command worked out, and words of a plain alphabet."""
    match value:
        case dict():
            return {word(name): figures(inner) for name, inner in value.items() if word(name)}
        case list() | tuple():
            return [figures(inner) for inner in value]
        case bool() | int() | float() | None:
            return value  # type: ignore[return-value]  # a fraction too
        case _:
            return word(value)


def _read(path: Path) -> dict[str, object] | None:
    """Return what another command wrote; None when it did not.

    Raises:
        JournalError: it is not as that command writes it.
    """
    if not path.is_file():
        return None
    try:
        content = orjson.loads(path.read_bytes())
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise JournalError(
            "A file of the run folder cannot be read.",
            where=str(path),
            fix="Give the command that makes it again.",
        )
    return content


def count(value: object) -> int:
    """Return a count; what is none as 0."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0


def digest(value: object) -> str:
    """Return a SHA-256; what is none as empty."""
    return value if isinstance(value, str) and _DIGEST.fullmatch(value) else ""


def word(value: object) -> str:
    """Return a word of ours; what is none as empty."""
    return value if isinstance(value, str) and _WORD.fullmatch(value) else ""
