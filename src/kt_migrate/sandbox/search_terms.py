"""Reads the parameters of a search into terms. Pure: no store, no clock.

What is supported is what a migration asks: `identifier`, `_id`, `_lastUpdated`,
`resource-origin`, `_sort`, `_count`, `_summary`, `_total`, `_elements`, and our own `_page`.
Source: server.md §1; FHIR R4, Search.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from kt_migrate.sandbox.store import Trouble

DEFAULT_PAGE, MAX_PAGE = 20, 200

_KNOWN = frozenset(
    {
        "identifier",
        "_id",
        "_count",
        "_summary",
        "_total",
        "_elements",
        "_sort",
        "_page",
        "resource-origin",
        "traceId",
        "_lastUpdated",
    }
)
_SORTS = ("", "_lastUpdated", "-_lastUpdated", "_id", "-_id")
_ESCAPED = re.compile(r"\\([\\$,|])")
_LOST = re.compile(r"\\([$,|])")
_MOMENT = re.compile(
    r"(?P<prefix>ge|gt|le|lt|eq)?(?P<day>\d{4}-\d\d-\d\d)"
    r"(?P<time>T\d\d:\d\d:\d\d)?(?(time)(?P<part>\.\d{1,9})?(?P<zone>Z|[+-]\d\d:\d\d)?)"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_SECOND, _DAY = 1_000, 86_400_000


class BadTermError(ValueError):
    """A parameter that cannot be read; its text names no value."""


@dataclass(frozen=True, slots=True)
class Token:
    """`system|value`, `system|` (value None) or `value` (system None)."""

    system: str | None
    value: str | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where the next page starts: after this many hits, after this row with this sort value."""

    seen: int
    row: int
    key: str

    def text(self) -> str:
        """Return it as the value of `_page`."""
        return f"{self.seen}~{self.row}~{self.key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a search asks.

    Attributes:
        identifiers: per parameter the tokens of which one must match.
        ids: per parameter the logical ids of which one must match.
        origins: only resources of these Devices; None: of all.
        since: lowest time of change in milliseconds; None: no limit.
        until: time of change that is just too late; None: no limit.
        sort: `_lastUpdated`, `_id`, or empty for the order of arrival.
        descending: whether the last comes first.
        count: of one page.
        place: where the page starts; None: at the beginning.
        only_count: whether only the number is asked.
        accurate: whether the number is asked beside the page.
        elements: names of the elements to keep; empty: all.
    """

    identifiers: tuple[tuple[Token, ...], ...]
    ids: tuple[tuple[str, ...], ...]
    origins: frozenset[str] | None
    since: int | None
    until: int | None
    sort: str
    descending: bool
    count: int
    place: Place | None
    only_count: bool
    accurate: bool
    elements: frozenset[str]


def read_terms(
    parameters: Mapping[str, Sequence[str]],
    origins: frozenset[str] | None = None,
    *,
    conditional: bool = False,
) -> Terms | Trouble:
    """Read parameters.

    Args:
        parameters: name → values, percent-decoded.
        origins: what the scope narrows the search to; None: nothing.
        conditional: they come from If-None-Exist, where HAPI loses the backslash of a value
            that stands before `$`, `,` or `|` (server.md §1).
    """
    if not {name.partition(":")[0] for name in parameters} <= _KNOWN:
        return Trouble(status=HTTPStatus.BAD_REQUEST, why="unknown search parameter")
    try:
        return _terms(parameters, origins, conditional=conditional)
    except BadTermError as error:
        return Trouble(status=HTTPStatus.BAD_REQUEST, why=str(error))


def _terms(
    parameters: Mapping[str, Sequence[str]], origins: frozenset[str] | None, *, conditional: bool
) -> Terms:
    first = {name: values[0] for name, values in parameters.items() if values}
    sort = first.get("_sort", "")
    if sort not in _SORTS:
        raise BadTermError("unknown _sort")
    since, until = _window(parameters.get("_lastUpdated", ()))
    if not sort and parameters.get("_lastUpdated"):
        sort = "_lastUpdated"  # FHIR leaves the order to the server: the index's is the cheapest
    count = min(_number(first.get("_count", str(DEFAULT_PAGE))), MAX_PAGE)
    return Terms(
        identifiers=tuple(
            tuple(_token(part, conditional=conditional) for part in _split(text, ","))
            for text in parameters.get("identifier", ())
        ),
        ids=tuple(tuple(text.split(",")) for text in parameters.get("_id", ())),
        origins=_origins(parameters.get("resource-origin", ()), origins),
        since=since,
        until=until,
        sort=sort.removeprefix("-"),
        descending=sort.startswith("-"),
        count=count,
        place=_place(first.get("_page", "")),
        only_count=first.get("_summary") == "count" or count == 0,
        accurate=first.get("_total") == "accurate",
        elements=frozenset(filter(None, first.get("_elements", "").split(","))),
    )


def _split(text: str, mark: str) -> list[str]:
    r"""Split at a mark that no backslash escapes; escapes stay: `a\,b,c` is `a\,b` and `c`."""
    parts, escaped = [""], False
    for letter in text:
        if letter == mark and not escaped:
            parts.append("")
            continue
        parts[-1] += letter
        escaped = letter == "\\" and not escaped
    return parts


def _token(text: str, *, conditional: bool) -> Token:
    parts = [_ESCAPED.sub(r"\1", part) for part in _split(text, "|")]
    if conditional:
        parts = [_LOST.sub(r"\1", part) for part in parts]
    if len(parts) == 1:
        return Token(None, parts[0])
    return Token(parts[0], "|".join(parts[1:]) or None)


def _origins(texts: Sequence[str], allowed: frozenset[str] | None) -> frozenset[str] | None:
    for text in texts:
        asked = frozenset(text.split(","))
        allowed = asked if allowed is None else allowed & asked
    return allowed


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise BadTermError("_count is no number")
    return int(text)


def _place(text: str) -> Place | None:
    if not text:
        return None
    seen, _, rest = text.partition("~")
    row, _, key = rest.partition("~")
    if not (seen.isdigit() and row.isdigit()):
        raise BadTermError("unknown page")
    return Place(int(seen), int(row), key)


def _window(texts: Sequence[str]) -> tuple[int | None, int | None]:
    """Return lowest time, and the time that is just too late, in milliseconds."""
    lows: list[int] = []
    highs: list[int] = []
    for text in texts:
        prefix, start, end = _moment(text)
        if prefix in ("ge", "gt", "eq"):
            lows.append(end if prefix == "gt" else start)
        if prefix in ("le", "lt", "eq"):
            highs.append(start if prefix == "lt" else end)
    return max(lows, default=None), min(highs, default=None)


def _moment(text: str) -> tuple[str, int, int]:
    """Return prefix, first millisecond and first one after: a time is as wide as it is exact."""
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise BadTermError("_lastUpdated cannot be read")
    zone = found["zone"] or "Z"
    try:
        moment = datetime.fromisoformat(
            f"{found['day']}{found['time'] or 'T00:00:00'}{found['part'] or ''}{zone}"
        )
    except ValueError:
        raise BadTermError("_lastUpdated cannot be read") from None
    start = (moment - _EPOCH) // _MILLISECOND
    width = 1 if found["part"] else _SECOND if found["time"] else _DAY
    return found["prefix"] or "eq", start, start + width


def satisfies(identifiers: Iterable[tuple[str, str]], terms: Terms) -> bool:
    """Say whether (system, value) pairs answer to the identifiers that are asked."""
    own = list(identifiers)
    return all(
        any(
            token.system in (None, system) and token.value in (None, value)
            for token in tokens
            for system, value in own
        )
        for tokens in terms.identifiers
    )


def instant(milliseconds: int) -> str:
    """Return a time as a FHIR instant in UTC: `2026-11-25T05:00:00.123Z`."""
    moment = _EPOCH + timedelta(milliseconds=milliseconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
