"""What the functions of an algorithm were given and made, in the algorithm's own examples."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import orjson

from kt_migrate.algorithm.carried import carried_examples
from kt_migrate.algorithm.examples import Example
from kt_migrate.algorithm.registry import FUNCTIONS, Function
from kt_migrate.model import Json, Node
from kt_migrate.plan.examples import run_example

LONGEST = 700


@dataclass(frozen=True, slots=True, order=True)
class Call:
    """One call of a function; those with the algorithm's own choices come first, by length.

    Attributes:
        otherwise: whether the example makes choices of its own.
        length: of what it was given and made, in characters of JSON.
        example: id of the example.
        rule: id of the rule.
        using: the function with its arguments.
        given: what the rule's `from` selects, as JSON.
        made: what it returned, as JSON; `null` is nothing.
        said: codes of what it rejected or reported.
    """

    otherwise: bool
    length: int
    example: str
    rule: str
    using: str
    given: str
    made: str
    said: tuple[str, ...]


@cache
def calls(name: str) -> dict[str, list[Call]]:
    """Run the examples that an algorithm carries, and return all calls by function."""
    found: dict[str, list[Call]] = {}
    carried = carried_examples(name)[0]
    with tempfile.TemporaryDirectory() as folder:
        for told in carried.examples:
            with _listening(told.example, found):
                run_example(told, carried.algorithm, Path(folder))
    return {function: sorted(set(heard)) for function, heard in found.items()}


def shortest(heard: list[Call]) -> tuple[Call, ...]:
    """Return the shortest call that made something, and the shortest that rejected or reported."""
    made = (call for call in heard if call.made != "null" and call.given != "[]")
    plain = next((c for c in made if not c.said), None) or next(
        (c for c in heard if c.made != "null"), None
    )
    said = next((call for call in heard if call.said and call != plain), None)
    return tuple(call for call in (plain, said) if call and call.length < LONGEST)


@contextmanager
def _listening(example: Example, found: dict[str, list[Call]]) -> Iterator[None]:
    heard = {
        name: replace(one, call=_heard(name, one.call, example, found))
        for name, one in FUNCTIONS.items()
    }
    # What is ready for an algorithm was made with the functions of before.
    with (
        patch.dict(FUNCTIONS, heard),
        patch.dict("kt_migrate.mapping.mapper._READY", clear=True),
    ):
        yield


def _heard(
    name: str, function: Function, example: Example, found: dict[str, list[Call]]
) -> Function:
    otherwise = bool(example.policies.model_fields_set)

    def call(context: Any, nodes: list[Node], arguments: tuple[str, ...]) -> Json:  # noqa: ANN401 (the mapper's own)
        given = _json(nodes)
        before = len(context.rejects), len(context.notices)
        value = function(context, nodes, arguments)
        issues = [*context.rejects[before[0] :], *context.notices[before[1] :]]
        said = tuple(dict.fromkeys(issue.code for issue in issues))
        made, using = _json(value), f"{name}({', '.join(arguments)})" if arguments else name
        length = len(given) + len(made)
        one = Call(otherwise, length, example.id, context.rule.id, using, given, made, said)
        found.setdefault(name, []).append(one)
        return value

    return call


def _json(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
