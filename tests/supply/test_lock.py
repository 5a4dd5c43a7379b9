"""What is released is locked: every package, its version and its hashes, for every machine."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError, requires

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from lock import EXTRAS, LOCKS, NAMES, ROOT, Pin, lacking, pins_of, wanted

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
HASH = "a" * 64
INSTALL = (ROOT / "docs" / "install.md").read_text("utf-8")


def locked(name: str) -> tuple[Pin, ...]:
    """Read one of the project's locks."""
    return pins_of((LOCKS / f"{name}.lock").read_text("utf-8"))


@pytest.mark.parametrize("name", NAMES)
def test_locks_of_the_project(name: str) -> None:
    """Each lock has what pyproject.toml asks, every package with a hash, and no address."""
    assert list(lacking(locked(name), wanted(name, PROJECT))) == []
    text = (LOCKS / f"{name}.lock").read_text("utf-8")
    assert not re.search(r"://|--index|--find-links|\.org|\.com", text)


def test_every_extra_of_a_release_is_locked() -> None:
    """All that a person may ask for, and nothing of what developers need."""
    extras = PROJECT["project"]["optional-dependencies"].keys()
    assert set(EXTRAS) == extras - {"dev", "docs", "fuzz"}
    assert set(EXTRAS) == set(re.findall(r"\w+", INSTALL.split("none-any.whl[")[1].split("]")[0]))


def test_with_and_without_extras_are_one_release() -> None:
    """The lock without extras has of each package the version of the one with them."""
    pins = {(pin.name, pin.version) for pin in locked("all")}
    assert {(pin.name, pin.version) for pin in locked("base")} < pins


@pytest.mark.parametrize("name", ["base", "all"])
def test_locks_are_whole(name: str) -> None:
    """What a locked package itself asks on this machine is locked as well."""
    names = {pin.name for pin in locked(name) if pin.needed_here}
    for pin in locked(name):
        for needed in _asked_by(pin.name):
            assert needed in names, f"{pin.name} asks {needed}"


def _asked_by(name: str) -> list[str]:
    try:
        asked = [Requirement(one) for one in requires(name) or ()]
    except PackageNotFoundError:  # of another system
        return []
    here = [one for one in asked if one.marker is None or one.marker.evaluate({"extra": ""})]
    return [canonicalize_name(one.name) for one in here]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rich==14.0 \\\n    --hash=sha256:" + HASH, []),
        ("rich==14.0", ["rich==14.0 has no hash"]),
        ("rich==13.9 --hash=sha256:" + HASH, ["rich is 13.9, and must be >=14"]),
        ("Rich==14.0 --hash=sha256:short", ["rich==14.0 has no hash"]),
        ("lxml==6.0 --hash=sha256:" + HASH, ["rich is not in it"]),
    ],
)
def test_what_a_lock_lacks(text: str, said: list[str]) -> None:
    """A missing hash, a version that is not allowed, a package that is not there: each is said."""
    assert list(lacking(pins_of(text), ["rich>=14"])) == said


@pytest.mark.parametrize(
    "line", ["rich>=14", "rich", "rich @ https://elders.example/rich.whl", "rich==14,!=15"]
)
def test_no_pin(line: str) -> None:
    """What would leave the version open, or comes from an address, is no pin."""
    with pytest.raises(ValueError, match="no pin"):
        pins_of(line)


def test_versions_per_machine() -> None:
    """A package may stand in a lock once per kind of machine, each with its marker."""
    text = 'a==1 ; sys_platform == "plan9"\na==2 ; sys_platform != "plan9"\n'
    assert [(pin.version, pin.needed_here) for pin in pins_of(text)] == [("1", False), ("2", True)]
