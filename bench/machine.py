"""What the benches share: facts of the machine, processes with their time and memory, lines."""

from __future__ import annotations

import os
import platform
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from beside import ROOT

_PAGE = os.sysconf("SC_PAGE_SIZE")
_SAMPLE_SECONDS = 0.05
_START_SECONDS = 30.0
_LONGEST_SECONDS = 3_600.0
"""A command that takes longer is ended: no bench runs for ever."""
MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One process that ran to its end.

    Attributes:
        seconds: wall clock.
        cpu_seconds: of it and the processes that it waited for.
        peak_bytes: greatest resident memory, summed over it and all its descendants.
        output: what it wrote to stdout.
    """

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    output: str


def facts() -> str:
    """Return the first line of every bench: cores, load and Python."""
    cores = len(os.sched_getaffinity(0))
    load = os.getloadavg()[0]
    return (
        f"{cores} cores, load {load:.1f} before the start, "
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    )


def end_in_order() -> None:
    """Let SIGTERM end the bench as Ctrl-C does: its servers end and its folders go."""
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))


def environment() -> dict[str, str]:
    """Return the environment in which our own source comes first."""
    path = os.pathsep.join(filter(None, (str(ROOT / "src"), os.environ.get("PYTHONPATH", ""))))
    return {**os.environ, "PYTHONPATH": path}


def kt_migrate(*arguments: str) -> list[str]:
    """Return the command line of kt-migrate."""
    return [sys.executable, "-m", "kt_migrate", *arguments]


def run(command: Sequence[str], folder: Path) -> Measured:
    """Run a command to its end, and measure it.

    Args:
        command: with its arguments.
        folder: where it works.

    Raises:
        SystemExit: it failed, or took an hour; with the end of what it said.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.perf_counter()
        child = subprocess.Popen(command, cwd=folder, stdout=out, stderr=err, env=environment())
        peaks = [0]
        stop = threading.Event()
        watcher = threading.Thread(target=_watch, args=(child.pid, stop, peaks))
        watcher.start()
        guard = threading.Timer(_LONGEST_SECONDS, child.kill)
        guard.start()
        try:
            _pid, status, usage = os.wait4(child.pid, 0)
        except BaseException:
            child.kill()
            raise
        finally:
            guard.cancel()
            stop.set()
            watcher.join()
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if child.returncode:
            tail = err.read().decode()[-2000:]
            raise SystemExit(f"{' '.join(command[2:])} ended with {child.returncode}\n{tail}")
        return Measured(
            seconds=seconds,
            cpu_seconds=usage.ru_utime + usage.ru_stime,
            # Not rusage's ru_maxrss: that begins at what this bench itself held when it forked.
            peak_bytes=peaks[0],
            output=out.read().decode(),
        )


def _watch(pid: int, stop: threading.Event, peaks: list[int]) -> None:
    while not stop.wait(_SAMPLE_SECONDS):
        peaks[0] = max(peaks[0], sum(_resident(one) for one in _tree(pid)))


def _tree(pid: int) -> list[int]:
    """Return a process and all its descendants, by their parents in /proc."""
    parents: dict[int, list[int]] = {}
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            parents.setdefault(_parent(int(path.name)), []).append(int(path.name))
    found = [pid]
    for one in found:
        found.extend(parents.get(one, []))
    return found


def _parent(pid: int) -> int:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return 0
    return int(stat.rpartition(")")[2].split()[1])


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1]) * _PAGE
    except OSError:
        return 0


def make_workspace(folder: Path, domain: str) -> Path:
    """Make a working folder whose environment `local` is a free port and has no brakes."""
    run(kt_migrate("init", domain, "--dir", str(folder)), folder.parent)
    (folder / "kt-migrate.yaml").unlink()
    path = folder / "configs" / "local.yaml"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    text = re.sub(r"127\.0\.0\.1:\d+", f"127.0.0.1:{port}", path.read_text(encoding="utf-8"))
    limits = "limits: {max_in_flight: 16, per_second: 0, error_share: 0.5}"
    path.write_text(re.sub(r"(?m)^limits:.*$", limits, text), encoding="utf-8")
    return folder


@contextmanager
def sandbox(folder: Path, *options: str) -> Iterator[int]:
    """Serve a working folder's sandbox in a process of its own; yields its process id."""
    server = subprocess.Popen(
        kt_migrate("sandbox", *options),
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment(),
        text=True,
    )
    # A server that says nothing is ended, so that reading its first line ends too.
    guard = threading.Timer(_START_SECONDS, server.kill)
    guard.start()
    try:
        first = server.stdout.readline() if server.stdout else ""
        guard.cancel()
        if "http://127.0.0.1:" not in first:
            raise SystemExit(f"the sandbox did not start: {first}")
        yield server.pid
    finally:
        guard.cancel()
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        if server.stdout:
            server.stdout.close()


def processor_seconds(pid: int) -> float:
    """Return the processor time that a process took so far, all threads."""
    stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


def duration(seconds: float) -> str:
    """Write seconds as a person reads them."""
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"
