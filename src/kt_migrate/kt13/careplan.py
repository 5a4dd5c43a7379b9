"""Takes a CarePlan, and a CarePlanActivityStatus, apart (kt13.md §4.6, §4.11)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kt_migrate.kt13.body import (
    coding_code,
    extension_text,
    extension_value,
    extensions,
    first_node,
    first_text,
    nodes,
    reference,
    text,
)
from kt_migrate.model import Body

_ROLE = "CarePlanParticipantRole"
_STATUS = "CarePlanActivityStatus"


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One activity of a care plan.

    Attributes:
        identifier: `CarePlan#ActivityIdentifier`; else the care plan's link, `#` and the
            activity's id (design.md §5).
        node: the activity as it stands.
        sub_activities: (identifier, status code or empty) of each, in order.
    """

    identifier: str
    node: Body
    sub_activities: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class TeamMember:
    """Somebody who takes part in a care plan on behalf of a team.

    Attributes:
        team: link of the CareTeam.
        member: link of the person.
        role: CarePlanParticipantRole code, or empty.
    """

    team: str
    member: str
    role: str


def activities(careplan: Body, link: str) -> tuple[Activity, ...]:
    """Return the activities of a care plan, in document order."""
    return tuple(
        Activity(
            identifier=_identifier(node, link, place),
            node=node,
            sub_activities=tuple(_sub_activities(node, "CarePlan")),
        )
        for place, node in enumerate(nodes(careplan, "activity"), start=1)
    )


def _identifier(node: Body, link: str, place: int) -> str:
    own = extension_text(node, "CarePlan#ActivityIdentifier")
    return own or f"{link}#{first_text(node, 'id') or place}"


def _sub_activities(node: Body, owner: str) -> Iterator[tuple[str, str]]:
    for sub in extensions(node, f"{owner}#SubActivity"):
        identifier = extension_text(sub, f"{owner}#SubActivityIdentifier")
        # KT 1.0 wrote the identifier straight on the extension.
        identifier = identifier or first_text(sub, "valueString") or ""
        status = coding_code(extension_value(sub, f"{owner}#SubActivityStatus"), _STATUS)
        if identifier:
            yield identifier, status


def activity_status(activity: Body) -> str:
    """Return the activity's status code as the care plan has it, or empty."""
    return coding_code(extension_value(activity, "CarePlan#ActivityStatus"), _STATUS)


def goals(careplan: Body) -> tuple[Body, ...]:
    """Return the goals of a care plan."""
    return tuple(nodes(careplan, "goal"))


def team_members(careplan: Body) -> tuple[TeamMember, ...]:
    """Return who takes part on behalf of which team: for a team has no list of its own."""
    found: set[TeamMember] = set()
    for participant in nodes(careplan, "participant"):
        member = reference(first_node(participant, "member"))
        role = plan_role(participant)
        found.update(_teams(participant, member, role))
    for activity in nodes(careplan, "activity"):
        for participant in extensions(activity, "CarePlan#Participant"):
            member = reference(extension_value(participant, "CarePlan#ParticipantMember"))
            role = activity_role(participant)
            found.update(_teams(participant, member, role))
    return tuple(sorted(found))


def plan_role(participant: Body) -> str:
    """Return the role code of a participant of a care plan, or empty."""
    return coding_code(next(iter(participant.get("role", ())), None), _ROLE)


def activity_role(participant: Body) -> str:
    """Return the role code of a participant of an activity (an extension), or empty."""
    return coding_code(extension_value(participant, "CarePlan#ParticipantRole"), _ROLE)


def _teams(participant: Body, member: str, role: str) -> Iterator[TeamMember]:
    if not member:
        return
    # X4: an older form of the same extension; the conceptual design has an element.
    names = ("CarePlan#ParticipantCareTeam", "CarePlan#CareTeam")
    links = [extension for name in names for extension in extensions(participant, name)]
    named = [node for extension in links for node in extension.get("valueResource", [])]
    for node in [*named, *participant.get("careteam", [])]:
        team = reference(node)
        if team:
            yield TeamMember(team=team, member=member, role=role)


def status_target(status: Body) -> str:
    """Return the identifier of the activity that a status object is about, or empty."""
    own = text(extension_value(status, "CarePlanActivityStatus#Activity"))
    if own:
        return own
    # The documentation calls it by the status's name; there it is a plain string.
    misnamed = extensions(status, "CarePlanActivityStatus#ActivityStatus")
    return next((t for node in misnamed if (t := first_text(node, "valueString"))), "")


def status_code(status: Body) -> str:
    """Return the status code of a status object, or empty."""
    for found in extensions(status, "CarePlanActivityStatus#ActivityStatus"):
        for element in ("valueCoding", "valueCodeableConcept", "valueCode"):
            if found.get(element):
                return coding_code(found[element][0], _STATUS)
    return ""


def status_subactivities(status: Body) -> tuple[tuple[str, str], ...]:
    """Return (identifier, status code) of the sub-activities of a status object."""
    return tuple(_sub_activities(status, "CarePlanActivityStatus"))
