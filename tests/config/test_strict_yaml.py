"""YAML, read strictly: what stands there is what it means, and every error has its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from config.yaml_writing import Extra, at, found, mappings, paths, written
from kt_migrate import strict_yaml
from kt_migrate.errors import ConfigurationError
from kt_migrate.strict_yaml import MAX_DEPTH, YamlFile, parse_model, parse_yaml, read_yaml

SECRET = "geheim"
_WORDS = st.one_of(
    st.from_regex("[g-k]{1,5}[0-9]?", fullmatch=True),
    st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=5),
    st.sampled_from(["NO", "yes", "null", "1", "1.5", "", "<<", "2016-07-15", "a: b", "'", "#"]),
)
_SCALARS = st.one_of(_WORDS, st.integers(-99, 99), st.booleans(), st.none())
_TREES = st.dictionaries(
    _WORDS,
    st.recursive(
        _SCALARS,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(_WORDS, inner, max_size=3)
        ),
        max_leaves=8,
    ),
    min_size=1,
    max_size=4,
)
_FLOW = st.integers(0, 5)
QUICK = settings(max_examples=30, deadline=None)


class Inner(BaseModel):
    """A part of it."""

    model_config = ConfigDict(extra="forbid")
    size: int


class Shape(BaseModel):
    """A model to parse."""

    model_config = ConfigDict(extra="forbid")
    name: str
    sizes: list[int] = []
    parts: dict[str, Inner] = {}


def refusal(content: bytes) -> ConfigurationError:
    """Return why this is not read."""
    with pytest.raises(ConfigurationError) as caught:
        parse_yaml(content, "t.yaml")
    return caught.value


def mistake(content: bytes) -> ConfigurationError:
    """Return why this is no `Shape`."""
    with pytest.raises(ConfigurationError) as caught:
        parse_model(Shape, parse_yaml(content, "t.yaml"))
    return caught.value


@given(_TREES, _FLOW)
@QUICK
def test_everything_is_read_as_it_stands_and_its_place_is_known(
    tree: dict[str, object], flow: int
) -> None:
    """Of every key and item: line and column; of what is not there, those of what it is in."""
    paper = written(tree, flow)
    file = parse_yaml(paper.content, "t.yaml")

    assert file.data == tree
    assert (file.name, file.content, file.where()) == ("t.yaml", paper.content, "t.yaml:1:1")
    for path in paths(tree):
        place = at(paper.places.get(path, (1, 1)))
        assert file.where(path) == place
        inner = found(tree, path)
        for absent in ("afwezig", len(inner) if isinstance(inner, list) else 99):
            assert file.where((*path, absent, "size")) == place


@given(_TREES, _FLOW, st.data())
@QUICK
def test_a_key_that_occurs_twice_is_refused_where_it_stands_again(
    tree: dict[str, object], flow: int, data: st.DataObject
) -> None:
    """In any mapping, however deep; the last one would win without a word."""
    where = data.draw(st.sampled_from([m for m in mappings(tree) if found(tree, m)]))
    paper = written(tree, flow, Extra(where, None, SECRET))

    error = refusal(paper.content)

    assert (error.what, error.where) == ("The same key occurs twice.", at(paper.extra_key))
    assert error.fix == "Keep one of the two."


@pytest.mark.parametrize("key", ["1", "1.5", "null", "~", "true", "<<", "? [geheim]\n", ".nan"])
@given(_TREES, st.data())
@settings(max_examples=6, deadline=None)
def test_a_key_that_is_no_text_is_refused_where_it_stands(
    key: str, tree: dict[str, object], data: st.DataObject
) -> None:
    """Pydantic would pass over it, also where unknown keys are forbidden."""
    where = data.draw(st.sampled_from(mappings(tree) if "?" not in key else [()]))
    paper = written(tree, 99 if "?" in key else 3, Extra(where, key, "{size: geheim}"))

    error = refusal(paper.content)

    line, column = paper.extra_key
    assert error.where == at((line, column + 2 * key.startswith("?")))
    assert (error.what, error.fix) == ("This key is no text.", "Put the key in quotes.")


@pytest.mark.parametrize(
    "value",
    [
        "*geheim",
        "&geheim 1",
        "&geheim [1]",
        "&geheim {}",
        "!geheim 1",
        "! geheim",
        "!<geheim> {}",
        "!!int geheim",
        "!!omap [geheim: 1]",
    ],
)
@given(_TREES, st.data())
@settings(max_examples=6, deadline=None)
def test_anchors_aliases_and_tags_are_refused_where_they_stand(
    value: str, tree: dict[str, object], data: st.DataObject
) -> None:
    """A kilobyte of aliases is terabytes of data, and a tag changes what a value is."""
    paper = written(tree, 3, Extra(data.draw(st.sampled_from(mappings(tree))), "zz", value))

    error = refusal(paper.content)

    assert error.where == at(paper.extra_value)
    assert error.fix == "Write it out in plain YAML 1.2."
    assert SECRET not in error.what


@pytest.mark.parametrize("value", ["&a {b: 1}", "!!set {b}", "- !x a"])
def test_a_file_that_is_not_plain_from_its_start_is_refused(value: str) -> None:
    """Not only below something."""
    assert refusal(value.encode()).fix == "Write it out in plain YAML 1.2."


def test_another_version_of_yaml_is_refused() -> None:
    """It would read NO as false; to say that it is 1.2 is right."""
    assert parse_yaml(b"%YAML 1.2\n---\na: NO\n", "t.yaml").data == {"a": "NO"}
    error = refusal(b"%YAML 1.1\n---\na: NO\n")
    assert (error.where, error.fix) == ("t.yaml:2:1", "Write it out in plain YAML 1.2.")
    for version in (b"1.0", b"1.3", b"2.0"):
        assert refusal(b"%YAML " + version + b"\n---\na: NO\n").where.startswith("t.yaml")


@pytest.mark.parametrize(
    "text", ["NO", "yes", "Off", "2016-07-15", "2016-07-15T10:00:00Z", "12:30", "="]
)
def test_text_stays_text(text: str) -> None:
    """YAML 1.1 would read these as False, as a date, as a number, or as a default."""
    assert parse_yaml(f"{text}: {text}\n".encode(), "t").data == {text: text}


@pytest.mark.parametrize(
    ("content", "where"),
    [
        (b"a: [1", "t.yaml:1:6"),
        (b"b: 2\na: 'geheim\n", "t.yaml:3:1"),
        (b"a: geheim: geheim\n", "t.yaml:1:10"),
        (b"a: !geheim!x y\n", "t.yaml:1:4"),
        (b"%TAG !geheim! x\n%TAG !geheim! y\n---\na: 1\n", "t.yaml:2:1"),
        (b"a: @geheim\n", "t.yaml:1:4"),
        (b"a: 'x' geheim\n", "t.yaml:1:8"),
        (b"a: 1\n--- geheim\n", "t.yaml:2:1"),
        (b"a: |geheim\n", "t.yaml:1:5"),
    ],
)
def test_what_is_no_yaml_is_named_by_its_place_and_not_shown(content: bytes, where: str) -> None:
    """What the parser says of it, and nothing of what stands there."""
    error = refusal(content)

    assert error.where == where
    assert error.what.startswith("This is not YAML: ")
    assert error.what.count(":") == 1 or "':'" in error.what
    assert "None" not in error.what
    assert SECRET not in error.what
    assert error.fix == "Correct the YAML here."


def test_what_the_parser_expected_is_said() -> None:
    """Its own words stay; only what it quotes of the file goes."""
    assert refusal(b"a: !geheim!x y\n").what == "This is not YAML: found undefined tag handle …."
    assert refusal(b"a: 'x' y\n").what == (
        "This is not YAML: expected <block end>, but found '<scalar>'."
    )


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"a: \xff", b"a: \x07geheim", b"\x80"])
def test_what_is_no_text_is_refused(content: bytes) -> None:
    """Binary, control characters, no UTF-8."""
    error = refusal(content)

    assert (error.what, error.where) == ("This is not a YAML file.", "t.yaml")
    assert error.fix == "Save it as UTF-8 text in YAML."


def test_a_file_is_refused_above_its_bound_and_not_below(monkeypatch: pytest.MonkeyPatch) -> None:
    """To the byte, before it is parsed."""
    assert strict_yaml.MAX_BYTES == 4 * 1024 * 1024
    monkeypatch.setattr(strict_yaml, "MAX_BYTES", 8)

    assert parse_yaml(b"a: 1\n#xx", "t.yaml").data == {"a": 1}
    error = refusal(b"a: [\n#xxx")
    assert (error.what, error.where) == ("The file is too large.", "t.yaml")
    assert error.fix == "Keep it under 8 bytes."


@pytest.mark.parametrize("opening", [b"[", b"{a: ", b"- "])
def test_levels_within_levels_have_a_bound(opening: bytes) -> None:
    """The parser calls itself: thousands of levels would end it with an error of its own."""
    deepest, close = MAX_DEPTH - 1, {b"[": b"]", b"{a: ": b"}"}.get(opening, b"")

    assert parse_yaml(opening * deepest + b"1" + close * deepest, "t.yaml").data
    for levels in (MAX_DEPTH, 1000):
        error = refusal(opening * levels + b"1" + close * levels)
        assert error.where.startswith("t.yaml:1:")
        assert "depth" in error.what


@pytest.mark.parametrize(
    ("content", "where", "named"),
    [
        (b"name: x\nsizes:\n  - 1\n  - geheim\n", "t.yaml:4:5", "sizes.1"),
        (b"name: [geheim]\n", "t.yaml:1:1", "name"),
        (b"name: x\nsizes: geheim\n", "t.yaml:2:1", "sizes"),
        (b"name: x\nparts:\n  a: {size: geheim}\n", "t.yaml:3:7", "parts.a.size"),
        (b"name: x\nparts:\n  a: {size: 1, nmae: geheim}\n", "t.yaml:3:16", "parts.a.nmae"),
        (b"name: x\nparts:\n  a: {}\n", "t.yaml:3:3", "parts.a.size"),
        (b"sizes: []\n", "t.yaml:1:1", "name"),
        (b"- geheim\n", "t.yaml:1:1", "file"),
        (b"geheim\n", "t.yaml:1:1", "file"),
        (b"", "t.yaml:1:1", "file"),
    ],
)
def test_a_wrong_value_is_named_by_its_place_and_never_shown(
    content: bytes, where: str, named: str
) -> None:
    """File, line, column and path; the value may be a secret."""
    error = mistake(content)

    assert error.where == where
    assert error.what.startswith(f"{where}: {named}: ")
    assert SECRET not in error.what
    assert error.fix == "Correct the file at the place named."


def test_every_mistake_has_its_line() -> None:
    """In one go, so that they can be corrected in one go."""
    error = mistake(b"naam: x\nsizes: [1, a, b]\n")

    said = [line.split(": ")[:2] for line in error.what.splitlines()]
    assert said == [
        ["t.yaml:1:1", "name"],
        ["t.yaml:2:12", "sizes.1"],
        ["t.yaml:2:15", "sizes.2"],
        ["t.yaml:1:1", "naam"],
    ]


def test_a_key_of_pydantics_own_making_is_no_step() -> None:
    """What is wrong with a key stands where the key stands."""

    class Keys(BaseModel):
        sizes: dict[int, int]

    with pytest.raises(ConfigurationError) as caught:
        parse_model(Keys, parse_yaml(b"sizes:\n  '1': 2\n  geheim: 2\n", "t.yaml"))

    assert caught.value.where == "t.yaml:3:3"


def test_what_is_right_becomes_its_model(tmp_path: Path) -> None:
    """From a file, called by its path unless it has a name."""
    path = tmp_path / "t.yaml"
    path.write_bytes(b"name: x\nparts: {a: {size: 2}}\n")

    file = read_yaml(path)

    assert parse_model(Shape, file) == Shape(name="x", parts={"a": Inner(size=2)})
    assert (file.name, file.content) == (str(path), path.read_bytes())
    assert read_yaml(path, "configs/t.yaml").where() == "configs/t.yaml:1:1"
    assert isinstance(read_yaml(path, "t"), YamlFile)


@pytest.mark.parametrize(("name", "shown"), [(None, "weg.yaml"), ("configs/weg.yaml", "configs/")])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str | None, shown: str) -> None:
    """Absent, or a folder; with what the system says."""
    (tmp_path / "map.yaml").mkdir()
    for path, reason in (("weg.yaml", "No such file"), ("map.yaml", "Is a directory")):
        with pytest.raises(ConfigurationError) as caught:
            read_yaml(tmp_path / path, name)

        error = caught.value
        assert error.what == "The file cannot be read."
        assert error.where == (name or str(tmp_path / path))
        assert reason in error.fix
    assert shown in (name or "weg.yaml")
