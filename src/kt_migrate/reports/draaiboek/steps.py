"""The draaiboek's steps as data: steps.yaml, checked."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from kt_migrate.config import EnvironmentName
from kt_migrate.language import tr
from kt_migrate.strict_yaml import parse_model, read_yaml

Text = Annotated[str, StringConstraints(min_length=1, strict=True)]
Command = Annotated[str, StringConstraints(pattern=r"^kt-migrate [a-z]", strict=True)]
Role = Literal["supplier", "provider", "kt2-support", "kt13-support", "organisation", "together"]

PRACTICE = "local"
"""On the sandbox every step can be practised."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Step(_Part):
    """One step of the draaiboek.

    Attributes:
        id: its official number.
        en: what it asks, in our own words; the catalogue has the Dutch.
        who: roles that do it.
        envs: environments where it is done, the usual one first.
        actions: environments whose detailed actions stand below it.
        commands: what serves it; `{env}` and `{run}` are filled in. None: a person's work.
        practice: what takes their place on the sandbox, besides.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[A-Z](\.[0-9]+)?$", strict=True)]
    en: Text
    who: Annotated[tuple[Role, ...], Field(min_length=1)]
    envs: Annotated[tuple[EnvironmentName, ...], Field(min_length=1)]
    actions: tuple[EnvironmentName, ...] = ()
    commands: tuple[Command, ...] = ()
    practice: tuple[Command, ...] = ()

    def environment(self, wanted: str) -> str:
        """Return where this step is done in the runbook of an environment."""
        if wanted == PRACTICE or wanted in self.envs:
            return wanted
        return self.envs[0]

    def commands_for(self, wanted: str, runs: Mapping[str, str]) -> tuple[str, ...]:
        """Return the exact commands in the runbook of an environment.

        Args:
            wanted: the environment.
            runs: its newest run, per environment that has one; a command about a run is left
                out where there is none.
        """
        env = self.environment(wanted)
        lines = self.commands + (self.practice if wanted == PRACTICE else ())
        return tuple(
            line.format(env=env, run=runs.get(env, ""))
            for line in lines
            if "{run}" not in line or env in runs
        )


class Section(_Part):
    """One letter of the draaiboek, with its title."""

    id: Annotated[str, StringConstraints(pattern=r"^[A-Z]$", strict=True)]
    en: Text
    steps: tuple[Step, ...]


class Steps(_Part):
    """All of steps.yaml."""

    schema_: Literal["kt-migrate-steps/1"] = Field(alias="schema")
    sections: tuple[Section, ...]


@cache
def all_sections() -> tuple[Section, ...]:
    """Return the sections, in the order in which a migration goes through them."""
    path = Path(__file__).with_name("steps.yaml")
    return parse_model(Steps, read_yaml(path, path.name)).sections


def role_text(role: Role) -> str:
    """Return a role as the draaiboek calls it."""
    names = {
        "supplier": tr("IT-deelnemers (suppliers)"),
        "provider": tr("Care provider"),
        "kt2-support": "KT2-Support",
        "kt13-support": "KT Support (KT 1.3)",
        "organisation": "Koppeltaal-VZVZ",
        "together": tr("Together"),
    }
    return names[role]
