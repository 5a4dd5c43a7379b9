"""What is learned from the runs of a working folder: laid side by side. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from kt_migrate.algorithm.differences import compare_plain
from kt_migrate.config import ENVIRONMENTS
from kt_migrate.gates.points import REHEARSAL
from kt_migrate.reports.lessons.told import Reason, Told


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A reason in two runs.

    Attributes:
        code, source_type: which.
        before, after: lines of the error list of each.
        error: whether it is an error, or a notice.
    """

    code: str
    source_type: str
    before: int
    after: int
    error: bool

    @property
    def where(self) -> str:
        """`before`, `after` or `both`: where it occurs."""
        if not self.after:
            return "before"
        return "both" if self.before else "after"

    def as_json(self) -> dict[str, object]:
        """Return it as `--json` prints it."""
        return {
            "code": self.code,
            "type": self.source_type,
            "before": self.before,
            "after": self.after,
            "where": self.where,
            "error": self.error,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A run whose plan was bound to something else than that of the run before it.

    Attributes:
        before, after: names of the runs.
        changed: names of the components that differ.
        rejected: (before, after) objects that were rejected.
        rules: where the algorithms differ, with how (`added`, `removed`, `changed`); empty: they
            say the same; None: what one of them said was not kept.
    """

    before: str
    after: str
    changed: tuple[str, ...]
    rejected: tuple[int, int]
    rules: tuple[tuple[str, str], ...] | None = ()

    def as_json(self) -> dict[str, object]:
        """Return it as `--json` prints it."""
        return {
            "before": self.before,
            "after": self.after,
            "changed": list(self.changed),
            "rejected": {"before": self.rejected[0], "after": self.rejected[1]},
            "rules": None
            if self.rules is None
            else [{"path": path, "how": how} for path, how in self.rules],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Lessons:
    """What the next domain should know.

    Attributes:
        domain: of which.
        runs: all runs that could be read, in the order in which they began.
        unread: names of those that could not.
        env: the environment of which the last run is what everything is held against.
        trial: the last trial before it that was of the whole plan; None: there was none.
        run: that last run; None: nothing was sent there.
        reasons: in the trial and in the run, those that differ first.
        turns: what changed from run to run.
        supplied: values of the enrichment of that run per (KT 1.3 type, field, status).
    """

    domain: str
    runs: tuple[Told, ...]
    unread: tuple[str, ...]
    env: str
    trial: Told | None
    run: Told | None
    reasons: tuple[Shown, ...] = ()
    turns: tuple[Turn, ...] = ()
    supplied: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def as_json(self) -> dict[str, object]:
        """Return it as `--json` prints it."""
        last = self.run
        return {
            "domain": self.domain,
            "env": self.env,
            "trial": None if self.trial is None else self.trial.name,
            "run": None if last is None else last.name,
            "runs": [one.as_json() for one in self.runs],
            "unread": list(self.unread),
            "reasons": [one.as_json() for one in self.reasons],
            "changes": [one.as_json() for one in self.turns],
            "enrichment": [
                {"type": source_type, "field": name, "status": status, "values": count}
                for (source_type, name, status), count in sorted(self.supplied.items())
            ],
            "estimate": None if last is None or last.held is None else last.held.as_json(),
        }


def learn(domain: str, runs: Sequence[Told], unread: Sequence[str] = (), env: str = "") -> Lessons:
    """Lay the runs side by side.

    Args:
        domain: of which.
        runs: of its working folder.
        unread: names of those that could not be read.
        env: the environment whose last run counts; empty: the last one of the list of
            environments in which something was sent.
    """
    ordered = tuple(sorted(runs, key=lambda one: (not one.began, one.began, one.env, one.run)))
    sent = [one for one in ordered if one.sent and not one.sample]
    chosen = env or (_furthest(runs) or "local")
    of_env = [one for one in sent if one.env == chosen]
    run = of_env[-1] if of_env else None
    trial = _trial(sent, run)
    return Lessons(
        domain=domain,
        runs=ordered,
        unread=tuple(unread),
        env=chosen,
        trial=trial,
        run=run,
        reasons=() if run is None or trial is None else _reasons(trial, run),
        turns=tuple(_turns([one for one in ordered if one.began])),
        supplied=Counter() if run is None else run.supplied,
    )


def _furthest(runs: Sequence[Told]) -> str:
    """Return the environment nearest to production in which something was sent."""
    return max((one.env for one in runs if one.sent), key=ENVIRONMENTS.index, default="")


def _trial(sent: Sequence[Told], run: Told | None) -> Told | None:
    """Return the last whole trial before a run: where it is rehearsed, else anywhere."""
    if run is None:
        return None
    earlier = list(sent[: sent.index(run)])
    home = REHEARSAL.get(run.env, run.env)
    return next(
        (one for one in reversed(earlier) if one.env == home),
        earlier[-1] if earlier else None,
    )


def _reasons(trial: Told, run: Told) -> tuple[Shown, ...]:
    found = [_shown(reason, trial, run) for reason in trial.reasons.keys() | run.reasons.keys()]
    order = {"after": 0, "before": 1, "both": 2}
    return tuple(
        sorted(
            found,
            key=lambda s: (
                not s.error,
                order[s.where],
                -max(s.before, s.after),
                s.code,
                s.source_type,
            ),
        )
    )


def _shown(reason: Reason, trial: Told, run: Told) -> Shown:
    code, source_type = reason
    return Shown(
        code=code,
        source_type=source_type,
        before=trial.reasons[reason],
        after=run.reasons[reason],
        error=reason in trial.errors | run.errors,
    )


_NO_CHANGE = frozenset({"environment", "environment_file", "plan"})
"""What always differs between environments, and what follows from the rest."""


def _turns(runs: Sequence[Told]) -> list[Turn]:
    found = []
    for before, after in pairwise(runs):
        changed = before.binding.differences(after.binding)
        names = tuple(name for name in changed if name not in _NO_CHANGE)
        if names:
            found.append(
                Turn(
                    before=before.name,
                    after=after.name,
                    changed=names,
                    rejected=(before.rejected, after.rejected),
                    rules=_rules(before, after),
                )
            )
    return found


def _rules(before: Told, after: Told) -> tuple[tuple[str, str], ...] | None:
    """Return where the algorithms of two runs differ: the places, never what stands there."""
    if before.binding.algorithm == after.binding.algorithm:
        return ()
    if before.says is None or after.says is None:
        return None
    found = compare_plain(before.says, after.says)
    return tuple((f"{one.section}.{one.path}", one.how) for one in found)
