"""Checks what may be supplied for a rule: its function must be able to take it."""

from __future__ import annotations

from collections.abc import Iterator

from kt_migrate.algorithm.merging import Origins, Path
from kt_migrate.algorithm.mistakes import Mistake, unknown
from kt_migrate.algorithm.model import RuleEntry
from kt_migrate.algorithm.registry import FUNCTIONS, part_of, split_call
from kt_migrate.language import tr


def check_fields(origins: Origins, path: Path, rule: RuleEntry) -> Iterator[Mistake]:
    """Yield what is wrong with the fields of a rule.

    Args:
        origins: which file decided what.
        path: of the rule.
        rule: the rule; its function may be one that is not there.
    """
    function = FUNCTIONS.get(split_call(rule.using)[0])
    if not rule.fields or function is None:
        return
    where = origins.where((*path, "enrichment"), value=True)
    parts = function.supply.parts
    if rule.value is not None:
        yield Mistake(
            where,
            tr("The rule has a fixed value: nothing can be supplied for it."),
            tr("Take enrichment away."),
        )
    elif parts:
        origin = origins.of((*path, "enrichment"))
        for place, field in enumerate(rule.fields):
            if part_of(field) not in parts:
                loc = origin.loc if isinstance(rule.enrichment, str) else (*origin.loc, place)
                at = origin.file.where(loc, value=True)
                yield unknown(at, "field", part_of(field), parts)
    elif len(rule.fields) > 1:
        yield Mistake(
            where,
            tr("The function takes one value: the rule has more than one field."),
            tr("Give the rule one field."),
        )
