"""Every kind of trouble gets one line; the good ones are read."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

import pytest

from archive.hostile import build
from kt_migrate.archive.files import walk
from kt_migrate.kt13.read import read_document
from kt_migrate.model import NoMessage, SourceFile, Unreadable


def outcome(file: SourceFile) -> str:
    """Return what comes of a file, reading it as the next step does."""
    found = read_document(file.content) if isinstance(file.content, bytes) else file.content
    match found:
        case Unreadable():
            return f"{found.issue.code}:{found.issue.detail}"
        case NoMessage():
            return f"no-message {found.kind}"
        case _:
            return "message"


def _cases() -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        return sorted(build(Path(folder) / "archive"))


Walked = tuple[dict[str, str], dict[str, str], Counter[str]]


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Walked:
    """Return what is expected of each name, what came of it, and how often it came."""
    folder = tmp_path_factory.mktemp("hostile") / "archive"
    expected = build(folder)
    files = list(walk([folder]))
    return expected, {f.name: outcome(f) for f in files}, Counter(f.name for f in files)


@pytest.mark.parametrize("name", _cases())
def test_a_trouble_has_one_line_with_its_reason(walked: Walked, name: str) -> None:
    """As the builder says; what is good among it is read."""
    expected, found, times = walked

    assert found.get(name) == expected[name]
    assert times[name] == 1


def test_there_is_nothing_but_what_was_built(walked: Walked) -> None:
    """No line too many; thirty different reasons."""
    expected, found, _times = walked

    assert set(found) - set(expected) == set()
    assert len({what for what in expected.values() if ":" in what}) >= 30


def test_names_are_fit_to_print(walked: Walked) -> None:
    """One line, no control characters, nothing that turns the text round."""
    _expected, found, _times = walked

    assert [name for name in found if not name.isprintable()] == []
