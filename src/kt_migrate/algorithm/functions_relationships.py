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
    use for one list (kt13.md X8). Absent: what `relationship_missing` says.
    """
    codes = (coding_code(node, "RoleCode", "relationshiptype") for node in nodes)
    found = next(filter(None, codes), None)
    if not found:
        if context.policies.relationship_missing == "reject":
            return None
        found = "OTH"
    lower = found.lower()
    if context.code(arguments[0], found) is None and context.code(arguments[0], lower) is not None:
        found = lower  # Java's connector writes the names of an old list in capitals
    own = next(iter(context.source.body.get("gender", [])), None)
    gender = context.supplied("gender") or coding_code(own, "AdministrativeGender")
    male, female = arguments[1:3]
    sexed = {"M": male, "male": male, "F": female, "female": female}.get(gender)
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
