"""probe: whether an environment gives what its plan needs. Only reads, and says of whom."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import typer

from kt_migrate.cli.options import (
    DomainDir,
    Env,
    Json,
    Run,
    known_environment,
    workspace_of,
)
from kt_migrate.cli.probing_clients import (
    needs_of_client,
    ours_of,
    points_of_clients,
    with_own_scopes,
)
from kt_migrate.cli.screen import Screen
from kt_migrate.cli.standing import following
from kt_migrate.config import Environment, Workspace, environment_digest, load_environment
from kt_migrate.errors import ExitCode
from kt_migrate.kt2.certificate import certificate_end
from kt_migrate.kt2.client import FhirClient
from kt_migrate.language import shown, tr
from kt_migrate.load.execute import credentials_of
from kt_migrate.plan.runs import named_run, newest_run
from kt_migrate.plan.store import Plan
from kt_migrate.probing.finding import Firing, firing
from kt_migrate.probing.judging import judge
from kt_migrate.probing.needs import Needs, needs_of
from kt_migrate.probing.observing import STANDARD_SYSTEMS, Observed, observe
from kt_migrate.probing.points import Point
from kt_migrate.probing.record import ProbeRecord, Verdict, forget_probe, write_probe
from kt_migrate.subscriptions.forecast import forecast, origins_of
from kt_migrate.subscriptions.kept import firing_by, write_forecast
from kt_migrate.subscriptions.seen import Seen, seen_of


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command(
        help=tr(
            "Look whether an environment gives what its plan needs: login, scopes, "
            "profiles, searching, subscriptions, clock (draaiboek M.1, O). Reads only."
        ),
    )(probe)


def probe(env: Env, run: Run = "", domain_dir: DomainDir = None, json: Json = False) -> None:
    """Look whether an environment gives what its plan needs."""
    screen = Screen(json=json)
    known_environment(env)
    workspace = workspace_of(domain_dir)
    environment = load_environment(workspace, env)
    folder = named_run(workspace.root, env, run) if run else newest_run(workspace.root, env)
    needs = None if folder is None else needs_of(folder)
    _say_whom(screen, environment, needs)
    forget_probe(workspace.root, env)  # what it said does not outlive the next look
    at = datetime.fromtimestamp(time.time(), UTC)
    with screen.progress(tr("looking")):
        seen, subscribed = asyncio.run(_observed(workspace, environment, needs))
    points = judge(seen, needs, ours_of(environment), at)
    if environment.credentials and seen.stopped_by is None:
        own = needs_of_client(folder, needs, "")
        points = (
            *with_own_scopes(points, judge(seen, own, ours_of(environment), at)),
            *asyncio.run(points_of_clients(workspace, environment, folder, needs, at)),
        )
    record = ProbeRecord(
        environment=env,
        environment_file=environment_digest(environment),
        at=at.isoformat(timespec="seconds"),
        plan="" if needs is None else needs.plan,
        points=tuple(point.recorded for point in points),
        server=seen.service,
    )
    path = write_probe(workspace.root, record)
    fired = _fired(workspace.root, environment, folder, seen, subscribed, needs)
    _show(screen, points, fired, known=needs is not None)
    _say_verdict(screen, record, path)
    if _code(record) is ExitCode.OK:
        screen.next(_after(env, folder))
    screen.document(_document(record, environment, needs, fired))
    if seen.stopped_by is not None:
        raise seen.stopped_by
    raise typer.Exit(_code(record))


def _after(env: str, folder: Path | None) -> str:
    return f"kt-migrate plan --env {env}" if folder is None else following(env, folder)


def _fired(
    root: Path,
    environment: Environment,
    folder: Path | None,
    seen: Observed,
    subscribed: Seen | None,
    needs: Needs | None,
) -> tuple[Firing, ...]:
    """Return what the plan fires, and keep it for the run's briefing."""
    known = seen.service.subscriptions or ()
    if needs is None or folder is None or subscribed is None:
        return firing(known, {} if needs is None else needs.requests)
    every = [one for one in subscribed.every or () if one.in_force]
    with Plan(folder / "plan.sqlite") as plan:
        fires = forecast(plan, every, origins_of(environment, subscribed.own))
    write_forecast(root, environment.environment, needs.plan, every, fires)
    by_digest = {one.digest: fires[one.id] for one in every}
    return firing_by(known, by_digest, needs.requests)


async def _observed(
    workspace: Workspace, environment: Environment, needs: Needs | None
) -> tuple[Observed, Seen | None]:
    """Look at everything; and at whose the subscriptions are, when there is a plan to forecast."""
    credentials = credentials_of(workspace, environment)
    secure = environment.base.startswith("https://")
    async with FhirClient(
        environment.base,
        credentials,
        trace_id=str(uuid.uuid4()),
        max_in_flight=1,
        now=time.time,
    ) as client:
        found = await observe(
            client,
            client_id=environment.client_id,
            systems=STANDARD_SYSTEMS if needs is None else needs.systems,
            now=time.time,
            certificate=await certificate_end(environment.base, credentials.tls)
            if secure
            else None,
        )
        asks = needs is not None and bool(found.service.subscriptions)
        if not asks or found.stopped_by is not None:
            return found, None
        return found, await seen_of(client, environment.client_id)


def _code(record: ProbeRecord) -> ExitCode:
    if record.lacking:
        return ExitCode.LACKING
    return ExitCode.COULD_NOT_LOOK if record.unknown else ExitCode.OK


def _say_whom(screen: Screen, environment: Environment, needs: Needs | None) -> None:
    env, base = environment.environment, environment.base
    screen.line(tr("Looks at {env}: {base} (reads only)", env=env, base=base))
    if needs is None:
        screen.say(
            tr(
                "There is no plan for {env}: scopes, profiles and types cannot be held "
                "against anything.",
                env=env,
            )
        )
    else:
        screen.say(tr("For the plan of run {run}.", run=needs.run))


def _show(screen: Screen, points: Sequence[Point], fired: Sequence[Firing], *, known: bool) -> None:
    columns = (tr("point"), tr("verdict"), tr("found"))
    needed = [point for point in points if point.needed]
    told = [point for point in points if not point.needed]
    screen.table(
        tr("What is needed"),
        columns,
        [(point.id, _needed_word(point.verdict), shown(point.found)) for point in needed],
    )
    screen.table(
        tr("What else can be seen"),
        columns,
        [(point.id, _told_word(point.verdict), shown(point.found)) for point in told],
    )
    if fired:
        _table_of_subscriptions(screen, fired, known=known)
    _table_of_advice(screen, points)


def _table_of_subscriptions(screen: Screen, fired: Sequence[Firing], *, known: bool) -> None:
    at_most = tr("at most ")
    screen.table(
        tr("Subscriptions in force"),
        (
            tr("criteria"),
            tr("to"),
            tr("count"),
            tr("fires"),
        ),
        [
            (
                kind.criteria,
                kind.host,
                kind.count,
                "?"
                if kind.notifications is None or not known
                else f"{'' if kind.exact else at_most}{kind.notifications}",
            )
            for kind in fired
        ],
    )


def _table_of_advice(screen: Screen, points: Sequence[Point]) -> None:
    """Print what to do about what is not met; points with one remedy share a line."""
    remedies: dict[str, list[str]] = {}
    for point in points:
        if point.verdict is not Verdict.MET and point.advice:
            needed = f" ({tr('needed')}: {shown(point.needed)})"
            lacking = point.verdict is Verdict.NOT_MET and point.needed
            text = shown(point.advice) + (needed if lacking else "")
            remedies.setdefault(text, []).append(point.id)
    if remedies:
        screen.table(
            tr("What to do"),
            (tr("point"), tr("do")),
            [(" ".join(ids), text) for text, ids in remedies.items()],
        )


def _needed_word(verdict: Verdict) -> str:
    match verdict:
        case Verdict.MET:
            return tr("met")
        case Verdict.NOT_MET:
            return tr("NOT MET")
        case Verdict.UNKNOWN:
            return tr("UNKNOWN")


def _told_word(verdict: Verdict) -> str:
    match verdict:
        case Verdict.MET:
            return tr("yes")
        case Verdict.NOT_MET:
            return tr("no")
        case Verdict.UNKNOWN:
            return tr("unknown")


def _say_verdict(screen: Screen, record: ProbeRecord, path: Path) -> None:
    lacking, unknown = len(record.lacking), len(record.unknown)
    if record.met:
        number = sum(1 for point in record.points if point.needed)
        screen.say(tr("The environment gives what is needed: {number} points met.", number=number))
    else:
        screen.say(
            tr(
                "Not all that is needed is there or was seen: {lacking} lacking, {unknown} "
                "unknown.",
                lacking=lacking,
                unknown=unknown,
            )
        )
    screen.line(tr("Recorded: {path}", path=path))


def _document(
    record: ProbeRecord, environment: Environment, needs: Needs | None, fired: Sequence[Firing]
) -> dict[str, object]:
    known = needs is not None
    return {
        **record.as_json(),
        "base": environment.base,
        "run": None if needs is None else needs.run,
        "met": record.met,
        "notifications": [
            {**asdict(kind), "notifications": kind.notifications if known else None}
            for kind in fired
        ],
    }
