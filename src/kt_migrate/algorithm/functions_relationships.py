"""Functions for what somebody is to a patient. Source: kt2.md §8.7."""

from __future__ import annotations

from kt_migrate.algorithm.arguments import TABLE
from kt_migrate.algorithm.registry import Context, function, translate
from kt_migrate.kt13.body import coding_code
from kt_migrate.kt13.names import shown_code
from kt_migrate.model import Json, Node


@function(TABLE, TABLE, TABLE, into="")
def relationship(context: Context, nodes: list[Node], arguments: tuple[str, ...]) -> Json:
    """Translate a relationship: `relationship(table, table for male, table for female)`.

    A code without sex uses the person's gender to choose. The system is ignored: four are in
    use for one list (kt13.md X8). Absent: the enrichment, else `relationship_missing`.
    """
    codes = (coding_code(node, "RoleCode", "relationshiptype") for node in nodes)
    found = next(filter(None, codes), None) or context.enriched()
    if not found:
        if context.policies.relationship_missing == "reject":
            return None
        found = "OTH"
    gender = coding_code(
        next(iter(context.source.body.get("gender", [])), None), "AdministrativeGender"
    )
    lower = found.lower()
    if context.code(arguments[0], found) is None and context.code(arguments[0], lower) is not None:
        found = lower  # Java's connector writes the names of an old list in capitals
    sexed = {"M": arguments[1], "F": arguments[2]}.get(gender)
    known = context.code(sexed, found) if sexed else None
    target = known or translate(context, arguments[0], found)
    if target is None:
        return None
    if isinstance(target, str):
        context.reject("code-unknown", shown_code(found))
        return None
    if target.get("code") != found:
        context.notice("code-generalised", shown_code(found))
    return [{"coding": [dict(target)]}]
