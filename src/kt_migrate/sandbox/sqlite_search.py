"""Searching in the sandbox's SQLite store: every road goes by an index, a page at a time.

A search starts from one source of rows: those of a few identifiers, those of a few ids, or the
index in the order of the sort. Everything else only filters what the source gives.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import orjson

from kt_migrate.model import Resource
from kt_migrate.sandbox.fhir_json import query_text
from kt_migrate.sandbox.search_terms import Place, Terms, Token
from kt_migrate.sandbox.store import Page

_BY_SORT = {"": "resource_row", "_lastUpdated": "resource_updated", "_id": "resource_id"}


@dataclass(slots=True)
class _Sql:
    """A statement in the making: where rows come from, conditions, and what is bound."""

    source: str
    where: list[str]
    values: list[object]

    def add(self, condition: str, *values: object) -> None:
        self.where.append(condition)
        self.values.extend(values)

    def text(self, columns: str) -> str:
        return f"SELECT {columns} FROM {self.source} WHERE {' AND '.join(self.where)}"


def rows_of(db: sqlite3.Connection, r4_type: str, terms: Terms, limit: int) -> list[int]:
    """Return the rows that match, at most `limit`: for a conditional create, say."""
    sql = _matching(db, r4_type, terms)
    return [row for (row,) in db.execute(f"{sql.text('resource.row')} LIMIT {limit}", sql.values)]


def count_of(db: sqlite3.Connection, r4_type: str, terms: Terms) -> int:
    """Return how many match."""
    sql = _matching(db, r4_type, terms)
    found: tuple[int] = db.execute(sql.text("count(*)"), sql.values).fetchone()
    return found[0]


def page_of(
    db: sqlite3.Connection,
    r4_type: str,
    terms: Terms,
    parameters: Mapping[str, Sequence[str]],
    limit: int,
) -> Page:
    """Return one page.

    Args:
        db: the store's connection.
        r4_type: the type.
        terms: what is asked.
        parameters: as they were sent, for the query of the next page.
        limit: after this many hits a search ends, as the reference service does; 0: never.
    """
    total = count_of(db, r4_type, terms) if terms.only_count or terms.accurate else None
    if terms.only_count:
        return Page(resources=(), total=total, rest="")
    seen = terms.place.seen if terms.place else 0
    room = min(terms.count, max(limit - seen, 0)) if limit else terms.count
    # One more than fits: whether there is a next page.
    found = list(_ordered(db, r4_type, terms, room + 1))
    part = found[:room]
    reached = seen + len(part)
    cut = len(found) > room and reached == limit
    more = len(found) > room and bool(part) and not cut
    if not more and total is None and (seen or cut):
        total = reached
    place = Place(reached, part[-1][0], str(part[-1][1])).text() if more else ""
    return Page(
        resources=[_cut(body, terms.elements) for _row, _key, body in part],
        total=total,
        rest=query_text({**parameters, "_page": [place]}) if more else "",
    )


def _ordered(
    db: sqlite3.Connection, r4_type: str, terms: Terms, count: int
) -> Iterator[tuple[int, int | str, bytes]]:
    """Yield (row, sort value, body) from the place on, in an order without ties."""
    sign, way = ("<", "DESC") if terms.descending else (">", "ASC")
    place = terms.place
    if place is not None:
        # The place implies this end of the window; SQLite would start from the window instead.
        terms = replace(terms, until=None) if terms.descending else replace(terms, since=None)
    sql = _matching(db, r4_type, terms)
    if terms.sort == "_lastUpdated":
        # Changes of one millisecond are ordered by their row.
        keys = ["resource.updated", "resource.row"]
        if place is not None:
            after = f"(resource.updated, resource.row) {sign} (CAST(? AS INTEGER), ?)"
            sql.add(after, place.key, place.row)
    else:
        keys = ["resource.id" if terms.sort == "_id" else "resource.row"]
        if place is not None:
            sql.add(f"{keys[0]} {sign} ?", place.key if terms.sort == "_id" else place.row)
    text = sql.text(f"resource.row, {keys[0]}, resource.body")
    order = ", ".join(f"{key} {way}" for key in keys)
    yield from db.execute(f"{text} ORDER BY {order} LIMIT ?", [*sql.values, count])


def _matching(db: sqlite3.Connection, r4_type: str, terms: Terms) -> _Sql:
    few = [tokens for tokens in terms.identifiers if all(t.value is not None for t in tokens)]
    sql = _started(db, r4_type, terms, few)
    sql.add("resource.r4_type = ?", r4_type)
    sql.add("resource.deleted = 0")
    for ids in terms.ids:
        sql.add(f"resource.id IN ({_marks(ids)})", *ids)
    if terms.origins is not None:
        sql.add(f"resource.origin IN ({_marks(terms.origins)})", *sorted(terms.origins))
    if terms.since is not None:
        sql.add("resource.updated >= ?", terms.since)
    if terms.until is not None:
        sql.add("resource.updated < ?", terms.until)
    for tokens in terms.identifiers:
        if tokens not in few:
            either = [_condition(token) for token in tokens]
            own = " OR ".join(f"({condition})" for condition, _values in either)
            sql.add(
                f"EXISTS (SELECT 1 FROM identifier WHERE row = resource.row AND ({own}))",
                *(value for _condition, values in either for value in values),
            )
    return sql


def _started(
    db: sqlite3.Connection, r4_type: str, terms: Terms, few: Sequence[Sequence[Token]]
) -> _Sql:
    """Choose where the rows come from. CROSS JOIN and INDEXED BY hold SQLite to it."""
    if few:
        rows = set.intersection(*(_with_one_of(db, r4_type, tokens) for tokens in few))
        source = "json_each(?) AS hit CROSS JOIN resource ON resource.row = hit.value"
        return _Sql(source, [], [orjson.dumps(sorted(rows)).decode()])
    index = "resource_id" if terms.ids else _BY_SORT[terms.sort]
    return _Sql(f"resource INDEXED BY {index}", [], [])


def _with_one_of(db: sqlite3.Connection, r4_type: str, tokens: Sequence[Token]) -> set[int]:
    rows: set[int] = set()
    for token in tokens:
        condition, values = _condition(token)
        found = db.execute(
            f"SELECT row FROM identifier WHERE r4_type = ? AND {condition}", (r4_type, *values)
        )
        rows.update(row for (row,) in found)
    return rows


def _condition(token: Token) -> tuple[str, list[str]]:
    parts = [("system = ?", token.system), ("value = ?", token.value)]
    kept = [(condition, value) for condition, value in parts if value is not None]
    return " AND ".join(c for c, _value in kept), [value for _c, value in kept]


def _marks(values: Sequence[str] | frozenset[str]) -> str:
    return ", ".join("?" * len(values))


def _cut(body: bytes, elements: frozenset[str]) -> Resource:
    resource: Resource = orjson.loads(body)
    if not elements:
        return resource
    kept = {"resourceType", "id", "meta"} | elements
    return {name: value for name, value in resource.items() if name in kept}
