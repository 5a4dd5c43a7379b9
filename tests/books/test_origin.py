"""Who posted a resource, as the server says."""

from __future__ import annotations

import pytest

from kt_migrate.books import RESOURCE_ORIGIN, origin_of
from kt_migrate.model import Json


@pytest.mark.parametrize(
    ("who", "origin"),
    [
        ({"reference": "Device/1"}, "Device/1"),
        ({"reference": "https://kt.example/fhir/r4/Device/1/_history/2"}, "Device/1"),
        ({"reference": None}, ""),
        ({"display": "EPD"}, ""),
        ("Device/1", ""),
    ],
)
def test_an_origin_is_a_device_without_address_and_version(who: Json, origin: str) -> None:
    """What says no reference, says nothing."""
    other: Json = {"url": "urn:other", "valueReference": {"reference": "Device/9"}}
    own: Json = {"url": RESOURCE_ORIGIN, "valueReference": who}

    assert origin_of({"resourceType": "Task", "extension": [other, own]}) == origin


@pytest.mark.parametrize("extensions", [None, "x", ["x"], []])
def test_what_has_no_origin_says_none(extensions: Json) -> None:
    """Whatever stands there instead."""
    assert origin_of({"resourceType": "Task", "extension": extensions}) == ""
