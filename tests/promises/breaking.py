"""Break every promise of the register, one at a time, and see its tests fail: `make promises`.

`python tests/promises/breaking.py [TEXT…]`: only those whose words, tests or files contain a text.
Each break is made in a copy of the source; the project stays as it is. Exit code 1 when one went unnoticed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import register
from register import Break, Promise
from sentences import ROOT

_TESTS_FAILED = 1
_QUICK = ("-q", "-x", "-p", "no:cacheprovider", "--hypothesis-profile=no-shrink", "-m", "not hapi")


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
    if ended.returncode == _TESTS_FAILED:
        return ""
    return "no test failed" if ended.returncode == 0 else _tail(ended)


def passes_unbroken(tests: list[str]) -> str:
    """Return nothing when the tests pass in a copy in which nothing was broken."""
    with _copy() as folder:
        ended = _tests(folder, tests)
    return "" if ended.returncode == 0 else _tail(ended)


@contextmanager
def _copy() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="kt-migrate-broken-") as name:
        folder = Path(name)
        ignored = shutil.ignore_patterns("__pycache__")
        for part in ("src", "algorithms", "configs"):
            shutil.copytree(ROOT / part, folder / part, ignore=ignored)
        yield folder


def _tests(folder: Path, tests: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", *_QUICK, *tests],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(folder / "src")},
        capture_output=True,
        text=True,
        check=False,
    )


def _tail(ended: subprocess.CompletedProcess[str]) -> str:
    return ended.stdout[-2000:] + ended.stderr[-500:]


def chosen(texts: list[str]) -> list[tuple[Promise, Break]]:
    """Return every break of the register, or those in which one of the texts occurs."""
    every = [(p, b) for _, p in register.load() for b in p.breaks]
    return [(p, b) for p, b in every if not texts or any(t in f"{p} {b}" for t in texts)]


def main(texts: list[str]) -> int:
    """Break, look, print a line for each; return the exit code."""
    every = chosen(texts)
    control = passes_unbroken(sorted({test for promise, _ in every for test in promise.tests}))
    if control:
        print(f"The tests do not even pass with nothing broken:\n{control}")  # noqa: T201
        return 1
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        ends = list(threads.map(lambda pair: is_noticed(pair[1], pair[0].tests), every))
    for (promise, broken), end in zip(every, ends, strict=True):
        print("NOT NOTICED" if end else "noticed    ", broken.file, "|", promise.says[0][:70])  # noqa: T201
        if end:
            print(f"    {broken.old!r} -> {broken.new!r}\n    {end}")  # noqa: T201
    missed = sum(map(bool, ends))
    print(f"{len(every)} promises broken by hand, {len(every) - missed} noticed")  # noqa: T201
    return 1 if missed or not every else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
