"""Each function for identifiers, definitions and their codings: a good, an odd and a refused value."""

from __future__ import annotations

import pytest

from kt_migrate.algorithm.codes import Otherwise
from kt_migrate.algorithm.model import Policies
from kt_migrate.config import Application
from kt_migrate.model import Body, Json, Node
from ruling import LINK, Known, Ruling, Tables, asked, extension, link_to, of

pytestmark = pytest.mark.property


TEMPORARY: Json = {
    "use": "temp",
    "system": "http://koppeltaal.nl/migration/identifier/Patient",
    "value": LINK,
}


@pytest.mark.parametrize(
    ("node", "made"),
    [
        ("plain", {"value": "plain"}),
        ({"value": ["v"]}, {"value": "v"}),
        ({"use": ["official"], "value": ["v"]}, {"use": "official", "value": "v"}),
        ({"use": ["usual"], "value": ["v"]}, {"use": "usual", "value": "v"}),
        ({"use": ["temp"], "value": ["v"]}, {"use": "temp", "value": "v"}),
        ({"use": ["secondary"], "value": ["v"]}, {"use": "secondary", "value": "v"}),
        ({"use": ["old"], "value": ["v"]}, {"use": "old", "value": "v"}),
        ({"use": ["nieuw"], "value": ["v"]}, {"value": "v"}),
        ({"system": ["bsn"], "value": ["v"]}, {"system": "urn:bsn", "value": "v"}),
        ({"system": ["urn:x"], "value": ["v"]}, {"system": "urn:x", "value": "v"}),
        ({"system": ["odd"], "value": ["v"]}, {"system": "odd", "value": "v"}),
    ],
)
def test_real_identifiers_stand_behind_the_temporary_one(node: Node, made: Json) -> None:
    """With their use and system, a system in its right spelling."""
    tables: Tables = {"systems": {"bsn": "urn:bsn", "odd": {"code": "x"}}}
    asking = Ruling(tables=tables, unknown={"systems": Otherwise("keep")})

    found, ruling = asked("identifiers(Patient, systems)", [node], asking)

    assert found == [TEMPORARY, made]
    assert ruling.silent


def test_an_identifier_without_a_value_is_reported_and_the_next_one_kept() -> None:
    """The temporary one is always there."""
    nodes: list[Node] = [{"system": ["bsn"]}, "", {"value": [""]}, "v"]

    found, ruling = asked("identifiers(Patient)", nodes)

    assert found == [TEMPORARY, {"value": "v"}]
    assert ruling.notices == [("value-dropped", "identifier")] * 3
    assert asked("identifiers(Patient)", [])[0] == [TEMPORARY]


def game(**extensions: Node) -> Body:
    """Return a definition with these extensions, each with its value."""
    return {
        "extension": [
            extension(f"ActivityDefinition#{name}", "valueX", value)
            for name, value in extensions.items()
        ]
    }


APPLICATION = game(Application={"display": ["SPEL"]})


ENTRY = {"endpoint": "https://spel.example/launch/"}


REFERENCE = {
    "reference": "Endpoint/7",
    "definition_url": "https://spel.example/{identifier}/x/{identifier}",
}


@pytest.mark.parametrize(
    ("entry", "body", "identifier", "value"),
    [
        (ENTRY, APPLICATION, "A", "https://spel.example/launch/A"),
        ({"endpoint": "https://spel.example/X/"}, APPLICATION, "A", "https://spel.example/X/A"),
        (ENTRY, APPLICATION, "a b/c?d", "https://spel.example/launch/a%20b%2Fc%3Fd"),
        (REFERENCE, APPLICATION, "A/B", "https://spel.example/A%2FB/x/A%2FB"),
        (
            {**REFERENCE, "endpoint": ENTRY["endpoint"], "reference": None},
            APPLICATION,
            "A",
            "https://spel.example/A/x/A",
        ),
        (ENTRY, {}, "A", None),
        (ENTRY, game(Application="SPEL"), "A", None),
        (ENTRY, APPLICATION, None, None),
    ],
)
def test_a_definitions_url_is_its_applications(
    entry: dict[str, str], body: Body, identifier: str | None, value: Json
) -> None:
    """By the entry's own pattern, else below its endpoint; the identifier cannot leave its place."""
    nodes: list[Node] = ["", identifier, "Z"] if identifier else []

    found, ruling = asked(
        "definition_url", nodes, of(body, lookup=Known(applications={"SPEL": entry}))
    )

    assert found == value
    assert ruling.silent


def test_a_definition_of_an_application_without_an_entry_says_what_it_waits_for() -> None:
    """What cures the application cures it; a url that is supplied does without."""
    body = game(Application={"display": ["ANDER"]})
    found, ruling = asked("definition_url", ["A"], of(body, lookup=Known()))
    assert (found, ruling.rejects) == (None, [("value-missing", "application")])

    found, ruling = asked("definition_url", [{"url": ["urn:x"]}], of(body, lookup=Known()))
    assert (found, ruling.silent) == ("urn:x", True)


def test_a_definitions_identifier_is_the_extensions_else_the_native_one() -> None:
    """Of Koppeltaal's system first; in the url too, and never both."""
    system: list[Node] = [
        "http://ggz.koppeltaal.nl/x/ActivityDefinition#ActivityDefinitionIdentifier"
    ]
    native: Body = {"identifier": [{"value": ["7"]}, {"system": system, "value": ["A"]}]}
    ruling = of({**APPLICATION, **native}, lookup=Known(applications={"SPEL": ENTRY}))
    using = "definition_identifiers(ActivityDefinition)"

    def own(nodes: list[Node], body: Body) -> list[str]:
        found, _ruling = asked(using, nodes, of(body))
        assert isinstance(found, list)
        return [str(one["value"]) for one in found[1:] if isinstance(one, dict)]

    assert own(["B"], native) == ["B"]
    assert own([], native) == ["A"]
    assert own([], {}) == []
    assert asked("definition_url", [], ruling)[0] == "https://spel.example/launch/A"


def test_an_application_without_any_address_rejects_its_definitions() -> None:
    """kt-migrate.yaml does not let it through; nothing is invented if it ever does."""

    class Nowhere(Known):
        def application(self, name: str) -> Application | None:
            return Application.model_construct() if name == "SPEL" else None

    found, ruling = asked("definition_url", ["A"], of(APPLICATION, lookup=Nowhere()))

    assert found is None
    assert ruling.rejects == [("application-unknown", "definition_url")]


URL = "http://koppeltaal.nl/fhir/StructureDefinition/KT2EndpointExtension"


def test_a_definition_refers_to_its_applications_endpoint() -> None:
    """Mandatory; an endpoint that is in KT 2.0 already is named as it is."""
    name: Node = {"display": ["SPEL"]}
    own = link_to("Endpoint", "SPEL")

    for known in (Known(), Known(applications={"SPEL": ENTRY})):
        found, ruling = asked("endpoint_extension", [name], Ruling(lookup=known))
        assert found == [{"url": URL, "valueReference": own}]
        assert ruling.references == [(own["reference"], (0, "valueReference"), None)]

    there = Ruling(lookup=Known(applications={"SPEL": REFERENCE}))
    found, _ = asked("endpoint_extension", [name], there)
    assert found == [
        {"url": URL, "valueReference": {"reference": "Endpoint/7", "type": "Endpoint"}}
    ]
    assert there.references == []
    for nodes in ([], ["SPEL"], [{"reference": ["x"]}]):
        assert asked("endpoint_extension", [*nodes])[0] is None


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, "active"),
        (game(IsActive="true", IsArchived="false"), "active"),
        (game(IsActive="false"), "retired"),
        (game(IsArchived="true"), "retired"),
        (game(IsActive="true", IsArchived="true"), "retired"),
        (game(IsActive="nee", IsArchived="ja"), "active"),
    ],
)
def test_what_is_archived_or_inactive_is_retired(body: Body, status: str) -> None:
    """Anything else is active."""
    assert asked("definition_status", [], of(body))[0] == status


TABLES: Tables = {
    "kinds": {"Game": {"system": "urn:t", "code": "treatment"}, "Text": "text"},
    "performers": {"Patient": "patient", "Coded": {"code": "x"}},
}


@pytest.mark.parametrize(
    ("using", "nodes", "value"),
    [
        (
            "topic(kinds)",
            ["", "Game"],
            [{"coding": [{"system": "urn:t", "code": "treatment"}]}],
        ),
        ("topic(kinds)", ["Text"], None),
        ("topic(kinds)", [], None),
        ("default_performer(performers)", ["", "Patient"], [{"type": "patient"}]),
        ("default_performer(performers)", ["Coded"], None),
        ("default_performer(performers)", [], None),
        ("fixed_coding(kinds, Game)", [], {"system": "urn:t", "code": "treatment"}),
        ("fixed_coding(kinds, Text)", [], None),
        ("fixed_coding(kinds, Film)", [], None),
        (
            "fixed_concepts(kinds, Game)",
            [],
            [{"coding": [{"system": "urn:t", "code": "treatment"}]}],
        ),
        ("fixed_concepts(kinds, Film)", [], None),
        (
            "concept",
            [{"display": ["d"]}, {"system": ["s"], "code": ["c"], "version": ["1"]}],
            {"coding": [{"system": "s", "code": "c"}]},
        ),
        (
            "concept",
            [{"system": ["s"], "code": ["c"], "display": ["d"]}],
            {"coding": [{"system": "s", "code": "c", "display": "d"}]},
        ),
        ("concept", [{"code": ["c"], "display": [""]}], {"coding": [{"code": "c"}]}),
        ("concept", ["c"], {"coding": [{"code": "c"}]}),
        (
            "concept(Kind)",
            [
                {
                    "coding": [
                        {"code": ["x"]},
                        {"system": ["http://hl7.org/fhir/kind"], "code": ["c"]},
                    ]
                }
            ],
            {"coding": [{"system": "http://hl7.org/fhir/kind", "code": "c"}]},
        ),
        ("concept", [], None),
    ],
)
def test_a_coding_is_translated_kept_or_left_out(
    using: str, nodes: list[Node], value: Json
) -> None:
    """None of these can reject an object."""
    found, ruling = asked(using, nodes, Ruling(tables=TABLES))

    assert found == value
    assert ruling.silent


def test_a_launch_address_is_the_applications_or_it_is_rejected() -> None:
    """KT 1.3 has none, and nothing is invented."""
    entry = Known(applications={LINK: ENTRY})
    assert asked("launch_address", [], Ruling(lookup=entry))[0] == "https://spel.example/launch/"

    for known in (Known(), Known(applications={LINK: REFERENCE})):
        found, ruling = asked("launch_address", [], Ruling(lookup=known))
        assert found is None
        assert ruling.rejects == [("application-unknown", "")]


def test_a_supplied_template_without_the_identifier_costs_the_address() -> None:
    """All its definitions would get one url."""
    for template, expected in (("https://a.example/{identifier}", "https://a/"), ("u", None)):
        ruling = Ruling(lookup=Known(), given={"definition_url": template})
        found, _ = asked("launch_address", ["https://a/"], ruling)

        assert found == expected
        assert ruling.rejects == ([] if expected else [("value-invalid", "")])


def test_a_native_identifier_counts_unless_the_policy_says_otherwise() -> None:
    """Policy definition_identifier: extension-only; what the extension says counts always."""
    body: Body = {"identifier": [{"value": ["OUD"]}]}
    strict = Policies(definition_identifier="extension-only")

    for policies, own in ((Policies(), [{"value": "OUD"}]), (strict, [])):
        made, _ = asked("definition_identifiers(A)", [], of(body, policies=policies))
        assert isinstance(made, list)
        assert made[1:] == own
        named, _ = asked("definition_identifiers(A)", ["X"], of(body, policies=policies))
        assert isinstance(named, list)
        assert named[1:] == [{"value": "X"}]
