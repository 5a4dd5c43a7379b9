"""How a command says on stderr that it cannot go on: what, where, what to do."""

from __future__ import annotations

import shutil
import sys
import textwrap

from kt_migrate.errors import KtMigrateError
from kt_migrate.language import shown, tr


def fatal(error: KtMigrateError) -> None:
    """Say what is wrong, where, and what to do.

    On a terminal no line is longer than it is wide, but for `where`: that is to be copied. For a
    program or a log each of the three is one line.
    """
    _say(f"{tr('Error')}: {shown(error.what)}")
    sys.stderr.write(f"  {tr('where')}: {error.where}\n")
    _say(f"  {tr('do   ')}: {shown(error.fix)}")


def _say(text: str) -> None:
    width = shutil.get_terminal_size().columns if sys.stderr.isatty() else 0
    for line in text.splitlines() or [""]:
        told = _wrapped(line, width) if 0 < width < len(line) else line
        sys.stderr.write(f"{told}\n")


def _wrapped(line: str, width: int) -> str:
    indent = " " * 9 if line.startswith(" ") else "  "
    return textwrap.fill(
        line,
        width,
        subsequent_indent=indent,
        break_on_hyphens=False,
        break_long_words=False,
    )
