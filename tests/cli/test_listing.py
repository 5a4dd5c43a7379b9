"""errors list and errors diff: what a person sees at 80 columns, and what a machine gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from inside import Done, typed
from kt_migrate.errors import ExitCode
from kt_migrate.load.journal import State
from kt_migrate.reports.errors.remarks import Remark, changing
from reports.lists import BOUND, P1, P2, P3, Row, run_with, sent, verified

LONG = f"https://epd.example/fhir/Koppeltaal/{'x' * 60}/Patient/4"
FIRST: list[Row] = [
    ("Document", "map/kapot.xml", "file-unreadable", ""),
    ("Patient", P1, "value-missing", "Patient.birthDate"),
    ("Patient", P1, "value-missing", "Patient.name"),
    ("Patient", P2, "value-missing", "Patient.birthDate"),
    ("Patient", P2, "owner-first", ""),
    ("Patient", LONG, "reference-missing", "Patient.managingOrganization"),
    ("Practitioner", P3, "value-missing", "Practitioner.telecom"),
]
SECOND: list[Row] = [
    ("Patient", P1, "value-missing", "Patient.name"),
    ("Patient", P2, "value-invalid", "Patient.birthDate"),
    ("Patient", LONG, "reference-missing", "Patient.managingOrganization"),
    ("Patient", "urn:nieuw", "code-unknown", "Patient.gender"),
]


@pytest.fixture(scope="module")
def domain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a working folder with a run per list, and one of another environment."""
    root = tmp_path_factory.mktemp("root")
    (root / "kt-migrate.yaml").write_text("schema: kt-migrate-domain/1\ndomain: TEST\n")
    details = [("", ""), ("patient-birth", "")]
    run_with(root, "mgr2/001", FIRST, details=details)
    fates = [("Practitioner", P3, "migrated")]
    run_with(
        root,
        "mgr2/002",
        SECOND,
        fates=fates,
        bound=BOUND.__class__(**{**vars_of(), "algorithm": "x"}),
    )
    other = BOUND.__class__(**{**vars_of(), "archive": "x", "environment": "prd2"})
    run = run_with(root, "prd2/001", SECOND, fates=fates, bound=other)
    sent(run, State.REJECTED)
    verified(run, "urn:weg")
    return root


def vars_of() -> dict[str, str]:
    """Return to what the plans are bound."""
    return {name: getattr(BOUND, name) for name in BOUND.__dataclass_fields__}


def seen(domain: Path, line: str) -> Done:
    """Type a command; what a person sees fits, and is plain."""
    done = typed(*line.split(), cwd=domain)
    assert done.code == ExitCode.OK, done.err
    read = done.err if "--json" in line else done.out
    assert [row for row in read.splitlines() if len(row) > 80] == []
    assert "\x1b" not in read
    return done


def body(text: str) -> str:
    """Leave out where the list lies: a path of this machine."""
    return text.partition("(--notices).")[0] + "(--notices)."


PER_REASON = """\
Foutenlijst mgr2/001: 6 fouten; getoond: 6 regels, 3 redenen.

      4  value-missing
         gegevensverwerking, stap map, actiehouder zorgaanbieder
         KT 2.0 eist dit element en KT 1.3 heeft het niet.
         Doe: Lever de waarde aan in het verrijkingsbestand, of herstel haar bij
         de bron.
         Patient 3, Practitioner 1
         Bijvoorbeeld {p1} Patient Patient.birthDate
         https://epd.example/Patient/1

      1  file-unreadable
         gegevensverwerking, stap read, actiehouder IT-deelnemer
         Het bestand is geen leesbare XML of JSON.
         Doe: Vraag het bestand opnieuw op, of accepteer het verlies in het
         rapport.
         Document 1
         Bijvoorbeeld {document} Document
         map/kapot.xml

      1  reference-missing
         gegevensverwerking, stap plan, actiehouder zorgaanbieder
         Een verplichte verwijzing naar iets dat is uitgevallen of ontbreekt.
         Doe: Herstel het object waarnaar het verwijst; dit volgt dan vanzelf.
         Patient 1
         Bijvoorbeeld {long} Patient Patient.managingOrganization
         https://epd.example/fhir/Koppeltaal/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
         xxxxxxxxxxxxxxxxxxxxxxxxx/Patient/4

6 regels, 1 meldingen niet getoond (--notices)."""


def names() -> dict[str, str]:
    """Return the pseudonyms of the golden screens."""
    from kt_migrate.pseudonyms import pseudonym  # noqa: PLC0415 (only here)

    links = {
        "p1": P1,
        "p2": P2,
        "p3": P3,
        "long": LONG,
        "new": "urn:nieuw",
        "document": "map/kapot.xml",
    }
    return {name: pseudonym(link) for name, link in links.items()}


def test_the_list_per_reason(domain: Path) -> None:
    """The biggest first; everything that a person needs to act on it."""
    done = seen(domain, "errors list --env mgr2 --run 001")

    assert body(done.out) == PER_REASON.format(**names())


def test_the_list_per_object(domain: Path) -> None:
    """A line each; what does not fit is cut, and of a link its end stays."""
    done = seen(domain, "errors list --env mgr2 --run 001 --lines --notices")

    assert body(done.out).splitlines()[1:-2] == [
        line.format(**names())
        for line in (
            "{document} Document file-unreadable map/kapot.xml",
            "{p1} Patient value-missing Patient.birthDate, Patient.name",
            "{p2} Patient value-missing Patient.birthDate; owner-first",
            "{long} Patient reference-missing Patient.managingOrganization",
            "{p3} Practitioner value-missing Practitioner.telecom",
        )
    ]


def test_a_long_line_is_cut_and_of_a_link_its_end_stays(domain: Path) -> None:
    """There one differs from the other."""
    shown = seen(domain, f"errors list --env mgr2 --run 001 --lines --link {P2}").out.splitlines()
    more = seen(domain, "errors list --env mgr2 --run 001 --lines --code file-unreadable").out

    assert shown[1].endswith("Patient value-missing Patient.birthDate …//epd.example/Patient/2")
    assert len(shown[1]) == 80
    assert "map/kapot.xml" in more


@pytest.mark.parametrize(
    ("more", "codes"),
    [
        ("--type Practitioner", ["value-missing"]),
        ("--code value-missing --code file-unreadable", ["value-missing", "file-unreadable"]),
        ("--class melding", ["owner-first"]),
        ("--step plan --step read", ["file-unreadable", "reference-missing"]),
        ("--holder IT-deelnemer", ["file-unreadable"]),
        (f"--link {P2}", ["value-missing"]),
        ("--top 1", ["value-missing"]),
        ("--notices --top 2", ["value-missing", "file-unreadable"]),
    ],
)
def test_filters(domain: Path, more: str, codes: list[str]) -> None:
    """Each says what is shown; the total stays that of the run."""
    found = seen(domain, f"errors list --env mgr2 --run 001 --json {more}").document

    assert [group["code"] for group in found["groups"]] == codes
    assert found["total"] == 6
    if "--top" not in more:
        assert {line["code"] for line in found["errors"]} == set(codes)


def test_one_object_by_its_pseudonym(domain: Path) -> None:
    """As it was typed over; and one that is mistyped is refused."""
    name = names()["p1"]
    command = ("errors", "list", "--env", "mgr2", "--run", "001", "--pseudonym")
    done = typed(*command, name.lower().replace("-", " "), "--json", cwd=domain)
    wrong = typed(*command, f"{'1' if name[0] == '0' else '0'}{name[1:]}", cwd=domain)

    assert {line["link"] for line in done.document["errors"]} == {P1}
    assert {line["pseudonym"] for line in done.document["errors"]} == {name}
    assert wrong.code == ExitCode.USAGE


def test_a_filter_that_nothing_fits_is_said(domain: Path) -> None:
    """A word that nothing can fit is a mistake, with the nearest one."""
    empty = seen(domain, "errors list --env mgr2 --run 001 --step undo")
    wrong = typed("errors", "list", "--env", "mgr2", "--code", "value-mising", cwd=domain)

    assert "Geen enkele regel voldoet aan deze filters." in empty.out
    assert wrong.code == ExitCode.USAGE
    assert "value-missing" in wrong.err


def test_a_person_may_say_who_acts(domain: Path) -> None:
    """Then the list says so too, and what else was written stays where it is."""
    with changing(domain) as remarks:
        remarks.put(
            (P3, "value-missing", "Practitioner.telecom"), Remark("KT2-Support", text="KEES")
        )
    done = seen(domain, "errors list --env mgr2 --run 001 --code value-missing --json")
    one = seen(domain, "errors list --env mgr2 --run 001 --holder KT2-Support --json")
    with changing(domain) as remarks:
        remarks.put((P3, "value-missing", "Practitioner.telecom"), Remark())

    (group,) = done.document["groups"]
    assert group["holders"] == {"zorgaanbieder": 3, "KT2-Support": 1}
    assert "actiehouder zorgaanbieder 3, KT2-Support 1" in " ".join(done.err.split())
    assert [line["link"] for line in one.document["errors"]] == [P3]
    assert "KEES" not in done.out + done.err + one.out + one.err


CHANGED = """\
mgr2/001 → mgr2/002
Ook veranderd: het algoritme.

Nieuw: 1
      1  code-unknown
         Bijvoorbeeld {new} Patient Patient.gender
         urn:nieuw

Verplaatst: 1 regels werden 1 andere van hetzelfde object
      1  value-missing → value-invalid
         Bijvoorbeeld {p2} Patient Patient.birthDate
         https://epd.example/Patient/2

Opgelost: 3
      2  value-missing
         Nu: gemigreerd 1, niet meer in het plan 1
         Bijvoorbeeld {p1} Patient Patient.birthDate
         https://epd.example/Patient/1
      1  file-unreadable
         Nu: niet meer in het plan 1
         Bijvoorbeeld {document} Document
         map/kapot.xml

Nog steeds: 2
      1  reference-missing
         Bijvoorbeeld {long} Patient Patient.managingOrganization
         https://epd.example/fhir/Koppeltaal/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
         xxxxxxxxxxxxxxxxxxxxxxxxx/Patient/4
      1  value-missing
         Bijvoorbeeld {p1} Patient Patient.name
         https://epd.example/Patient/1

Eerder 6 = 3 opgelost + 1 verplaatst + 2 gebleven; nu 4 = 1 nieuw + 1 verplaatst
+ 2 gebleven.
"""


def test_what_changed(domain: Path) -> None:
    """New, moved, solved and still there, per reason; the two newest runs."""
    done = seen(domain, "errors diff --env mgr2")

    assert done.out == CHANGED.format(**names())


@pytest.mark.parametrize(
    ("named", "before", "after"),
    [
        ("--env mgr2", "mgr2/001", "mgr2/002"),
        ("--env mgr2 001", "mgr2/001", "mgr2/002"),
        ("--env mgr2 002", "mgr2/001", "mgr2/002"),
        ("--env mgr2 2 1", "mgr2/002", "mgr2/001"),
        ("mgr2/002 prd2/001", "mgr2/002", "prd2/001"),
        ("--env prd2 mgr2/001", "mgr2/001", "prd2/001"),
    ],
)
def test_which_runs_are_compared(domain: Path, named: str, before: str, after: str) -> None:
    """The two newest, one and the newest, or two; of other environments too."""
    found = seen(domain, f"errors diff {named} --json").document

    assert (found["before"], found["after"]) == (before, after)


def test_what_cannot_be_compared_is_said(domain: Path) -> None:
    """Another archive, and steps that only one of the two took."""
    done = seen(domain, "errors diff mgr2/002 prd2/001 --json")

    assert "Het archief is een ander" in done.err
    assert "schrijven (0 regels eerder, 1 nu)" in " ".join(done.err.split())
    assert "verifiëren (0 regels eerder, 1 nu)" in " ".join(done.err.split())
    assert done.document["counts"] == {
        "new": 0,
        "solved": 0,
        "remaining": 4,
        "moved_from": 0,
        "moved_to": 0,
    }
    assert done.document["not_compared"] == {
        "written": {"before": 0, "after": 1},
        "verified": {"before": 0, "after": 1},
    }


@pytest.mark.parametrize(
    "line",
    ["--env prd2", "--env acc21 ", "--env mgr2 001 002 003", "no/001 mgr2/001", "--env mgr2 001 9"],
)
def test_without_two_runs_nothing_is_compared(domain: Path, line: str) -> None:
    """It says what to name."""
    assert typed("errors", "diff", *line.split(), cwd=domain).code == ExitCode.USAGE
