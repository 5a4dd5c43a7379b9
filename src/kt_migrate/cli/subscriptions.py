"""subscriptions: what fires, whose it is, and our own ones paused and put back (L.3, P.6, Q.9)."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from kt_migrate.cli.naming import require_domain
from kt_migrate.cli.options import (
    DomainDir,
    Env,
    Json,
    Run,
    known_environment,
    run_of,
    workspace_of,
)
from kt_migrate.cli.running import now
from kt_migrate.cli.screen import Screen
from kt_migrate.cli.subscriptions_screen import (
    say_fires,
    say_left,
    say_seen,
    say_switched,
    short,
)
from kt_migrate.config import Environment, Workspace, load_environment
from kt_migrate.errors import ExitCode, UsageError, said
from kt_migrate.gates.ledger import require_go
from kt_migrate.kt2.client import FhirClient
from kt_migrate.language import tr
from kt_migrate.load.execute import credentials_of
from kt_migrate.plan.binding import read_binding
from kt_migrate.plan.runs import named_run, newest_run
from kt_migrate.plan.store import Plan
from kt_migrate.subscriptions.forecast import Fires, forecast, origins_of, per_owner
from kt_migrate.subscriptions.run import Place, Switched, look, pause, restore
from kt_migrate.subscriptions.seen import Seen
from kt_migrate.subscriptions.states import Switch
from kt_migrate.subscriptions.steps import Step, read_journal

_PRODUCTION = "prd2"
_YES_PAUSE, _YES_RESTORE = "--yes-pause", "--yes-restore"
YesPause = Annotated[
    str,
    typer.Option(_YES_PAUSE, metavar="DOMAIN", help=tr("Do not ask on prd2: this is the domain.")),
]
YesRestore = Annotated[
    str,
    typer.Option(
        _YES_RESTORE, metavar="DOMAIN", help=tr("Do not ask on prd2: this is the domain.")
    ),
]
As = Annotated[
    str,
    typer.Option(
        "--as",
        metavar="NAME",
        help=tr("As one of the clients of `credentials`; else as the environment's own."),
    ),
]
Leave = Annotated[
    list[str] | None,
    typer.Option(
        "--leave",
        metavar="ID",
        help=tr("Leave this one as somebody else made it; repeatable."),
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    group = typer.Typer(
        help=tr(
            "Who is notified while a plan is written, and our own subscriptions off and on again "
            "(draaiboek L.3, P.6, Q.9)."
        ),
        no_args_is_help=True,
    )
    group.command(
        "list",
        help=tr(
            "Show every subscription that our client may see, whose it is, and what the plan "
            "fires of it (draaiboek L.3). Reads only."
        ),
    )(list_all)
    group.command(
        "pause",
        help=tr(
            "Switch our own application's subscriptions off (draaiboek P.6), and keep how they "
            "were. Safe to repeat: it goes on where it was."
        ),
    )(pause_ours)
    group.command(
        "restore",
        help=tr(
            "Put our own application's subscriptions back exactly as they were (draaiboek Q.9); "
            "leave what somebody else changed meanwhile. Safe to repeat."
        ),
    )(restore_ours)
    app.add_typer(group, name="subscriptions")


def list_all(
    env: Env, run: Run = "", client: As = "", domain_dir: DomainDir = None, json: Json = False
) -> None:
    """Show which subscriptions there are, whose, and what the plan fires; only reads."""
    screen = Screen(json=json)
    workspace = workspace_of(domain_dir)
    environment = load_environment(workspace, known_environment(env))
    screen.line(tr("Looks at {env}: {base} (reads only)", env=env, base=environment.base))
    seen = look(_place(workspace, environment, client))
    fires = fired(workspace, environment, run, seen)
    steps = read_journal(workspace.root, env, client)
    say_seen(screen, seen, steps, fires)
    say_fires(screen, env, seen, fires)
    say_left(screen, env, client, tuple(step for step in steps.values() if step.open))
    screen.document(_listed(env, seen, steps, fires))
    raise typer.Exit(ExitCode.OK if seen.every is not None else ExitCode.COULD_NOT_LOOK)


def pause_ours(
    env: Env,
    run: Run = "",
    client: As = "",
    domain: YesPause = "",
    domain_dir: DomainDir = None,
    json: Json = False,
) -> None:
    """Switch our own subscriptions off."""
    screen = Screen(json=json)
    workspace = workspace_of(domain_dir)
    environment = load_environment(workspace, known_environment(env))
    _require_go(workspace, env, run)
    place = _place(workspace, environment, client)
    seen = look(place)
    fires = fired(workspace, environment, run, seen)
    say_seen(screen, seen, read_journal(workspace.root, env, client), fires)
    screen.line(tr("Switches our own off on {env}: {base}", env=env, base=environment.base))
    if env == _PRODUCTION:
        require_domain(workspace, domain, _YES_PAUSE, so=said("nothing was switched off"))
        _require_go(workspace, env, run)  # again: a person may have thought for an hour
    _end(screen, workspace, place, pause(place, seen))


def restore_ours(
    env: Env,
    leave: Leave = None,
    client: As = "",
    domain: YesRestore = "",
    domain_dir: DomainDir = None,
    json: Json = False,
) -> None:
    """Put our own subscriptions back as they were."""
    screen = Screen(json=json)
    workspace = workspace_of(domain_dir)
    environment = load_environment(workspace, known_environment(env))
    left = _left(_open(workspace, env, client), leave or [])
    screen.line(
        tr("Puts our own back as they were on {env}: {base}", env=env, base=environment.base)
    )
    if env == _PRODUCTION:
        require_domain(workspace, domain, _YES_RESTORE, so=said("nothing was put back"))
    place = _place(workspace, environment, client)
    _end(screen, workspace, place, restore(place, left))


def _left(steps: Sequence[Step], named: Sequence[str]) -> list[str]:
    """Return the ids that a person named, whole or by their first eight characters.

    Raises:
        UsageError: one of them is none that somebody changed, or may be more than one.
    """
    changed = [step.id for step in steps if step.state is Switch.CHANGED]
    found = [[one for one in changed if name in (one, short(one))] for name in named]
    if any(len(each) != 1 for each in found):
        raise UsageError(
            "Only a subscription that somebody else changed can be left as it is.",
            where="--leave",
            fix="Give restore first without --leave: it says which were changed, and in what.",
        )
    return [one for each in found for one in each]


def _require_go(workspace: Workspace, env: str, run: str) -> None:
    """Refuse to touch production before there is a GO for exactly this plan, as `run` does.

    Raises:
        GateError, ForgedError: there is none that holds.
    """
    if env == _PRODUCTION:
        bound = read_binding(run_of(workspace, env, run))
        require_go(workspace.root, env, "pre", bound.plan, now(), binding=asdict(bound))


def _place(workspace: Workspace, environment: Environment, client: str) -> Place:
    """Return where, and as whom, subscriptions are switched.

    Raises:
        UsageError: the environment has no such client.
    """
    try:
        entered = environment.as_client(client)
    except KeyError:
        raise UsageError(
            "The environment has no client of this name.",
            where="--as",
            fix="Name one of `credentials` in its file, or leave --as out.",
        ) from None
    credentials, trace_id = credentials_of(workspace, entered), str(uuid.uuid4())
    return Place(
        root=workspace.root,
        env=entered.environment,
        base=entered.base,
        client_id=entered.client_id,
        name=client,
        trace_id=trace_id,
        client=lambda: FhirClient(
            entered.base, credentials, trace_id=trace_id, max_in_flight=1, now=time.time
        ),
    )


def _open(workspace: Workspace, env: str, client: str) -> tuple[Step, ...]:
    """Return what of a client is still to be put back, or decided."""
    return tuple(step for step in read_journal(workspace.root, env, client).values() if step.open)


def _end(screen: Screen, workspace: Workspace, place: Place, done: Switched) -> None:
    """Say what came of it, and end with the worst that there is to say."""
    say_switched(screen, done)
    left = _open(workspace, place.env, place.name)
    say_left(screen, place.env, place.name, left)
    screen.document(
        {
            "env": place.env,
            "subscriptions": [_as_json(step) for step in done.steps],
            "still_paused": len(left),
        }
    )
    wrong = done.of(Switch.CHANGED) or any(step.status for step in done.of(Switch.UNTOUCHED))
    raise typer.Exit(ExitCode.SUBSCRIPTION if wrong else ExitCode.OK)


def fired(
    workspace: Workspace, environment: Environment, run: str, seen: Seen
) -> dict[str, Fires] | None:
    """Forecast what a run's plan fires of every subscription in force; None: there is no plan.

    Raises:
        UsageError: there is no run of that name.
        JournalError: the run folder is damaged.
    """
    root, env = workspace.root, environment.environment
    folder = named_run(root, env, run) if run else newest_run(root, env)
    if folder is None:
        return None
    with Plan(folder / "plan.sqlite") as plan:
        in_force = [one for one in seen.every or () if one.in_force]
        return forecast(plan, in_force, origins_of(environment, seen.own))


def _listed(
    env: str, seen: Seen, steps: Mapping[str, Step], fires: Mapping[str, Fires] | None
) -> dict[str, object]:
    every, known = seen.every or (), fires or {}
    return {
        "env": env,
        "seen": seen.every is not None,
        "whole": seen.whole,
        "forecast": fires is not None,
        "subscriptions": [
            {
                **one.as_json(),
                "fires": known[one.id].as_json() if one.id in known else None,
                "switched": steps[one.id].state.value if one.id in steps else "",
            }
            for one in every
        ],
        "per_owner": [
            {"owner": owner, "type": r4_type, **found.as_json()}
            for (owner, r4_type), found in sorted(per_owner(every, known).items())
        ],
        "still_paused": sum(step.open for step in steps.values()),
    }


def _as_json(step: Step) -> dict[str, object]:
    return {
        "id": step.id,
        "state": step.state.value,
        "differs": list(step.fields),
        "refused": step.status,
    }
