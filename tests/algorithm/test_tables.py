"""What the standard algorithm's tables hold: every code of KT 1.3, and only what KT 2.0 takes."""

from __future__ import annotations

import pytest

from kt_migrate.algorithm.codes import NOTHING
from kt_migrate.algorithm.known_targets import codings
from kt_migrate.algorithm.load import load_algorithm
from kt_migrate.model import Body, Json
from ruling import Ruling, Tables, asked, of

STANDARD = load_algorithm("standard")
RELATIONSHIPS = codings("RelatedPerson", "relationship")
TEAM_ROLES = codings("CareTeam", "participant.role")
"""What KT 2.0's profiles have, as the check of step 5 goes by it."""

ROLE_CODE = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
ROLE_CODES = ["FAMMEMB", "CHILD", "CHLDADOPT", "DAUADOPT", "SONADOPT", "CHLDFOST", "DAUFOST", "SONFOST", "DAUC", "DAU", "STPDAU", "NCHILD", "SON", "SONC", "STPSON", "STPCHLD", "EXT", "AUNT", "MAUNT", "PAUNT", "COUSN", "MCOUSN", "PCOUSN", "GGRPRN", "GGRFTH", "MGGRFTH", "PGGRFTH", "GGRMTH", "MGGRMTH", "PGGRMTH", "MGGRPRN", "PGGRPRN", "GRNDCHILD", "GRNDDAU", "GRNDSON", "GRPRN", "GRFTH", "MGRFTH", "PGRFTH", "GRMTH", "MGRMTH", "PGRMTH", "MGRPRN", "PGRPRN", "INLAW", "CHLDINLAW", "DAUINLAW", "SONINLAW", "PRNINLAW", "FTHINLAW", "MTHINLAW", "SIBINLAW", "BROINLAW", "SISINLAW", "NIENEPH", "NEPHEW", "NIECE", "UNCLE", "MUNCLE", "PUNCLE", "PRN", "ADOPTP", "ADOPTF", "ADOPTM", "FTH", "FTHFOST", "NFTH", "NFTHF", "STPFTH", "MTH", "GESTM", "MTHFOST", "NMTH", "NMTHF", "STPMTH", "NPRN", "PRNFOST", "STPPRN", "SIB", "BRO", "HBRO", "NBRO", "TWINBRO", "FTWINBRO", "ITWINBRO", "STPBRO", "HSIB", "HSIS", "NSIB", "NSIS", "TWINSIS", "FTWINSIS", "ITWINSIS", "TWIN", "FTWIN", "ITWIN", "SIS", "STPSIS", "STPSIB", "SIGOTHR", "DOMPART", "SPS", "HUSB", "WIFE", "FRND", "NBOR", "ONESELF", "ROOM"]  # fmt: skip
"""Source: kt13.md §4.14."""

LEGACY = "emergency family guardian friend partner work caregiver agent guarantor owner parent"
CONTACTS = "C E F I N O S U"
MALE = {"FTH", "BRO", "SONC", "HUSB", "UNCLE", "NEPHEW", "SONFOST", "GRNDSON", "ADOPTF", "FTHFOST"}
MALE |= {"GRFTH", "GGRFTH", "SONINLAW", "FTHINLAW", "BROINLAW", "STPFTH"}
FEMALE = {"MTH", "SIS", "DAUC", "WIFE", "AUNT", "NIECE", "DAUFOST", "GRNDDAU", "ADOPTM", "MTHFOST"}
FEMALE |= {"GRMTH", "GGRMTH", "DAUINLAW", "MTHINLAW", "SISINLAW", "STPMTH"}
NO_SEX = {"FAMMEMB", "EXT", "INLAW", "SIGOTHR", "ONESELF"}
"""Codes that no gender makes closer: kt2.md §8.7."""


def related(code: str, gender: str = "") -> tuple[Json, Ruling]:
    """Ask what a relationship becomes."""
    tables: Tables = STANDARD.codes
    body: Body = {"gender": [{"coding": [{"code": [gender]}]}]} if gender else {}
    using = "relationship(relationship, relationship-male, relationship-female)"
    return asked(using, [{"coding": [{"code": [code]}]}], of(body, tables=tables))


def coding(found: Json) -> tuple[str, str]:
    """Return (system, code) of the only coding."""
    assert isinstance(found, list)
    (concept,) = found
    codings = concept["coding"] if isinstance(concept, dict) else None
    assert isinstance(codings, list)
    (one,) = codings
    assert isinstance(one, dict)
    return str(one["system"]), str(one["code"])


def test_all_108_relationship_codes_are_known_and_those_of_older_lists() -> None:
    """34 of them mean the same in KT 2.0; the others are said."""
    assert len(ROLE_CODES) == len(set(ROLE_CODES)) == 108
    known = set(STANDARD.codes["relationship"])
    assert known == {*ROLE_CODES, *LEGACY.split(), *CONTACTS.split(), "OTH"}

    alike = [code for code in ROLE_CODES if coding(related(code)[0]) == (ROLE_CODE, code)]
    assert sorted(alike) == sorted(RELATIONSHIPS[ROLE_CODE])
    assert all(related(code)[1].silent is (code in alike) for code in ROLE_CODES)


@pytest.mark.parametrize("gender", ["", "M", "F", "UN"])
def test_every_relationship_is_one_that_kt2_takes(gender: str) -> None:
    """Its slicing is closed; two codes need their display."""
    for code in STANDARD.codes["relationship"]:
        system, target = coding(related(code, gender)[0])
        assert target in RELATIONSHIPS[system], code


def test_a_gender_chooses_where_the_code_leaves_it_open_and_never_against_it() -> None:
    """A man is nobody's aunt; what has a sex of its own keeps it, whatever the gender says."""
    open_codes = {code for code in ROLE_CODES if coding(related(code)[0])[1] == "OTH"}

    for gender, wanted in (("M", MALE), ("F", FEMALE)):
        chosen = {code: coding(related(code, gender)[0])[1] for code in ROLE_CODES}
        assert {code for code in open_codes if chosen[code] == "OTH"} == NO_SEX
        assert {chosen[code] for code in open_codes - NO_SEX} <= wanted
        closed = {
            code: coding(related(code)[0])[1] for code in ROLE_CODES if code not in open_codes
        }
        assert {code: chosen[code] for code in closed} == closed
    assert (
        STANDARD.codes["relationship-male"].keys() == STANDARD.codes["relationship-female"].keys()
    )
    assert coding(related("parent", "F")[0])[1] == "MTH"


@pytest.mark.parametrize("code", ["WORK", "Friend", "GUARDIAN"])
def test_capitals_do_not_hide_a_code_of_the_old_list(code: str) -> None:
    """Java's connector writes them (kt13.md §4.3); a code in two lists is the one as written."""
    found, ruling = related(code)

    assert found == related(code.lower())[0]
    assert ruling.notices == [("code-generalised", code.lower())]
    assert related("Wat")[1].rejects == [("code-unknown", "Wat")]


def test_every_role_in_a_team_is_one_that_decides_on_access() -> None:
    """KT 1.3 has six; who is no member has none."""
    roles = STANDARD.codes["participant-role"]

    assert set(roles) == {
        *("Requester", "Supervisor", "Thirdparty", "Caregiver", "Secretary", "Analyst")
    }
    assert roles["Analyst"] == NOTHING
    codings = [role for role in roles.values() if not isinstance(role, str)]
    assert all(role["code"] in TEAM_ROLES[role["system"]] for role in codings)


PLAIN = {
    "administrative-gender": {"male", "female", "other", "unknown"},
    "careteam-status": {"proposed", "active", "suspended", "inactive", "entered-in-error"},
    "task-status": {"draft", "ready", "in-progress", "completed", "cancelled", "rejected"},
    "default-performer": {"patient", "practitioner", "related-person"},
}


@pytest.mark.parametrize("table", PLAIN)
def test_a_plain_table_gives_codes_of_r4s_own_list(table: str) -> None:
    """Each of them, and no other."""
    assert set(STANDARD.codes[table].values()) == PLAIN[table]


KT13 = {
    "administrative-gender": {"M", "F", "UN", "UNK"},
    "careteam-status": {"proposed", "active", "suspended", "inactive", "entered-in-error"},
    "task-status": {
        *("Waiting", "Available", "InProgress", "Completed", "Cancelled", "Expired"),
        "SkippedByUser",
    },
    "default-performer": {"Patient", "Practitioner", "RelatedPerson"},
    "topic": {"ELearning", "Game", "Meeting", "MultipleActivityTemplate", "Questionnaire"},
    "contact-use": {"home", "mobile", "old", "temp", "work"},
    "organization-type": {"dept", "edu", "fed", "icu", "ins", "pharm", "reli", "team"},
}
"""Source: kt13.md §4.13, §4.14."""


@pytest.mark.parametrize("table", KT13)
def test_every_code_of_kt13_has_its_line(table: str) -> None:
    """So that an unknown one is really unknown."""
    assert KT13[table] <= set(STANDARD.codes[table])


CODED = {
    "topic": (
        "http://terminology.hl7.org/CodeSystem/definition-topic",
        {"treatment", "assessment"},
    ),
    "organization-type": (
        "http://terminology.hl7.org/CodeSystem/organization-type",
        {"dept", "team", "ins", "edu", "reli"},
    ),
    "contact-use": ("http://terminology.hl7.org/CodeSystem/v3-AddressUse", {"MC"}),
    "countries": ("urn:iso:std:iso:3166", {"NL", "BE", "DE"}),
}


@pytest.mark.parametrize("table", CODED)
def test_a_coded_table_gives_codes_of_its_system(table: str) -> None:
    """Countries by two letters: KT 2.0 excludes the codes of three."""
    system, codes = CODED[table]
    codings = [one for one in STANDARD.codes[table].values() if not isinstance(one, str)]

    assert {one["system"] for one in codings} == {system}
    assert {one["code"] for one in codings} == codes
