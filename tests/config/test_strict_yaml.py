"""YAML, read strictly."""

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from kt_migrate.errors import ConfigurationError
from kt_migrate.strict_yaml import parse_model, parse_yaml, read_yaml


class Shape(BaseModel):
    """A model to parse."""

    model_config = ConfigDict(extra="forbid")
    name: str
    sizes: list[int] = []


def test_text_stays_text() -> None:
    """YAML 1.1 would read these as False and as a date."""
    assert parse_yaml(b"a: NO\nb: 2016-07-15\n", "t").data == {"a": "NO", "b": "2016-07-15"}


def test_a_key_that_occurs_twice_is_refused_with_its_place() -> None:
    """The last one would win without a word."""
    with pytest.raises(ConfigurationError) as caught:
        parse_yaml(b"a: 1\na: 2\n", "t.yaml")

    assert caught.value.where == "t.yaml:2:1"


def test_a_wrong_value_is_named_by_file_line_and_column_and_never_shown() -> None:
    """The value may be a secret."""
    with pytest.raises(ConfigurationError) as caught:
        parse_model(Shape, parse_yaml(b"name: x\nsizes:\n  - geheim\n", "t.yaml"))

    assert caught.value.where == "t.yaml:3:5"
    assert "geheim" not in caught.value.what


@pytest.mark.parametrize("content", [b"a: [1", b"\xff\xfe\x00", b"a: " + b"x" * (5 << 20)])
def test_what_is_no_yaml_is_refused(content: bytes) -> None:
    """Broken, binary, giant."""
    with pytest.raises(ConfigurationError):
        parse_yaml(content, "t.yaml")


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    """What, where, fix."""
    with pytest.raises(ConfigurationError) as caught:
        read_yaml(tmp_path / "weg.yaml")

    assert "weg.yaml" in caught.value.where
