"""What a screen is: how wide, whether it may be painted, what it can show.

Bold and bars only on a terminal that is not dumb (`TERM=dumb`), and never with `--plain`. Colour
is rich's to leave out where `NO_COLOR` asks that.
"""

from __future__ import annotations

from typing import TextIO

from rich.console import Console

from kt_migrate.cli.plainly import is_plain

WIDTH = 80
"""Where nobody says how wide it is: a file, a pipe."""


def console_of(stream: TextIO) -> Console:
    """Return what writes on a stream: as wide as its terminal, else 80."""
    terminal = stream.isatty()
    return Console(
        file=stream,
        width=None if terminal else WIDTH,
        force_terminal=terminal and not is_plain(),
        highlight=False,
        emoji=False,
        soft_wrap=False,
    )


def paints(console: Console) -> bool:
    """Return whether bars may move on it."""
    return console.is_terminal and not console.is_dumb_terminal
