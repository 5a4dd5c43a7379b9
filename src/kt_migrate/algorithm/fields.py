"""Which fields the enrichment may have, per type of object: what the rules of an algorithm take."""

from __future__ import annotations

from kt_migrate.algorithm.model import Algorithm

EXCLUDE, GROUP = "exclude", "group"
"""Fields that decide about the whole object: it stays out; its patient's part of the scope."""

EXCLUDED = "excluded"
"""Why such an object is out of scope, and the dossier of such a patient with it."""

EXCLUDE_REASONS = ("duplicate", "elsewhere", "not-in-care", "on-request", "other", "test-data")
"""What the value of `exclude` may be. Free text could hold personal data, and is refused."""

_OF_A_PATIENT = "Patient"


def fields_of(algorithm: Algorithm, source_type: str) -> frozenset[str]:
    """Return the fields that may be supplied for an object of this type."""
    rules = algorithm.types.get(source_type)
    found = {field for rule in rules.rules for field in rule.fields} if rules else set()
    besides = {EXCLUDE, GROUP} if source_type == _OF_A_PATIENT else {EXCLUDE}
    return frozenset(found | besides)


def all_fields(algorithm: Algorithm) -> frozenset[str]:
    """Return every field that may be supplied for an object of any type."""
    return frozenset().union(*(fields_of(algorithm, name) for name in algorithm.types))
