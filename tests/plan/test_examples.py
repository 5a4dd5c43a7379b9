"""The examples of an algorithm, run: what passes, what does not, and which rules have too few."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_migrate.algorithm.carried import Carried, Told
from kt_migrate.algorithm.examples import Example, Source
from kt_migrate.algorithm.model import Ignored, Rule, TypeRules
from kt_migrate.model import Json
from kt_migrate.plan.differing import differences
from kt_migrate.plan.example_documents import document
from kt_migrate.plan.examples import Gap, Lack, Outcomes, Verdict, run_example, try_examples
from plan.small import STANDARD

pytestmark = pytest.mark.property

O1, O2 = "https://epd.example/fhir/Organization/1", "https://epd.example/fhir/Organization/2"
MADE: dict[str, Json] = {
    "resourceType": "Organization",
    "meta": {"profile": ["http://koppeltaal.nl/fhir/StructureDefinition/KT2Organization"]},
    "identifier": [
        {
            "use": "temp",
            "system": "http://koppeltaal.nl/migration/identifier/Organization",
            "value": O1,
        }
    ],
    "active": True,
    "name": "Praktijk",
}
BECOMES: dict[str, object] = {"object": O1, "type": "Organization", "resources": [MADE]}


def organization(link: str = O1, **more: object) -> dict[str, object]:
    """Return an organisation as a fragment."""
    content = {"resourceType": "Organization", "name": "Praktijk", **more}
    return {"link": link, "json": content}


def told(*source: object, becomes: object = None, **more: object) -> Told:
    """Return an example of its own."""
    content = {
        "id": "een",
        "shows": "x",
        "source": source or [organization()],
        "becomes": [becomes or BECOMES],
    }
    return Told("eigen", Example.model_validate({**content, **more}), ())


def run(example: Told, folder: Path) -> Outcomes:
    """Run it by the standard algorithm."""
    return run_example(example, STANDARD, folder)


def test_an_example_that_holds_says_what_was_made_and_which_rules_spoke(tmp_path: Path) -> None:
    """Nothing stays behind in its folder."""
    partly = told(
        organization(partOf={"reference": O2}, telecom=[{"value": "1"}]),
        becomes={
            **BECOMES,
            "notices": [
                {
                    "code": "reference-dropped",
                    "path": "Organization.partOf",
                    "rule": "organization-part-of",
                    "detail": "Organization",
                }
            ],
        },
        left_behind=["organization-telecom"],
    )

    outcomes = run(partly, tmp_path)

    assert outcomes.differences == ()
    assert outcomes.made == {("Organization", element) for element in MADE}
    assert outcomes.ruled == {"organization-part-of", "organization-telecom"}
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    ("becomes", "line"),
    [
        ({"resources": [{**MADE, "name": "Ander"}]}, "[0].name: is 'Praktijk', must be 'Ander'"),
        ({"resources": [MADE, MADE]}, f"[1]: is not there, must be {MADE!r}"),
        ({"object": O2}, f"Organization {O2}: there is no such object in the example"),
        ({"type": "Patient"}, f"Patient {O1}: there is no such object in the example"),
        (
            {"resources": None, "rejected": [{"code": "x"}]},
            f"Organization {O1}: is migrated, must be rejected",
        ),
        (
            {"resources": None, "not_migrated": "x"},
            f"Organization {O1}: is migrated, must be not_migrated",
        ),
        (
            {"resources": None, "out_of_scope": "x"},
            f"Organization {O1}: is migrated, must be out_of_scope",
        ),
        (
            {"notices": [{"code": "a", "rule": "b"}]},
            f"Organization {O1}: is not said: a b",
        ),
        (
            {"object": "example-000", "type": "MessageHeader"},
            "MessageHeader example-000: is not_migrated by message-header, must be migrated",
        ),
        (
            {"object": "example-000", "type": "MessageHeader", "resources": None}
            | {"not_migrated": "device"},
            "MessageHeader example-000: is not_migrated by message-header, must be by device",
        ),
    ],
)
def test_what_is_not_as_it_must_be_is_named_by_its_place(
    becomes: dict[str, object], line: str, tmp_path: Path
) -> None:
    """One line each."""
    assert line in run(told(becomes={**BECOMES, **becomes}), tmp_path).differences


def test_what_is_said_and_left_behind_must_be_said_by_the_example(tmp_path: Path) -> None:
    """Nothing happens unseen: both ways."""
    source = organization(identifier=[{"system": "urn:x"}], telecom=[{"value": "1"}], raadsel="x")

    assert run(told(source), tmp_path).differences == (
        f"Organization {O1}: is said: value-dropped Organization.identifier"
        " organization-identifier identifier",
        "left_behind: organization-telecom is not expected",
        "left_behind: raadsel is not expected",
    )
    assert run(told(left_behind=["raadsel"]), tmp_path).differences == (
        "left_behind: raadsel is missing",
    )


def test_an_example_that_cannot_be_planned_is_no_pass(tmp_path: Path) -> None:
    """The command goes on with the others."""
    broken = told({"document": "geen bericht"})

    assert run(broken, tmp_path).differences != ()


def test_policies_applications_enrichment_and_background_are_the_examples_own(
    tmp_path: Path,
) -> None:
    """As kt-migrate.yaml and an enrichment file would give them."""
    patient = {
        "link": O2,
        "json": {"resourceType": "Patient", "name": [{"family": ["A"], "given": ["B"]}]},
    }
    rejected = [
        {"code": "value-missing", "path": "Patient.gender", "rule": "patient-gender"},
        {"code": "value-missing", "path": "Patient.birthDate", "rule": "patient-birth-date"},
    ]
    gone = {"object": O2, "type": "Patient", "rejected": rejected}
    strict = told(patient, becomes=gone, policies={"gender_missing": "reject"})
    assert run(strict, tmp_path).differences == ()

    given = [{"link": O2, "field": "birthDate", "value": "1950-01-02"}]
    still = {**gone, "rejected": rejected[:1]}
    supplied = told(patient, becomes=still, policies={"gender_missing": "reject"}, enrichment=given)
    assert run(supplied, tmp_path).differences == ()

    part = {**MADE, "partOf": None}
    part["partOf"] = {
        "reference": "Organization?identifier=http://koppeltaal.nl/migration/identifier/"
        f"Organization|{O2}",
        "type": "Organization",
    }
    whole = told(organization(partOf={"reference": O2}), becomes={**BECOMES, "resources": [part]})
    other = Source.model_validate(organization(O2))
    assert run(replace(whole, background=(other,)), tmp_path).differences == ()


XML = """<Organization xmlns="http://hl7.org/fhir"><name value="Praktijk"/></Organization>"""
FEED = document(Source(link=O1, xml=XML), 0).decode()


def test_a_fragment_may_be_xml_or_a_whole_message(tmp_path: Path) -> None:
    """The same comes of it."""
    assert run(told({"link": O1, "xml": XML}), tmp_path).differences == ()
    assert run(told({"document": FEED}), tmp_path).differences == ()
    odd = "https://epd.example/fhir/Organization?a=1&b=<2>"
    assert b"a=1&amp;b=&lt;2>" in document(Source(link=odd, xml=XML), 0)


def test_what_is_sent_later_is_the_last_state(tmp_path: Path) -> None:
    """Versions, times and numbers rise with the place."""
    assert run(told(organization(name="Oud"), organization()), tmp_path).differences == ()
    sent = [orjson.loads(document(told().example.source[0], n)) for n in (0, 61, 3599)]
    times = [one["entry"][0]["content"]["timestamp"] for one in sent]
    assert times == ["2021-01-01T00:00:00Z", "2021-01-01T00:01:01Z", "2021-01-01T00:59:59Z"]


@pytest.mark.parametrize("kind", ["Patient", "CarePlan", "Practitioner", "RelatedPerson", "Other"])
def test_a_message_has_the_event_of_its_object(kind: str) -> None:
    """Either serialisation."""
    own = kind if kind in ("CarePlan", "Practitioner", "RelatedPerson") else "Patient"
    source = Source.model_validate({"link": O1, "json": {"resourceType": kind}})
    assert f'"CreateOrUpdate{own}"'.encode() in document(source, 0)
    xml = Source(link=O1, xml=f"<f:{kind} xmlns:f='http://hl7.org/fhir'/>")
    assert f'"CreateOrUpdate{own}"'.encode() in document(xml, 0)


# a chain of two algorithms: below `first`, which has an organisation's name in capitals or not


def rules(*found: Rule, ignored: tuple[Ignored, ...] = ()) -> TypeRules:
    """Return the standard's rules for organisations, with others instead or besides."""
    old = STANDARD.types["Organization"]
    kept = {rule.id: rule for rule in old.rules} | {rule.id: rule for rule in found}
    return TypeRules(
        target=old.target,
        identifier=old.identifier,
        rules=tuple(kept.values()),
        ignored=(*old.ignored, *ignored),
    )


def carried(name: str, *examples: Told, own: TypeRules | None = None, **more: object) -> Carried:
    """Return an algorithm with examples."""
    types = {**STANDARD.types, **({} if own is None else {"Organization": own})}
    algorithm = replace(STANDARD, types=types, digest=f"{name} {own}")
    return Carried(name, algorithm, more.pop("own_rules", frozenset()), examples, **more)  # type: ignore[arg-type]


FIXED = Rule(id="organization-name", to="name", value="Vast", because="x")


def test_an_example_below_may_be_changed_replaced_or_fail() -> None:
    """It fails only when it fails where it comes from; what is replaced is the owner's choice."""
    below = carried("onder", told())
    assert [one.verdict for one in try_examples([below]).ran] == [Verdict.PASSED]

    tested = try_examples([carried("boven", own=rules(FIXED)), below])
    assert [(one.owner, one.verdict) for one in tested.ran] == [("eigen", Verdict.CHANGED)]
    assert tested.passed
    assert set(tested.ran[0].outcomes.differences) == {
        "[0].name: is 'Vast', must be 'Praktijk'",
        "left_behind: name is not expected",  # no rule reads it any more
    }

    fixed = {**BECOMES, "resources": [{**MADE, "name": "Vast"}]}
    other = told(becomes=fixed, left_behind=("name",))
    tested = try_examples([carried("boven", other, own=rules(FIXED)), below])
    assert [one.verdict for one in tested.ran] == [Verdict.PASSED, Verdict.REPLACED]
    assert tested.passed

    wrong = carried("onder", other)
    tested = try_examples([carried("boven"), wrong])
    assert [one.verdict for one in tested.ran] == [Verdict.FAILED]
    assert not tested.passed
    assert not try_examples([wrong]).passed


ALL = frozenset({"organization-name", "organization-telecom", "device"})
EXCUSE = {"organization-name": "x"}


def test_a_rule_of_its_own_without_examples_fails_the_check() -> None:
    """What it makes, how it fails or why it cannot, what it leaves behind."""
    nothing = try_examples([carried("eigen", own_rules=ALL)])
    assert nothing.gaps == (
        Gap("organization-name", Lack.MAKES),
        Gap("organization-name", Lack.FAILS),
        Gap("organization-telecom", Lack.LEAVES),
        Gap("device", Lack.LEAVES),
    )
    assert not nothing.passed

    made = try_examples([carried("eigen", told(), own_rules=ALL, cannot_fail=EXCUSE)])
    assert made.gaps == (Gap("organization-telecom", Lack.LEAVES), Gap("device", Lack.LEAVES))

    left = told(organization(telecom=[{"value": "1"}]), left_behind=["organization-telecom"])
    device = told(
        {"link": O2, "json": {"resourceType": "Device", "text": {"status": "generated"}}},
        becomes={"object": O2, "type": "Device", "not_migrated": "device"},
        id="twee",
    )
    full = try_examples([carried("eigen", left, device, own_rules=ALL, cannot_fail=EXCUSE)])
    assert full.gaps == ()
    assert full.passed


def test_a_rule_that_cannot_fail_and_does_fails_the_check() -> None:
    """The excuse is wrong; and an example that fails itself shows nothing."""
    own = frozenset({"organization-active"})
    bad = told(
        organization(active="x"),
        becomes={
            "object": O1,
            "type": "Organization",
            "rejected": [
                {
                    "code": "value-invalid",
                    "path": "Organization.active",
                    "rule": "organization-active",
                }
            ],
        },
        id="twee",
    )
    both = carried("eigen", told(), bad, own_rules=own)
    assert try_examples([both]).gaps == ()
    excused = replace(both, cannot_fail={"organization-active": "x"})
    assert try_examples([excused]).gaps == (Gap("organization-active", Lack.CAN_FAIL),)

    failing = told(becomes={**BECOMES, "resources": [{"name": "x"}]})
    assert try_examples([carried("eigen", failing, bad, own_rules=own)]).gaps == (
        Gap("organization-active", Lack.MAKES),
    )


def test_rules_of_what_is_extended_are_tested_there() -> None:
    """A domain's file answers for what it says itself."""
    below = carried("onder", own_rules=ALL)

    assert try_examples([carried("boven"), below]).gaps == ()


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(0, 2), st.sampled_from(["", "a"])),
    lambda below: st.one_of(
        st.lists(below, max_size=3), st.dictionaries(st.sampled_from("abc"), below, max_size=3)
    ),
    max_leaves=8,
)


@given(VALUES, VALUES)
def test_two_values_differ_where_their_json_does(first: Json, second: Json) -> None:
    """Never without a line, never with one for nothing; true is not 1."""
    alike = orjson.dumps(first, option=orjson.OPT_SORT_KEYS) == orjson.dumps(
        second, option=orjson.OPT_SORT_KEYS
    )

    assert (not [*differences(first, second)]) is alike
    assert [*differences(first, copy.deepcopy(first))] == []
    assert len([*differences(first, second)]) == len([*differences(second, first)])
