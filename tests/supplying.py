"""An enrichment without a file, and what one that was read holds."""

from __future__ import annotations

from collections.abc import Mapping

from kt_migrate.plan.enrichment import Enrichment, enrichment_of


def supplying(values: Mapping[tuple[str, str], str], file: str = "verrijking.csv") -> Enrichment:
    """Return an enrichment with these values per (link, field), a line each from line 2."""
    return enrichment_of(values, file)


def values_of(enrichment: Enrichment) -> dict[tuple[str, str], str]:
    """Return the values per (link, field)."""
    return {
        (link, field): row.value
        for link, fields in enrichment.by_link.items()
        for field, row in fields.items()
    }
