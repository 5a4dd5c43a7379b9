"""The choices of design.md §5, each with a name, its values and what they come to.

What no choice is open on (the temporary identifier, which status becomes which, that a mandatory
reference to nothing rejects) has no name here. Code tables are choices too: they stand under
`codes`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator

from kt_migrate.algorithm.parts import Part
from kt_migrate.algorithm.zones import known_zone
from kt_migrate.errors import Said, said

TimeZone = Annotated[str, AfterValidator(known_zone)]


class Policies(Part):
    """Choices with a name; the standard is design.md §5. What each comes to: `CHOICES`."""

    sub_activities: Literal["count", "tasks"] = "count"
    task_owner: Literal["first", "one-task-each", "reject"] = "first"
    owner_missing: Literal["patient", "reject"] = "patient"
    task_requester: Literal["plan-first", "activity-first"] = "plan-first"
    time_zone: TimeZone = "Europe/Amsterdam"
    period_reversed: Literal["drop", "reject"] = "drop"
    definition_identifier: Literal["extension-else-native", "extension-only"] = (
        "extension-else-native"
    )
    definition_unresolved: Literal["without", "reject"] = "without"
    member_role_unknown: Literal["without-role", "reject"] = "without-role"
    related_persons_in_teams: Literal["members", "left-out"] = "members"
    gender_missing: Literal["unknown", "reject"] = "unknown"
    active_missing: Literal["true", "reject"] = "true"
    name_incomplete: Literal["reject", "temp"] = "reject"
    relationship_missing: Literal["reject", "other"] = "reject"
    optional_reference_missing: Literal["without", "reject"] = "without"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One policy.

    Attributes:
        name: as it stands in YAML.
        source: where the question comes from.
        values: what each value comes to; of an open value the key is `*`.
    """

    name: str
    source: str
    values: Mapping[str, Said]

    def consequence(self, value: str) -> Said:
        """Return what a value comes to."""
        found = self.values.get(value)
        if found is not None:
            return found
        words = self.values["*"]
        return Said(words.text, value=value)


CHOICES = (
    Choice(
        name="sub_activities",
        source="MIG-KT-001; TOP-KT-009",
        values={
            "count": said("Sub-activities are counted and not migrated."),
            "tasks": said("Each sub-activity becomes a Task with partOf to its activity's Task."),
        },
    ),
    Choice(
        name="task_owner",
        source="MIG-KT-001; KT2_Task owner 1..1",
        values={
            "first": said("Of several performers the first owns the Task, and that is reported."),
            "one-task-each": said(
                "Each performer gets a Task: one activity then becomes more than one."
            ),
            "reject": said("An activity with more than one performer is rejected."),
        },
    ),
    Choice(
        name="owner_missing",
        source="KT 1.3: no performer means the patient",
        values={
            "patient": said("Without a performer the patient owns the Task."),
            "reject": said("An activity without a performer is rejected."),
        },
    ),
    Choice(
        name="task_requester",
        source="KT2_Task requester: a Practitioner; design.md §5",
        values={
            "plan-first": said(
                "The requester is the care plan's first Requester who is a migrated "
                "practitioner, and else the activity's."
            ),
            "activity-first": said(
                "The requester is the activity's first Requester who is a migrated "
                "practitioner, and else the care plan's."
            ),
        },
    ),
    Choice(
        name="time_zone",
        source="design.md §5; kt13.md D4; RFC 5545 §3.3.5",
        values={
            "*": said(
                "A time without a zone is one of {value}, and that is reported; in the hour that "
                "comes twice it is the first, in the hour that is skipped the zone before it "
                "counts."
            ),
        },
    ),
    Choice(
        name="period_reversed",
        source="FHIR R4 per-1; design.md §5",
        values={
            "drop": said("A period that starts after its end is left out, and that is reported."),
            "reject": said("An object with a period that starts after its end is rejected."),
        },
    ),
    Choice(
        name="definition_identifier",
        source="MIG-KT-002; kt13.md §4.10",
        values={
            "extension-else-native": said(
                "A definition is known by the extension, and without that by its own identifier."
            ),
            "extension-only": said(
                "A definition is known by the extension; activities do not find one without."
            ),
        },
    ),
    Choice(
        name="definition_unresolved",
        source="KT2_Task extension instantiates 0..1; design.md §5",
        values={
            "without": said(
                "An activity whose definition does not come becomes a Task without one, and "
                "that is reported."
            ),
            "reject": said("An activity whose definition does not come is rejected."),
        },
    ),
    Choice(
        name="member_role_unknown",
        source="design.md §5; kt2.md §8.3",
        values={
            "without-role": said(
                "A team member with an unknown role is a member without that role, and that "
                "is reported."
            ),
            "reject": said("An unknown role of one member rejects the whole team."),
        },
    ),
    Choice(
        name="related_persons_in_teams",
        source="server.md §1: the service accepts them",
        values={
            "members": said("Related persons are members of the team, as they were."),
            "left-out": said("Related persons are no members of the team; each is reported."),
        },
    ),
    Choice(
        name="gender_missing",
        source="KT2_Patient gender 1..1",
        values={
            "unknown": said("Without a gender it becomes `unknown`."),
            "reject": said("Who has no gender is rejected."),
        },
    ),
    Choice(
        name="active_missing",
        source="KT2_Patient active 1..1",
        values={
            "true": said("Where `active` is absent the object is active."),
            "reject": said("An object without `active` is rejected."),
        },
    ),
    Choice(
        name="name_incomplete",
        source="nl-core-NameInformation; kt2.md §1.0",
        values={
            "reject": said("Who lacks a family or a given name is rejected."),
            "temp": said("A name without family or given gets use `temp`."),
        },
    ),
    Choice(
        name="relationship_missing",
        source="KT2_RelatedPerson relationship 1..*; server.md §1",
        values={
            "reject": said(
                "A related person without a relationship, here or in the enrichment, is rejected."
            ),
            "other": said("A related person without a relationship gets `OTH` (other)."),
        },
    ),
    Choice(
        name="optional_reference_missing",
        source="design.md §5",
        values={
            "without": said(
                "A reference that may be absent is left out when its target does not come, "
                "and that is reported."
            ),
            "reject": said(
                "A reference that may be absent rejects the object too when its target does "
                "not come."
            ),
        },
    ),
)
"""Every policy, in the order of `Policies`."""


def chosen(policies: Policies) -> list[tuple[str, str, Said]]:
    """Return (name, value, what it comes to) of every policy, in order."""
    values = policies.model_dump()
    return [(c.name, values[c.name], c.consequence(values[c.name])) for c in CHOICES]
