"""algorithm test."""

from __future__ import annotations

from pathlib import Path

import typer

from kt_migrate.algorithm.carried import carried_examples
from kt_migrate.cli.explaining import Name
from kt_migrate.cli.options import DomainDir, Json, workspace_of
from kt_migrate.cli.screen import Screen
from kt_migrate.errors import ExitCode
from kt_migrate.language import tr
from kt_migrate.plan.examples import Lack, Ran, Tested, Verdict, try_examples


def add_to(algorithms: typer.Typer) -> None:
    """Add the command to those of the algorithm."""
    algorithms.command(
        "test",
        help=tr("Run the algorithm's own examples (draaiboek K.5)."),
    )(algorithm_test)


def algorithm_test(name: Name = "", domain_dir: DomainDir = None, json: Json = False) -> None:
    """Run the examples, and say of each what came of it."""
    base: Path | None = None
    if not name:
        workspace = workspace_of(domain_dir)
        name, base = workspace.domain.algorithm, workspace.root
    screen = Screen(json=json)
    with screen.progress(tr("running the examples")):
        tested = try_examples(carried_examples(name, base))
    _show(screen, tested)
    screen.document(_document(tested))
    if not tested.passed:
        raise typer.Exit(ExitCode.EXAMPLES)


def _show(screen: Screen, tested: Tested) -> None:
    verdicts = _verdicts()
    screen.table(
        tr("Examples of {name}", name=tested.name),
        (tr("example"), tr("of"), tr("result")),
        [(one.id, one.owner, verdicts[one.verdict]) for one in tested.ran],
    )
    for one in tested.ran:
        if one.verdict in (Verdict.FAILED, Verdict.CHANGED):
            _show_differences(screen, one)
    for gap in tested.gaps:
        screen.say(f"{gap.rule}: {_lacks()[gap.lacks]}")
    screen.say(_sum(tested))


def _show_differences(screen: Screen, ran: Ran) -> None:
    screen.say(f"{ran.id}: {ran.shows}")
    for line in ran.outcomes.differences:
        screen.line(f"  {line}")


def _sum(tested: Tested) -> str:
    counts = dict.fromkeys(Verdict, 0)
    for one in tested.ran:
        counts[one.verdict] += 1
    shown = ", ".join(f"{counts[v]} {word}" for v, word in _verdicts().items() if counts[v])
    if not tested.ran:
        shown = tr("no examples")
    gaps = len(tested.gaps)
    if not gaps:
        return f"{shown}."
    return tr("{shown}; {gaps} times too few examples.", shown=shown, gaps=gaps)


def _verdicts() -> dict[Verdict, str]:
    return {
        Verdict.PASSED: tr("passed"),
        Verdict.FAILED: tr("does not hold"),
        Verdict.CHANGED: tr("changed by this algorithm"),
        Verdict.REPLACED: tr("replaced by its own"),
    }


def _lacks() -> dict[Lack, str]:
    return {
        Lack.MAKES: tr("no example shows what this rule makes"),
        Lack.FAILS: tr("no example shows how this rule fails, and nothing says why it cannot"),
        Lack.CAN_FAIL: tr("cannot fail by cannot_fail, and does so in an example"),
        Lack.LEAVES: tr("no example shows what this rule leaves behind"),
    }


def _document(tested: Tested) -> dict[str, object]:
    return {
        "algorithm": tested.name,
        "passed": tested.passed,
        "examples": [
            {
                "id": one.id,
                "of": one.owner,
                "result": one.verdict.value,
                "differences": list(one.outcomes.differences),
            }
            for one in tested.ran
        ],
        "gaps": [{"rule": gap.rule, "lacks": gap.lacks.value} for gap in tested.gaps],
    }
