"""One language at a time: no sentence of the other in any output of the demo."""

from __future__ import annotations

import re
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest

from inside import inside, typed

DUTCH = "niet van het een naar geen wordt zijn deze voor alle waar wat hoe nog maar zonder alleen hierna soort aantal uitval doe reden geschreven gelezen gevonden"
ENGLISH = "the and not with which from this that are each without what there nothing every only written found missing next why who reason count choose give look another whole"
_WORDS = {"nl": frozenset(ENGLISH.split()), "en": frozenset(DUTCH.split())}
"""In each language words that it cannot have: the other's, that it does not use."""
_NAMES = re.compile(
    r"(?:\.{0,2}/)?[\w.-]+(?:/[\w.\[\]-]+)+"
    r"|[\w-]+\.(?:yaml|json|csv|html|pem|xlsx|ndjson|sqlite|txt|md|jws)|--[\w-]+|https?://\S+"
    r"|^there\b|.* → .*|kt-migrate(?: [a-z-]+)*|[a-z]+(?:[-_][a-z]+)+(?:: [a-z]+)?|link next|`[^`]*`|'[^']*'|\"[^\"]*\""
)
"""Paths, options, commands, codes and what is quoted: the same in both."""

STEPS = (
    ("config", "check"),
    ("inspect",),
    ("plan", "--env", "local"),
    ("scope", "--env", "local"),
    ("probe", "--env", "local"),
    ("trial", "--env", "local", "--yes"),
    ("verify", "--env", "local"),
    ("report", "--env", "local"),
    ("errors", "list", "--env", "local"),
    ("errors", "ask", "--env", "local"),
    ("status",),
    ("algorithm", "check"),
    ("algorithm", "explain"),
    ("algorithm", "test"),
    ("gate", "pre", "--env", "local"),
    ("draaiboek", "--env", "local"),
    ("plan", "--env", "local", "--compare", "001"),
    ("trial", "--env", "nowhere"),
    ("verify", "--env", "local", "--run", "999"),
)


def foreign(text: str, language: str) -> list[str]:
    """Return the lines with words of the other language, of all that a person reads."""
    lines = (line.strip() for line in text.splitlines())
    return [
        line
        for line in lines
        if set(re.findall(r"[a-zë]+", _NAMES.sub(" ", line).lower())) & _WORDS[language]
    ]


def text_of(page: str) -> str:
    """Return what a page shows."""
    body = re.sub(r"<(style|script|title|code)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return unescape(re.sub(r"<[^>]+>", "\n", body))


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_demo_speaks_one_language(workspace: Path, language: str) -> None:
    """On the screen, in what stops it, and in every page and list that it writes."""
    said = []
    with inside(workspace):
        for step in STEPS:
            done = typed("--lang", language, *step, cwd=workspace)
            said += [f"{step[0]}: {line}" for line in foreign(done.out + done.err, language)]
            assert done.out + done.err, step
    pages = [*workspace.rglob("*.html"), *workspace.glob("runs/**/foutenlijst.csv")]
    for path in pages:
        text = path.read_text("utf-8-sig")
        shown = text_of(text) if path.suffix == ".html" else text
        said += [f"{path.name}: {line}" for line in foreign(shown, language)]

    assert len(pages) >= 4
    assert said == [], "\n".join(said)


HELP = """
import sys, click, typer
sys.argv = ["kt-migrate", "--lang", sys.argv[1]]
from kt_migrate.language import choose_language
choose_language(sys.argv[1:])
from kt_migrate.cli.app import app
def walk(command, context):
    print(command.get_help(context))
    for name in command.list_commands(context) if hasattr(command, "list_commands") else ():
        child = command.get_command(context, name)
        walk(child, click.Context(child, info_name=name, parent=context))
root = typer.main.get_command(app)
walk(root, click.Context(root, info_name="kt-migrate"))
"""


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_help_speaks_one_language(language: str) -> None:
    """Of every command and option."""
    done = subprocess.run(
        [sys.executable, "-c", HELP, language], capture_output=True, text=True, check=True
    )

    assert done.stdout.count("Usage") + done.stdout.count("Gebruik") > 20
    assert foreign(done.stdout, language) == [], "\n".join(foreign(done.stdout, language))
