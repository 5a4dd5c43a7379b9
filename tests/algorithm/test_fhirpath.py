"""FHIRPath in a rule: parsed strictly, bounded, and true of what KT 1.3 has."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithm.files import HEAD, refused, written
from kt_migrate.algorithm.fhirpath import MAX_DEPTH, MAX_LENGTH, ExpressionError, compiled
from kt_migrate.algorithm.load import load_algorithm
from kt_migrate.algorithm.presenting import Presented
from kt_migrate.model import Body, Node

NS = "http://ggz.koppeltaal.nl/fhir/Koppeltaal/"
OFFICIAL: Node = {"use": ["official"], "family": ["Jansen"], "given": ["Jan", "Piet"]}
USUAL: Node = {"use": ["usual"], "given": ["Jantje"]}
BODY: Body = {
    "name": [OFFICIAL, USUAL],
    "active": ["true"],
    "birthDate": ["1980-07-15T00:00:00"],
    "gender": [{"coding": [{"code": ["M"]}]}],
    "extension": [
        {"url": [NS + "Profile/Patient#Age"], "valueInteger": ["41"]},
        {"url": ["https://own.example/kleur"], "valueString": [{"value": ["rood"], "id": ["x"]}]},
    ],
}
RULE = HEAD + "types:\n  Patient:\n    target: Patient\n    identifier: Patient\n    rules:\n"


def selected(text: str, body: Body = BODY) -> list[Node]:
    """Return what an expression selects of a patient."""
    return Presented(body, "Patient").select(compiled(text))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("name.where(use = 'usual')", [USUAL]),
        ("name.where(use = 'official').given.first()", ["Jan"]),
        ("name.given", ["Jan", "Piet", "Jantje"]),
        ("name[1] | name[0]", [USUAL, OFFICIAL]),
        ("active", ["true"]),
        ("active.not()", ["false"]),
        ("birthDate.substring(0, 10)", ["1980-07-15"]),
        ("extension('Patient#Age')", [BODY["extension"][0]]),
        ("extension('Patient#Age').value + 1", ["42"]),
        ("extension('https://own.example/kleur').value", ["rood"]),
        ("photo", []),
    ],
)
def test_what_comes_out_is_a_node_of_the_body_or_a_text(text: str, found: list[Node]) -> None:
    """Elements as they stand in the source, DSTU1's own names, extensions by their short URL."""
    assert selected(text) == found


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("active", True),
        ("active = true", True),
        ("name.exists() and active.not()", False),
        ("photo.exists()", False),
        ("deceasedBoolean", False),
        ("extension('Patient#Age').value >= 18", True),
        ("birthDate < @1981-01-01", True),
        ("name", None),
        ("name.given.count()", None),
        ("name.given = 'Jan' or 1", None),
    ],
)
def test_a_condition_is_true_false_or_none_at_all(text: str, answer: bool | None) -> None:  # noqa: FBT001
    """Of nothing it is not true; what is neither true nor false is no condition."""
    try:
        found = Presented(BODY, "Patient").holds(compiled(text))
    except Exception:  # noqa: BLE001  (whatever the library raises; the mapper rejects the object)
        found = None

    assert found is answer


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("name.where(use = 'official').given.first()", ("name.given",)),
        ("extension('Patient#Age').value", ("extension[Patient#Age].value[x]",)),
        ("telecom.select(value | system)", ("telecom.system", "telecom.value")),
        ("name[0].family", ("name.family",)),
        ("name.family.upper()", ("name.family",)),
    ],
)
def test_it_is_known_what_an_expression_reads(text: str, reads: tuple[str, ...]) -> None:
    """So that the rest is counted as unread; what a condition looks at is not read."""
    assert compiled(text).reads == reads


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("name..given", 5), ("name given", 5), ("name.where(", 11), ("active = ", 9), ("(active", 7),
        ("active)", 6), ("'text", 0), ("name # x", 5), ("extension[Patient#Age].value", 17), ("", 0),
        ("name.given +\n  ", 15),
    ],
)  # fmt: skip
def test_what_does_not_parse_is_told_by_its_place(text: str, at: int) -> None:
    """The library itself passes over all of these."""
    with pytest.raises(ExpressionError) as caught:
        compiled(text)

    assert (caught.value.at, caught.value.bound) == (at, False)


def test_an_expression_is_bounded_in_length_and_depth() -> None:
    """Brackets in a text do not count."""
    deep = "(" * MAX_DEPTH + "active" + ")" * MAX_DEPTH
    long = "'" + "x" * (MAX_LENGTH - 2) + "'"

    assert compiled(deep).evaluate({"active": [True]}) == [True]
    assert compiled(long).words == compiled(f"'{'(' * 20}'").words == ()
    for hostile in (f"({deep})", long + " ", "(" * 5000):
        with pytest.raises(ExpressionError) as caught:
            compiled(hostile)
        assert caught.value.bound


MISTAKES = {
    "an element": ("from: name.where(use = 'x').famly", 61, "famly", "family"),
    "an element of a condition": ("when: actve", 39, "actve", "active"),
    "an extension": ("when: \"extension('Patient#Aeg').exists()\"", 51, "Patient#Aeg", "Patient#Age"),
    "a function": ("when: name.exist()", 44, "exist", "exists"),
    "a clock": ("when: birthDate < today()", 51, "today", ""),
    "a pattern": ("when: \"name.family.matches('a')\"", 52, "matches", ""),
    "a constant": ('when: "%now.exists()"', 39, "%now", ""),
}  # fmt: skip


@pytest.mark.parametrize("case", MISTAKES)
def test_what_an_expression_names_must_be_there(case: str, tmp_path: Path) -> None:
    """With its place within the text; no clock, no pattern, nothing from outside the object."""
    text, column, word, right = MISTAKES[case]
    error = refused(tmp_path, f"{RULE}      - {{id: x, to: name, because: z, {text}}}\n")

    assert error.where == f"eigen.yaml:9:{column + 6}"
    assert f": {word}." in error.what
    assert error.fix.startswith(f"Bedoelt u {right}?" if right else "")


def test_no_fhirpath_and_too_much_are_told_apart(tmp_path: Path) -> None:
    """Both by their place."""
    wrong = refused(tmp_path, f'{RULE}      - {{id: x, to: name, because: z, when: "a..b"}}\n')
    deep = refused(tmp_path, f'{RULE}      - {{id: x, to: name, because: z, when: "{"(" * 9}"}}\n')

    assert (wrong.where, wrong.what) == ("eigen.yaml:9:48", "Hier houdt het op FHIRPath te zijn.")
    assert (deep.where, deep.what) == ("eigen.yaml:9:54", "Deze uitdrukking is te lang of te diep.")


def test_what_a_domain_says_is_there_may_be_named(tmp_path: Path) -> None:
    """An extension of its own, and an element."""
    own = (
        "own_elements:\n"
        "  - {id: o, source_type: Patient, path: 'extension[Patient#Kleur].valueCode', because: z}\n"
        "  - {id: p, source_type: Patient, path: kleur.naam, because: z}\n"
    )
    rules = "      - {id: x, to: name, because: z, when: \"extension('Patient#Kleur').exists()\", from: kleur.naam}\n"

    assert load_algorithm(str(written(tmp_path, RULE + rules + own))).name == "eigen 1"
    assert "Patient#Kleur" in refused(tmp_path, RULE + rules).what


@settings(max_examples=150, deadline=None)
@given(st.text("abn.()'[]=|@%$`\\ 0\n{}<é", max_size=40))
def test_any_text_is_an_expression_or_told_by_a_place_in_it(text: str) -> None:
    """Whatever stands there, nothing else comes of it."""
    found: int | str
    try:
        found = compiled(text).text
    except ExpressionError as error:
        found = error.at

    assert found == text or found in range(len(text) + 2)


def test_the_library_is_not_read_for_an_algorithm_without_expressions() -> None:
    """The standard one has none: a plan does not wait for a parser."""
    code = (
        "import sys; from kt_migrate.algorithm.load import load_algorithm; import kt_migrate.mapping.mapper;"
        "load_algorithm('standard'); assert 'fhirpathpy' not in sys.modules and 'antlr4' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
