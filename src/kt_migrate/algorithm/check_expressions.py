"""Checks FHIRPath: that it parses, within its bounds, and that KT 1.3 has what it names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kt_migrate.algorithm.fhirpath import (
    FUNCTIONS,
    MAX_DEPTH,
    MAX_LENGTH,
    ExpressionError,
    Word,
    compiled,
)
from kt_migrate.algorithm.known_sources import ANY, EXTENSIONS, PRIMITIVES, elements
from kt_migrate.algorithm.merging import Origins, Path
from kt_migrate.algorithm.mistakes import Mistake, unknown
from kt_migrate.language import tr


def check_expression(
    origins: Origins, at: Path, text: str, source_type: str, own: Iterable[str]
) -> Iterator[Mistake]:
    """Yield what is wrong in an expression.

    Args:
        origins: which file decided what.
        at: way to the expression.
        text: the expression.
        source_type: type of the object that it is asked of.
        own: paths that the algorithm itself says there are.
    """
    try:
        expression = compiled(text)
    except ExpressionError as error:
        yield _no_expression(origins.where(at, value=True, offset=error.at), bound=error.bound)
        return
    paths = list(own)
    for word in expression.words:
        known = _known(word, source_type, paths)
        if word.text not in known and not (word.kind == "extension" and "://" in word.text):
            where = origins.where(at, value=True, offset=word.at)
            yield unknown(where, _KINDS[word.kind], word.text, known)


_KINDS = {
    "element": "source element",
    "extension": "source element",
    "function": "function",
    "constant": "value",
}


def _no_expression(where: str, *, bound: bool) -> Mistake:
    if bound:
        return Mistake(
            where,
            tr("This expression is too long or too deep."),
            tr(
                "Expected: at most {max_length} signs, and brackets {max_depth} deep.",
                max_length=MAX_LENGTH,
                max_depth=MAX_DEPTH,
            ),
        )
    return Mistake(
        where,
        tr("Here this stops being FHIRPath."),
        tr("Expected: a path (a.b) or FHIRPath, as in name.where(use = 'official')."),
    )


def _known(word: Word, source_type: str, own: list[str]) -> set[str]:
    match word.kind:
        case "element":
            steps = {step.partition("[")[0] for path in own for step in path.split(".")}
            return {*names(source_type), *steps}
        case "extension":
            named = {
                s[10:-1] for path in own for s in path.split(".") if s.startswith("extension[")
            }
            return {*EXTENSIONS, *named}
        case "function":
            return {*FUNCTIONS}
        case _:
            return set()


def names(source_type: str) -> set[str]:
    """Return every name of an element that can stand anywhere below a type of object."""
    found: set[str] = {"value"}
    kinds, seen = [source_type], set[str]()
    while kinds:
        kind = kinds.pop()
        if kind in seen or kind in PRIMITIVES or kind == ANY:
            continue
        seen.add(kind)
        found |= elements(kind).keys()
        kinds.extend(elements(kind).values())
    return {name for name in found if "[" not in name}
