"""What is remembered is bounded by its number and by its length."""

from __future__ import annotations

import doctest

from kt_migrate.kt13 import links
from kt_migrate.kt13.remembering import LONGEST, remembered

SHORT, LONG = "x" * LONGEST, "x" * (LONGEST + 1)


def test_a_short_text_is_asked_once_and_a_long_one_each_time() -> None:
    """A version of a megabyte in each of a thousand documents is a gigabyte, were it kept."""
    asked: list[str | None] = []

    @remembered(2)
    def length(text: str | None) -> int:
        """Say how long."""
        asked.append(text)
        return len(text or "")

    assert [length(text) for text in (SHORT, SHORT, LONG, LONG, None, None)] == [
        *(LONGEST, LONGEST, LONGEST + 1, LONGEST + 1, 0, 0)
    ]
    assert asked == [SHORT, LONG, LONG, None]
    for text in ("a", SHORT):
        length(text)
    assert asked[4:] == ["a", SHORT]
    length.cache_clear()
    length(SHORT)
    assert asked[6:] == [SHORT]
    assert length.__doc__ == "Say how long."


def test_what_is_remembered_keeps_its_examples() -> None:
    """A decorated function keeps its docstring, and so its examples are tried."""
    found = doctest.testmod(links)
    assert found.failed == 0
    assert found.attempted >= 5  # mutants have the examples of what they are made of
    assert doctest.testmod(links).failed == 0
