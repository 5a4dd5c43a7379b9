"""How fast a plan is written: 4,000 patients to a server that answers after 20 ms.

    python bench/writing.py

The server takes everything and does nothing, in a process of its own; the writer is held to one
core. One line per figure, with its ratio to what is asked. On a machine that others use as well,
writes per second of processor time say more than writes per second. The figures of the pace come
from modelled servers (`modelled.py`), in time that does not pass.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import orjson
from machine import facts
from modelled import SERVERS, Modelled, drive, smallest_good

from kt_migrate.books import canonical, digest, hash_totals
from kt_migrate.kt2.client import FhirClient
from kt_migrate.kt2.keys import load_key, new_key
from kt_migrate.kt2.knee import Knee
from kt_migrate.kt2.login import Credentials
from kt_migrate.kt2.pace import Pace
from kt_migrate.load.journal import Entry, Journal, State
from kt_migrate.load.run import Load
from kt_migrate.model import MIGRATION_SYSTEM, PROFILE_BASE, Resource
from kt_migrate.plan.store import Plan
from kt_migrate.plan.writing import PlanContent, write_plan

WRITES = 4_000
LATENCY_MS = 20.0
IN_FLIGHT = 64
ASKED_PER_SECOND, ASKED_SHARE, ASKED_REQUESTS, ASKED_IN_FLIGHT = 1_200, 0.15, 1.01, 2
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


class Nothing(asyncio.Protocol):
    """A server that takes every write, keeps none, and answers after a while."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to listen."""
        if not isinstance(transport, asyncio.Transport):
            raise TypeError
        self._out, self._in = transport, b""

    def data_received(self, data: bytes) -> None:
        """Answer every request that is whole."""
        self._in += data
        while (end := self._in.find(b"\r\n\r\n")) >= 0:
            head = self._in[:end].decode().lower()
            length = int(head.partition("content-length: ")[2].partition("\r\n")[0] or 0)
            if len(self._in) < end + 4 + length:
                return
            content, self._in = self._in[end + 4 : end + 4 + length], self._in[end + 4 + length :]
            self._answer(head.split(" ", 2)[1], content)

    def _answer(self, path: str, content: bytes) -> None:
        if path.endswith("/patient"):
            place = f"Location: /Patient/{uuid.uuid4()}/_history/1\r\n".encode()
            reply = b"HTTP/1.1 201 Created\r\nContent-Type: application/fhir+json\r\n" + place
            wait = LATENCY_MS / 1_000
        else:
            content, wait = orjson.dumps(self._special(path)), 0.0
            reply = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        reply += b"Content-Length: %d\r\n\r\n" % len(content) + content
        asyncio.get_running_loop().call_later(wait, self._out.write, reply)

    def _special(self, path: str) -> object:
        if path.endswith("smart-configuration"):
            _host, port = self._out.get_extra_info("sockname")[:2]
            return {"token_endpoint": f"http://127.0.0.1:{port}/token"}
        if path == "/token":
            return {"access_token": "x" * 1_500, "expires_in": 3_000, "token_type": "Bearer"}
        offers = {"type": "Patient", "conditionalCreate": True}
        return {"resourceType": "CapabilityStatement", "rest": [{"resource": [offers]}]}


async def nothing() -> None:
    """Serve until the bench stops us."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Nothing, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/fhir", flush=True)
    await server.serve_forever()


@dataclass
class Figures:
    """What one load took.

    Attributes:
        seconds: from the first request to the last outcome.
        processor: seconds of processor time of the process, all threads.
        committing: seconds of processor time of the journal's thread.
        requests: to the FHIR service, tokens aside; the one for metadata too.
    """

    seconds: float = 0.0
    processor: float = 0.0
    committing: float = 0.0
    requests: int = 0


async def load(plan: Plan, journal: Journal, base: str, credentials: Credentials) -> Figures:
    """Write the plan."""
    trace, figures = str(uuid.uuid4()), Figures()
    commit = journal._commits._commit  # noqa: SLF001 (only its time is taken)

    def timed(entries: list[Entry]) -> None:
        began = time.thread_time()
        commit(entries)
        figures.committing += time.thread_time() - began

    journal._commits._commit = timed  # noqa: SLF001
    async with FhirClient(
        base, credentials, trace_id=trace, max_in_flight=IN_FLIGHT, now=time.time
    ) as client:
        pace = Pace(max_in_flight=IN_FLIGHT, per_second=0, now=time.monotonic)
        work = Load(plan, journal, client, pace, trace_id=trace, error_share=0.1)
        start, processor = time.perf_counter(), time.process_time()
        result = await work.run(IN_FLIGHT)
        figures.seconds = time.perf_counter() - start
        figures.processor = time.process_time() - processor
        figures.requests = result.traffic.writes.count + result.traffic.reads
    if result.states != {State.CREATED: WRITES}:
        raise SystemExit(f"not everything was created: {result}")
    return figures


def written(folder: Path) -> Figures:
    """Start a server on the other cores, and write to it from one."""
    cores = sorted(os.sched_getaffinity(0))
    server = subprocess.Popen([sys.executable, __file__, "serve"], stdout=subprocess.PIPE)
    os.sched_setaffinity(server.pid, set(cores[:-1]) or set(cores))
    os.sched_setaffinity(0, {cores[-1]})
    try:
        base = server.stdout.readline().decode().strip() if server.stdout else ""
        key = load_key(folder / "key.pem")
        credentials = Credentials(client_id="bench", key=key, kid="b", algorithm="RS512")
        journal = Journal(folder / "journal.sqlite", clock=time.time)
        try:
            with Plan(folder / "plan.sqlite") as plan:
                return asyncio.run(load(plan, journal, base, credentials))
        finally:
            journal.close()
    finally:
        server.terminate()
        server.wait()


def pace_lines() -> Iterator[str]:
    """Say where the pace settles on modelled servers."""
    for spread, name in ((None, "constant"), (1, "uneven")):
        worst, flows = 0.0, list[float]()
        for server in SERVERS:
            needed = smallest_good(*server, spread)
            best, _seen = drive(Modelled(*server, spread), 64, 3_000)
            flow, seen = drive(Modelled(*server, spread), Knee(64), 12_000)
            worst = max(worst, median(seen[-4_000:]) / needed)
            flows.append(flow / best)
        yield (
            f"in flight at {len(SERVERS)} modelled servers of {name} speed ÷ the fewest that"
            f" reach 95 %: at most {worst:.2f} (asked {ASKED_IN_FLIGHT},"
            f" ratio {worst / ASKED_IN_FLIGHT:.2f}); throughput from the first request on"
            f" ÷ the best: {min(flows):.2f} to {max(flows):.2f}"
        )


def main() -> None:
    """Measure, and print a line per figure."""
    if len(sys.argv) > 1:
        asyncio.run(nothing())
        return
    print(facts())
    with TemporaryDirectory() as name:
        folder = Path(name)
        new_key(folder / "key.pem", "RS512")
        make_plan(folder / "plan.sqlite")
        figures = written(folder)
    rate, most = WRITES / figures.seconds, WRITES / figures.processor
    share = figures.committing / figures.processor
    requests = figures.requests / WRITES
    print(
        f"journaled writes/s, {LATENCY_MS:.0f} ms latency, one core: {rate:.0f}"
        f" (asked {ASKED_PER_SECOND}, ratio {rate / ASKED_PER_SECOND:.2f});"
        f" per second of processor time: {most:.0f} (ratio {most / ASKED_PER_SECOND:.2f})"
    )
    print(
        f"share of processor time in the journal's thread: {share:.1%}"
        f" (asked {ASKED_SHARE:.0%}, ratio {share / ASKED_SHARE:.2f})"
    )
    print(f"requests per new object: {requests:.4f} (asked {ASKED_REQUESTS})")
    for line in pace_lines():
        print(line)


if __name__ == "__main__":
    main()
