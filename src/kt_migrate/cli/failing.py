"""How a command says on stderr that it cannot go on: what, where, what to do."""

from __future__ import annotations

import shutil
import sys
import textwrap

from kt_migrate.cli.dutch_errors import dutch_error
from kt_migrate.errors import KtMigrateError, Said
from kt_migrate.language import shown, tr


def fatal(error: KtMigrateError) -> None:
    """Say what is wrong, where, and what to do.

    On a terminal no line is longer than it is wide, but for `where`: that is to be copied. For a
    program or a log each of the three is one line.
    """
    what, do = (
        shown(text) if isinstance(text, Said) else tr(dutch_error(text), text)
        for text in (error.what, error.fix)
    )
    where, fix = tr("waar", "where"), tr("doe  ", "do   ")
    _say(f"{tr('Fout', 'Error')}: {what}")
    sys.stderr.write(f"  {where}: {error.where}\n")
    _say(f"  {fix}: {do}")


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
