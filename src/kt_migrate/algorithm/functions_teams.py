"""Functions for the members of a care team. Source: kt2.md §8.7."""

from __future__ import annotations

from kt_migrate.algorithm.arguments import TABLE
from kt_migrate.algorithm.registry import Context, function, translate
from kt_migrate.algorithm.supplying import ROLE
from kt_migrate.kt13.body import first_text
from kt_migrate.kt13.names import shown_code
from kt_migrate.model import Json, Node

_MEMBERS = {"members": ("Practitioner", "RelatedPerson"), "left-out": ("Practitioner",)}


@function(TABLE, reads=("reference", "role"), into="role", supply=ROLE)
def team_members(context: Context, nodes: list[Node], arguments: tuple[str, ...]) -> Json:
    """Rebuild a team's participants from the care plans: `team_members(table)`.

    One participant per member, with all its roles. A role that the table calls `none` says that
    this is no member of a team; of one that it does not have `member_role_unknown` decides.
    Patients are no members in KT 2.0, related persons are if `related_persons_in_teams` says so.
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
    unknown = False
    for code in filter(None, codes):
        policy = _left_to_policy(context, table, code)
        target = None if policy else translate(context, table, code)
        if policy and context.policies.member_role_unknown == "reject":
            context.reject("code-unknown", shown_code(code))
            return None
        if policy:
            context.notice("role-unknown", shown_code(code))
            unknown = True
        elif target is not None and not isinstance(target, str):
            concepts.append({"coding": [{**target}]})
    if any(codes) and not concepts and not unknown:
        context.notice("value-dropped", "member without a role in a team")
        return None
    key = context.key(link, _MEMBERS[context.policies.related_persons_in_teams])
    if key is None:
        context.notice("value-dropped", "member")
        return None
    member = context.refer(key, (place, "member"), (place,))
    return {**({"role": concepts} if concepts else {}), "member": member}


def _left_to_policy(context: Context, table: str, code: str) -> bool:
    """Whether neither the table's lines nor its `unknown` say what a role becomes."""
    return context.code(table, code) is None and context.otherwise(table).action == "reject"
