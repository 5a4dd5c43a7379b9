"""What is wrong with a file is told in our own words, whatever it is, and never with its value."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

import words
from kt_migrate.bounds import Bounds
from kt_migrate.cluster.file import ClusterFile
from kt_migrate.config.domain import DomainFile
from kt_migrate.config.environment import Environment
from kt_migrate.errors import ConfigurationError, Said
from kt_migrate.language import shown
from kt_migrate.problems import told
from kt_migrate.strict_yaml import parse_model, parse_yaml

SOURCE = Path(__file__).parents[2] / "src" / "kt_migrate"
FILES = (Environment, DomainFile, ClusterFile, Bounds)
DUTCH = {message.id: message.string for message in words.read()}
ODD = "Geheim-41"
"""A value that nobody may see."""


def keys_of(schema: object) -> Iterator[str]:
    """Return every key that a schema has."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for below in schema.values():
            yield from keys_of(below)
    elif isinstance(schema, list):
        for below in schema:
            yield from keys_of(below)


KEYS = sorted({key for model in FILES for key in keys_of(model.model_json_schema())})
LEAVES = st.sampled_from(
    [None, True, -1, 0, 10**30, 0.5, float("inf"), "", ODD, "x" * 200, "local"]
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(KEYS), inner),
    max_leaves=12,
)


@pytest.mark.parametrize("model", FILES)
@given(content=st.dictionaries(st.sampled_from(KEYS), VALUES))
def test_whatever_is_wrong_is_told_in_both_languages_and_without_its_value(
    model: type[BaseModel], content: dict[str, Any]
) -> None:
    """Pydantic's own sentences are English, and some repeat the value."""
    try:
        model.model_validate(content)
    except ValidationError as error:
        for problem in error.errors():
            said = told(problem)
            assert DUTCH.get(said.text), said.text
            assert said != "expected another kind of value", problem["type"]
            assert ODD not in said


def test_what_a_validator_of_ours_refuses_it_says_for_both_languages() -> None:
    """With said(): a text in a ValueError is in no catalogue."""
    for path in sorted(SOURCE.rglob("*.py")):
        source = path.read_text("utf-8")
        if "Validator(" not in source and "_validator(" not in source:
            continue
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "ValueError":
                (what,) = node.args
                assert ast.unparse(what).startswith("said("), f"{path.name}:{node.lineno}"


def test_a_mistake_in_a_file_is_read_in_the_language_of_its_reader() -> None:
    """Each with its place; a bound and a closed list are told."""
    file = parse_yaml(b"max_depth: 0\nmax_ratio: veel\nx: 1\n", "b.yaml")

    with pytest.raises(ConfigurationError) as caught:
        parse_model(Bounds, file)

    assert isinstance(caught.value.what, Said)
    assert shown(caught.value.what).split("\n") == [
        "b.yaml:2:1: max_ratio: hier hoort een geheel getal",
        "b.yaml:1:1: max_depth: hier hoort een getal van 1 of meer",
        "b.yaml:3:1: x: zo'n sleutel is er hier niet",
    ]
    assert "max_depth: expected a number of 1 or more" in caught.value.what
