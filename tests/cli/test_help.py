"""The pages of `--help`: quick, whole, at most 80 columns, in one language, with their exit codes."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main

from inside import typed
from kt_migrate.cli.app import app
from kt_migrate.cli.commands import ROWS
from kt_migrate.cli.exit_codes import ENDS, MEANS, ends_of
from kt_migrate.errors import ExitCode
from kt_migrate.language import LANGUAGES, set_language, shown

ROOT = Path(__file__).parents[2]
HEAVY = (
    *("aiohttp", "authlib", "cryptography", "fhir", "fhirpathpy", "httpx", "jinja2", "joserfc"),
    *("keyring", "lxml", "openpyxl", "orjson", "pydantic", "rich", "ruamel", "sqlite3"),
    *("starlette", "structlog", "tenacity", "uvicorn"),
)


def whole_commands() -> Iterator[str]:
    """Yield every command and group, as it is typed."""
    for name, command in getattr(typer.main.get_command(app), "commands", {}).items():
        yield name
        yield from (f"{name} {sub}" for sub in getattr(command, "commands", {}))


COMMANDS = ("", *whole_commands())


def page_of(command: str, language: str = "nl") -> str:
    """Return a page, as a person gets it."""
    done = typed("--lang", language, *command.split(), "--help", cwd=ROOT)
    assert (done.code, done.err) == (0, "")
    return done.out


@pytest.mark.parametrize("line", [["--help"], ["--version"], ["plann"]])
def test_nothing_heavy_is_imported_before_it_is_needed(line: list[str]) -> None:
    """Neither a library, nor a room of ours: a process that only helps imports the command line."""
    say = "import sys; print(*sys.modules)"
    code = f"import atexit; atexit.register(lambda: exec({say!r}))\nfrom kt_migrate.cli import start; start()"
    env = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    done = subprocess.run(
        [sys.executable, "-c", code, *line], capture_output=True, text=True, check=False, env=env
    )
    modules = set(done.stdout.split())
    ours = {name for name in modules if name.startswith("kt_migrate.")}

    assert "typer" in modules
    checked = {"pydantic"} if line == ["plann"] else set()  # typer looks at values with it
    assert {name for name in HEAVY if name in modules} <= checked
    assert {n.split(".")[1] for n in ours} <= {"cli", "errors", "language"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("command", COMMANDS)
def test_no_line_of_a_page_is_longer_than_80(command: str, language: str) -> None:
    """Whatever the command, in both languages; and nothing is broken off."""
    page = page_of(command, language)

    assert [line for line in page.splitlines() if len(line) > 80] == []
    assert "..." not in page.replace("POINT...", "")


ENGLISH = re.compile(r"\b(Usage|Options|Commands|Arguments|Show|message|default|required|the)\b")
DUTCH = re.compile(r"\b(Gebruik|Opties|Commando's|Argumenten|Toon|standaard|verplicht|het|een)\b")


@pytest.mark.parametrize("command", COMMANDS)
def test_typers_own_words_are_dutch(command: str) -> None:
    """Of a page in Dutch every word that typer would have said."""
    page = page_of(command)

    assert ENGLISH.findall(page) == []
    assert page.startswith("Gebruik: kt-migrate")


def test_every_line_of_the_list_fits_in_both_languages() -> None:
    """A command and what it does are one line each."""
    for language in LANGUAGES:
        done = typed("--lang", language, "--help", cwd=ROOT).out.splitlines()
        set_language(language)
        for name, row in ROWS.items():
            assert [line for line in done if line.split() == [name, *shown(row.about).split()]]
        set_language("nl")


def test_every_module_that_adds_commands_is_in_the_list() -> None:
    """Nobody's command is forgotten: a module with `add_to(app)` stands in commands.ROWS."""
    adds = {
        path.stem
        for path in (ROOT / "src" / "kt_migrate" / "cli").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef)
        and node.name == "add_to"
        and node.args.args[0].arg == "app"
    }

    assert adds - {"explaining"} == {row.module for row in ROWS.values()}


def test_a_group_lists_the_commands_that_its_module_adds() -> None:
    """And a command of the list is one that its module has."""
    root = typer.main.get_command(app)

    assert list(getattr(root, "commands", {})) == list(ROWS)
    assert [n for n in ROWS if root.commands[n].name != n] == []  # type: ignore[attr-defined]


@pytest.mark.parametrize("command", ["plan", "gate pre", "sandbox", "errors list"])
def test_a_page_names_the_exit_codes_of_its_command(command: str) -> None:
    """Each with what it means, and no other."""
    page = page_of(command).partition("Exitcodes:\n")[2]
    lines = [re.fullmatch(r"  (\d+) +(.*)", line) for line in page.splitlines()]

    assert [(int(m[1]), m[2]) for m in lines if m] == [
        (int(code), shown(MEANS[code])) for code in ends_of(command)
    ]


def test_the_table_of_exit_codes_is_whole() -> None:
    """Every code has a meaning and a command that ends with it; every command is one."""
    assert set(MEANS) == set(ExitCode)
    assert {code for command in COMMANDS for code in ends_of(command)} == set(ExitCode)
    assert ENDS.keys() - set(COMMANDS) == set()


def test_the_document_has_the_same_exit_codes() -> None:
    """Number by number, each with its name."""
    page = (ROOT / "docs" / "commands.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d+) \| (\w+) \|", page, re.MULTILINE)

    assert [(int(n), name) for n, name in rows] == [(c.value, c.name) for c in sorted(ExitCode)]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("trail", ["Er is geen commando trail.", "Is dit bedoeld: trace, trial?"]),
        ("gate pred", ["Er is geen commando pred.", "pre"]),
        ("qqqq", ["Er is geen commando qqqq.", "kt-migrate --help"]),
        ("plan --evn local", ["Er is geen optie --evn.", "--env"]),
        ("plan --env", ["Bij --env hoort een waarde."]),
        ("plan --json=x", ["Bij --json hoort geen waarde."]),
        ("plan --mode x", ["Bij --mode hoort een van deze: latest, every-version."]),
        (
            "trial --env local --max-in-flight x",
            ["Bij --max-in-flight hoort een getal van 1 t/m 256."],
        ),
        ("trial --env local --patients 0", ["Bij --patients hoort een getal van 1 of meer."]),
        ("plan --password-fd x", ["Bij --password-fd hoort een getal."]),
        ("trial", ["--env ontbreekt."]),
        ("trace", ["LINK|PSEUDONYM ontbreekt."]),
        ("trace a b", ["Dit is te veel in het commando: b"]),
        ("--lang fr plan", ["kies nl of en"]),
    ],
)
def test_a_command_line_that_is_wrong_is_said_as_everything_that_is_wrong(
    line: str, said: list[str]
) -> None:
    """What, where, what to do; exit code 2; not a word of typer's."""
    done = typed(*line.split(), cwd=ROOT)

    assert (done.code, done.out) == (ExitCode.USAGE, "")
    assert done.err.startswith("Fout: ")
    assert [text for text in said if text not in done.err] == []
    assert "  waar: kt-migrate" in done.err
    assert re.search(r"\b(No such|Missing|Invalid|Error|requires|does not|Try)\b", done.err) is None


def test_a_group_alone_is_a_question_for_its_page() -> None:
    """On stderr, for nothing was done; a script notices."""
    for line in ([], ["gate"]):
        done = typed(*line, cwd=ROOT)
        assert (done.code, done.out) == (ExitCode.USAGE, "")
        assert done.err.startswith("Gebruik: kt-migrate")
