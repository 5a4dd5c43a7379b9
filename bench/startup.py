"""What it takes before kt-migrate does anything: its help, and a command's own help.

    python bench/startup.py [--rounds 10]

Each is a process of its own, started so often; the quickest counts, for what else a machine does
only ever adds. Judged is the clock; the processor's time beside it says the same of a busy machine.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from figures import Figure
from machine import environment, facts, kt_migrate

ASKED_SECONDS = 0.25
SHOWN = (("status", "--help"), ("plan", "--help"), ("trial", "--help"))
"""These import what their command needs."""


def quickest(command: Sequence[str], rounds: int) -> tuple[float, float]:
    """Return seconds by the clock and of the processor, each the best of so many starts."""
    return tuple(map(min, zip(*(once(command) for _round in range(rounds)), strict=True)))


def once(command: Sequence[str]) -> tuple[float, float]:
    """Start a command, and return what it took.

    Raises:
        SystemExit: it failed.
    """
    start = time.perf_counter()
    child = subprocess.Popen(command, cwd=Path("/"), stdout=subprocess.DEVNULL, env=environment())
    _pid, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {child.returncode}")
    return seconds, usage.ru_utime + usage.ru_stime


def told(name: str, seconds: float, processor: float) -> None:
    """Print what is measured to compare with."""
    print(f"{name}: {seconds:.3f} s ({processor:.3f} s of the processor)")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    rounds = parser.parse_args().rounds
    print(facts())
    told("python alone", *quickest([sys.executable, "-c", "pass"], rounds))
    found, processor = quickest(kt_migrate("--help"), rounds)
    print(
        Figure(
            name="kt-migrate --help",
            found=found,
            unit="s",
            asked=ASKED_SECONDS,
            at_most=True,
            more=f"{processor:.3f} s of the processor",
        ).line()
    )
    for arguments in SHOWN:
        told(f"kt-migrate {' '.join(arguments)}", *quickest(kt_migrate(*arguments), rounds))


if __name__ == "__main__":
    main()
