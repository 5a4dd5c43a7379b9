"""Every reason that the archive gives stands in docs/archives.md."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from kt_migrate.archive.limits import Limits

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "archives.md").read_text("utf-8")
_REASON = re.compile(
    r'(?:RefusedError|give_last)\("([a-z0-9-]+)"|(?:REFUSED|NOT_REGULAR), "([a-z0-9-]+)"'
    r'|"([a-z0-9]+(?:-[a-z0-9]+)+)" if|\("([a-z-]+)" if|, "([a-z0-9]+-[a-z0-9-]+)"'
)


def reasons() -> list[str]:
    """Return the reasons in the code."""
    found = set()
    for path in sorted((ROOT / "src" / "kt_migrate" / "archive").glob("*.py")):
        for match in _REASON.finditer(path.read_text("utf-8")):
            found |= {group for group in match.groups() if group}
    return sorted(found - {"file-too-large"})


@pytest.mark.parametrize("reason", reasons())
def test_a_reason_is_documented(reason: str) -> None:
    """By its name, in a table."""
    assert f"`{reason}`" in PAGE


def test_the_reasons_are_found() -> None:
    """The search above does find them."""
    assert len(reasons()) > 30


@pytest.mark.parametrize("limit", [field.name for field in fields(Limits)])
def test_a_limit_is_documented(limit: str) -> None:
    """By its name."""
    assert f"| `{limit}` |" in PAGE
