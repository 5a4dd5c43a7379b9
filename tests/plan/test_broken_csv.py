"""An enrichment that is no CSV is said with its line, whatever is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from kt_migrate.errors import ConfigurationError
from kt_migrate.plan.enrichment import read_enrichment
from supplying import values_of

HEAD = "link,field,value\nurn:a,email,b\n"


def test_a_value_without_end_is_said_with_its_line(tmp_path: Path) -> None:
    """Python's reader takes no cell of more than 131,072 signs."""
    (tmp_path / "e.csv").write_text(HEAD + "urn:b,email," + "x" * 140_000)

    with pytest.raises(ConfigurationError) as caught:
        read_enrichment([tmp_path])

    assert caught.value.where == "e.csv:3"
    assert "xxx" not in f"{caught.value.what} {caught.value.fix}"


def test_line_ends_of_any_kind_are_read(tmp_path: Path) -> None:
    """Of Windows and of old Macs too."""
    for number, end in enumerate(["\n", "\r\n", "\r"]):
        (tmp_path / f"{number}.csv").write_bytes(HEAD.replace("\n", end).encode())
        found = read_enrichment([tmp_path / f"{number}.csv"])
        assert values_of(found) == {("urn:a", "email"): "b"}
