"""Functions of rules for definitions and their applications: identifiers, addresses, kinds."""

from __future__ import annotations

from urllib.parse import quote

from kt_migrate.algorithm import supplying
from kt_migrate.algorithm.arguments import (
    CODE,
    IDENTIFIER,
    MAYBE_TABLE,
    MAYBE_VALUE_SETS,
    TABLE,
)
from kt_migrate.algorithm.functions_plain import first_code, identifiers
from kt_migrate.algorithm.registry import Context, function, translate
from kt_migrate.config import is_secure
from kt_migrate.kt13.body import (
    coding,
    coding_code,
    extension_text,
    extension_value,
    first_text,
    text,
)
from kt_migrate.kt13.definition import definition_identifier, native_identifier
from kt_migrate.model import MIGRATION_SYSTEM, Json, Key, Node

_ENDPOINT_SYSTEM = MIGRATION_SYSTEM + "Endpoint"


@function(
    IDENTIFIER,
    MAYBE_TABLE,
    reads=("use", "system", "value", ""),
    supply=supplying.IDENTIFIER,
)
def definition_identifiers(context: Context, nodes: list[Node], arguments: tuple[str, ...]) -> Json:
    """Make the identifiers of a definition: `definition_identifiers(ActivityDefinition, table)`.

    Its own is the extension's, whatever its type; in data of 2015 the native one is the only,
    and counts unless `definition_identifier` says otherwise.
    Source: MIG-KT-002; kt13.md §4.10.
    """
    native = native_identifier(context.source.body) if _native(context) else None
    own = nodes or ([] if native is None else [native])
    return identifiers(context, own, arguments)


@function(supply=supplying.URL)
def definition_url(context: Context, nodes: list[Node], _arguments: tuple[str, ...]) -> Json:
    """Make the definition's stable url of its application's entry in kt-migrate.yaml.

    A url that is supplied is taken whole.
    """
    given = next((first_text(node, "url") for node in nodes if isinstance(node, dict)), None)
    if given:
        return given
    application = _application(context)
    own = next((t for node in nodes if (t := text(node))), None)
    identifier = own or definition_identifier(context.source.body, native=_native(context))
    entry = None if application is None else context.lookup.application(application)
    if application is not None and entry is None:
        context.reject("value-missing", "application")  # what cures that cures its definitions
        return None
    if entry is None or not identifier:
        return None
    own = quote(identifier, safe="")
    if entry.definition_url is not None:
        return entry.definition_url.replace("{identifier}", own)
    if entry.endpoint is not None:
        return f"{entry.endpoint.rstrip('/')}/{own}"
    context.reject("application-unknown", "definition_url")
    return None


def _native(context: Context) -> bool:
    return context.policies.definition_identifier == "extension-else-native"


def _application(context: Context) -> str | None:
    supplied = context.supplied("application")
    if supplied:
        return supplied
    value = extension_value(context.source.body, "ActivityDefinition#Application")
    return first_text(value, "display") if isinstance(value, dict) else None


@function(reads=("display",), supply=supplying.APPLICATION)
def endpoint_extension(context: Context, nodes: list[Node], _arguments: tuple[str, ...]) -> Json:
    """Refer to the Endpoint of the definition's application. Source: KT2_ActivityDefinition."""
    node = nodes[0] if nodes else {}
    name = first_text(node, "display") if isinstance(node, dict) else None
    if name is None:
        return None
    entry = context.lookup.application(name)
    url = "http://koppeltaal.nl/fhir/StructureDefinition/KT2EndpointExtension"
    if entry is not None and entry.reference is not None:
        literal: Json = {"reference": entry.reference, "type": "Endpoint"}
        return [{"url": url, "valueReference": literal}]
    key = Key(r4_type="Endpoint", system=_ENDPOINT_SYSTEM, value=name)
    made = context.refer(key, (0, "valueReference"), None)
    return [{"url": url, "valueReference": made}]


@function()
def definition_status(context: Context, nodes: list[Node], _arguments: tuple[str, ...]) -> Json:
    """Archived or inactive → retired, else active; or the code that is given.

    Source: MIG-KT-001; kt2.md §8.5.
    """
    if nodes:
        return text(nodes[0])
    body = context.source.body
    archived = extension_text(body, "ActivityDefinition#IsArchived") == "true"
    inactive = extension_text(body, "ActivityDefinition#IsActive") == "false"
    return "retired" if archived or inactive else "active"


@function(TABLE, into="")
def topic(context: Context, nodes: list[Node], arguments: tuple[str, ...]) -> Json:
    """Translate the kind of activity into a topic; a kind without one gets none."""
    found = first_code(nodes, "ActivityKind")
    target = translate(context, arguments[0], found) if found else None
    return None if target is None or isinstance(target, str) else [{"coding": [{**target}]}]


@function(
    MAYBE_VALUE_SETS,
    reads=("system", "code", "display", "", "coding.system", "coding.code", "coding.display"),
)
def concept(_context: Context, nodes: list[Node], arguments: tuple[str, ...]) -> Json:
    """Keep a Coding as it is, in a CodeableConcept: `concept(ActivityKind)`.

    Of a CodeableConcept the coding of that system; a plain code is one without a system.
    """
    for node in nodes:
        if not coding_code(node, *arguments):
            continue
        if not isinstance(node, dict):
            return {"coding": [{"code": node}]}
        names = ("system", "code", "display")
        found = coding(node, *arguments)
        kept: dict[str, Json] = {n: v for n in names if (v := first_text(found, n))}
        return {"coding": [kept]}
    return None


@function(TABLE, into="type")
def default_performer(context: Context, nodes: list[Node], arguments: tuple[str, ...]) -> Json:
    """Translate the default performer into a participant type."""
    found = first_code(nodes, "ActivityPerformer")
    target = translate(context, arguments[0], found) if found else None
    return [{"type": target}] if isinstance(target, str) else None


@function(supply=supplying.LAUNCH)
def launch_address(context: Context, nodes: list[Node], _arguments: tuple[str, ...]) -> Json:
    """Take the application's launch address from kt-migrate.yaml: KT 1.3 has none.

    One that is supplied goes before it, and is kept to the same: an https address, and for the
    url of its definitions one with `{identifier}`.
    """
    address = next((t for node in nodes if (t := text(node))), None)
    template = context.supplied("definition_url")
    spoilt = template is not None and "{identifier}" not in template
    if spoilt or (address is not None and not is_secure(address)):
        context.reject("value-invalid")
        return None
    if address is not None:
        return address
    entry = context.lookup.application(context.source.link)
    if entry is None or entry.endpoint is None:
        context.reject("application-unknown")
        return None
    return entry.endpoint


@function(TABLE, CODE, into="")
def fixed_coding(context: Context, _nodes: list[Node], arguments: tuple[str, ...]) -> Json:
    """Take the one Coding of a table: `fixed_coding(table, code)`; KT 2.0 compares it exactly."""
    target = context.code(arguments[0], arguments[1])
    return dict(target) if target and not isinstance(target, str) else None


@function(TABLE, CODE, into="")
def fixed_concepts(context: Context, _nodes: list[Node], arguments: tuple[str, ...]) -> Json:
    """Take the one Coding of a table, in a list of CodeableConcepts."""
    coding = fixed_coding(context, [], arguments)
    return None if coding is None else [{"coding": [coding]}]
