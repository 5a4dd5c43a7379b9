"""Functions for the members of a care team. Source: kt2.md §8.7."""

from __future__ import annotations

from kt_migrate.algorithm.registry import Context, function
from kt_migrate.kt13.body import first_text
from kt_migrate.kt13.names import shown_code
from kt_migrate.model import Json, Node


@function(reads=("reference", "role"), takes=1, tables=1)
def team_members(context: Context, nodes: list[Node], arguments: tuple[str, ...]) -> Json:
    """Rebuild a team's participants from the care plans: `team_members(table)`.

    One participant per member, with all its roles. A role without a code in the table says that
    this is no member of a team. Patients are no members in KT 2.0.
    """
    roles: dict[str, list[str]] = {}
    for node in nodes:
        if isinstance(node, dict):
            link = first_text(node, "reference") or ""
            roles.setdefault(link, []).append(first_text(node, "role") or "")
    made: list[Json] = []
    for link, codes in sorted(roles.items()):
        participant = _participant(context, link, codes, arguments[0], len(made))
        if participant is not None:
            made.append(participant)
    return made or None


def _participant(context: Context, link: str, codes: list[str], table: str, place: int) -> Json:
    concepts: list[Json] = []
    for code in codes:
        if not code:
            continue
        target = context.code(table, code)
        if target is None:
            context.reject("code-unknown", shown_code(code))
            return None
        if not isinstance(target, str):
            concepts.append({"coding": [dict(target)]})
    if any(codes) and not concepts:
        context.notice("value-dropped", "member without a role in a team")
        return None
    key = context.key(link, ("Practitioner", "RelatedPerson"))
    if key is None:
        context.notice("value-dropped", "member")
        return None
    member = context.refer(key, (place, "member"), (place,))
    return {**({"role": concepts} if concepts else {}), "member": member}
