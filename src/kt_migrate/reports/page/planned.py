"""The page of a plan: what will happen, before anything does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kt_migrate.language import number, tr, trn
from kt_migrate.plan.actions import Action
from kt_migrate.plan.estimate import Basis
from kt_migrate.reports.actions import Actions
from kt_migrate.reports.page.answers import what_is_not, who_acts, why_not
from kt_migrate.reports.page.first import left_behind, parts_of
from kt_migrate.reports.page.flows import flows_of, left_of, reasons_of
from kt_migrate.reports.page.model import Answer, Bars, Fate, Flow, Kind, Page, Table, Tone
from kt_migrate.reports.page.proofs import proofs_of
from kt_migrate.reports.page.run import facts_of, foot_of
from kt_migrate.reports.page.spoken import lasted
from kt_migrate.reports.page.standing import Standing
from kt_migrate.reports.page.technical import technical


def plan_page(standing: Standing, actions: Actions, content: Mapping[str, Any]) -> Page:
    """Return the page of a plan.

    Args:
        standing: of its run folder; what was written of it already is left aside.
        actions: what it does, in numbered actions.
        content: what rapport.json would hold of it.
    """
    planned = standing.planned()
    flows = flows_of(planned)
    reasons = reasons_of(planned.reasons)
    return Page(
        kind=Kind.PLAN,
        title=tr(
            "What will happen: the plan of {domain} for {env}",
            domain=standing.domain,
            env=standing.env,
        ),
        facts=facts_of(planned),
        warnings=_warnings(standing),
        answers=(
            _happens(planned, flows, actions, sent=standing.sent),
            what_is_not(flows, left_behind(planned)),
            why_not(reasons),
            who_acts(planned.reasons, _next(standing.env) if actions.writes else ()),
        ),
        flows=flows,
        left=left_of(planned),
        proofs=proofs_of(planned, content)[:2],
        reasons=reasons,
        bars=_bars(actions),
        tables=(_actions(actions), *technical(content, planned)),
        foot=foot_of("actions.json, elements.csv, plan.xlsx"),
    )


def _warnings(standing: Standing) -> tuple[str, ...]:
    if not standing.sent:
        return ()
    return (tr("Of this plan something was written already: rapport.html says what became of it."),)


def _happens(
    standing: Standing, flows: tuple[Flow, ...], actions: Actions, *, sent: bool
) -> Answer:
    parts = parts_of(flows)
    done = parts.get(Fate.PENDING, 0)
    every = done + parts.get(Fate.REJECTED, 0)
    resources = trn("{n} resource", "{n} resources", actions.writes)
    steps = trn("{n} action", "{n} actions", len(actions.actions))
    lines = [
        tr(
            "They become {resources} in {env}, in {steps} that can be repeated.",
            resources=resources,
            env=standing.env,
            steps=steps,
        ),
        _time(actions),
    ]
    if not actions.writes:
        lines = []
    unwritten = () if sent else (tr("Nothing was written yet; a plan writes nothing."),)
    if actions.versions:
        lines.append(
            trn(
                "Before them {n} earlier version is written.",
                "Before them {n} earlier versions are written.",
                actions.versions,
            )
        )
    return Answer(
        question=tr("What will happen?"),
        answer=tr(
            "Of the {all} objects that have to come, {done} go to KT 2.0.",
            done=number(done),
            all=number(every),
        )
        if every
        else tr("Nothing: there is no object that has to come."),
        tone=Tone.PLAIN,
        more=(*lines, *unwritten),
        parts=parts,
    )


def _time(actions: Actions) -> str:
    """Say how long it takes, and how that is known."""
    seconds, estimate = actions.seconds, actions.estimate
    if seconds is None:
        return tr("How long it takes nobody knows yet: a trial tells.")
    took = lasted(seconds)
    if estimate.basis is Basis.MEASURED and estimate.measured is not None:
        run = f"{estimate.measured.env} {estimate.measured.run}"
        return tr("It takes about {took}, as run {run} did.", took=took, run=run)
    return tr("It takes {took} at least: the configured rate allows no more.", took=took)


def _next(env: str) -> tuple[str, ...]:
    if env == "prd2":
        return (tr("Next: kt-migrate gate pre --env {env}", env=env),)
    return (tr("Next: kt-migrate trial --env {env}", env=env),)


def _bars(actions: Actions) -> tuple[Bars, ...]:
    if not actions.actions:
        return ()
    return (
        Bars(
            title=tr("What is written, in this order"),
            first=tr("action"),
            parts=(tr("resources"),),
            rows=tuple((f"{one.number}. {one.r4_type}", (one.count,)) for one in actions.actions),
            note=tr(
                "Something is written when all that it refers to is there. Each write makes an "
                "AuditEvent, and a notification for every subscription that fits."
            ),
        ),
    )


def _actions(actions: Actions) -> Table:
    return Table(
        key="actions",
        title=tr("Detailed actions (draaiboek K.6)"),
        columns=(
            tr("no."),
            tr("write"),
            tr("made of"),
            tr("count"),
            tr("earlier versions"),
            tr("duration"),
            tr("after action"),
            tr("after step"),
            tr("scope of the token"),
        ),
        rows=tuple(_action(one) for one in actions.actions),
        codes=frozenset({8}),
    )


def _action(one: Action) -> tuple[str | int | None, ...]:
    return (
        one.number,
        one.r4_type,
        ", ".join(one.source_types),
        one.count,
        one.versions or None,
        lasted(one.seconds),
        ", ".join(number(place) for place in one.after),
        ", ".join(one.gates),
        one.scope,
    )
