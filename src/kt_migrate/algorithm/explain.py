"""An algorithm once everything is merged: what becomes what, why, and which file decided it."""

from __future__ import annotations

from typing import TypeAlias

from kt_migrate.algorithm.load import Loaded
from kt_migrate.algorithm.merging import Path
from kt_migrate.algorithm.mistakes import refuse, unknown
from kt_migrate.algorithm.model import RuleEntry, TypeEntry
from kt_migrate.algorithm.policies import chosen
from kt_migrate.model import Json

Row: TypeAlias = dict[str, Json]

_FIELDS = ("from", "when", "to", "using", "value", "required", "enrichment", "because")


def explained(loaded: Loaded, source_type: str = "") -> Row:
    """Return everything that an algorithm decides, each with `file:line:column` of who decided.

    Args:
        loaded: the algorithm, and what made it.
        source_type: only this type of object; all when empty.

    Returns:
        Plain data; `schema` says `kt-migrate-explained/1`.

    Raises:
        AlgorithmError: the algorithm does not know this type.
    """
    file = loaded.merged.file
    types = dict(file.types)
    not_migrated = [n for n in file.not_migrated if source_type in {"", n.source_type}]
    if source_type and source_type not in types and not not_migrated:
        known = [*types, *(n.source_type for n in file.not_migrated)]
        refuse([unknown(loaded.algorithm.name, "source type", source_type, known)])
    shown: list[Json] = [
        _type(loaded, name, entry) for name, entry in types.items() if source_type in {"", name}
    ]
    files: list[Json] = [
        {"file": layer.file.name, "algorithm": f"{layer.parsed.name} {layer.parsed.version}"}
        for layer in loaded.layers
    ]
    homeless: list[Json] = [
        {
            "source_type": entry.source_type,
            "rule": entry.id,
            "because": entry.because,
            "where": _where(loaded, ("not_migrated", entry.id)),
        }
        for entry in not_migrated
    ]
    result: Row = {
        "schema": "kt-migrate-explained/1",
        "algorithm": loaded.algorithm.name,
        "digest": loaded.algorithm.digest,
        "files": files,
        "types": shown,
        "not_migrated": homeless,
    }
    if not source_type:
        result |= {"policies": _policies(loaded), "scope": _scope(loaded), "codes": _codes(loaded)}
    return result


def _where(loaded: Loaded, path: Path) -> str:
    return loaded.merged.origins.where(path)


def _type(loaded: Loaded, name: str, entry: TypeEntry) -> Row:
    path: Path = ("types", name)
    ignored: list[Json] = [
        {
            "path": left.path,
            "rule": left.id,
            "because": left.because,
            "where": _where(loaded, (*path, "ignored", left.id)),
        }
        for left in entry.ignored
    ]
    return {
        "source_type": name,
        "target": entry.target,
        "identifier": entry.identifier,
        "where": _where(loaded, path),
        "elements": [_rule(loaded, (*path, "rules", rule.id), rule) for rule in entry.rules],
        "ignored": ignored,
    }


def _rule(loaded: Loaded, path: Path, rule: RuleEntry) -> Row:
    said = rule.model_dump(by_alias=True)
    where = _where(loaded, path)
    file = loaded.merged.origins.of(path).file
    elsewhere: dict[str, Json] = {
        name: _where(loaded, (*path, name))
        for name in _FIELDS
        if loaded.merged.origins.of((*path, name)).file is not file
    }
    fixed = rule.value is not None
    return {
        "element": rule.to,
        "rule": rule.id,
        "from": None if fixed else said["from"] or None,
        "when": rule.when,
        "using": None if fixed else rule.using,
        "value": rule.value,
        "required": rule.required,
        "enrichment": ", ".join(rule.fields) or None,
        "because": rule.because,
        "where": where,
        "elsewhere": elsewhere,
    }


def _policies(loaded: Loaded) -> list[Json]:
    return [
        {
            "policy": name,
            "value": value,
            "means": words,
            "where": _decided(loaded, ("policies", name)),
        }
        for name, value, words in chosen(loaded.algorithm.policies)
    ]


def _scope(loaded: Loaded) -> list[Json]:
    said = loaded.algorithm.scope.model_dump(mode="json", by_alias=True)
    return [
        {"name": name, "value": value, "where": _decided(loaded, ("scope", name))}
        for name, value in said.items()
    ]


def _decided(loaded: Loaded, path: Path) -> Json:
    """Return who decided; None: nobody did, so it is as the tool has it."""
    return _where(loaded, path) if path in loaded.merged.origins.at else None


def _codes(loaded: Loaded) -> list[Json]:
    return [
        {
            "table": name,
            "from": table.source,
            "system": table.system,
            "unknown": table.unknown if isinstance(table.unknown, str) else table.unknown.code,
            "codes": _lines(loaded, name),
            "where": _where(loaded, ("codes", name)),
        }
        for name, table in loaded.merged.file.codes.items()
    ]


def _lines(loaded: Loaded, table: str) -> list[Json]:
    return [
        {
            "code": code,
            "becomes": target if isinstance(target, str) else {**target},
            "where": _where(loaded, ("codes", table, "codes", code)),
        }
        for code, target in loaded.algorithm.codes[table].items()
    ]
