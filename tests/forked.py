"""A Python that has imported kt-migrate already: for processes that start others by themselves.

`warm.start` spares one process its imports; a cluster's workers, and the commands that those give,
are started by kt-migrate itself, as `sys.executable -m …`. Here that name is of a little program
that asks a server for a copy of itself (a fork), gives it all its open files (the leash, the logs,
the lock), and ends as the copy does. So what holds a lock, what is on a leash and what a signal
ends is as it is without.
"""

from __future__ import annotations

import atexit
import fcntl
import json
import os
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import warm

_MORE = ("dbos", "psycopg", "rich.live", "openpyxl")
_HIGH = 200
"""From here on no file of a process that is to be copied has its number."""
_PROGRAM = """\
#!{python} -SE
import _socket, array, json, os, sys
asked = _socket.socket(_socket.AF_UNIX)
asked.connect({path!r})
own = asked.fileno()
files = [int(n) for n in os.listdir("/proc/self/fd")]
files = [n for n in files if n != own and os.path.exists(f"/proc/self/fd/{{n}}")]
order = {{"argv": sys.argv[1:], "cwd": os.getcwd(), "env": dict(os.environ), "files": files}}
rights = [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, array.array("i", files))]
asked.sendmsg([b" "], rights)
asked.sendall(json.dumps(order).encode() + b"\\n")
for number in files:
    os.close(number)
said = b""
while said.count(b"\\n") < 2 and (more := asked.recv(64)):
    said += more
code = int(said.split()[1])
if code < 0:
    os.kill(os.getpid(), -code)
os._exit(code)
"""


@dataclass(slots=True)
class Process:
    """A copy that runs, asked for directly."""

    pid: int
    _said: socket.socket
    _code: int | None = field(default=None)

    def send_signal(self, number: int) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def wait(self, seconds: float = 60) -> int:
        """Wait until it ends; return its code, negative for the signal that ended it.

        Raises:
            TimeoutError: it still runs.
        """
        if self._code is None:
            self._said.settimeout(seconds)
            self._code = int(self._said.recv(64))
            self._said.close()
        return self._code


class Python:
    """The server, seen from who asks it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "socket"
        program = folder / "python"
        program.write_text(_PROGRAM.format(python=sys.executable, path=str(self._path)), "utf-8")
        program.chmod(0o700)
        line = [sys.executable, __file__, str(self._path), str(program)]
        self._process = subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"ready\n"

    def start(self, arguments: tuple[str, ...], cwd: Path, *, stdout: int, stderr: int) -> Process:
        """Start kt-migrate with these arguments."""
        asked = socket.socket(socket.AF_UNIX)
        asked.connect(str(self._path))
        order = {
            "argv": ["-m", "kt_migrate", *arguments],
            "cwd": str(cwd),
            "env": dict(os.environ),
            "files": [0, 1, 2],
        }
        with open(os.devnull, "rb") as nothing:  # noqa: PTH123 (a device)
            socket.send_fds(asked, [b" "], [nothing.fileno(), stdout, stderr])
        asked.sendall(json.dumps(order).encode() + b"\n")
        return Process(int(_line(asked)), asked)

    def stop(self) -> None:
        """End the server; what it copied is on a leash of its own."""
        self._process.communicate()


@contextmanager
def python() -> Iterator[Python]:
    """Run a server."""
    with tempfile.TemporaryDirectory(prefix="ktpy") as folder:  # short: a socket's path is too
        server = Python(Path(folder))
        try:
            yield server
        finally:
            server.stop()


def _line(channel: socket.socket) -> bytes:
    found = b""
    while not found.endswith(b"\n") and (more := channel.recv(1)):
        found += more
    return found


def _copied(asked: socket.socket, listening: socket.socket) -> int:
    """Make a copy that does what is asked, and return its number."""
    _space, files, _flags, _address = socket.recv_fds(asked, 1, 32)
    order = json.loads(asked.makefile("rb").readline())
    pid = os.fork()
    if pid == 0:
        listening.close()
        _be(order, files)
    for number in files:
        os.close(number)
    asked.sendall(b"%d\n" % pid)
    return pid


def _be(order: dict[str, Any], files: list[int]) -> NoReturn:
    """Be the process that is asked for, in the copy, and end as a process does."""
    code: object = 0
    try:
        _become(order, files)
        module, *arguments = order["argv"][1:]
        sys.modules.pop(module, None)
        sys.argv = [module, *arguments]
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        code = end.code or 0
    except BaseException:  # noqa: BLE001 (what a process does with it)
        sys.excepthook(*sys.exc_info())
        code = 1
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 1)


def _become(order: dict[str, Any], files: list[int]) -> None:
    """Take the files, the folder and the environment of who asked."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.setsid()
    high = [fcntl.fcntl(number, fcntl.F_DUPFD, _HIGH) for number in files]
    os.closerange(3, _HIGH)
    for number, target in zip(high, order["files"], strict=True):
        os.dup2(number, target)
        os.close(number)
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["env"])


def _serve(path: str, program: str) -> None:
    """Make copies until whoever started this is gone."""
    warm._import_all()
    for name in _MORE:
        __import__(name)
    sys.executable = program
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(path)
    listening.listen(64)
    chosen = selectors.DefaultSelector()
    chosen.register(listening, selectors.EVENT_READ, "asked")
    chosen.register(0, selectors.EVENT_READ, "end")
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        for key, _events in chosen.select():
            if key.data == "end":
                return
            if key.data == "asked":
                asked, _address = listening.accept()
                pid = _copied(asked, listening)
                chosen.register(os.pidfd_open(pid), selectors.EVENT_READ, (pid, asked))
            else:
                chosen.unregister(key.fileobj)
                _ended(*key.data)
                os.close(key.fd)


def _ended(pid: int, asked: socket.socket) -> None:
    """Tell who asked for a copy how it ended."""
    _pid, status = os.waitpid(pid, 0)
    with suppress(OSError):  # it is gone itself
        asked.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
    asked.close()


if __name__ == "__main__":
    _serve(*sys.argv[1:])
