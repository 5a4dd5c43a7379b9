"""The archive's limits, as a person writes them: in kt-migrate.yaml, or after --limit."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_migrate.archive.limits import Limits
from kt_migrate.bounds import Bounds, with_options
from kt_migrate.config import find_workspace
from kt_migrate.errors import ConfigurationError, ExitCode, UsageError

NAMES = list(Bounds.model_fields)
SIZES = ["max_file_bytes", "max_container_bytes", "max_container_memory", "ratio_floor"]


def test_what_a_person_may_write_is_what_the_archive_keeps_to() -> None:
    """The same names and standard values, so that neither can be forgotten."""
    assert Bounds().model_dump() == asdict(Limits())


@given(st.integers(1, 8_000), st.sampled_from(["", " "]), st.booleans())
def test_a_size_is_a_number_with_a_unit_or_without(number: int, gap: str, low: bool) -> None:  # noqa: FBT001  # given
    """Powers of 1024; capitals do not matter."""
    for unit, bits in {"": 0, "B": 0, "KiB": 10, "MiB": 20, "GiB": 30, "TiB": 40}.items():
        text = f"{number}{gap if unit else ''}{unit.lower() if low else unit}"
        for name in SIZES:
            assert getattr(with_options(Bounds(), [f"{name}={text}"]), name) == number << bits


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "value",
    ["", "0", "-1", "1.5", "x", "64 MB", "64 M", "1e3", "0x10", "٣", "9" * 5000, str(2**53 + 1)],
)
def test_a_value_that_none_can_have_is_refused(name: str, value: str) -> None:
    """By its name; the value is not shown."""
    with pytest.raises(UsageError) as caught:
        with_options(Bounds(), [f"{name}={value}"])

    assert caught.value.where == f"--limit {name}"
    assert caught.value.exit_code is ExitCode.USAGE
    assert caught.value.what.startswith("This limit cannot be: ")
    assert all(known in caught.value.fix for known in NAMES)
    assert len(caught.value.what) < 200


@pytest.mark.parametrize("option", ["max_dept=3", "max_dept", "=3", ""])
def test_a_limit_that_there_is_not_is_refused(option: str) -> None:
    """A typing error is never passed over."""
    with pytest.raises(UsageError) as caught:
        with_options(Bounds(), ["max_depth=3", option])

    assert caught.value.where == f"--limit {option.partition('=')[0]}"


def test_a_depth_ends_before_python_does() -> None:
    """A folder within a folder is a call within a call."""
    assert with_options(Bounds(), ["max_depth=250"]).max_depth == 250
    with pytest.raises(UsageError):
        with_options(Bounds(), ["max_depth=251"])


def test_what_the_command_line_says_goes_before_the_file() -> None:
    """The last one that is given; what it does not name stays."""
    bounds = Bounds(max_depth=9, max_ratio=8)

    said = with_options(bounds, ["max_depth=3", "max_entries=7", "max_depth=4"])

    assert said == Bounds(max_depth=4, max_ratio=8, max_entries=7)
    assert with_options(bounds, []) == bounds


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("limits: {max_depth: 0}", 10),
        ("limits: {max_depth: 251}", 10),
        ("limits: {max_entries: 5 MiB}", 10),
        ("limits: {max_file_bytes: 64 MB}", 10),
        ("limits: {max_file_bytes: '64'}", 10),
        ("limits: {max_ratio: 2, max_dept: 3}", 24),
        ("limits: {max_ratio: true}", 10),
        ("limits: 3", 1),
    ],
)
def test_a_wrong_limit_is_named_by_file_line_and_column(
    folder: Path, line: str, column: int
) -> None:
    """Whatever is wrong with it; a number in quotes is none."""
    path = folder / "kt-migrate.yaml"
    text = path.read_text("utf-8")
    path.write_text(f"{text}{line}\n", "utf-8")

    with pytest.raises(ConfigurationError) as caught:
        find_workspace(folder)

    assert caught.value.where == f"kt-migrate.yaml:{text.count(chr(10)) + 1}:{column}"


def test_limits_are_no_part_of_the_digest_of_the_domain(folder: Path) -> None:
    """They are bound apart, with those of the command line."""
    before = find_workspace(folder)
    path = folder / "kt-migrate.yaml"
    path.write_text(path.read_text("utf-8") + "limits: {max_file_bytes: 64 MiB}\n", "utf-8")

    after = find_workspace(folder)

    assert after.domain.limits == Bounds(max_file_bytes=64 << 20)
    assert after.digest == before.digest
