"""A figure beside what is asked of it: as a line, and as a row of a table."""

from __future__ import annotations

from dataclasses import dataclass, field

_EXACT = 100
"""Below this a figure has decimals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure.

    Attributes:
        name: what was measured.
        found: the figure.
        unit: of both.
        asked: what it should be.
        asked_at: the size at which that is asked; 0: at any.
        at: the size that was measured; 0: none.
        at_most: whether less is better.
        more: what else is worth saying.
    """

    name: str
    found: float
    unit: str
    asked: float
    asked_at: int = 0
    at: int = 0
    at_most: bool = False
    more: str = ""

    @property
    def ratio(self) -> float:
        """The figure over what is asked."""
        return self.found / self.asked

    @property
    def verdict(self) -> str:
        """Whether it is met; at another size it is an indication, and says so."""
        met = self.found <= self.asked if self.at_most else self.found >= self.asked
        elsewhere = self.asked_at and self.at != self.asked_at
        return f"{'met' if met else 'NOT MET'}{', an indication' if elsewhere else ''}"

    @property
    def bar(self) -> str:
        """What is asked, and at which size."""
        at = f" at {self.asked_at:,}" if self.asked_at else ""
        return f"{'≤' if self.at_most else '≥'} {_written(self.asked, self.unit)}{at}"

    def line(self) -> str:
        """Return the figure as a line."""
        more = f" ({self.more})" if self.more else ""
        found = _written(self.found, self.unit)
        return (
            f"{self.name}: {found}{more}; asked {self.bar}, ratio {self.ratio:.2f}: {self.verdict}"
        )


def _written(number: float, unit: str) -> str:
    if not unit:
        return f"{number:.1%}"
    text = f"{number:,.0f}" if number >= _EXACT else f"{number:.3g}"
    return f"{text} {unit}"


@dataclass(slots=True)
class Figures:
    """Prints each figure as it comes, and keeps it for the table."""

    found: list[Figure] = field(default_factory=list)

    def add(self, figure: Figure) -> None:
        """Print and keep."""
        print(figure.line(), flush=True)
        self.found.append(figure)

    def table(self) -> str:
        """Return all figures as a table."""
        rows = [
            f"| {one.name} | {_written(one.found, one.unit)} | {one.bar} | {one.ratio:.2f} | "
            f"{one.verdict} |"
            for one in self.found
        ]
        return "\n".join(["| figure | found | asked | ratio | |", "|---|---|---|---|---|", *rows])
