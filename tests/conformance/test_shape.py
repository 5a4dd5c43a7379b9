"""The second opinion: by place and kind alone, once per shape, on a copy."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.resources import good
from golden import golden
from kt_migrate.conformance import shape
from kt_migrate.conformance.shape import check_shape
from kt_migrate.model import Json, Resource


@pytest.fixture(autouse=True)
def _forgotten() -> None:
    shape._JUDGED.clear()


def said(resource: Resource) -> list[tuple[str, str, str]]:
    """Return code, path and rule of what is wrong."""
    return [(i.code, i.path, i.detail) for i in check_shape(resource)]


def test_every_golden_resource_has_its_shape_and_stays_as_it_is() -> None:
    """Nothing goes through the models but a copy."""
    for resource in golden():
        before = copy.deepcopy(resource)
        assert said(resource) == []
        assert resource == before


def test_a_model_that_changes_what_it_gets_changes_a_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    """However deep: what is sent is what was planned."""

    class Meddling:
        def model_validate(self, resource: Resource) -> None:
            names = resource["name"]
            assert isinstance(names, list)
            names.clear()

    monkeypatch.setattr(shape, "_model", lambda _type: Meddling())
    resource = good("Patient")

    assert said(resource) == []
    assert resource == good("Patient")


@pytest.mark.parametrize(
    ("changes", "path", "kind"),
    [
        ({"nonsense": 1}, "nonsense", "extra_forbidden"),
        ({"name": {}}, "name", "list_type"),
        ({"name": [{"given": "Geheim"}]}, "name.given", "list_type"),
        ({"gender": 5}, "gender", "string_type"),
        ({"birthDate": "20201-01-01"}, "birthDate", "value_error"),
    ],
)
def test_a_wrong_shape_is_named_by_its_place_and_kind(
    changes: dict[str, Json], path: str, kind: str
) -> None:
    """Never by the value, and without indices; of its own type."""
    for r4_type in ("Patient", "Practitioner"):
        found = said(good(r4_type, **changes))
        assert found == [("profile-violation", f"{r4_type}.{path}", f"shape-{kind}")]


def test_at_most_five_problems_are_named() -> None:
    """The rest shows when those are solved."""
    assert len(said(good("Patient", a=1, b=2, c=3, d=4, e=5, f=6))) == 5


def test_the_same_shape_of_another_type_is_another_shape() -> None:
    """What a RelatedPerson may have a Patient may not."""
    shared: Resource = {"patient": {"reference": "Patient/1"}}

    assert said({"resourceType": "RelatedPerson", **shared}) == []
    assert said({"resourceType": "Patient", **shared}) == [
        ("profile-violation", "Patient.patient", "shape-extra_forbidden")
    ]


def test_an_empty_list_is_no_empty_element() -> None:
    """Nor is a list of two a name and a value."""
    assert said(good("Patient", managingOrganization={})) == []
    assert said(good("Patient", managingOrganization=[])) != []
    assert said(good("Patient", name=[{"given": ["str", "str"]}])) == []
    assert said(good("Patient", name=[{"given": {"str": "str"}}])) != []


def test_a_shape_is_judged_once_whatever_its_values(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another digit is the same shape; one digit more is not, nor is another element."""
    judged: list[Resource] = []
    real = shape._judge

    def count(resource: Resource) -> tuple[object, ...]:
        judged.append(resource)
        return real(resource)

    monkeypatch.setattr(shape, "_judge", count)
    same: list[Resource] = [{}, {"birthDate": "1950-01-02"}, {"gender": "male"}, {"active": False}]
    for changes in same:
        assert said(good("Patient", **changes)) == []
    assert len(judged) == 1
    others: list[Resource] = [
        {"birthDate": "1950"},
        {"birthDate": "19501-01-02"},
        {"language": "nl"},
        {"active": 1},
    ]
    for changes in others:
        said(good("Patient", **changes))
    assert len(judged) == 5
    for text in ("2021-01-01T00:00:00Z", "2021-01-01T00:00:00+01:00", "2021-01-01T00:00:00.5Z"):
        said(good("Task", authoredOn=text))
        said(good("Task", authoredOn=text.replace("2021", "2022")))
    assert len(judged) == 8


def plainly(value: Json) -> object:
    """Return the shape of a value the plain way: nested, names without order, dates in zeros."""
    match value:
        case dict():
            return frozenset((name, plainly(child)) for name, child in value.items())
        case list():
            return tuple(plainly(item) for item in value)
        case str() if 4 <= len(value) <= 40 and set(value) <= set("0123456789TZ:.+-"):
            return "".join("0" if letter in "123456789" else letter for letter in value)
        case _:
            return type(value).__name__


NAMES = st.sampled_from(["a", "b", "str", "int", "[", "]", "{", "}", "0000", ""])
VALUES: st.SearchStrategy[Json] = st.recursive(
    st.sampled_from(["", "x", "str", "]", "2020", "2021", "20211", "NoneType", 1, True, None]),
    lambda below: st.lists(below, max_size=2) | st.dictionaries(NAMES, below, max_size=2),
    max_leaves=5,
)


@pytest.mark.property
@settings(max_examples=400, deadline=None)
@given(VALUES, VALUES)
def test_what_is_remembered_of_one_shape_never_answers_for_another(one: Json, other: Json) -> None:
    """Whatever the names and the values: two that are remembered as one are one, the plain way."""
    parts: list[list[str | None]] = [[], []]
    for value, into in zip((one, other), parts, strict=True):
        shape._add_shape(value, into)

    assert parts[0] != parts[1] or plainly(one) == plainly(other)
    shape._add_shape(other, parts[0])  # side by side, as in a list
    shape._add_shape(one, parts[1])
    assert parts[0] != parts[1] or plainly([one, other]) == plainly([other, one])


@pytest.mark.property
@settings(max_examples=100, deadline=None)
@given(VALUES)
def test_a_shape_is_blind_to_every_value_but_the_length_of_a_date(value: Json) -> None:
    """So that what was said of one is found again for the next."""

    def other(part: Json) -> Json:
        match part:
            case dict():
                return {name: other(child) for name, child in part.items()}
            case list():
                return [other(item) for item in part]
            case "2020" | "2021":
                return "1950"
            case "x":
                return "another"
            case _:
                return part

    parts: list[list[str | None]] = [[], []]
    shape._add_shape(value, parts[0])
    shape._add_shape(other(value), parts[1])

    assert parts[0] == parts[1]


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hostile archive has as many shapes as it likes."""
    monkeypatch.setattr(shape, "_REMEMBERED", 3)

    sizes = []
    for number in range(5):
        said(good("Patient", **{f"x{number}": 1}))
        sizes.append(len(shape._JUDGED))

    assert sizes == [1, 2, 3, 1, 2]
