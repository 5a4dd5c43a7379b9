"""Reads an algorithm, follows `extends`, and checks everything that can be checked beforehand.

The only thing in this room that reads the disk.
"""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

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
from kt_migrate.algorithm.codes import CodeTable, otherwise, targets
from kt_migrate.algorithm.model import (
    Algorithm,
    AlgorithmFile,
    Ignored,
    NotMigratedRule,
    Rule,
    TypeRules,
)
from kt_migrate.algorithm.registry import FUNCTIONS, part_of, split_call
from kt_migrate.errors import ConfigurationError
from kt_migrate.shipped import shipped
from kt_migrate.strict_yaml import YamlFile, parse_model, read_yaml

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
_Ruled = TypeVar("_Ruled", Rule, Ignored, NotMigratedRule)


def load_algorithm(name_or_path: str, base: Path | None = None) -> Algorithm:
    """Read an algorithm.

    Args:
        name_or_path: a shipped name (`standard`), or the path of a YAML file.
        base: folder that a relative path starts from; the current one when None.

    Raises:
        ConfigurationError: it is not there or not right; says `file:line:column`.
    """
    chain: list[tuple[AlgorithmFile, YamlFile]] = []
    name: str | None = name_or_path
    while name is not None:
        path = _find(name, base)
        file = read_yaml(path, path.name)
        parsed = parse_model(AlgorithmFile, file)
        chain.append((parsed, file))
        if len(chain) > _MAX_EXTENDS:
            raise ConfigurationError(
                "The algorithms extend each other in a circle.",
                where=file.where(("extends",)),
                fix="Let the first one extend standard, or nothing.",
            )
        name, base = parsed.extends, path.parent
    *above, (merged, file) = chain
    _check(merged, file, merged.codes)
    for parsed, file in reversed(above):
        merged = _merge(merged, parsed)
        _check(parsed, file, merged.codes)
    return _resolved(merged)


def _find(name: str, base: Path | None) -> Path:
    if name.endswith((".yaml", ".yml")) or "/" in name:
        return (base or Path()) / name
    path = shipped("algorithms") / f"{name}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in shipped("algorithms").glob("*.yaml")))
        raise ConfigurationError(
            "There is no shipped algorithm of this name.",
            where=name,
            fix=f"Use {known}, or the path of a YAML file.",
        )
    return path


def _check(parsed: AlgorithmFile, file: YamlFile, tables: Container[str]) -> None:
    seen: set[str] = set()
    for identifier, loc in _ids(parsed):
        if identifier in seen:
            raise ConfigurationError(
                f"The rule id {identifier} occurs twice.",
                where=file.where(loc),
                fix="Give each rule an id of its own.",
            )
        seen.add(identifier)
    for source_type, rules in parsed.types.items():
        for place, rule in enumerate(rules.rules):
            where = file.where(("types", source_type, "rules", place, "using"))
            _check_rule(rule, tables, where)
            _check_fields(rule, file.where(("types", source_type, "rules", place, "enrichment")))


def _ids(parsed: AlgorithmFile) -> Iterator[tuple[str, Sequence[str | int]]]:
    for place, entry in enumerate(parsed.not_migrated):
        yield entry.id, ("not_migrated", place)
    for source_type, rules in parsed.types.items():
        for place, rule in enumerate(rules.rules):
            yield rule.id, ("types", source_type, "rules", place)
        for place, ignored in enumerate(rules.ignored):
            yield ignored.id, ("types", source_type, "ignored", place)


def _check_rule(rule: Rule, tables: Container[str], where: str) -> None:
    name, arguments = split_call(rule.using)
    if name not in FUNCTIONS:
        raise ConfigurationError(
            f"There is no function {name}.",
            where=where,
            fix="See docs/algorithm-reference.md; there are " + ", ".join(sorted(FUNCTIONS)) + ".",
        )
    needs = FUNCTIONS[name]
    if len(arguments) < needs.takes:
        raise ConfigurationError(
            f"The function {name} needs {needs.takes} arguments.",
            where=where,
            fix="See docs/algorithm-reference.md.",
        )
    if any(table not in tables for table in arguments[: needs.tables]):
        raise ConfigurationError(
            "The rule names a code table that is not there.",
            where=where,
            fix="Add it under codes.",
        )


def _check_fields(rule: Rule, where: str) -> None:
    """See that the rule's function can take what may be supplied for it."""
    parts = FUNCTIONS[split_call(rule.using)[0]].supply.parts
    named = [part_of(field) for field in rule.fields]
    if rule.value is not None and named:
        raise ConfigurationError(
            "The rule has a fixed value: nothing can be supplied for it.",
            where=where,
            fix="Take enrichment away, or say from and using instead of value.",
        )
    if parts and not set(named) <= set(parts):
        raise ConfigurationError(
            "The rule's function cannot take this field of the enrichment.",
            where=where,
            fix="End its fields with " + ", ".join(parts) + ".",
        )
    if not parts and len(named) > 1:
        raise ConfigurationError(
            "The rule's function takes one value: it has more than one field.",
            where=where,
            fix="Give the rule one field of the enrichment.",
        )


def _merge(below: AlgorithmFile, above: AlgorithmFile) -> AlgorithmFile:
    """Put one algorithm over another: rules replace by id, `remove` takes rules away."""
    types = dict(below.types)
    for source_type, rules in above.types.items():
        old = types.get(source_type)
        types[source_type] = rules if old is None else _merge_type(old, rules)
    gone = set(above.remove)
    types = {name: _without(rules, gone) for name, rules in types.items()}
    kept = tuple(r for r in _by_id(below.not_migrated, above.not_migrated) if r.id not in gone)
    policies = {**below.policies.model_dump(), **above.policies.model_dump(exclude_unset=True)}
    scope = {**below.scope.model_dump(), **above.scope.model_dump(exclude_unset=True)}
    return AlgorithmFile.model_validate(
        {
            "schema": "kt-migrate-algorithm/1",
            "name": above.name,
            "version": above.version,
            "policies": policies,
            "scope": scope,
            "codes": {
                name: _merge_table(below.codes.get(name), above.codes.get(name))
                for name in below.codes.keys() | above.codes.keys()
            },
            "not_migrated": kept,
            "types": types,
        }
    )


def _merge_table(below: CodeTable | None, above: CodeTable | None) -> dict[str, object]:
    merged = {} if below is None else below.model_dump(by_alias=True, exclude_unset=True)
    own = {} if above is None else above.model_dump(by_alias=True, exclude_unset=True)
    for part in ("codes", "codings"):
        own[part] = {**merged.get(part, {}), **own.get(part, {})}
    return {**merged, **own}


def _merge_type(below: TypeRules, above: TypeRules) -> TypeRules:
    return TypeRules(
        target=above.target,
        identifier=above.identifier,
        rules=_by_id(below.rules, above.rules),
        ignored=_by_id(below.ignored, above.ignored),
    )


def _by_id(below: tuple[_Ruled, ...], above: tuple[_Ruled, ...]) -> tuple[_Ruled, ...]:
    merged = {rule.id: rule for rule in below} | {rule.id: rule for rule in above}
    return tuple(merged.values())


def _without(rules: TypeRules, gone: set[str]) -> TypeRules:
    return TypeRules(
        target=rules.target,
        identifier=rules.identifier,
        rules=tuple(r for r in rules.rules if r.id not in gone),
        ignored=tuple(r for r in rules.ignored if r.id not in gone),
    )


def _resolved(file: AlgorithmFile) -> Algorithm:
    content = file.model_dump()
    hasher = hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS))
    return Algorithm(
        name=f"{file.name} {file.version}",
        digest=hasher.hexdigest(),
        policies=file.policies,
        scope=file.scope,
        codes={name: targets(table) for name, table in file.codes.items()},
        unknown={name: otherwise(table) for name, table in file.codes.items()},
        not_migrated={entry.source_type: entry.id for entry in file.not_migrated},
        types=file.types,
    )
