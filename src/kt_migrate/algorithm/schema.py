"""The language as JSON Schema, for editors: keys, words, and what each means.

What an editor cannot know (whether a source path exists, which elements a type of KT 2.0 has) is
checked by `algorithm check`, with the same models.
"""

from __future__ import annotations

from typing import TypeAlias

import orjson

from kt_migrate.algorithm import known_sources, known_targets
from kt_migrate.algorithm.codes import KEYWORDS
from kt_migrate.algorithm.load import known_functions
from kt_migrate.algorithm.model import AlgorithmFile
from kt_migrate.algorithm.policies import CHOICES
from kt_migrate.errors import Said

Schema: TypeAlias = dict[str, object]

NAME = "kt-migrate-algorithm-1.schema.json"
"""Its file, in `algorithms/schema/`."""


def json_schema() -> Schema:
    """Return the JSON Schema of an algorithm's file (draft 2020-12)."""
    schema: Schema = AlgorithmFile.model_json_schema(by_alias=True)
    _short(schema)
    definitions = _mapping(schema["$defs"])

    def keys_of(name: str) -> Schema:
        return _mapping(_mapping(definitions[name])["properties"])

    _functions(keys_of("RuleEntry"))
    _policies(keys_of("Policies"))
    _words(keys_of("TypeEntry"), "target", known_targets.types())
    _words(keys_of("CodeTable"), "from", sorted(known_sources.CODE_SYSTEMS))
    for name in ("NotMigratedRule", "OwnElement"):
        _words(keys_of(name), "source_type", known_sources.TYPES)
    properties = _mapping(schema["properties"])
    _mapping(properties["types"])["propertyNames"] = _open(known_sources.TYPES)
    _plain_tables(_mapping(properties["codes"]))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "kt-migrate-algorithm/1",
        **schema,
        "title": "kt-migrate-algorithm/1",
    }


def schema_text() -> bytes:
    """Return the schema as its file has it."""
    return orjson.dumps(json_schema(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _mapping(value: object) -> Schema:
    return value if isinstance(value, dict) else {}


def _short(node: object) -> None:
    """Keep the first paragraph of each description: the rest is for who reads the code."""
    if isinstance(node, list):
        for item in node:
            _short(item)
    elif isinstance(node, dict):
        said = node.get("description")
        if isinstance(said, str):
            node["description"] = " ".join(said.partition("\n\n")[0].split())
        for value in node.values():
            _short(value)


def _open(words: object) -> Schema:
    """Return a text for which an editor offers these words, and takes others."""
    return {"anyOf": [{"enum": words}, {"type": "string"}]}


def _words(properties: Schema, name: str, words: object) -> None:
    said = _mapping(properties[name]).get("description", "")
    properties[name] = {**_open(words), "description": said}


def _functions(rule: Schema) -> None:
    functions = known_functions()
    using = _mapping(rule["using"])
    calls = [
        f"{name}({', '.join(a.shown for a in found.arguments)})" if found.arguments else name
        for name, found in sorted(functions.items())
    ]
    using["pattern"] = rf"^({'|'.join(sorted(functions))})(\([^()]*\))?$"
    using["examples"] = calls


def _policies(properties: Schema) -> None:
    for choice in CHOICES:
        said = "; ".join(
            f"{value}: {Said(words.text, value=value)}" for value, words in choice.values.items()
        )
        _mapping(properties[choice.name])["description"] = f"{said} ({choice.source})"


def _plain_tables(codes: Schema) -> None:
    """Let a table be no more than its codes, too."""
    target: Schema = {
        "anyOf": [{"type": "string", "minLength": 1}, {"$ref": "#/$defs/CodingEntry"}]
    }
    plain: Schema = {
        "type": "object",
        "propertyNames": {"not": {"enum": sorted(KEYWORDS)}},
        "additionalProperties": target,
    }
    patterns = _mapping(codes["patternProperties"])
    for pattern, table in patterns.items():
        patterns[pattern] = {"anyOf": [table, plain]}
