"""The detailed actions of a run folder's plan: put together, and kept in actions.json."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from kt_migrate.config import Environment, Workspace
from kt_migrate.load.events import last_event
from kt_migrate.plan.actions import Action, Writer, actions_of
from kt_migrate.plan.estimate import Estimate, Measured, estimate_of
from kt_migrate.plan.runs import runs_of
from kt_migrate.plan.store import Plan

SCHEMA = "kt-migrate-actions/1"
NAME = "actions.json"

_AS_GOOD = {"prd2": ("prd2", "mgr2")}
"""Whose trials tell how long one takes; else its own. It is what a trial is for (draaiboek M.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actions:
    """What a plan does, in numbered actions.

    Attributes:
        env, run: of which run folder.
        writes: how many objects are written, all actions together.
        estimate: how long, and how that is known.
        actions: in the order of writing.
    """

    env: str
    run: str
    writes: int
    estimate: Estimate
    actions: tuple[Action, ...]

    @property
    def versions(self) -> int:
        """How many earlier versions go before them (mode `every-version`)."""
        return sum(action.versions for action in self.actions)

    @property
    def seconds(self) -> float | None:
        """How long all of them take; None: nobody knows."""
        return self.estimate.seconds(self.writes + self.versions)

    def estimate_json(self) -> dict[str, object]:
        """Return the estimate for all of them, as `--json` prints it."""
        return self.estimate.as_json(self.writes + self.versions)

    def as_json(self) -> dict[str, object]:
        """Return it as actions.json has it."""
        return {
            "schema": SCHEMA,
            "env": self.env,
            "run": self.run,
            "writes": self.writes,
            "versions": self.versions,
            "estimate": self.estimate_json(),
            "actions": [action.as_json() for action in self.actions],
        }


def detailed_actions(workspace: Workspace, environment: Environment, folder: Path) -> Actions:
    """Number what a run folder's plan does, and keep it there as actions.json.

    Raises:
        JournalError: there is no plan, or not one of this version.
    """
    env, limits = environment.environment, environment.limits
    estimate = estimate_of(limits.per_second, limits.max_in_flight, measured(workspace.root, env))
    there = {a.reference for a in workspace.domain.applications.values() if a.reference}
    others = {one.name: one.client_id for one in environment.credentials}
    writer = Writer(environment=env, client=environment.client_id, others=others)
    with Plan(folder / "plan.sqlite") as plan:
        found = Actions(
            env=env,
            run=folder.name,
            writes=plan.count(),
            estimate=estimate,
            actions=actions_of(
                plan, writer, estimate, {"ActivityDefinition": tuple(sorted(there))}
            ),
        )
    _write(folder / NAME, orjson.dumps(found.as_json(), option=orjson.OPT_INDENT_2) + b"\n")
    return found


def measured(root: Path, environment: str) -> Iterator[Measured]:
    """Yield what earlier starts took: of the environment itself first, the newest run first."""
    for env in _AS_GOOD.get(environment, (environment,)):
        for folder in reversed(runs_of(root, env)):
            end = last_event(folder, "end")
            match end:
                case {"sent": int(sent), "seconds": int() | float() as seconds}:
                    yield Measured(env=env, run=folder.name, writes=sent, seconds=float(seconds))
                case _:
                    continue


def _write(path: Path, content: bytes) -> None:
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_bytes(content)
    unfinished.chmod(0o600)
    unfinished.replace(path)
