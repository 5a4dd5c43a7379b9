"""Which source elements were read, which are left behind on purpose, and which nobody knows of.

An algorithm is an allow-list: what no rule reads is counted and reported.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

from kt_migrate.algorithm.model import Algorithm, TypeRules
from kt_migrate.algorithm.registry import FUNCTIONS, split_call
from kt_migrate.kt13.body import first_text, short_url
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
    read, ignored = _known(algorithm, source_type)
    found: dict[str, str] = {}
    for path in set(leaves(body)):
        left = _covering(path, ignored)
        if left is not None:
            found[path] = ignored[left]
        elif _covering(path, read) is None:
            found[path] = ""
    return tuple(Loss(path=path, rule=rule) for path, rule in sorted(found.items()))


_Tables = tuple[set[str], dict[str, str]]
_MADE: dict[tuple[str, str], _Tables] = {}
"""Tables per digest and type: an algorithm is asked for each of its types a million times."""


def _known(algorithm: Algorithm, source_type: str) -> _Tables:
    """Return what the rules of a type read, and what they leave behind, by path."""
    key = (algorithm.digest, source_type)
    if key not in _MADE:
        _MADE[key] = _tables(algorithm.types[source_type], source_type)
    return _MADE[key]


def _tables(rules: TypeRules, source_type: str) -> _Tables:
    read = set(_BESIDES.get(source_type, ()))
    for rule in rules.rules:
        if not rule.source:
            continue
        name, _arguments = split_call(rule.using)
        reads = FUNCTIONS[name].reads
        read.update({f"{rule.source}.{sub}" for sub in reads} if reads else {rule.source})
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


def leaves(body: Body, prefix: str = "") -> Iterator[str]:
    """Yield the path of every leaf: `extension[Patient#Age].valueInteger`, without indices.

    Paths below an unknown extension end with its URL's last part, which is no content. A name
    that cannot be one is shown nowhere: it may be content after all.
    """
    for found, values in body.items():
        if found in ANCHORS:
            continue
        name = found if _NAME.fullmatch(found) else _UNKNOWN
        for value in values:
            if not isinstance(value, dict):
                yield prefix + name
                continue
            step = f"{name}[{_extension(value)}]" if name == "extension" else name
            yield from leaves(value, f"{prefix}{step}.")


def _extension(node: Body) -> str:
    url = short_url(first_text(node, "url") or "")
    last = url.rpartition("/")[2].replace(".", "-")
    return last if _URL_END.fullmatch(last) else _UNKNOWN
