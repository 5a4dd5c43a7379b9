"""Rows of server.md §1: what writes are answered."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest

from kt_migrate.books import RESOURCE_ORIGIN
from kt_migrate.model import PROFILE_BASE
from twin.resources import TYPES, relationship
from twin.service import KIND, Caller, Service, condition, key_of, row, system

pytestmark = pytest.mark.integration
V3 = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
NULL_FLAVOR = "http://terminology.hl7.org/CodeSystem/v3-NullFlavor"


def errors(answer: Any) -> list[str]:  # noqa: ANN401 (httpx's)
    """Return the severities of an outcome's issues."""
    return [issue["severity"] for issue in answer.json()["issue"]]


@row("8932cb30")
@pytest.mark.parametrize("r4_type", TYPES)
def test_a_small_resource_of_each_type_is_created(service: Service, r4_type: str) -> None:
    """201 with version 1, an id of the server's, and the poster's Device; a second identifier may."""
    resource = service.new(r4_type)
    resource["identifier"] = [{"system": "urn:other", "value": "1"}, *resource["identifier"]]

    answer = service.caller.post(resource)
    made = answer.json()

    assert (answer.status_code, answer.headers["ETag"]) == (201, 'W/"1"')
    assert str(UUID(made["id"])) == made["id"]
    (origin,) = (e for e in made["extension"] if e["url"] == RESOURCE_ORIGIN)
    assert origin["valueReference"]["reference"].startswith("Device/")


@row("5dadd156")
def test_location_names_the_server_by_an_address_of_its_own(
    service: Service, caller: Caller
) -> None:
    """Type, id and version at its end; what stands before them is not our base."""
    answer = caller.post(service.new("Organization"))
    location = answer.headers["Location"]

    assert location.endswith(f"/Organization/{answer.json()['id']}/_history/1")
    assert not location.startswith(service.base)


@row("bf5da6fe")
def test_a_minimal_answer_has_the_same_headers(service: Service, caller: Caller) -> None:
    """201 without a body."""
    answer = caller.post(service.new("Organization"), Prefer="return=minimal")

    assert (answer.status_code, answer.content) == (201, b"")
    assert answer.headers["ETag"] == 'W/"1"'
    assert "/Organization/" in answer.headers["Location"]


@row("530db88e")
def test_an_id_that_is_sent_is_not_taken(service: Service, caller: Caller) -> None:
    """201 with another."""
    mine = str(uuid4())
    answer = caller.post(service.new("Organization", id=mine))

    assert answer.status_code == 201
    assert answer.json()["id"] != mine


@row("28d87559")
def test_an_origin_that_is_sent_is_refused(service: Service, caller: Caller) -> None:
    """400: who posts it is its origin."""
    device = {"reference": f"Device/{caller.who.client_id}", "type": "Device"}
    origin = [{"url": RESOURCE_ORIGIN, "valueReference": device}]

    assert caller.post(service.new("Organization", extension=origin)).status_code == 400


@row("e8998b6e")
@pytest.mark.parametrize("by", ["the same", "another"])
def test_a_create_on_a_condition_finds_what_is_there(service: Service, by: str) -> None:
    """200 with the one that is there, its ETag and Location: also for who may not see it."""
    resource = service.new("Organization")
    again = service.caller if by == "the same" else service.another()
    first = service.caller.post(resource, **condition(resource))
    second = again.post(resource, **condition(resource))

    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json()["id"] == first.json()["id"]
    assert second.headers["ETag"] == 'W/"1"'
    assert second.headers["Location"].endswith(f"/{first.json()['id']}/_history/1")


def conditional(caller: Caller, resource: dict[str, Any], escaped: str) -> Any:  # noqa: ANN401 (httpx's)
    """POST on a condition, its value escaped for FHIR already."""
    token = f"{system('Organization')}|".replace(":", "%3A").replace("|", "%7C")
    value = quote(escaped, safe="")
    return caller.post(resource, If_None_Exist=f"identifier={token}{value}")


@row("bfc23d2e")
@pytest.mark.parametrize("special", ["|", ",", "$", "&", "#", "?"])
def test_a_condition_may_hold_what_has_a_meaning_in_it(
    service: Service, caller: Caller, special: str
) -> None:
    """With a backslash for FHIR, percent-encoded for the URL: one resource, found again."""
    value = f"{service.value()}{special}1"
    resource = service.new("Organization")
    resource["identifier"][0]["value"] = value
    escaped = value.replace(special, f"\\{special}") if special in "|,$" else value

    answers = [conditional(caller, resource, escaped) for _turn in range(2)]

    assert [answer.status_code for answer in answers] == [201, 200]
    assert answers[0].json()["id"] == answers[1].json()["id"]


@row("4e48a5a7")
def test_a_condition_loses_a_backslash(service: Service, caller: Caller) -> None:
    """400 when there is nothing, 200 with another's when there is: it proves nothing."""
    plain = service.value()
    ours, other = service.new("Organization"), service.new("Organization")
    ours["identifier"][0]["value"] = f"{plain}\\$99"
    other["identifier"][0]["value"] = f"{plain}$99"
    escaped = f"{plain}\\\\\\$99"

    alone = conditional(caller, ours, escaped)
    theirs = caller.made(other)
    beside = conditional(caller, ours, escaped)

    assert alone.status_code == 400
    assert "HAPI-0929" in alone.text
    assert beside.status_code == 200
    assert beside.json()["id"] == theirs["id"]


@row("02b082c9")
def test_ten_creates_at_once_make_one(service: Service, caller: Caller) -> None:
    """The others are told 200, or 500: which is no proof that nothing is there."""
    resource = service.new("Organization")
    with ThreadPoolExecutor(10) as pool:
        asked = [pool.submit(caller.post, resource, **condition(resource)) for _each in range(10)]
        statuses = [one.result().status_code for one in asked]

    assert statuses.count(201) <= 1
    assert set(statuses) <= {200, 201, 500}
    assert caller.count("Organization", identifier=key_of(resource)) == 1


@row("80dfb698")
def test_an_update_names_a_version(service: Service, caller: Caller) -> None:
    """412 without If-Match."""
    assert caller.put(caller.made(service.new("Organization"))).status_code == 412


def changed(service: Service) -> dict[str, Any]:
    """Return a resource of version 2."""
    made = service.caller.made(service.new("Organization"))
    answer = service.caller.put(made | {"name": "Tweede"}, If_Match='W/"1"')
    assert answer.headers["ETag"] == 'W/"2"'
    there: dict[str, Any] = answer.json()
    return there


@row("59f5c50f")
def test_an_older_version_is_a_conflict(service: Service, caller: Caller) -> None:
    """409."""
    there = changed(service)

    assert caller.put(there | {"name": "Derde"}, If_Match='W/"1"').status_code == 409


@row("e9b01670")
def test_a_version_that_never_was_is_not_found(service: Service, caller: Caller) -> None:
    """404, though the resource is there."""
    there = changed(service)
    answer = caller.put(there | {"name": "Derde"}, If_Match='W/"99"')

    assert answer.status_code == 404
    assert 'Version \\"99\\" is not valid' in answer.text
    assert caller.http.get(f"/Organization/{there['id']}").status_code == 200


@row("a0c9671e")
@pytest.mark.parametrize("match", ['"2"', "2"])
def test_a_version_may_be_strong_or_bare(service: Service, caller: Caller, match: str) -> None:
    """Accepted."""
    answer = caller.put(changed(service) | {"name": "Derde"}, If_Match=match)

    assert (answer.status_code, answer.headers["ETag"]) == (200, 'W/"3"')


@row("bd794bf0")
def test_equal_content_makes_no_version(service: Service, caller: Caller) -> None:
    """200, the version stays."""
    answer = caller.put(changed(service), If_Match='W/"2"')

    assert (answer.status_code, answer.headers["ETag"]) == (200, 'W/"2"')


@row("af1bf84f")
def test_an_update_without_origin_keeps_the_stored_one(service: Service, caller: Caller) -> None:
    """200."""
    there = changed(service)
    bare = {name: value for name, value in there.items() if name != "extension"}
    answer = caller.put(bare | {"name": "Derde"}, If_Match='W/"2"')

    assert answer.status_code == 200
    assert answer.json()["extension"] == there["extension"]


@row("e15bf76f")
def test_anothers_is_not_touched(service: Service, caller: Caller) -> None:
    """403 to PUT and to DELETE by who may change its own."""
    there = caller.made(service.new("Organization"))
    other = service.another()

    assert other.put(there | {"name": "Tweede"}, If_Match='W/"1"').status_code == 403
    assert other.http.delete(f"/Organization/{there['id']}").status_code == 403


@row("1bfdaaa5")
def test_an_unknown_id_is_not_made(service: Service, caller: Caller) -> None:
    """404."""
    unknown = service.new("Organization", id=str(uuid4()))

    assert caller.put(unknown, If_Match='W/"1"').status_code == 404


@row("465dd916")
def test_patch_and_conditional_update_are_no_road(service: Service, caller: Caller) -> None:
    """400 and 500."""
    there = caller.made(service.new("Organization"))
    url = f"/Organization/{there['id']}"
    patch = caller.http.patch(url, content=b"[]", headers=KIND | {"If-Match": 'W/"1"'})
    at = {"identifier": key_of(there)}
    put = caller.http.put("/Organization", params=at, json=there, headers=KIND)

    assert (patch.status_code, put.status_code) == (400, 500)


@row("465dd916")
@pytest.mark.parametrize("kind", ["batch", "transaction"])
def test_a_bundle_of_writes_is_no_road(service: Service, caller: Caller, kind: str) -> None:
    """The one difference on purpose: the service stores such resources without origin.

    The sandbox refuses, so that nobody gets used to it. Of a real service it is not asked: it
    would leave resources behind that nobody may touch.
    """
    if service.real:
        pytest.skip("it would leave resources without resource-origin")
    bundle = {"resourceType": "Bundle", "type": kind, "entry": []}

    assert caller.http.post("/", json=bundle, headers=KIND).status_code == 400


def without(resource: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return a resource without these elements."""
    return {name: value for name, value in resource.items() if name not in names}


MISSING = [
    ("Patient", "birthDate"),
    ("RelatedPerson", "relationship"),
    ("RelatedPerson", "birthDate"),
    ("Practitioner", "telecom"),
    ("CareTeam", "subject"),
    ("Task", "owner"),
    ("Task", "for"),
    ("ActivityDefinition", "extension"),
    ("ActivityDefinition", "url"),
]


@row("b72f282c")
@pytest.mark.parametrize(("r4_type", "element"), MISSING)
def test_what_lacks_an_element_is_refused(service: Service, r4_type: str, element: str) -> None:
    """422 with an error among its issues."""
    answer = service.caller.post(without(service.new(r4_type), element))

    assert answer.status_code == 422
    assert "error" in errors(answer)


WRONG: list[tuple[str, dict[str, Any]]] = [
    ("Patient", {"gender": "vrouw"}),
    ("Patient", {"unknownElement": "x"}),
    ("Patient", {"meta": {}}),
    ("Patient", {"meta": {"profile": [PROFILE_BASE + "Organization"]}}),
    ("Task", {"executionPeriod": {"start": "2021-03-02T00:00:00Z", "end": "2021-03-01T00:00:00Z"}}),
]


@row("b72f282c")
@pytest.mark.parametrize(("r4_type", "elements"), WRONG)
def test_what_is_wrong_is_refused(service: Service, r4_type: str, elements: dict[str, Any]) -> None:
    """422: a code, an element, a profile, a period."""
    answer = service.caller.post(service.new(r4_type) | elements)

    assert answer.status_code == 422
    assert "error" in errors(answer)


@row("b72f282c")
def test_information_comes_before_the_error(service: Service, caller: Caller) -> None:
    """Who takes the first issue for the reason is misled."""
    answer = caller.post(without(service.new("Practitioner"), "telecom"))

    assert errors(answer)[0] in ("information", "warning")
    assert errors(answer)[-1] == "error"


@row("54dd4252")
@pytest.mark.parametrize(
    ("code", "status"),
    [((V3, "HUSB"), 201), ((NULL_FLAVOR, "OTH"), 201), ((V3, "NOSUCH"), 422)],
)
def test_a_relationship_is_one_of_the_profiles_codes(
    service: Service, caller: Caller, code: tuple[str, str], status: int
) -> None:
    """201 for a husband and for `other`; an unknown code is refused."""
    related = service.new("RelatedPerson", relationship=relationship(*code))

    assert caller.post(related).status_code == status


@row("07e191c1")
def test_a_team_may_have_a_related_person(service: Service, caller: Caller) -> None:
    """201: the slice that forbids it does not bite."""
    member = [{"member": service.reference("RelatedPerson")}]

    assert caller.post(service.new("CareTeam", participant=member)).status_code == 201


@row("ba4f1f4f")
def test_a_logical_reference_is_let_through(service: Service, caller: Caller) -> None:
    """201, though the standard forbids it."""
    logical = {"type": "Patient", "identifier": {"system": "urn:other", "value": "1"}}

    assert caller.post(service.new("Task", **{"for": logical})).status_code == 201


@row("0b029606")
def test_a_reference_leads_to_something(service: Service, caller: Caller) -> None:
    """400 HAPI-1094."""
    absent = {"reference": f"Organization/{uuid4()}", "type": "Organization"}
    answer = caller.post(service.new("Organization", partOf=absent))

    assert answer.status_code == 400
    assert "HAPI-1094" in answer.text


@row("a0688927")
@pytest.mark.parametrize("r4_type", ["Patient", "Organization"])
def test_the_temporary_identifier_may_be_the_only_one(service: Service, r4_type: str) -> None:
    """201."""
    resource = service.new(r4_type)

    assert len(resource["identifier"]) == 1
    assert service.caller.post(resource).status_code == 201


@row("57949489")
@pytest.mark.parametrize(
    ("path", "content", "kind", "status"),
    [
        ("/Organization", b"{", "application/fhir+json", 400),
        ("/Observation", b"{}", "application/fhir+json", 404),
        ("/Organization/_search", b"identifier=x", "application/x-www-form-urlencoded", 415),
    ],
)
def test_what_is_no_request_of_kt2(
    caller: Caller, path: str, content: bytes, kind: str, status: int
) -> None:
    """Broken JSON, a type that KT 2.0 has not, a form."""
    answer = caller.http.post(path, content=content, headers={"Content-Type": kind})

    assert answer.status_code == status


@row("4a911ec2")
def test_a_control_character_is_refused(service: Service, caller: Caller) -> None:
    """422."""
    assert caller.post(service.new("Organization", name="a\bb")).status_code == 422


@row("e1fc58ab")
def test_what_is_deleted_is_gone(service: Service, caller: Caller) -> None:
    """410 to a GET, and to another DELETE."""
    url = f"/Organization/{caller.made(service.new('Organization'))['id']}"

    assert caller.http.delete(url).is_success
    assert caller.http.get(url).status_code == 410
    assert caller.http.delete(url).status_code == 410


@row("b1a0d3a7")
def test_what_others_refer_to_stays(service: Service, caller: Caller) -> None:
    """409."""
    parent = caller.made(service.new("Organization"))
    part = {"reference": f"Organization/{parent['id']}", "type": "Organization"}
    caller.made(service.new("Organization", partOf=part))

    assert caller.http.delete(f"/Organization/{parent['id']}").status_code == 409


@row("4bac9c5d")
def test_after_a_delete_a_condition_makes_a_new_one(service: Service, caller: Caller) -> None:
    """201 with another id."""
    resource = service.new("Organization")
    first = caller.post(resource, **condition(resource)).json()
    caller.http.delete(f"/Organization/{first['id']}")
    answer = caller.post(resource, **condition(resource))

    assert answer.status_code == 201
    assert answer.json()["id"] != first["id"]


@row("212cf159")
def test_what_is_deleted_cannot_be_expunged(service: Service, caller: Caller) -> None:
    """412."""
    url = f"/Organization/{caller.made(service.new('Organization'))['id']}"
    caller.http.delete(url)
    body = {"resourceType": "Parameters"}

    assert caller.http.post(f"{url}/$expunge", json=body, headers=KIND).status_code == 412
