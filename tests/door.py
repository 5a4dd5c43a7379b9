"""A `kt-migrate` for scripts: each call is a process of its own, from one that has imported all.

A script calls the command some sixty times; with a Python for each that takes a minute. The
little program here hands its arguments and streams to `warm`, waits, and ends as that did.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import warm

_KNOCK = """#!{python} -SE
import json, os, signal, socket, sys
door = socket.socket(socket.AF_UNIX)
door.connect({address!r})
order = json.dumps({{"arguments": sys.argv[1:], "cwd": os.getcwd()}}).encode() + b"\\n"
socket.send_fds(door, [order], [1, 2])
signal.signal(signal.SIGTERM, lambda *_: door.shutdown(socket.SHUT_WR))
said = b""
while not said.endswith(b"\\n"):
    said += door.recv(100) or b"70\\n"
sys.exit(int(said))
"""
_TICK = 0.01


@contextmanager
def kt_migrate_for_scripts(folder: Path) -> Iterator[dict[str, str]]:
    """Yield the environment in which a script finds `kt-migrate`.

    Args:
        folder: of the test's own; the program and its socket come there.
    """
    with tempfile.TemporaryDirectory() as short:  # a socket's name has a hundred characters at most
        yield from _opened(folder / "bin" / "kt-migrate", f"{short}/door")


def _opened(program: Path, address: str) -> Iterator[dict[str, str]]:
    program.parent.mkdir()
    program.write_text(_KNOCK.format(python=sys.executable, address=address), "utf-8")
    program.chmod(0o755)
    lock = threading.Lock()
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(address)
        door.listen()
        keeper = threading.Thread(target=_keep, args=(door, lock), daemon=True)
        keeper.start()
        yield {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}"}
        door.shutdown(socket.SHUT_RDWR)
        keeper.join()


def _keep(door: socket.socket, lock: threading.Lock) -> None:
    visits: list[threading.Thread] = []
    while True:
        try:
            visitor, _address = door.accept()
        except OSError:  # shut
            break
        visits.append(threading.Thread(target=_serve, args=(visitor, lock), daemon=True))
        visits[-1].start()
    for visit in visits:
        visit.join()


def _serve(visitor: socket.socket, lock: threading.Lock) -> None:
    """Do what one call asks; let it end when the caller is told to."""
    with visitor:
        text, fds, _flags, _from = socket.recv_fds(visitor, 65_536, 2)
        order = json.loads(text)
        with lock:
            process = warm.start(
                order["arguments"], Path(order["cwd"]), stdout=fds[0], stderr=fds[1]
            )
        for number in fds:
            os.close(number)
        code: int | None = None
        watched = [visitor]
        while code is None:
            if select.select(watched, [], [], _TICK)[
                0
            ]:  # the caller says no more: it was told to end
                process.send_signal(signal.SIGTERM)
                watched = []
            with lock:
                code = process.poll()
        visitor.sendall(f"{code if code >= 0 else 128 - code}\n".encode())


def script(
    line: list[str], folder: Path, more: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a script that calls `kt-migrate`, and return how it ended and what it said.

    Args:
        line: the script and its arguments.
        folder: of the test's own.
        more: of its environment.
    """
    with kt_migrate_for_scripts(folder) as environment:
        return subprocess.run(
            line,
            env={**environment, **(more or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
