"""The data of the packages: whole, and nothing in it is passed over in silence."""

from __future__ import annotations

import inspect

import pytest

from conformance.resources import OWN, R4
from kt_migrate.conformance import known_versions, newest_version, require_known
from kt_migrate.conformance.building import root_of
from kt_migrate.conformance.datatypes import PATTERNS
from kt_migrate.conformance.invariants import INVARIANTS, OUT_OF_REACH, TEXT_INVARIANTS
from kt_migrate.conformance.packages import R4 as R4_BASE
from kt_migrate.conformance.packages import package
from kt_migrate.errors import ConfigurationError

FHIRPATH = {**R4["invariants"], **OWN["invariants"]}
IN_WORDS = {"kt2-role-display-validation", "zib-NameInformation-1", "zib-NameInformation-2"}
"""Too long to quote: their function says the same in words."""


def test_every_invariant_is_asked_or_has_a_reason_not_to_be() -> None:
    """One of the two, never both; and none is asked that no profile has."""
    asked = {*INVARIANTS, *TEXT_INVARIANTS}

    assert asked | OUT_OF_REACH.keys() == FHIRPATH.keys()
    assert not asked & OUT_OF_REACH.keys()
    assert all(OUT_OF_REACH.values())


@pytest.mark.parametrize("key", sorted(INVARIANTS.keys() - IN_WORDS))
def test_a_function_quotes_the_invariant_that_it_keeps(key: str) -> None:
    """As the packages have it: when they change it, this fails."""
    text = " ".join((inspect.getdoc(INVARIANTS[key]) or "").split())

    assert f"`{key}`" in text
    assert FHIRPATH[key] in text


def test_every_primitive_has_its_pattern() -> None:
    """Otherwise it would be judged as any text."""
    primitives = {
        url.removeprefix(R4_BASE)
        for url, profile in R4["profiles"].items()
        if profile.get("primitive")
    }

    others = {"boolean", "integer", "decimal", "positiveInt", "unsignedInt", "xhtml"}
    assert primitives - others == PATTERNS.keys()


def test_a_version_that_is_not_known_is_refused_with_those_that_are() -> None:
    """And with the command that adds it."""
    assert newest_version() in known_versions()
    require_known(newest_version())

    with pytest.raises(ConfigurationError, match=newest_version()) as caught:
        require_known("9.9.9", "configs/mgr2.yaml:3:1")

    assert "9.9.9" in caught.value.what
    assert caught.value.where == "configs/mgr2.yaml:3:1"
    assert "make profiles" in caught.value.fix


def test_versions_are_ordered_by_their_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """0.9 is older than 0.16, and what comes before a release is older than it."""

    class File:
        def __init__(self, name: str) -> None:
            self.name = name

        def iterdir(self) -> list[File]:
            versions = ("0.9.1", "0.16.3", "1.0.0", "1.0.0-beta.2", "0.16.10")
            return [File(f"koppeltaalv2.00-{v}.json") for v in versions] + [File("check.py")]

    monkeypatch.setattr(
        "kt_migrate.conformance.packages.resources.files", lambda _package: File("")
    )

    assert known_versions()[:3] == ("0.9.1", "0.16.3", "0.16.10")
    assert known_versions()[3:] == ("1.0.0-beta.2", "1.0.0")


def test_every_element_that_may_be_there_can_be_looked_at() -> None:
    """Three levels deep in every profile: no type, profile or value set is missing."""
    for r4_type in package(newest_version()).types:
        nodes = [root_of(newest_version(), r4_type)]
        for _level in range(3):
            nodes = [child for node in nodes for child in node.children().values()]
        assert nodes
