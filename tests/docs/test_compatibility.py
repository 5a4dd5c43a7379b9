"""docs/compatibility.md names every form that there is in the code, and no other."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest

from forms import OF_FILES, commands, outputs
from kt_migrate.cli.documents import CHANGED

ROOT = Path(__file__).parents[2]
SCHEMAS = sorted((ROOT / "docs" / "schemas").glob("*.json"))
_NAME = re.compile(r"kt-migrate-[a-z-]+/\d+")


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


def test_every_form_is_on_the_page() -> None:
    """Those of files; of those of commands tools/references.py makes the rows."""
    files = {name for name in listed() if "-output/" not in name}
    assert in_code() - files == set(), "to be added to docs/compatibility.md"
    assert files - in_code() == set(), "to be taken out of docs/compatibility.md"


def test_every_command_has_a_row() -> None:
    """But for those whose document is a file's."""
    rows = "\n".join(outputs())
    assert "| `kt-migrate-gate-pre-output/1` | `gate pre` |" in rows
    assert {name for name in commands() if f"| `{name}` |" not in rows} == OF_FILES


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
