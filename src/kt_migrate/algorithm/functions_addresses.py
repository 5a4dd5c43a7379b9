"""Functions for addresses. Source: kt2.md §1.0; nl-core-AddressInformation."""

from __future__ import annotations

from kt_migrate.algorithm.arguments import TABLE
from kt_migrate.algorithm.dutch_addresses import Line, split_line
from kt_migrate.algorithm.registry import Context, function, translate
from kt_migrate.algorithm.supplying import ADDRESS
from kt_migrate.kt13.body import first_text, texts
from kt_migrate.model import Body, Json, Node

_PART = "http://hl7.org/fhir/StructureDefinition/iso21090-ADXP-"
_CODE_SPECIFICATION = "http://nictiz.nl/fhir/StructureDefinition/ext-CodeSpecification"
_USES = ("home", "work", "temp", "old")


@function(TABLE, reads=("use", "line", "city", "zip", "country"), supply=ADDRESS)
def addresses(context: Context, nodes: list[Node], arguments: tuple[str, ...]) -> Json:
    """Rebuild addresses: DSTU1's zip is R4's postalCode: `addresses(countries)`.

    Every text stays as it is. Street, house number and suffix come beside a line when that is
    certain, and the country's code when the table has the country, whatever its capitals. A use
    that R4 does not know is reported.
    """
    made = [a for n in nodes if isinstance(n, dict) and (a := _address(context, arguments[0], n))]
    return [*made] or None


def _address(context: Context, table: str, node: Body) -> dict[str, Json]:
    made = _lines([line for line in texts(node, "line") if line.strip()])
    for source, target in (("city", "city"), ("zip", "postalCode"), ("country", "country")):
        value = first_text(node, source) or ""
        if value.strip():
            made[target] = value
    country = str(made.get("country", "")).strip().casefold()
    code = translate(context, table, country) if country else None
    if code is not None and not isinstance(code, str):
        concept: Json = {"coding": [{**code}]}
        made["_country"] = {
            "extension": [{"url": _CODE_SPECIFICATION, "valueCodeableConcept": concept}]
        }
    use = first_text(node, "use")
    if made and use in _USES:
        return {"use": use, **made}
    if made and use:
        context.notice("value-dropped", "address.use")
    return made


def _lines(lines: list[str]) -> dict[str, Json]:
    """Return `line`, with the parts of the one that has them; of two that do neither is certain."""
    if not lines:
        return {}
    apart = [split_line(line) for line in lines]
    if sum(line is not None for line in apart) != 1:
        return {"line": [*lines]}
    beside: list[Json] = [None if line is None else _parts(line) for line in apart]
    return {"line": [*lines], "_line": beside}


def _parts(line: Line) -> Json:
    parts = {
        "streetName": line.street,
        "houseNumber": line.number,
        "buildingNumberSuffix": line.suffix,
    }
    extensions: list[Json] = [
        {"url": _PART + name, "valueString": text} for name, text in parts.items() if text
    ]
    return {"extension": extensions}
