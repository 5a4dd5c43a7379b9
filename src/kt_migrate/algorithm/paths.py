"""Simple paths into a source body, and whether KT 1.3 has what they name.

identifier.value
extension[Patient#Age].valueInteger       a Koppeltaal extension, whatever the form of its URL
extension[CareTeam#CareTeamIdentifier].value[x]       a value of whatever type
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from kt_migrate.algorithm.known_sources import ANY, EXTENSIONS, PRIMITIVES, elements

_STEP = r"[A-Za-z]\w*(?:\[(?:x|[A-Za-z]+#[A-Za-z]+)\])?"
_SIMPLE = re.compile(rf"{_STEP}(?:\.{_STEP})*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Unknown:
    """A word of a path that KT 1.3 does not have there.

    Attributes:
        word: the word.
        at: where it begins in the path.
        known: what may stand there.
    """

    word: str
    at: int
    known: tuple[str, ...]


def is_simple(path: str) -> bool:
    """Say whether a path is a dotted one; else it is FHIRPath.

    >>> is_simple("name.family"), is_simple("name.where(use = 'official').family")
    (True, False)
    """
    return _SIMPLE.fullmatch(path) is not None


def unknown_step(source_type: str, path: str, own: Iterable[str] = ()) -> Unknown | None:
    """Return the first word of a path that KT 1.3 does not have there, or None.

    Args:
        source_type: a type of `known_sources.TYPES`.
        path: a simple path.
        own: paths that the algorithm itself says there are; what is below them, too.
    """
    own = tuple(own)
    at, kind, above = 0, source_type, ""
    for step in path.split("."):
        below = f"{above}.{step}" if above else step
        if any(below == known or below.startswith(f"{known}.") for known in own):
            return None
        further = [known for known in own if known.startswith(f"{below}.")]
        found = None if kind == ANY else _unknown(step, at, kind)
        if found is not None and not further:
            return _with_own(found, above, own)
        if kind == ANY and not further:
            return None if not _next_of(above, own) else Unknown(step, at, _next_of(above, own))
        kind = _kind_below(kind, step)
        at, above = at + len(step) + 1, below
    return None


def _next_of(above: str, own: tuple[str, ...]) -> tuple[str, ...]:
    """Return the steps that the algorithm itself says there are below a path."""
    prefix = f"{above}." if above else ""
    steps = [known[len(prefix) :].split(".")[0] for known in own if known.startswith(prefix)]
    return tuple(dict.fromkeys(steps))


def _with_own(found: Unknown, above: str, own: tuple[str, ...]) -> Unknown:
    names = [step.removeprefix("extension[").rstrip("]") for step in _next_of(above, own)]
    return Unknown(found.word, found.at, (*found.known, *names))


def _kind_below(kind: str, step: str) -> str:
    if kind == ANY:
        return "Extension" if step.startswith("extension[") else ANY
    return elements(kind).get(step if step.endswith("[x]") else step.partition("[")[0], ANY)


def _unknown(step: str, at: int, kind: str) -> Unknown | None:
    name, _, wanted = step.partition("[")
    if kind in PRIMITIVES:
        return Unknown(step, at, ())
    if step.endswith("[x]"):
        return None if step in elements(kind) else Unknown(step, at, tuple(elements(kind)))
    if name not in elements(kind):
        return Unknown(name, at, tuple(elements(kind)))
    if wanted and (name not in {"extension", "modifierExtension"}):
        return Unknown(step, at, tuple(elements(kind)))
    if wanted and wanted[:-1] not in EXTENSIONS:
        return Unknown(wanted[:-1], at + len(name) + 1, tuple(sorted(EXTENSIONS)))
    return None
