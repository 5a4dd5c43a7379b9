"""Functions for plain elements: text, codes, dates, booleans, periods, references, identifiers."""

from __future__ import annotations

import re

from kt_migrate.algorithm import supplying
from kt_migrate.algorithm.arguments import (
    IDENTIFIER,
    MAYBE_POLICY,
    MAYBE_TABLE,
    TABLE,
    TYPES,
    maybe,
    word,
)
from kt_migrate.algorithm.codes import NOTHING
from kt_migrate.algorithm.registry import Context, function, translate
from kt_migrate.algorithm.zones import with_zone
from kt_migrate.conformance import fits, in_order
from kt_migrate.kt13.body import (
    coding_code,
    first_text,
    text,
    texts,
)
from kt_migrate.kt13.body import nodes as body_nodes
from kt_migrate.kt13.body import reference as link_of
from kt_migrate.kt13.names import shown_code
from kt_migrate.model import MIGRATION_SYSTEM, Json, Node

_DATE = re.compile(r"(\d{4}(?:-\d\d(?:-\d\d)?)?)(T.*)?", re.ASCII | re.DOTALL)
_OF_OPTIONAL = {"without": "optional", "reject": "mandatory"}
_MIDNIGHT = re.compile(r"(T00:00(:00(\.0+)?)?(Z|[+-]\d\d:\d\d)?)?", re.ASCII)


@function()
def text_(_context: Context, nodes: list[Node], _arguments: tuple[str, ...]) -> Json:
    """Take the first text as it is."""
    return next((t for node in nodes if (t := text(node))), None)


@function(maybe("active"))
def boolean(context: Context, nodes: list[Node], arguments: tuple[str, ...]) -> Json:
    """Read `true` or `false`; with `active`, absent means what `active_missing` says."""
    found = text(nodes[0]) if nodes else None
    if found in ("true", "false"):
        return found == "true"
    if found is not None:
        context.reject("value-invalid")
        return None
    return True if arguments == ("active",) and context.policies.active_missing == "true" else None


@function(TABLE, MAYBE_POLICY, into="", supply=supplying.CODE)
def code(context: Context, nodes: list[Node], arguments: tuple[str, ...]) -> Json:
    """Translate a code, Coding or CodeableConcept by a code table: `code(table)`.

    With a second argument that is what an absent code means, if the policy of that name agrees:
    `code(administrative-gender, gender_missing)`. The table says what an unknown code does. Of
    several codings that of the table's system counts. Without any code the text or display does,
    when it is a code of the table; else it is reported.
    """
    table, *policy = arguments
    found = first_code(nodes, table) or _said(context, nodes, table)
    if not found:
        choice = getattr(context.policies, policy[0], "reject") if policy else "reject"
        return None if choice == "reject" else str(choice)
    lower = found.lower()
    known = context.code(table, found) is None and context.code(table, lower) is not None
    target = translate(context, table, lower if known else found)
    return None if target is None else target if isinstance(target, str) else {**target}


@function(TABLE, into="")
def concepts(context: Context, nodes: list[Node], arguments: tuple[str, ...]) -> Json:
    """Translate each code into a CodeableConcept: `concepts(table)`; one that is `none` is said."""
    made: list[Json] = []
    for found in filter(None, (first_code([node], arguments[0]) for node in nodes)):
        target = translate(context, arguments[0], found)
        if context.code(arguments[0], found) == NOTHING:
            context.notice("code-dropped", shown_code(found))
        if target is not None and not isinstance(target, str):
            made.append({"coding": [{**target}]})
    return made or None


def _said(context: Context, nodes: list[Node], table: str) -> str:
    """Return a code that stands in a text or display only, or empty (kt13.md X6)."""
    concepts = [node for node in nodes if isinstance(node, dict)]
    codings = [one for node in concepts for one in body_nodes(node, "coding")]
    said = [word for one in (*codings, *concepts) for word in texts(one, "display")]
    said += [word for node in concepts for word in texts(node, "text")]
    known = (word for word in said if context.code(table, word) is not None)
    found = next(known, "")
    if said and not found:
        context.notice("value-dropped", "text")
    return found


def first_code(nodes: list[Node], value_set: str) -> str:
    """Return the first code that there is, of several codings that of the value set; or empty."""
    return next((c for node in nodes if (c := coding_code(node, value_set))), "")


@function()
def date_only(context: Context, nodes: list[Node], _arguments: tuple[str, ...]) -> Json:
    """Drop the time from a DSTU1 dateTime that stands for a day.

    The text is cut, not parsed: converting time zones would move some birthdays by a day. A time
    that is not midnight may be a moment, and rejects the object. Source: kt13.md §6.4 D1.
    """
    found = next((t for node in nodes if (t := text(node))), None)
    if found is None:
        return None
    parts = _DATE.fullmatch(found)
    if parts is None or not fits(parts[1], "date") or not _MIDNIGHT.fullmatch(parts[2] or ""):
        context.reject("value-invalid")
        return None
    return parts[1]


@function()
def date_time(context: Context, nodes: list[Node], _arguments: tuple[str, ...]) -> Json:
    """Take a moment; one without a zone is of `time_zone`, what is no moment is left out."""
    found = next((t for node in nodes if (t := text(node))), None)
    return None if found is None else moment(context, found, "")


def moment(context: Context, found: str, name: str) -> str | None:
    """Return a text as R4 has a dateTime; what it had to be told, or cannot be, is reported."""
    if fits(found, "dateTime"):
        return found
    made = with_zone(found, context.policies.time_zone)
    if made is None or not fits(made[0], "dateTime"):
        context.notice("value-dropped", name)
        return None
    context.notice(made[1], name)
    return made[0]


@function(reads=("start", "end"), supply=supplying.PERIOD)
def period(context: Context, nodes: list[Node], _arguments: tuple[str, ...]) -> Json:
    """Take a Period; of one that starts after its end `period_reversed` decides."""
    for node in nodes:
        if isinstance(node, dict):
            return made_period(context, first_text(node, "start"), first_text(node, "end"))
    return None


def made_period(context: Context, start: str | None, end: str | None) -> Json:
    """Return an R4 Period of two texts, either of which may be absent."""
    made: dict[str, Json] = {}
    for name, value in (("start", start), ("end", end)):
        taken = None if value is None else moment(context, value, name)
        if taken is not None:
            made[name] = taken
    first, last = made.get("start"), made.get("end")
    if isinstance(first, str) and isinstance(last, str) and not in_order(first, last):
        return _settled(context, first, last)
    return made or None


def _settled(context: Context, first: str, last: str) -> Json:
    """Return a period of ends that are not in order, as far as it can be one.

    Ends of unequal precision that are the same as far as both go are in no order either: KT 2.0
    refuses them. Cut to what both say they are.
    """
    shared = min(len(first), len(last))
    if not ("T" in first and "T" in last) and in_order(first[:shared], last[:shared]):
        context.notice("period-cut")
        return {"start": first[:shared], "end": last[:shared]}
    if context.policies.period_reversed == "reject":
        context.reject("value-invalid", "period")
    else:
        context.notice("period-dropped")
    return None


@function(word("mandatory", "optional"), TYPES, reads=("reference",), supply=supplying.REFERENCE)
def reference(context: Context, nodes: list[Node], arguments: tuple[str, ...]) -> Json:
    """Refer to one object: `reference(mandatory, Patient)`, `reference(optional, A, B)`.

    The first reference counts; more are reported. What is not of an allowed type rejects the
    object when mandatory, and is left out when optional: `optional_reference_missing: reject`
    makes every one mandatory.
    """
    need, *allowed = arguments
    mandatory = "mandatory" in (need, _OF_OPTIONAL[context.policies.optional_reference_missing])
    links = [link for node in nodes if (link := link_of(node))]
    if not links:
        return None
    if len(links) > 1:
        context.notice("first-of-several")
    return referring(context, links[0], tuple(allowed), (), mandatory=mandatory)


@function(word("mandatory", "optional"), TYPES, reads=("reference",), supply=supplying.REFERENCE)
def references(context: Context, nodes: list[Node], arguments: tuple[str, ...]) -> Json:
    """Refer to the first object, in a list of one, for an element that R4 lets repeat."""
    made = reference(context, nodes, arguments)
    return None if made is None else [made]


def referring(
    context: Context,
    link: str,
    allowed: tuple[str, ...],
    path: tuple[str | int, ...],
    *,
    mandatory: bool,
) -> dict[str, Json] | None:
    """Return a Reference to a link, or None when its type is not allowed here."""
    key = context.key(link, allowed)
    if key is None:
        if mandatory:
            context.reject("value-invalid")
        else:
            context.notice("value-dropped")
        return None
    return context.refer(key, path, None if mandatory else path)


@function(
    IDENTIFIER,
    MAYBE_TABLE,
    reads=("use", "system", "value", ""),
    supply=supplying.IDENTIFIER,
)
def identifiers(context: Context, nodes: list[Node], arguments: tuple[str, ...]) -> Json:
    """Make the temporary identifier, and keep the real ones: `identifiers(Patient, table)`.

    The table says what each system is called in KT 2.0; without one it stays. Source: MIG-KT-002.
    """
    name, *tables = arguments
    system = MIGRATION_SYSTEM + name
    made: list[Json] = [{"use": "temp", "system": system, "value": context.source.link}]
    for node in nodes:
        value = first_text(node, "value") if isinstance(node, dict) else text(node)
        if not value:
            context.notice("value-dropped", "identifier")
            continue
        own: dict[str, Json] = {}
        if isinstance(node, dict):
            use, namespace = first_text(node, "use"), first_text(node, "system")
            if use in ("usual", "official", "temp", "secondary", "old"):
                own["use"] = use
            if namespace:
                known = translate(context, tables[0], namespace) if tables else namespace
                if known is not None:
                    own["system"] = known if isinstance(known, str) else namespace
        made.append({**own, "value": value})
    return made
