"""A PostgreSQL server of a test's own: on a socket in a temporary folder, ended with the test."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "listen_addresses=''")
"""What is lost when the machine falls over is a test's."""


def binaries() -> Path | None:
    """Return where PostgreSQL's programs are; None: nowhere."""
    there = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    found = shutil.which("pg_ctl")
    return there[-1].parent if there else Path(found).resolve().parent if found else None


@contextmanager
def postgres() -> Iterator[str]:
    """Run a server, and give the address of an empty database on it."""
    programs = binaries()
    if programs is None:
        if "CI" in os.environ:
            pytest.fail(
                "PostgreSQL is not installed: what is said of several machines is not shown"
            )
        pytest.skip("PostgreSQL is not installed")
    folder = Path(tempfile.mkdtemp(prefix="ktpg"))  # short: a socket's path is of 107 bytes
    user = _user()
    if user is not None:
        shutil.chown(folder, user)

    def do(program: str, *arguments: str) -> None:
        line = [str(programs / program), *arguments]
        subprocess.run(line, user=user, check=True, stdout=subprocess.DEVNULL, cwd=folder)

    data = str(folder / "data")
    try:
        do("initdb", "-D", data, "-A", "trust", "-N", "-U", "cluster", "--no-locale", "-E", "UTF8")
        do("pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", _options(folder), "start")
        try:
            do("createdb", "-h", str(folder), "-U", "cluster", "engine")
            yield f"postgresql://cluster@/engine?host={folder}"
        finally:
            do("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _options(folder: Path) -> str:
    return " ".join([f"-k {folder}", *(f"-c {each}" for each in _FAST)])


def _user() -> str | None:
    """Return as whom the server runs: it refuses to be root."""
    if os.geteuid() != 0:
        return None
    return next(user for user in ("postgres", "nobody") if _known(user))


def _known(user: str) -> bool:
    found: Sequence[str] = Path("/etc/passwd").read_text("utf-8").splitlines()
    return any(line.startswith(f"{user}:") for line in found)
