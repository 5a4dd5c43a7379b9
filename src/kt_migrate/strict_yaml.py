"""YAML as people write it, read strictly: YAML 1.2, no duplicate keys, every error with its place.

YAML 1.1 reads `NO` as false and `2016-07-15` as a date, and keeps the last of two equal keys
without a word. None of that may happen to a code table.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.composer import Composer
from ruamel.yaml.constructor import DuplicateKeyError, RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

from kt_migrate.errors import ConfigurationError, lines, said
from kt_migrate.problems import told

MAX_BYTES = 4 * 1024 * 1024
"""A file that a person writes is never larger; a larger one is a mistake or an attack."""

MAX_DEPTH = 40
"""Levels within levels; the deepest that a person writes is an algorithm's, with ten."""

_VERSION = (1, 2)
_TEXT = {f"tag:yaml.org,2002:{kind}" for kind in ("str", "timestamp", "value")}
_QUOTED = re.compile(r"(?<= )'[^'<\n]{3,}'")
"""What the parser quotes of the file; shorter is a single sign, `<…>` is its own word for one."""

Model = TypeVar("Model", bound=BaseModel)
Loc = Sequence[str | int]


class _Constructor(RoundTripConstructor):
    """Reads a date as its text: only the code that uses a value knows what it means.

    An equals sign is one too: YAML 1.1's name for a default value is none in YAML 1.2.
    """

    def text(self, node: ScalarNode) -> str:
        """Return the scalar as it stands."""
        return str(node.value)


for _kind in ("timestamp", "value"):
    _Constructor.add_constructor(f"tag:yaml.org,2002:{_kind}", _Constructor.text)


class _NotPlainError(MarkedYAMLError):
    """An anchor, an alias, a tag or another version."""


class _NoTextError(MarkedYAMLError):
    """A key that is read as something else."""


class _Composer(Composer):
    """Takes plain YAML 1.2 only: what stands somewhere is what it means, and no more than that.

    An alias makes terabytes of a kilobyte, a tag or a version changes what is read, and pydantic
    passes over a key that is no text, also where unknown keys are forbidden.
    """

    def compose_document(self) -> Node:
        """Compose the document, of this version."""
        event = self.parser.peek_event()
        if event.version not in (None, _VERSION):
            raise _NotPlainError(problem_mark=event.start_mark)
        node: Node = super().compose_document()
        return node

    def compose_node(self, parent: Node | None, index: Any) -> Node:  # noqa: ANN401  # as ruamel has it
        """Compose one node; of a key, the parent is a mapping and the index None."""
        event = self.parser.peek_event()
        if event.anchor or event.tag:  # of an alias, the anchor comes first
            raise _NotPlainError(problem_mark=event.start_mark)
        node: Node = super().compose_node(parent, index)
        if isinstance(parent, MappingNode) and index is None and node.tag not in _TEXT:
            raise _NoTextError(problem_mark=event.start_mark)
        return node


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

    def where(self, loc: Loc = (), *, value: bool = False, offset: int = 0) -> str:
        """Return `file:line:column` (from 1) of a place, or of its nearest parent.

        Args:
            loc: keys and numbers on the way; those that are not there are passed over.
            value: where the value begins, instead of its key.
            offset: so many signs further within a text that stands there on one line.
        """
        line, column, node = 0, 0, self.tree
        for step in loc:
            if isinstance(node, CommentedMap) and step in node:
                line, column = node.lc.value(step) if value else node.lc.key(step)
            elif isinstance(node, CommentedSeq) and isinstance(step, int) and step < len(node):
                line, column = node.lc.item(step)
            else:
                continue
            node = node[step]
        if offset:
            column += self._within(line, column, str(node), offset)
        return f"{self.name}:{line + 1}:{column + 1}"

    def _within(self, line: int, column: int, text: str, offset: int) -> int:
        """Return how far a sign of a text is from where it begins; 0 when that cannot be told."""
        lines = self.content.decode("utf-8", "replace").removeprefix("\ufeff").splitlines()
        here = lines[line][column:] if line < len(lines) else ""
        quote = int(here[:1] in {'"', "'"})
        return offset + quote if here[quote:].startswith(text[:offset]) else 0


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
            "The file cannot be read.",
            where=name,
            fix=said("Check that it exists ({strerror}).", strerror=error.strerror),
        ) from None
    return parse_yaml(content, name)


def parse_yaml(content: bytes, name: str) -> YamlFile:
    """Parse YAML from bytes; see `read_yaml`."""
    if len(content) > MAX_BYTES:
        raise ConfigurationError(
            "The file is too large.",
            where=name,
            fix=said("Keep it under {max_bytes} bytes.", max_bytes=MAX_BYTES),
        )
    yaml = YAML()
    yaml.Constructor = _Constructor
    yaml.Composer = _Composer
    yaml.max_depth = MAX_DEPTH
    try:
        tree = yaml.load(content)
    except DuplicateKeyError as error:
        raise _at(
            error, name, said("The same key occurs twice."), said("Keep one of the two.")
        ) from None
    except _NoTextError as error:
        raise _at(
            error, name, said("This key is no text."), said("Put the key in quotes.")
        ) from None
    except _NotPlainError as error:
        what = said("Anchors, aliases, tags and other versions of YAML are not taken here.")
        raise _at(error, name, what, said("Write it out in plain YAML 1.2.")) from None
    except MarkedYAMLError as error:
        problem = _QUOTED.sub("…", str(error.problem))  # it can be a secret
        what = said("This is not YAML: {problem}.", problem=problem)
        raise _at(error, name, what, said("Correct the YAML here.")) from None
    except (YAMLError, UnicodeDecodeError, ValueError, AssertionError):  # ruamel asserts versions
        raise ConfigurationError(
            "This is not a YAML file.", where=name, fix="Save it as UTF-8 text in YAML."
        ) from None
    return YamlFile(name, content, tree)


def _at(error: MarkedYAMLError, name: str, what: str, fix: str) -> ConfigurationError:
    mark = error.problem_mark
    where = name if mark is None else f"{name}:{mark.line + 1}:{mark.column + 1}"
    return ConfigurationError(what, where=where, fix=fix)


@dataclass(frozen=True, slots=True)
class Problem:
    """What a model does not take of a file.

    Attributes:
        loc: keys and numbers on the way to it.
        where: its place, as `file:line:column`.
        what: which key, and what is wrong; never the value.
    """

    loc: tuple[str | int, ...]
    where: str
    what: str


def validated(model: type[Model], file: YamlFile) -> Model | tuple[Problem, ...]:
    """Validate a file against a pydantic model.

    Returns:
        The model; or all that is wrong. The value itself is never shown: it may be a secret or
        patient data.
    """
    try:
        return model.model_validate(file.data)
    except ValidationError as error:
        return tuple(_problem(file, each) for each in error.errors())


def parse_model(model: type[Model], file: YamlFile) -> Model:
    """Validate a file against a pydantic model; see `validated`.

    Raises:
        ConfigurationError: with one line per problem, each with `file:line:column`.
    """
    found = validated(model, file)
    if isinstance(found, tuple):
        raise ConfigurationError(
            lines(
                said("{place}: {what}", place=problem.where, what=problem.what) for problem in found
            ),
            where=found[0].where,
            fix="Correct the file at the place named.",
        )
    return found


_LONGEST_NAME = 64
"""A key that is longer is none that a person thought of: it is something pasted."""


def _problem(file: YamlFile, problem: ErrorDetails) -> Problem:
    loc = problem["loc"]
    steps = (str(step) for step in loc)
    path = ".".join(step if len(step) <= _LONGEST_NAME else "…" for step in steps) or "file"
    return Problem(loc, file.where(loc), said("{place}: {what}", place=path, what=told(problem)))
