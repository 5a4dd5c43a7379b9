"""The scope as it stands in YAML: what is refused, by which words, and what a plan is bound to."""

from __future__ import annotations

from pathlib import Path

import pytest

from algorithm.files import HEAD, refused, written
from kt_migrate.algorithm.lists import read_list
from kt_migrate.algorithm.load import load_algorithm
from kt_migrate.algorithm.scope import OPEN_WHEN, ScopeRules, scope_words
from kt_migrate.errors import ConfigurationError
from kt_migrate.language import shown

EXTENDS = HEAD + "extends: standard\n"
GROUPS = EXTENDS + "scope:\n  groups:\n    - name: een\n      patients: "


@pytest.mark.parametrize(
    ("scope", "place", "says"),
    [
        ("{types: [Patiënt]}", "5:17", "Bedoelt u Patient?"),
        ("{needed_only: [Practioner]}", "5:23", "Bedoelt u Practitioner?"),
        ("{history: {Careteam: 2020-01-01}}", "5:19", "Bedoelt u CareTeam?"),
        ("{history: {Zzz: 2020-01-01}}", "5:19", "CareTeam"),
        ("{history: {CarePlanActivity: 2020-01-01}}", "5:8", "closed_since"),
        ("{closed_since: 2020-02-30}", "5:23", "een dag die bestaat"),
        ("{closed_since: gisteren}", "5:23", "jjjj-mm-dd"),
        ("{dossiers: opne}", "5:19", "Bedoelt u open?"),
        ("{open_when: altijd}", "5:20", "open-activity"),
        ("{groups: [{name: een, patients: {}}]}", "5:40", "last_activity_since"),
        ("{groups: [{name: een}]}", "5:18", "patients"),
        ("{groups: [{name: Eén, patients: {group: x}}]}", "5:25", "kleine letters"),
        (
            "{groups: [{name: een, patients: {group: x}}, {name: een, patients: {group: y}}]}",
            "5:8",
            "twee heten een",
        ),
        (
            "{groups: [{name: een, patients: {group: x}, history: {Pateint: 2020-01-01}}]}",
            "5:62",
            "Bedoelt u Patient?",
        ),
    ],
)
def test_a_mistake_in_the_scope_is_named_by_its_place_and_the_nearest_word(
    tmp_path: Path, scope: str, place: str, says: str
) -> None:
    """Types, days, words that are choices, groups."""
    error = refused(tmp_path, f"{EXTENDS}scope: {scope}\n")

    assert says in f"{error.what} {error.fix}"
    assert error.where == f"eigen.yaml:{place}"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a\nb\n\na\n", {"a", "b"}),
        (b"\xef\xbb\xbfnaam;Link\nx;a\ny; b \n", {"a", "b"}),
        (b"identifier\n# niemand\n1\n", {"1"}),
        (b"link,reden\na\n,x\nb,y\n", {"a", "b"}),
        (b"x,identifier\na\n", set()),
    ],
)
def test_a_list_has_a_link_or_identifier_per_line(
    tmp_path: Path, content: bytes, expected: set[str]
) -> None:
    """In the first column, or in that which is called so; a list of nobody is refused."""
    path = tmp_path / "lijst.csv"
    path.write_bytes(content)

    if expected:
        assert read_list(path, "here") == expected
        return
    with pytest.raises(ConfigurationError) as caught:
        read_list(path, "here")
    assert (caught.value.where, "nobody" in caught.value.what) == ("here", True)


@pytest.mark.parametrize(
    ("content", "says"),
    [(None, "cannot be read"), (b"\xff\xfe", "UTF-8"), (b"geheim" + b"x" * 140_000, "no CSV")],
)
def test_a_list_that_cannot_be_read_is_refused_without_its_content(
    tmp_path: Path, content: bytes | None, says: str
) -> None:
    """By the line of the algorithm that names it, or of the list itself."""
    if content is not None:
        (tmp_path / "lijst.csv").write_bytes(content)

    error = refused(tmp_path, GROUPS + "{list: lijst.csv}\n")

    assert says in error.what
    assert "geheim" not in f"{error.what} {error.where} {error.fix}"
    assert error.where in ("eigen.yaml:8:24", "lijst.csv:1")


def test_a_list_that_is_too_large_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its size is looked at before it is read."""
    monkeypatch.setattr("kt_migrate.algorithm.lists._MAX_BYTES", 3)
    (tmp_path / "lijst.csv").write_text("abcd")

    assert "too large" in refused(tmp_path, GROUPS + "{list: lijst.csv}\n").what


def test_a_list_lies_beside_its_algorithm_and_binds_the_plan_by_its_content(tmp_path: Path) -> None:
    """Also of an algorithm that is extended; the order of its lines does not matter."""
    own = written(tmp_path, GROUPS + "{list: lijsten/x.csv}\n", "sub/eigen.yaml")
    above = written(tmp_path, f"{HEAD}extends: sub/eigen.yaml\n", "boven.yaml")
    path = tmp_path / "sub" / "lijsten" / "x.csv"
    path.parent.mkdir()
    digests = []
    for content in ("a\nb\n", "b\na\n", "a\nc\n"):
        path.write_text(content)
        found = load_algorithm(str(own))
        assert (
            load_algorithm(str(above)).lists == found.lists == {"een": frozenset(content.split())}
        )
        digests.append(found.digest)

    assert digests[0] == digests[1] != digests[2]


def test_groups_of_ones_own_take_the_place_of_those_below(tmp_path: Path) -> None:
    """All of them, with their lists; the rest of the scope stays."""
    (tmp_path / "x.csv").write_text("a\n")
    written(tmp_path, GROUPS + "{list: x.csv}\n  dossiers: open\n", "onder.yaml")
    own = "scope: {groups: [{name: twee, patients: {group: g}}]}\n"
    found = load_algorithm(
        str(written(tmp_path, f"{HEAD}extends: onder.yaml\n{own}", "boven.yaml"))
    )

    assert [group.name for group in found.scope.groups] == ["twee"]
    assert found.scope.dossiers == "open"
    assert found.lists == {}


def test_the_order_of_groups_binds_the_plan(tmp_path: Path) -> None:
    """The first that has a patient counts."""
    groups = [f"{{name: {name}, patients: {{group: {name}}}}}" for name in ("een", "twee")]
    one, other = (
        load_algorithm(
            str(written(tmp_path, f"{EXTENDS}scope: {{groups: [{', '.join(order)}]}}\n"))
        )
        for order in (groups, groups[::-1])
    )

    assert one.digest != other.digest


def test_a_scope_is_said_in_sentences() -> None:
    """Of every choice that it makes, in both languages."""
    scope = ScopeRules.model_validate(
        {
            "types": ["Patient"],
            "dossiers": "open",
            "closed_since": "2022-01-01",
            "history": {"CareTeam": "2021-01-01"},
            "needed_only": ["Practitioner"],
            "groups": [{"name": "weg", "patients": {"group": "w"}, "dossiers": "none"}],
        }
    )
    said = scope_words(scope)

    assert [key for key, _words in said] == [
        "types",
        "groups: weg",
        *["dossiers"] * 4,
        "needed_only",
    ]
    assert OPEN_WHEN["open-activity-or-none"] in [words for _key, words in said]
    for part in ("Patient", "2022-01-01", "CareTeam", "2021-01-01", "Practitioner"):
        assert any(part in shown(words) for _key, words in said)
        assert any(part in words for _key, words in said)
    assert [key for key, _words in scope_words(ScopeRules())] == ["dossiers"]
