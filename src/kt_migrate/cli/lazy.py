"""Commands that are imported when they are asked for, under the one group that people call."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping, Sequence
from functools import cache, partial
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from kt_migrate.cli.commands import ROWS
from kt_migrate.cli.help_page import command_page, group_page, typed_of, usage
from kt_migrate.cli.pipes import let_end
from kt_migrate.cli.refusing import ended, no_such_command
from kt_migrate.cli.shells import reworded
from kt_migrate.language import shown


class Command(TyperCommand):
    """A command whose help is a page of ours."""

    def get_help(self, ctx: typer.Context) -> str:  # type: ignore[override]  # typer's own class
        """Return its help."""
        return command_page(self, ctx)

    def get_usage(self, ctx: typer.Context) -> str:  # type: ignore[override]  # typer's own class
        """Return how it is called."""
        return usage(self, ctx)

    def invoke(self, ctx: typer.Context) -> object:  # type: ignore[override]  # typer's own class
        """Do it; from now on it is known what a reader that goes away may end."""
        let_end(typed_of(ctx))
        return super().invoke(ctx)


class Group(TyperGroup):
    """A group of commands whose help is a page of ours."""

    def get_help(self, ctx: typer.Context) -> str:  # type: ignore[override]  # typer's own class
        """Return its help."""
        return group_page(self, ctx)

    def get_usage(self, ctx: typer.Context) -> str:  # type: ignore[override]  # typer's own class
        """Return how it is called."""
        return usage(self, ctx)

    def invoke(self, ctx: typer.Context) -> object:  # type: ignore[override]  # typer's own class
        """Do what is asked; a group may be a command by itself."""
        if self.invoke_without_command:
            let_end(typed_of(ctx))
        return super().invoke(ctx)

    def resolve_command(self, ctx: typer.Context, args: list[str]) -> object:  # type: ignore[override]
        """Find the command that a person typed.

        Raises:
            UsageError: there is none; it names those that may be meant.
        """
        if args[0] not in self.commands and not ctx.resilient_parsing and args[0][:1] != "-":
            raise no_such_command(args[0], ctx.command_path, list(self.commands))
        return super().resolve_command(ctx, args)


class Root(Group):
    """All commands of `commands.ROWS`, each imported when it is asked for."""

    def __init__(self, **attributes: object) -> None:
        super().__init__(**attributes)  # type: ignore[arg-type]  # as typer gives them
        self.commands = _Commands()  # type: ignore[assignment]  # each is a command of typer's

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,  # noqa: FBT001 (typer's)
        windows_expand_args: bool = True,  # noqa: FBT001 (typer's)
        **extra: object,
    ) -> object:
        """Run a command line; what is wrong with it is said in our words."""
        told: Any = super().main
        work = partial(told, args, prog_name, complete_var, False, windows_expand_args, **extra)  # noqa: FBT003 (typer's)
        return ended(work) if standalone_mode else work()

    def get_params(self, ctx: typer.Context) -> list[Any]:  # type: ignore[override]  # typer's own
        """Return its options; typer adds two after the group is made, which speak English."""
        params = super().get_params(ctx)
        for param in params:
            reworded(param)
        return params

    def shell_complete(self, ctx: typer.Context, incomplete: str) -> list[Any]:  # type: ignore[override]
        """Complete the name of a command, without importing any."""
        from typer._click.shell_completion import CompletionItem  # noqa: PLC0415

        names = [
            CompletionItem(name, help=shown(row.about))
            for name, row in ROWS.items()
            if name.startswith(incomplete)
        ]
        return names + TyperCommand.shell_complete(self, ctx, incomplete)


class _Commands(MutableMapping[str, TyperCommand | TyperGroup]):
    """The commands by name; one that is only named costs nothing."""

    def __getitem__(self, name: str) -> TyperCommand | TyperGroup:
        return _of_module(ROWS[name].module)[name]

    def __iter__(self) -> Iterator[str]:
        return iter(ROWS)

    def __len__(self) -> int:
        return len(ROWS)

    def __setitem__(self, name: str, command: object) -> None:
        raise NotImplementedError("a command stands in commands.ROWS")

    def __delitem__(self, name: str) -> None:
        raise NotImplementedError("a command stands in commands.ROWS")


@cache
def _of_module(name: str) -> dict[str, TyperCommand | TyperGroup]:
    """Import a module of this room, and return its commands by name."""
    app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
    app.callback()(_nothing)
    import_module(f"kt_migrate.cli.{name}").add_to(app)
    _dress(app)
    found = get_group(app).commands
    return {n: c for n, c in found.items() if isinstance(c, TyperCommand | TyperGroup)}


def _nothing() -> None:
    """Be a group, also around one command."""


def _dress(app: typer.Typer) -> None:
    """Give every command and group of an app our classes."""
    for command in app.registered_commands:
        command.cls = Command
    for group in app.registered_groups:
        group.cls = Group
        if group.typer_instance is not None:
            _dress(group.typer_instance)
