"""Which source elements were read, which are left behind on purpose, and which nobody knows of.

An algorithm is an allow-list: what no rule reads is counted and reported.
"""

from __future__ import annotations

import re
from collections.abc import Container

from kt_migrate.algorithm.fhirpath import compiled
from kt_migrate.algorithm.model import Algorithm, TypeRules
from kt_migrate.algorithm.paths import is_simple
from kt_migrate.algorithm.registry import FUNCTIONS, split_call
from kt_migrate.kt13.body import first_text, short_url
from kt_migrate.kt13.remembering import remembered
from kt_migrate.model import Body, Loss

ANCHORS = frozenset({"id", "url"})
"""Not content: `id` is an anchor within the document (kt13.md §1.6), `url` names an extension."""

ANY_VALUE = "value[x]"
"""Step of a path: a value of whatever type; types drift (kt13.md X5)."""

_UNKNOWN = "Unknown"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,63}", re.ASCII)
_URL_END = re.compile(r"[A-Za-z0-9#_-]{0,80}", re.ASCII)
_VALUE = re.compile(r"\]\.value[A-Z][A-Za-z0-9]*")

_TASK_READS = (
    "activity.extension[CarePlan#ActivityDefinition]",
    "activity.extension[CarePlan#Started]",
    "activity.extension[CarePlan#Finished]",
    "activity.extension[CarePlan#Cancelled]",
    "activity.extension[CarePlan#StartDate]",
    "activity.extension[CarePlan#EndDate]",
    "activity.extension[CarePlan#ActivityIdentifier]",
    "activity.extension[CarePlan#ActivityStatus]",
    "activity.extension[CarePlan#SubActivity]",
    "activity.extension[CarePlan#Participant]",
    "careplan.patient",
    "careplan.participant",
    "careplan.status",
    "current",
    "subactivity",
)
_BESIDES = {
    # What the functions of a type read besides their rule's `from`.
    "CarePlanActivity": _TASK_READS,
    "CarePlanSubActivity": (*_TASK_READS, "activity"),
    "ActivityDefinition": (
        "extension[ActivityDefinition#IsActive]",
        "extension[ActivityDefinition#IsArchived]",
    ),
    "Application": ("name",),
    "RelatedPerson": ("gender",),
}


def losses(body: Body, source_type: str, algorithm: Algorithm) -> tuple[Loss, ...]:
    """Return the elements of a body that no rule reads, each path once, sorted."""
    known = _known(algorithm, source_type)
    found = (known.loss(path) for path in sorted(set(leaves(body))))
    return tuple(loss for loss in found if loss is not None)


class _Known:
    """What the rules of a type read, and what they leave behind, by path.

    A type has a million objects and a few hundred paths: what becomes of each is remembered.
    """

    def __init__(self, read: set[str], ignored: dict[str, str]) -> None:
        self._read = read
        self._ignored = ignored
        self._remembered: dict[str, Loss | None] = {}

    def loss(self, path: str) -> Loss | None:
        """Return what is lost of a path, or None when a rule reads it."""
        if path not in self._remembered:
            if len(self._remembered) >= _REMEMBERED:  # a hostile archive has as many as it likes
                self._remembered.clear()
            self._remembered[path] = self._look_up(path)
        return self._remembered[path]

    def _look_up(self, path: str) -> Loss | None:
        left = _covering(path, self._ignored)
        if left is not None:
            return Loss(path=path, rule=self._ignored[left])
        return Loss(path=path) if _covering(path, self._read) is None else None


_REMEMBERED = 10_000
_MADE: dict[tuple[str, str], _Known] = {}
"""Per digest and type: an algorithm is asked for each of its types a million times."""


def _known(algorithm: Algorithm, source_type: str) -> _Known:
    key = (algorithm.digest, source_type)
    if key not in _MADE:
        _MADE[key] = _Known(*_tables(algorithm.types[source_type], source_type))
    return _MADE[key]


def _tables(rules: TypeRules, source_type: str) -> tuple[set[str], dict[str, str]]:
    read = set(_BESIDES.get(source_type, ()))
    for rule in rules.rules:
        if not rule.source:
            continue
        name, _arguments = split_call(rule.using)
        reads = FUNCTIONS[name].reads
        for path in (rule.source,) if is_simple(rule.source) else compiled(rule.source).reads:
            read.update({f"{path}.{sub}" for sub in reads} if reads else {path})
    return read, {entry.path: entry.id for entry in rules.ignored}


def _covering(path: str, known: Container[str]) -> str | None:
    """Return the longest known path that is this one or above it, or None.

    A known path that ends with a dot is a primitive's alone.
    """
    of_any_type = _VALUE.sub(f"].{ANY_VALUE}", path)
    if of_any_type != path:
        found = _covering(of_any_type, known)
        if found is not None:
            return found
    if f"{path}." in known:
        return f"{path}."
    while path:
        if path in known:
            return path
        path = path.rpartition(".")[0]
    return None


def leaves(body: Body) -> list[str]:
    """Return the path of every leaf: `extension[Patient#Age].valueInteger`, without indices.

    Paths below an unknown extension end with its URL's last part, which is no content. A name
    that cannot be one is shown nowhere: it may be content after all.
    """
    found: list[str] = []
    _add_leaves(body, "", found)
    return found


def _add_leaves(body: Body, prefix: str, found: list[str]) -> None:
    for name, values in body.items():
        if name in ANCHORS:
            continue
        shown = _shown(name)
        for value in values:
            if not isinstance(value, dict):
                found.append(prefix + shown)
            elif name == "extension":
                step = _extension(first_text(value, "url") or "")
                _add_leaves(value, f"{prefix}extension[{step}].", found)
            else:
                _add_leaves(value, f"{prefix}{shown}.", found)


@remembered(1024)
def _shown(name: str) -> str:
    return name if _NAME.fullmatch(name) else _UNKNOWN


@remembered(1024)
def _extension(url: str) -> str:
    last = short_url(url).rpartition("/")[2].replace(".", "-")
    return last if _URL_END.fullmatch(last) else _UNKNOWN
