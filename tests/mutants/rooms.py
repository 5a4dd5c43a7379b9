"""The rooms whose mutants are tried: where being wrong loses or doubles something."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
SOURCE = Path("src/kt_migrate")
UNTRIED = tuple(YAML(typ="safe").load(Path(__file__).with_name("untried.yaml")))
"""Modules whose mutants nobody went through yet: work that is left, and no room's."""


@dataclass(frozen=True)
class Room:
    """What is broken, and which tests must notice.

    Attributes:
        sources: files and folders below `src/kt_migrate`.
        tests: folders and files below `tests`.
    """

    sources: tuple[str, ...]
    tests: tuple[str, ...]

    def patterns(self) -> list[str]:
        """Return the modules as mutmut wants them, relative to the root."""
        return [str(path.relative_to(ROOT)) for path in self.files()]

    def selection(self) -> list[str]:
        """Return the tests, relative to the root."""
        return [f"tests/{test}" for test in self.tests]

    def files(self) -> list[Path]:
        """Return every module of the room, but for those that nobody went through yet."""
        found = (ROOT / SOURCE / source for source in self.sources)
        return sorted(
            module
            for path in found
            for module in ([path] if path.suffix == ".py" else path.rglob("*.py"))
            if str(module.relative_to(ROOT / SOURCE)) not in UNTRIED
        )


def _of(folder: str, *modules: str) -> tuple[str, ...]:
    return tuple(f"{folder}/{module}.py" for module in modules)


ROOMS = {
    "archive": Room(("archive",), ("archive",)),
    "kt13": Room(("kt13",), ("kt13",)),
    "order": Room(
        _of("history", "order", "last_states", "intake", "store", "prepare", "reading")
        + _of("history", "definitions", "inspection"),
        ("history",),
    ),
    "careplans": Room(_of("history", "careplans", "activities"), ("history",)),
    "census": Room(_of("history", "census", "census_entries"), ("history",)),
    "books": Room(("books.py", *_of("plan", "account", "ledger")), ("books", "plan")),
    "algorithm": Room(("algorithm",), ("algorithm", "mapping")),
    "mapping": Room(("mapping",), ("mapping",)),
    "conformance": Room(("conformance",), ("conformance",)),
    "references": Room(_of("plan", "resolve", "final", "rings", "conflicts", "lookup"), ("plan",)),
    "plan": Room(
        _of("plan", "binding", "build", "content", "enrichment", "make", "rows", "runs", "schema")
        + _of("plan", "enrichment_tables")
        + _of("plan", "scope", "dossiers", "outside", "opened", "accounts", "store", "writing"),
        ("plan",),
    ),
    "answers": Room(_of("kt2", "answers", "outcome"), ("kt2",)),
    "pace": Room(("kt2/pace.py",), ("kt2",)),
    "login": Room(_of("kt2", "login", "keys"), ("kt2",)),
    "client": Room(
        _of("kt2", "capabilities", "client", "sending", "search", "complete", "instant")
        + _of("kt2", "transport"),
        ("kt2",),
    ),
    "journal": Room(_of("load", "journal", "journal_file", "group_commit", "lock"), ("load",)),
    "sender": Room(_of("load", "sender", "attempt", "existing", "references"), ("load",)),
    "deciding": Room(_of("load", "decision", "tending"), ("load",)),
    "run": Room(_of("load", "run", "order", "others", "result", "execute", "reconcile"), ("load",)),
    "verify": Room(("verify",), ("verify",)),
    "config": Room(("config", "bounds.py", "strict_yaml.py", "workspace.py"), ("config",)),
}
"""By the name that `make mutants ROOM=` takes."""


def together() -> list[Room]:
    """Return the rooms with their neighbours whose tests are the same: for a sample of all."""
    groups: dict[str, list[Room]] = {}
    for room in ROOMS.values():
        groups.setdefault(_NEIGHBOURS.get(room.tests[-1], room.tests[-1]), []).append(room)
    return [
        Room(
            tuple(source for room in rooms for source in room.sources),
            tuple(dict.fromkeys(test for room in rooms for test in room.tests)),
        )
        for rooms in groups.values()
    ]


def drawn_groups(seed: str, most: int) -> list[Room]:
    """Draw groups of neighbouring rooms by a seed; 0: take all of them."""
    groups = together()
    return random.Random(seed).sample(groups, most) if 0 < most < len(groups) else groups  # noqa: S311 (a draw, no secret)


_NEIGHBOURS = {"conformance": "mapping", "kt13": "mapping", "config": "archive"}
