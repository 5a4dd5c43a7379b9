"""plan: it reads, and talks to no server; with `--probe` it looks at one."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import typer

from kt_migrate.cli.actions import show_actions
from kt_migrate.cli.comparing import Compare, compared
from kt_migrate.cli.elements import show_elements
from kt_migrate.cli.enriching import say_enrichment
from kt_migrate.cli.manifests import manifests_text
from kt_migrate.cli.options import (
    Algorithm,
    Archive,
    DomainDir,
    Enrichment,
    Env,
    Json,
    Limit,
    PlanMode,
    choices_of,
    known_environment,
    workspace_of,
)
from kt_migrate.cli.passwords import PasswordFd
from kt_migrate.cli.probing import Probe, probed
from kt_migrate.cli.profiles import require_profile
from kt_migrate.cli.reporting import plan_report
from kt_migrate.cli.screen import Screen, books_table, sightings_table, versions_table
from kt_migrate.cli.standing import following
from kt_migrate.cli.supplying import Others, paths_of, show_expected
from kt_migrate.config import Workspace, load_environment
from kt_migrate.language import tr
from kt_migrate.model import Mode
from kt_migrate.plan.make import Choices, Made, make_plan
from kt_migrate.plan.runs import named_run
from kt_migrate.plan.store import Plan
from kt_migrate.reports.actions import detailed_actions
from kt_migrate.reports.elements import element_json, write_elements
from kt_migrate.reports.result import run_result


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command(
        help=tr(
            "Make a plan: every write, every reject, the books (draaiboek K.3-K.6). "
            "Talks to no server but with --probe, and never writes to one."
        ),
    )(plan)


def plan(
    env: Env = "local",
    archive: Archive = None,
    algorithm: Algorithm = "",
    enrichment: Enrichment = None,
    password_fd: PasswordFd = None,
    limit: Limit = None,
    mode: PlanMode = None,
    probe: Probe = False,
    compare: Compare = "",
    others: Others = None,
    domain_dir: DomainDir = None,
    json: Json = False,
) -> None:
    """Make a plan."""
    screen = Screen(json=json)
    workspace = workspace_of(domain_dir)
    earlier = named_run(workspace.root, known_environment(env), compare) if compare else None
    made = planned(
        screen,
        workspace,
        known_environment(env),
        replace(
            choices_of(archive, algorithm, enrichment, password_fd, limit, mode),
            others=paths_of(others),
        ),
    )
    screen.say(manifests_text(made.manifests))
    if not made.anew:
        screen.say(tr("Nothing has changed: plan {name} still holds.", name=made.folder.name))
    there = None
    if probe:
        environment = load_environment(workspace, env)
        require_profile(screen, workspace, environment, made.folder)
        there = probed(screen, workspace, environment, made.folder)
    content = show_plan(screen, workspace, env, made.folder)
    if there is not None:
        content["probe"] = there.as_json()
    if earlier is not None:
        content["compare"] = compared(screen, earlier, made.folder)
    screen.next(following(env, made.folder))
    screen.document(content)


def planned(screen: Screen, workspace: Workspace, env: str, choices: Choices) -> Made:
    """Make a plan with a progress bar."""
    with screen.progress(tr("planning")) as bar:
        return make_plan(workspace, env, choices, lambda n: bar(n, None))


def show_plan(screen: Screen, workspace: Workspace, env: str, folder: Path) -> dict[str, object]:
    """Print a plan's books, and what it does: the detailed actions; return it for `--json`."""
    environment = load_environment(workspace, env)
    with screen.progress(tr("adding up")):
        result = run_result(folder)
        actions = detailed_actions(workspace, environment, folder)
    books_table(screen, result.books, events=True)
    sightings_table(screen, result)
    supplied = say_enrichment(screen, folder)
    show_actions(screen, actions)
    with Plan(folder / "plan.sqlite") as found:
        stages, mode, versions = found.stages(), found.mode, found.version_counts()
        elements = found.elements()
    if mode is Mode.EVERY_VERSION:
        versions_table(screen, versions)
    write_elements(folder, elements)
    suppliers = show_expected(screen, folder)
    show_elements(screen, elements)
    plan_report(screen, folder, result, actions)
    screen.line(f"{tr('Plan')}: {folder}")
    return {
        "run": folder.name,
        "env": env,
        "books": result.books.as_json(),
        "books_per_event": result.books.as_json_per_event(),
        "census": result.census,
        "hash_totals": {t: total.as_json() for t, total in result.planned.items()},
        "mode": mode.value,
        "writes": result.total,
        "versions": {t: asdict(count) for t, count in versions.items()},
        "stages": stages,
        "estimated_seconds": actions.seconds,
        "estimate": actions.estimate_json(),
        "enrichment": supplied,
        "suppliers": suppliers,
        "actions": [action.as_json() for action in actions.actions],
        "elements": [element_json(row) for row in elements],
        "path": str(folder),
    }
