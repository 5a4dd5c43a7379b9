"""Every kind of trouble gets one line; the good ones are read."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from archive.hostile import Expected
from archive.reading import outcome
from kt_migrate.archive.files import walk
from kt_migrate.kt13.read import read_document
from kt_migrate.model import SourceFile, Unreadable


def what_comes_of(file: SourceFile) -> str:
    """Return what comes of a file, reading it as the next step does."""
    if not isinstance(file.content, bytes):
        return outcome(file)
    found = read_document(file.content)
    if isinstance(found, Unreadable):
        return f"{found.issue.code}:{found.issue.detail}"
    return "message"


def test_a_trouble_has_one_line_with_its_reason(hostile: tuple[Path, Expected]) -> None:
    """As the builder says, no line too many; what is good among it is read."""
    folder, expected = hostile
    files = list(walk([folder]))

    assert {file.name: what_comes_of(file) for file in files} == expected
    assert Counter(file.name for file in files).most_common(1)[0][1] == 1
    assert len({what for what in expected.values() if ":" in what}) >= 30


def test_names_are_fit_to_print(hostile: tuple[Path, Expected]) -> None:
    """One line, no control characters, nothing that turns the text round."""
    assert [file.name for file in walk([hostile[0]]) if not file.name.isprintable()] == []


def test_the_order_of_reading_is_that_of_the_names(hostile: tuple[Path, Expected]) -> None:
    """Sorted within a folder, so that two machines read the same archive in the same order."""
    names = [file.name for file in walk([hostile[0]])]

    assert names == [file.name for file in walk([hostile[0]])]
    top = [name.split("/")[0].split("!")[0] for name in names]
    assert list(dict.fromkeys(top)) == sorted(set(top))
