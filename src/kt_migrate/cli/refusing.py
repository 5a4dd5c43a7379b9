"""What typer refuses, said as everything else that is wrong: what, where, and what to do."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Any, NoReturn

import typer
from typer.core import TyperArgument, TyperOption

from kt_migrate.errors import ExitCode, UsageError, said

_NUMBERS = (int, float, int | None, float | None)
_EXTRA = re.compile(r"Got unexpected extra argument\(s\) \((.*)\)", re.DOTALL)


def ended(work: Callable[[], Any]) -> NoReturn:
    """Run a command line to its end.

    Args:
        work: does it, and returns what the process is to end with.

    Raises:
        SystemExit: it ended.
        UsageError: the command line is not one of ours.
    """
    try:
        code = work()
    except typer.TyperException as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            sys.stderr.write(f"{error.format_message()}\n")
            sys.exit(ExitCode.USAGE)
        raise refused(error) from None
    except typer.Abort:
        sys.exit(ExitCode.INTERRUPTED)
    sys.exit(code if isinstance(code, int) else ExitCode.OK)


def refused(error: typer.TyperException) -> UsageError:
    """Return what typer found wrong, in our words."""
    ctx, param = getattr(error, "ctx", None), getattr(error, "param", None)
    where = "kt-migrate" if ctx is None else str(ctx.command_path)
    fix: str = said("{command} --help shows what can be said.", command=where)
    option = getattr(error, "option_name", "")
    match type(error).__name__:
        case "MissingParameter" if param is not None:
            what: str = said("{name} is missing.", name=name_of(param))
        case "NoSuchOption":
            what = said("There is no option {name}.", name=option)
            fix = _meant(getattr(error, "possibilities", None) or ()) or fix
        case "BadOptionUsage" if "does not take" in error.message:
            what = said("{name} takes no value.", name=option)
        case "BadOptionUsage":
            what = said("{name} takes a value.", name=option)
        case "BadParameter" if param is not None and error.__cause__ is not None:
            what = _bad_value(param)
        case _:
            extra = _EXTRA.fullmatch(error.message)
            what = (
                said("This is too much on the command line: {words}", words=extra[1])
                if extra
                else error.message
            )
    return UsageError(what, where=where, fix=fix)


def no_such_command(name: str, where: str, commands: list[str]) -> UsageError:
    """Return that there is no such command, with the ones that may be meant."""
    near = get_close_matches(name, commands)
    fix = said("{command} --help shows what can be said.", command=where)
    what = said("There is no command {name}.", name=name)
    return UsageError(what, where=where, fix=_meant(near) or fix)


def name_of(param: TyperArgument | TyperOption) -> str:
    """Return what a parameter is called on the command line."""
    if isinstance(param, TyperArgument):
        return str(param.metavar or param.name.upper())
    return str(param.opts[0])


def _meant(names: Iterable[str]) -> str:
    return said("Is this meant: {names}?", names=tuple(sorted(names))) if names else ""


def _bad_value(param: TyperArgument | TyperOption) -> str:
    """Return that a value is none of those that an option takes."""
    name = name_of(param)
    described = param.type_descriptor
    if described.is_choice:
        names = tuple(str(getattr(one, "value", one)) for one in described.choices or ())
        return said("{name} takes one of these: {names}.", name=name, names=names)
    low, high = (None if end is None else f"{end:g}" for end in (param.min, param.max))
    if low is not None and high is not None:
        return said("{name} takes a number from {low} to {high}.", name=name, low=low, high=high)
    if low is not None:
        return said("{name} takes a number of {low} or more.", name=name, low=low)
    if described.annotation in _NUMBERS:
        return said("{name} takes a number.", name=name)
    return said("{name} does not take this value.", name=name)
