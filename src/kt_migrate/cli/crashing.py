"""What a person sees of a mistake of ours: where it was, never what was in it.

Python ends with a traceback, whose last line is the exception's own text: `invalid literal for
int() with base 10: …`. What stands there can be anything that an archive or a server said.
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from collections.abc import Iterator

from kt_migrate.language import tr


def hide_content() -> None:
    """From now on let what nobody catches in a thread, and what a library logs, be told so too."""
    threading.excepthook = lambda hook: tell(hook.exc_value or hook.exc_type())
    logging.lastResort = _Named()


def tell(error: BaseException) -> None:
    """Say on stderr what kind of error it is, where it came from, and what caused it."""
    sys.stderr.write("".join(f"{line}\n" for line in _lines(error)))


def _lines(error: BaseException) -> Iterator[str]:
    yield tr("Error: something went wrong that nobody foresaw. This is a defect of kt-migrate.")
    for each in _chain(error):
        yield f"  {type(each).__name__}"
        for frame in traceback.extract_tb(each.__traceback__):
            yield f"    {frame.filename}:{frame.lineno} in {frame.name}"
    yield tr(
        "  do   : report this, with these lines. What stood in the error was left "
        "out: it can be data of people."
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what caused it, each once."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        yield error
        seen.add(id(error))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


class _Named(logging.Handler):
    """Says that a library warned, and which; not with what words."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        if record.levelno >= logging.WARNING:
            kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else ""
            place = f"{record.filename}:{record.lineno}"
            line = " ".join(filter(None, (record.levelname, record.name, place, kind)))
            sys.stderr.write(f"{line}\n")
