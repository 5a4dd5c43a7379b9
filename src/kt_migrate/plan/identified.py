"""Which object an identifier of the enrichment means: looked up in the archive, on disk."""

from __future__ import annotations

from collections.abc import Container, Iterator

from kt_migrate.algorithm.model import Algorithm, TypeRules
from kt_migrate.algorithm.paths import is_simple
from kt_migrate.algorithm.registry import split_call
from kt_migrate.history.store import History
from kt_migrate.kt13.body import first_text, text
from kt_migrate.kt13.definition import native_identifier
from kt_migrate.mapping.selecting import select
from kt_migrate.model import Body, Node

_TABLE = "CREATE TABLE identified (key TEXT, link TEXT, PRIMARY KEY (key, link)) WITHOUT ROWID"


class Identified:
    """An index over the identifiers of the archive's objects; only of those that are asked.

    A BSN is such an identifier: it lies in the temporary file, and is shown nowhere.
    """

    def __init__(self, history: History, algorithm: Algorithm, asked: Container[str]) -> None:
        self._history = history
        self._algorithm = algorithm
        self._asked = asked
        history.db.execute(_TABLE)
        for source_type, rules in algorithm.types.items():
            self._index(source_type, rules)

    def _index(self, source_type: str, rules: TypeRules) -> None:
        """Note which objects of a type have an identifier that is asked, one at a time."""
        makers = [r for r in rules.rules if r.to == "identifier" and is_simple(r.source)]
        if not makers:
            return
        systems = [table for rule in makers for table in split_call(rule.using)[1]]
        for state in self._history.last_states(source_type):
            found = set(self._keys(state.body, [rule.source for rule in makers], systems))
            self._history.db.executemany(
                "INSERT OR IGNORE INTO identified VALUES (?, ?)",
                [(key, state.link) for key in sorted(found) if key in self._asked],
            )

    def _keys(self, body: Body, paths: list[str], tables: list[str]) -> Iterator[str]:
        """Yield `system|value` of every identifier, by KT 1.3's name of the system and KT 2.0's."""
        nodes: list[Node] = [node for path in paths for node in select(body, path)]
        native = native_identifier(body)
        for node in nodes or ([] if native is None else [native]):
            value = first_text(node, "value") if isinstance(node, dict) else text(node)
            system = (first_text(node, "system") if isinstance(node, dict) else None) or ""
            if value:
                yield f"{system}|{value}"
                for table in tables:
                    known = self._algorithm.codes.get(table, {}).get(system)
                    if isinstance(known, str):
                        yield f"{known}|{value}"

    def links(self, key: str, most: int) -> list[str]:
        """Return the links of the objects with this identifier, sorted; no more than so many."""
        rows = self._history.db.execute(
            "SELECT link FROM identified WHERE key = ? ORDER BY 1 LIMIT ?", (key, most)
        )
        return [str(link) for (link,) in rows]
