"""YAML as people write it, read strictly: YAML 1.2, no duplicate keys, every error with its place.

YAML 1.1 reads `NO` as false and `2016-07-15` as a date, and keeps the last of two equal keys
without a word. None of that may happen to a code table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import DuplicateKeyError, RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import ScalarNode

from kt_migrate.errors import ConfigurationError

MAX_BYTES = 4 * 1024 * 1024
"""A file that a person writes is never larger; a larger one is a mistake or an attack."""

Model = TypeVar("Model", bound=BaseModel)
Loc = Sequence[str | int]


class _Constructor(RoundTripConstructor):
    """Reads a date as its text: only the code that uses a value knows what it means."""

    def text(self, node: ScalarNode) -> str:
        """Return the scalar as it stands."""
        return str(node.value)


_Constructor.add_constructor("tag:yaml.org,2002:timestamp", _Constructor.text)


@dataclass(frozen=True, slots=True)
class YamlFile:
    """A parsed file that still knows where everything stood.

    Attributes:
        name: how to call the file in messages.
        content: the bytes, for digests.
        tree: ruamel's tree with positions; use `data` for plain values.
    """

    name: str
    content: bytes
    tree: object

    @property
    def data(self) -> object:
        """The content as plain dicts, lists and scalars."""
        return _plain(self.tree)

    def where(self, loc: Loc = ()) -> str:
        """Return `file:line:column` (from 1) of a place, or of its nearest parent."""
        line, column, node = 0, 0, self.tree
        for step in loc:
            if isinstance(node, CommentedMap) and step in node:
                line, column = node.lc.key(step)
            elif isinstance(node, CommentedSeq) and isinstance(step, int) and step < len(node):
                line, column = node.lc.item(step)
            else:
                break
            node = node[step]
        return f"{self.name}:{line + 1}:{column + 1}"


def _plain(node: object) -> object:
    if isinstance(node, CommentedMap):
        return {key: _plain(value) for key, value in node.items()}
    if isinstance(node, CommentedSeq):
        return [_plain(item) for item in node]
    return node


def read_yaml(path: Path, name: str | None = None) -> YamlFile:
    """Read one YAML file.

    Args:
        path: the file.
        name: how to call it in messages; its path when None.

    Returns:
        Its content with positions.

    Raises:
        ConfigurationError: no such file, too large, not YAML, or a key that occurs twice.
    """
    name = name or str(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            "The file cannot be read.", where=name, fix=f"Check that it exists ({error.strerror})."
        ) from None
    return parse_yaml(content, name)


def parse_yaml(content: bytes, name: str) -> YamlFile:
    """Parse YAML from bytes; see `read_yaml`."""
    if len(content) > MAX_BYTES:
        raise ConfigurationError(
            "The file is too large.", where=name, fix=f"Keep it under {MAX_BYTES} bytes."
        )
    yaml = YAML(typ="rt", pure=True)
    yaml.Constructor = _Constructor
    yaml.version = (1, 2)
    try:
        tree = yaml.load(content)
    except DuplicateKeyError as error:
        raise _at(error, name, "The same key occurs twice.", "Keep one of the two.") from None
    except MarkedYAMLError as error:
        what = f"This is not YAML: {error.problem}."
        raise _at(error, name, what, "Correct the YAML here.") from None
    except (YAMLError, UnicodeDecodeError, ValueError):
        raise ConfigurationError(
            "This is not a YAML file.", where=name, fix="Save it as UTF-8 text in YAML."
        ) from None
    return YamlFile(name, content, tree)


def _at(error: MarkedYAMLError, name: str, what: str, fix: str) -> ConfigurationError:
    mark = error.problem_mark
    where = name if mark is None else f"{name}:{mark.line + 1}:{mark.column + 1}"
    return ConfigurationError(what, where=where, fix=fix)


def parse_model(model: type[Model], file: YamlFile) -> Model:
    """Validate a file against a pydantic model.

    Raises:
        ConfigurationError: with one line per problem, each with `file:line:column`. The value
            itself is never shown: it may be a secret or patient data.
    """
    try:
        return model.model_validate(file.data)
    except ValidationError as error:
        problems = error.errors(include_input=False, include_url=False, include_context=False)
        places = [file.where(_known(p["loc"])) for p in problems]
        lines = [
            f"{place}: {'.'.join(map(str, p['loc'])) or 'file'}: {p['msg']}"
            for place, p in zip(places, problems, strict=True)
        ]
        raise ConfigurationError(
            "\n".join(lines), where=places[0], fix="Correct the file at the place named."
        ) from None


def _known(loc: tuple[str | int, ...]) -> tuple[str | int, ...]:
    return tuple(step for step in loc if step != "[key]")
