"""docs/compatibility.md names every form that there is in the code, and no other."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest
import typer.main

from kt_migrate.cli.app import app
from kt_migrate.cli.documents import CHANGED, schema_of

ROOT = Path(__file__).parents[2]
SCHEMAS = sorted((ROOT / "docs" / "schemas").glob("*.json"))
_NAME = re.compile(r"kt-migrate-[a-z-]+/\d+")
OF_FILES = {"inspect", "probe", "algorithm explain"}
"""Commands whose document is a file's, and has its name."""


def listed() -> dict[str, str]:
    """Return the rows of the page's tables: each name with what stands beside it."""
    text = (ROOT / "docs" / "compatibility.md").read_text("utf-8")
    rows = re.findall(r"^\| `(kt-migrate-[^`]*)` \| (.*) \|$", text, re.MULTILINE)
    assert len(rows) == len(dict(rows)), "a form stands on the page twice"
    return dict(rows)


def in_code() -> set[str]:
    """Return every name of a form that the source has."""
    sources = (ROOT / "src").rglob("*")
    texts = (path.read_text("utf-8") for path in sources if path.suffix in {".py", ".yaml"})
    return {name for text in texts for name in _NAME.findall(text)}


def commands() -> set[str]:
    """Return every command that takes `--json`."""
    found = dict(getattr(typer.main.get_command(app), "commands", {}))
    for name, group in list(found.items()):
        found |= {f"{name} {sub}": c for sub, c in getattr(group, "commands", {}).items()}
    return {n for n, c in found.items() if any("--json" in p.opts for p in c.params)}


def test_every_form_is_on_the_page() -> None:
    """Those of files as the source has them; those of commands by the command."""
    outputs = {schema_of(command): f"`{command}`" for command in commands() - OF_FILES}
    page = listed()
    files = {name for name in page if "-output/" not in name}
    said = {name: text for name, text in page.items() if "-output/" in name}
    assert in_code() - files == set(), "to be added to docs/compatibility.md"
    assert files - in_code() == set(), "to be taken out of docs/compatibility.md"
    assert said == outputs, "docs/compatibility.md: the documents of commands"


def test_a_number_is_of_a_command_that_there_is() -> None:
    """A command whose document changed is still there, and its number is above the first."""
    assert CHANGED.keys() <= commands()
    assert all(number > 1 for number in CHANGED.values())


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.stem)
def test_json_schemas(path: Path) -> None:
    """Each is a JSON Schema, of a form that the page has, and leaves room for keys to come."""
    schema = json.loads(path.read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    name = schema["properties"]["schema"]["const"]
    assert path.stem == name.replace("/", "-")
    assert name in listed()
    assert f"`{path.name}`" in (ROOT / "docs" / "compatibility.md").read_text("utf-8")
    assert '"additionalProperties": false' not in path.read_text("utf-8")
