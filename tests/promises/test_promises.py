"""Every promise has a test that notices when it is broken; `make promises` breaks them."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import page
import register
import typer.main
from sentences import DESIGN, ROOT, every_sentence, promising

from kt_migrate.cli.app import app

ENTRIES = register.load()
KEPT = [(name, promise) for name, promise in ENTRIES if promise.kept]
BY_HAND = "by hand: "
WHOLE = {"road", "docs", "cli", "words"}
"""What only shows in a whole process, or in the code as a whole."""
HOME = {"strict_yaml": "config", "workspace": "config", "scratch": "verify", "errors": "cli"}


def _says() -> list[str]:
    return [says for _, promise in ENTRIES for says in promise.says]


def test_every_sentence_has_an_entry() -> None:
    """A sentence that promises something, and that nobody registered, fails the build."""
    missing = {f"{s.document}: {s.text}" for s in every_sentence()} - set(_says())
    assert not missing, "\n".join(sorted(missing))


def test_every_entry_has_its_sentence() -> None:
    """An entry outlives no sentence, and stands once."""
    standing = {f"{s.document}: {s.text}" for s in every_sentence()}
    registered = [says for says in _says() if not says.startswith(BY_HAND)]
    if not DESIGN.exists():
        registered = [says for says in registered if not says.startswith("design: ")]

    assert set(registered) <= standing, sorted(set(registered) - standing)
    assert [says for says, n in Counter(_says()).items() if n > 1] == []


def test_its_tests_exist_in_the_room_of_what_they_hold() -> None:
    """A test of another layer would notice too late, or never: the layers cover for each other."""
    for _, promise in KEPT:
        for test in promise.tests:
            assert register.exists(test), test
        rooms = {register.room_of(test) for test in promise.tests}
        for broken in promise.breaks:
            room = register.room_of(broken.file)
            assert HOME.get(room, room) in rooms or room == "cli" or rooms <= WHOLE, broken.file
            text = broken.broken((ROOT / broken.file).read_text(encoding="utf-8"))
            compile(text, broken.file, "exec")


def test_what_is_not_built_is_really_absent() -> None:
    """When it comes, its promises need tests."""
    commands = typer.main.get_command(app)
    words = {word for command in _all(commands) for word in _words(command)}
    for _, promise in ENTRIES:
        if promise.unbuilt:
            assert not (ROOT / promise.unbuilt).exists(), promise.says
            assert promise.unbuilt not in words, promise.says


def _all(command: object) -> Iterator[object]:
    yield command
    for below in getattr(command, "commands", {}).values():
        yield from _all(below)


def _words(command: object) -> Iterator[str]:
    yield str(getattr(command, "name", ""))
    for parameter in getattr(command, "params", ()):
        yield from parameter.opts


def test_the_page_is_made_of_the_register() -> None:
    """`python tests/promises/page.py` writes docs/tests-that-notice.md."""
    assert page.PAGE.read_text(encoding="utf-8") == page.page()


def test_a_sentence_is_found_whole() -> None:
    """Over lines and in tables, but not in blocks of code."""
    text = "# A\n\nIt is so. It must\nhold. So it is.\n\n| a | never b |\n| c | d |\n\n```\nonly\n```\n* refused: x"

    found = [sentence.text for sentence in promising("x.md", text)]

    assert found == ["It must hold.", "| a | never b |", "refused: x"]


def test_a_break_that_no_test_notices_is_said() -> None:
    """The breaker itself would be worth nothing otherwise."""
    script = """
import breaking
from register import Break

same = Break(file="src/kt_migrate/__main__.py", old="from kt_migrate", new="from kt_migrate")
other = Break(file="src/kt_migrate/books.py", old="1 << 256", new="1 << 255")
print([breaking.is_noticed(one, ["tests/books"]) for one in (same, other)])
"""
    ended = subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.stdout.splitlines()[-1] == "['no test failed', '']"
