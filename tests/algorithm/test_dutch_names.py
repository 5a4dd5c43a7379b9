"""How Dutch names are taken apart: only when certain, and never with a letter lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_migrate.algorithm.dutch_names import (
    LONGEST,
    is_initial,
    joined,
    split_family,
    split_given,
)
from kt_migrate.algorithm.load import load_algorithm

pytestmark = pytest.mark.property

PARTICLES = load_algorithm("standard").codes["name-particles"]


def bare(text: str) -> str:
    """Return a text without its spaces."""
    return "".join(text.split())


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Jan", ["Jan"]),
        ("Jan Piet", ["Jan Piet"]),
        ("Anne-Marie", ["Anne-Marie"]),
        ("J", ["J"]),
        ("J.", ["J."]),
        ("A.B.", ["A.", "B."]),
        ("A.B", ["A.", "B"]),
        ("a.b.", ["a.", "b."]),
        ("A. B.", ["A.", "B."]),
        ("A B", ["A", "B"]),
        ("A.B. C.", ["A.", "B.", "C."]),
        ("É.Ö.", ["É.", "Ö."]),
        ("Th.M.", ["Th.", "M."]),
        ("Chr.", ["Chr."]),
        ("IJ.J.", ["IJ.", "J."]),
        ("Joh. P.", ["Joh.", "P."]),
        ("Jan P.", ["Jan", "P."]),
        ("J.P. Jan Piet", ["J.", "P.", "Jan Piet"]),
        ("Jan Piet P. Klaas", ["Jan Piet", "P.", "Klaas"]),
        ("J.-P.", ["J.-P."]),
        ("Jan.Piet.", ["Jan.Piet."]),
        ("Joh.M.", ["Joh.M."]),
        ("Jan.Piet. Klaas K.", ["Jan.Piet. Klaas", "K."]),
        ("HJM", ["HJM"]),
        ("HJM Jan", ["HJM", "Jan"]),
        ("Jan (Johannes)", ["Jan (Johannes)"]),
        ("明", ["明"]),
        ("A.B." * (LONGEST // 4 + 1), ["A.B." * (LONGEST // 4 + 1)]),
        ("A." * (LONGEST // 2), ["A."] * (LONGEST // 2)),
    ],
)
def test_a_given_name_is_split_at_its_initials_only(text: str, parts: list[str]) -> None:
    """Names in one text stay together: whether *Jan Piet* is one name, its writer knows."""
    assert [*split_given(text)] == parts


@pytest.mark.parametrize(
    ("text", "initial"),
    [
        *((text, True) for text in ("J", "j", "J.", "Th.", "J.-P.", "J-P", "J-P-K", "HJM", "A.B.")),
        *((text, False) for text in ("Jo", "JO", "Jan", "Anne-Marie", "ng", "", "明", "'t", "-")),
    ],
)
def test_an_initial_is_told_from_a_name(text: str, initial: bool) -> None:  # noqa: FBT001 (a row)
    """A capital without a vowel is no name; a letter without capitals is one."""
    assert is_initial(text) is initial


@pytest.mark.parametrize(
    ("family", "apart"),
    [
        ("van der Berg", ("van der", "Berg")),
        ("van den Berg", ("van den", "Berg")),
        ("de Vries", ("de", "Vries")),
        ("'t Hart", ("'t", "Hart")),
        ("\u2019t Hart", ("\u2019t", "Hart")),
        ("van 't Hof", ("van 't", "Hof")),
        ("in 't Veld", ("in 't", "Veld")),
        ("op den Akker", ("op den", "Akker")),
        ("ter Horst", ("ter", "Horst")),
        ("d'Hondt", ("d'", "Hondt")),
        ("d\u2019Hondt", ("d\u2019", "Hondt")),
        ("van d'Eyck", ("van d'", "Eyck")),
        ("von der Mühlen", ("von der", "Mühlen")),
        ("de O'Neill", ("de", "O'Neill")),
        ("Van der Berg", ("Van der", "Berg")),
        ("Van 't Hof", ("Van 't", "Hof")),
        ("de IJssel", ("de", "IJssel")),
        ("de B" + "e" * (LONGEST - 4), ("de", "B" + "e" * (LONGEST - 4))),
    ],
)
def test_a_prefix_is_taken_from_a_family_name_when_that_is_certain(
    family: str, apart: tuple[str, str]
) -> None:
    """Known particles before one name with a capital; the parts read as the family again."""
    found = split_family(family, PARTICLES.__contains__)

    assert found == apart
    assert found is not None
    assert joined(*found) == family


@pytest.mark.parametrize(
    "family",
    [
        "Berg",
        "Van Damme",
        "De Smet",
        "Van Der Berg",
        "VAN DER BERG",
        "van der berg",
        "D'Hondt",
        "le thi",
        "van der",
        "van",
        "de Vries-Jansen",
        "de Vries - Jansen",
        "Jansen-de Vries",
        "de Vries Jansen",
        "de Vries (Jansen)",
        "de Vries, Jan",
        "de Vries 2",
        "Jansen van Dam",
        "El Khatib",
        "van dErp",
        "d'",
        "",
        " ",
        "van der " * 30 + "Berg",
        "de B" + "e" * (LONGEST - 3),
    ],
)
def test_a_family_name_stays_whole_when_its_parts_are_not_certain(family: str) -> None:
    """A Belgian, two names, a name in one case, a title behind it."""
    assert split_family(family, PARTICLES.__contains__) is None


WORDS = st.sampled_from(
    [
        *PARTICLES,
        "Van",
        "DER",
        "Berg",
        "berg",
        "A.",
        "A.B.",
        "Jan",
        "Th.M.",
        "d'Hondt",
        "\u2019t",
        "-",
    ]
)
TEXTS = st.one_of(
    st.text(max_size=30),
    st.lists(WORDS, max_size=6).map(" ".join),
    st.text("AaJĳ.-' \u2019\u00a0\t", max_size=24),
)


@given(TEXTS)
def test_what_is_split_reads_as_what_it_was(text: str) -> None:
    """No letter is lost or moved, and parts do not fall apart further."""
    parts = split_given(text)
    assert bare("".join(parts)) == bare(text)
    assert [split_given(part) for part in parts] == [(part,) for part in parts]
    assert parts == (text,) or len(parts) > 1 or parts == (text.strip(),)

    found = split_family(text, PARTICLES.__contains__)
    if found is not None:
        assert bare(joined(*found)) == bare(text)
        assert found[1][:1].isupper()
        assert split_family(found[1], PARTICLES.__contains__) is None


@given(
    st.sampled_from(["van", "van der", "'t", "d'", "van d\u2019"]), st.sampled_from(["Berg", "Ïo"])
)
def test_what_is_joined_is_split_again(prefix: str, name: str) -> None:
    """The other way round."""
    assert split_family(joined(prefix, name), PARTICLES.__contains__) == (prefix, name)


@pytest.mark.parametrize("text", ["A." * 500_000, "van " * 250_000, "a" * 1_000_000, "B" * 10**6])
def test_a_hostile_name_stays_whole(text: str) -> None:
    """What is too long is no name, and is not looked into: with a second power this never ends."""
    assert split_given(text) == (text,)
    assert split_family(text, PARTICLES.__contains__) is None
