"""The shipped algorithms, planned on the example domain: what each chooses is what happens."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from kt_migrate.algorithm.carried import carried_examples
from kt_migrate.algorithm.load import load_algorithm
from kt_migrate.mapping import map_object
from kt_migrate.model import Body, Issue, Mapped, Node, NotMigrated, Rejected, SourceObject
from kt_migrate.plan.build import Inputs, build_plan
from kt_migrate.plan.enrichment import read_enrichment
from kt_migrate.plan.examples import Verdict, try_examples
from kt_migrate.plan.store import Plan
from kt_migrate.shipped import shipped
from ruling import Known, extension
from support import APPLICATIONS, EXAMPLE

SHIPPED = sorted(path.stem for path in shipped("algorithms").glob("*.yaml"))
SMALL, LARGE = "small-practice", "large-institution"
Fates = Counter[tuple[str, str, str]]


read = cache(load_algorithm)


@cache
def fates(name: str) -> Fates:
    """Return how many objects came to which end, with an algorithm, by type."""
    with TemporaryDirectory() as folder:
        inputs = Inputs(
            roots=[EXAMPLE / "archive"],
            source_domains=("EXAMPLE",),
            algorithm=read(name),
            enrichment=read_enrichment([EXAMPLE / "enrichment"]),
            applications=APPLICATIONS,
            meta={},
        )
        build_plan(inputs, Path(folder) / "plan.sqlite")
        with Plan(Path(folder) / "plan.sqlite") as plan:
            assert plan.books().unbalanced() == ()
            return Counter((o.source_type, o.outcome.value, o.reason) for o in plan.objects())


def of(name: str, kind: str = "", end: str = "", why: str = "") -> int:
    """Count the objects of a type, an end and a reason; empty: any."""
    wanted = (kind, end, why)
    return sum(
        count
        for fate, count in fates(name).items()
        if all(want in {"", found} for want, found in zip(wanted, fate, strict=True))
    )


@pytest.mark.parametrize("name", SHIPPED)
def test_every_object_has_one_end_and_something_is_migrated(name: str) -> None:
    """The books balance with each of them, over the same objects."""
    assert fates(name).total() == fates("standard").total() > 200
    assert of(name, "Patient", "migrated") > 0


def test_a_small_practice_has_no_teams_and_leaves_closed_dossiers() -> None:
    """Each object of it is counted with its reason."""
    assert of("standard", "CareTeam", "migrated") > 0
    assert of(SMALL, "CareTeam", "migrated") == 0
    assert of(SMALL, "CareTeam", "not_migrated", "small-practice-no-care-teams") > 0
    assert of(SMALL, "Patient", "out_of_scope") > 0
    assert of(SMALL, "CarePlanSubActivity", "migrated") == 0


def test_a_large_institution_makes_tasks_of_sub_activities() -> None:
    """Those of the dossiers that go along."""
    assert of("standard", "CarePlanSubActivity", "migrated") == 0
    assert of(LARGE, "CarePlanSubActivity", "migrated") > 0
    assert of(LARGE, "", "out_of_scope") > of("standard", "", "out_of_scope")


def mapped(name: str, source_type: str, body: Body) -> Mapped | NotMigrated | Rejected:
    """Map one object with a shipped algorithm."""
    source = SourceObject(source_type=source_type, link="http://epd.example/1", body=body)
    return map_object(source, read(name), Known(types={"http://epd.example/p": "Patient"}))


def test_the_portals_own_title_goes_before_koppeltaals_description() -> None:
    """Where it is; the others keep theirs."""
    described = extension("CarePlan#ActivityDescription", "valueString", "Van Koppeltaal")
    titled = extension("CarePlan#PortaalTitel", "valueString", "Van het portaal")

    for extensions, text in (
        ([described, titled], "Van het portaal"),
        ([described], "Van Koppeltaal"),
    ):
        body: Body = {
            "activity": [{"extension": [*extensions]}],
            "careplan": [{"patient": [{"reference": ["http://epd.example/p"]}]}],
            "current": [{"status": ["Available"], "source": ["careplan"]}],
        }
        found = mapped(LARGE, "CarePlanActivity", body)
        assert isinstance(found, Mapped), found
        assert found.writes[0].resource["description"] == text


def test_addresses_of_the_work_stay_behind() -> None:
    """One without a use is no address of the work."""
    home: Node = {"use": ["home"], "city": ["A"]}
    work: Node = {"use": ["work"], "city": ["B"]}
    bare: Node = {"city": ["C"]}
    body: Body = {
        "active": ["true"],
        "name": [{"use": ["official"], "family": ["Jansen"], "given": ["Jan"]}],
        "gender": ["M"],
        "birthDate": ["1980-01-01"],
        "address": [home, work, bare],
    }  # fmt: skip

    cities = {}
    for name in ("standard", LARGE):
        found = mapped(name, "Patient", body)
        assert isinstance(found, Mapped)
        addresses = found.writes[0].resource["address"]
        assert isinstance(addresses, list)
        cities[name] = [one["city"] for one in addresses if isinstance(one, dict)]
    assert cities == {"standard": ["A", "B", "C"], LARGE: ["A", "C"]}


def test_each_says_of_an_unknown_role_what_it_is() -> None:
    """The module's own role is a practitioner's; another rejects the team of the large one."""

    def team(role: str) -> Body:
        member: Node = {"reference": ["http://epd.example/b"], "role": [role]}
        patient: Node = {"reference": ["http://epd.example/p"]}
        subject = extension("CareTeam#Subject", "valueResource", patient)
        return {
            "member": [member],
            "extension": [subject, extension("CareTeam#Status", "valueCode", "active")],
        }

    known, unknown = (mapped(LARGE, "CareTeam", team(role)) for role in ("Casemanager", "Tovenaar"))

    assert isinstance(known, Mapped)
    assert "405623001" in str(known.writes[0].resource["participant"])
    assert isinstance(unknown, Rejected)
    assert (
        Issue(
            code="code-unknown",
            path="CareTeam.participant",
            rule="care-team-member",
            detail="Tovenaar",
        )
        in unknown.issues
    )


def test_an_expired_activity_failed_in_a_small_practice() -> None:
    """One line of the table differs."""
    tables = {name: read(name).codes["task-status"] for name in SHIPPED}

    assert {name: table["Expired"] for name, table in tables.items()} == {
        "standard": "cancelled", SMALL: "failed", LARGE: "cancelled",
    }  # fmt: skip
    assert all(table["Waiting"] == "draft" for table in tables.values())


@pytest.mark.parametrize("name", [SMALL, LARGE])
def test_each_is_a_page_that_a_care_provider_can_read(name: str) -> None:
    """In Dutch, a comment for every five lines at least, a reason for every choice, success told."""
    lines = (shipped("algorithms") / f"{name}.yaml").read_text("utf-8").splitlines()
    comments = [line for line in lines if line.strip().startswith("#")]

    assert len(lines) < 110
    assert len(comments) * 4 > len(lines)
    assert "# In gewone taal kiest deze" in "\n".join(comments)
    assert read(name).success.verified is True


@pytest.mark.parametrize("name", [SMALL, LARGE])
def test_each_shows_by_examples_what_its_own_rules_make_and_how_they_fail(name: str) -> None:
    """Those of the standard are run with the standard."""
    first, *_below = carried_examples(name)
    tested = try_examples([first])

    assert [one.verdict for one in tested.ran if one.verdict is not Verdict.PASSED] == []
    assert tested.gaps == ()
    assert len(tested.ran) == (11 if name == LARGE else 7)
