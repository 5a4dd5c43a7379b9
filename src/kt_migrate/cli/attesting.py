"""gate attest and gate decide: what people say at a gate (draaiboek O, Q, Bijlage B)."""

from __future__ import annotations

from typing import Annotated

import typer

from kt_migrate.cli.at_the_gate import asked_of, at_gate, line_json, now, say_half
from kt_migrate.cli.gate_options import (
    By,
    InRole,
    OwnKey,
    Remark,
    Valid,
    duration_of,
    gate_of,
    person_of,
    verdict_of,
)
from kt_migrate.cli.gate_screen import decision_line, verdict_text
from kt_migrate.cli.gathering import Asked, gathered
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
)
from kt_migrate.cli.passwords import PasswordFd
from kt_migrate.cli.screen import Screen
from kt_migrate.errors import GateError, UsageError, said
from kt_migrate.gates.chain import Chain, Line
from kt_migrate.gates.deciding import Person, attestation, go, measurements, no_go
from kt_migrate.gates.evidence import Evidence, RunFacts
from kt_migrate.gates.judging import View, view
from kt_migrate.gates.keeping import Ledger, held_ledger, read_ledger
from kt_migrate.gates.ledger import require_go
from kt_migrate.gates.points import named_point, needed
from kt_migrate.gates.records import Gate, Verdict
from kt_migrate.gates.sealing import seal
from kt_migrate.gates.tables import POINTS
from kt_migrate.language import shown, tr
from kt_migrate.reports.run_facts import file_digest


def attest(
    points: Annotated[list[str], typer.Argument(metavar="POINT...", help="O.5 B.9 …")],
    env: Env,
    by: By,
    role: InRole,
    remark: Remark = "",
    no: Annotated[bool, typer.Option("--no", help=tr("It is not met."))] = False,
    valid: Valid = "",
    key: OwnKey = None,
    run: Run = "",
    domain_dir: DomainDir = None,
    json: Json = False,
) -> None:
    """Record what somebody says of points."""
    screen = Screen(json=json)
    known_environment(env)
    both = (*needed(POINTS[Gate.PRE], env), *needed(POINTS[Gate.POST], env))
    named = list(dict.fromkeys(named_point(both, name) for name in points))
    gate = named[0].gate
    if any(point.gate is not gate for point in named):
        raise UsageError(
            "These points are of two gates.",
            where="POINT",
            fix="Give the command twice: once for each gate.",
        )
    who, good = person_of(by, role, remark, key), duration_of(valid)
    asked = asked_of(gate, env, run, domain_dir)
    evidence = gathered(asked, gate, read_ledger(asked.workspace.root, env), now())
    with held_ledger(asked.workspace.root, env) as ledger:
        say_half(screen, ledger.chain)
        seen = view(evidence, ledger.chain, gate, now())
        if not no:
            _require_in_order(asked, seen, [point.id for point in named])
        made = [attestation(seen, point, who, yes=not no, good=good) for point in named]
        lines = ledger.add(*made).lines[-len(made) :]
    for line in lines:
        until = line.record.expires
        word = f"{line.number} {line.record.point} {verdict_text(line.record.verdict)}"
        screen.say(f"{word}, {tr('until')} {until:%d-%m-%Y}" if until else word)
    screen.next(f"kt-migrate gate {gate} --env {env}")
    screen.document({"env": env, "key": ledger.thumbprint, "lines": [line_json(x) for x in lines]})


def _require_in_order(asked: Asked, seen: View, named: list[str]) -> None:
    """Refuse to say of what comes after the decision before that was taken.

    Raises:
        GateError: there is no GO that holds, or another point comes first.
    """
    met = {one.point.id for one in seen.standings if one.met}
    for one in seen.standings:
        point = one.point
        if point.id not in named or not point.after:
            continue
        run = seen.evidence.run
        require_go(asked.workspace.root, asked.env, seen.gate, run.plan, seen.now)
        if point.follows and point.follows not in met.union(named[: named.index(point.id)]):
            raise GateError(
                said(
                    "{id} comes after {follows}, which is not met yet.",
                    id=point.id,
                    follows=point.follows,
                ),
                where=point.id,
                fix=said(
                    "kt-migrate gate {gate} --env {env} shows what comes first.",
                    gate=seen.gate,
                    env=asked.env,
                ),
            )


def decide(
    decision: Annotated[str, typer.Argument(metavar="go|no-go")],
    env: Env,
    by: By,
    role: InRole,
    gate: Annotated[str, typer.Option("--gate", metavar="pre|post", help=tr("Which gate."))],
    remark: Remark = "",
    valid: Valid = "",
    key: OwnKey = None,
    run: Run = "",
    archive: Archive = None,
    algorithm: Algorithm = "",
    enrichment: Enrichment = None,
    password_fd: PasswordFd = None,
    limit: Limit = None,
    domain_dir: DomainDir = None,
    json: Json = False,
) -> None:
    """Give GO or NO-GO."""
    screen = Screen(json=json)
    verdict, which = verdict_of(decision), gate_of(gate)
    who, lasts = person_of(by, role, remark, key), duration_of(valid)
    asked = asked_of(which, env, run, domain_dir)
    choices = choices_of(archive, algorithm, enrichment, password_fd, limit)
    if verdict is Verdict.GO:
        with at_gate(screen, asked.with_choices(choices), which) as (ledger, seen):
            record = go(seen, who, lasts)
            line = ledger.add(*measurements(seen), record).lines[-1]
    else:
        line, ledger = _refused(screen, asked, which, who)
    seal(asked.folder, line, ledger.thumbprint)
    _say_decision(screen, asked, which, line, ledger)


def _refused(screen: Screen, asked: Asked, gate: Gate, who: Person) -> tuple[Line, Ledger]:
    """Record a NO-GO, whatever the state of the run."""
    with held_ledger(asked.workspace.root, asked.env) as ledger:
        say_half(screen, ledger.chain)
        chain = ledger.add(no_go(_bare(asked, gate, ledger.chain), who))
    return chain.lines[-1], ledger


def _bare(asked: Asked, gate: Gate, chain: Chain) -> View:
    """Return a gate of which nothing was measured: a NO-GO stands on nothing."""
    plan = file_digest(asked.folder / "plan.sqlite")
    run = RunFacts(env=asked.env, run=asked.folder.name, plan=plan, binding={})
    return View(
        gate=gate,
        evidence=Evidence(run=run),
        chain=chain,
        measured={},
        standings=(),
        now=now(),
    )


def _say_decision(screen: Screen, asked: Asked, gate: Gate, line: Line, ledger: Ledger) -> None:
    screen.line(decision_line(line))
    screen.line(f"{tr('Key')}: {ledger.thumbprint}")
    content: dict[str, object] = {"env": asked.env, "key": ledger.thumbprint}
    content |= {"line": line_json(line), "whole": False}
    if line.record.verdict is Verdict.GO:
        plan = line.record.plan
        try:
            held = require_go(asked.workspace.root, asked.env, gate, plan, line.record.at)
            content["whole"] = True
            screen.say(
                tr(
                    "The GO is whole, and holds until {expires:%d-%m %H:%M} UTC.",
                    expires=held.expires,
                )
            )
        except GateError as error:
            screen.say(shown(error.what))
            screen.say(shown(error.fix))
    if content["whole"]:
        then = "evidence make" if gate is Gate.POST else "run"
        screen.next(f"kt-migrate {then} --env {asked.env}")
    screen.document(content)
