"""Reads an algorithm, follows `extends`, and checks everything that can be checked beforehand.

The only thing in this room that reads the disk.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from kt_migrate.algorithm import (
    functions_addresses,
    functions_definitions,
    functions_names,
    functions_plain,
    functions_relationships,
    functions_tasks,
    functions_teams,
    functions_telecoms,
)
from kt_migrate.algorithm.check import Merged, mistakes
from kt_migrate.algorithm.codes import otherwise, targets
from kt_migrate.algorithm.lists import list_digest, read_list
from kt_migrate.algorithm.merging import Data, Origins, ids, put_over, without
from kt_migrate.algorithm.mistakes import Mistake, refuse, unknown
from kt_migrate.algorithm.model import Algorithm, AlgorithmFile, TypeEntry, TypeRules
from kt_migrate.algorithm.registry import FUNCTIONS, Registered
from kt_migrate.algorithm.structure import parse
from kt_migrate.errors import ConfigurationError, said
from kt_migrate.language import tr
from kt_migrate.shipped import shipped
from kt_migrate.strict_yaml import YamlFile, read_yaml

ROOMS = (
    functions_addresses,
    functions_definitions,
    functions_names,
    functions_plain,
    functions_relationships,
    functions_tasks,
    functions_teams,
    functions_telecoms,
)
"""The modules whose functions a rule may name; importing them registers the functions."""

_MAX_EXTENDS = 8


@dataclass(frozen=True, slots=True)
class Layer:
    """One file of an algorithm: as the model has it, as it stands, and where."""

    parsed: AlgorithmFile
    file: YamlFile
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """An algorithm, and what made it.

    Attributes:
        algorithm: what a plan needs.
        merged: its content, and which file decided what.
        layers: the files, the lowest first.
    """

    algorithm: Algorithm
    merged: Merged
    layers: tuple[Layer, ...]


def load_algorithm(name_or_path: str, base: Path | None = None) -> Algorithm:
    """Read an algorithm.

    Args:
        name_or_path: a shipped name (`standard`), or the path of a YAML file.
        base: folder that a relative path starts from; the current one when None.

    Raises:
        ConfigurationError: it is not there or not right; says `file:line:column`.
    """
    return load_whole(name_or_path, base).algorithm


def known_functions() -> Mapping[str, Registered]:
    """Return every function that a rule may name; this module has them all registered."""
    return FUNCTIONS


def load_whole(name_or_path: str, base: Path | None = None) -> Loaded:
    """Read an algorithm, and keep which file decided what; see `load_algorithm`."""
    return merge(layers_of(name_or_path, base))


def merge(layers: Sequence[Layer]) -> Loaded:
    """Put the files of an algorithm over one another, the lowest first, and check each.

    Raises:
        AlgorithmError: what one of them says cannot be.
    """
    origins, data = Origins(), Data()
    merged = Merged(layers[0].parsed, origins)
    for layer in layers:
        own = layer.parsed.model_dump(by_alias=True, exclude_unset=True)
        refuse([*_twice(layer), *_without_examples(layer)])
        data.pop("extends", None)
        gone = layer.parsed.remove
        refuse(_not_there(layer, [*ids(data)], gone))
        data = put_over(without(data, gone, origins), own, layer.file, origins)
        merged = Merged(AlgorithmFile.model_validate(data), origins)
        refuse(_once_each([*_double_over_files(merged), *mistakes(merged)]))
    algorithm = _resolved(merged.file, _lists(layers))
    return Loaded(algorithm=algorithm, merged=merged, layers=tuple(layers))


def _lists(layers: Sequence[Layer]) -> dict[str, frozenset[str]]:
    """Read the lists of patients, of the file whose groups count; each by its group."""
    for layer in reversed(layers):
        scope = layer.parsed.scope
        if "groups" in scope.model_fields_set:
            return {
                group.name: read_list(
                    layer.path.parent / group.patients.members,
                    layer.file.where(("scope", "groups", place, "patients", "list"), value=True),
                )
                for place, group in enumerate(scope.groups)
                if group.patients.members is not None
            }
    return {}


def layers_of(name_or_path: str, base: Path | None = None) -> list[Layer]:
    """Return the files that extend one another, the lowest first."""
    found: list[Layer] = []
    name: str | None = name_or_path
    while name is not None:
        path = _find(name, base, found)
        file = read_yaml(path, path.name)
        found.append(Layer(parse(file), file, path))
        if len(found) > _MAX_EXTENDS:
            raise ConfigurationError(
                "The algorithms extend each other in a circle.",
                where=file.where(("extends",)),
                fix="Let the first one extend standard, or nothing.",
            )
        name, base = found[-1].parsed.extends, path.parent
    return found[::-1]


def _find(name: str, base: Path | None, above: Sequence[Layer]) -> Path:
    if name.endswith((".yaml", ".yml")) or "/" in name:
        path = (base or Path()) / name
        if above and not path.is_file():
            near = [other.name for other in sorted(path.parent.glob("*.yaml"))]
            refuse([unknown(_extends_of(above), "algorithm", name, near)])
        return path
    path = shipped("algorithms") / f"{name}.yaml"
    if not path.is_file():
        known = sorted(p.stem for p in shipped("algorithms").glob("*.yaml"))
        if above:
            refuse([unknown(_extends_of(above), "algorithm", name, known)])
        raise ConfigurationError(
            "There is no shipped algorithm of this name.",
            where=name,
            fix=said("Use {names}, or the path of a YAML file.", names=", ".join(known)),
        )
    return path


def _extends_of(above: Sequence[Layer]) -> str:
    return above[-1].file.where(("extends",), value=True)


def _without_examples(layer: Layer) -> list[Mistake]:
    """Return that the folder of examples is not there, or empty: it would test nothing."""
    named, home = layer.parsed.examples, layer.path.parent
    if named is None or any((home / named).glob("*.yaml")):
        return []
    folders = {file.parent.relative_to(home).as_posix() for file in home.glob("*/**/*.yaml")}
    where = layer.file.where(("examples",), value=True)
    return [unknown(where, "folder", named, folders)]


def _twice(layer: Layer) -> list[Mistake]:
    """Return the ids that occur twice in one file."""
    found: list[Mistake] = []
    seen: set[str] = set()
    for identifier, loc in _ids(layer.parsed):
        if identifier in seen:
            found.append(_double(layer.file.where(loc), identifier))
        seen.add(identifier)
    return found


def _double(where: str, identifier: str) -> Mistake:
    return Mistake(
        where,
        tr("The rule id {identifier} occurs twice.", identifier=identifier),
        tr("Give each rule an id of its own."),
    )


def _ids(parsed: AlgorithmFile) -> list[tuple[str, tuple[str | int, ...]]]:
    found: list[tuple[str, tuple[str | int, ...]]] = [
        (entry.id, (section, place))
        for section in ("not_migrated", "own_elements")
        for place, entry in enumerate(getattr(parsed, section))
    ]
    for name, entry in parsed.types.items():
        found += [(r.id, ("types", name, "rules", n)) for n, r in enumerate(entry.rules)]
        found += [(i.id, ("types", name, "ignored", n)) for n, i in enumerate(entry.ignored)]
    return found


def _not_there(layer: Layer, known: Sequence[str], gone: Sequence[str]) -> list[Mistake]:
    return [
        unknown(layer.file.where(("remove", place), value=True), "rule id", name, known)
        for place, name in enumerate(gone)
        if name not in known
    ]


def _double_over_files(merged: Merged) -> list[Mistake]:
    """Return the ids that two sections of the whole have."""
    seen: set[str] = set()
    found: list[Mistake] = []
    for identifier, loc in _ids(merged.file):
        path = (*map(str, loc[:-1]), identifier)
        if identifier in seen:
            found.append(_double(merged.origins.where(path), identifier))
        seen.add(identifier)
    return found


def _once_each(found: list[Mistake]) -> list[Mistake]:
    """Return one mistake per place."""
    return list({mistake.where: mistake for mistake in reversed(found)}.values())[::-1]


def _resolved(file: AlgorithmFile, lists: dict[str, frozenset[str]]) -> Algorithm:
    digests = {name: list_digest(members) for name, members in lists.items()}
    content = {**file.model_dump(exclude={"examples"}), "lists": digests}  # examples decide nothing
    hasher = hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS))
    return Algorithm(
        name=f"{file.name} {file.version}",
        digest=hasher.hexdigest(),
        policies=file.policies,
        scope=file.scope,
        success=file.success,
        codes={name: targets(table) for name, table in file.codes.items()},
        unknown={name: otherwise(table) for name, table in file.codes.items()},
        not_migrated={entry.source_type: entry.id for entry in file.not_migrated},
        reasons={entry.id: entry.because for entry in file.not_migrated},
        types={name: _rules(entry) for name, entry in file.types.items()},
        lists=lists,
    )


def _rules(entry: TypeEntry) -> TypeRules:
    return TypeRules.model_validate(entry.model_dump(by_alias=True, exclude_unset=True))
