"""evidence: makes the signed pack of a run, and checks one (draaiboek Q, T)."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from kt_migrate.cli.options import (
    DomainDir,
    Env,
    Json,
    Run,
    known_environment,
    run_of,
    workspace_of,
)
from kt_migrate.cli.screen import Screen
from kt_migrate.evidence.checks import Check, Holds, checked, ending
from kt_migrate.evidence.container import read_pack
from kt_migrate.evidence.gather import members_of
from kt_migrate.evidence.pack import Pack, misshapen, opened_pack, pack_of
from kt_migrate.gates.keeping import key_path
from kt_migrate.language import moment, tr
from kt_migrate.reports.error_list import written
from kt_migrate.signing import new_signer, signer

NAME = "bewijs.zip"

Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        help=tr("File; else the run's {name}.", name=NAME),
    ),
]
Thumbprint = Annotated[
    str,
    typer.Option(
        "--thumbprint",
        help=tr("Thumbprint of who must have signed."),
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    evidence = typer.Typer(
        help=tr("The signed evidence of a run: make it, and check it (draaiboek Q, T)."),
        no_args_is_help=True,
    )
    evidence.command(
        help=tr(
            "Make the evidence of a run: a signed zip without personal data that "
            "somebody else can check offline (draaiboek Q, T)."
        ),
    )(make)
    evidence.command(
        help=tr("Check evidence, with nothing but the file (draaiboek Q, T)."),
    )(verify)
    app.add_typer(evidence, name="evidence")


def make(
    env: Env = "local",
    run: Run = "",
    output: Output = None,
    domain_dir: DomainDir = None,
    json: Json = False,
) -> None:
    """Make the pack of a run."""
    screen = Screen(json=json)
    workspace = workspace_of(domain_dir)
    folder = run_of(workspace, known_environment(env), run)
    key = key_path(workspace.root)
    with screen.progress(tr("making the evidence")):
        members = members_of(workspace, folder)
        ours = signer(key) if key.exists() else new_signer(key)
        content = pack_of(members, ours, datetime.fromtimestamp(time.time(), UTC))
    path = output or folder / NAME
    with written(path) as file:
        file.write(content)
    pack = opened_pack(content, path.name, ours.thumbprint)
    absent = [str(name) for name in pack.papers["pack"]["absent"]]
    screen.line(f"{tr('Evidence')}: {path}")
    screen.line(f"{tr('Signed with')}: {ours.thumbprint}")
    if absent:
        screen.say(f"{tr('There is no')}: {', '.join(absent)}.")
    screen.next(f"kt-migrate evidence verify {path} --thumbprint {ours.thumbprint}")
    screen.document(
        {
            "env": env,
            "run": folder.name,
            "path": str(path),
            "thumbprint": ours.thumbprint,
            "at": pack.at,
            "absent": absent,
        }
    )


def verify(
    file: Annotated[Path, typer.Argument(help=tr("The evidence."))],
    thumbprint: Thumbprint = "",
    json: Json = False,
) -> None:
    """Check a pack; exits with what it comes to."""
    screen = Screen(json=json)
    pack = opened_pack(read_pack(file), file.name, thumbprint)
    try:
        checks = checked(pack.papers)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise misshapen("*.json", file.name) from None
    _show(screen, pack, checks, known=bool(thumbprint))
    code = ending(checks)
    screen.document(
        {
            **{name: pack.papers["pack"][name] for name in _ABOUT},
            "thumbprint": pack.thumbprint,
            "at": pack.at,
            "absent": pack.papers["pack"]["absent"],
            "checks": [{"name": c.name, "holds": c.holds.value, "found": c.found} for c in checks],
            "passed": code == 0,
        }
    )
    raise typer.Exit(code)


_ABOUT = ("schema", "domain", "environment", "run", "plan")


def _show(screen: Screen, pack: Pack, checks: tuple[Check, ...], *, known: bool) -> None:
    about = pack.papers["pack"]
    screen.say(
        tr(
            "Domain {about}, environment {about2}, run {about3}.",
            about=about["domain"],
            about2=about["environment"],
            about3=about["run"],
        )
    )
    screen.line(tr("List and signature are right. Signed {at} UTC with", at=moment(pack.at)))
    screen.line(pack.thumbprint)
    if not known:
        screen.say(
            tr(
                "Ask by another way whether that thumbprint is right, and give it with "
                "--thumbprint."
            )
        )
    names, words = _names(undone="rollback" in pack.papers), _words()
    screen.table(
        tr("Worked out"),
        (tr("what"), tr("outcome"), tr("found")),
        [(names[c.name], words[c.holds], c.found) for c in checks],
    )


def _names(*, undone: bool) -> dict[str, str]:
    """Return how to call each check to a person."""
    return {
        "whole": tr("the whole plan, no sample"),
        "books": tr("the books balance"),
        "totals": tr("plan = journal") if undone else tr("plan = journal = server"),
        "verify": tr("read back, equal"),
        "rollback": tr("undone, proven gone"),
        "success": tr("within the success criteria"),
        "judged": tr("a sample was judged good"),
        "measured": tr("verdicts as the gate measured"),
        "probe": tr("the environment gave what it must"),
        "chain": tr("the chain of the gates is whole"),
        "gates": tr("what the gates decided"),
    }


def _words() -> dict[Holds, str]:
    """Return each outcome in words."""
    return {
        Holds.YES: tr("yes"),
        Holds.NO: tr("NO"),
        Holds.ABSENT: tr("cannot be seen"),
    }
