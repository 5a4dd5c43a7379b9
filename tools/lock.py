"""Lock what is released: every package, at one version, with the hashes of its files.

    python tools/lock.py             bring requirements/*.lock up to pyproject.toml; keeps versions
    python tools/lock.py --upgrade   the same, with the newest versions that are allowed
    python tools/lock.py --check     change nothing; 1 when a lock is behind or lacks a hash

`all.lock` is kt-migrate with its extras, `base.lock` without, `build.lock` what builds the wheel.
Each holds for Python 3.11 and later, on Linux, macOS and Windows: a line says where it is needed.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
LOCKS = ROOT / "requirements"
EXTRAS = ("archives", "cluster", "encrypted", "keyring")
"""What a person may ask for beside kt-migrate itself; `dev` and `fuzz` are no part of a release."""

NAMES = ("all", "base", "build")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Pin:
    """One package of a lock."""

    name: str
    version: str
    marker: Marker | None
    hashes: frozenset[str]

    @property
    def needed_here(self) -> bool:
        """Whether this machine's Python needs it."""
        return self.marker is None or self.marker.evaluate()


def pins_of(text: str) -> tuple[Pin, ...]:
    """Read a lock; a package stands in it once per version that some machine needs.

    Raises:
        ValueError: when a line is no pin of one version, such as an address or a path.
    """
    joined = re.sub(r"\\\n\s*", " ", text)
    lines = (line.strip() for line in joined.splitlines())
    return tuple(_pin(line) for line in lines if line and not line.startswith("#"))


def _pin(line: str) -> Pin:
    asked = Requirement(line.split(" --hash", 1)[0].split(" #", 1)[0].strip())
    versions = [one.version for one in asked.specifier if one.operator == "=="]
    if asked.url or len(versions) != 1 or len(asked.specifier) != 1:
        raise ValueError(f"no pin of one version: {line[:80]}")
    name = canonicalize_name(asked.name)
    return Pin(name, versions[0], asked.marker, frozenset(_HASH.findall(line)))


def wanted(name: str, project: Mapping[str, object]) -> list[str]:
    """Say what a lock is to hold at least, as pyproject.toml has it.

    Args:
        name: Which lock.
        project: pyproject.toml.
    """
    match project:
        case {"build-system": {"requires": [*tools]}} if name == "build":
            return ["build", *map(str, tools)]
        case {"project": {"dependencies": [*base], "optional-dependencies": {**extras}}}:
            more = [one for extra in EXTRAS if name == "all" for one in _list(extras[extra])]
            return [str(one) for one in base] + more
        case _:
            raise ValueError("pyproject.toml has no dependencies")


def _list(found: object) -> list[str]:
    return [str(one) for one in found] if isinstance(found, list) else []


def lacking(pins: Sequence[Pin], asked: list[str]) -> Iterator[str]:
    """Say what a lock lacks by itself, without asking anybody."""
    for pin in pins:
        if not pin.hashes:
            yield f"{pin.name}=={pin.version} has no hash"
    for text in asked:
        requirement = Requirement(text)
        name = canonicalize_name(requirement.name)
        found = [pin.version for pin in pins if pin.name == name]
        if not found:
            yield f"{name} is not in it"
        for version in found:
            if not requirement.specifier.contains(version, prereleases=True):
                yield f"{name} is {version}, and must be {requirement.specifier}"


def _renew(name: str, path: Path, *, upgrade: bool, beside: Path | None) -> None:
    """Let uv make a lock at a path; what stands there keeps its versions unless upgraded."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    command = [sys.executable, "-m", "uv", "pip", "compile", "-", "--quiet", "--universal"]
    command += ["--python-version", "3.11", "--generate-hashes", "--no-emit-index-url"]
    command += ["--custom-compile-command", "make lock", "--output-file", str(path)]
    command += ["--upgrade"] * upgrade + (["--constraint", str(beside)] if beside else [])
    subprocess.run(command, input="\n".join(wanted(name, project)), text=True, check=True)


def _said(text: str) -> list[tuple[str, str, str]]:
    """Return what a lock says but for its hashes: a file that is added to a release is no news."""
    return sorted((one.name, one.version, str(one.marker)) for one in pins_of(text))


def _behind(name: str, spare: Path) -> Iterator[str]:
    """Say what is wrong with a lock."""
    path = LOCKS / f"{name}.lock"
    text = path.read_text("utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    yield from lacking(pins_of(text), wanted(name, project))
    copy = spare / path.name
    copy.write_text(text, "utf-8")
    _renew(name, copy, upgrade=False, beside=_beside(name))
    if _said(copy.read_text("utf-8")) != _said(text):
        yield "it is behind pyproject.toml: make lock"


def _beside(name: str) -> Path | None:
    """The lock without extras has the versions of the one with them."""
    return LOCKS / "all.lock" if name == "base" else None


def main() -> int:
    """Do what was asked on the command line."""
    LOCKS.mkdir(exist_ok=True)
    if "--check" not in sys.argv:
        for name in NAMES:
            upgrade = "--upgrade" in sys.argv
            _renew(name, LOCKS / f"{name}.lock", upgrade=upgrade, beside=_beside(name))
        return 0
    with tempfile.TemporaryDirectory() as spare:
        wrong = [f"{one}.lock: {what}" for one in NAMES for what in _behind(one, Path(spare))]
    print("\n".join(wrong) or "The locks say what pyproject.toml asks, with hashes.")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
