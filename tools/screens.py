"""Give the commands of a page, in its order, and write into it what they say.

    python tools/screens.py            renew the screens of every page in PAGES
    python tools/screens.py --check    change nothing; 1 when a screen is not what its command says

A screen is a block of a page behind a line `<!-- screen -->`:

    <!-- screen: to=Patient from=Plan: -->
    ```console
    $ kt-migrate plan
    what it said
    ```

`to=WORD` shows what was said up to the first line that begins with this word, `from=WORD` from the
last one, with a line of dots for what is left out; `hide` shows nothing. `exit=N` is how the
command ends, if not with 0; `until=WORD` leaves it running, as in another terminal, as soon as it
has said that word. The commands of a page are given in one empty folder, in which
`kt-migrate/examples` is the checkout's. Where one ends otherwise than the page says, it stops.
What differs from one time to another is made the same (`same`).
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = tuple(ROOT / "docs" / name for name in ("tutorial.md", "proven.md"))
DOTS = "…"
_BLOCK = re.compile(
    r"(<!-- screen(?:: ([^>]*?))? -->\n```console\n)(.*?)(?=^```$)", re.DOTALL | re.MULTILINE
)
_SCREEN = {"COLUMNS": "80", "LC_ALL": "C.UTF-8", "NO_COLOR": "1", "TZ": "Europe/Amsterdam"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a screen shows, and how its commands end.

    Attributes:
        to: the word that the last line before the dots begins with.
        since: the word that the first line after the dots begins with.
        hide: nothing is shown.
        exit: the code that the last command ends with.
        until: the word after which the command goes on by itself; empty: it ends.
    """

    to: str = ""
    since: str = ""
    hide: bool = False
    exit: int = 0
    until: str = ""

    @classmethod
    def read(cls, options: str | None) -> Wanted:
        """Read what stands behind `screen:`.

        Raises:
            ValueError: an option that is none.
        """
        given = dict(option.partition("=")[::2] for option in (options or "").split())
        wanted = cls(
            to=given.pop("to", ""),
            since=given.pop("from", ""),
            hide=given.pop("hide", None) is not None,
            exit=int(given.pop("exit", 0)),
            until=given.pop("until", ""),
        )
        if given:
            raise ValueError(f"no option of a screen: {', '.join(given)}")
        return wanted

    def shown(self, lines: list[str]) -> list[str]:
        """Return the lines that are shown.

        Raises:
            ValueError: no line begins with `to` or `since`.
        """
        if self.hide:
            return []
        begins = [line.strip() for line in lines]
        head, tail = 0, len(lines)
        if self.to:
            head = 1 + _first(self.to, begins)
        if self.since:
            tail -= 1 + _first(self.since, begins[::-1])
        elif not self.to:
            return lines
        if head >= tail:
            return lines
        return [*lines[:head], DOTS, *lines[tail:]]


def _first(word: str, lines: list[str]) -> int:
    for number, line in enumerate(lines):
        if line.startswith(word):
            return number
    raise ValueError(f"no line begins with {word}: " + "\n".join(lines))


@dataclass(slots=True)
class Shell:
    """One folder, in which the commands of a page are given one after the other.

    Attributes:
        root: what a reader calls their home folder.
        environment: of the commands.
        keep: ends what was left running.
        folder: where the reader is now.
    """

    root: Path
    environment: Mapping[str, str]
    keep: ExitStack
    folder: Path = field(init=False)

    def __post_init__(self) -> None:
        self.folder = self.root

    def give(self, command: str, wanted: Wanted) -> list[str]:
        """Give a command, and return the lines that it said.

        Raises:
            ValueError: it ended otherwise than the page says.
        """
        if wanted.until:
            return self._left_running(command, wanted.until)
        where = self.root / ".where"
        script = f"{command}\ncode=$?\npwd > {where}\nexit $code"
        done = subprocess.run(
            ["/bin/bash", "-c", script],
            cwd=self.folder,
            env={**self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode != wanted.exit:
            ended = f"ended with {done.returncode}, not {wanted.exit}"
            raise ValueError(f"{command}: {ended}\n{done.stdout}")
        self.folder = Path(where.read_text("utf-8").strip())
        if command.startswith("kt-migrate init"):
            self._own_port()
        return done.stdout.splitlines()

    def _left_running(self, command: str, word: str) -> list[str]:
        process = self.keep.enter_context(
            subprocess.Popen(
                ["/bin/bash", "-c", f"exec {command}"],
                cwd=self.folder,
                env={**self.environment, "PYTHONUNBUFFERED": "1"},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
        self.keep.callback(process.terminate)
        lines = []
        for line in process.stdout or ():
            lines.append(line.rstrip("\n"))
            if word in line:
                return lines
        raise ValueError(f"{command}: ended, and never said {word}\n" + "\n".join(lines))

    def _own_port(self) -> None:
        """Give the sandbox a port of its own: pages are played side by side."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        for file in self.root.glob("*/configs/local.yaml"):
            text = file.read_text("utf-8")
            file.write_text(re.sub(r"(127\.0\.0\.1:)\d+", rf"\g<1>{port}", text), "utf-8")


@contextmanager
def shell(environment: Mapping[str, str]) -> Iterator[Shell]:
    """Yield a shell in an empty folder beside the checkout's examples."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as keep:
        root = Path(folder).resolve()
        (root / "kt-migrate").mkdir()
        (root / "kt-migrate" / "examples").symlink_to(ROOT / "examples")
        yield Shell(root, {**environment, **_SCREEN, "HOME": str(root)}, keep)


_SAME = (
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z(?= )", "2026-11-28T12:00:00.000Z"),
    (r"127\.0\.0\.1:\d+", "127.0.0.1:8420"),
    (r"\b\d+ s, \d+/s", "0 s, 400/s"),
    (r"\b\d+(?: / \d+){4}", "6 / 5 / 11 / 20 / 20"),
)
"""What differs from one time to another, and what stands there instead."""


def same(text: str, root: Path) -> str:
    """Return what was said without what differs from one time to another.

    Args:
        text: the whole of a page's screens, so that one identifier has one name.
        root: the folder of this time.
    """
    text = text.replace(str(root), "~")
    for pattern, instead in _SAME:
        text = re.sub(pattern, instead, text)
    names: dict[str, str] = {}
    uuid = r"\b(?!00000000-)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"
    return re.sub(
        uuid, lambda m: names.setdefault(m[0], f"6b1d9c2e-0000-4000-8000-{len(names):012}"), text
    )


def renewed(page: str, environment: Mapping[str, str]) -> str:
    """Give a page's commands, and return the page with what they say now.

    Args:
        page: its text.
        environment: in which `kt-migrate` is found.

    Raises:
        ValueError: a command ended otherwise than the page says.
    """
    with shell(environment) as opened:
        text = _BLOCK.sub(lambda block: block[1] + _screen(opened, block), page)
        return same(text, opened.root)


def _screen(opened: Shell, block: re.Match[str]) -> str:
    wanted = Wanted.read(block[2])
    lines: list[str] = []
    commands = _commands(block[3])
    for number, command in enumerate(commands, start=1):
        ends = wanted if number == len(commands) else replace(wanted, exit=0)
        said = opened.give(command.replace("\\\n", ""), ends)
        lines += [f"$ {command}", *wanted.shown([line.rstrip() for line in said])]
    return "\n".join(lines) + "\n"


def _commands(block: str) -> list[str]:
    """Return the commands of a block; one that ends in a backslash goes on."""
    return [m[1] for m in re.finditer(r"^\$ ((?:[^\n]*\\\n)*[^\n]*)$", block, re.MULTILINE)]


def environment() -> dict[str, str]:
    """Return an environment with the `kt-migrate` beside this Python, and this checkout's code."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT / "src")}


def main(arguments: list[str]) -> int:
    """Renew the pages, or tell which of them are behind."""
    behind = 0
    for page in PAGES:
        text = page.read_text("utf-8")
        now = renewed(text, environment())
        if text == now:
            continue
        behind = 1
        if "--check" not in arguments:
            page.write_text(now, "utf-8")
        print(f"{page.relative_to(ROOT)}: screens renewed" if "--check" not in arguments else page)
    return behind if "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
