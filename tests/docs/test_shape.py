"""What the documents say of the shape of the code, beside what import-linter holds."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import kt_migrate
from kt_migrate.catalogue import CATALOGUE
from kt_migrate.errors import ExitCode

ROOT = Path(__file__).parents[2]
SOURCE = Path(kt_migrate.__file__).parent
ASYNC = {
    "undo",
    "subscriptions",
    "load",
    "kt2",
    "probing",
    "puzzle",
    "verify",
    "sandbox",
    "judging",
}
NO_ROOM = {"locale", "shipped", "__pycache__"}
MODULES = sorted(SOURCE.rglob("*.py"))


def _room(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0]


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module)


def test_async_lives_in_few_rooms_only() -> None:
    """Elsewhere nothing waits; the command line only starts what does."""
    kinds = (ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith, ast.Await)
    for path in MODULES:
        if _room(path) not in ASYNC | {"cli"}:
            nodes = ast.walk(ast.parse(path.read_text("utf-8")))
            assert not any(isinstance(node, kinds) for node in nodes), path


def test_verify_takes_a_road_of_its_own() -> None:
    """What checks shares no code with what it checks."""
    for path in MODULES:
        if _room(path) == "verify":
            assert not re.findall(
                r"kt_migrate\.(?:mapping|load|algorithm)\b", "\n".join(_imports(path))
            )


def test_the_tests_of_a_room_stand_in_a_folder_of_its_name() -> None:
    """So that who changes a room knows what to run."""
    rooms = {path.name for path in SOURCE.iterdir() if path.is_dir()} - NO_ROOM

    missing = {room for room in rooms if not any((ROOT / "tests" / room).glob("test_*.py"))}

    assert not missing


def test_numbers_and_codes_are_never_given_twice() -> None:
    """A code that meant something else once would mislead who reads an old list."""
    assert [code for code, n in Counter(list(CATALOGUE)).items() if n > 1] == []
    assert len({code.value for code in ExitCode}) == len(ExitCode.__members__)
    published = set(re.findall(r"^\| (\d+) \| (\w+) \|", text("commands.md"), re.MULTILINE))
    assert published == {(str(code.value), code.name) for code in ExitCode}


def text(name: str) -> str:
    """Return a page."""
    return (ROOT / "docs" / name).read_text("utf-8")
