"""The language as JSON Schema: what an editor knows is what the tool knows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from kt_migrate.algorithm.registry import FUNCTIONS
from kt_migrate.algorithm.schema import NAME, json_schema, schema_text
from kt_migrate.shipped import shipped
from kt_migrate.strict_yaml import parse_yaml, read_yaml

SHIPPED = sorted(shipped("algorithms").glob("*.yaml"))
HEAD = 'schema: kt-migrate-algorithm/1\nname: eigen\nversion: "1"\n'


def problems(text: str) -> list[str]:
    """Return what an editor would mark."""
    data = parse_yaml(text.encode(), "a.yaml").data
    return [error.message for error in Draft202012Validator(json_schema()).iter_errors(data)]


def test_the_file_that_is_shipped_is_the_one_that_the_models_make() -> None:
    """`kt-migrate algorithm schema > algorithms/schema/…` makes it anew."""
    file = shipped("algorithms") / "schema" / NAME

    assert file.read_bytes() == schema_text()
    Draft202012Validator.check_schema(json.loads(file.read_bytes()))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_algorithm_is_right_by_the_schema(path: Path) -> None:
    """As it is by the tool."""
    errors = Draft202012Validator(json_schema()).iter_errors(read_yaml(path).data)

    assert [error.message for error in errors] == []


@pytest.mark.parametrize(
    "wrong",
    [
        "niews: 1\n",
        "policies: {task_owner: eerste}\n",
        "codes: {t: {codes: {A: a}, sistem: x}}\n",
        "codes: {t: {A: {kode: x}}}\n",
        "remove: x\n",
        "types: {Patient: {rules: [{id: x, to: name}]}}\n",
        "types: {Patient: {rules: [{id: x, to: name, because: y, using: coode(t)}]}}\n",
    ],
)
def test_an_editor_marks_what_the_tool_refuses(wrong: str) -> None:
    """Keys, choices, kinds of value, functions."""
    assert problems(HEAD + wrong)


def test_both_forms_of_a_table_are_right_by_the_schema() -> None:
    """Plain codes, and the form that says more."""
    assert (
        problems(HEAD + "codes: {t: {A: a, B: {system: s, code: c}}, u: {codes: {A: $o}}}\n") == []
    )


def test_an_editor_offers_functions_types_and_what_each_choice_comes_to() -> None:
    """In the words of the documentation."""
    schema = json_schema()
    text = json.dumps(schema)
    plain: Any = schema
    using = plain["$defs"]["RuleEntry"]["properties"]["using"]

    assert len(using["examples"]) == len(FUNCTIONS)
    assert "reference(mandatory|optional, type…)" in using["examples"]
    assert all(f'"{name}"' in text for name in ("CarePlanActivityStatus", "Task", "Organization"))
    assert "Each sub-activity becomes a Task with partOf" in text
    assert "Attributes:" not in text
