"""--install-completion and --show-completion: typer's own, said in our words."""

from __future__ import annotations

import sys
from collections.abc import Callable

import typer
from typer.core import TyperOption

from kt_migrate.errors import UsageError, said
from kt_migrate.language import tr

PROGRAM = "kt-migrate"
VARIABLE = "_KT_MIGRATE_COMPLETE"
"""Is set by the shell when it asks what can come next."""
SHELLS = ("bash", "zsh", "fish", "powershell", "pwsh")


def reworded(param: object) -> None:
    """Give one of typer's two options our help, and let it say in our words what it did."""
    if not isinstance(param, TyperOption):
        return
    if "--install-completion" in param.opts:
        param.help = tr("Let this shell complete commands, options and names with Tab.")
        param.callback = _when_asked(_install)
    elif "--show-completion" in param.opts:
        param.help = tr("Print what makes this shell do so, to put it somewhere yourself.")
        param.callback = _when_asked(_show)


def _when_asked(work: Callable[[str], None]) -> Callable[..., object]:
    def callback(ctx: typer.Context, _param: object, value: object) -> None:
        if value and not ctx.resilient_parsing:
            work(_shell())
            sys.exit(0)

    return callback


def _install(shell: str) -> None:
    from typer._completion_shared import install  # noqa: PLC0415 (slow, and seldom needed)

    _shell, path = install(shell, PROGRAM, VARIABLE)
    typer.echo(tr("{shell} completes kt-migrate from now on, by {path}.", shell=shell, path=path))
    typer.echo(tr("Open a new terminal, and try: kt-migrate <Tab>"))


def _show(shell: str) -> None:
    from typer._completion_shared import get_completion_script  # noqa: PLC0415 (as above)

    script = get_completion_script(prog_name=PROGRAM, complete_var=VARIABLE, shell=shell)
    typer.echo(script)


def _shell() -> str:
    """Return the shell in which this was typed.

    Raises:
        UsageError: it cannot be seen, or completes in a way that is not known here.
    """
    import shellingham  # noqa: PLC0415 (looks at processes; only these two options need that)

    try:
        name = str(shellingham.detect_shell()[0])
    except shellingham.ShellDetectionFailure:
        name = ""
    if name not in SHELLS:
        raise UsageError(
            said("It cannot be seen which shell this is, or it is none that is known."),
            where=name or "shell",
            fix=said("Give it in bash, zsh, fish or PowerShell itself, not from a program."),
        )
    return name
