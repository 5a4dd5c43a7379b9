"""The standard algorithm's examples, which lie with it: what of KT 1.3 must become what."""

from __future__ import annotations

from kt_migrate.algorithm.carried import Carried, Told, carried_examples
from kt_migrate.model import Resource

STANDARD: Carried = carried_examples("standard")[0]
EXAMPLES: dict[str, Told] = {told.example.id: told for told in STANDARD.examples}


def golden() -> list[Resource]:
    """Return every resource that an example says must come of it."""
    return [
        dict(resource)
        for told in STANDARD.examples
        for expected in told.example.becomes
        for resource in expected.resources or ()
    ]
