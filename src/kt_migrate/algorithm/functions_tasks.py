"""Functions for tasks: an activity becomes a Task. Source: design.md §5, kt2.md §8.3."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from kt_migrate.algorithm.functions_plain import made_period, referring
from kt_migrate.algorithm.registry import Context, function
from kt_migrate.algorithm.supplying import PERIOD, REFERENCE
from kt_migrate.kt13.body import (
    extension_text,
    extension_value,
    extensions,
    first_node,
    first_text,
    nodes,
    reference,
    text,
)
from kt_migrate.kt13.careplan import activity_role, plan_role
from kt_migrate.model import MIGRATION_SYSTEM, Body, Json, Key, Node

_OWNERS = ("Patient", "Practitioner", "RelatedPerson", "CareTeam")
_INSTANTIATES = "http://vzvz.nl/fhir/StructureDefinition/instantiates"


def _activity(context: Context) -> Body:
    return first_node(context.source.body, "activity")


def _careplan(context: Context) -> Body:
    return first_node(context.source.body, "careplan")


@function(supply=REFERENCE)
def task_owner(context: Context, found: list[Node], _arguments: tuple[str, ...]) -> Json:
    """First performer; named by a display only → rejected.

    Without one `owner_missing` decides, of more than one `task_owner`.

    Source: KT 1.3: no performer means the patient; MIG-KT-001.
    """
    links = list(dict.fromkeys(link for node in found if (link := reference(node))))
    if found and not links:
        # R5: somebody named by a display; that it is the patient would be a guess.
        context.reject("reference-missing")
        return None
    if not links and context.policies.owner_missing == "reject":
        context.reject("reference-missing")
        return None
    if not links:
        own = reference(first_node(_careplan(context), "patient"))
        patient = context.supplied("patient") or own
        return referring(context, patient, ("Patient",), (), mandatory=True) if patient else None
    if len(links) > 1 and context.policies.task_owner == "reject":
        context.reject("owner-ambiguous", str(len(links)))
        return None
    if len(links) > 1 and context.policies.task_owner == "one-task-each":
        owners = [referring(context, link, _OWNERS, (), mandatory=True) for link in links]
        context.alternatives([owner for owner in owners if owner is not None])
        return owners[0]
    if len(links) > 1:
        context.notice("owner-first", str(len(links)))
    return referring(context, links[0], _OWNERS, (), mandatory=True)


@function(supply=REFERENCE)
def task_requester(context: Context, found: list[Node], _arguments: tuple[str, ...]) -> Json:
    """First participant with role Requester that is a migrated Practitioner: `task_requester`.

    Who is no Practitioner is passed over here; who is not migrated, when that is known.
    """
    links = [reference(node) for node in found] or _requesters(context)
    keys = []
    for link in dict.fromkeys(links):
        key = context.key(link, ("Practitioner",)) if link else None
        if key is None:
            context.notice("requester-passed-over", context.lookup.type_of(link) or "")
        else:
            keys.append(key)
    return context.refer(keys[0], (), (), tuple(keys[1:])) if keys else None


def _requesters(context: Context) -> Iterator[str]:
    of_both = (_of_plan(context), _of_activity(context))
    turned = context.policies.task_requester == "activity-first"
    return chain.from_iterable(reversed(of_both) if turned else of_both)


def _of_plan(context: Context) -> Iterator[str]:
    for participant in nodes(_careplan(context), "participant"):
        if plan_role(participant) == "Requester":
            yield reference(first_node(participant, "member"))


def _of_activity(context: Context) -> Iterator[str]:
    for participant in extensions(_activity(context), "CarePlan#Participant"):
        if activity_role(participant) == "Requester":
            yield reference(extension_value(participant, "CarePlan#ParticipantMember"))


@function()
def task_instantiates(context: Context, found: list[Node], _arguments: tuple[str, ...]) -> Json:
    """Refer to the definition by its identifier; unresolved → what `definition_unresolved` says."""
    identifier = next((t for node in found if (t := text(node))), None)
    if identifier is None:
        return None
    link = context.lookup.definition(identifier)
    strict = context.policies.definition_unresolved == "reject"
    if link is None:
        if strict:
            context.reject("reference-missing", "ActivityDefinition")
        else:
            context.notice("definition-unresolved")
        return None
    key = Key(
        r4_type="ActivityDefinition", system=MIGRATION_SYSTEM + "ActivityDefinition", value=link
    )
    made = context.refer(key, (0, "valueReference"), None if strict else (0,))
    return [{"url": _INSTANTIATES, "valueReference": made}]


@function()
def task_description(context: Context, found: list[Node], _arguments: tuple[str, ...]) -> Json:
    """The activity's own description, else its definition's name."""
    own = next((t for node in found if (t := text(node))), None)
    named = extension_text(_activity(context), "CarePlan#ActivityDefinition")
    identifier = context.supplied("definition") or named
    return own or (context.lookup.definition_name(identifier) if identifier else None)


@function(supply=PERIOD)
def task_period(context: Context, found: list[Node], _arguments: tuple[str, ...]) -> Json:
    """Started…(finished or cancelled); not started: StartDate…EndDate.

    One period for two meanings: when it was started, the planned dates have no place. A start or
    an end that is supplied goes before either.
    """
    start, end = _dates(_activity(context))
    given = next((node for node in found if isinstance(node, dict)), {})
    return made_period(
        context, first_text(given, "start") or start, first_text(given, "end") or end
    )


def _dates(activity: Body) -> tuple[str | None, str | None]:
    def date(name: str) -> str | None:
        return extension_text(activity, f"CarePlan#{name}") or None

    started = date("Started")
    if started is not None:
        return started, date("Finished") or date("Cancelled")
    return date("StartDate"), date("EndDate")


@function()
def parent_task(context: Context, _found: list[Node], _arguments: tuple[str, ...]) -> Json:
    """Refer to the Task of the activity that a sub-activity belongs to."""
    parent = context.source.link.rpartition("#")[0]
    system = MIGRATION_SYSTEM + "CarePlanActivity"
    return [context.refer(Key(r4_type="Task", system=system, value=parent), (0,), None)]
