"""Every file that once hurt goes through its target again, without atheris."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz.mutating import changed
from fuzz.seeds import CORPUS, WORDS, dictionary, seeds
from fuzz.targets import TARGETS

FILES = sorted(path for path in CORPUS.glob("*/*") if path.is_file())
HEAVY = {"plan", "algorithm"}
"""What takes a tenth of a second each time: those have the corpus, and the hour of atheris."""


@pytest.mark.parametrize("path", [pytest.param(p, id=f"{p.parent.name}-{p.name}") for p in FILES])
def test_what_once_hurt_does_so_no_more(path: Path) -> None:
    """By the target whose folder it lies in."""
    TARGETS[path.parent.name](path.read_bytes())


def test_every_folder_of_the_corpus_is_that_of_a_target() -> None:
    """And each file is named after what it was."""
    assert {path.name for path in CORPUS.iterdir() if path.is_dir()} <= set(TARGETS)
    assert all(path.parent.parent == CORPUS for path in FILES)


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_every_target_takes_its_seeds(target: str) -> None:
    """What fuzzing starts from is sound, or a finding would be no news."""
    given_to = _seeds(target)
    assert given_to
    for content in given_to[:20] if target in HEAVY else given_to:
        TARGETS[target](content)


@cache
def _seeds(target: str) -> tuple[bytes, ...]:
    return tuple(seeds(target))


def _bytewise(content: bytes, random: Random) -> bytes:
    """Change a few bytes, or put a word of the dictionary somewhere."""
    made = bytearray(content)
    for _time in range(random.choice((1, 2, 8))):
        place = random.randrange(len(made) + 1)
        some = random.choice((random.randbytes(1), random.choice(WORDS).encode(), b""))
        made[place : place + random.choice((0, 1, 4))] = some
    return bytes(made)


@pytest.mark.property
@pytest.mark.parametrize("target", sorted(set(TARGETS) - HEAVY))
@settings(deadline=None, max_examples=40)
@given(st.randoms(use_true_random=False))
def test_what_is_mutated_keeps_every_promise(target: str, random: Random) -> None:
    """A small part of what `make fuzz` does for an hour, in every run of the tests."""
    content = random.choice(_seeds(target))
    TARGETS[target](changed(target, content, random, lambda some: _bytewise(some, random)))


def test_the_dictionary_is_one_that_the_fuzzer_takes() -> None:
    """A word a line, its bytes in hexadecimal digits."""
    lines = dictionary().splitlines()
    assert len(lines) == len(set(lines)) == len(WORDS)
    assert '"\\x50\\x4b\\x03\\x04"' in lines
