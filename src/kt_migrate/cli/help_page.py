"""The page that `--help` prints: at most 80 columns, in the reader's language, whole sentences.

Typer's own page is English, breaks off what does not fit, and knows nothing of exit codes.
"""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from kt_migrate.cli.commands import SECTIONS
from kt_migrate.cli.exit_codes import MEANS, ends_of
from kt_migrate.errors import said
from kt_migrate.language import shown, tr

WIDTH = 80
_LEAST = 50
_WIDEST_NAME = 26
"""What is called by a longer name is explained on the line below it."""
_TYPES = {
    "str": said("text"),
    "int": said("number"),
    "float": said("number"),
    "Path": said("path"),
}
Pair = tuple[str, str]
Param = TyperArgument | TyperOption
Command = TyperCommand | TyperGroup


def command_page(command: Command, ctx: typer.Context) -> str:
    """Return the page of a command: how it is called, what it does, takes and ends with."""
    return "\n".join([*_head(command, ctx), *_parameters(command, ctx), *_codes(ctx)])


def group_page(group: TyperGroup, ctx: typer.Context) -> str:
    """Return the page of a group: its commands too; of all of them by the draaiboek's order."""
    lines = [*_head(group, ctx)]
    if ctx.parent is None:
        wide = max(len(name) for _title, rows in SECTIONS for name in rows)
        for title, rows in SECTIONS:
            pairs = [(name, shown(row.about)) for name, row in rows.items()]
            lines += _section(shown(title), pairs, wide)
        lines += _parameters(group, ctx)
        return "\n".join([*lines, "", *_filled(_about_codes(), "")])
    pairs = [(name, _one_line(found.help or "")) for name, found in group.commands.items()]
    lines += _section(tr("Commands"), pairs)
    lines += _parameters(group, ctx)
    return "\n".join([*lines, *(_codes(ctx) if group.invoke_without_command else ())])


def usage(command: Command, ctx: typer.Context) -> str:
    """Return how a command is called."""
    pieces = [f"[{tr('OPTIONS')}]"]
    for param in _params(command.params):
        if isinstance(param, TyperArgument):
            name = _argument(param)
            pieces.append(name if param.required else f"[{name.strip('[]')}]")
    if isinstance(command, TyperGroup):
        pieces.append(tr("COMMAND") + " …")
    start = tr("Usage:") + " "
    text = " ".join((ctx.command_path, *pieces))
    return "\n".join(_wrapped(text, start, " " * len(start)))


def _head(command: Command, ctx: typer.Context) -> Iterator[str]:
    yield usage(command, ctx)
    if command.help:
        yield ""
        yield from _filled(_one_line(command.help), "  ")


def _parameters(command: Command, ctx: typer.Context) -> list[str]:
    arguments: list[Pair] = []
    options: list[Pair] = []
    for param in _params(command.get_params(ctx)):
        if param.hidden:
            continue
        if isinstance(param, TyperArgument):
            arguments.append((_argument(param), _explained(param)))
        else:
            options.append((_option(param), _explained(param)))
    lines = _section(tr("Arguments"), arguments) if arguments else []
    return lines + (_section(tr("Options"), options) if options else [])


def _params(params: Iterable[object]) -> list[Param]:
    return [param for param in params if isinstance(param, TyperArgument | TyperOption)]


def _argument(param: TyperArgument) -> str:
    name = str(param.metavar or param.name.upper())
    return f"{name}…" if param.nargs != 1 and not param.metavar else name


def _option(param: TyperOption) -> str:
    names = ", ".join((*param.opts, *param.secondary_opts))
    return names if param.is_flag else f"{names} <{_kind(param)}>"


def _kind(param: TyperOption) -> str:
    """Return what an option takes, in a word."""
    if param.metavar:
        return str(param.metavar)
    described = param.type_descriptor
    if described.is_choice:
        return "|".join(str(getattr(c, "value", c)) for c in described.choices or ())
    of_list = getattr(described.annotation, "__args__", ())
    kind = of_list[0] if of_list else described.annotation
    name = "Path" if kind is Path else getattr(kind, "__name__", "str")
    return shown(_TYPES.get(name, _TYPES["str"]))


def _explained(param: Param) -> str:
    """Return what a parameter is for, and what it is when it is left out."""
    if "--help" in param.opts:
        return tr("Show this page.")
    more = []
    if param.default not in (None, "", False, ()) and param.show_default:
        more.append(tr("else {value}", value=getattr(param.default, "value", param.default)))
    low, high = param.min, param.max
    if low is not None and high is not None:
        more.append(tr("{low} through {high}", low=f"{low:g}", high=f"{high:g}"))
    elif low is not None:
        more.append(tr("{low} or more", low=f"{low:g}"))
    if param.required and param.param_type_name == "option":
        more.append(tr("required"))
    text = _one_line(param.help or "")
    return f"{text} [{'; '.join(more)}]".strip() if more else text


def _codes(ctx: typer.Context) -> list[str]:
    """Return the exit codes with which this command can end."""
    pairs = [(str(int(code)), shown(MEANS[code])) for code in ends_of(typed_of(ctx))]
    return _section(tr("Exit codes"), pairs)


def typed_of(ctx: typer.Context) -> str:
    """Return the words of a command as they are typed, without the program's own name."""
    whole = ctx.command_path
    return whole.removeprefix(ctx.find_root().command_path).strip()


def _about_codes() -> str:
    return tr("The help of each command names the exit codes with which it can end.")


def _section(title: str, pairs: Sequence[Pair], wide: int = 0) -> list[str]:
    """Return a titled list: names in a column, beside each what it is, broken between words."""
    short = [len(name) for name, _text in pairs if len(name) <= _WIDEST_NAME]
    column = max([wide, *short], default=_WIDEST_NAME)
    lines = ["", f"{title}:"]
    for name, text in pairs:
        indent = " " * (column + 4)
        if len(name) <= column:
            lines += _wrapped(text, f"  {name:<{column}}  ", indent)
        else:
            lines += [*_wrapped(name, "  ", "      "), *_wrapped(text, indent, indent)]
    return lines


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _filled(text: str, indent: str) -> Iterable[str]:
    return _wrapped(text, indent, indent)


def _wrapped(text: str, first: str, rest: str) -> list[str]:
    if not text:
        return [first.rstrip()]
    return textwrap.wrap(
        text,
        width(),
        initial_indent=first,
        subsequent_indent=rest,
        break_on_hyphens=False,
    )


def width() -> int:
    """Return how wide a page is: what the screen is, 80 at most."""
    return max(_LEAST, min(WIDTH, shutil.get_terminal_size((WIDTH, 24)).columns))
