"""Checks the call of a function: its name, how many arguments, and what each of them names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kt_migrate.algorithm import known_sources, known_targets
from kt_migrate.algorithm.arguments import Argument, Kind, split_call
from kt_migrate.algorithm.merging import Origins, Path
from kt_migrate.algorithm.mistakes import Mistake, unknown
from kt_migrate.algorithm.model import AlgorithmFile, Policies, TypeEntry
from kt_migrate.algorithm.registry import FUNCTIONS, Registered
from kt_migrate.language import tr


def check_call(
    file: AlgorithmFile, origins: Origins, path: Path, entry: TypeEntry, using: str
) -> Iterator[Mistake]:
    """Yield what is wrong in `name(argument, argument)`.

    Args:
        file: the algorithm.
        origins: which file decided what.
        path: way to the rule.
        entry: the rules of its type.
        using: the call.
    """
    name, arguments = split_call(using)
    at = (*path, "using")
    if name not in FUNCTIONS:
        word = name or using.partition("(")[0].strip()
        yield unknown(origins.where(at, value=True), "function", word, FUNCTIONS)
        return
    needs = FUNCTIONS[name]
    if needs.needs and needs.needs not in file.codes:
        where = origins.where(at, value=True)
        yield unknown(where, "code table", needs.needs, file.codes)
    if not needs.takes <= len(arguments) <= _most(needs):
        yield _number(origins.where(at, value=True), name, needs)
        return
    places = _places(using, arguments)
    for number, (word, place) in enumerate(zip(arguments, places, strict=True)):
        argument = needs.arguments[min(number, len(needs.arguments) - 1)]
        known = _known(file, entry, argument, arguments[:number])
        if known is not None and word not in known:
            where = origins.where(at, value=True, offset=place)
            yield unknown(where, _kind(argument), word, known)


def _most(needs: Registered) -> float:
    repeats = any(argument.repeats for argument in needs.arguments)
    return float("inf") if repeats else len(needs.arguments)


def _number(where: str, name: str, needs: Registered) -> Mistake:
    shown = f"{name}({', '.join(a.shown for a in needs.arguments)})" if needs.arguments else name
    what = tr("The function {name} does not take so many arguments.", name=name)
    return Mistake(where, what, tr("Expected: {shown}.", shown=shown))


def _places(using: str, arguments: Iterable[str]) -> list[int]:
    """Return where each argument begins in the call."""
    found, at = [], using.find("(") + 1
    for word in arguments:
        at = using.index(word, at)
        found.append(at)
        at += len(word)
    return found


def _kind(argument: Argument) -> str:
    match argument.kind:
        case Kind.TABLE:
            return "code table"
        case Kind.CODE:
            return "source code"
        case Kind.POLICY:
            return "policy"
        case Kind.TYPE:
            return "target type"
        case Kind.IDENTIFIER:
            return "identifier"
        case Kind.VALUE_SET:
            return "code system"
        case Kind.WORD:
            return "argument"


def _known(
    file: AlgorithmFile, entry: TypeEntry, argument: Argument, before: tuple[str, ...]
) -> list[str] | None:
    """Return the words that an argument may be; None: any."""
    match argument.kind:
        case Kind.TABLE:
            return list(file.codes)
        case Kind.CODE:
            table = file.codes.get(before[0])
            return None if table is None else list(table.codes)
        case Kind.POLICY:
            return list(Policies.model_fields)
        case Kind.TYPE:
            return known_targets.types()
        case Kind.IDENTIFIER:
            return [str(entry.identifier)]
        case Kind.VALUE_SET:
            return list(known_sources.CODE_SYSTEMS)
        case Kind.WORD:
            return list(argument.words)
