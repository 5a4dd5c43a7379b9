"""What must be there in the end, worked out from the case alone: no code of the load is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from crash.domain import Planned
from kt_migrate.errors import ExitCode
from kt_migrate.load.states import State
from kt_migrate.model import Key

_CHOSEN = {"update": State.UPDATED, "adopt": State.ADOPTED, "refuse": State.REJECTED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """How one write ends.

    Attributes:
        count: how often its temporary identifier is on the server.
        version: the version of what is there.
        states: what the journal may say; more than one where a lost answer leaves two truths.
        as_planned: what is there has the planned content.
    """

    count: int
    version: int
    states: frozenset[State]
    as_planned: bool

    @property
    def on_server(self) -> bool:
        """Whether there is one that others may refer to."""
        return self.count == 1 and State.REJECTED not in self.states


def expected_of(
    writes: Sequence[Planned], before: Mapping[Key, str], choice: str, gone: AbstractSet[Key]
) -> dict[Key, Expected]:
    """Return how each write of a plan ends.

    Args:
        writes: the plan's, targets before what refers to them.
        before: what somebody put there: `equal`, `other` or `double`.
        choice: `--existing`.
        gone: what somebody removed, before a repair.
    """
    ends: dict[int, Expected] = {}
    for write in writes:
        held = any(not ends[target].on_server for target in write.targets)
        ends[write.seq] = _BLOCKED if held else _end(write, before.get(write.key), choice, gone)
    return {write.key: ends[write.seq] for write in writes}


def _ends(count: int, version: int, *states: State, as_planned: bool = True) -> Expected:
    return Expected(count=count, version=version, states=frozenset(states), as_planned=as_planned)


_BLOCKED = _ends(0, 0, State.BLOCKED, as_planned=False)


def _end(write: Planned, kind: str | None, choice: str, gone: AbstractSet[Key]) -> Expected:
    match kind:
        case "double":
            return _ends(2, 1, State.DUPLICATE, as_planned=False)
        case "other":
            written = choice == "update"
            return _ends(1, 2 if written else 1, _CHOSEN[choice], as_planned=written)
        case "equal":  # a create whose answer was lost looks the same
            return _ends(1, 1, State.UNCHANGED, State.CREATED)
        case _ if write.differs:
            return _ends(1, 2, State.UPDATED)
        case _ if write.was and write.key not in gone:
            return _ends(1, 1, State.CREATED, State.UNCHANGED)
        case _:
            last = State.UPDATED if write.versions else State.CREATED
            return _ends(1, 1 + len(write.versions), last)


def verdict_of(expected: Mapping[Key, Expected]) -> ExitCode:
    """Return the code with which the last start must end."""
    states = {state for want in expected.values() for state in want.states}
    if State.DUPLICATE in states:
        return ExitCode.DUPLICATES
    return ExitCode.REJECTS if states & {State.REJECTED, State.BLOCKED} else ExitCode.OK
