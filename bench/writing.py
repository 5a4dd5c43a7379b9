"""How fast a plan is written: 2,000 patients to a sandbox that answers after 20 ms.

    python bench/writing.py

The sandbox runs in a process of its own; the writer is held to one core. One line per figure,
with its ratio to what is asked.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
import uuid
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson

from kt_migrate.books import canonical, digest, hash_totals
from kt_migrate.kt2.client import FhirClient
from kt_migrate.kt2.keys import load_key, new_key, public_jwks
from kt_migrate.kt2.login import Credentials
from kt_migrate.kt2.pace import Pace
from kt_migrate.load.journal import Journal, State
from kt_migrate.load.run import Load
from kt_migrate.model import MIGRATION_SYSTEM, PROFILE_BASE, Resource
from kt_migrate.plan.store import Plan
from kt_migrate.plan.writing import PlanContent, write_plan
from kt_migrate.sandbox.server import serve
from kt_migrate.sandbox.settings import Client, Faults, SandboxSettings

WRITES = 2_000
LATENCY_MS = 20.0
IN_FLIGHT = 64
ASKED_PER_SECOND = 600
QUALIFIER = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-qualifier"


def patient(number: int) -> Resource:
    """Return an invented patient."""
    system = MIGRATION_SYSTEM + "Patient"
    value = f"https://bench.example/Patient/{number}"
    return {
        "resourceType": "Patient",
        "meta": {"profile": [PROFILE_BASE + "Patient"]},
        "identifier": [{"use": "temp", "system": system, "value": value}],
        "active": True,
        "name": [
            {
                "use": "official",
                "family": "Meting",
                "given": ["Bench"],
                "_given": [{"extension": [{"url": QUALIFIER, "valueCode": "BR"}]}],
            }
        ],
        "gender": "unknown",
        "birthDate": "1970-01-01",
    }


def make_plan(path: Path) -> None:
    """Write a plan of patients."""
    rows = []
    for number in range(1, WRITES + 1):
        body = canonical(patient(number))
        whole = {**patient(number)}
        system, value = MIGRATION_SYSTEM + "Patient", f"https://bench.example/Patient/{number}"
        rows.append(
            (
                number,
                "Patient",
                system,
                value,
                0,
                "Patient",
                value,
                digest(body),
                orjson.dumps(whole),
            )
        )
    totals = hash_totals(("Patient", row[7]) for row in rows)
    write_plan(
        path,
        PlanContent(
            meta=[("domain", "BENCH")],
            writes=rows,
            references=[],
            hash_totals=[(t, total.count, total.hex) for t, total in totals.items()],
        ),
    )


def sandbox(folder: str) -> None:
    """Serve until the bench stops us."""
    key = load_key(Path(folder) / "key.pem")
    settings = SandboxSettings(
        base_path="/api/v1/BENCH/fhir/r4",
        clients=(Client(client_id="bench", jwks=public_jwks(key, "b", "RS512")),),
        store=Path(folder) / "store.sqlite",
        faults=Faults(latency_ms=LATENCY_MS),
    )
    serve(settings, "127.0.0.1", 0, lambda base: print(base, flush=True))


async def load(plan: Plan, journal: Journal, base: str, credentials: Credentials) -> float:
    """Write the plan; returns the seconds that it took."""
    trace = str(uuid.uuid4())
    async with FhirClient(
        base, credentials, trace_id=trace, max_in_flight=IN_FLIGHT, now=time.time
    ) as client:
        pace = Pace(max_in_flight=IN_FLIGHT, per_second=0, now=time.monotonic)
        work = Load(plan, journal, client, pace, trace_id=trace, error_share=0.1)
        start = time.perf_counter()
        result = await work.run(IN_FLIGHT)
        seconds = time.perf_counter() - start
    if result.states != {State.CREATED: WRITES}:
        raise SystemExit(f"not everything was created: {result}")
    return seconds


def main() -> None:
    """Measure, and print one line."""
    if len(sys.argv) > 1:
        sandbox(sys.argv[1])
        return
    with TemporaryDirectory() as name:
        folder = Path(name)
        new_key(folder / "key.pem", "RS512")
        make_plan(folder / "plan.sqlite")
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[-1]})
        server = subprocess.Popen([sys.executable, __file__, name], stdout=subprocess.PIPE)
        os.sched_setaffinity(server.pid, set(cores) - {cores[-1]} or set(cores))
        try:
            base = server.stdout.readline().decode().strip() if server.stdout else ""
            key = load_key(folder / "key.pem")
            credentials = Credentials(client_id="bench", key=key, kid="b", algorithm="RS512")
            journal = Journal(folder / "journal.sqlite", clock=time.time)
            with Plan(folder / "plan.sqlite") as plan:
                seconds = asyncio.run(load(plan, journal, base, credentials))
            journal.close()
        finally:
            server.terminate()
            server.wait()
    rate = WRITES / seconds
    print(
        f"journaled writes/s, {LATENCY_MS:.0f} ms latency, one core: {rate:.0f} "
        f"(asked {ASKED_PER_SECOND}, ratio {rate / ASKED_PER_SECOND:.2f})"
    )


if __name__ == "__main__":
    main()
