"""Renews the tables of points in docs/gates.md, from the code: `python tests/gates/table.py`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from kt_migrate.gates.points import Point
from kt_migrate.gates.records import Gate, Kind
from kt_migrate.gates.tables import POINTS

PAGE = Path(__file__).parents[2] / "docs" / "gates.md"
_SEES = {
    "trial": "the trial and its error list",
    "archive": "the archive",
    "errors": "the run and its error list",
    "run": "the run",
    "judged": "the run, and what was said of its samples",
    "": "",
}
_ROWS = re.compile(r"\A(?:\|[^\n]*\n)*")
_PLACE = "<!-- {gate}: made by tests/gates/table.py -->\n"


def rows(gate: Gate) -> Iterator[str]:
    """Yield the table of a gate, a line at a time."""
    yield "| point | step | what is to be true | wat waar is | how | who | good for | about |"
    yield "|---|---|---|---|---|---|---|---|"
    for point in POINTS[gate]:
        cells = (point.id, point.step, point.text, point.sentence, *_how(point))
        yield f"| {' | '.join(cells)} |"


def _how(point: Point) -> tuple[str, str, str, str]:
    who = ", ".join(sorted(point.roles))
    days = f"{point.good.days} days"
    match point.kind:
        case Kind.DECIDED:
            return "decided", who, "", ""
        case Kind.MEASURED if not point.roles:
            return "measured", "", "", ""
        case Kind.MEASURED:
            return "measured; else attested", who, days, _SEES[point.sees]
        case Kind.ATTESTED:
            then = f" after {point.follows or 'GO'}" if point.after else ""
            return f"attested{then}", who, days, _SEES[point.sees]


def renewed(text: str) -> str:
    """Return the page with the tables as the code has them."""
    for gate in Gate:
        place = _PLACE.format(gate=gate)
        table = "\n".join(rows(gate)) + "\n"
        before, found, after = text.partition(place)
        if found:
            text = before + place + table + _ROWS.sub("", after, count=1)
    return text


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text("utf-8")), "utf-8")
