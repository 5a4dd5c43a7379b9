"""Reads the examples that an algorithm and those that it extends carry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from kt_migrate.algorithm.examples import Example, ExamplesFile, Source
from kt_migrate.algorithm.load import Layer, layers_of, merge
from kt_migrate.algorithm.model import Algorithm, AlgorithmFile
from kt_migrate.errors import ConfigurationError, said
from kt_migrate.strict_yaml import parse_model, read_yaml


@dataclass(frozen=True, slots=True)
class Told:
    """An example, and whose it is.

    Attributes:
        owner: name of the algorithm that carries it.
        example: itself.
        background: the objects that it names.
    """

    owner: str
    example: Example
    background: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Carried:
    """One algorithm of a chain, with its examples.

    Attributes:
        name: its name.
        algorithm: it, with all that it extends.
        own_rules: ids of the rules that its own file gives, `ignored` and `not_migrated` too.
        examples: its examples, by file and place.
        cannot_fail: per rule of which no example can show how it fails: why.
    """

    name: str
    algorithm: Algorithm
    own_rules: frozenset[str]
    examples: tuple[Told, ...] = ()
    cannot_fail: dict[str, str] = field(default_factory=dict)


def carried_examples(name_or_path: str, base: Path | None = None) -> tuple[Carried, ...]:
    """Read an algorithm and what it extends, each with its examples; its own first.

    Raises:
        ConfigurationError: the algorithm or a file of examples is not there or not right; says
            `file:line:column`.
    """
    layers = layers_of(name_or_path, base)
    found = [_carried(layers[: place + 1]) for place in range(len(layers))]
    return tuple(reversed(found))


def _carried(layers: Sequence[Layer]) -> Carried:
    parsed, path = layers[-1].parsed, layers[-1].path
    own = Carried(parsed.name, merge(layers).algorithm, frozenset(_rules(parsed)))
    if parsed.examples is None:
        return own
    return _with_examples(own, path.parent / parsed.examples)


def _rules(parsed: AlgorithmFile) -> Iterator[str]:
    yield from (one.id for one in parsed.not_migrated)
    for kind in parsed.types.values():
        yield from (one.id for one in kind.rules)
        yield from (one.id for one in kind.ignored)


def _with_examples(own: Carried, folder: Path) -> Carried:
    for path in sorted(folder.glob("*.yaml")):
        examples = read_yaml(path, path.name)
        parsed = parse_model(ExamplesFile, examples)
        for what, loc in _mistakes(parsed, own):
            raise ConfigurationError(
                what, where=examples.where(loc), fix="Correct the file at the place named."
            )
        told = tuple(
            Told(own.name, one, tuple(parsed.background[name] for name in one.background))
            for one in parsed.examples
        )
        own = replace(
            own,
            examples=own.examples + told,
            cannot_fail={**own.cannot_fail, **parsed.cannot_fail},
        )
    return own


def _mistakes(parsed: ExamplesFile, own: Carried) -> Iterator[tuple[str, Sequence[str | int]]]:
    seen = {told.example.id for told in own.examples}
    for place, example in enumerate(parsed.examples):
        if example.id in seen:
            yield said("The example {id} occurs twice.", id=example.id), ("examples", place, "id")
        seen.add(example.id)
        for number, name in enumerate(example.background):
            if name not in parsed.background:
                yield (
                    said("There is no {name} in background.", name=name),
                    ("examples", place, "with", number),
                )
    for rule in parsed.cannot_fail:
        if rule not in own.own_rules:
            yield (
                said("The algorithm has no rule {rule} of its own.", rule=rule),
                ("cannot_fail", rule),
            )
        if rule in own.cannot_fail:
            yield said("Why {rule} cannot fail is said twice.", rule=rule), ("cannot_fail", rule)
