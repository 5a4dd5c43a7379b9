"""The error list per reason: how many, of which types, whose turn it is, what to do, an example.

A list of a million lines takes as much memory as it has reasons.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from kt_migrate.catalogue import CATALOGUE, Entry
from kt_migrate.language import shown
from kt_migrate.plan.rows import IssueRow
from kt_migrate.reports.error_list import is_error, short_name
from kt_migrate.reports.errors.choosing import HolderAt, default_holder


@dataclass(slots=True)
class Group:
    """The lines of one reason.

    Attributes:
        code: the reason.
        example: its first line in the list's own order.
        count: lines.
        types, holders: lines per type, and per who acts on them.
    """

    code: str
    example: IssueRow
    count: int = 0
    types: Counter[str] = field(default_factory=Counter)
    holders: Counter[str] = field(default_factory=Counter)

    @property
    def entry(self) -> Entry:
        """What the catalogue says of the reason."""
        return CATALOGUE[self.code]

    def as_json(self) -> dict[str, object]:
        """Return it as `--json` prints it."""
        return {
            "code": self.code,
            "class": self.entry.error_class.value,
            "step": self.entry.step,
            "count": self.count,
            "types": dict(most(self.types)),
            "holders": dict(most(self.holders)),
            "meaning": shown(self.entry.title),
            "advice": shown(self.entry.advice),
            "example": {
                "pseudonym": short_name(self.example.link),
                "type": self.example.source_type,
                "link": self.example.link,
                "path": self.example.path,
                "rule": self.example.rule,
                "detail": self.example.detail,
            },
        }


def most(counts: Counter[str]) -> list[tuple[str, int]]:
    """Return words with their counts: the most frequent first, then by the alphabet."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


@dataclass(slots=True)
class Grouped:
    """An error list as it passes by.

    Attributes:
        takes: which lines are asked for, notices aside.
        notices: whether notices are.
        holder_at: who acts on a line.
        total: errors of the list; hidden: notices that were asked for but for being notices.
        shown: lines that were asked for.
    """

    takes: Callable[[IssueRow], bool]
    notices: bool
    holder_at: HolderAt = default_holder
    total: int = 0
    hidden: int = 0
    shown: int = 0
    _groups: dict[str, Group] = field(default_factory=dict)

    def takes_line(self, issue: IssueRow) -> bool:
        """Whether a line is asked for."""
        return (self.notices or is_error(issue)) and self.takes(issue)

    def add(self, issue: IssueRow) -> None:
        """Count a line."""
        error = is_error(issue)
        self.total += error
        if not self.takes(issue):
            return
        if not (error or self.notices):
            self.hidden += 1
            return
        self.shown += 1
        group = self._groups.setdefault(issue.code, Group(issue.code, issue))
        group.count += 1
        group.types[issue.source_type] += 1
        group.holders[self.holder_at(issue)] += 1

    def groups(self) -> list[Group]:
        """Return the reasons, the biggest first."""
        return sorted(self._groups.values(), key=lambda g: (-g.count, g.code))
