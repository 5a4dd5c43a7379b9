"""Functions for telephone numbers and e-mail addresses. Source: kt2.md §1.0, §8.4."""

from __future__ import annotations

from kt_migrate.algorithm.registry import Context, function
from kt_migrate.kt13.body import first_text
from kt_migrate.model import Body, Json, Node

_CODE_SPECIFICATION = "http://nictiz.nl/fhir/StructureDefinition/ext-CodeSpecification"
_MOBILE: Json = {
    "coding": [
        {
            "system": "http://terminology.hl7.org/CodeSystem/v3-AddressUse",
            "code": "MC",
            "display": "mobile contact",
        }
    ]
}


@function(reads=("system", "value", "use"))
def telecoms(context: Context, nodes: list[Node], arguments: tuple[str, ...]) -> Json:
    """Rebuild telecoms; with the argument `email` the enrichment supplies one that is missing.

    `mobile` becomes a telephone with code MC, `old` and empty ones are left out, an e-mail's use
    is only home or work. A value without a system cannot be placed and is reported.
    """
    made = [t for node in nodes if isinstance(node, dict) and (t := _telecom(context, node))]
    if arguments == ("email",) and not any(t.get("system") == "email" for t in made):
        supplied = context.enriched()
        if supplied is None:
            context.reject("value-missing", "telecom.email")
            return None
        made.append({"system": "email", "value": supplied})
    return [*made] or None


def _telecom(context: Context, node: Body) -> dict[str, Json] | None:
    system, value, use = (first_text(node, name) for name in ("system", "value", "use"))
    if not value or use == "old":
        return None
    if system not in ("phone", "fax", "email", "url"):
        context.notice("value-dropped", "telecom.system")
        return None
    made: dict[str, Json] = {"system": system, "value": value}
    if system == "phone" and use == "mobile":
        made["_system"] = {
            "extension": [{"url": _CODE_SPECIFICATION, "valueCodeableConcept": _MOBILE}]
        }
    elif use in ("home", "work") or (use == "temp" and system != "email"):
        made["use"] = use
    return made
