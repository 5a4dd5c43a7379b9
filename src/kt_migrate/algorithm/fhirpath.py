"""FHIRPath in a rule: `when`, and a `from` that is more than a dotted path.

The library is read when an algorithm has such an expression, and not before. What an expression
can do is bounded: its length, its depth, and its functions, none of which reads a clock, runs a
pattern, or goes round. Source: FHIRPath N1 (hl7.org/fhirpath/N1); the library, fhirpathpy.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

MAX_LENGTH = 400
MAX_DEPTH = 8
"""Brackets within brackets: nested functions each look at all that is below."""

_KEEP = frozenset({"where", "first", "last", "tail", "skip", "take"})
FUNCTIONS = frozenset(
    {
        *_KEEP,
        *("select", "extension", "exists", "empty", "not", "all", "count"),
        *("startsWith", "endsWith", "contains", "indexOf", "substring", "length"),
        *("upper", "lower", "trim", "replace", "join", "split"),
        *("toString", "toInteger", "toDecimal", "toBoolean", "toDate", "toDateTime"),
    }
)
"""The functions that an expression may use: those of which the library never makes a guess."""

Result = list[object]


@dataclass(frozen=True, slots=True)
class Word:
    """A name in an expression: an element, a function, or the name of an extension.

    Attributes:
        kind: `element`, `function`, `extension` or `constant`.
        text: the name.
        at: where it begins.
    """

    kind: str
    text: str
    at: int


class ExpressionError(ValueError):
    """An expression is none, or too much.

    Attributes:
        at: where in the expression.
        bound: it is right, and yet too long or too deep.
    """

    def __init__(self, at: int, *, bound: bool = False) -> None:
        super().__init__("no expression")
        self.at = at
        self.bound = bound


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression.

    Attributes:
        text: as it stands in the algorithm.
        words: the names in it.
        reads: the paths whose values can come out of it.
        evaluate: gives what it selects of a presented body (`presenting.presented`).
    """

    text: str
    words: tuple[Word, ...]
    reads: tuple[str, ...]
    evaluate: Callable[[dict[str, object]], Result] = field(compare=False)


@lru_cache(maxsize=512)
def compiled(text: str) -> Expression:
    """Compile an expression, once.

    Raises:
        ExpressionError: it does not parse, or is too long or too deep.
    """
    _bounded(text)
    tree = _tree(text)
    import fhirpathpy  # noqa: PLC0415  (read when an algorithm uses it: docs/dependencies.md)

    run = fhirpathpy.compile(text, options={"returnRawData": True})
    return Expression(
        text=text,
        words=tuple(_words(tree)),
        reads=tuple(sorted(_reads(tree))),
        evaluate=lambda body: [getattr(item, "data", item) for item in run(body, None)],
    )


def _bounded(text: str) -> None:
    if len(text) > MAX_LENGTH:
        raise ExpressionError(MAX_LENGTH, bound=True)
    depth = 0
    for at, sign in enumerate(_without_texts(text)):
        depth += (sign in "([") - (sign in ")]")
        if depth > MAX_DEPTH:
            raise ExpressionError(at, bound=True)


def _without_texts(text: str) -> str:
    return re.sub(r"'(?:\\.|[^'\\])*'", lambda found: "_" * len(found[0]), text)


def _tree(text: str) -> Any:  # noqa: ANN401  (the parser's own tree has no types)
    """Return the parse tree; the library's own parser passes over what it does not understand."""
    from antlr4 import CommonTokenStream, InputStream, Token  # noqa: PLC0415
    from antlr4.error.ErrorListener import ErrorListener  # noqa: PLC0415
    from fhirpathpy.parser.generated.FHIRPathLexer import FHIRPathLexer  # noqa: PLC0415
    from fhirpathpy.parser.generated.FHIRPathParser import FHIRPathParser  # noqa: PLC0415

    class Strict(ErrorListener):  # type: ignore[misc]  # the library has no types
        def syntaxError(self, *told: Any) -> None:  # noqa: ANN401, N802  (its own name)
            line, column = told[2], told[3]
            raise ExpressionError(
                sum(map(len, text.splitlines(keepends=True)[: line - 1])) + column
            )

    lexer = FHIRPathLexer(InputStream(text))
    tokens = CommonTokenStream(lexer)
    parser = FHIRPathParser(tokens)
    for part in (lexer, parser):
        part.removeErrorListeners()
        part.addErrorListener(Strict())
    tree = parser.expression()
    if tokens.LA(1) != Token.EOF:
        raise ExpressionError(tokens.LT(1).start)
    return tree


def _kind(node: Any) -> str:  # noqa: ANN401
    return type(node).__name__.removesuffix("Context")


def _children(node: Any) -> list[Any]:  # noqa: ANN401
    return list(getattr(node, "children", None) or [])


def _words(node: Any) -> Iterator[Word]:  # noqa: ANN401
    match _kind(node):
        case "MemberInvocation":
            yield Word("element", _name(node), node.start.start)
        case "FunctionInvocation":
            name, parameters = _call(node)
            yield Word("function", name, node.start.start)
            if name == "extension" and parameters and _is_text(parameters[0]):
                at = parameters[0].start.start + 1
                yield Word("extension", parameters[0].getText()[1:-1], at)
            for parameter in parameters:
                yield from _words(parameter)
        case "ExternalConstantTerm":
            yield Word("constant", node.getText(), node.start.start)
        case _:
            for child in _children(node):
                yield from _words(child)


def _name(node: Any) -> str:  # noqa: ANN401
    return str(node.getText()).strip("`")


def _call(node: Any) -> tuple[str, list[Any]]:  # noqa: ANN401
    """Return the name and the parameters of a function's invocation."""
    function = _children(node)[0]
    name, *others = _children(function)
    lists = [other for other in others if _kind(other) == "ParamList"]
    parameters = [p for p in (_children(lists[0]) if lists else []) if hasattr(p, "children")]
    return _name(name), parameters


def _is_text(node: Any) -> bool:  # noqa: ANN401
    text = str(node.getText())
    return len(text) > 1 and text[0] == text[-1] == "'"


def _reads(node: Any) -> set[str]:  # noqa: ANN401
    """Return the paths that an expression's values come from; conditions read nothing."""
    match _kind(node):
        case "MemberInvocation":
            return {_name(node)}
        case "FunctionInvocation":
            return _read_by_call("", node)
        case "InvocationExpression":
            left, _dot, right = _children(node)
            return {path for below in _reads(left) for path in _below(below, right)}
        case "IndexerExpression":
            return _reads(_children(node)[0])
        case _:
            return {path for child in _children(node) for path in _reads(child)}


def _below(path: str, node: Any) -> set[str]:  # noqa: ANN401
    if _kind(node) == "FunctionInvocation":
        return _read_by_call(path, node)
    if _kind(node) == "MemberInvocation":
        name = _name(node)
        of_extension = name == "value" and path.endswith("]")
        return {f"{path}.{'value[x]' if of_extension else name}"}
    return {path}


def _read_by_call(path: str, node: Any) -> set[str]:  # noqa: ANN401
    name, parameters = _call(node)
    dot = f"{path}." if path else ""
    if name == "extension" and parameters:
        return {f"{dot}extension[{parameters[0].getText().strip(chr(39))}]"}
    if name == "select" and parameters:
        return {f"{dot}{below}" for below in _reads(parameters[0])}
    return {path} if path else set()
