"""How fast an archive is read: by whole commands, by the reader alone, by the official connector.

    python bench/reading.py [--messages 10000] [--compare 10000 1000000] [--without-connector]

One line per figure, with its ratio to what is asked, and all of them once more as a table. Only
a plan whose objects are not those that the generator made is an error.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from connector import read_with_connector
from figures import Figure, Figures
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
from sinks import PACKED

from kt_migrate.history.census import count
from kt_migrate.kt13.carried import read_sealed
from kt_migrate.kt13.read import read_document
from kt_migrate.kt13.sealed import Seals

ASKED_RATE = {"inspect": 6_000, "plan": 2_500}
"""Messages per second of the whole command, on two cores, with 100,000 messages."""
ASKED_AT, LARGE_AT, SMALL_AT = 100_000, 1_000_000, 10_000
ASKED_MEGABYTES = {ASKED_AT: 400, LARGE_AT: 600}
"""Peak of `plan` over all its processes, by the messages at which it is asked."""
ASKED_CONNECTOR = 4.0
"""Documents per second of one core, over the connector's."""
TIMES = 3
"""The best of so many: neighbours on the machine slow a core as well."""
ASKED_GROWTH = 1.2
"""Cost per message at a million over that at ten thousand."""
ASKED_CENSUS = 0.15
"""Share of `plan` that the census may cost."""
RUN = 250
"""Files of the sample that follow each other: what is remembered of one serves the next."""
SAMPLED_OF = 4
"""The sample is drawn from an archive of so many times its files."""

Reader = Callable[[bytes], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What the commands cost on an archive of one size."""

    messages: int
    files: int
    plan: Measured


def measured(folder: Path, messages: int, seed: int, packed: str, figures: Figures) -> Size:
    """Generate an archive, run `inspect` and `plan` on it, and remove it.

    Raises:
        SystemExit: books, census and the generator's own count differ.
    """
    make_workspace(folder, "BENCH")
    start = time.perf_counter()
    expected = generate(folder, messages, seed=seed, shares=Shares(), packed=packed)
    files = int(str(expected["files"]))
    print(
        f"generated: {messages:,} messages, {files:,} files{f' in a {packed}' if packed else ''}, "
        f"{expected['bytes']:,} bytes, {time.perf_counter() - start:.1f} s",
        flush=True,
    )
    figures.add(_rate("inspect", messages, run(kt_migrate("inspect"), folder)))
    plan = run(kt_migrate("plan", "--json"), folder)
    figures.add(_rate("plan", messages, plan))
    figures.add(_peak(messages, plan))
    agree(expected, plan)
    shutil.rmtree(folder)
    return Size(messages=messages, files=files, plan=plan)


def _rate(name: str, messages: int, done: Measured) -> Figure:
    return Figure(
        name=f"{name}, {messages:,} messages",
        found=messages / done.seconds,
        unit="messages/s",
        asked=ASKED_RATE[name],
        asked_at=ASKED_AT,
        at=messages,
        more=f"{duration(done.seconds)}, CPU {duration(done.cpu_seconds)}",
    )


def _peak(messages: int, done: Measured) -> Figure:
    asked_at = ASKED_AT if messages <= ASKED_AT else LARGE_AT
    return Figure(
        name=f"plan, peak memory over all processes, {messages:,} messages",
        found=done.peak_bytes / MEGABYTE,
        unit="MB",
        asked=ASKED_MEGABYTES[asked_at],
        asked_at=asked_at,
        at=messages,
        at_most=True,
    )


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
    print("books, census and the generator's own count agree", flush=True)


def growth(small: Size, large: Size) -> Figure:
    """Return what a message costs in the larger archive, over what it costs in the other."""
    more = large.plan.cpu_seconds / large.messages / (small.plan.cpu_seconds / small.messages)
    return Figure(
        name=f"plan, cost per message at {large.messages:,} over {small.messages:,}",
        found=large.plan.seconds / large.messages / (small.plan.seconds / small.messages),
        unit="times",
        asked=ASKED_GROWTH,
        asked_at=LARGE_AT if small.messages == SMALL_AT else 0,
        at=large.messages,
        at_most=True,
        more=f"by CPU {more:.2f}",
    )


def cpu(contents: Sequence[bytes], fresh: Callable[[], Reader]) -> float:
    """Return the CPU seconds that one core needs to read all contents: the best of three times.

    Args:
        contents: what is read.
        fresh: makes a reader that remembers nothing.
    """
    read = fresh()
    for content in contents[:20]:
        read(content)  # what is made once is not what is measured
    return min(_once(contents, fresh()) for _time in range(TIMES))


def _once(contents: Sequence[bytes], read: Reader) -> float:
    start = time.process_time()
    for content in contents:
        read(content)
    return time.process_time() - start


def _remembering() -> Reader:
    seals = Seals()
    return lambda content: read_sealed(content, seals)


ROADS: dict[str, Callable[[], Reader]] = {
    "in full: the canonical body of every object (read_document)": lambda: read_document,
    "as plan reads: identities, and each content once (read_sealed)": _remembering,
}
BARE: dict[str, Reader] = {".json": json.loads, ".xml": etree.fromstring}


def reader(paths: Sequence[Path], figures: Figures, *, with_connector: bool) -> None:
    """Print what the reader costs per core, beside bare parsing and the official connector."""
    by_form = {suffix: [p.read_bytes() for p in paths if p.suffix == suffix] for suffix in BARE}
    alone = {suffix: cpu(by_form[suffix], partial(_itself, read)) for suffix, read in BARE.items()}
    print(f"parsing alone: {_rates(by_form, alone)}")
    theirs = connector(paths, by_form) if with_connector else {}
    for name, fresh in ROADS.items():
        ours = {suffix: cpu(contents, fresh) for suffix, contents in by_form.items()}
        print(f"one document {name}: {_rates(by_form, ours)}", flush=True)
        if theirs:
            figures.add(_times(name, theirs, ours))


def _itself(read: Reader) -> Reader:
    return read


def connector(paths: Sequence[Path], by_form: dict[str, list[bytes]]) -> dict[str, float]:
    """Print what the official connector makes of the same files; return its seconds, per form."""
    theirs = read_with_connector(paths)
    if isinstance(theirs, str):
        print(f"official connector: {theirs}")
        return {}
    seconds = {suffix: theirs[suffix]["seconds"] for suffix in by_form}
    broken, none, every, failed = (
        sum(theirs[suffix][name] for suffix in by_form)
        for name in ("broken", "without_model", "resources", "failed")
    )
    print(
        f"official connector, to its resources: {_rates(by_form, seconds)}; of {every:.0f} "
        f"resources {broken:.0f} broken and {none:.0f} without a model, {failed:.0f} files failed",
        flush=True,
    )
    return seconds


def _times(name: str, theirs: dict[str, float], ours: dict[str, float]) -> Figure:
    return Figure(
        name=f"one document {name}, over the connector on the same files",
        found=sum(theirs.values()) / sum(ours.values()),
        unit="times",
        asked=ASKED_CONNECTOR,
        more=", ".join(f"{form[1:]} {theirs[form] / ours[form]:.1f}" for form in ours),
    )


def _rates(by_form: dict[str, list[bytes]], seconds: dict[str, float]) -> str:
    """Return documents per second of one core, of both forms together and apart."""
    total = sum(map(len, by_form.values())) / sum(seconds.values())
    apart = (f"{s[1:]} {len(by_form[s]) / seconds[s]:,.0f}" for s in by_form)
    return f"{total:,.0f} documents/s per core ({', '.join(apart)})"


def census(paths: Sequence[Path], size: Size) -> Figure:
    """Return which share of the plan's CPU the census costs, by its cost per file alone."""
    seconds = cpu([path.read_bytes() for path in paths], lambda: count)
    return Figure(
        name="census, share of plan's CPU",
        found=seconds / len(paths) * size.files / size.plan.cpu_seconds,
        unit="",
        asked=ASKED_CENSUS,
        at_most=True,
        more=f"{len(paths) / seconds:,.0f} documents/s per core",
    )


def sampled(folder: Path, sample: int, seed: int) -> list[Path]:
    """Return files of an archive of its own: runs that follow each other, without broken ones."""
    folder.mkdir()
    generate(folder, SAMPLED_OF * sample, seed=seed, shares=Shares())
    files = sorted(p for p in (folder / "archive").rglob("*") if p.is_file())
    files = [path for path in files if not path.name.startswith("onleesbaar")]
    length = min(RUN, sample)
    runs = max(1, sample // length)
    step = len(files) // runs
    return [path for number in range(runs) for path in files[number * step :][:length]]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="How fast an archive is read.")
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument(
        "--compare", type=int, nargs="*", default=[], help="plan archives of these sizes as well"
    )
    parser.add_argument("--packed", choices=["", *PACKED], default="", help="else folders")
    parser.add_argument("--sample", type=int, default=2_000, help="files for the reader alone")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--without-connector", action="store_true")
    parser.add_argument("--without-reader", action="store_true", help="whole commands only")
    return parser.parse_args()


def main() -> None:
    """Measure, and print one line per figure."""
    given = _arguments()
    end_in_order()
    print(f"reading: {facts()}", flush=True)
    figures = Figures()
    with TemporaryDirectory(prefix="kt-migrate-bench-") as name:
        root = Path(name)
        sizes = [
            measured(root / str(messages), messages, given.seed, given.packed, figures)
            for messages in sorted({given.messages, *given.compare})
        ]
        if len(sizes) > 1:
            figures.add(growth(sizes[0], sizes[-1]))
        if not given.without_reader:
            paths = sampled(root / "sample", given.sample, given.seed)
            reader(paths, figures, with_connector=not given.without_connector)
            figures.add(census(paths, sizes[-1]))
    print(f"\n{figures.table()}")


if __name__ == "__main__":
    main()
