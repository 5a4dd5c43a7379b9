"""The wheel's bytes, the list of what is in it, the image, the changelog."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import same_wheel
from kt_migrate import __version__
from lock import ROOT, Pin
from same_wheel import digests
from sbom import differing, sealed

PO = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "a"\nmsgstr "b"\n'
HOOK = """
import sys; sys.path.insert(0, sys.argv[1])
from hatch_build import Words
Words(sys.argv[2], {}, None, None, sys.argv[2], "wheel").initialize("", {"artifacts": []})
"""


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo"])
def test_words_know_no_clock(tmp_path: Path, zone: str) -> None:
    """The catalogue in the wheel has the same bytes whenever and wherever it was made."""
    folder = tmp_path / "src/kt_migrate/locale/nl/LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "x.po").write_text(PO, "utf-8")
    command = [sys.executable, "-c", HOOK, str(ROOT), str(tmp_path)]
    subprocess.run(command, check=True, env={"TZ": zone})
    made = (folder / "x.mo").read_bytes()
    stamps = re.findall(rb"(?:Creation|Revision)-Date: ([^\n]*)", made)
    assert stamps == [b"2026-01-01 00:00+0000"] * 2


def test_builds_are_made_in_two_surroundings() -> None:
    """Folder, umask, time zone, locale, hash seed and road of the two builds all differ."""
    one, other = same_wheel.SURROUNDINGS
    assert all(first != second for first, second in zip(one[:3], other[:3], strict=True))
    assert not one[3].items() & other[3].items()


def test_different_bytes_are_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """When two builds differ in a byte, nothing comes into dist/ and it is said."""
    monkeypatch.setattr(same_wheel, "WORK", tmp_path / "same")
    monkeypatch.setattr(same_wheel, "ROOT", tmp_path)
    monkeypatch.setattr(same_wheel, "_builder", lambda: Path(sys.executable))
    monkeypatch.setattr(same_wheel, "_copied", lambda where: where.mkdir(parents=True))
    said = iter((b"a", b"b", b"c", b"c"))

    def build(_: Path, where: Path, *_more: object) -> None:
        (where / "dist").mkdir()
        (where / "dist" / "x.whl").write_bytes(next(said))

    monkeypatch.setattr(same_wheel, "_built", build)
    assert same_wheel.main() == 1
    assert "differ" in capsys.readouterr().out
    assert not (tmp_path / "dist").exists()
    assert same_wheel.main() == 0
    digest = hashlib.sha256(b"c").hexdigest()
    assert (tmp_path / "dist" / "SHA256SUMS").read_text() == f"{digest}  x.whl\n"
    assert digests(tmp_path / "dist")["x.whl"] == digest


def pin(name: str, version: str) -> Pin:
    """Make a pin that holds everywhere."""
    return Pin(name, version, None, frozenset())


def test_list_and_lock_differ() -> None:
    """What is installed and not locked, locked and not installed, or of another version is said."""
    installed = [{"name": "A.b", "version": "1"}, {"name": "c", "version": "2"}]
    assert list(differing(installed, [pin("a-b", "1"), pin("c", "2")])) == []
    assert list(differing(installed, [pin("a-b", "1"), pin("c", "3"), pin("d", "4")])) == [
        "c: installed 2, locked 3",
        "d: installed None, locked 4",
    ]
    assert list(differing(installed, [pin("c", "2")])) == ["a-b: installed 1, locked None"]


def test_list_names_the_wheel(tmp_path: Path) -> None:
    """The list has the hash of the wheel, and is held against the schema of CycloneDX."""
    wheel = tmp_path / "x.whl"
    wheel.write_bytes(b"wheel")
    root = {"bom-ref": "root-component", "name": "kt-migrate", "type": "application"}
    document = {"bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": {"component": root}}
    assert hashlib.sha256(b"wheel").hexdigest() in sealed(document, wheel)
    with pytest.raises(ValueError, match=r"no CycloneDX 1\.6"):
        sealed({**document, "bomFormat": "other"}, wheel)


def test_image() -> None:
    """The recipe of the image is right by its linter; nobody is root, and every file has a hash."""
    path = ROOT / "Containerfile"
    done = subprocess.run(
        [Path(sys.executable).with_name("hadolint"), path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")
    lines = path.read_text("utf-8").split("FROM ${BASE}\n")
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", lines[-1], re.MULTILINE)
    assert "USER" not in lines[-1].split("ENTRYPOINT")[1]
    installs = [
        line
        for line in path.read_text("utf-8").splitlines()
        if "pip install" in line or " install " in line
    ]
    assert len(installs) == 2
    assert "--require-hashes" in installs[0]
    assert "--no-index --no-deps" in installs[1]


# --- the changelog: https://keepachangelog.com/en/1.1.0/ ---------------------------------------

KINDS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")


def wrong_in(changelog: str) -> list[str]:
    """Say where a changelog has another form than Keep a Changelog."""
    wrong, seen, version = [], set[str](), ""
    for number, line in enumerate(changelog.splitlines(), 1):
        if line.startswith("## "):
            version, seen = line.removeprefix("## "), set()
            if not re.fullmatch(r"Unreleased|\[?\d+\.\d+\.\d+\]? - \d{4}-\d\d-\d\d", version):
                wrong.append(f"{number}: no version with its day: {version}")
        elif line.startswith("### "):
            kind = line.removeprefix("### ")
            if kind not in KINDS or kind in seen:
                wrong.append(f"{number}: {kind} under {version}: unknown, or for the second time")
            seen.add(kind)
        elif version and line and not (line.startswith(("- ", "  ")) and seen):
            wrong.append(f"{number}: no entry: {line[:40]}")
    return wrong if version else ["no Unreleased"]


def test_version_is_one() -> None:
    """The wheel is called what the tool says that it is."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert project["project"]["version"] == __version__


def test_changelog() -> None:
    """CHANGELOG.md has the form of Keep a Changelog."""
    assert wrong_in((ROOT / "CHANGELOG.md").read_text("utf-8")) == []


@pytest.mark.parametrize(
    "text",
    [
        "# Changelog\n",
        "## 0.2\n",
        "## 0.2.0 - yesterday\n",
        "## Unreleased\n### New\n- x\n",
        "## Unreleased\n### Added\n- x\n### Added\n- y\n",
        "## Unreleased\n- x\n",
        "## Unreleased\n### Added\nx\n",
    ],
)
def test_no_changelog(text: str) -> None:
    """Another form is seen."""
    assert wrong_in(text)
