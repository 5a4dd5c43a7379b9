"""Names of any bytes: fit to print, unique, and the bytes can be had back."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kt_migrate.archive.limits import Limits
from kt_migrate.archive.names import UniqueNames, inside, original, shown, suspect

QUICK = settings(max_examples=60, deadline=None)
_BYTES = st.one_of(
    st.binary(max_size=12),
    st.text(max_size=8).map(lambda t: t.encode("utf-8", "replace")),
    st.lists(
        st.sampled_from([b"\\", b"\\x21", b"!", b"x", b"\xff", b"\xc3\xa9", b"\n", b"\\\\"]),
        max_size=6,
    ).map(b"".join),
)


@given(_BYTES)
@QUICK
def test_a_name_is_printable_and_its_bytes_can_be_had_back(name: bytes) -> None:
    """Whatever they are; the same as text of the operating system."""
    said = shown(name)

    assert original(said) == name
    assert said.isprintable()
    assert "!" not in said
    assert shown(os.fsdecode(name)) == said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (b"a/b c-1_(2).xml", "a/b c-1_(2).xml"),
        (b"a+b:c@d=e,f", "a+b:c@d=e,f"),
        ("caf\u00e9".encode(), "caf\u00e9"),
        (b"a\\b", "a\\\\b"),
        (b"a!b", "a\\x21b"),
        (b"\xff\xfe", "\\xff\\xfe"),
        (b"a\nb\x1b", "a\\x0ab\\x1b"),
        ("\u202e".encode(), "\\xe2\\x80\\xae"),
        (b"", ""),
        ("\ud800", "\\xed\\xa0\\x80"),
    ],
)
def test_a_name_is_shown_in_one_way(name: bytes | str, said: str) -> None:
    """What is plain stays; the rest byte by byte."""
    assert shown(name) == said
    assert inside("a.zip", name) == f"a.zip!{said}"


@pytest.mark.parametrize(
    ("name", "detail"),
    [
        ("a.xml", ""),
        ("a/b/c", ""),
        ("a/./b/c", ""),
        ("a/b/c/", ""),
        ("a/b/c/d", "too-deep"),
        ("a\\b\\c\\d", "too-deep"),
        ("..a/b..", ""),
        ("...", ""),
        ("ab:c", ""),
        ("a/c:d", ""),
        (":a", ""),
        ("", "path"),
        (".", "path"),
        ("/", "path"),
        ("/a", "path"),
        ("\\a", "path"),
        ("..", "path"),
        ("a/..", "path"),
        ("a\\..\\b", "path"),
        ("C:a", "path"),
        ("c:\\a", "path"),
        ("a\0b", "path"),
        ("a.xml\0.zip", "path"),
        ("../a/b/c/d/e", "path"),
    ],
)
def test_a_name_that_gets_out_or_too_deep_is_refused(name: str, detail: str) -> None:
    """In the way of any system; three folders are allowed here."""
    assert suspect(name, Limits(max_depth=3)) == detail


@given(st.lists(st.sampled_from(["a", "b", "a#2", "a#3", "a#2#2", "c"]), max_size=12))
@QUICK
def test_names_stay_unique_and_the_first_keeps_its_own(names: list[str]) -> None:
    """Numbered from two; also beside names that look as if they were numbered."""
    unique = UniqueNames()
    given_ = [unique.give(name) for name in names]

    assert len(set(given_)) == len(given_)
    for number, (name, said) in enumerate(zip(names, given_, strict=True)):
        assert said == name or (said.startswith(f"{name}#") and name in given_[:number])
        assert (said == name) == (name not in given_[:number])


def test_numbers_count_on() -> None:
    """Each the first that is free."""
    unique = UniqueNames()

    assert [unique.give("a") for _ in range(4)] == ["a", "a#2", "a#3", "a#4"]
    assert [unique.give(n) for n in ("b#2", "b", "b", "b")] == ["b#2", "b", "b#3", "b#4"]
