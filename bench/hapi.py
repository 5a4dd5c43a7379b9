"""How fast a plan is written to a stock HAPI, beside what the server can take at best.

    python bench/hapi.py [--messages 850] [--rounds 2] [--seconds 3] [--without-kt2]

One HAPI JPA server with the KT 2.0 profiles (Java, Maven: see tests/hapi/launcher.py) of the
bench's own, behind the rules of one sandbox (`--upstream`), for all. Measured in one run, in turn,
each on a domain without our objects (they are deleted in between): the real `kt-migrate trial`
(journal with fsync, checks on), and a bare load generator (`bare.py`) with the same bodies in the
same order over the best of a few numbers of connections. Then where the pace settles, on HAPI and
on a sandbox of a known capacity, and one after the other with the `kt2` client.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import aiohttp
import httpx
from bare import Bare, Body, bodies_of
from beside import ROOT
from generate import PLAIN, generate
from kt2_client import kt2_line
from machine import (
    end_in_order,
    facts,
    kt_migrate,
    make_workspace,
    processor_seconds,
    run,
    sandbox,
)
from sweeping import in_flight_line, sweep_line, swept

from kt_migrate.config import find_workspace, load_environment
from kt_migrate.kt2.login import Login
from kt_migrate.load.events import read_events
from kt_migrate.load.execute import credentials_of, open_journal

sys.path.append(str(ROOT / "tests" / "hapi"))
from launcher import hapi, missing

ON_HAPI, ON_CAPACITY = (1, 2, 4, 8, 16), (1, 2, 4, 6, 8, 12, 16)
"""Numbers under way that are tried."""
ASKED_SHARE = 0.95
CAPACITY, LATENCY_MS = 8, 60
"""The sandbox that is modelled: at most 133 answers per second, from 8 under way on."""
CLEARING = 8
"""Deletions under way."""


@dataclass(slots=True)
class Tried:
    """One trial.

    Attributes:
        rate: outcomes per second, by its own clock.
        settled: how many requests were allowed under way in its last half.
        processor: seconds of processor time of the command.
        ids: what it created, by conditional reference.
    """

    rate: float
    settled: float
    processor: float
    ids: dict[str, str]


@dataclass
class Bench:
    """One front, and a working folder with a plan for it.

    Attributes:
        folder: the working folder, with its first run planned.
        upstream: base of the HAPI behind the front; empty: the front has a store of its own.
        bodies: the plan's.
    """

    folder: Path
    upstream: str
    bodies: list[Body] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.bodies = bodies_of(self.folder / "runs" / "local" / "001" / "plan.sqlite")
        self.base = load_environment(find_workspace(self.folder), "local").base

    def bare(self) -> Bare:
        """Log in for the bare load generator."""
        workspace = find_workspace(self.folder)
        environment = load_environment(workspace, "local")

        async def log_in() -> str:
            async with httpx.AsyncClient() as http:
                credentials = credentials_of(workspace, environment)
                return await Login(http, environment.base, credentials, now=time.time).token("")

        return Bare(self.base, asyncio.run(log_in()))

    def trial(self) -> Tried:
        """Write the plan with the real command, in a copy of the run folder."""
        runs = self.folder / "runs"
        kept = self.folder / "kept"
        if not kept.exists():
            shutil.copytree(runs, kept)
        shutil.rmtree(runs)
        shutil.copytree(kept, runs)
        done = run(kt_migrate("trial", "--env", "local", "--json"), self.folder)
        folder = runs / "local" / "001"
        with open_journal(folder) as journal:
            there = {entry.seq: entry.server_id for entry in journal.entries()}
        ids = {
            body.key.reference: f"{body.key.r4_type}/{there[seq]}"
            for seq, body in enumerate(self.bodies, 1)
        }
        figures = json.loads(done.output)["figures"]
        settled = _settled(folder)
        return Tried(figures["done"] / figures["seconds"], settled, done.cpu_seconds, ids)

    def clear(self, ids: dict[str, str]) -> None:
        """Delete from HAPI what was created, what refers before what it refers to."""
        own = {body.key.reference for body in self.bodies}
        more = [place for reference, place in ids.items() if reference not in own]
        asyncio.run(_deleted(self.upstream, more))
        stages = itertools.groupby(reversed(self.bodies), key=lambda body: body.stage)
        for _stage, part in stages:
            asyncio.run(_deleted(self.upstream, [ids[body.key.reference] for body in part]))


def _settled(folder: Path) -> float:
    """Return the median of what was allowed under way, in the last half of a start."""
    seen = [e["allowed"] for e in read_events(folder) if e["event"] == "progress"]
    return float(median(seen[len(seen) // 2 :]))


async def _deleted(base: str, places: Sequence[str]) -> None:
    left = iter(places)
    async with aiohttp.ClientSession() as session:

        async def work() -> None:
            for place in left:
                async with session.delete(f"{base}/{place}") as answer:
                    await answer.read()
                    if not answer.ok:
                        raise SystemExit(f"DELETE {place}: HTTP {answer.status}")

        await asyncio.gather(*(work() for _each in range(CLEARING)))


def planned(root: Path, messages: int) -> Path:
    """Make a working folder with a generated domain and its plan."""
    folder = make_workspace(root / "domain", "BENCH")
    generate(folder, messages, shares=PLAIN, per_dossier=2)
    run(kt_migrate("plan", "--json"), folder)
    return folder


def on_hapi(folder: Path, upstream: str, given: argparse.Namespace) -> None:
    """Measure on HAPI, and print the lines."""
    with sandbox(folder, "--upstream", upstream) as front:
        bench = Bench(folder, upstream)
        bare = bench.bare()
        warm = asyncio.run(bare.whole(bench.bodies, 8))
        print(f"  {len(bench.bodies)} writes per measurement; warming up: {warm:.0f}/s", flush=True)
        rates = swept(bare, bench.bodies, ON_HAPI, given.seconds)
        print(sweep_line("HAPI", rates), flush=True)
        if not given.without_kt2:
            print(kt2_line(bench.folder, bench.bodies, bare, 2 * given.seconds, rates), flush=True)
        bench.clear(bare.ids)
        best = max(rates, key=lambda number: rates[number])
        found = alternated(bench, best, given.rounds, front)
    for line in found.lines(best, given.rounds * len(bench.bodies)):
        print(line)
    settled = median(tried.settled for tried in found.trials)
    print(in_flight_line("HAPI", settled, rates), flush=True)


@dataclass(slots=True)
class Alternated:
    """What came of trials and bare loads in turn.

    Attributes:
        poured: creates per second of each bare load.
        trials: each trial.
        front: seconds of processor time of the front in all trials, and in all bare loads.
    """

    poured: list[float] = field(default_factory=list)
    trials: list[Tried] = field(default_factory=list)
    front: list[float] = field(default_factory=lambda: [0.0, 0.0])

    def lines(self, connections: int, writes: int) -> Iterator[str]:
        """Yield the ratio, and what it cost."""
        each = [tried.rate for tried in self.trials]
        ours, theirs = median(each), median(self.poured)
        share = ours / theirs
        verdict = "" if share >= ASKED_SHARE else " NOT MET"
        yield (
            f"writes/s to stock HAPI, kt-migrate trial: {ours:.1f} ({_each(each)}); bare over "
            f"{connections} connections: {theirs:.1f} ({_each(self.poured)}): "
            f"ratio {share:.2f} (asked >= {ASKED_SHARE}){verdict}"
        )
        spent = (sum(tried.processor for tried in self.trials), *self.front)
        trial, front, front_bare = (1_000 * seconds / writes for seconds in spent)
        yield (
            f"  seconds of processor time per 1,000 writes: trial {trial:.1f} (its start "
            f"included); front {front:.1f} in a trial, {front_bare:.1f} in a bare load"
        )


def alternated(bench: Bench, connections: int, rounds: int, front: int) -> Alternated:
    """Pour, try, try, pour, …: a server that slows down favours neither.

    Args:
        bench: its domain has nothing of ours yet, and nothing afterwards.
        connections: of the bare load.
        rounds: of each.
        front: process id of the front.
    """
    found = Alternated()
    for number in range(2 * rounds):
        trial = number % 4 in (1, 2)
        before = processor_seconds(front)
        if trial:
            found.trials.append(bench.trial())
            ids = found.trials[-1].ids
        else:
            bare = bench.bare()
            found.poured.append(asyncio.run(bare.whole(bench.bodies, connections)))
            ids = bare.ids
        found.front[not trial] += processor_seconds(front) - before
        bench.clear(ids)
    return found


def _each(rates: Iterator[float] | Sequence[float]) -> str:
    return ", ".join(f"{rate:.1f}" for rate in rates)


def on_capacity(folder: Path, seconds: float) -> None:
    """Measure on a sandbox of a known capacity, and print the lines."""
    shutil.rmtree(folder / ".sandbox", ignore_errors=True)
    options = ("--capacity", str(CAPACITY), "--latency-ms", str(LATENCY_MS))
    with sandbox(folder, *options):
        bench = Bench(folder, "")
        tried = bench.trial()
        bare = bench.bare()
        bare.ids.update(tried.ids)
        rates = swept(bare, bench.bodies, ON_CAPACITY, seconds)
    print(sweep_line(f"a sandbox of {CAPACITY} at once, {LATENCY_MS} ms each", rates))
    print(in_flight_line("that sandbox", tried.settled, rates), flush=True)


def main() -> None:
    """Measure, and print a line per figure."""
    parser = argparse.ArgumentParser(description="A plan to a stock HAPI, beside a bare load.")
    parser.add_argument("--messages", type=int, default=850, help="of the generated domain")
    parser.add_argument("--rounds", type=int, default=2, help="trials, and as many bare loads")
    parser.add_argument("--seconds", type=float, default=3.0, help="per number of connections")
    parser.add_argument("--without-kt2", action="store_true", help="leave the kt2 client out")
    parser.add_argument("--hapi", default="", help="a HAPI that is there already, and is filled")
    given = parser.parse_args()
    end_in_order()
    print(f"hapi: {facts()}", flush=True)
    if lacks := missing(own=not given.hapi):
        raise SystemExit(f"no HAPI on this machine: {lacks}")
    with TemporaryDirectory(prefix="kt-migrate-bench-") as name:
        folder = planned(Path(name), given.messages)
        on_capacity(folder, given.seconds / 2)
        if given.hapi:
            on_hapi(folder, given.hapi, given)
        else:
            with hapi(own=True) as upstream:
                on_hapi(folder, upstream, given)


if __name__ == "__main__":
    main()
