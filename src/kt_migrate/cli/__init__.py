"""The command line: parse, call, print, exit. The only room that knows typer and rich."""

from __future__ import annotations

import gc
import sys

from kt_migrate.cli.anywhere import options_first
from kt_migrate.language import choose_language


def start() -> None:
    """Be the program: as `main`, and what nobody foresaw is told without what stood in it."""
    from kt_migrate.cli.crashing import hide_content, tell  # noqa: PLC0415
    from kt_migrate.cli.pipes import quiet  # noqa: PLC0415

    hide_content()
    with quiet():
        try:
            main()
        except Exception as error:  # noqa: BLE001 (typer has a traceback of its own for these)
            tell(error)
            sys.exit(1)


def main() -> None:
    """Run kt-migrate; the only place that turns an error into text and an exit code."""
    # Millions of small values live long; to look for rings among them costs a tenth of the time.
    gc.set_threshold(200_000, 20, 20)
    sys.argv[1:] = options_first(sys.argv[1:])
    choose_language(sys.argv[1:])
    # The help texts are made when the commands are, so the language comes first.
    from kt_migrate.cli.app import run  # noqa: PLC0415

    run()
