"""Care plans, activities and statuses in canonical form, and histories that took them apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from histories import Copy, decided, extension, thing

from kt_migrate.history.careplans import CarePlans
from kt_migrate.history.prepare import Prepared
from kt_migrate.history.store import History
from kt_migrate.kt13.body import NS
from kt_migrate.kt13.carried import Carried
from kt_migrate.model import Body


def sub_activity(identifier: str, status: str = "", owner: str = "CarePlan") -> Body:
    """Return a sub-activity, of a care plan's activity or of a status."""
    inner = [extension(f"{owner}#SubActivityIdentifier", valueString=identifier)]
    if status:
        inner.append(extension(f"{owner}#SubActivityStatus", valueCoding={"code": [status]}))
    return {"url": [f"{NS}{owner}#SubActivity"], "extension": [*inner]}


def activity(identifier: str = "", status: str = "", *subs: Body, own_id: str = "") -> Body:
    """Return an activity in canonical form."""
    inner: list[Body] = []
    if identifier:
        inner.append(extension("CarePlan#ActivityIdentifier", valueString=identifier))
    if status:
        inner.append(extension("CarePlan#ActivityStatus", valueCoding={"code": [status]}))
    named: Body = {"id": [own_id]} if own_id else {}
    return {**named, "extension": [*inner, *subs]}


def careplan(*activities: Body, **more: Sequence[Body]) -> Body:
    """Return a care plan in canonical form."""
    return {"activity": [*activities], **{name: [*nodes] for name, nodes in more.items()}}


def status_of(target: str, code: str = "", *subs: Body) -> Body:
    """Return a status of an activity in canonical form."""
    inner = [extension("CarePlanActivityStatus#Activity", valueString=target), *subs]
    if code:
        inner.append(
            extension("CarePlanActivityStatus#ActivityStatus", valueCoding={"code": [code]})
        )
    return {"extension": [*inner]}


@contextmanager
def apart(*files: Prepared | Copy) -> Iterator[History]:
    """Return a history whose care plans were taken apart."""
    with decided(*files) as (history, states):
        CarePlans(history, states).take_apart()
        yield history


def plan(*activities: Body, link: str = "c", version: str = "", **more: Sequence[Body]) -> Carried:
    """Return a care plan in a message."""
    return thing(link, version, careplan(*activities, **more), "CarePlan")


def status(link: str, target: str, version: str = "", code: str = "Completed") -> Carried:
    """Return a status in a message."""
    return thing(link, version, status_of(target, code), "CarePlanActivityStatus")


def member(person: str, team: str, role: str = "") -> Body:
    """Return who takes part in a care plan on behalf of a team."""
    named = extension("CarePlan#ParticipantCareTeam", valueResource={"reference": [team]})
    made: Body = {"member": [{"reference": [person]}], "extension": [named]}
    if role:
        made["role"] = [{"coding": [{"system": [f"{NS}CarePlanParticipantRole"], "code": [role]}]}]
    return made
