"""Be kt-migrate for as long as whoever started this lives: `python -m kt_migrate.cluster.leash …`.

Standard input is the leash: nothing is read from it, and it ends when the starter ends, however
that happens. Then this process is told to stop, as Ctrl-C does, and what it had under way is in
its journal.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading


def start() -> None:
    """Take the leash off standard input, so that nobody waits for an answer there, and begin."""
    leash = os.dup(0)
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123 (a device)
        os.dup2(nothing.fileno(), 0)
    threading.Thread(target=_hold, args=(leash,), daemon=True).start()
    sys.argv[0] = "kt-migrate"
    runpy.run_module("kt_migrate", run_name="__main__", alter_sys=True)


def _hold(leash: int) -> None:
    while os.read(leash, 64):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    start()
