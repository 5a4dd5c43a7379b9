"""R4 datatypes as far as KT 2.0 uses them: which elements they have, and what a primitive is.

Source: FHIR R4 4.0.1, datatypes and primitives.
"""

from __future__ import annotations

import re
from datetime import date

_TIME = r"T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(Z|[+-](0\d|1[0-4]):\d\d)"
_DAY = r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?"
_URI = re.compile(r"\S+")
# Looks ahead for what is no space: two runs around it would take the square of a text's length.
_STRING = re.compile(r"(?=\s*\S)[^\x00-\x08\x0b\x0c\x0e-\x1f]+")

PATTERNS: dict[str, re.Pattern[str]] = {
    "date": re.compile(_DAY, re.ASCII),
    "dateTime": re.compile(
        rf"\d{{4}}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01])({_TIME})?)?)?", re.ASCII
    ),
    "instant": re.compile(rf"\d{{4}}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01]){_TIME}", re.ASCII),
    "uri": _URI,
    "url": _URI,
    "canonical": _URI,
    "code": re.compile(r"[^\s]+(\s[^\s]+)*"),
    "id": re.compile(r"[A-Za-z0-9.-]{1,64}"),
    "string": _STRING,
    "markdown": _STRING,
}
"""What the text of a primitive must be like."""

_DATED = ("date", "dateTime", "instant")
_WHOLE_DAY = len("2000-01-01")


def fits(text: str, datatype: str) -> bool:
    """Say whether a text may stand where this primitive is asked; a day must exist.

    >>> fits("2021-02-28", "date"), fits("2021-02-30", "date")
    (True, False)
    """
    if PATTERNS.get(datatype, _STRING).fullmatch(text) is None:
        return False
    if datatype not in _DATED or len(text) < _WHOLE_DAY:
        return True
    try:
        date.fromisoformat(text[:_WHOLE_DAY])
    except ValueError:
        return False
    return True


# Element → (datatype, repeats, required codes or empty). `*` is a complex type.
Shape = dict[str, tuple[str, bool, tuple[str, ...]]]

_USE = ("home", "work", "temp", "old", "billing")

COMPLEX: dict[str, Shape] = {
    "Meta": {
        "versionId": ("id", False, ()),
        "lastUpdated": ("instant", False, ()),
        "source": ("uri", False, ()),
        "profile": ("canonical", True, ()),
        "security": ("Coding", True, ()),
        "tag": ("Coding", True, ()),
    },
    "Narrative": {"status": ("code", False, ()), "div": ("string", False, ())},
    "Identifier": {
        "use": ("code", False, ("usual", "official", "temp", "secondary", "old")),
        "type": ("CodeableConcept", False, ()),
        "system": ("uri", False, ()),
        "value": ("string", False, ()),
        "period": ("Period", False, ()),
        "assigner": ("Reference", False, ()),
    },
    "Coding": {
        "system": ("uri", False, ()),
        "version": ("string", False, ()),
        "code": ("code", False, ()),
        "display": ("string", False, ()),
        "userSelected": ("boolean", False, ()),
    },
    "CodeableConcept": {"coding": ("Coding", True, ()), "text": ("string", False, ())},
    "Reference": {
        "reference": ("string", False, ()),
        "type": ("uri", False, ()),
        "identifier": ("Identifier", False, ()),
        "display": ("string", False, ()),
    },
    "Period": {"start": ("dateTime", False, ()), "end": ("dateTime", False, ())},
    "HumanName": {
        "use": (
            "code",
            False,
            ("usual", "official", "temp", "nickname", "anonymous", "old", "maiden"),
        ),
        "text": ("string", False, ()),
        "family": ("string", False, ()),
        "given": ("string", True, ()),
        "prefix": ("string", True, ()),
        "suffix": ("string", True, ()),
        "period": ("Period", False, ()),
    },
    "ContactPoint": {
        "system": ("code", False, ("phone", "fax", "email", "pager", "url", "sms", "other")),
        "value": ("string", False, ()),
        "use": ("code", False, ("home", "work", "temp", "old", "mobile")),
        "rank": ("positiveInt", False, ()),
        "period": ("Period", False, ()),
    },
    "Address": {
        "use": ("code", False, _USE),
        "type": ("code", False, ("postal", "physical", "both")),
        "text": ("string", False, ()),
        "line": ("string", True, ()),
        "city": ("string", False, ()),
        "district": ("string", False, ()),
        "state": ("string", False, ()),
        "postalCode": ("string", False, ()),
        "country": ("string", False, ()),
        "period": ("Period", False, ()),
    },
    "Range": {"low": ("Quantity", False, ()), "high": ("Quantity", False, ())},
    "Quantity": {
        "value": ("decimal", False, ()),
        "comparator": ("code", False, ("<", "<=", ">=", ">")),
        "unit": ("string", False, ()),
        "system": ("uri", False, ()),
        "code": ("code", False, ()),
    },
    "UsageContext": {
        "code": ("Coding", False, ()),
        "valueCodeableConcept": ("CodeableConcept", False, ()),
        "valueQuantity": ("Quantity", False, ()),
        "valueRange": ("Range", False, ()),
        "valueReference": ("Reference", False, ()),
    },
    "Extension": {
        "url": ("uri", False, ()),
        "valueString": ("string", False, ()),
        "valueCode": ("code", False, ()),
        "valueId": ("id", False, ()),
        "valueBoolean": ("boolean", False, ()),
        "valueInteger": ("integer", False, ()),
        "valueDate": ("date", False, ()),
        "valueDateTime": ("dateTime", False, ()),
        "valueUri": ("uri", False, ()),
        "valueCoding": ("Coding", False, ()),
        "valueCodeableConcept": ("CodeableConcept", False, ()),
        "valueReference": ("Reference", False, ()),
        "valuePeriod": ("Period", False, ()),
        "valueIdentifier": ("Identifier", False, ()),
    },
}
"""The elements of each complex type; every one may also have `id` and `extension`."""
