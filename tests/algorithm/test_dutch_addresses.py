"""How lines of Dutch addresses are taken apart: only when certain."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_migrate.algorithm.dutch_addresses import LONGEST, Line, split_line

pytestmark = pytest.mark.property


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("Dorpsstraat 1", ("Dorpsstraat", "1", "")),
        ("Dorpsstraat 12345", ("Dorpsstraat", "12345", "")),
        ("Dorpsstraat 12a", ("Dorpsstraat", "12", "a")),
        ("Dorpsstraat 12 A", ("Dorpsstraat", "12", "A")),
        ("Dorpsstraat 12-A", ("Dorpsstraat", "12", "A")),
        ("Dorpsstraat 12A bis", ("Dorpsstraat", "12", "A bis")),
        ("1e Jacob van Campenstraat 15 A 2e", ("1e Jacob van Campenstraat", "15", "A 2e")),
        ("2de Dwarsstraat 3", ("2de Dwarsstraat", "3", "")),
        ("Burg. de Vlugtlaan 3", ("Burg. de Vlugtlaan", "3", "")),
        ("'t Zand 3", ("'t Zand", "3", "")),
        ("Oude Kerkstr. 3", ("Oude Kerkstr.", "3", "")),
        ("Laan (Noord) 3", ("Laan (Noord)", "3", "")),
        ("Postbuslaan 3", ("Postbuslaan", "3", "")),
    ],
)
def test_a_street_with_a_number_is_split(line: str, parts: tuple[str, str, str]) -> None:
    """The suffix is a letter, and what stands behind that."""
    assert split_line(line) == Line(*parts)


@pytest.mark.parametrize(
    "line",
    [
        "Dorpsstraat",
        "12",
        "12 Main Street",
        "Dorpsstraat 0",
        "Dorpsstraat 012",
        "Dorpsstraat 123456",
        "Dorpsstraat 12-14",
        "Dorpsstraat 12 14",
        "Dorpsstraat 12 bis",
        "Dorpsstraat 12 II",
        "Dorpsstraat 12abc",
        "Dorpsstraat 12 a kelder",
        "Dorpsstraat 12, Ons Dorp",
        "Dorpsstraat, 12",
        "Dorpsstraat t/o 12",
        "Dorpsstraat nabij 12",
        "Dorpsstraat nr. 12",
        "Dorpsstraat No 12",
        "Postbus 12",
        "POSTBUS 12",
        "Antwoordnummer 12",
        "Gebouw A 12",
        "Flat Zuid 3",
        "Plein 1813",
        "Plein 2000",
        "Plein 1940 12",
        "Plein '40-'45 12",
        "1 2e Straat 3",
        "Dorpsstraat  12",
        " Dorpsstraat 12",
        "Dorpsstraat 12 ",
        "Dorpsstraat 12\n",
        "Dorpsstraat\t12",
        "Dorpsstraat ١٢",
        "- 12",
        "",
        "a" * LONGEST + " 12",
        "a 1 " * 500_000,
        "a" * 1_000_000,
    ],
)
def test_a_line_stays_whole_when_its_parts_are_not_certain(line: str) -> None:
    """A box, a year, two numbers, an addition without a letter; and what is too long."""
    assert split_line(line) is None


@given(
    st.one_of(
        st.text(max_size=30),
        st.builds(
            "{} {}{}".format,
            st.sampled_from(["Dorpsstraat", "Laan van Nu", "1e Straat", "Postbus", "Plein"]),
            st.integers(0, 20_000),
            st.sampled_from(["", "a", " A", "-b", " A 2e", " bis", "-3"]),
        ),
    )
)
def test_what_is_split_reads_as_what_it_was(line: str) -> None:
    """No letter is lost or moved."""
    found = split_line(line)
    if found is not None:
        suffix = found.suffix.replace(" ", "")
        rest = line.removeprefix(f"{found.street} {found.number}")
        assert rest.replace(" ", "").removeprefix("-") == suffix
        assert split_line(found.street) is None
