"""What there is to do in a cluster, and what became of it: values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum

from kt_migrate.errors import ExitCode, Said, said


class Work(StrEnum):
    """What is done to each domain; production is not among it."""

    PLAN = "plan"
    TRIAL = "trial"


class Stage(StrEnum):
    """Where a domain is in a round."""

    WAITING = "waiting"
    WORKING = "working"
    THERE = "there"
    NOT_THERE = "not-there"
    DROPPED = "dropped"


STAGES: Mapping[str, Said] = {
    Stage.WAITING: said("waits"),
    Stage.WORKING: said("under way"),
    Stage.THERE: said("there"),
    Stage.NOT_THERE: said("not there"),
    Stage.DROPPED: said("given up"),
}
ENDED = frozenset({Stage.THERE, Stage.NOT_THERE, Stage.DROPPED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One command of ours, and how it ended.

    Attributes:
        command: `plan`, `trial` or `verify`.
        code: its exit code; negative: the signal that ended it.
        reason: what it said when it could not go on; empty: it said its say to the end.
        seconds: how long it took.
    """

    command: str
    code: int
    reason: str = ""
    seconds: float = 0.0

    @property
    def fine(self) -> bool:
        """Whether it ended with 0."""
        return self.code == ExitCode.OK

    @property
    def name(self) -> str:
        """The name of its exit code: `OK`, `MISMATCH`, `SIGNAL_9`."""
        return code_name(self.code)


def code_name(code: int) -> str:
    """Return what an exit code is called.

    >>> code_name(23), code_name(-9), code_name(99)
    ('MISMATCH', 'SIGNAL_9', 'CODE_99')
    """
    if code < 0:
        return f"SIGNAL_{-code}"
    return ExitCode(code).name if code in set(ExitCode) else f"CODE_{code}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One domain in one round.

    Attributes:
        domain, work, round: which.
        stage: where it is.
        worker: who works on it, or did so last; empty: nobody yet.
        steps: the commands that ended, in their order.
        began, ended: moments (seconds since 1970); None: not yet.
    """

    domain: str
    work: Work
    round: int
    stage: Stage
    worker: str = ""
    steps: tuple[Step, ...] = ()
    began: float | None = None
    ended: float | None = None

    @property
    def failed(self) -> Step | None:
        """The first step that did not end with 0."""
        return next((step for step in self.steps if not step.fine), None)

    def as_json(self) -> dict[str, object]:
        """Return it as `--json` prints it."""
        failed = self.failed
        return {
            "domain": self.domain,
            "stage": self.stage.value,
            "worker": self.worker,
            "code": None if self.stage not in ENDED else (failed.code if failed else 0),
            "name": failed.name if failed else None,
            "step": failed.command if failed else None,
            "reason": (failed.reason or None) if failed else None,
            "seconds": round(sum(step.seconds for step in self.steps), 3),
            "steps": [asdict(step) | {"name": step.name} for step in self.steps],
        }


def steps_of(content: object) -> tuple[Step, ...]:
    """Return steps as the engine kept them (`asdict` of each)."""
    names = {field.name for field in fields(Step)}
    rows = content if isinstance(content, list) else []
    return tuple(Step(**{k: v for k, v in row.items() if k in names}) for row in rows)


def newest_round(tasks: Iterable[Task]) -> tuple[Task, ...]:
    """Return the tasks of the newest round; none when there was none."""
    every = tuple(tasks)
    last = max((task.round for task in every), default=0)
    return tuple(task for task in every if task.round == last)
