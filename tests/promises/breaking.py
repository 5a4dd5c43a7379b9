"""Break every promise of the register, one at a time, and see its tests fail: `make promises`.

`python tests/promises/breaking.py [TEXT…]`: only those whose words, tests or files contain a text.
`--sample 200 --seed S`: so many of them, drawn; the same seed draws the same.
Each break is made in a copy of the source; the project stays as it is. Exit code 1 when one went unnoticed.
"""

from __future__ import annotations

import argparse
import importlib
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import NoReturn

import pytest
import register
from register import Break, Promise
from sentences import ROOT

_TESTS_FAILED = 1
_PATIENCE = 150
"""Seconds for the tests of one break; what is broken can make them wait for ever, and nobody would
call that passing."""
_LIBRARIES = (
    *(
        "aiohttp",
        "authlib.oauth2.client",
        "cryptography.x509",
        "httpx",
        "httpx_aiohttp",
        "hypothesis",
    ),
    *("jinja2", "joserfc.jwk", "lxml.etree", "openpyxl", "pydantic", "rich.progress", "starlette"),
    *("starlette.applications", "typer", "uvicorn"),
)
"""What nearly all tests import: the project itself is not among them, for that is what breaks."""

_QUICK = (
    *("-q", "-x", "-p", "no:cacheprovider", "--hypothesis-profile=no-shrink", "-m", "not hapi"),
    # A library that is imported already cannot be rewritten, and need not: it is none of ours.
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),
)


@dataclass(frozen=True, slots=True)
class Ended:
    """How tests ended: pytest's exit code, and what it printed."""

    code: int
    said: str


def is_noticed(broken: Break, tests: list[str]) -> str:
    """Return nothing when the tests fail with this change, else what happened instead."""
    with _copy() as folder:
        module = folder / broken.file
        try:
            text = broken.broken(module.read_text(encoding="utf-8"))
            compile(text, broken.file, "exec")
        except (ValueError, SyntaxError) as error:
            return f"not a change: {error}"
        module.write_text(text, encoding="utf-8")
        ended = _tests(folder, tests)
    if ended.code == _TESTS_FAILED:
        return ""
    return "no test failed" if ended.code == 0 else _tail(ended)


def passes_unbroken(tests: list[str]) -> str:
    """Return nothing when the tests pass in a copy in which nothing was broken."""
    with _copy() as folder:
        ended = _tests(folder, tests, patience=20 * _PATIENCE)
    return "" if ended.code == 0 else _tail(ended)


@contextmanager
def _copy() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="kt-migrate-broken-") as name:
        folder = Path(name)
        ignored = shutil.ignore_patterns("__pycache__")
        for part in ("src", "algorithms", "configs"):
            shutil.copytree(ROOT / part, folder / part, ignore=ignored)
        yield folder


def _tests(folder: Path, tests: list[str], patience: float = _PATIENCE) -> Ended:
    """Run tests against a copy, in a process that finds the libraries imported already.

    Raises:
        RuntimeError: the project itself is imported here, so that what is broken would not count.
    """
    if "kt_migrate" in sys.modules:
        raise RuntimeError("this process has imported what it is to break")
    with tempfile.TemporaryFile("w+b") as said:
        pid = os.fork()
        if pid == 0:
            _become_pytest(folder, tests, said.fileno())
        code = _awaited(pid, patience)
        said.seek(0)
        return Ended(code, said.read().decode(errors="replace"))


def _awaited(pid: int, patience: float) -> int:
    """Return how a process ended; one that does not end is killed, with all that it started."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return _TESTS_FAILED


def _become_pytest(folder: Path, tests: list[str], said: int) -> NoReturn:
    """Go on as `python -m pytest` with the copy's source before all other."""
    code = 3  # pytest's own for what went wrong inside
    try:
        os.setpgid(0, 0)
        os.dup2(said, 1)
        os.dup2(said, 2)
        os.chdir(ROOT)
        os.environ["PYTHONPATH"] = str(folder / "src")
        sys.path.insert(0, str(folder / "src"))
        code = int(pytest.main([*_QUICK, *tests]))
        sys.stdout.flush()
    finally:
        os._exit(code)


def _tail(ended: Ended) -> str:
    """Return how it ended, never as nothing: pytest that did not even begin has noticed nothing."""
    return f"pytest ended with {ended.code}\n{ended.said[-2500:]}"


def chosen(texts: list[str]) -> list[tuple[Promise, Break]]:
    """Return every break of the register, or those in which one of the texts occurs."""
    every = [(p, b) for _, p in register.load() for b in p.breaks]
    return [(p, b) for p, b in every if not texts or any(t in f"{p} {b}" for t in texts)]


def _end(pair: tuple[Promise, Break]) -> str:
    return is_noticed(pair[1], pair[0].tests)


def _control(tests: list[str]) -> str:
    return passes_unbroken(tests)


def main(arguments: list[str]) -> int:
    """Break, look, print a line for each; return the exit code."""
    asked = _asked(arguments)
    every = chosen(asked.texts)
    if asked.sample and asked.sample < len(every):
        every = random.Random(asked.seed).sample(every, asked.sample)  # noqa: S311 (a draw)
    used = sorted({test for promise, _ in every for test in promise.tests})
    for name in _LIBRARIES:
        importlib.import_module(name)
    many = os.cpu_count() or 1
    # Each worker is a process without threads, so that its copies of itself are whole.
    with ProcessPoolExecutor(many, mp_context=get_context("fork")) as workers:
        parts = [part for n in range(many) if (part := used[n::many])]
        for control in workers.map(_control, parts):
            if control:
                print(f"The tests do not even pass with nothing broken:\n{control}")  # noqa: T201
                return 1
        missed = 0
        for (promise, broken), end in zip(every, workers.map(_end, every), strict=True):
            missed += bool(end)
            word = "NOT NOTICED" if end else "noticed    "
            print(word, broken.file, "|", promise.says[0][:70], flush=True)  # noqa: T201
            if end:
                print(f"    {broken.old!r} -> {broken.new!r}\n    {end}", flush=True)  # noqa: T201
    print(f"{len(every)} promises broken by hand, {len(every) - missed} noticed")  # noqa: T201
    return 1 if missed or not every else 0


def _asked(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Break promises, and see their tests fail.")
    parser.add_argument("texts", nargs="*", help="only those with one of these texts")
    parser.add_argument("--sample", type=int, default=0, help="so many of them; 0: all")
    parser.add_argument("--seed", default="", help="of the draw")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
