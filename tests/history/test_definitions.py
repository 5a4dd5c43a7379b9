"""The catalogue: which definition an identifier means, and which applications are named."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from histories import T1, T2, Copy, decided, extension, thing

from kt_migrate.history.definitions import Definitions
from kt_migrate.history.store import History
from kt_migrate.kt13.carried import Carried
from kt_migrate.model import Body, Node


def definition(
    link: str, identifier: str, name: Node = "", application: Node = "", version: str = ""
) -> Carried:
    """Return an ActivityDefinition in a message."""
    inner = [
        extension("ActivityDefinition#ActivityDefinitionIdentifier", valueString=identifier),
        extension("ActivityDefinition#ActivityName", valueString=name),
    ]
    if application:
        shown: Node = application
        if isinstance(application, str):
            shown = {"reference": ["x"], "display": [application]}
        inner.append(extension("ActivityDefinition#Application", valueResource=shown))
    body: Body = {"extension": [*inner]}
    return thing(link, version, body, "ActivityDefinition")


@contextmanager
def catalogue(*copies: Copy) -> Iterator[tuple[Definitions, History]]:
    """Return the catalogue of some messages."""
    with decided(*copies) as (history, _states):
        definitions = Definitions(history)
        definitions.index()
        yield definitions, history


def test_the_one_definition_with_an_identifier_is_found_with_its_name() -> None:
    """None when there is none, or more than one; a name that is empty is none."""
    copy = Copy(
        "m",
        [
            definition("d1", "one", "Een"),
            definition("d2", "two", ""),
            definition("d3", "twice", "Drie"),
            definition("d4", "twice", "Vier"),
            thing("p", "", "Patient"),
        ],
    )
    with catalogue(copy) as (found, _history):
        assert (found.link("one"), found.name("one")) == ("d1", "Een")
        assert (found.link("two"), found.name("two")) == ("d2", None)
        assert (found.link("twice"), found.name("twice")) == (None, None)
        assert (found.link("nowhere"), found.name("nowhere")) == (None, None)


def test_the_last_state_of_a_definition_counts() -> None:
    """What it was called before is not found."""
    old = Copy("a", [definition("d", "old", "Oud", "OLD", T1)])
    new = Copy("b", [definition("d", "new", "Nieuw", "NEW", T2)])
    for order in ([old, new], [new, old]):
        with catalogue(*order) as (found, _history):
            assert (found.link("old"), found.link("new"), found.name("new")) == (None, "d", "Nieuw")
            assert [name for name, _event in found.applications()] == ["NEW"]


def test_every_application_that_is_named_is_an_object_once() -> None:
    """Seen where the first definition by event and link names it, whatever the order of reading."""
    copies = [
        Copy("m1", [definition("d2", "i2", application="B")], event="Z"),
        Copy("m2", [definition("d3", "i3", application="B")], event="Y"),
        Copy("m3", [definition("d1", "i1", application="B")], event="Y"),
        Copy("m4", [definition("d4", "i4", application="A"), definition("d5", "i5")], event="X"),
    ]
    for order in (copies, copies[::-1]):
        with catalogue(*order) as (found, history):
            assert found.applications() == [("A", "X"), ("B", "Y")]
            rows = history.db.execute(
                "SELECT o.link, c.identifier FROM object o JOIN sighting s ON s.id = o.sighting"
                " JOIN copy c ON c.id = s.copy WHERE o.source_type = 'Application' ORDER BY 1"
            ).fetchall()
            assert rows == [("A", "m4"), ("B", "m3")]
            assert ("Application", "Y", 1) in history.counted()


@pytest.mark.parametrize(
    ("name", "application", "found"),
    [
        ("N", {"display": [{"value": ["APP"], "id": ["1"]}]}, ("N", ["APP"])),
        ("N", {"reference": ["x"]}, ("N", [])),
        ("N", {"display": [""]}, ("N", [])),
        ({"value": ["N"]}, "APP", (None, ["APP"])),
    ],
)
def test_a_name_or_an_application_that_cannot_be_read_is_none(
    name: Node, application: Node, found: tuple[str | None, list[str]]
) -> None:
    """A definition without them is a definition all the same."""
    with catalogue(Copy("m", [definition("d", "i", name, application)])) as (definitions, _history):
        assert definitions.link("i") == "d"
        assert definitions.name("i") == found[0]
        assert [one for one, _event in definitions.applications()] == found[1]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"extension": [extension("ActivityDefinition#ActivityName")]},
        {"extension": [extension("ActivityDefinition#Application", valueString="APP")]},
        {"extension": [extension("ActivityDefinition#Application", valueResource="APP")]},
    ],
)
def test_a_definition_that_says_nothing_is_found_under_nothing(body: Body) -> None:
    """It has no name and no application, and nothing fails on it."""
    with catalogue(Copy("m", [thing("d", "", body, "ActivityDefinition")])) as (found, _history):
        assert (found.link(""), found.name(""), found.applications()) == ("d", None, [])
