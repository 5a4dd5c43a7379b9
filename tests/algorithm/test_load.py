"""An algorithm is read strictly: each mistake has its place; what extends another says what differs."""

from __future__ import annotations

from pathlib import Path

import pytest

from algorithm.files import HEAD, refused, written
from kt_migrate.algorithm.load import load_algorithm
from kt_migrate.algorithm.registry import FUNCTIONS, Context, Registered, function, split_call
from kt_migrate.errors import ConfigurationError
from kt_migrate.model import Json, Node

TYPE = "types:\n  Patient:\n    target: Patient\n    identifier: Patient\n    rules:\n"  # 4 to 8


def rule(text: str) -> str:
    """Return an algorithm with one rule, on line 9."""
    return f"{HEAD}{TYPE}      - {{id: x, to: y, because: z, {text}}}\n"


def a_type(rules: str, ignored: str = "") -> str:
    """Return a type with these rules, each `id=to`, and these ids of ignored elements."""
    lines = [
        f"      - {{id: {r.split('=')[0]}, to: {r.split('=')[1]}, because: z}}\n"
        for r in rules.split()
    ]
    text = TYPE + "".join(lines)
    if ignored:
        text += "    ignored:\n"
        text += "".join(f"      - {{id: {i}, path: p, because: z}}\n" for i in ignored.split())
    return text


MISTAKES = {
    "an unknown key": (f"{HEAD}nieuw: 1\n", "4:1"),
    "another schema": ('schema: kt-migrate-algorithm/2\nname: eigen\nversion: "1"\n', "1:1"),
    "no name": ('schema: kt-migrate-algorithm/1\nversion: "1"\n', "1:1"),
    "a name with a capital": ('schema: kt-migrate-algorithm/1\nname: Eigen\nversion: "1"\n', "2:1"),
    "a version that is a number": (
        "schema: kt-migrate-algorithm/1\nname: eigen\nversion: 1\n",
        "3:1",
    ),
    "an unknown policy": (f"{HEAD}policies: {{nieuw: x}}\n", "4:12"),
    "an unknown choice": (f"{HEAD}policies: {{gender_missing: iets}}\n", "4:12"),
    "an unknown scope": (f"{HEAD}scope: {{dossiers: dicht}}\n", "4:9"),
    "a date that is none": (f"{HEAD}scope: {{closed_since: 1-2-2021}}\n", "4:9"),
    "a group's date that is none": (
        f"{HEAD}scope: {{groups: {{a: {{closed_since: x}}}}}}\n",
        "4:22",
    ),
    "a code that is a number": (f"{HEAD}codes: {{t: {{A: 1}}}}\n", "4:13"),
    "a table with a capital": (f"{HEAD}codes: {{T: {{A: b}}}}\n", "4:9"),
    "a type without rules": (f"{HEAD}types:\n  P:\n    target: P\n    identifier: P\n", "5:3"),
    "a rule without a reason": (f"{HEAD}{TYPE}      - {{id: x, to: y}}\n", "9:9"),
    "an empty reason": (f'{HEAD}{TYPE}      - {{id: x, to: y, because: ""}}\n', "9:24"),
    "a rule's unknown key": (rule("nieuw: 1"), "9:36"),
    "a path that is none": (rule('from: "a..b"'), "9:36"),
    "a path that starts with a digit": (rule("from: 1a"), "9:36"),
    "a path with an odd extension": (rule('from: "extension[Patient]"'), "9:36"),
    "a function that is not there": (rule("using: toverij"), "9:36"),
    "a call that is none": (rule('using: "code(a"'), "9:36"),
    "a function without its table": (rule("using: code"), "9:36"),
    "one argument too few": (rule("using: reference(mandatory)"), "9:36"),
    "a table that is not there": (rule("using: code(nergens)"), "9:36"),
    "a field that the function cannot take": (rule("enrichment: email, using: period"), "9:36"),
    "two fields for one value": (rule("enrichment: [a, b]"), "9:36"),
    "a field for a fixed value": (rule("enrichment: a, value: x"), "9:36"),
    "a field that is no name": (rule("enrichment: a b"), "9:36"),
    "an ignored element without a path": (
        f"{HEAD}{a_type('a=b')}    ignored:\n      - {{id: y, because: z}}\n",
        "11:9",
    ),
    "no home, without a type": (f"{HEAD}not_migrated:\n  - {{id: x, because: y}}\n", "5:5"),
    "a rule's id twice": (f"{HEAD}{a_type('a=b c=d a=e')}", "11:9"),
    "a rule's id as an ignored one": (f"{HEAD}{a_type('a=b', 'x a')}", "12:9"),
    "an id as that of no home": (
        f"{HEAD}not_migrated:\n  - {{id: a, source_type: X, because: y}}\n{a_type('b=c a=e')}",
        "12:9",
    ),
    "an id in two types": (
        f"{HEAD}{a_type('a=b')}{a_type('a=c').removeprefix('types:').replace('Patient:', 'Two:')[1:]}",
        "14:9",
    ),
    "no home twice": (
        f"{HEAD}not_migrated:\n  - {{id: a, source_type: X, because: y}}\n"
        "  - {id: a, source_type: Y, because: y}\n",
        "6:5",
    ),
    "the same key twice": (f"{HEAD}name: weer\n", "4:1"),
    "no YAML": (f"{HEAD}codes: {{\n", "5:1"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_each_mistake_is_named_by_its_file_line_and_column(case: str, tmp_path: Path) -> None:
    """Never by the value that stands there, and with what to do."""
    text, place = MISTAKES[case]

    error = refused(tmp_path, text)

    assert error.where == f"eigen.yaml:{place}"
    assert error.fix


def test_a_mistake_says_what_it_is_and_what_there_is_instead(tmp_path: Path) -> None:
    """The function, its arguments, the id; the functions that there are."""
    unknown = refused(tmp_path, rule("using: toverij"))
    few = refused(tmp_path, rule('using: "relationship(a, b)"'))
    twice = refused(tmp_path, f"{HEAD}{a_type('a=b a=c')}")
    table = refused(tmp_path, rule('using: "relationship(a, b, c)"'))

    assert unknown.what == "There is no function toverij."
    assert all(f" {name}," in unknown.fix or f" {name}." in unknown.fix for name in FUNCTIONS)
    assert "addresses, boolean, code, concept, " in unknown.fix
    assert few.what == "The function relationship needs 3 arguments."
    assert twice.what == "The rule id a occurs twice."
    assert "code table" in table.what


TAKES = {
    "code": 1, "topic": 1, "default_performer": 1, "team_members": 1, "identifiers": 1, "definition_identifiers": 1,
    "fixed_coding": 2, "fixed_concepts": 2, "reference": 2, "references": 2, "relationship": 3,
    "telecoms": 1, "addresses": 1,
}  # fmt: skip


TABLES = {
    "code": 1, "topic": 1, "default_performer": 1, "team_members": 1,
    "fixed_coding": 1, "fixed_concepts": 1, "relationship": 3, "telecoms": 1, "addresses": 1,
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(TAKES))
def test_a_function_that_lacks_an_argument_or_a_table_is_refused_beforehand(
    name: str, tmp_path: Path
) -> None:
    """It would fail on the first object otherwise; with all of them it is accepted."""
    words = ["t", "u", "v"][: TAKES[name]]
    tables = f"codes: {{{', '.join(f'{w}: {{}}' for w in words[: TABLES.get(name, 0)])}}}\n"
    enough = rule(f'using: "{name}({", ".join(words)})"')

    load_algorithm(str(written(tmp_path, enough + tables)))

    assert "arguments" in refused(tmp_path, rule(f'using: "{name}({", ".join(words[:-1])})"')).what
    if name in TABLES:
        assert "code table" in refused(tmp_path, enough).what


def test_every_function_is_asked_something_by_name() -> None:
    """A new one comes with a test of its own."""
    folder = Path(__file__).parent
    text = "".join(path.read_text("utf-8") for path in folder.glob("test_functions_*.py"))

    assert [name for name in FUNCTIONS if f'"{name}"' not in text and f'"{name}(' not in text] == []


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_function_without_arguments_takes_none(name: str, tmp_path: Path) -> None:
    """All the others may stand alone."""
    path = str(written(tmp_path, rule(f"using: {name}")))

    if name not in TAKES:
        assert load_algorithm(path).types["Patient"].rules[0].using == name
    else:
        with pytest.raises(ConfigurationError):
            load_algorithm(path)


def test_a_function_is_known_by_its_name_and_by_what_it_needs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without a trailing underscore, which keeps it from hiding a name of Python."""
    known: dict[str, Registered] = {}
    monkeypatch.setattr("kt_migrate.algorithm.registry.FUNCTIONS", known)

    def _y_X_(_context: Context, _nodes: list[Node], _arguments: tuple[str, ...]) -> Json:  # noqa: N802
        return "x"

    assert function()(_y_X_) is _y_X_
    assert known == {"_y_X": Registered(_y_X_, (), 0, 0)}
    function(reads=("a",), takes=2, tables=1)(_y_X_)
    assert known == {"_y_X": Registered(_y_X_, ("a",), 2, 1)}


READS = {
    "human_names": ("use", "family", "given", "prefix", "extension[humanname-assembly-order]"),
    "telecoms": ("system", "value", "use"),
    "addresses": ("use", "line", "city", "zip", "country"),
    "team_members": ("reference", "role"),
    "period": ("start", "end"),
    "reference": ("reference",),
    "references": ("reference",),
    "identifiers": ("use", "system", "value", ""),
    "definition_identifiers": ("use", "system", "value", ""),
    "endpoint_extension": ("display",),
    "concept": (
        *("system", "code", "display", ""),
        *("coding.system", "coding.code", "coding.display"),
    ),
}


def test_a_function_says_what_it_reads_below_its_element() -> None:
    """What it does not read is reported as lost; the others read everything."""
    assert {name: f.reads for name, f in FUNCTIONS.items() if f.reads} == READS


@pytest.mark.parametrize(
    ("using", "call"),
    [
        ("text", ("text", ())),
        (" text ", ("text", ())),
        ("date_only()", ("date_only", ())),
        ("code(a)", ("code", ("a",))),
        ("code( a ,b,, c )", ("code", ("a", "b", "c"))),
        ("Code(a)", ("", ())),
        ("code(a", ("", ())),
        ("code(a)(b)", ("", ())),
        ("code(a) x", ("", ())),
        ("co de", ("", ())),
        ("", ("", ())),
    ],
)
def test_a_call_is_a_name_with_arguments_or_nothing(
    using: str, call: tuple[str, tuple[str, ...]]
) -> None:
    """Spaces do not matter, anything else does."""
    assert split_call(using) == call
