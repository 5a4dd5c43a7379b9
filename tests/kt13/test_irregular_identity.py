"""Irregular identities and links, each by its number in kt13.md §6.2."""

from __future__ import annotations

import pytest

from kt13.two_forms import (
    HOST,
    SERVER,
    VERSION,
    Form,
    both,
    bundle,
    document,
    entry,
    extension,
    header,
    message,
    other,
    patient,
    queued,
)
from kt_migrate.kt13.body import reference
from kt_migrate.kt13.careplan import activities
from kt_migrate.kt13.links import spelled_alike
from kt_migrate.model import Body, Issue, Message
from kt_migrate.model import Form as Copy

LINK = f"{HOST}/Patient/1"


def read(form: Form, **fields: object) -> Message:
    """Read a message whose one entry has these fields."""
    return message(form(bundle(header(), {"content": patient(), **fields})))


def self_link(href: str) -> list[dict[str, str]]:
    """Return links of an entry."""
    return [{"rel": "alternate", "href": "http://elders.example"}, {"rel": "self", "href": href}]


@both
def test_i1_an_entry_is_known_by_its_link_or_its_id(form: Form) -> None:
    """Either may be missing; without both it is one named reject, and its neighbours are read."""
    for fields in ({"id": LINK}, {"link": self_link(LINK)}):
        assert [thing.link for thing in read(form, **fields).objects] == [LINK]
    neither = message(form(bundle(header(), {"content": patient()}, entry(patient(), LINK))))

    assert neither.issues == (Issue(code="object-without-link", path="Patient"),)
    assert [thing.link for thing in neither.objects] == [LINK]


@both
@pytest.mark.parametrize(
    "identity",
    ["urn:uuid:11111111-0000-4000-8000-000000000001", "11111111-0000-4000-8000-000000000001"],
)
def test_i2_an_id_that_is_no_address_does_not_matter_beside_a_link(
    form: Form, identity: str
) -> None:
    """Of an entry and of the header; equal to the bundle's or not."""
    made = bundle({"id": identity, **header()}, entry(patient(), LINK, id=identity), id=identity)

    found = message(form(made))

    assert found.objects[0].link == LINK
    assert (found.form, found.iid, found.identifier) == (Copy.SENDER, None, "m-1")


@both
def test_i2_the_stale_address_of_another_message_makes_no_copy_of_the_queue(form: Form) -> None:
    """A sender took title, id and moment from the message that it had fetched before."""
    stale = {
        "title": "MessageHeader with IID=1193807",
        "id": f"{SERVER}/MessageHeader/1193807",
        "updated": "2021-01-01T12:00:00+01:00",
        **header(),
    }

    found = message(form(bundle(stale, entry(patient(), LINK))))

    assert (found.form, found.iid) == (Copy.SENDER, None)


@both
def test_i3_a_version_counts_wherever_it_stands(form: Form) -> None:
    """In the id beside a link without one; but never of another object's id."""
    versioned = f"{LINK}/_history/{VERSION}"
    (found,) = read(form, id=versioned, link=self_link(LINK)).objects
    (only,) = read(form, id=versioned).objects
    (foreign,) = read(form, id=f"{HOST}/Patient/2/_history/9", link=self_link(LINK)).objects

    assert (found.link, found.version) == (only.link, only.version) == (LINK, VERSION)
    assert (foreign.link, foreign.version) == (LINK, None)


@both
@pytest.mark.parametrize("data", [LINK, f"{LINK}/_history/{VERSION}"])
@pytest.mark.parametrize("own", [LINK, f"{LINK}/_history/{VERSION}", f"{LINK}/_history/"])
def test_i4_the_focal_object_is_found_with_and_without_a_version(
    form: Form, data: str, own: str
) -> None:
    """Either may have one, both, or neither."""
    made = bundle(header(data=[{"reference": data}]), entry(patient(), own))

    found = message(form(made))

    assert found.focal == found.objects[0].link == LINK


@both
@pytest.mark.parametrize("anchor", ["ref007", "9664", "5a3b0c1e-0000-4000-8000-1", ""])
def test_i5_the_id_of_a_content_is_an_anchor_only(form: Form, anchor: str) -> None:
    """A counter, the logical id, a uuid, an IID or nothing: it names no object."""
    made = patient(**({"id": anchor} if anchor else {}))
    link = f"{SERVER}/Other/ActivityDefinition:3"

    found = message(form(bundle(header(), entry(made, link)))).objects[0]

    assert (found.link, found.source_type) == (link, "Patient")


@both
def test_i6_links_in_two_spellings_are_two_objects(form: Form) -> None:
    """Byte for byte; that they are alike is known, and said by the plan (tests/history)."""
    spellings = [LINK, LINK.replace("https", "http"), LINK.replace("epd", "EPD")]
    made = bundle(header(), *(entry(patient(), link) for link in spellings))

    assert [thing.link for thing in message(form(made)).objects] == spellings
    assert {spelled_alike(link) for link in spellings} == {LINK.removeprefix("https://")}
    assert spelled_alike(f"{HOST}/patient/1") != spelled_alike(LINK)
    assert spelled_alike("urn:uuid:A") == "urn:uuid:A"
    assert spelled_alike("ftp://EPD.example/A") == "ftp://EPD.example/A"
    assert spelled_alike("http://EPD.example/?Q=http://B") == "epd.example/?Q=http://B"


@both
@pytest.mark.parametrize(
    "link",
    [
        "https://epd.example/Caregiver/1",
        "https://epd.example/BlackBox/124",
        f"{SERVER}/Other/ActivityDefinition:3",
        "https://epd.example/",
        "https://epd.example/CareTeam/1",
    ],
)
def test_i7_a_type_is_never_read_from_a_link(form: Form, link: str) -> None:
    """The content says what it is; an `Other` by its usage."""
    practitioner = {"resourceType": "Practitioner", "name": {"family": ["Proef"]}}
    for content, kind in ((practitioner, "Practitioner"), (other("UserMessage"), "UserMessage")):
        (found,) = message(form(bundle(header(), entry(content, link)))).objects
        assert (found.source_type, found.link) == (kind, link)


@both
@pytest.mark.parametrize(
    ("named", "link"),
    [
        ("12442", "12442"),
        ("Practitioner/1", "Practitioner/1"),
        (f"{HOST}/Practitioner/", f"{HOST}/Practitioner/"),
        (f"{HOST}/Practitioner/1/_history/", f"{HOST}/Practitioner/1"),
        ("", ""),
    ],
)
def test_i8_a_reference_is_taken_as_it_stands(form: Form, named: str, link: str) -> None:
    """Bare, relative or without an id: nothing is put before or behind it."""
    made = patient(careProvider=[{"reference": named, "display": "x"}])
    (found,) = message(form(bundle(header(), entry(made, LINK)))).objects
    (provider,) = found.body["careProvider"]

    assert reference(provider) == link


@both
def test_i9_what_stands_twice_in_a_message_is_read_twice(form: Form) -> None:
    """Two entries with one link, two contents with one anchor: the history decides, not a search."""
    one, two = patient(id="ref001"), patient(id="ref001", gender={"text": "F"})

    found = message(form(bundle(header(), entry(one, LINK), entry(two, LINK)))).objects

    assert [thing.link for thing in found] == [LINK, LINK]
    assert [("gender" in thing.body) for thing in found] == [False, True]


@both
def test_i9_an_anchor_that_stands_twice_names_no_activity_with_an_identifier(form: Form) -> None:
    """An activity is known by its own identifier; the anchor is the last resort."""
    own = [extension("CarePlan#ActivityIdentifier", valueString=f"a-{n}") for n in (1, 2)]
    made = {"resourceType": "CarePlan", "activity": [{"id": "r", "extension": [e]} for e in own]}
    (plan,) = message(form(bundle(header(), entry(made, LINK)))).objects

    assert [a.identifier for a in activities(plan.body, LINK)] == ["a-1", "a-2"]


@both
def test_i10_a_shared_business_identifier_makes_no_one_object(form: Form) -> None:
    """A patient and a practitioner with one BSN are two objects; identity is the link."""
    bsn = [{"system": "http://fhir.nl/fhir/NamingSystem/bsn", "value": "900000000"}]
    practitioner = {"resourceType": "Practitioner", "identifier": bsn}
    made = bundle(
        header(),
        entry(patient(identifier=bsn), LINK),
        entry(practitioner, f"{HOST}/Practitioner/1"),
        entry(patient(identifier=bsn), f"{HOST}/Patient/2"),
    )

    found = message(form(made)).objects

    assert len({(thing.source_type, thing.link) for thing in found}) == 3
    assert all(thing.body["identifier"] == [_listed(bsn[0])] for thing in found)


def _listed(value: dict[str, str]) -> Body:
    return {name: [text] for name, text in value.items()}


@both
@pytest.mark.parametrize("made", ["m-1", "urn:uuid:m-1"])
@pytest.mark.parametrize("own", [{}, {"id": "urn:uuid:m-1"}, {"id": "m-1"}, {"id": "urn:uuid:x"}])
def test_i11_a_message_is_known_by_its_header_alone(
    form: Form, made: str, own: dict[str, str]
) -> None:
    """With or without urn:uuid:, equal to the bundle's id or not, in either copy."""
    for head in (header(identifier=made), queued(identifier=made)):
        assert message(form(bundle(head, entry(patient(), LINK), **own))).identifier == "m-1"
    answer = header(identifier="urn:uuid:s", response={"identifier": made, "code": "ok"})
    response = document(form(bundle(answer))).response

    assert response is not None
    assert response.request == "m-1"
