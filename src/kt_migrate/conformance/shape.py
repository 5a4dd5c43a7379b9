"""A second opinion on the shape, by fhir.resources, on a copy.

Only as a shape: its models are R4B, accept wrong codes, rewrite values and print them in errors
(peers.md §0.4). So nothing is ever serialised or hashed through it, and of an error only the
place and the kind come out.
"""

from __future__ import annotations

import copy
import importlib
import re
from functools import lru_cache

from pydantic import BaseModel, ValidationError

from kt_migrate.model import Issue, Json, Resource

Shape = tuple[str | None, ...]

_DATE = re.compile(r"[0-9TZ:.+-]{4,40}")
_ZEROS = str.maketrans("123456789", "000000000")
_REMEMBERED = 20_000
_JUDGED: dict[Shape, tuple[Issue, ...]] = {}
"""What was said of a shape: a domain has a million resources, and few shapes."""


def check_shape(resource: Resource) -> tuple[Issue, ...]:
    """Check that a resource has the shape of its R4 type; see the module. Empty is good.

    Values do not matter here (`check` judges them), but for how many digits a date has.
    """
    parts: list[str | None] = [str(resource.get("resourceType"))]
    _add_shape(resource, parts)
    shape = tuple(parts)
    if shape not in _JUDGED:
        if len(_JUDGED) >= _REMEMBERED:
            _JUDGED.clear()
        _JUDGED[shape] = _judge(resource)
    return _JUDGED[shape]


def _add_shape(value: Json, parts: list[str | None]) -> None:
    """Add the shape of a value: brackets, names, kinds of primitives, and dates in zeros.

    Two values have the same parts only when they have the same shape: what closes an object
    (None) is no name, and what closes a list is neither a kind nor a date.
    """
    if isinstance(value, str):
        parts.append(value.translate(_ZEROS) if _DATE.fullmatch(value) else "str")
    elif isinstance(value, dict):
        parts.append("{")
        for name, child in value.items():
            parts.append(name)
            _add_shape(child, parts)
        parts.append(None)
    elif isinstance(value, list):
        parts.append("[")
        for item in value:
            _add_shape(item, parts)
        parts.append("]")
    else:
        parts.append(type(value).__name__)


def _judge(resource: Resource) -> tuple[Issue, ...]:
    r4_type = str(resource.get("resourceType"))
    try:
        _model(r4_type).model_validate(copy.deepcopy(resource))
    except ValidationError as error:
        return tuple(
            Issue(
                code="profile-violation",
                path=".".join([r4_type, *(str(s) for s in p["loc"] if isinstance(s, str))]),
                detail=f"shape-{p['type']}",
            )
            for p in error.errors()[:5]
        )
    return ()


@lru_cache(maxsize=16)
def _model(r4_type: str) -> type[BaseModel]:
    # Imported when first needed: it takes a quarter of a second.
    module = importlib.import_module(f"fhir.resources.R4B.{r4_type.lower()}")
    model: type[BaseModel] = getattr(module, r4_type)
    return model
