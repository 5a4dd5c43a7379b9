"""Reads one file as the language's structure: keys, kinds of value, and words of a closed list."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TypeAlias
from zoneinfo import available_timezones

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from kt_migrate.algorithm.mistakes import Mistake, expected, refuse, shown_word, unknown
from kt_migrate.algorithm.mistakes import nearest as nearest_word
from kt_migrate.algorithm.model import AlgorithmFile
from kt_migrate.language import tr
from kt_migrate.problems import choices_of, form_of
from kt_migrate.strict_yaml import YamlFile

Loc: TypeAlias = tuple[str | int, ...]
Schema: TypeAlias = dict[str, object]

_LISTS = {"time_zone": available_timezones}
"""Words that another list than ours has, per key."""

_RANK = {"extra_forbidden": 0, "missing": 1, "literal_error": 2}


def parse(file: YamlFile) -> AlgorithmFile:
    """Return a file as the model has it.

    Raises:
        ConfigurationError: keys, kinds of value or words that cannot be; each with its place.
    """
    data = file.data
    try:
        return AlgorithmFile.model_validate(data)
    except ValidationError as error:
        problems = [(_real(data, problem["loc"]), problem) for problem in error.errors()]
        refuse([_mistake(file, loc, problem) for loc, problem in _telling(problems)])
        raise  # there is always a problem to tell


def _real(data: object, loc: Loc) -> Loc:
    """Return the steps of a way that the file has."""
    found: list[str | int] = []
    for step in loc:
        match data:
            case dict() if step in data:
                data = data[step]
            case list() if isinstance(step, int) and step < len(data):
                data = data[step]
            case _:
                continue
        found.append(step)
    return tuple(found)


Problems: TypeAlias = list[tuple[Loc, ErrorDetails]]


def _telling(problems: Problems) -> Problems:
    """Return one problem per place, and none that another one explains.

    A choice between two forms gives a problem for each; the one that came furthest counts. A key
    that lacks is the one that was misspelt, when that is near.
    """
    best: dict[Loc, tuple[Loc, ErrorDetails]] = {}
    misspelt = [
        (loc[:-1], str(loc[-1])) for loc, p in problems if p["type"] == "extra_forbidden" and loc
    ]
    for loc, problem in problems:
        if any(other[: len(loc)] == loc and len(other) > len(loc) for other, _p in problems) and (
            problem["type"] != "missing"
        ):
            continue
        if problem["type"] == "missing":
            lacking = str(problem["loc"][-1])
            if any(at == loc and nearest_word(word, [lacking]) for at, word in misspelt):
                continue
            loc = (*loc, lacking)  # noqa: PLW2901  (so that two keys that lack are two places)
        known = best.get(loc)
        if known is None or _rank(problem) < _rank(known[1]):
            best[loc] = (loc, problem)
    return list(best.values())


def _rank(problem: ErrorDetails) -> int:
    return _RANK.get(problem["type"], len(_RANK))


def _mistake(file: YamlFile, loc: Loc, problem: ErrorDetails) -> Mistake:
    match problem["type"]:
        case "extra_forbidden":
            known = sorted(keys_at(problem["loc"][:-1]))
            return unknown(file.where(loc), "key", str(loc[-1]), known)
        case "missing":
            key = str(problem["loc"][-1])
            what = tr("The key {key} is missing.", key=key)
            return Mistake(file.where(loc), what, tr("Add {key}.", key=key))
        case "literal_error":
            word = problem["input"]
            choices = choices_of(problem)
            where = file.where(loc, value=True)
            if isinstance(word, str):
                return unknown(where, "value", word, choices)
            return Mistake(where, _kind_of(word), expected("", choices))
        case "value_error" if loc and loc[-1] in _LISTS and isinstance(problem["input"], str):
            words = _LISTS[str(loc[-1])]()
            return unknown(file.where(loc, value=True), "value", problem["input"], words)
        case _:
            return _other(file.where(loc, value="[key]" not in problem["loc"]), problem)


def _other(where: str, problem: ErrorDetails) -> Mistake:
    fix = tr("Expected: {form}.", form=form_of(problem))
    return Mistake(where, _kind_of(problem["input"]), fix)


def _kind_of(value: object) -> str:
    if isinstance(value, str):
        word = shown_word(value)
        return tr("This value cannot stand here: {word}.", word=word)
    return tr("This kind of value cannot stand here.")


@lru_cache(maxsize=1)
def _schema() -> Schema:
    return AlgorithmFile.model_json_schema(by_alias=True)


def keys_at(loc: Loc) -> set[str]:
    """Return the keys that a mapping at this place may have."""
    nodes = list(_expanded(_schema()))
    for step in loc:
        below = [found for node in nodes for found in _below(node, step)]
        nodes = [one for found in below for one in _expanded(found)] or nodes
    return {str(key) for node in nodes for key in _mapping(node.get("properties"))}


def _below(node: Schema, step: str | int) -> Iterator[Schema]:
    if isinstance(step, int):
        candidates = [node.get("items")]
    else:
        patterns = _mapping(node.get("patternProperties")).values()
        candidates = [_mapping(node.get("properties")).get(step), *patterns]
        candidates.append(node.get("additionalProperties"))
    found = next((c for c in candidates if isinstance(c, dict)), None)
    if found is not None:
        yield found


def _expanded(node: Schema) -> Iterator[Schema]:
    if isinstance(node.get("$ref"), str):
        name = str(node["$ref"]).rpartition("/")[2]
        yield from _expanded(_mapping(_mapping(_schema()["$defs"])[name]))
    elif isinstance(node.get("anyOf"), list):
        for option in _options(node["anyOf"]):
            yield from _expanded(option)
    else:
        yield node


def _options(value: object) -> list[Schema]:
    return (
        [option for option in value if isinstance(option, dict)] if isinstance(value, list) else []
    )


def _mapping(value: object) -> Schema:
    return value if isinstance(value, dict) else {}
