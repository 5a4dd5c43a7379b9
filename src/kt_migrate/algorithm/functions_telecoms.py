"""Functions for telephone numbers and e-mail addresses. Source: kt2.md §1.0, §8.4."""

from __future__ import annotations

from kt_migrate.algorithm.arguments import TABLE, maybe
from kt_migrate.algorithm.codes import NOTHING
from kt_migrate.algorithm.registry import Context, function, translate
from kt_migrate.algorithm.supplying import TELECOMS
from kt_migrate.kt13.body import first_text
from kt_migrate.model import Body, Json, Node

_CODE_SPECIFICATION = "http://nictiz.nl/fhir/StructureDefinition/ext-CodeSpecification"
_SYSTEMS = ("phone", "fax", "email", "url")
_USES = {"email": ("home", "work"), "phone": ("home", "work", "temp")}
_OTHER_USES = ("home", "work", "temp")


@function(TABLE, maybe("email"), reads=("system", "value", "use"), supply=TELECOMS)
def telecoms(context: Context, nodes: list[Node], arguments: tuple[str, ...]) -> Json:
    """Rebuild telecoms: `telecoms(contact-use)`; with `email` not without an e-mail address.

    `telecoms(contact-use, email)`. The table says
    what a use becomes: a use, a Coding of the telephone (`mobile` → MC), or `none`: the number is
    left out, and that is reported. A use that the slice does not know, and a value without a
    system, is reported. Source: nl-core-ContactInformation.
    """
    table, *must = arguments
    made = [t for node in nodes if isinstance(node, dict) and (t := _telecom(context, table, node))]
    if must == ["email"] and not any(t.get("system") == "email" for t in made):
        context.reject("value-missing", "telecom.email")
        return None
    return [*made] or None


def _telecom(context: Context, table: str, node: Body) -> dict[str, Json] | None:
    system, value, use = (first_text(node, name) or "" for name in ("system", "value", "use"))
    if not value.strip():
        return None
    if system not in _SYSTEMS:
        context.notice("value-dropped", "telecom.system")
        return None
    made: dict[str, Json] = {"system": system, "value": value}
    if use and context.code(table, use) == NOTHING:
        context.notice("value-dropped", "telecom")
        return None
    target = translate(context, table, use) if use else None
    if isinstance(target, str) and target in _USES.get(system, _OTHER_USES):
        made["use"] = target
    elif target is not None and not isinstance(target, str) and system == "phone":
        concept: Json = {"coding": [{**target}]}
        made["_system"] = {
            "extension": [{"url": _CODE_SPECIFICATION, "valueCodeableConcept": concept}]
        }
    elif target is not None:
        context.notice("value-dropped", "telecom.use")
    return made
