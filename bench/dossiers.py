"""A dossier: a patient, the people and teams around them, the care plan and its activities."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from pieces import (
    ACTIVITY,
    CARE_PLAN,
    GOAL,
    PARTICIPANT,
    STATUS,
    SUB_OF_PLAN,
    SUB_OF_STATUS,
    TEAM_OF_MEMBER,
    row,
)
from things import EPD, GAME, Thing

_ROLES = ("Requester", "Caregiver", "Supervisor", "Secretary")


@dataclass(slots=True)
class Activity:
    """One activity of a care plan.

    Attributes:
        values: what its template needs, its present status among it.
        subs: identifier and status of each sub-activity.
        report: the status object that its application sends.
        counted: whether a readable document held it.
    """

    values: dict[str, str]
    subs: list[dict[str, str]]
    report: Thing = field(init=False)
    counted: bool = False

    def __post_init__(self) -> None:
        link = f"{GAME}/CarePlanActivityStatus/{self.values['number']}"
        self.report = Thing("CarePlanActivityStatus", link, partial(_write_report, self))


@dataclass(slots=True)
class Dossier:
    """One patient, with everybody around them.

    Attributes:
        goals: how many the care plan has.
        left: messages that are still to come.
        begun: whether the care plan was sent.
    """

    patient: Thing
    department: Thing
    practitioners: list[Thing]
    teams: list[Thing]
    related: list[Thing]
    goals: int
    left: int
    activities: list[Activity] = field(default_factory=list)
    careplan: Thing = field(init=False)
    begun: bool = False

    def __post_init__(self) -> None:
        link = f"{EPD}/CarePlan/{self.patient.values['id']}"
        self.careplan = Thing("CarePlan", link, partial(_write_plan, self))

    @property
    def people(self) -> list[Thing]:
        """Who takes part."""
        return [*self.practitioners, *self.related]


def _write_plan(dossier: Dossier, style: int) -> str:
    teams = [TEAM_OF_MEMBER.write(style, {"team": team.link}) for team in dossier.teams]
    goals = [
        GOAL.write(style, {"id": f"g{n}", "words": "meer " * (1 + n) + "slapen"})
        for n in range(dossier.goals)
    ]
    return CARE_PLAN[bool(goals)].write(
        style,
        {
            "id": f"cp-{dossier.patient.values['id']}",
            "patient": dossier.patient.link,
            "participants": row(style, _participants(dossier, style, row(style, teams))),
            "goals": row(style, goals),
            "activities": row(style, [_write_activity(a, style) for a in dossier.activities]),
        },
    )


def _participants(dossier: Dossier, style: int, teams: str) -> list[str]:
    roles = [*_ROLES[: len(dossier.practitioners)], *("Thirdparty" for _who in dossier.related)]
    return [
        PARTICIPANT.write(style, {"teams": teams, "role": role, "member": who.link})
        for role, who in zip(roles, dossier.people, strict=True)
    ]


def _write_activity(activity: Activity, style: int) -> str:
    subs = row(style, [SUB_OF_PLAN.write(style, sub) for sub in activity.subs], behind=True)
    return ACTIVITY.write(style, {**activity.values, "subs": subs})


def _write_report(activity: Activity, style: int) -> str:
    subs = row(style, [SUB_OF_STATUS.write(style, sub) for sub in activity.subs], behind=True)
    status = activity.values["status"]
    values = {
        "activity": activity.values["identifier"],
        "status": status,
        "number": "100" if status == "Completed" else "50",
        "subs": subs,
    }
    return STATUS.write(style, values)
