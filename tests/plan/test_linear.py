"""The cost of a plan grows with what is planned, and not faster: counted in SQLite's own steps."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest
from generate import Shares, generate

from kt_migrate.algorithm.model import Algorithm
from kt_migrate.algorithm.scope import ScopeRules
from kt_migrate.history.intake import Intake
from plan.small import STANDARD, plan_roots

pytestmark = pytest.mark.integration
FEW, MANY = 100, 400


def steps_of(
    folder: Path,
    messages: int,
    monkeypatch: pytest.MonkeyPatch,
    algorithm: Algorithm = STANDARD,
) -> tuple[int, int]:
    """Return (hundreds of steps of the history's database, writes) of a generated domain."""
    folder.mkdir()
    shares = {f.name: 0.02 for f in fields(Shares)}
    generate(folder, messages, shares=Shares(**shares), per_dossier=4)
    taken = [0]

    def step() -> int:
        taken[0] += 1
        return 0

    honest = Intake.__init__

    def watched(self: Intake, where: Path) -> None:
        honest(self, where)
        self.db.set_progress_handler(step, 100)

    with monkeypatch.context() as patch:
        patch.setattr(Intake, "__init__", watched)
        with plan_roots([folder / "archive"], folder / "plan.sqlite", algorithm) as plan:
            return taken[0], plan.count()


def test_four_times_as_much_takes_four_times_the_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Per write, a larger domain costs hardly more: sorting grows a little, nothing else may."""
    few, writes = steps_of(tmp_path / "few", FEW, monkeypatch)
    many, more_writes = steps_of(tmp_path / "many", MANY, monkeypatch)

    assert more_writes > 3 * writes
    assert many / more_writes < 1.08 * few / writes


EVERYTHING = ScopeRules.model_validate(
    {
        "dossiers": "open",
        "closed_since": "2019-01-02",
        "history": {"CareTeam": "2019-01-02"},
        "needed_only": ["Practitioner", "Organization", "ActivityDefinition", "Application"],
        "groups": [
            {"name": "lijst", "patients": {"list": "x"}, "dossiers": "none"},
            {"name": "later", "patients": {"last_activity_since": "2030-01-01"}},
        ],
    }
)


def test_a_scope_costs_a_little_per_object_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a row per patient, groups, days, and objects that are needed: hardly more per message."""
    algorithm = replace(STANDARD, scope=EVERYTHING, lists={"lijst": frozenset({"niemand"})})
    few, writes = steps_of(tmp_path / "few", FEW // 2, monkeypatch, algorithm)
    many, more_writes = steps_of(tmp_path / "many", MANY // 2, monkeypatch, algorithm)

    assert more_writes > 2 * writes > 0
    assert many / MANY < 1.15 * few / FEW
