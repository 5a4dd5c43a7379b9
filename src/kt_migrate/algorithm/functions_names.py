"""Functions for names of people. Source: kt2.md §1.0; nl-core-NameInformation."""

from __future__ import annotations

from kt_migrate.algorithm.registry import Context, function
from kt_migrate.kt13.body import first_text, texts
from kt_migrate.model import Body, Json, Node

_QUALIFIER = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-qualifier"
_OWN_PREFIX = "http://hl7.org/fhir/StructureDefinition/humanname-own-prefix"
_OWN_NAME = "http://hl7.org/fhir/StructureDefinition/humanname-own-name"


@function(reads=("use", "family", "given", "prefix"))
def human_names(context: Context, nodes: list[Node], _arguments: tuple[str, ...]) -> Json:
    """Rebuild names as nl-core wants them.

    * `use` absent → official. Family parts are joined by a space.
    * A prefix of known particles becomes part of the family, with own-prefix and own-name; any
      other prefix (a title) has no place and is reported.
    * Each given gets its qualifier: IN for an initial, else BR.
    * `usual` keeps its given names only. An official name without family or given cannot be:
      `name_incomplete` says whether that rejects, or makes it a name with use `temp`.
    """
    names = [node for node in nodes if isinstance(node, dict)]
    made = [name for node in names if (name := _name(context, node, len(names)))]
    return [*made] or None


def _name(context: Context, node: Body, count: int) -> dict[str, Json] | None:
    use = _use(node, count)
    givens = texts(node, "given")
    family, extensions = _family(context, node)
    if use == "usual":
        if family:
            context.notice("value-dropped", "name.family")
        return {"use": use, "given": [*givens], "_given": _qualifiers(givens)} if givens else None
    if use == "official" and not (family and givens):
        if context.policies.name_incomplete == "reject":
            context.reject("value-missing", "name.family" if givens else "name.given")
            return None
        use = "temp"
    made: dict[str, Json] = {"use": use}
    if family:
        made["family"] = family
        if extensions:
            made["_family"] = {"extension": extensions}
    if givens:
        made |= {"given": [*givens], "_given": _qualifiers(givens)}
    return made if len(made) > 1 else None


def _use(node: Body, count: int) -> str:
    use = first_text(node, "use") or "official"
    # The only name that there is is official, whatever its sender called it.
    return "official" if use == "usual" and node.get("family") and count == 1 else use


def _family(context: Context, node: Body) -> tuple[str, list[Json]]:
    family = " ".join(texts(node, "family"))
    prefixes = [word for prefix in texts(node, "prefix") for word in prefix.split()]
    if not prefixes:
        return family, []
    if not family or any(context.code("name-particles", w.lower()) is None for w in prefixes):
        context.notice("value-dropped", "name.prefix")
        return family, []
    own_prefix = " ".join(prefixes)
    extensions: list[Json] = [
        {"url": _OWN_PREFIX, "valueString": own_prefix},
        {"url": _OWN_NAME, "valueString": family},
    ]
    return f"{own_prefix} {family}", extensions


def _qualifiers(givens: list[str]) -> list[Json]:
    return [
        {"extension": [{"url": _QUALIFIER, "valueCode": "IN" if _initial(given) else "BR"}]}
        for given in givens
    ]


def _initial(given: str) -> bool:
    return given.endswith(".") or len(given) == 1
