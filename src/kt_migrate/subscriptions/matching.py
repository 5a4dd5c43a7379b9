"""Whether a planned resource matches criteria: yes, no, or not to be said. Pure.

Three values: True, False, and None for what only the server will know (a logical id, a moment of
change) or what is not evaluated here. None never becomes a no.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from kt_migrate.model import Json, Resource
from kt_migrate.subscriptions.criteria import Criteria, Term, plain, split
from kt_migrate.subscriptions.parameters import SEARCHED, Kind, Parameter

Verdict = bool | None
_ORIGIN = "resource-origin"
_DAY = len("2026-11-28")


def _nothing(_reference: str) -> Resource | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a match needs to know beside the resource.

    Attributes:
        own: the references by which our own Device is known: what we post comes from it; None:
            several clients of ours write, each its part.
        target: the planned resource that a conditional reference names; None: none is planned.
    """

    own: frozenset[str] | None = field(default_factory=frozenset)
    target: Callable[[str], Resource | None] = _nothing


def matches(criteria: Criteria, resource: Resource, context: Context) -> Verdict:
    """Say whether a resource matches all that is asked."""
    if not criteria.r4_type:
        return None
    return _all(_term(term, criteria.r4_type, resource, context) for term in criteria.terms)


def _all(verdicts: Iterable[Verdict]) -> Verdict:
    found = list(verdicts)
    return False if False in found else None if None in found else True


def _any(verdicts: Iterable[Verdict]) -> Verdict:
    found = list(verdicts)
    return True if True in found else None if None in found else False


def _term(term: Term, r4_type: str, resource: Resource, context: Context) -> Verdict:
    if not any(term.values):
        return None  # servers differ: nothing is asked, or nothing is let through
    if term.name == _ORIGIN and not term.modifier and term.chain is None:
        own = context.own
        return None if own is None else any(_device(value) in own for value in term.values)
    parameter = SEARCHED.get(r4_type, {}).get(term.name)
    if parameter is None:
        return None
    there = [value for path in parameter.paths for value in _look(resource, path)]
    if term.chain is not None:
        return _chained(term, parameter, there, context)
    if term.modifier == "missing":
        counts = list(_references(parameter, there)) if parameter.target else there
        return _any(_missing(value, there=bool(counts)) for value in term.values)
    if term.modifier == "not" and parameter.kind in (Kind.CODED, Kind.CODE):
        found = _any(_same(parameter, "", value, there) for value in term.values)
        return None if found is None else not found
    return _any(_same(parameter, term.modifier, value, there) for value in term.values)


def _device(value: str) -> str:
    """Return a Device as it is asked for: by id, by type and id, or by a whole address."""
    return "/".join(value.split("/")[-2:]) if "/" in value else f"Device/{value}"


def _missing(value: str, *, there: bool) -> Verdict:
    return {"true": not there, "false": there}.get(value)


def _chained(term: Term, parameter: Parameter, there: list[Json], context: Context) -> Verdict:
    """Follow references to what is planned too; what was there before is not known here."""
    if term.chain is None or parameter.kind is not Kind.REFERENCE:
        return None
    verdicts: list[Verdict] = []
    for reference, r4_type in _references(parameter, there):
        if term.modifier not in ("", r4_type):
            continue
        target = context.target(reference)
        verdicts.append(None if target is None else _term(term.chain, r4_type, target, context))
    return _any(verdicts)


def _look(resource: Resource, path: str) -> Iterator[Json]:
    """Yield what stands at a path of `parameters`."""
    if not path.startswith("extension("):
        yield from _at(resource, path.split("."))
        return
    extensions = resource.get("extension")
    for extension in extensions if isinstance(extensions, list) else []:
        if isinstance(extension, dict) and f"extension({extension.get('url')})" == path:
            yield from (value for name, value in extension.items() if name.startswith("value"))


def _at(value: Json, path: list[str]) -> Iterator[Json]:
    """Yield what stands at a path, lists gone through."""
    if isinstance(value, list):
        for item in value:
            yield from _at(item, path)
    elif not path:
        yield value
    elif isinstance(value, dict):
        yield from _step(value, path[0], path[1:])


def _step(value: dict[str, Json], name: str, rest: list[str]) -> Iterator[Json]:
    element, _, wanted = name.removesuffix("]").partition("[")
    below = value.get(element)
    for item in below if isinstance(below, list) else [] if below is None else [below]:
        if not wanted or (isinstance(item, dict) and item.get("system") == wanted):
            yield from _at(item, rest)


def _same(parameter: Parameter, modifier: str, asked: str, there: list[Json]) -> Verdict:
    """Say whether any of what is there is what is asked."""
    if parameter.kind is Kind.REFERENCE:
        return _any(
            _refers(reference, r4_type, modifier, asked)
            for reference, r4_type in _references(parameter, there)
        )
    return _any(_COMPARE[parameter.kind](modifier, asked, value) for value in there)


def _references(parameter: Parameter, there: list[Json]) -> Iterator[tuple[str, str]]:
    """Yield (reference, its type), of those that count."""
    for value in there:
        reference = value.get("reference") if isinstance(value, dict) else None
        if isinstance(reference, str):
            r4_type = reference.partition("?")[0].rpartition("/")[0] or reference.partition("?")[0]
            if parameter.target in ("", r4_type):
                yield reference, r4_type


def _refers(reference: str, r4_type: str, modifier: str, asked: str) -> Verdict:
    """Hold a planned reference against a logical id: of what is yet to be made nobody knows it."""
    if not modifier[:1].isupper() and modifier:
        return None
    wanted, _, logical_id = "/".join(asked.split("/")[-2:]).rpartition("/")
    wanted = wanted or modifier
    if wanted and wanted != r4_type:
        return False
    if "?" in reference:
        return None
    return reference == f"{r4_type}/{logical_id}"


def _token(modifier: str, asked: str, value: Json) -> Verdict:
    """Compare a Coding, a CodeableConcept or an Identifier."""
    if modifier or not isinstance(value, dict):
        return None
    codings = value.get("coding")
    if "coding" in value:
        return _any(
            _token("", asked, coding) for coding in (codings if isinstance(codings, list) else [])
        )
    code = value.get("code", value.get("value"))
    parts = [plain(part) for part in split(asked, "|")]
    system, wanted = (None, parts[0]) if len(parts) == 1 else (parts[0], "|".join(parts[1:]))
    if system is not None and system != str(value.get("system") or ""):
        return False
    return not wanted or _equal(wanted, str(code or ""))


def _code(modifier: str, asked: str, value: Json) -> Verdict:
    """Compare a code, a boolean or a value whose system is not in the resource."""
    if modifier:
        return None
    text = str(value).lower() if isinstance(value, bool) else str(value)
    parts = [plain(part) for part in split(asked, "|")]
    same = _equal(parts[-1], text)
    return same if len(parts) == 1 or same is False else None


def _equal(asked: str, text: str) -> Verdict:
    """Compare two codes; servers differ in whether capitals count."""
    if asked == text:
        return True
    return None if asked.casefold() == text.casefold() else False


def _string(modifier: str, asked: str, value: Json) -> Verdict:
    wanted, text = plain(asked), str(value)
    match modifier:
        case "":
            return _folded(text).startswith(_folded(wanted))
        case "exact":
            return text == wanted
        case "contains":
            return _folded(wanted) in _folded(text)
        case _:
            return None


def _folded(text: str) -> str:
    """Return a text as a search for strings sees it: no capitals, no accents."""
    apart = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in apart if not unicodedata.combining(letter)).casefold()


def _uri(modifier: str, asked: str, value: Json) -> Verdict:
    wanted, text = plain(asked), str(value)
    match modifier:
        case "":
            return text == wanted
        case "below":
            if text == wanted or text.startswith(f"{wanted.rstrip('/')}/"):
                return True
            return None if text.startswith(wanted) else False  # HAPI takes half a step of a path
        case _:
            return None


def _date(modifier: str, asked: str, value: Json) -> Verdict:
    """Compare whole days; of anything finer servers' zones decide."""
    prefix, day = (asked[:2], asked[2:]) if asked[:2].isalpha() else ("eq", asked)
    if modifier or not isinstance(value, str) or len(value) != _DAY or len(day) != _DAY:
        return None
    return {
        "eq": value == day,
        "ne": value != day,
        "ge": value >= day,
        "gt": value > day,
        "le": value <= day,
        "lt": value < day,
    }.get(prefix)


_COMPARE: dict[Kind, Callable[[str, str, Json], Verdict]] = {
    Kind.CODED: _token,
    Kind.CODE: _code,
    Kind.STRING: _string,
    Kind.URI: _uri,
    Kind.DATE: _date,
}
