"""Everything that a person reads has its Dutch, and the Dutch is that of the draaiboek."""

from __future__ import annotations

import ast
import pickle
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

import words
from kt_migrate.errors import ConfigurationError, Said, lines, said
from kt_migrate.language import (
    decimal,
    in_languages,
    number,
    percent,
    pointed,
    set_language,
    shown,
    tr,
    trn,
)

_NAMES = re.compile(
    r"kt-migrate(?: [a-z][a-z-]*)*|--[\w-]+|[\w/-]+\.(?:csv|json|yaml|pem|html|ndjson|jws|md)|'[^']*'"
    r"|\{\w+[^}]*\}|KT2_\w+ [\w.\[\]]+|keyring set SERVICE USER|read, map, plan, write, verify, undo|file descriptor|errors export|system/Subscription.rs|file, keyring of command"
)
"""What a command, an option, a file or a place is called is no Dutch."""
_SENTENCE = re.compile(r"(?!SELECT|INSERT|UPDATE|DELETE)[A-Z][a-z']* \S.* .*[.:?]", re.DOTALL)
OF_OTHERS = {'Invalid conditional URL "…". The given resource is not matched by this URL.'}
"""What a server says, and no person of ours."""
TERMS = Path(__file__).with_name("terms.txt")


def test_every_word_has_its_dutch_and_the_catalogue_is_that_of_the_code() -> None:
    """Nothing lacks, nothing is left of what is gone, and every place is filled in."""
    catalog = words.renewed(words.read())

    assert len(catalog) > 1_000
    assert words.lacking(catalog) == []
    assert words.as_po(catalog) == words.PO.read_bytes()


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('tr("a")', ["a"]),
        ('tr("a {x}", x=1)', ["a {x}"]),
        ('said("b " "c")', ["b c"]),
        ('trn("{n} file", "{n} files", 2)', [("{n} file", "{n} files")]),
        ('raise SourceError("w", where="x", fix="f")', ["w", "f"]),
        (
            'raise SourceError(said("w {a}", a=1), where="x", fix="f" if y else "g")',
            ["f", "g", "w {a}"],
        ),
        ('Entry("code", 1, "read", "title", "advice")', ["title", "advice"]),
        ('other("z"); raise ValueError("v")', []),
    ],
)
def test_what_is_for_people_is_taken_out(source: str, found: list[object]) -> None:
    """Also what a list of errors says; what is for programmers is not."""
    assert list(words.words_of(source)) == found


@pytest.mark.parametrize(
    "source",
    [
        'tr(f"a {x}")',
        "tr(x)",
        'UsageError("a", where="x", fix="b" + c)',
        'said("a" + x)',
        'trn("a", x, 1)',
    ],
)
def test_what_nobody_could_translate_is_refused(source: str) -> None:
    """A text that is put together has no place in a catalogue."""
    with pytest.raises(ValueError, match=r"literal|unpack"):
        list(words.words_of(source))


@pytest.mark.parametrize(
    ("english", "dutch"),
    [
        ("a {x}", ""),
        ("a {x}", "b"),
        ("a {x}", "b {y}"),
        (("{n} file", "{n} files"), ("{n} bestand", "")),
    ],
)
def test_a_dutch_that_is_not_whole_is_noticed(
    english: str | tuple[str, str], dutch: str | tuple[str, str]
) -> None:
    """Without its Dutch, or with another place than the English has."""
    catalog = Catalog(locale="nl")
    catalog.add(english, dutch)

    assert words.lacking(catalog) == [str(english)]


def test_what_was_said_is_english_and_can_be_said_in_dutch() -> None:
    """Also what fills its places, and rows of that; another process says the same."""
    text = said(
        "Changed since the plan was made: {what}.",
        what=(
            said("the archive"),
            said(
                "{component} ({before} → {after})",
                component=said("the mode"),
                before="a",
                after="b",
            ),
        ),
    )
    error = ConfigurationError(text, where="x", fix="Correct it.")

    assert error.what == "Changed since the plan was made: the archive, the mode (a → b)."
    for one in (text, pickle.loads(pickle.dumps(text))):  # noqa: S301 (ours)
        assert (
            shown(one)
            == "Veranderd sinds het plan is gemaakt: het archief, de modus (mode) (a → b)."
        )


def test_mistakes_that_are_told_together_are_each_said_in_dutch() -> None:
    """One of a line each; what is no sentence of ours stays as it is."""
    one = said("There is no environment {name}.", name="prod")

    assert lines([one, "a.yaml:1:2: {x}"]) == "There is no environment prod.\na.yaml:1:2: {x}"
    assert shown(lines([one, "a.yaml:1:2: {x}"])) == "Er is geen omgeving prod.\na.yaml:1:2: {x}"
    assert shown(lines([one])) == "Er is geen omgeving prod."


def sentences_of(source: str) -> Iterator[str]:
    """Return what looks like a sentence for a person, but for docstrings and schemas' own words."""
    tree = ast.parse(source)
    passed = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr)
        or (isinstance(node, ast.keyword) and node.arg == "description")
    }
    texts = (node for node in ast.walk(tree) if isinstance(node, ast.Constant))
    for text in (text.value for text in texts if id(text) not in passed):
        if isinstance(text, str) and _SENTENCE.fullmatch(text):
            yield text


def test_no_sentence_reaches_a_person_past_the_catalogue() -> None:
    """Also one that goes to an error by way of a function of ours."""
    known = {
        text
        for message in words.read()
        for text in (message.id if isinstance(message.id, tuple) else (message.id,))
    }
    rooms = Path(words.__file__).parents[1] / "src" / "kt_migrate"
    found = {
        text
        for path in rooms.rglob("*.py")
        if "sandbox" not in path.parts
        for text in sentences_of(path.read_text("utf-8"))
    }

    assert len(found) > 1_000
    assert found - known == OF_OTHERS


def test_a_brace_in_what_fills_a_place_stays_a_brace() -> None:
    """A name that somebody chose is no template."""
    assert said("{name}", name="{x}") == "{x}"
    assert pickle.loads(pickle.dumps(said("{name}", name="{x}"))) == "{x}"  # noqa: S301 (ours)
    assert Said("{x}") == "{x}"
    assert shown("a.yaml:1:2: {x}") == "a.yaml:1:2: {x}"


def test_english_is_what_stands_in_the_code() -> None:
    """And a text can be had in both at once."""
    set_language("en")
    try:
        assert tr("written") == "written"
        assert trn("{n} document", "{n} documents", 2_000) == "2,000 documents"
        assert (number(1234.5, 1), percent(0.13889, 3)) == ("1,234.5", "13.889 %")
    finally:
        set_language("nl")
    assert in_languages("written") == ("geschreven", "written")


def test_numbers_are_written_as_their_reader_does() -> None:
    """Points for thousands and commas for decimals, in Dutch."""
    assert (number(1234.5, 1), number(1_000_000)) == ("1.234,5", "1.000.000")
    assert (percent(0.2, 3), percent(0.13889, 3)) == ("20 %", "13,889 %")
    assert (decimal(0.25), decimal(3.0), pointed("1,234.5")) == ("0,25", "3", "1.234,5")
    assert trn("{n} document", "{n} documents", 1) == "1 document"
    assert trn("{n} document", "{n} documents", 2_000) == "2.000 documenten"


def terms() -> list[tuple[str, str]]:
    """Return (pattern that is wrong in Dutch, what to say) of the list of terms."""
    rows = [
        line.split("\t")
        for line in TERMS.read_text("utf-8").splitlines()
        if line and line[0] != "#"
    ]
    return [(row[0], row[1]) for row in rows]


@pytest.mark.parametrize(("wrong", "right"), terms(), ids=[right for _wrong, right in terms()])
def test_the_dutch_uses_the_words_of_the_draaiboek(wrong: str, right: str) -> None:
    """One word for one thing."""
    pattern = re.compile(rf"\b(?:{wrong})\b", re.IGNORECASE)
    found = [
        text
        for message in words.read()
        if message.id
        for text in ([message.string] if isinstance(message.string, str) else message.string or ())
        if pattern.search(_NAMES.sub("", text))
    ]
    assert found == [], f"say {right}"
