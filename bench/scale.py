"""Whether every command costs the same per object, whatever the size of the domain.

    python bench/scale.py [--small 5000] [--large 100000] [--report-only]

Two generated domains; each command is a process of its own, the sandbox another. One line per
command, net of what starting kt-migrate costs; exit code 1 when a cost per object rises more
than is asked.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from generate import PLAIN, generate
from machine import (
    MEGABYTE,
    Measured,
    duration,
    end_in_order,
    facts,
    kt_migrate,
    make_workspace,
    run,
    sandbox,
)

ASKED_RATIO = 1.3
"""Cost per object of the large domain over that of the small one, at most."""
ASKED_VERIFY, ASKED_VERIFY_AT = 2_000, 50_000
"""Objects per second that `verify` reads back, in a domain of that many."""
PER_DOSSIER = 2
"""Few messages per dossier: it is objects that count here."""
OBJECTS_PER_MESSAGE = 1.6
"""How many resources a message of such an archive comes to, about."""
LEAST_SECONDS = 0.1
"""Net of the start, less than this is noise."""
SERVED = ("trial", "verify", "report", "status", "errors list")
"""What runs while the sandbox serves, in this order."""


@dataclass(slots=True)
class Domain:
    """One domain, measured.

    Attributes:
        objects: resources that its plan writes; 0 before there is one.
        commands: what each command cost.
    """

    objects: int = 0
    commands: dict[str, Measured] = field(default_factory=dict)


def measure(folder: Path, objects: int, tell: Callable[[str, Domain], None]) -> Domain:
    """Generate a domain of about so many objects, and run every command on it.

    Args:
        folder: is made.
        objects: resources that the plan should write, about.
        tell: is told of every command when it has ended and the plan's size is known.
    """
    make_workspace(folder, "BENCH")
    shares = replace(PLAIN, sender=0.02, duplicate=0.02)
    messages = max(100, round(objects / OBJECTS_PER_MESSAGE))
    generate(folder, messages, shares=shares, per_dossier=PER_DOSSIER)
    found = Domain()
    for name in ("inspect", "plan"):
        found.commands[name] = run(kt_migrate(name, "--json"), folder)
    found.objects = json.loads(found.commands["plan"].output)["writes"]
    tell("inspect", found)
    tell("plan", found)
    with sandbox(folder):
        for name in SERVED:
            env = ("--env", "local") if name in ("trial", "verify") else ()
            found.commands[name] = run(kt_migrate(*name.split(), *env), folder)
            tell(name, found)
    return found


def ratio(name: str, small: Domain, large: Domain, start: Measured) -> float:
    """Return an object's cost in the large domain over that in the small one, by the clock."""
    less, more = (domain.commands[name].seconds - start.seconds for domain in (small, large))
    return _grown(less, more, small, large)


def _grown(less: float, more: float, small: Domain, large: Domain) -> float:
    return (max(more, LEAST_SECONDS) / large.objects) / (max(less, LEAST_SECONDS) / small.objects)


def ratio_of_cpu(name: str, small: Domain, large: Domain, start: Measured) -> float:
    """Return the same by CPU: on a busy machine it says more than the clock."""
    less, more = (
        domain.commands[name].cpu_seconds - start.cpu_seconds for domain in (small, large)
    )
    return _grown(less, more, small, large)


def line(name: str, small: Domain, large: Domain, start: Measured) -> str:
    """Return the line of one command."""
    parts = []
    for domain in (small, large):
        found = domain.commands[name]
        each = max(found.seconds - start.seconds, 0) / domain.objects * 1000
        parts.append(
            f"{domain.objects:,} objects {duration(found.seconds)} "
            f"({each:.3g} ms each, CPU {duration(found.cpu_seconds)}, "
            f"peak {found.peak_bytes / MEGABYTE:.0f} MB)"
        )
    grown = ratio(name, small, large, start)
    mark = "" if grown <= ASKED_RATIO else " TOO HIGH"
    cpu = ratio_of_cpu(name, small, large, start)
    asked = f"ratio {grown:.2f} (asked <= {ASKED_RATIO}; by CPU {cpu:.2f}){mark}"
    return f"{name}: {' · '.join([*parts, asked])}"


def main() -> None:
    """Measure both sizes, and print one line per command."""
    parser = argparse.ArgumentParser(description="Cost per object in a small and a large domain.")
    parser.add_argument("--small", type=int, default=5_000, help="objects")
    parser.add_argument("--large", type=int, default=100_000, help="objects")
    parser.add_argument("--report-only", action="store_true", help="exit code 0 always")
    given = parser.parse_args()
    end_in_order()
    print(f"scale: {facts()}", flush=True)
    with TemporaryDirectory(prefix="kt-migrate-bench-") as name:
        root = Path(name)
        start = run(kt_migrate("--version"), root)
        print(f"starting kt-migrate: {duration(start.seconds)}, not in the cost of an object")
        small = measure(root / "small", given.small, lambda _name, _domain: None)
        large = measure(
            root / "large",
            given.large,
            lambda name, domain: print(line(name, small, domain, start), flush=True),
        )
    rate = large.objects / large.commands["verify"].seconds
    print(
        f"verify: {rate:,.0f} objects/s at {large.objects:,} "
        f"(asked >= {ASKED_VERIFY:,} at {ASKED_VERIFY_AT:,}, ratio {rate / ASKED_VERIFY:.2f})"
    )
    grown = max(ratio(command, small, large, start) for command in small.commands)
    if grown > ASKED_RATIO and not given.report_only:
        sys.exit(1)


if __name__ == "__main__":
    main()
