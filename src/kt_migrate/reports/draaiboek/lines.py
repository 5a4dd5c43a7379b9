"""What stands in the domain's runbook, line by line, whatever file it is written to. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kt_migrate.language import shown, tr
from kt_migrate.plan.actions import Action
from kt_migrate.reports.actions import Actions
from kt_migrate.reports.actions_words import (
    basis_text,
    before_text,
    check_text,
    sources_text,
    time_text,
)
from kt_migrate.reports.draaiboek.steps import PRACTICE, Section, Step, all_sections, role_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line: a step of the draaiboek, or a detailed action below one.

    Attributes:
        number: `M.2`; of an action `M.2-3`.
        what: what is done.
        who: by whom.
        commands: what to type; empty: by hand.
        before, check: of an action, what must be true before, and what to check after.
        time: of an action, how long; else empty.
        is_action: whether it is a detailed action.
    """

    number: str
    what: str
    who: str
    commands: tuple[str, ...] = ()
    before: str = ""
    check: str = ""
    time: str = ""
    is_action: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """One letter of the draaiboek with its lines."""

    letter: str
    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Runbook:
    """A domain's runbook.

    Attributes:
        title: above it.
        facts: (name, value): of which domain, environment, plan.
        chapters: in the order in which a migration goes through them.
    """

    title: str
    facts: tuple[tuple[str, str], ...]
    chapters: tuple[Chapter, ...]


def column_names() -> tuple[str, ...]:
    """Return the names of the columns; the last two are for a person to fill in."""
    return (
        tr("step"),
        tr("what"),
        tr("who"),
        tr("command"),
        tr("before"),
        tr("check"),
        tr("duration"),
        tr("date"),
        tr("initials"),
    )


def runbook_of(
    domain: str, algorithm: str, digest: str, actions: Actions, runs: Mapping[str, str]
) -> Runbook:
    """Put the runbook together.

    Args:
        domain: its name.
        algorithm: name and version of the algorithm.
        digest: SHA-256 of the plan: what is signed is this plan and no other.
        actions: the plan's detailed actions.
        runs: the newest run per environment that has one.
    """
    return Runbook(
        title=tr("Migration runbook {domain}", domain=domain),
        facts=(
            (tr("domain"), domain),
            (tr("environment"), actions.env),
            (tr("plan"), f"runs/{actions.env}/{actions.run}"),
            (tr("SHA-256 of the plan"), digest),
            (tr("algorithm"), algorithm),
            (tr("writes"), str(actions.writes)),
            (
                tr("time of writing"),
                f"{time_text(actions.seconds)}. {basis_text(actions.estimate)}",
            ),
        ),
        chapters=tuple(_chapter(section, actions, runs) for section in all_sections()),
    )


def _chapter(section: Section, actions: Actions, runs: Mapping[str, str]) -> Chapter:
    lines = [line for step in section.steps for line in _lines(step, actions, runs)]
    return Chapter(letter=section.id, title=shown(section.en), lines=tuple(lines))


def _lines(step: Step, actions: Actions, runs: Mapping[str, str]) -> Iterator[Line]:
    yield Line(
        number=step.id,
        what=shown(step.en) + _elsewhere(step, actions.env),
        who=", ".join(role_text(role) for role in step.who),
        commands=step.commands_for(actions.env, runs),
    )
    if actions.env in step.actions:
        for action in actions.actions:
            yield _action(step, action)


def _elsewhere(step: Step, env: str) -> str:
    """Say where the detailed actions of another environment stand."""
    if not step.actions or env in (*step.actions, PRACTICE):
        return ""
    other = f"kt-migrate draaiboek --env {step.environment(env)}"
    return tr(" The actions themselves: {other}.", other=other)


def _action(step: Step, action: Action) -> Line:
    sources, before = sources_text(action), ""
    if action.versions:
        number = action.versions
        before = tr(", after {number} earlier versions", number=number)
    return Line(
        number=f"{step.id}-{action.number}",
        what=tr(
            "Write {count} {r4_type} from {sources}{before}: stage {stage}, numbers "
            "{first}–{last} of the plan.",  # noqa: RUF001 (a range)
            count=action.count,
            r4_type=action.r4_type,
            sources=sources,
            before=before,
            stage=action.stage,
            first=action.first,
            last=action.last,
        ),
        who=f"client {action.client} ({action.credentials})",
        before=before_text(action),
        check=check_text(action),
        time=time_text(action.seconds),
        is_action=True,
    )
