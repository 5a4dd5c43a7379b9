"""How fast an archive is read and planned, and what the census costs of it.

    python bench/reading.py [--messages 10000] [--without-connector]

One line per figure, with its ratio to what is asked. `plan` and `inspect` are whole processes.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from connector import read_with_connector
from generate import Shares, generate
from lxml import etree
from machine import MEGABYTE, facts, kt_migrate, make_workspace, run

from kt_migrate.history import census
from kt_migrate.kt13.read import read_document
from kt_migrate.model import Unreadable

ASKED_PLAN, ASKED_INSPECT, ASKED_DOCUMENT = 2_500, 6_000, 4.0
"""Messages per second on two cores; times the official connector on the same files, per core."""
ASKED_CENSUS, ASKED_MEMORY = 0.15, 400 * MEGABYTE
"""Share of `plan`'s processor time; peak over all processes."""
_MOST = 4_000
"""Documents that are read one by one in memory."""


def rate(name: str, figure: float, asked: float, unit: str = "messages/s") -> str:
    """Return the line of a figure that should be high."""
    return f"{name}: {figure:,.0f} {unit} (asked >= {asked:,.0f}, ratio {figure / asked:.2f})"


def processor_seconds(read: Callable[[bytes], object], contents: list[bytes]) -> float:
    """Return the processor time of reading documents one by one."""
    start = time.process_time()
    for content in contents:
        read(content)
    return time.process_time() - start


def _parse(content: bytes) -> object:
    return json.loads(content) if content[:1] == b"{" else etree.fromstring(content)


def _documents(folder: Path) -> list[Path]:
    found = sorted(p for p in (folder / "archive").rglob("*") if p.suffix in (".json", ".xml"))
    some = found[:: max(1, len(found) // _MOST)]
    return [p for p in some if not isinstance(read_document(p.read_bytes()), Unreadable)]


def _in_memory(paths: list[Path], plan_per_file: float, *, connector: bool) -> None:
    contents = [path.read_bytes() for path in paths]
    ours = processor_seconds(read_document, contents)
    bare = processor_seconds(_parse, contents)
    counted = processor_seconds(census.count, contents)
    print(
        f"one document to its objects: {len(contents) / ours:,.0f}/s per core "
        f"(json.loads and lxml alone {len(contents) / bare:,.0f}/s)"
    )
    share = counted / len(contents) / plan_per_file
    print(f"census: {share:.1%} of plan's processor time (asked <= {ASKED_CENSUS:.0%})")
    found = read_with_connector(paths) if connector else "was not asked for"
    if isinstance(found, str):
        print(f"the official connector {found}")
        return
    theirs = sum(road["seconds"] for road in found.values())
    files = sum(road["files"] for road in found.values())
    ratio = (len(contents) / ours) / (files / theirs)
    print(
        f"one document ÷ the official connector on the same files: {ratio:.1f} "
        f"(asked >= {ASKED_DOCUMENT:.0f}; it does {files / theirs:,.0f}/s)"
    )


def main() -> None:
    """Measure, and print one line per figure."""
    parser = argparse.ArgumentParser(description="Reading and planning a generated archive.")
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--without-connector", action="store_true")
    given = parser.parse_args()
    print(f"reading: {facts()}", flush=True)
    with TemporaryDirectory(prefix="kt-migrate-bench-") as name:
        folder = make_workspace(Path(name) / "domain", "BENCH")
        expected = generate(folder, given.messages, shares=Shares())
        files = int(str(expected["files"]))
        inspected = run(kt_migrate("inspect"), folder)
        planned = run(kt_migrate("plan", "--json"), folder)
        print(rate("inspect", given.messages / inspected.seconds, ASKED_INSPECT))
        print(rate("plan", given.messages / planned.seconds, ASKED_PLAN))
        peak = planned.peak_bytes
        print(
            f"plan: peak {peak / MEGABYTE:.0f} MB over all processes "
            f"(asked <= {ASKED_MEMORY / MEGABYTE:.0f}, ratio {peak / ASKED_MEMORY:.2f})"
        )
        _agree(expected, json.loads(planned.output))
        _in_memory(
            _documents(folder), planned.cpu_seconds / files, connector=not given.without_connector
        )


def _agree(expected: dict[str, object], plan: dict[str, Any]) -> None:
    """Hold the generator's own count, a third one, against the books and the census."""
    objects = expected["objects"]
    for source_type, count in objects.items() if isinstance(objects, dict) else ():
        if not count == plan["books"][source_type]["objects"] == plan["census"][source_type]:
            raise SystemExit(f"{source_type}: {count} were made, the plan has another number")
    print("books, census and the generator's own count agree")


if __name__ == "__main__":
    main()
