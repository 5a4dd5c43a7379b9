"""Build wheel and sdist twice, from two folders and in two surroundings, and compare every byte.

    python tools/same_wheel.py     dist/ gets them with SHA256SUMS; 1 when two builds differ

What builds them comes from requirements/build.lock, so that who builds the same commit elsewhere
gets the same bytes. `SOURCE_DATE_EPOCH` is the time of the commit, unless the caller sets another.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
WORK = ROOT / "build" / "same"
SURROUNDINGS: tuple[tuple[str, int, tuple[str, ...], dict[str, str]], ...] = (
    ("one", 0o022, (), {"TZ": "UTC", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "1"}),
    (
        "another, deeper/folder",
        0o077,
        ("--sdist", "--wheel"),  # straight from the folder; the other makes its wheel of the sdist
        {"TZ": "Asia/Tokyo", "LC_ALL": "C", "PYTHONHASHSEED": "2"},
    ),
)


def _git(*arguments: str) -> str:
    command = ["git", *arguments]
    return subprocess.run(command, cwd=ROOT, text=True, check=True, capture_output=True).stdout


def sources() -> Iterator[Path]:
    """Yield each file that git has or would take, below the root."""
    listed = _git("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in sorted(set(listed.split("\0")) - {""}):
        if (ROOT / name).is_file():
            yield Path(name)


def _copied(where: Path) -> None:
    for path in sources():
        target = where / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, target)


def _builder() -> Path:
    """Return a Python that has what builds, each file by its hash, and nothing besides."""
    home = WORK / "builder"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    python = home / "bin" / "python"
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    locked = ["--require-hashes", "-r", str(ROOT / "requirements" / "build.lock")]
    subprocess.run([*command, *locked], check=True)
    return python


def _built(python: Path, where: Path, options: tuple[str, ...], extra: Mapping[str, str]) -> None:
    epoch = os.environ.get("SOURCE_DATE_EPOCH") or _git("log", "-1", "--format=%ct").strip()
    surroundings = {**os.environ, "SOURCE_DATE_EPOCH": epoch, **extra}
    command = [str(python), "-m", "build", "--no-isolation", *options]
    subprocess.run(command, cwd=where, env=surroundings, check=True, stdout=subprocess.DEVNULL)


def digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file in a folder."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
    }


def main() -> int:
    """Build twice, compare, and keep one."""
    shutil.rmtree(WORK, ignore_errors=True)
    python, found = _builder(), []
    for name, mask, options, extra in SURROUNDINGS:
        where = WORK / name
        before = os.umask(mask)
        try:
            _copied(where)
            _built(python, where, options, extra)
        finally:
            os.umask(before)
        found.append(digests(where / "dist"))
    if found[0] != found[1]:
        print(f"Two builds differ:\n{found[0]}\n{found[1]}")
        return 1
    _kept(WORK / "one" / "dist", found[0])
    return 0


def _kept(built: Path, sums: Mapping[str, str]) -> None:
    dist = ROOT / "dist"
    shutil.rmtree(dist, ignore_errors=True)
    shutil.copytree(built, dist)
    lines = "".join(f"{digest}  {name}\n" for name, digest in sums.items())
    (dist / "SHA256SUMS").write_text(lines, "ascii")
    print(f"Built twice, the same bytes:\n{lines}", end="")


if __name__ == "__main__":
    sys.exit(main())
