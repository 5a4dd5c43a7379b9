"""gate pre, post, verify: the two quality gates (draaiboek O and Q)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kt_migrate.cli.at_the_gate import asked_of, at_gate, line_json, say_half
from kt_migrate.cli.attesting import attest, decide
from kt_migrate.cli.gate_screen import decision_line, show_gate
from kt_migrate.cli.gathering import Asked
from kt_migrate.cli.options import (
    Algorithm,
    Archive,
    DomainDir,
    Enrichment,
    Env,
    Json,
    Limit,
    Run,
    choices_of,
    known_environment,
    workspace_of,
)
from kt_migrate.cli.passwords import PasswordFd
from kt_migrate.cli.screen import Screen
from kt_migrate.errors import ExitCode, ForgedError, GateError, SourceError, UsageError, said
from kt_migrate.gates.chain import Chain, read_chain
from kt_migrate.gates.checking import require_founded
from kt_migrate.gates.deciding import measurements
from kt_migrate.gates.judging import View
from kt_migrate.gates.keeping import Ledger, ledger_path, read_ledger
from kt_migrate.gates.ledger import Go, require_go
from kt_migrate.gates.points import REHEARSAL
from kt_migrate.gates.records import Gate
from kt_migrate.gates.sealing import require_sealed
from kt_migrate.language import shown, tr

gates = typer.Typer(
    help=tr("The quality gates: before (draaiboek O) and after (draaiboek Q)."),
    no_args_is_help=True,
    rich_markup_mode=None,
)


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    gates.command(
        help=tr(
            "The gate before (draaiboek O.1-O.10, Bijlage B): measures, and shows what "
            "is still to be done. Writes the measurement in the ledger."
        )
    )(pre)
    gates.command(
        help=tr(
            "The gate after (draaiboek Q.1-Q.11): measures, and shows what is still to "
            "be done. Writes the measurement in the ledger."
        )
    )(post)
    gates.command(
        help=tr("Record that somebody says that a point is met (draaiboek O, Q, Bijlage B).")
    )(attest)
    gates.command(
        help=tr("Give GO or NO-GO (draaiboek O.10, Q.7). GO needs every point to be met now.")
    )(decide)
    gates.command(
        help=tr("Check a ledger, offline: is each line what was signed (draaiboek O.10, Q.7).")
    )(verify)
    app.add_typer(gates, name="gate")


def pre(
    env: Env,
    run: Run = "",
    archive: Archive = None,
    algorithm: Algorithm = "",
    enrichment: Enrichment = None,
    password_fd: PasswordFd = None,
    limit: Limit = None,
    domain_dir: DomainDir = None,
    json: Json = False,
) -> None:
    """Look at the gate before the migration."""
    screen = Screen(json=json)
    asked = asked_of(Gate.PRE, env, run, domain_dir)
    choices = choices_of(archive, algorithm, enrichment, password_fd, limit)
    _look(screen, asked.with_choices(choices), Gate.PRE)


def post(env: Env, run: Run = "", domain_dir: DomainDir = None, json: Json = False) -> None:
    """Look at the gate after the migration."""
    _look(Screen(json=json), asked_of(Gate.POST, env, run, domain_dir), Gate.POST)


def _look(screen: Screen, asked: Asked, gate: Gate) -> None:
    with at_gate(screen, asked, gate) as (ledger, seen):
        ledger.add(*measurements(seen))
    held, refused = _holding(asked, seen)
    show_gate(screen, seen, REHEARSAL[asked.env], held, refused)
    screen.document(_document(seen, held, refused, ledger))
    shut = seen.in_the_way or (held is not None and seen.left)
    raise typer.Exit(ExitCode.NO_GO if shut else ExitCode.OK)


def _holding(asked: Asked, seen: View) -> tuple[Go | None, str]:
    """Return the GO that holds now, or in words why none does."""
    run = seen.evidence.run
    try:
        return require_go(
            asked.workspace.root, asked.env, seen.gate, run.plan, seen.now, binding=run.binding
        ), ""
    except GateError as error:
        return None, shown(error.what)


def verify(
    file: Annotated[
        Path | None,
        typer.Argument(help=tr("A ledger; else --env's.")),
    ] = None,
    env: Annotated[str, typer.Option("--env", help=tr("Environment."))] = "",
    thumbprint: Annotated[
        str,
        typer.Option(
            "--thumbprint",
            help=tr("The key that you expect."),
        ),
    ] = "",
    domain_dir: DomainDir = None,
    json: Json = False,
) -> None:
    """Check a ledger."""
    screen = Screen(json=json)
    if (file is None) is (not env):
        raise UsageError(
            "One of the two: a file, or an environment.",
            where="FILE, --env",
            fix="Give kt-migrate gate verify --env prd2, or the file of a ledger.",
        )
    path, chain = _alone(file) if file is not None else _of_folder(screen, env, domain_dir)
    if thumbprint and chain.thumbprint != thumbprint:
        raise ForgedError(
            said(
                "The ledger was signed with key {thumbprint}, not with the one expected.",
                thumbprint=chain.thumbprint,
            ),
            where=str(path),
            fix="Ask whose key it is, by another road than the one by which the file came.",
        )
    decisions = require_founded(path, chain)
    screen.line(
        tr(
            "{lines} lines, each as signed with key {thumbprint}.",
            lines=len(chain.lines),
            thumbprint=chain.thumbprint,
        )
    )
    for line in decisions:
        screen.line(decision_line(line))
    screen.document(
        {
            "path": str(path),
            "key": chain.thumbprint,
            "lines": len(chain.lines),
            "head": chain.head,
            "decisions": [line_json(line) for line in decisions],
        }
    )


def _alone(path: Path) -> tuple[Path, Chain]:
    """Read a ledger with nothing beside it.

    Raises:
        SourceError: there is none. No check is no pass.
        ForgedError: it is not as it was signed.
    """
    chain = read_chain(path)
    if chain.half:
        raise ForgedError(
            "The ledger ends with half a line.",
            where=f"{path}:{len(chain.lines) + 1}",
            fix="Ask for the whole file; a write that was cut short can look like this too.",
        )
    return path, _some(path, chain)


def _of_folder(screen: Screen, env: str, domain_dir: Path | None) -> tuple[Path, Chain]:
    """Read an environment's ledger, and hold it against all that stands beside it."""
    root = workspace_of(domain_dir).root
    path = ledger_path(root, known_environment(env))
    chain = _some(path, read_ledger(root, env))
    require_sealed(root, env, chain)
    say_half(screen, chain)
    return path, chain


def _some(path: Path, chain: Chain) -> Chain:
    if not chain.lines:
        raise SourceError(
            "There is no ledger, or nothing stands in it.",
            where=str(path),
            fix="kt-migrate gate pre --env prd2 writes the first lines.",
        )
    return chain


def _document(seen: View, held: Go | None, refused: str, ledger: Ledger) -> dict[str, object]:
    run = seen.evidence.run
    return {
        "env": run.env,
        "run": run.run,
        "plan": run.plan,
        "gate": seen.gate.value,
        "key": ledger.thumbprint,
        "head": ledger.chain.head,
        "passed": not seen.in_the_way,
        "go": None
        if held is None
        else {
            "by": held.by,
            "role": held.role,
            "second": held.second,
            "at": held.at.isoformat(),
            "expires": held.expires.isoformat(),
            "number": held.number,
            "digest": held.digest,
        },
        "refused": refused,
        "points": [
            {
                "id": one.point.id,
                "step": one.point.step,
                "sentence": one.point.sentence,
                "kind": one.point.kind.value,
                "verdict": one.verdict.value,
                "measured": None if one.finding is None else one.finding.as_json(),
                "said": None if one.said is None else line_json(one.said),
            }
            for one in seen.standings
        ],
    }
