"""An algorithm is read strictly: each mistake has its place; what extends another says what differs."""

from __future__ import annotations

from pathlib import Path

import pytest

from algorithm.files import HEAD, refused, written
from kt_migrate import language
from kt_migrate.algorithm.arguments import TABLE, maybe
from kt_migrate.algorithm.load import load_algorithm
from kt_migrate.algorithm.registry import FUNCTIONS, Context, Registered, function, split_call
from kt_migrate.errors import ConfigurationError
from kt_migrate.model import Json, Node

TYPE = "types:\n  Patient:\n    target: Patient\n    identifier: Patient\n    rules:\n"  # 4 to 8


def rule(text: str) -> str:
    """Return an algorithm with one rule, on line 9."""
    return f"{HEAD}{TYPE}      - {{id: x, to: name, because: z, {text}}}\n"


def a_type(rules: str, ignored: str = "") -> str:
    """Return a type with these rules, each `id=to`, and these ids of ignored elements."""
    lines = [
        f"      - {{id: {r.split('=')[0]}, to: {r.split('=')[1]}, because: z}}\n"
        for r in rules.split()
    ]
    text = TYPE + "".join(lines)
    if ignored:
        text += "    ignored:\n"
        text += "".join(f"      - {{id: {i}, path: photo, because: z}}\n" for i in ignored.split())
    return text


MISTAKES = {
    "an unknown key": (f"{HEAD}nieuw: 1\n", "4:1"),
    "another schema": ('schema: kt-migrate-algorithm/2\nname: eigen\nversion: "1"\n', "1:9"),
    "no name": ('schema: kt-migrate-algorithm/1\nversion: "1"\n', "1:1"),
    "a name with a capital": ('schema: kt-migrate-algorithm/1\nname: Eigen\nversion: "1"\n', "2:7"),
    "a version that is a number": (
        "schema: kt-migrate-algorithm/1\nname: eigen\nversion: 1\n",
        "3:10",
    ),
    "an unknown policy": (f"{HEAD}policies: {{nieuw: x}}\n", "4:12"),
    "an unknown choice": (f"{HEAD}policies: {{gender_missing: iets}}\n", "4:28"),
    "an unknown scope": (f"{HEAD}scope: {{dossiers: dicht}}\n", "4:19"),
    "a date that is none": (f"{HEAD}scope: {{closed_since: 1-2-2021}}\n", "4:23"),
    "a group's date that is none": (
        f"{HEAD}scope: {{groups: [{{name: a, patients: {{group: a}}, closed_since: x}}]}}\n",
        "4:64",
    ),
    "a code that is a number": (f"{HEAD}codes: {{t: {{A: 1}}}}\n", "4:16"),
    "a table with a capital": (f"{HEAD}codes: {{T: {{A: b}}}}\n", "4:9"),
    "a type without a target": (f"{HEAD}types:\n  Patient: {{identifier: P}}\n", "5:3"),
    "a type without an identifier": (f"{HEAD}types:\n  Patient: {{target: Patient}}\n", "5:3"),
    "a rule without a target": (f"{HEAD}{TYPE}      - {{id: x, because: z}}\n", "9:9"),
    "a rule without a reason": (f"{HEAD}{TYPE}      - {{id: x, to: name}}\n", "9:9"),
    "an empty reason": (f'{HEAD}{TYPE}      - {{id: x, to: name, because: ""}}\n', "9:36"),
    "a rule's unknown key": (rule("nieuw: 1"), "9:39"),
    "a path that is none": (rule('from: "a..b"'), "9:48"),
    "a path that starts with a digit": (rule("from: 1a"), "9:46"),
    "a function that is not there": (rule("using: toverij"), "9:46"),
    "a call that is none": (rule('using: "code(a"'), "9:46"),
    "a function without its table": (rule("using: code"), "9:46"),
    "one argument too few": (rule("using: reference(mandatory)"), "9:46"),
    "one argument too many": (rule('using: "text(x)"'), "9:46"),
    "a table that is not there": (rule("using: code(nergens)"), "9:51"),
    "a table that is not there, in quotes": (rule('using: "code(nergens)"'), "9:52"),
    "a path into nothing": (rule("from: name.famly"), "9:50"),
    "a field that the function cannot take": (rule("using: period, enrichment: email"), "9:66"),
    "a second field that it cannot take": (
        rule("using: period, enrichment: [start, till]"),
        "9:74",
    ),
    "two fields for one value": (rule("enrichment: [a, b]"), "9:51"),
    "a field for a fixed value": (rule("enrichment: a, value: x"), "9:51"),
    "a field that is no name": (rule("enrichment: a b"), "9:51"),
    "an ignored element without a path": (
        f"{HEAD}{a_type('a=name')}    ignored:\n      - {{id: y, because: z}}\n",
        "11:9",
    ),
    "no home, without a type": (f"{HEAD}not_migrated:\n  - {{id: x, because: y}}\n", "5:5"),
    "a rule's id twice": (f"{HEAD}{a_type('a=name c=active a=gender')}", "11:9"),
    "a rule's id as an ignored one": (f"{HEAD}{a_type('a=name', 'x a')}", "12:9"),
    "an id as that of no home": (
        f"{HEAD}not_migrated:\n  - {{id: a, source_type: Device, because: y}}\n{a_type('b=name a=active')}",
        "12:9",
    ),
    "an id in two types": (
        f"{HEAD}{a_type('a=name')}{a_type('a=name').removeprefix('types:').replace('Patient:', 'CareTeam:', 1)[1:]}",
        "14:9",
    ),
    "no home twice": (
        f"{HEAD}not_migrated:\n  - {{id: a, source_type: Device, because: y}}\n"
        "  - {id: a, source_type: CarePlan, because: y}\n",
        "6:5",
    ),
    "something to remove that is not there": (
        f"{HEAD}extends: standard\nremove: [patient-adres]\n",
        "5:10",
    ),
    "the same key twice": (f"{HEAD}name: weer\n", "4:1"),
    "no YAML": (f"{HEAD}codes: {{\n", "5:1"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_each_mistake_is_named_by_its_file_line_and_column(case: str, tmp_path: Path) -> None:
    """Of the very word, and with what to do."""
    text, place = MISTAKES[case]

    error = refused(tmp_path, text)

    assert error.where == f"eigen.yaml:{place}"
    assert error.fix


SAID = {
    "a function": (rule("using: cood(t)"), "Unknown function: cood.", "Did you mean code?"),
    "too few": (
        rule('using: "relationship(a, b)"'),
        "The function relationship does not take so many arguments.",
        "Expected: relationship(table, table, table).",
    ),
    "an id": (f"{HEAD}{a_type('a=name a=active')}", "The rule id a occurs twice.", "Give each rule an id of its own."),
    "a table": (
        f"{HEAD}codes: {{task-status: {{A: b}}}}\n{rule('using: code(task-stats)').removeprefix(HEAD)}",
        "Unknown code table: task-stats.",
        "Did you mean task-status? Expected: task-status.",
    ),
    "a source type": (f"{HEAD}types:\n  Pationt: {{}}\n", "Unknown source type: Pationt.", "Did you mean Patient?"),
    "a target": (
        f"{HEAD}types:\n  Patient: {{target: Pasient, identifier: Patient}}\n",
        "Unknown target type: Pasient.",
        "Did you mean Patient?",
    ),
    "a forbidden element": (
        f"{HEAD}{a_type('a=photo')}",
        "KT 2.0 forbids photo.",
        "Take the rule away, or put the element under ignored.",
    ),
    "a fixed value": (
        f"{HEAD}{TYPE}      - {{id: x, to: gender, because: z, value: mail}}\n",
        "Unknown target code: mail.",
        "Did you mean male? Expected: female, male, other, unknown.",
    ),
    "an extension": (
        rule('from: "extension[Patient#Aeg].valueInteger"'),
        "Unknown source element: Patient#Aeg.",
        "Did you mean Patient#Age?",
    ),
    "a key that lacks": (f"{HEAD}{TYPE}      - {{id: x, to: name}}\n", "The key because is missing.", "Add because."),
    "a key misspelt": (
        f"{HEAD}{TYPE}      - {{id: x, to: name, becuase: z}}\n",
        "Unknown key: becuase.",
        "Did you mean because?",
    ),
    "a choice": (
        f"{HEAD}policies: {{sub_activities: coumt}}\n",
        "Unknown value: coumt.",
        "Did you mean count? Expected: count, tasks.",
    ),
    "what may be removed": (
        f"{HEAD}extends: standard\nremove: [patient-adress]\n",
        "Unknown rule id: patient-adress.",
        "Did you mean patient-address?",
    ),
    "an algorithm below": (f"{HEAD}extends: standerd\n", "Unknown algorithm: standerd.", "Did you mean standard?"),
    "a number": (f"{HEAD}codes: {{t: {{A: 1}}}}\n", "This kind of value cannot stand here.", "Expected: a text; a number in quotes."),
}  # fmt: skip


@pytest.mark.parametrize("case", SAID)
def test_a_mistake_says_what_it_is_what_was_expected_and_the_nearest_right_word(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In English here; the Dutch stands beside it."""
    monkeypatch.setattr(language, "_CURRENT", ["en"])
    text, what, fix = SAID[case]

    error = refused(tmp_path, text)

    assert error.what == what
    assert error.fix.startswith(fix)


def test_a_mistake_is_told_in_dutch_unless_english_was_chosen(tmp_path: Path) -> None:
    """As everything that a person reads."""
    error = refused(tmp_path, rule("using: cood(t)"))

    assert error.what == "Onbekende functie: cood."
    assert error.fix.startswith("Bedoelt u code? Verwacht: ")


def test_all_mistakes_are_told_at_once_each_with_its_place(tmp_path: Path) -> None:
    """Twenty of them; of more, how many."""
    two = refused(tmp_path, f"{HEAD}{a_type('a=nam b=activ c=name')}")
    many = refused(tmp_path, f"{HEAD}{a_type(' '.join(f'r{n}=x{n}' for n in range(25)))}")

    assert two.what.startswith(
        "2 fouten:\neigen.yaml:9:21: Onbekend doelelement: nam. Bedoelt u name?"
    )
    assert two.what.splitlines()[2].startswith("eigen.yaml:10:21: Onbekend doelelement: activ. ")
    assert len(many.what.splitlines()) == 22
    assert many.what.endswith("… en nog 5.")


def test_nothing_of_the_file_is_shown_but_the_word(tmp_path: Path) -> None:
    """A value may have come from anywhere; one that can be no word is not shown at all."""
    long = refused(tmp_path, rule(f'using: "{"x" * 200}"'))
    odd = refused(tmp_path, rule('from: "name.a\\u0007b"'))
    beside = refused(tmp_path, rule("using: cood(t), enrichment: geheim"))

    assert long.what == "Onbekende functie: …."
    assert "\u0007" not in odd.what + odd.fix
    assert "geheim" not in beside.what + beside.fix + beside.where


TAKES = {
    "code": 1, "topic": 1, "default_performer": 1, "team_members": 1, "identifiers": 1, "definition_identifiers": 1,
    "fixed_coding": 2, "fixed_concepts": 2, "reference": 2, "references": 2, "relationship": 3,
    "telecoms": 1, "addresses": 1, "concepts": 1,
}  # fmt: skip
GOOD = {
    "identifiers": "Patient", "definition_identifiers": "Patient", "reference": "mandatory, Patient",
    "references": "optional, Patient", "fixed_coding": "t, A", "fixed_concepts": "t, A", "relationship": "t, t, t",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(TAKES))
def test_a_function_that_lacks_an_argument_or_a_table_is_refused_beforehand(
    name: str, tmp_path: Path
) -> None:
    """It would fail on the first object otherwise; with all of them it is accepted."""
    words = GOOD.get(name, "t").split(", ")
    table = "codes: {t: {A: none}}\n"
    enough = rule(f'using: "{name}({", ".join(words)})"')

    load_algorithm(str(written(tmp_path, enough + table)))

    few = refused(tmp_path, rule(f'using: "{name}({", ".join(words[:-1])})"') + table)
    assert "argumenten" in few.what
    if "t" in words:
        assert "codetabel" in refused(tmp_path, enough).what


WRONG_ARGUMENTS = {
    "reference(mandatry, Patient)": "mandatory",
    "reference(optional, Patient, Organisation)": "Organization",
    "boolean(activ)": "active",
    "telecoms(t, emale)": "email",
    "identifiers(Pationt)": "Patient",
    "concept(ActivtyKind)": "ActivityKind",
    "code(t, gender_mising)": "gender_missing",
    "fixed_coding(t, AB)": "A",
}  # fmt: skip


@pytest.mark.parametrize("using", WRONG_ARGUMENTS)
def test_every_kind_of_argument_has_words_that_it_can_be(using: str, tmp_path: Path) -> None:
    """A word, a type, a policy, an identifier, a code system, a code of the table before it."""
    error = refused(tmp_path, rule(f'using: "{using}"') + "codes: {t: {A: none}}\n")

    assert error.fix.startswith(f"Bedoelt u {WRONG_ARGUMENTS[using]}?")
    wrong = error.what.rpartition(": ")[2].rstrip(".")
    assert error.where == f"eigen.yaml:9:{47 + using.rindex(wrong)}"


def test_every_function_is_asked_something_by_name() -> None:
    """A new one comes with a test of its own."""
    folder = Path(__file__).parent
    text = "".join(path.read_text("utf-8") for path in folder.glob("test_functions_*.py"))

    assert [name for name in FUNCTIONS if f'"{name}"' not in text and f'"{name}(' not in text] == []


def test_every_function_says_what_it_takes_and_what_it_does() -> None:
    """Its table in the documentation is made of this."""
    assert {name for name, f in FUNCTIONS.items() if f.takes} == TAKES.keys()
    assert {name: FUNCTIONS[name].takes for name in TAKES} == TAKES
    assert all(f.about.endswith(".") for f in FUNCTIONS.values())


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_function_without_arguments_takes_none(name: str, tmp_path: Path) -> None:
    """All the others may stand alone."""
    particles = "codes: {name-particles: {van: x}}\n"
    path = str(written(tmp_path, rule(f"using: {name}") + particles))

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
    assert known == {"_y_X": Registered(_y_X_, (), ())}
    function(TABLE, maybe("x"), reads=("a",), into="b")(_y_X_)
    assert known == {"_y_X": Registered(_y_X_, ("a",), (TABLE, maybe("x")), "b")}
    assert known["_y_X"].takes == 1


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
