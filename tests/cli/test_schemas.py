"""Every JSON file of a working folder says what it is, and the main ones are as promised."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from inside import inside, typed
from kt_migrate.errors import ExitCode

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "compatibility.md").read_text("utf-8")
RUN = Path("before/local/001")
"""Before it was undone, which takes verify.json away."""
WEEKEND = (
    "inspect",
    "probe --env local",
    "verify",
    "errors export --format json",
    "report",
    "plan",
)
UNDOING = "rollback --env local --run 001 --yes-rollback EXAMPLE"
LEFT = {
    *("inspectie.json", "probe.json", "verify.json", "actielijst.json", "foutenlijst.json"),
    *("rapport.json", "success.json", "rollback.json", "binding.json", "actions.json"),
    *("events.ndjson", "plan.sqlite", "journal.sqlite", "undo.sqlite", "remarks.sqlite"),
}
OTHERS = {"store.sqlite"}
"""The sandbox's: another server's files are not ours to name."""


@pytest.fixture(scope="module")
def left(tried_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a working folder in which much was done."""
    folder = shutil.copytree(tried_workspace, tmp_path_factory.mktemp("left") / "EXAMPLE")
    with inside(folder):
        for line in WEEKEND:
            assert typed(*line.split(), cwd=folder).code == ExitCode.OK, line
        shutil.copytree(folder / "runs", folder / "before", dirs_exist_ok=True)
        assert typed(*UNDOING.split(), cwd=folder).code == ExitCode.OK
    return folder


def files(folder: Path) -> Iterator[Path]:
    """Yield the files that machines read, but for the archive's."""
    for path in sorted(folder.rglob("*")):
        apart = "archive" in path.parts or path.name in OTHERS
        if path.suffix in {".json", ".ndjson", ".sqlite"} and not apart:
            yield path


def name_of(path: Path) -> str:
    """Return what a file says that it is."""
    if path.suffix == ".sqlite":
        with closing(sqlite3.connect(path)) as db:
            (found,) = db.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone()
            return str(found)
    first = path.read_text("utf-8")
    content = json.loads(first.splitlines()[0] if path.suffix == ".ndjson" else first)
    assert isinstance(content, dict), path
    assert next(iter(content)) == "schema", path
    return str(content["schema"])


def test_every_file_says_what_it_is(left: Path) -> None:
    """Its first key is its form, and docs/compatibility.md has that."""
    found = {path.name: name_of(path) for path in files(left)}
    assert found.keys() >= LEFT
    assert [name for name in found.values() if f"| `{name}` |" not in PAGE] == []


def held(name: str, document: Any) -> list[str]:  # noqa: ANN401
    """Say where a document is not as docs/schemas promises."""
    path = ROOT / "docs" / "schemas" / f"{name.replace('/', '-')}.json"
    validator = jsonschema.Draft202012Validator(json.loads(path.read_text("utf-8")))
    return [f"{list(one.path)}: {one.message}"[:300] for one in validator.iter_errors(document)]


@pytest.mark.parametrize(
    "file", ["rapport.json", "verify.json", "success.json", "foutenlijst.json"]
)
def test_files_are_as_promised(left: Path, file: str) -> None:
    """What the JSON Schema of a file says is so."""
    document = json.loads((left / RUN / file).read_bytes())
    assert held(document["schema"], document) == []
    assert held(document["schema"], {"schema": document["schema"]}) != []


@pytest.mark.parametrize("command", ["verify", "status"])
def test_documents_are_as_promised(tried: Path, command: str) -> None:
    """What the JSON Schema of a command's document says is so."""
    with inside(tried):
        document = typed(command, "--json", cwd=tried).document
    assert document["schema"] == f"kt-migrate-{command}-output/1"
    assert held(document["schema"], document) == []
