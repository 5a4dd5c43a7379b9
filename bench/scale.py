"""Whether every command costs the same per object, whatever the size of the domain.

    python bench/scale.py [--small 5000] [--large 100000] [--report-only]

Two generated domains; each command is a process of its own, the sandbox another. One line per
command; exit code 1 when a cost per object rises more than is asked.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from generate import PLAIN, generate
from machine import MEGABYTE, Measured, duration, facts, kt_migrate, make_workspace, run, sandbox

ASKED_RATIO = 1.3
"""Cost per object of the large domain over that of the small one, at most."""
ASKED_VERIFY, ASKED_VERIFY_AT = 2_000, 50_000
"""Objects per second that `verify` reads back, in a domain of that many."""
PER_DOSSIER = 2
"""Few messages per dossier: it is objects that count here."""
OBJECTS_PER_MESSAGE = 1.65
"""How many resources a message of such an archive comes to, about."""
SERVED = ("trial", "verify", "report", "status", "errors list")
"""What runs while the sandbox serves, in this order."""


@dataclass(frozen=True, slots=True)
class Domain:
    """One domain, measured.

    Attributes:
        objects: resources that its plan writes.
        commands: what each command cost.
    """

    objects: int
    commands: dict[str, Measured]


def measure(folder: Path, objects: int) -> Domain:
    """Generate a domain of about so many objects, and run every command on it."""
    make_workspace(folder, "BENCH")
    shares = replace(PLAIN, sender=0.02, duplicate=0.02)
    messages = max(100, round(objects / OBJECTS_PER_MESSAGE))
    generate(folder, messages, shares=shares, per_dossier=PER_DOSSIER)
    found = {"inspect": run(kt_migrate("inspect"), folder)}
    found["plan"] = run(kt_migrate("plan", "--json"), folder)
    with sandbox(folder):
        for name in SERVED:
            env = ("--env", "local") if name in ("trial", "verify") else ()
            found[name] = run(kt_migrate(*name.split(), *env), folder)
    return Domain(json.loads(found["plan"].output)["writes"], found)


def line(name: str, small: Domain, large: Domain) -> tuple[str, float]:
    """Return the line of one command, and its ratio by the clock; the CPU's is beside it."""
    parts = []
    for domain in (small, large):
        found = domain.commands[name]
        parts.append(
            f"{domain.objects:,} objects {duration(found.seconds)} "
            f"({found.seconds / domain.objects * 1000:.3g} ms each, "
            f"peak {found.peak_bytes / MEGABYTE:.0f} MB)"
        )
    less, more = small.commands[name], large.commands[name]
    growth = large.objects / small.objects
    ratio = more.seconds / less.seconds / growth
    cpu = more.cpu_seconds / less.cpu_seconds / growth
    mark = "" if ratio <= ASKED_RATIO else " TOO HIGH"
    asked = f"ratio {ratio:.2f} (asked <= {ASKED_RATIO}; of CPU alone {cpu:.2f}){mark}"
    return f"{name}: {' · '.join([*parts, asked])}", ratio


def main() -> None:
    """Measure both sizes, and print one line per command."""
    parser = argparse.ArgumentParser(description="Cost per object in a small and a large domain.")
    parser.add_argument("--small", type=int, default=5_000, help="objects")
    parser.add_argument("--large", type=int, default=100_000, help="objects")
    parser.add_argument("--report-only", action="store_true", help="exit code 0 always")
    given = parser.parse_args()
    print(f"scale: {facts()}", flush=True)
    with TemporaryDirectory(prefix="kt-migrate-bench-") as name:
        small = measure(Path(name) / "small", given.small)
        large = measure(Path(name) / "large", given.large)
    ratios = []
    for command in small.commands:
        text, ratio = line(command, small, large)
        print(text)
        ratios.append(ratio)
    rate = large.objects / large.commands["verify"].seconds
    print(
        f"verify: {rate:,.0f} objects/s at {large.objects:,} "
        f"(asked >= {ASKED_VERIFY:,} at {ASKED_VERIFY_AT:,}, ratio {rate / ASKED_VERIFY:.2f})"
    )
    if max(ratios) > ASKED_RATIO and not given.report_only:
        sys.exit(1)


if __name__ == "__main__":
    main()
