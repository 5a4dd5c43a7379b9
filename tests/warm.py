"""Commands in processes of their own, without importing everything for each of them.

A server that has imported what kt-migrate needs, and parsed the algorithm that comes with it,
waits for orders; for each it makes a copy of itself (a fork), which becomes `python -m kt_migrate` in every other way: arguments, environment,
folder, streams, signals, exit code. It holds no threads, so a copy is a whole process.
"""

from __future__ import annotations

import atexit
import json
import os
import pkgutil
import runpy
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn

_MORE = ("rich.console", "rich.markup", "rich.progress", "rich.table", "typer", "uvicorn")
_STEP = 0.002


def _ask(channel: socket.socket, order: dict[str, Any], fds: Sequence[int] = ()) -> dict[str, Any]:
    socket.send_fds(channel, [json.dumps(order).encode() + b"\n"], list(fds))
    answer = channel.makefile("rb").readline()
    said: dict[str, Any] = json.loads(answer)
    return said


@dataclass(frozen=True, slots=True)
class Process:
    """A command that runs."""

    pid: int
    _server: _Server

    def send_signal(self, number: int) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def wait(self, seconds: float = 60) -> int:
        """Wait until it ends; return its code, negative for the signal that ended it.

        Raises:
            TimeoutError: it still runs.
        """
        code = self.poll(seconds)
        if code is None:
            raise TimeoutError(f"process {self.pid} still runs after {seconds} s")
        return code

    def poll(self, seconds: float = 0) -> int | None:
        """Return how it ended; None: it still runs after so many seconds."""
        return self._server.ended(self.pid, seconds)


class _Server:
    """The server, seen from who gives it orders."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self._ended: dict[int, int] = {}
        self._channel, theirs = socket.socketpair()
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        theirs.close()
        atexit.register(self.stop)

    def start(self, order: dict[str, Any], out: int, err: int) -> Process:
        pid = _ask(self._channel, order, (out, err))["pid"]
        self._ended.pop(pid, None)
        return Process(pid, self)

    def ended(self, pid: int, seconds: float) -> int | None:
        if pid not in self._ended:
            code = _ask(self._channel, {"wait": pid, "seconds": seconds})["code"]
            if code is None:
                return None
            self._ended[pid] = code
        return self._ended[pid]

    def stop(self) -> None:
        if self.owner == os.getpid():
            self._channel.close()
            self._process.wait()


_SERVERS: list[_Server] = []


def start(
    arguments: Sequence[str],
    cwd: Path,
    *,
    stdout: int,
    stderr: int,
    haste: float = 1,
    trap: Mapping[str, object] | None = None,
) -> Process:
    """Start kt-migrate with these arguments.

    Args:
        arguments: as a person types them.
        cwd: where.
        stdout: a file descriptor; the process gets a copy.
        stderr: the same.
        haste: its pauses between tries are so many times as short.
        trap: where it dies, or what befalls it (`crash.traps`); None: nothing.
    """
    # Whoever was forked with a server of its parent starts one of its own.
    if not _SERVERS or _SERVERS[-1].owner != os.getpid():
        _SERVERS.append(_Server())
    order = {"arguments": list(arguments), "cwd": str(cwd), "haste": haste, "env": dict(os.environ)}
    order["trap"] = dict(trap) if trap else None
    return _SERVERS[-1].start(order, stdout, stderr)


def _import_all() -> None:
    """Import what a command needs, but not the command line: its texts depend on the language."""
    import kt_migrate  # noqa: PLC0415

    rooms = pkgutil.walk_packages(kt_migrate.__path__, "kt_migrate.")
    names = [room.name for room in rooms if not room.name.endswith("__main__")]
    for name in (*_MORE, *(n for n in names if not n.startswith("kt_migrate.cli"))):
        __import__(name)
    from kt_migrate import strict_yaml  # noqa: PLC0415
    from kt_migrate.algorithm.load import load_algorithm  # noqa: PLC0415

    strict_yaml.parse_yaml = lru_cache(maxsize=None)(strict_yaml.parse_yaml)
    load_algorithm("standard")


def _wait(pid: int, seconds: float) -> int | None:
    end = time.monotonic() + seconds
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() >= end:
            return None
        time.sleep(_STEP)


def _become(order: dict[str, Any], fds: Sequence[int]) -> NoReturn:
    """Be the command, in the copy, and end as a process does.

    But for the taking apart of all that was imported: that costs ten times the command.
    """
    try:
        _run(order, fds)
        code: object = 0
    except SystemExit as end:
        code = end.code or 0
    except BaseException:  # noqa: BLE001 (what a process does with it)
        sys.excepthook(*sys.exc_info())
        code = 1
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 1)


def _run(order: dict[str, Any], fds: Sequence[int]) -> None:
    from kt_migrate.load import attempt, foreign  # noqa: PLC0415 (only the server imports it)
    from kt_migrate.subscriptions import switching  # noqa: PLC0415 (the same)

    for number, fd in enumerate(fds, start=1):
        os.dup2(fd, number)
        os.close(fd)
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["env"])
    sys.argv = ["kt-migrate", *order["arguments"]]
    attempt._RETRY_SECONDS = tuple(s / order["haste"] for s in attempt._RETRY_SECONDS)
    switching.SECOND_LOOK_SECONDS /= order["haste"]
    foreign.FIRST_PAUSE, foreign.LONGEST_PAUSE = (
        pause / order["haste"] for pause in (foreign.FIRST_PAUSE, foreign.LONGEST_PAUSE)
    )
    if order["trap"]:
        from crash.traps import install  # noqa: PLC0415 (only who dies on purpose)

        install(order["trap"])
    runpy.run_module("kt_migrate", run_name="__main__", alter_sys=True)


def _order(channel: socket.socket) -> tuple[dict[str, Any], list[int]]:
    text, fds, _flags, _address = socket.recv_fds(channel, 65_536, 2)
    while text and not text.endswith(b"\n"):
        text += channel.recv(65_536)
    return (json.loads(text) if text else {}), fds


def _serve(channel: socket.socket) -> None:
    """Take orders until whoever gives them is gone."""
    _import_all()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who gives the orders
    while True:
        order, fds = _order(channel)
        if not order:
            return
        if "wait" in order:
            said: dict[str, Any] = {"code": _wait(order["wait"], order["seconds"])}
        else:
            pid = os.fork()
            if pid == 0:
                channel.close()
                signal.signal(signal.SIGINT, signal.default_int_handler)
                _become(order, fds)
            for fd in fds:
                os.close(fd)
            said = {"pid": pid}
        channel.sendall(json.dumps(said).encode() + b"\n")


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
