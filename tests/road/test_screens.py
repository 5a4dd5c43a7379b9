"""The screens of the documents are what the commands say now."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import screens
from door import kt_migrate_for_scripts

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("page", screens.PAGES, ids=lambda page: page.name)
def test_the_screens_of_a_page_are_what_its_commands_say(tmp_path: Path, page: Path) -> None:
    """Given in its order, in an empty folder; `python tools/screens.py` renews them."""
    text = page.read_text("utf-8")

    with kt_migrate_for_scripts(tmp_path) as environment:
        assert screens.renewed(text, environment) == text


def test_readme_shows_the_books_that_the_tutorial_has() -> None:
    """Line by line; what is left out between is dots."""
    readme = (screens.ROOT / "README.md").read_text("utf-8")
    shown = readme.partition("`make demo` ends with\n\n```\n")[2].partition("\n```")[0]
    lines = [line.rstrip() for line in shown.splitlines() if not line.startswith(("…", "Rapport"))]
    tutorial = (screens.ROOT / "docs" / "tutorial.md").read_text("utf-8").splitlines()

    assert len(lines) > 5
    assert [line for line in lines if line not in tutorial] == []


PAGE = """\
<!-- screen -->
```console
$ mkdir a && cd a
$ echo "in $(basename $PWD)"
old
```
<!-- screen: to=2 from=8 -->
```console
$ seq 9
```
<!-- screen: until=ready -->
```console
$ sh -c 'touch there; echo ready; sleep 100'
```
<!-- screen: exit=3 -->
```console
$ ls
$ exit 3
```
"""


def test_a_page_is_given_in_one_folder_and_order() -> None:
    """A folder is kept from command to command; what is left running ends with the page."""
    page = screens.renewed(PAGE, os.environ)

    assert "old" not in page
    assert "in a\n" in page
    assert "$ seq 9\n1\n2\n…\n8\n9\n" in page
    assert "sleep 100'\nready\n" in page
    assert "$ ls\nthere\n$ exit 3\n" in page
    assert screens.renewed(page, os.environ) == page


@pytest.mark.parametrize(
    ("options", "command"),
    [
        ("", "false"),
        ("exit=1", "true"),
        ("until=ready", "true"),
        ("from=x", "echo y"),
        ("tail=3", "true"),
    ],
)
def test_a_page_that_says_otherwise_is_refused(options: str, command: str) -> None:
    """An end, a word or a line that does not come, and an option that is none."""
    head = f"screen: {options}" if options else "screen"
    with pytest.raises(ValueError, match=r"ended|no line|no option"):
        screens.renewed(f"<!-- {head} -->\n```console\n$ {command}\n```\n", os.environ)


def test_what_differs_from_one_time_to_another_is_made_the_same() -> None:
    """Folder, moment, port, speed, and identifiers that are drawn; those of the example stay."""
    one, other = "0e5f5cd6-31c9-4d5c-a2d0-2b5e8ad0a5bd", "9e5f5cd6-31c9-4d5c-a2d0-2b5e8ad0a5bd"
    mine = "00000000-0000-4000-8000-000000000021"
    said = f"/home/x/EXAMPLE 2026-01-02T03:04:05.678Z 127.0.0.1:40123 3 s, 15/s {one} {other} {one} {mine}"

    same = screens.same(said, Path("/home/x"))

    begin, first, second, again, last = same.rsplit(" ", 4)
    assert begin == "~/EXAMPLE 2026-11-28T12:00:00.000Z 127.0.0.1:8420 0 s, 400/s"
    assert first == again != second
    assert last == mine
