"""How fast an archive is read: by whole commands, by the reader alone, by the official connector.

    python bench/reading.py [--messages 10000] [--compare 1000000] [--without-connector]

One line per figure, with its ratio to what is asked. Only a plan whose objects are not those
that the generator made is an error.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from connector import read_with_connector
from generate import Shares, generate
from lxml import etree
from machine import (
    MEGABYTE,
    Measured,
    duration,
    end_in_order,
    facts,
    kt_migrate,
    make_workspace,
    run,
)

from kt_migrate.history.census import count
from kt_migrate.kt13.read import read_document

ASKED_PLAN, ASKED_INSPECT = 2_500, 6_000
"""Messages per second of the whole command, on two cores, with 100,000 messages."""
ASKED_AT = 100_000
ASKED_MEGABYTES = 400
"""Peak of `plan` over all its processes, at 100,000 messages."""
ASKED_CONNECTOR = 4.0
"""Documents per second of one core, over the connector's."""
TIMES = 3
"""The best of so many: neighbours on the machine slow a core as well."""
ASKED_GROWTH = 1.2
"""Cost per message of the large archive over that of the other."""
ASKED_CENSUS = 0.15
"""Share of `plan` that the census may cost."""


def archive(folder: Path, messages: int, seed: int) -> dict[str, object]:
    """Make a working folder with a generated archive; returns what is expected of it."""
    make_workspace(folder, "BENCH")
    return generate(folder, messages, seed=seed, shares=Shares())


def cpu(contents: Sequence[bytes], read: Callable[[bytes], object]) -> float:
    """Return the CPU seconds that one core needs to read all contents: the best of three times."""
    for content in contents[:20]:
        read(content)  # what is made once is not what is measured
    return min(_once(contents, read) for _time in range(TIMES))


def _once(contents: Sequence[bytes], read: Callable[[bytes], object]) -> float:
    start = time.process_time()
    for content in contents:
        read(content)
    return time.process_time() - start


def commands(folder: Path, messages: int) -> dict[str, Measured]:
    """Run `inspect` and `plan` on a working folder, and print their lines."""
    found = {}
    for name, asked in (("inspect", ASKED_INSPECT), ("plan", ASKED_PLAN)):
        json_too = ("--json",) if name == "plan" else ()
        done = found[name] = run(kt_migrate(name, *json_too), folder)
        rate = messages / done.seconds
        print(
            f"{name}: {messages:,} messages {duration(done.seconds)}, {rate:,.0f} messages/s "
            f"(asked >= {asked:,} at {ASKED_AT:,}, ratio {rate / asked:.2f})",
            flush=True,
        )
    peak = found["plan"].peak_bytes / MEGABYTE
    print(
        f"plan: peak {peak:.0f} MB over all processes at {messages:,} messages "
        f"(asked <= {ASKED_MEGABYTES} at {ASKED_AT:,}, ratio {peak / ASKED_MEGABYTES:.2f})"
    )
    return found


def agree(expected: dict[str, object], planned: Measured) -> None:
    """Hold the generator's own count against the books and the census, and print that it agrees.

    Raises:
        SystemExit: it does not.
    """
    plan = json.loads(planned.output)
    objects = expected["objects"]
    for source_type, made in objects.items() if isinstance(objects, dict) else ():
        if not made == plan["books"][source_type]["objects"] == plan["census"][source_type]:
            raise SystemExit(f"{source_type}: {made} were made, the plan has another number")
    print("books, census and the generator's own count agree")


def reader(paths: Sequence[Path]) -> dict[str, float]:
    """Print what the reader costs per core, beside bare parsing; returns it per file and suffix."""
    ours = {}
    bare: dict[str, Callable[[bytes], object]] = {
        ".json": json.loads,
        ".xml": etree.fromstring,
    }
    for suffix, parse in bare.items():
        contents = [path.read_bytes() for path in paths if path.suffix == suffix]
        if not contents:
            continue
        ours[suffix] = cpu(contents, read_document) / len(contents)
        alone = cpu(contents, parse) / len(contents)
        print(
            f"read_document {suffix[1:]}: {1 / ours[suffix]:,.0f} documents/s per core; "
            f"parsing alone {1 / alone:,.0f}/s"
        )
    return ours


def connector(paths: Sequence[Path], ours: dict[str, float]) -> None:
    """Print what the official connector makes of the same files."""
    theirs = read_with_connector(paths)
    if isinstance(theirs, str):
        print(f"official connector: {theirs}")
        return
    for suffix, own in ours.items():
        found = theirs[suffix]
        rate = found["files"] / found["seconds"]
        ratio = 1 / own / rate
        print(
            f"official connector {suffix[1:]}: {rate:,.0f} documents/s per core on the same files "
            f"({found['broken']:.0f} of {found['resources']:.0f} resources broken, "
            f"{found['without_model']:.0f} without a model); read_document is {ratio:.1f} times "
            f"as fast (asked >= {ASKED_CONNECTOR:.0f}, ratio {ratio / ASKED_CONNECTOR:.2f})"
        )


def census(paths: Sequence[Path], files: int, plan: Measured) -> None:
    """Print which share of the plan's CPU the census costs, by its cost per file alone."""
    seconds = cpu([path.read_bytes() for path in paths], count)
    share = seconds / len(paths) * files / plan.cpu_seconds
    print(
        f"census: {len(paths) / seconds:,.0f} documents/s per core, {share:.1%} of plan's CPU "
        f"(asked <= {ASKED_CENSUS:.0%}, ratio {share / ASKED_CENSUS:.2f})"
    )


def growth(messages: int, plan: Measured, more: int, large: Measured) -> None:
    """Print what a message costs in the larger archive, over what it costs in the other."""
    ratio = large.seconds / more / (plan.seconds / messages)
    print(
        f"plan: cost per message at {more:,} over {messages:,}: ratio {ratio:.2f} "
        f"(asked <= {ASKED_GROWTH} for 1,000,000 over 10,000)"
    )


def readable(folder: Path, sample: int) -> list[Path]:
    """Return files of the archive, spread evenly, without those that cannot be read."""
    files = sorted(p for p in (folder / "archive").rglob("*") if p.is_file())
    files = [path for path in files if not path.name.startswith("onleesbaar")]
    return files[:: max(1, len(files) // sample)][:sample]


def main() -> None:
    """Measure, and print one line per figure."""
    parser = argparse.ArgumentParser(description="How fast an archive is read.")
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--compare", type=int, default=0, help="plan a larger archive as well")
    parser.add_argument("--sample", type=int, default=2_000, help="files for the reader alone")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--without-connector", action="store_true")
    given = parser.parse_args()
    end_in_order()
    print(f"reading: {facts()}", flush=True)
    with TemporaryDirectory(prefix="kt-migrate-bench-") as name:
        folder = Path(name) / "domain"
        start = time.perf_counter()
        expected = archive(folder, given.messages, given.seed)
        seconds = time.perf_counter() - start
        files = sum(1 for path in (folder / "archive").rglob("*") if path.is_file())
        print(
            f"generated: {expected['files']:,} files, {expected['bytes']:,} bytes, {seconds:.1f} s"
        )
        found = commands(folder, given.messages)
        agree(expected, found["plan"])
        paths = readable(folder, given.sample)
        ours = reader(paths)
        if not given.without_connector:
            connector(paths, ours)
        census(paths, files, found["plan"])
        if given.compare:
            larger = Path(name) / "larger"
            archive(larger, given.compare, given.seed)
            growth(
                given.messages,
                found["plan"],
                given.compare,
                commands(larger, given.compare)["plan"],
            )


if __name__ == "__main__":
    main()
