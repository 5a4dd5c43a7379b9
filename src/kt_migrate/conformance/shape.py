"""A second opinion on the shape, by fhir.resources, on a copy.

Only as a shape: its models are R4B, accept wrong codes, rewrite values and print them in errors
(peers.md §0.4). So nothing is ever serialised or hashed through it, and of an error only the
place and the kind come out.
"""

from __future__ import annotations

import copy
import importlib
from functools import lru_cache

from pydantic import BaseModel, ValidationError

from kt_migrate.model import Issue, Resource


def check_shape(resource: Resource) -> tuple[Issue, ...]:
    """Check that a resource has the shape of its R4 type; see the module. Empty is good."""
    r4_type = str(resource.get("resourceType"))
    try:
        _model(r4_type).model_validate(copy.deepcopy(resource))
    except ValidationError as error:
        problems = error.errors(include_input=False, include_url=False, include_context=False)
        return tuple(
            Issue(
                code="profile-violation",
                path=".".join([r4_type, *(str(s) for s in p["loc"] if isinstance(s, str))]),
                detail=f"shape-{p['type']}",
            )
            for p in problems[:5]
        )
    return ()


@lru_cache(maxsize=16)
def _model(r4_type: str) -> type[BaseModel]:
    # Imported when first needed: it takes a quarter of a second.
    module = importlib.import_module(f"fhir.resources.R4B.{r4_type.lower()}")
    model: type[BaseModel] = getattr(module, r4_type)
    return model
