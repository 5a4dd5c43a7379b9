"""How lines of the error list are told in a few words."""

from __future__ import annotations

from collections.abc import Mapping

from kt_migrate.language import tr
from kt_migrate.reports.error_list import short_name


def counted_words(counts: Mapping[str, int], *, always: bool = False) -> str:
    """Return words with how often each occurs, the most frequent first.

    Args:
        counts: per word.
        always: also of a single word the number.
    """
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    if len(ordered) == 1 and not always:
        return ordered[0][0]
    return ", ".join(f"{word} {count}" for word, count in ordered)


def example_words(source_type: str, link: str, path: str) -> tuple[str, str]:
    """Return which object is an example: its pseudonym, type and path; and its link."""
    words = " ".join(filter(None, (short_name(link), source_type, path)))
    return f"{tr('For example')} {words}", link
