"""Finds what a dotted path names in the body of an object: the fast road; FHIRPath is the other."""

from __future__ import annotations

from functools import lru_cache
from itertools import chain

from kt_migrate.algorithm.paths import is_simple
from kt_migrate.kt13.body import extensions
from kt_migrate.model import Body, Node

ANY_VALUE = "value[x]"
"""Step of a path: a value of whatever type; types drift (kt13.md X5)."""

Steps = tuple[tuple[str, str, str], ...]
"""Per step of a path: the step, the name of the element, `X#Y` of the extension or empty."""


def select(body: Body, path: str) -> list[Node]:
    """Return every node that a path selects.

    `extension[X#Y]` takes both forms of the URL; `value[x]` takes a value of any type.
    """
    return walked(body, steps_of(path))


def walked(body: Body, steps: Steps) -> list[Node]:
    """Return every node at the end of a path that was taken apart."""
    found: list[Node] = [body]
    for step, name, extension in steps:
        below: list[Node] = []
        for node in found:
            if not isinstance(node, dict):
                continue
            if step == ANY_VALUE:
                values = (nodes for element, nodes in node.items() if element.startswith("value"))
                below.extend(chain.from_iterable(values))
            elif extension:
                below.extend(extensions(node, extension))
            else:
                below.extend(node.get(name, ()))
        found = below
    return found


@lru_cache(maxsize=1024)
def steps_of(path: str) -> Steps:
    """Take a path apart, once: (step, name of the element, `X#Y` of the extension or empty).

    Of FHIRPath there are no steps.
    """
    steps: list[tuple[str, str, str]] = []
    if not is_simple(path):
        return ()
    for step in path.split("."):
        name, _, wanted = step.partition("[")
        steps.append((step, name, wanted[:-1]))
    return tuple(steps)
