"""An enrichment without a file, and what one that was read holds."""

from __future__ import annotations

from collections.abc import Mapping

from kt_migrate.model import Supplied
from kt_migrate.plan.enrichment import Enrichment, Values


def supplying(values: Mapping[tuple[str, str], str], file: str = "verrijking.csv") -> Enrichment:
    """Return an enrichment with these values per (link, field), a line each from line 2."""
    found: Values = {}
    for line, ((link, field), value) in enumerate(values.items(), start=2):
        found.setdefault(link, {})[field] = Supplied(value=value, file=file, line=line)
    return Enrichment(by_link=found)


def values_of(enrichment: Enrichment) -> dict[tuple[str, str], str]:
    """Return the values per (link, field)."""
    return {
        (link, field): row.value
        for link, fields in enrichment.by_link.items()
        for field, row in fields.items()
    }
