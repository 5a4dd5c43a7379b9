"""A weekend with seeded people: nothing of them comes out of plan and journal.

Everything that a command says, in both languages and as JSON, and every file that it leaves is
searched for seeded names, birthdays, BSNs, e-mail addresses, telephone numbers and addresses, in
several spellings (`canaries`).
"""

from __future__ import annotations

import re
import shutil
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import httpx
import orjson
import pytest
from make_example import EPD
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

import canaries
from canaries import kinds_in, leaks, seeds_in
from inside import beside, inside, typed
from kt_migrate.sandbox.subscribing import subscription

DATABASES = ("plan.sqlite", "journal.sqlite", "undo.sqlite")
TYPES = {"family name", "given name", "birthday", "BSN", "e-mail", "telephone", "address"}
Way = Callable[[ASGIApp], ASGIApp]


def holds_data(place: Path) -> bool:
    """Whether a file is one that may hold what an archive says of people."""
    top = place.parts[0]
    if top in ("archive", "enrichment"):  # as delivered, and what a person filled in
        return True
    if top == ".sandbox":  # that is the server
        return True
    if place.name == "subscriptions.ndjson":  # what a subscription was, to the byte
        return True
    return top == "runs" and place.name.removesuffix("-wal").removesuffix("-shm") in DATABASES


@pytest.fixture
def seeded(workspace: Path) -> Path:
    """Return a working folder with seeded people in its archive."""
    shutil.rmtree(workspace / "archive")
    (workspace / "enrichment" / "personen.csv").unlink()
    for name, content in canaries.archive().items():
        path = workspace / "archive" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (workspace / "canaries.txt").unlink()
    return workspace


@dataclass
class Weekend:
    """Gives commands, keeps all that they say, and says what of it should not be there."""

    folder: Path
    app: ASGIApp
    said: list[tuple[str, str]] = field(default_factory=list)

    def give(self, *line: str, way: Way = lambda app: app, codes: tuple[int, ...] = (0,)) -> str:
        """Give a command; returns what it said."""
        through = way(self.app)
        with patch("kt_migrate.kt2.client.transport", lambda _n: httpx.ASGITransport(through)):
            done = typed(*line, cwd=self.folder)
        assert done.code in codes, (line, done.code, done.err)
        self.said.append((" ".join(line), done.out + done.err))
        return done.out + done.err

    def show(self, *line: str, codes: tuple[int, ...] = (0,)) -> None:
        """Give a command that only looks, in each of the ways in which it can say what it sees."""
        self.give(*line, codes=codes)
        self.give("--lang", "en", *line, codes=codes)
        self.give(*line, "--json", codes=codes)

    def leaked(self) -> list[object]:
        """Return what came out, on screen and in files."""
        shown = [(line, seed) for line, text in self.said for seed in seeds_in(text.encode())]
        return [*shown, *leaks(self.folder, holds_data)]


def quoting(every: int) -> Way:
    """Return the way of a server that refuses some writes, and says of whom, in many words."""

    def way(app: ASGIApp) -> ASGIApp:
        seen = [0]

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or scope["method"] not in ("POST", "PUT"):
                await app(scope, receive, send)
                return
            request = Request(scope, receive)
            body = await request.body()
            seen[0] += "token" not in scope["path"]
            if "token" not in scope["path"] and not seen[0] % every:
                await _refusal(body, seen[0] // every)(scope, receive, send)
            else:
                await app(scope, _again(body), send)

        return answer

    return way


def _again(body: bytes) -> Receive:
    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _refusal(body: bytes, number: int) -> Response:
    """Return a refusal that quotes all of what was sent, each time in another way."""
    text = body.decode()
    words = sorted(seeds_in(body)) or ["niemand"]
    if number % 3 == 0:
        return PlainTextResponse(f"Geweigerd: {text}", status_code=422)
    issue = {
        "severity": "error",
        "code": "invalid" if number % 2 else words[0],
        "diagnostics": f"HAPI-1234: {text}" if number % 2 else f"Unknown extension {text}",
        "details": {"text": f"Wie is {words[-1]}?", "coding": [{"code": words[0]}]},
        "expression": [f"Patient.name.where(family='{words[-1]}')", f"Patient.{words[0]}"],
        "location": [words[0]],
    }
    outcome = {"resourceType": "OperationOutcome", "issue": [issue], "text": {"div": text}}
    headers = {
        "Location": f"Patient/{seeds_ascii(words[0])}",
        "Content-Type": "application/fhir+json",
    }
    return Response(orjson.dumps(outcome), status_code=422, headers=headers)


def seeds_ascii(word: str) -> str:
    """Return a word as a header can have it."""
    return word.encode("ascii", "replace").decode().replace(" ", "-")


def look_around(weekend: Weekend, number: int) -> None:
    """Give every command that looks at a run."""
    for line in (
        ("errors", "list", "--notices"),
        ("status",),
        ("report",),
        ("scope", "--list"),
        ("draaiboek",),
        ("trace", f"{EPD}/Patient/0"),
        ("trace", f"{EPD}/Patient/9"),
        ("evidence", "make"),
        ("evidence", "make", "-o", f"bewijs-{number}.zip"),
        ("lessons",),
        ("subscriptions", "list", "--env", "local"),
    ):
        weekend.show(*line)
    patch_of = ("--patch", f"lessen-{number}.yaml")
    weekend.give("lessons", "--html", f"lessen-{number}.html", *patch_of)
    form = ("errors", "export", "--as-enrichment")
    weekend.give(*form, "-o", f"vraag-{number}.csv")
    weekend.give(*form, "--format", "xlsx", "-o", f"vraag-{number}.xlsx")
    weekend.show("evidence", "verify", f"bewijs-{number}.zip", codes=(0, 13, 22, 23, 25))


MISTAKES = {
    "waarden": [
        "link,field,value",
        f"{EPD}/Patient/9,birthDate,{canaries.BIRTHDAYS[9]:%d-%m-%Y}",
        f"{EPD}/Practitioner/4,email,{canaries.FAMILIES[4]} op het werk",
        f"{EPD}/Patient/10,gender,{canaries.GIVEN[10]}",
        f"{EPD}/Patient/12,identifier,{canaries.BSNS[12]}",
        f"{EPD}/RelatedPerson/0,relationship,{canaries.FAMILIES[0]}",
        f"{EPD}/Patient/1,{canaries.FAMILIES[1]},x",
        f"{EPD}/Patient/2,birthDate,1950-01-01",
        f"{EPD}/Patient/2,birthDate,{canaries.BIRTHDAYS[2].isoformat()}",
        f"{EPD}/Patient/3,exclude,{canaries.EMAILS[3]}",
        f"{EPD}/Patient/0,name,{canaries.FAMILIES[3]}",
    ],
    "kop": [f"link,field,{canaries.FAMILIES[5]}", f"{EPD}/Patient/9,birthDate,1959-01-01"],
    "zonder-kop": [f"{EPD}/Patient/9,birthDate,{canaries.BIRTHDAYS[9].isoformat()}"],
    "te-veel": ["link,field,value", f"{EPD}/Patient/9,birthDate,x,{canaries.EMAILS[9]}"],
    "aanhaling": ["link,field,value", f'{EPD}/Patient/9,birthDate,"{canaries.PHONES[9]}'],
    "geen-tekst": ["link,field,value", f"{EPD}/Patient/9,birthDate,{canaries.GIVEN[9]}"],
}
"""Forms that a person filled in wrongly."""


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_the_enrichment_is_named_and_not_shown(seeded: Path, name: str) -> None:
    """File, line and field; never what stands there."""
    text = "\n".join(MISTAKES[name]) + "\n"
    coding = "latin-1" if name == "geen-tekst" else "utf-8"
    (seeded / "enrichment" / f"{name}.csv").write_bytes(text.encode(coding))
    with inside(seeded) as app:
        weekend = Weekend(seeded, app)
        weekend.show("plan", codes=(0, 2, 3, 4))
        if (seeded / "runs").is_dir() and any((seeded / "runs").rglob("plan.sqlite")):
            weekend.show("errors", "list", "--notices")
            weekend.show("trace", f"{EPD}/Patient/9")
            weekend.show("trace", f"{EPD}/Patient/2")

    assert any(name in text for _line, text in weekend.said), "it was not noticed"
    assert weekend.leaked() == []


def test_the_search_finds_what_is_there(seeded: Path) -> None:
    """Else it would find nothing anywhere."""
    with inside(seeded) as app:
        weekend = Weekend(seeded, app)
        weekend.give("plan")
    plan = (seeded / "runs/local/001/plan.sqlite").read_bytes()
    (seeded / "lek.zip").write_bytes(b"")
    shutil.make_archive(str(seeded / "lek"), "zip", seeded / "archive", "EXAMPLE")
    (seeded / f"{canaries.EMAILS[3]}.log").write_text("x", "utf-8")

    assert kinds_in(plan) == TYPES
    assert len(seeds_in(plan)) > 60
    places = {leak.place.partition("!")[0] for leak in leaks(seeded, holds_data)}
    assert places == {"lek.zip", f"name of {canaries.EMAILS[3]}.log"}


def test_nothing_of_a_person_leaves_plan_and_journal(seeded: Path) -> None:
    """A whole weekend, with refused writes and a server that quotes what it refuses."""
    with inside(seeded) as app:
        weekend = Weekend(seeded, app)
        weekend.show("inspect")
        weekend.show("plan")
        weekend.give("trial", "--env", "local", way=quoting(4), codes=(20, 21, 40))
        look_around(weekend, 1)
        weekend.give("trial", "--env", "local", "--json", way=quoting(7), codes=(20, 21, 40))
        weekend.give("trial", "--env", "local", codes=(0, 20))
        weekend.show("verify", "--audit", codes=(0, 23))
        look_around(weekend, 2)
        weekend.give("rollback", "--env", "local", "--preview")
        weekend.give("rollback", "--env", "local", "--yes-rollback", "EXAMPLE", codes=(0, 28))
        look_around(weekend, 3)

    assert weekend.leaked() == []
    journal = (seeded / "runs/local/001/journal.sqlite").read_bytes()
    assert journal


SETTLED = re.compile(rb'(valueCode"?:? ?(?:value=)?)"(?:New|Claimed|Failed)"')
ALGORITHM = """\
schema: kt-migrate-algorithm/1
name: zorggroep
version: "1"
extends: standard
success: {totals: {rejected_share: 1.0}, verified: true}
"""
PROVIDER = ("--by", "Z. Voorbeeld", "--role", "zorgaanbieder")
SUPPLIER = ("--by", "L. Verzonnen", "--role", "it-deelnemer")
BEFORE = ("O.1", "O.2", "O.3", "O.4.2", "O.5", "O.6", "O.7", "O.8", "O.9", "B.2", "B.3", "B.7")
BY_SUPPLIER = ("P.1", "P.5", "P.6", "B.1", "B.4", "B.5", "B.9", "B.10")
LOCAL = ("--env", "local")


def subscribed(folder: Path, app: ASGIApp) -> None:
    """Let our own application have a subscription that holds what is somebody's, all over."""
    bsn, email, name = canaries.BSNS[3], canaries.EMAILS[3], canaries.FAMILIES[3]
    resource: dict[str, object] = {
        **subscription(f"Patient?identifier=http://fhir.nl/fhir/NamingSystem/bsn|{bsn}"),
        "reason": name,
        "contact": [{"system": "email", "value": email}],
        "channel": {
            "type": "rest-hook",
            "endpoint": f"https://portaal.example/{bsn}?of={email}",
            "header": [f"Authorization: {canaries.PHONES[3]}"],
        },
    }
    with beside(folder, app) as http:
        assert http.post("Subscription", json=resource).status_code == 201


def gated(weekend: Weekend) -> None:
    """Go from the archive to a run that was read back, through the gate before it."""
    weekend.show("probe", *LOCAL, codes=(25,))
    weekend.give("plan")
    weekend.show("probe", *LOCAL)
    weekend.give("trial", *LOCAL, "--sample", "50%", "--seed", "7")
    weekend.show("errors", "list", "--lines")
    weekend.give("trial", *LOCAL, codes=(0, 20))
    weekend.give("verify", "--audit")
    weekend.show("gate", "pre", *LOCAL, codes=(13,))
    for number, kind in enumerate(("csv", "xlsx", "json")):
        weekend.give("errors", "export", "--format", kind, "-o", f"lijst-{number}.{kind}")
    weekend.give("cleanup", *LOCAL, "--yes-cleanup", "EXAMPLE")
    weekend.give("plan")
    weekend.give("probe", *LOCAL)
    weekend.show("errors", "diff", "001", "002")
    weekend.give("gate", "attest", *BEFORE, *LOCAL, *PROVIDER)
    weekend.give("gate", "attest", *BY_SUPPLIER, *LOCAL, *SUPPLIER)
    weekend.give("run", *LOCAL, "--yes-run", "EXAMPLE", codes=(13,))
    weekend.give("gate", "decide", "go", "--gate", "pre", *LOCAL, *PROVIDER)
    weekend.show("gate", "pre", *LOCAL)
    weekend.show("subscriptions", "pause", *LOCAL)
    weekend.give("run", *LOCAL, "--yes-run", "EXAMPLE", way=quoting(9), codes=(20, 21, 40))
    weekend.show("status")
    weekend.give("--lang", "en", "run", *LOCAL, "--yes-run", "EXAMPLE", "--json", codes=(0, 20))
    weekend.show("verify", "--audit")
    weekend.show("gate", "post", *LOCAL, codes=(13,))
    weekend.show("subscriptions", "restore", *LOCAL)


@pytest.mark.parametrize("verdict", ["go", "no-go"])
def test_nothing_of_a_person_leaves_a_weekend_with_gates(seeded: Path, verdict: str) -> None:
    """Sample, trial, error lists, gates, run, evidence; to GO, and to NO-GO and a rollback."""
    for path in (p for p in (seeded / "archive").rglob("*") if p.is_file()):
        path.write_bytes(SETTLED.sub(rb'\1"Success"', path.read_bytes()))
    (seeded / "zorggroep.yaml").write_text(ALGORITHM, "utf-8")
    domain = seeded / "kt-migrate.yaml"
    text = domain.read_text("utf-8").replace("algorithm: standard", "algorithm: zorggroep.yaml")
    domain.write_text(text, "utf-8")
    with inside(seeded) as app:
        weekend = Weekend(seeded, app)
        subscribed(seeded, app)
        gated(weekend)
        if verdict == "go":
            points = ("Q.1", "Q.3", "Q.3.1", "Q.4", "Q.5")
            weekend.give("gate", "attest", *points, *LOCAL, *PROVIDER)
        weekend.give("gate", "decide", verdict, "--gate", "post", *LOCAL, *PROVIDER)
        if verdict == "no-go":
            weekend.give("rollback", *LOCAL, "--yes-rollback", "EXAMPLE")
        weekend.show("gate", "verify", *LOCAL)
        look_around(weekend, 1)

    assert weekend.leaked() == []


def test_what_may_hold_data_is_its_owners_alone(seeded: Path) -> None:
    """Mode 0600, in folders of 0700."""
    with inside(seeded) as app:
        weekend = Weekend(seeded, app)
        weekend.give("trial", "--env", "local")
        weekend.give("rollback", "--env", "local", "--yes-rollback", "EXAMPLE")
    run = seeded / "runs" / "local" / "001"
    found = [p for p in run.iterdir() if p.name.startswith(DATABASES)]

    assert {p.name for p in found} >= set(DATABASES)
    assert {stat.S_IMODE(p.stat().st_mode) for p in found} == {0o600}
    assert stat.S_IMODE(run.stat().st_mode) == 0o700
