"""A pseudonym is the same for ever, differs per link, and a mistyped one is noticed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_migrate.errors import UsageError
from kt_migrate.pseudonyms import (
    ALPHABET,
    LENGTH,
    belongs_to,
    checked,
    collision,
    is_like,
    pseudonym,
)

LINKS = st.text(st.characters(exclude_categories=()), max_size=200)
PATIENT = "https://epd.example/fhir/Koppeltaal/Patient/0"


def plain(name: str) -> str:
    """Return a pseudonym without its dashes."""
    return name.replace("-", "")


@pytest.mark.parametrize(
    ("link", "name"),
    [
        (PATIENT, "QPCA-M8NV-D9F49"),
        ("", "E938-MBN9-SQB6G"),
        ("PLAYPROOF", "48V1-14HM-MT47R"),
    ],
)
def test_it_is_the_same_for_ever(link: str, name: str) -> None:
    """What stands in an error list of last year still finds its object."""
    assert pseudonym(link) == name


@given(LINKS)
def test_every_link_has_one_and_it_is_read_back(link: str) -> None:
    """In the form of the standard, and in whatever form a person types it."""
    name = pseudonym(link)

    assert [len(part) for part in name.split("-")] == [4, 4, 5]
    assert set(plain(name)) <= set(ALPHABET)
    assert pseudonym(link) == name
    for typed in (name, plain(name), name.lower(), plain(name).lower(), name.replace("-", " ")):
        assert is_like(typed)
        assert checked(typed) == name
        assert belongs_to(typed)(link)
    alike = name.replace("0", "o").replace("1", "l")
    assert checked(alike) == checked(name.replace("1", "I")) == name


@given(LINKS, LINKS)
def test_two_links_have_two(one: str, other: str) -> None:
    """And each finds its own only."""
    assert (pseudonym(one) == pseudonym(other)) == (one == other)
    assert belongs_to(pseudonym(one))(other) == (one == other)


@given(LINKS, st.integers(0, LENGTH), st.sampled_from(ALPHABET))
def test_one_wrong_character_shows(link: str, place: int, wrong: str) -> None:
    """Wherever it stands, the check character's own place too."""
    name = plain(pseudonym(link))
    typed = name[:place] + wrong + name[place + 1 :]
    if typed == name:
        return

    with pytest.raises(UsageError, match="check character"):
        checked(typed)


@given(LINKS, st.integers(0, LENGTH), st.integers(0, LENGTH))
def test_two_characters_that_changed_places_show(link: str, one: int, other: int) -> None:
    """Neighbours, and any two others."""
    characters = list(plain(pseudonym(link)))
    characters[one], characters[other] = characters[other], characters[one]
    typed = "".join(characters)
    if typed == plain(pseudonym(link)):
        return

    with pytest.raises(UsageError, match="check character"):
        checked(typed)


@pytest.mark.parametrize("cut", [slice(0, -1), slice(1, None), slice(0, 0)])
def test_one_too_few_or_too_many_shows(cut: slice) -> None:
    """A mistyped one may have one character more or less; it still looks like one."""
    name = pseudonym(PATIENT)
    for typed in (name[cut], name + "7", name[:3] + name[2:]):
        with pytest.raises(UsageError, match="check character"):
            checked(typed)
    assert is_like(name[:-1])
    assert is_like(name + "7")


@pytest.mark.parametrize(
    "text",
    ["", "7", PATIENT, "ÀBCDEFGHJKMNP", "QPCA-M8NV-D9F49QPX", "QPCA-M8NV-D9F", "app.example.1"],
)
def test_a_link_does_not_look_like_one(text: str) -> None:
    """It is refused as one all the same."""
    assert not is_like(text)
    with pytest.raises(UsageError, match="check character"):
        checked(text)


def test_what_was_typed_is_not_repeated() -> None:
    """It may be a name, of whom nothing stands in a log."""
    with pytest.raises(UsageError) as caught:
        checked("Karin Vissers")
    assert is_like("Karin Vissers")
    assert "Visser" not in str(caught.value)


def test_two_of_a_million_hardly_ever_share_one() -> None:
    """One character less, and they would more often than one in a million."""
    assert collision(1_000_000) < 1e-6
    assert collision(1_000_000) * len(ALPHABET) > 1e-6
    assert collision(1) == collision(0) == 0
    assert len({pseudonym(str(number)) for number in range(20_000)}) == 20_000
