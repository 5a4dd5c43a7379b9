"""The profiles' invariants as small functions: one per key, true when it holds.

Each quotes its FHIRPath; a test sees that the packages say just that. Written out, and not left
to a FHIRPath engine, for they are asked of every element of a million resources. An invariant
that KT 2.0's own elements cannot meet is in OUT_OF_REACH, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kt_migrate.conformance.moments import in_order
from kt_migrate.model import Json

Element = dict[str, Json]
Invariant = Callable[[Element], bool]

_HUMANNAME = "http://hl7.org/fhir/StructureDefinition/humanname-"
_COD472 = "urn:oid:2.16.840.1.113883.2.4.3.11.22.472"
_DISPLAYS = {"23": "Contactpersoon", "24": "Wettelijke vertegenwoordiger"}


def dicts(value: Json) -> list[Element]:
    """Return the objects in a list; nothing of anything else."""
    return [v for v in value if isinstance(v, dict)] if isinstance(value, list) else []


def has(element: Element, name: str) -> bool:
    """Whether an element has a child: with a value, or with extensions only."""
    return name in element or f"_{name}" in element


def extension_or_value(element: Element) -> bool:
    """`ext-1`: extension.exists() != value.exists()."""
    for name in element:
        if name.startswith(("value", "_value")):
            return "extension" not in element
    return "extension" in element


def system_with_value(element: Element) -> bool:
    """`cpt-2`: value.empty() or system.exists()."""
    return not has(element, "value") or has(element, "system")


def use_has_value(element: Element) -> bool:
    """`kt2pnu-1`, `kt2pnu-2`: use.hasValue()."""
    return isinstance(element.get("use"), str)


def start_before_end(element: Element) -> bool:
    """`per-1`: start.hasValue().not() or end.hasValue().not() or (start <= end)."""
    return _in_order(element.get("start"), element.get("end"))


def modified_after_authored(element: Element) -> bool:
    """`inv-1`.

    lastModified.exists().not() or authoredOn.exists().not() or lastModified >= authoredOn
    """
    return _in_order(element.get("authoredOn"), element.get("lastModified"))


def _in_order(first: Json, second: Json) -> bool:
    return not (isinstance(first, str) and isinstance(second, str)) or in_order(first, second)


def identified_or_named(element: Element) -> bool:
    """`org-1`: (identifier.count() + name.count()) > 0."""
    return has(element, "identifier") or has(element, "name")


def not_at_home(element: Element) -> bool:
    """`org-2`, `org-3`: where(use = 'home').empty()."""
    return element.get("use") != "home"


def contact_says_something(element: Element) -> bool:
    """`pat-1`: name.exists() or telecom.exists() or address.exists() or organization.exists()."""
    return any(name in element for name in ("name", "telecom", "address", "organization"))


def system_with_code(element: Element) -> bool:
    """`qty-3`: code.empty() or system.exists()."""
    return not has(element, "code") or has(element, "system")


def no_comparator(element: Element) -> bool:
    """`sqty-1`: comparator.empty()."""
    return not has(element, "comparator")


def _extended(element: Element) -> Iterator[str]:
    beside = element.get("_family")
    for extension in dicts(beside.get("extension")) if isinstance(beside, dict) else ():
        yield str(extension.get("url")).removeprefix(_HUMANNAME)


def own_prefix_with_name(element: Element) -> bool:
    """`zib-NameInformation-1`: an own prefix implies an own name, in family's extensions."""
    found = set(_extended(element))
    return "own-prefix" not in found or "own-name" in found


def partner_prefix_with_name(element: Element) -> bool:
    """`zib-NameInformation-2`: a partner's prefix implies a partner's name."""
    found = set(_extended(element))
    return "partner-prefix" not in found or "partner-name" in found


def display_of_role(element: Element) -> bool:
    """`kt2-role-display-validation`: codes 23 and 24 of COD472 have their own display."""
    return all(
        _DISPLAYS.get(str(coding.get("code"))) in (None, coding.get("display"))
        for coding in dicts(element.get("coding"))
        if coding.get("system") == _COD472
    )


def nothing_contained_in_contained(element: Element) -> bool:
    """`dom-2`: contained.contained.empty()."""
    return not any("contained" in c for c in dicts(element.get("contained")))


def contained_without_versions(element: Element) -> bool:
    """`dom-4`: contained.meta.versionId.empty() and contained.meta.lastUpdated.empty()."""
    return not any({"versionId", "lastUpdated"} & set(m) for m in _contained_metas(element))


def contained_without_security(element: Element) -> bool:
    """`dom-5`: contained.meta.security.empty()."""
    return not any("security" in m for m in _contained_metas(element))


def _contained_metas(element: Element) -> Iterator[Element]:
    for contained in dicts(element.get("contained")):
        meta = contained.get("meta")
        if isinstance(meta, dict):
            yield meta


INVARIANTS: dict[str, Invariant] = {
    "cpt-2": system_with_value,
    "dom-2": nothing_contained_in_contained,
    "dom-4": contained_without_versions,
    "dom-5": contained_without_security,
    "ext-1": extension_or_value,
    "inv-1": modified_after_authored,
    "kt2-role-display-validation": display_of_role,
    "kt2pnu-1": use_has_value,
    "kt2pnu-2": use_has_value,
    "org-1": identified_or_named,
    "org-2": not_at_home,
    "org-3": not_at_home,
    "pat-1": contact_says_something,
    "per-1": start_before_end,
    "qty-3": system_with_code,
    "sqty-1": no_comparator,
    "zib-NameInformation-1": own_prefix_with_name,
    "zib-NameInformation-2": partner_prefix_with_name,
}
"""What can be broken by what we write."""

TEXT_INVARIANTS: dict[str, Callable[[str], bool]] = {
    # $this in ('by' | 'to')
    "houseNumberIndication": frozenset({"by", "to"}).__contains__,
}
"""The same of texts."""

OUT_OF_REACH: dict[str, str] = {
    key: reason
    for reason, keys in {
        "whom a resource contains is not followed": ("dom-3", "ref-1"),
        "asks for the resource behind a reference, which is elsewhere": ("ctm-1",),
        "of a datatype that only an unknown extension could hold": (
            "age-1", "att-1", "cnt-3", "dis-1", "drq-1", "drq-2", "drt-1", "exp-1", "rat-1",
            "rng-2", "tim-1", "tim-2", "tim-4", "tim-5", "tim-6", "tim-7", "tim-8", "tim-9",
            "tim-10", "trd-1", "trd-2", "trd-3",
        ),
        "of a narrative, which no rule makes": ("txt-1", "txt-2"),
    }.items()
    for key in keys
}  # fmt: skip
"""Invariants that are not asked, each with its reason."""
