"""What a terminal gets, and what a file, a log, a dumb terminal and `--plain` get."""

from __future__ import annotations

import os
import pty
import re
import struct
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fcntl import ioctl
from threading import Thread
from unittest.mock import patch

import pytest

from kt_migrate.cli import waiting as module
from kt_migrate.cli.failing import fatal
from kt_migrate.cli.plainly import choose_plain
from kt_migrate.cli.screen import Screen
from kt_migrate.cli.waiting import waiting
from kt_migrate.errors import UsageError

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@contextmanager
def terminal(columns: int = 80) -> Iterator[Callable[[], str]]:
    """Let stdout and stderr be a terminal; what it showed can be asked once the block ended."""
    master, slave = pty.openpty()
    ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    shown: list[bytes] = []

    def read() -> None:
        try:
            while data := os.read(master, 65_536):
                shown.append(data)
        except OSError:
            pass  # the terminal is gone

    reader = Thread(target=read)
    reader.start()
    with (
        os.fdopen(slave, "w", encoding="utf-8", buffering=1) as stream,
        patch("sys.stdout", stream),
        patch("sys.stderr", stream),
        patch.dict(os.environ, {"TERM": "xterm-256color"}),
    ):
        for name in ("NO_COLOR", "COLUMNS", "FORCE_COLOR"):
            os.environ.pop(name, None)
        yield lambda: b"".join(shown).decode().replace("\r\n", "\n")
    reader.join()
    os.close(master)


@pytest.fixture(params=[False, True])
def plain(request: pytest.FixtureRequest) -> Iterator[bool]:
    """Have it said with `--plain`, and without."""
    choose_plain(plain=request.param)
    yield request.param
    choose_plain(plain=False)


def show(screen: Screen) -> None:
    """Show a table and a line."""
    screen.table("De boeken", ("soort", "objecten"), [("Patient", 3), ("Task → CarePlan", 4)])
    screen.say("a … b")


def test_a_terminal_gets_bold_titles_unless_it_is_plain(plain: bool) -> None:  # noqa: FBT001 (a fixture)
    """And signs; plain gets neither."""
    with terminal() as shown:
        show(Screen(json=False))

    assert bool(ESCAPE.search(shown())) is not plain
    assert ("→" in shown(), "->" in shown(), "…" in shown()) == (not plain, plain, not plain)
    assert not plain or shown().isascii()


@pytest.mark.parametrize("variables", [{"TERM": "dumb"}, {"TERM": "unknown"}])
def test_a_dumb_terminal_gets_no_bars(variables: dict[str, str]) -> None:
    """It would show their codes."""
    with terminal() as shown, patch.dict(os.environ, variables), waiting("lezen") as told:
        told(1, 2)

    assert shown() == ""


def test_colour_is_left_out_where_no_color_asks_it() -> None:
    """Whatever a style has of colour; a title is still bold."""
    with terminal() as shown, patch.dict(os.environ, {"NO_COLOR": "1"}):
        screen = Screen(json=False)
        screen.out.print("x", style="red")
        show(screen)

    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", shown())


def test_a_pipe_gets_no_code_at_all(capsys: pytest.CaptureFixture[str]) -> None:
    """Also when the environment insists on colour."""
    with patch.dict(os.environ, {"FORCE_COLOR": "1"}):
        show(Screen(json=False))
        with waiting("lezen") as told:
            told(1, 2)
    out, err = capsys.readouterr()

    assert (ESCAPE.search(out), err) == (None, "")
    assert [line for line in out.splitlines() if line != line.rstrip() or len(line) > 80] == []


def test_a_bar_moves_on_a_terminal_and_leaves_nothing() -> None:
    """It says what is done, how far, and goes."""
    with terminal() as shown, waiting("lezen") as told:
        told(1200, 3000)
        time.sleep(0.2)

    assert "lezen" in shown()
    assert "1.200 van 3.000" in shown()
    assert shown().endswith("\x1b[2K") or shown().rstrip("\n").endswith(("\x1b[?25h", "\x1b[2K"))


def test_without_bars_a_line_comes_now_and_then() -> None:
    """On a plain terminal first what is being done, then how far it is; not a line each time."""
    choose_plain(plain=True)
    clock = iter(range(1_000))
    try:
        with (
            patch.object(module, "FIRST_SECONDS", 0.01),
            patch.object(module, "monotonic", lambda: float(next(clock))),
            terminal() as shown,
            waiting("lezen") as told,
        ):
            time.sleep(0.2)
            for done in range(25):
                told(done, 25)
    finally:
        choose_plain(plain=False)

    assert shown().splitlines() == ["lezen ...", "lezen 9 van 25", "lezen 19 van 25"]


def test_a_log_gets_a_line_a_minute(capsys: pytest.CaptureFixture[str]) -> None:
    """And nothing of what takes less."""
    clock = iter(range(1_000))
    ticking = patch.object(module, "monotonic", lambda: float(next(clock)))
    with ticking, waiting("lezen") as told:
        for done in range(130):
            told(done, None)

    assert capsys.readouterr().err.splitlines() == ["lezen 59", "lezen 119"]


def test_what_is_copied_is_never_broken(capsys: pytest.CaptureFixture[str]) -> None:
    """A path, a command; of a sentence no line is longer than 80."""
    screen = Screen(json=False)
    screen.line("/a path" * 40)
    screen.next("kt-migrate verify " * 9, "", "kt-migrate report")
    screen.say("zin " * 40)
    path, first, second, *words = capsys.readouterr().out.splitlines()

    assert path == "/a path" * 40
    assert first == f"Hierna: {'kt-migrate verify ' * 9}"
    assert second == "        kt-migrate report"
    assert max(map(len, words)) <= 80


def test_an_error_fits_a_terminal_but_for_what_is_copied(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Elsewhere each of its three is one line: a program looks for it."""
    error = UsageError("x " * 60, where="/a/path" * 20, fix="kt-migrate " * 12)
    with terminal() as shown:
        fatal(error)
    fatal(error)

    lines = shown().splitlines()
    assert [line for line in lines if len(line) > 80] == ["  waar: " + "/a/path" * 20]
    assert len(capsys.readouterr().err.splitlines()) == 3
