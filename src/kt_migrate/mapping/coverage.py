"""What becomes of each source element: read by rules, left behind on purpose, or unread.

An algorithm is an allow-list: what no rule reads is counted and reported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from kt_migrate.algorithm.fhirpath import compiled
from kt_migrate.algorithm.model import Algorithm, TypeRules
from kt_migrate.algorithm.paths import is_simple
from kt_migrate.algorithm.registry import FUNCTIONS, split_call
from kt_migrate.kt13.body import short_url
from kt_migrate.kt13.remembering import remembered
from kt_migrate.mapping.mapper import never_migrated
from kt_migrate.mapping.selecting import ANY_VALUE

_UNKNOWN = "Unknown"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,63}", re.ASCII)
_URL_END = re.compile(r"[A-Za-z0-9#_-]{0,80}", re.ASCII)
_VALUE = re.compile(r"\]\.value[A-Z][A-Za-z0-9]*")

ACTIVITY, SUB_ACTIVITY, CAREPLAN = "CarePlanActivity", "CarePlanSubActivity", "CarePlan"

_READING: tuple[str, ...] = ()
"""No function: the element is read when an object is put together, before any rule."""

_TASK_READS = {
    "activity.extension[CarePlan#ActivityDefinition]": ("task_instantiates", "task_description"),
    "activity.extension[CarePlan#Started]": ("task_period",),
    "activity.extension[CarePlan#Finished]": ("task_period",),
    "activity.extension[CarePlan#Cancelled]": ("task_period",),
    "activity.extension[CarePlan#StartDate]": ("task_period",),
    "activity.extension[CarePlan#EndDate]": ("task_period",),
    "activity.extension[CarePlan#ActivityIdentifier]": _READING,
    "activity.extension[CarePlan#ActivityStatus]": _READING,
    "activity.extension[CarePlan#SubActivity]": _READING,
    "activity.extension[CarePlan#Participant]": ("task_requester",),
    "careplan.patient": ("task_owner",),
    "careplan.participant": ("task_requester",),
    "careplan.status": _READING,
    "current": _READING,
    "subactivity": _READING,
}
_BESIDES: dict[str, dict[str, tuple[str, ...]]] = {
    # What is read besides a rule's `from`, and by which functions.
    ACTIVITY: _TASK_READS,
    SUB_ACTIVITY: {**_TASK_READS, "activity": _READING},
    "CarePlanActivityStatus": {
        "code": _READING,
        "extension[CarePlanActivityStatus#Activity]": _READING,
        "extension[CarePlanActivityStatus#ActivityStatus]": _READING,
        "extension[CarePlanActivityStatus#SubActivity]": _READING,
    },
    "ActivityDefinition": {
        "extension[ActivityDefinition#IsActive]": ("definition_status",),
        "extension[ActivityDefinition#IsArchived]": ("definition_status",),
    },
    "Application": {"name": _READING},
    "RelatedPerson": {"gender": ("relationship",)},
}


class Status(StrEnum):
    """What becomes of an element."""

    READ = "read"
    IGNORED = "ignored"
    UNREAD = "unread"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What becomes of one element of one type.

    Attributes:
        status: read, ignored or unread.
        rules: which rules read it, or which one leaves it behind; none: it is read when the
            object is put together, or by nobody.
        because: of what is ignored, why.
    """

    status: Status
    rules: tuple[str, ...] = ()
    because: str = ""


UNREAD = Fate(status=Status.UNREAD)


def fate_of(source_type: str, path: str, algorithm: Algorithm) -> Fate:
    """Return what an algorithm does with one element of a type.

    Args:
        source_type: a key of `types` or `not_migrated`, or any other: of that nothing is read.
        path: as `account.Account` gives it.
        algorithm: the rules. The longest path that covers an element decides; of two that are as
            long, being ignored does.
    """
    never = never_migrated(source_type, algorithm)
    if never is not None:
        if source_type == CAREPLAN and ACTIVITY in algorithm.types:
            of_activity = fate_of(ACTIVITY, f"careplan.{path}", algorithm)
            if of_activity.status is Status.READ:
                return of_activity
        because = algorithm.reasons.get(never.rule, "")
        return Fate(status=Status.IGNORED, rules=(never.rule,), because=because)
    rules = algorithm.types.get(source_type)
    read = _besides(source_type, rules)
    for source, rule in _sources(rules):
        read[source] = (*read.get(source, ()), rule)
    ignored = {entry.path: entry for entry in rules.ignored} if rules else {}
    for known in _covering(path):
        if known in ignored:
            left = ignored[known]
            return Fate(status=Status.IGNORED, rules=(left.id,), because=left.because)
        if known in read:
            every = (rule for cover in _covering(path) for rule in read.get(cover, ()))
            return Fate(status=Status.READ, rules=tuple(dict.fromkeys(every)))
    return UNREAD


def _besides(source_type: str, rules: TypeRules | None) -> dict[str, tuple[str, ...]]:
    """Return what the functions that the rules use read besides their own element."""
    users: dict[str, tuple[str, ...]] = {}
    for rule in rules.rules if rules else ():
        name = split_call(rule.using)[0]
        users[name] = (*users.get(name, ()), rule.id)
    return {
        path: tuple(rule for name in functions for rule in users.get(name, ()))
        for path, functions in _BESIDES.get(source_type, {}).items()
        if not functions or any(name in users for name in functions)
    }


def read_besides(source_type: str, function: str) -> tuple[str, ...]:
    """Return the paths that a function reads besides what its rule's `from` names."""
    return tuple(
        path for path, functions in _BESIDES.get(source_type, {}).items() if function in functions
    )


def _sources(rules: TypeRules | None) -> Iterator[tuple[str, str]]:
    """Yield (path, rule) of every element that a rule's `from` takes: no condition reads."""
    for rule in rules.rules if rules else ():
        if rule.source:
            reads = FUNCTIONS[split_call(rule.using)[0]].reads
            for source in (rule.source,) if is_simple(rule.source) else compiled(rule.source).reads:
                for path in [f"{source}.{sub}" for sub in reads] or [source]:
                    yield path, rule.id


def _covering(path: str) -> Iterator[str]:
    """Yield the paths that cover an element, the longest first.

    A path that ends with a dot is a primitive's alone; a value's type may be any.
    """
    yield f"{path}."
    of_any_type = _VALUE.sub(f"].{ANY_VALUE}", path)
    if of_any_type != path:
        yield f"{of_any_type}."
    while path:
        yield path
        if of_any_type != path:
            yield of_any_type
        path, of_any_type = (p.rpartition(".")[0] for p in (path, of_any_type))


@remembered(1024)
def shown(name: str) -> str:
    """Return an element's name as a path has it; what cannot be a name is shown nowhere."""
    return name if _NAME.fullmatch(name) else _UNKNOWN


@remembered(1024)
def shown_extension(url: str) -> str:
    """Return the last part of an extension's URL, which is no content, as a path has it."""
    last = short_url(url).rpartition("/")[2].replace(".", "-")
    return last if _URL_END.fullmatch(last) else _UNKNOWN
