"""inspect --manifest and --limit, as a person and a script see them."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from inside import typed
from kt_migrate.errors import ExitCode


@pytest.fixture
def small(workspace: Path) -> Path:
    """Return a working folder with a few files in its archive."""
    shutil.rmtree(workspace / "archive")
    (workspace / "archive" / "below").mkdir(parents=True)
    for name in ("a.json", "b.json", "below/c.json"):
        (workspace / "archive" / name).write_text("{}", "ascii")
    return workspace


def test_a_manifest_is_made_and_then_checked(small: Path) -> None:
    """With one digest over the whole, on the screen and in the document, the same each time."""
    made = typed("--lang", "en", "inspect", "--manifest", "--json", cwd=small)
    again = typed("inspect", "--manifest", "--json", cwd=small)

    path = small / "archive" / "manifest.sha256"
    assert (made.code, again.code) == (0, 0)
    assert f"Manifest made: {path}, 3 files." in made.err
    assert f"Het archief is wat {path} zegt: 3 bestanden." in again.err
    digest = made.document["manifest"]["digest"]
    assert len(digest) == 64
    assert f"Digest over het geheel: {digest}" in again.err
    assert again.document["manifest"] == {
        "digest": digest,
        "roots": [
            {
                "root": str(small / "archive"),
                "path": str(path),
                "made": False,
                "files": 3,
                "changed": [],
                "missing": [],
                "extra": [],
            }
        ],
    }
    assert made.document["documents"]["no-message manifest.sha256"] == 1


def test_without_the_option_nothing_is_written_or_checked(small: Path) -> None:
    """And the document is what it was."""
    typed("inspect", "--manifest", cwd=small)
    (small / "archive" / "new.json").write_text("{}", "ascii")

    done = typed("inspect", "--json", cwd=small)

    assert done.code == 0
    assert "manifest" not in done.document
    (small / "archive" / "manifest.sha256").unlink()
    typed("inspect", cwd=small)
    assert not (small / "archive" / "manifest.sha256").exists()


def test_every_difference_is_in_the_document_and_ten_of_each_are_on_the_screen(
    small: Path,
) -> None:
    """The archive is inspected all the same; then it ends with its own code."""
    typed("inspect", "--manifest", cwd=small)
    (small / "archive" / "a.json").write_text("[]", "ascii")
    (small / "archive" / "b.json").unlink()
    for number in range(12):
        (small / "archive" / f"x{number:02}[red]\x1b.json").write_text("{}", "ascii")

    done = typed("inspect", "--manifest", "--json", cwd=small)

    (root,) = done.document["manifest"]["roots"]
    names = [f"x{number:02}[red]\\x1b.json" for number in range(12)]
    assert done.code == ExitCode.MANIFEST
    assert (root["changed"], root["missing"], root["extra"]) == (["a.json"], ["b.json"], names)
    lines = done.err.splitlines()
    assert [line for line in lines if line.startswith("  + ")] == [
        *(f"  + {name}" for name in names[:10]),
        "  + … 2",
    ]
    assert "  ~ a.json" in lines
    assert "  - b.json" in lines
    assert "Documenten" in done.err


@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize("line", [("plan",), ("trial", "--env", "local")])
def test_planning_and_executing_refuse_and_name_the_files(
    small: Path, lang: str, line: tuple[str, ...]
) -> None:
    """In the language asked for; before anything is written."""
    typed("plan", cwd=small)
    typed("inspect", "--manifest", cwd=small)
    (small / "archive" / "a.json").write_text("[]", "ascii")

    done = typed("--lang", lang, *line, cwd=small)

    said = "1 changed (~), 0 missing" if lang == "en" else "1 veranderd (~), 0 weg"
    assert done.code == ExitCode.MANIFEST
    assert said in done.err
    assert "\n  ~ a.json\n" in done.err
    assert str(small / "archive" / "manifest.sha256") in done.err


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_a_stale_plan_names_the_files(small: Path, lang: str) -> None:
    """Without any manifest: the plan knows what it was made of."""
    typed("plan", cwd=small)
    (small / "archive" / "a.json").write_text("[]", "ascii")

    done = typed("--lang", lang, "trial", "--env", "local", cwd=small)

    said = (
        r"the archive \(\w{12} → \w{12}\)\. Files: 1 changed"
        if lang == "en"
        else r"het archief \(\w{12} → \w{12}\)\. Bestanden: 1 veranderd"
    )
    assert done.code == ExitCode.PLAN_STALE
    assert re.search(said, done.err)
    assert "\n  ~ a.json\n" in done.err


def test_a_plan_says_whether_there_is_a_manifest(small: Path) -> None:
    """And how one is made."""
    without = typed("--lang", "en", "plan", cwd=small)
    typed("inspect", "--manifest", cwd=small)
    with_one = typed("plan", cwd=small)

    assert "kt-migrate inspect --manifest" in without.out
    assert "Het archief is wat zijn manifest zegt." in with_one.out
    assert "Er is niets veranderd" in with_one.out


@pytest.mark.parametrize("command", ["inspect", "plan"])
def test_a_limit_counts_by_the_file_and_by_the_option(small: Path, command: str) -> None:
    """The option goes before the file; a wrong one is a mistake of its own kind."""

    def rejected(*options: str) -> int:
        document = typed(command, *options, "--json", cwd=small).document
        if command == "plan":
            return int(document["books"]["Document"]["rejected"])
        return int(document["odd"].get("file-too-large", 0))

    before = rejected()
    path = small / "kt-migrate.yaml"
    text = path.read_text("utf-8")
    assert rejected("--limit", "max_file_bytes=1") - before == (3 if command == "inspect" else 0)
    path.write_text(text + "limits: {max_file_bytes: 1}\n", "utf-8")
    assert rejected() - before == (3 if command == "inspect" else 0)
    assert rejected("--limit", "max_file_bytes=1KiB") == before
    assert typed(command, "--limit", "max_file_byte=1", cwd=small).code == ExitCode.USAGE
    path.write_text(text + "limits: {max_file_bytes: 0}\n", "utf-8")
    wrong = typed(command, cwd=small)
    assert wrong.code == ExitCode.CONFIGURATION
    assert f"kt-migrate.yaml:{text.count(chr(10)) + 1}:" in wrong.err


def test_an_archive_that_is_named_has_the_limits_of_the_option_only(small: Path) -> None:
    """No working folder is looked for."""
    (small / "kt-migrate.yaml").write_text("broken: [", "ascii")

    done = typed("inspect", "archive", "--limit", "max_depth=1", "--json", cwd=small)

    assert done.document["odd"]["archive-refused"] == 1
    assert done.document["documents"]["unreadable"] == 3
