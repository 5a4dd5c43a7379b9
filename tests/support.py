"""What tests share: planning, loading, verifying, the command."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO

import warm
from kt_migrate.algorithm.load import load_algorithm
from kt_migrate.algorithm.model import Algorithm
from kt_migrate.archive.passwords import Passwords, no_passwords
from kt_migrate.config import Application
from kt_migrate.kt2.client import FhirClient
from kt_migrate.kt2.login import Credentials
from kt_migrate.kt2.pace import Pace
from kt_migrate.load.journal import Journal
from kt_migrate.load.run import Load, LoadResult
from kt_migrate.plan.build import Inputs, build_plan
from kt_migrate.plan.enrichment import Enrichment, read_enrichment
from kt_migrate.plan.store import Plan
from kt_migrate.sandbox.server import Running
from kt_migrate.verify.compare import VerifyResult
from kt_migrate.verify.run import verify

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "example-domain"
SHARED = ROOT.parent / "shared"
APPLICATIONS = {
    "PLAYPROOF": Application(endpoint="https://playproof.example/launch"),
    "LIJSTENMAKER": Application(endpoint="https://lijstenmaker.example/launch"),
    "RANJKA": Application(endpoint="https://ranjka.example/launch"),
}
CLIENT = "client-1"


@cache
def standard() -> Algorithm:
    """Return the standard algorithm; it is frozen, and to read it takes longer than a plan."""
    return load_algorithm("standard")


def plan_of(
    roots: list[Path],
    target: Path,
    *,
    enrichment: Path | None = None,
    domains: tuple[str, ...] = (),
    passwords: Passwords = no_passwords,
) -> Plan:
    """Plan an archive with the standard algorithm."""
    inputs = Inputs(
        roots=roots,
        source_domains=domains,
        algorithm=standard(),
        enrichment=read_enrichment([enrichment]) if enrichment else Enrichment(),
        applications=APPLICATIONS,
        meta={"domain": "TEST"},
        passwords=passwords,
    )
    build_plan(inputs, target)
    return Plan(target)


SandboxMaker = Callable[..., Running]


def load_all(
    plan: Plan,
    folder: Path,
    base: str,
    credentials: Credentials,
    *,
    share: float = 0.5,
    haste: float = 1,
) -> LoadResult:
    """Write a plan to a server; the load's clock goes `haste` times as fast as the wall's."""

    def now() -> float:
        return time.monotonic() * haste

    async def sleep(seconds: float) -> None:
        await asyncio.sleep(seconds / haste)

    async def work() -> LoadResult:
        trace = str(uuid.uuid4())
        async with FhirClient(
            base, credentials, trace_id=trace, max_in_flight=16, now=time.time
        ) as client:
            pace = Pace(max_in_flight=16, per_second=0, now=now, sleep=sleep)
            load = Load(plan, journal, client, pace, trace_id=trace, error_share=share)
            return await load.run(16)

    journal = Journal(folder / "journal.sqlite", clock=time.time)
    try:
        return asyncio.run(work())
    finally:
        journal.close()


def verify_all(plan: Plan, folder: Path, base: str, credentials: Credentials) -> VerifyResult:
    """Read a server back."""

    async def work() -> VerifyResult:
        async with FhirClient(
            base, credentials, trace_id=str(uuid.uuid4()), max_in_flight=4, now=time.time
        ) as client:
            return await verify(plan, client, folder)

    return asyncio.run(work())


def command(*arguments: str, cwd: Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run kt-migrate as a person does: a process of its own."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = warm.start(arguments, cwd, stdout=out.fileno(), stderr=err.fileno())
        try:
            code = process.wait(120)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
        stdout, stderr = (_whole(file) for file in (out, err))
    done = subprocess.CompletedProcess(arguments, code, stdout, stderr)
    if check and done.returncode:
        raise AssertionError(f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


def _whole(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()


@contextmanager
def serving(workspace: Path, *options: str) -> Iterator[None]:
    """Serve a working folder's sandbox, as a person does."""
    read, write = os.pipe()
    with os.fdopen(read, encoding="utf-8") as said:
        process = warm.start(["sandbox", *options], workspace, stdout=write, stderr=2)
        os.close(write)
        try:
            assert "klaar" in said.readline()
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()
