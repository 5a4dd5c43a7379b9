"""What was there already, what went wrong since, and what a person decides about it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp

from inside import Done, beside, inside, typed
from kt_migrate.errors import ExitCode
from kt_migrate.load.execute import open_journal
from kt_migrate.load.journal import State

FOLDER = Path("runs") / "local"
PRACTITIONER = "https://epd.voorbeeld.example/fhir/Koppeltaal/Practitioner/3"


def trial(folder: Path, *options: str) -> Done:
    """Execute the newest plan."""
    return typed("trial", "--env", "local", *options, "--json", cwd=folder)


def verify(folder: Path) -> Done:
    """Read the server back."""
    return typed("verify", "--json", cwd=folder)


def there(http: httpx.Client, r4_type: str) -> list[dict[str, Any]]:
    """Return what the server has of a type."""
    found = http.get(r4_type, params={"_count": 200}).json()
    return [entry["resource"] for entry in found.get("entry", [])]


def change(http: httpx.Client, resource: dict[str, Any], **elements: object) -> None:
    """Change a resource as somebody else would."""
    address = f"{resource['resourceType']}/{resource['id']}"
    version = {"If-Match": f'W/"{resource["meta"]["versionId"]}"'}
    answer = http.put(address, json=resource | elements, headers=version)
    assert answer.status_code == 200, answer.text


def remove(http: httpx.Client, resource: dict[str, Any]) -> None:
    """Delete a resource as somebody else would."""
    assert http.delete(f"{resource['resourceType']}/{resource['id']}").status_code == 204


def enrich(folder: Path, email: str) -> None:
    """Correct one practitioner's address in the enrichment (Q.5)."""
    path = folder / "enrichment" / "personen.csv"
    text = path.read_text("utf-8")
    line = f"{PRACTITIONER},email,{email}"
    path.write_text(re.sub(rf"{PRACTITIONER},email,.*", line, text), "utf-8")


def versions(http: httpx.Client, r4_type: str) -> list[str]:
    """Return the versions of a type's resources."""
    return sorted(one["meta"]["versionId"] for one in there(http, r4_type))


def forget_runs(folder: Path) -> None:
    """Let the working folder not know what it wrote, as another one would not."""
    (folder / FOLDER / "001").rename(folder / "elsewhere")


@pytest.fixture
def served(tried: Path) -> Any:  # noqa: ANN401 (a fixture)
    """Return a working folder whose sandbox has everything, and a client beside it."""
    app: ASGIApp
    with inside(tried) as app, beside(tried, app) as http:
        yield tried, http


def test_a_correction_writes_only_what_differs(served: tuple[Path, httpx.Client]) -> None:
    """Q.5: a new enrichment, a new plan; the earlier run's object is written over, unasked."""
    folder, http = served
    before = {one["id"] for one in there(http, "Practitioner")}
    enrich(folder, "anders@zorg.example")

    assert typed("plan", cwd=folder).code == ExitCode.OK
    done = trial(folder)

    assert done.code == ExitCode.OK
    assert done.document["existing"] == {
        "choice": "refuse",
        "before": "",
        "refused": 0,
        "adopted": 0,
        "updated": 0,
    }
    assert {one["id"] for one in there(http, "Practitioner")} == before
    assert versions(http, "Practitioner").count("2") == 1
    with open_journal(folder / FOLDER / "002") as journal:
        states = journal.counts()
    assert states.keys() == {State.UPDATED, State.UNCHANGED}
    assert states[State.UPDATED] == 1
    assert verify(folder).code == ExitCode.OK


@pytest.mark.parametrize("changed", [False, True])
@pytest.mark.parametrize("choice", ["", "refuse", "adopt", "update"])
def test_what_was_there_before_is_the_owners_choice(
    served: tuple[Path, httpx.Client],
    choice: str,
    changed: bool,  # noqa: FBT001 (a case)
) -> None:
    """Not this folder's, or changed since: refused, left, or written over; each says so."""
    folder, http = served
    if changed:
        (one,) = [p for p in there(http, "Practitioner") if "h3@zorg.example" in str(p)]
        change(http, one, active=False)
    else:
        forget_runs(folder)
    enrich(folder, "anders@zorg.example")
    assert typed("plan", cwd=folder).code == ExitCode.OK

    done = trial(folder, *(["--existing", choice] if choice else []))
    found = [p for p in there(http, "Practitioner") if "anders@zorg.example" in str(p)]
    errors = typed("errors", "list", "--notices", "--json", cwd=folder).document["errors"]
    told = [e["code"] for e in errors if e["code"].startswith("existing-")]
    seen = verify(folder)

    if choice == "update":
        assert done.code == seen.code == ExitCode.OK
        assert len(found) == 1
        assert told == ["existing-updated"]
    elif choice == "adopt":
        assert (done.code, seen.code) == (ExitCode.OK, ExitCode.MISMATCH)
        assert not found
        assert told == ["existing-adopted"]
        assert "verify-adopted" in seen.err
    else:
        assert (done.code, seen.code) == (ExitCode.REJECTS, ExitCode.MISMATCH)
        assert not found
        assert told == ["existing-refused"]
        assert done.document["books"]["Practitioner"]["rejected"] >= 1
    counts = {"refuse": "refused", "": "refused", "adopt": "adopted", "update": "updated"}
    assert done.document["existing"][counts[choice]] == 1


def test_another_choice_for_the_same_run_is_said(served: tuple[Path, httpx.Client]) -> None:
    """It began with refuse; adopt then counts, and stays when nothing more is said."""
    folder, http = served
    forget_runs(folder)
    enrich(folder, "anders@zorg.example")
    assert typed("plan", cwd=folder).code == ExitCode.OK

    assert trial(folder).code == ExitCode.REJECTS
    assert trial(folder).code == ExitCode.REJECTS
    other = trial(folder, "--existing", "adopt")
    again = trial(folder)

    assert other.code == again.code == ExitCode.OK
    assert "begon met --existing refuse" in other.err
    assert "begon met" not in again.err
    assert other.document["existing"]["before"] == "refuse"
    assert (
        again.document["existing"] | {"choice": "adopt", "before": ""}
        == (again.document["existing"])
    )
    with open_journal(folder / FOLDER / "001") as journal:  # of its own: the other is elsewhere
        assert journal.meta("existing") == "refuse,adopt"
    report = typed("report", "--json", cwd=folder).document
    assert json.loads(Path(report["json"]).read_text("utf-8"))["existing"] == ["refuse", "adopt"]
    assert "refuse → adopt" in Path(report["html"]).read_text("utf-8")
    assert versions(http, "Practitioner") == ["1"] * len(versions(http, "Practitioner"))


def test_a_choice_that_is_none_is_refused(tried: Path) -> None:
    """Nothing is sent."""
    done = typed("trial", "--env", "local", "--existing", "overwrite", cwd=tried)
    assert done.code == ExitCode.USAGE
    assert "adopt, refuse, update" in done.err


def test_what_was_deleted_is_said_and_written_again(served: tuple[Path, httpx.Client]) -> None:
    """The next trial says that a verify missed it; with --repair it is there under another id."""
    folder, http = served
    task = there(http, "Task")[0]
    remove(http, task)
    assert verify(folder).code == ExitCode.MISMATCH

    said = trial(folder)
    assert said.code == ExitCode.MISMATCH
    assert "alles van dit plan staat al op de server" not in said.err
    assert "1 niet op de server" in said.err
    assert task["id"] not in {one["id"] for one in there(http, "Task")}

    done = trial(folder, "--repair")
    assert done.code == ExitCode.OK
    assert [i["action"] for i in done.document["repair"]] == ["rewrite"]
    assert f"opnieuw geschreven: Task {done.document['repair'][0]['link']}" in done.err
    assert verify(folder).code == ExitCode.OK
    with open_journal(folder / FOLDER / "001") as journal:
        ids = journal._read.execute(
            "SELECT state, server_id FROM event WHERE seq = (SELECT seq FROM event"
            " WHERE server_id = ? LIMIT 1) ORDER BY id",
            (task["id"],),
        ).fetchall()
    assert [state for state, _id in ids] == ["intent", "created", "repair", "intent", "created"]
    assert [one for _state, one in ids[:3]] == ["", task["id"], task["id"]]
    assert ids[4][1] in {one["id"] for one in there(http, "Task")}
    assert trial(folder).code == ExitCode.OK


def test_what_somebody_else_changed_is_listed_and_left(served: tuple[Path, httpx.Client]) -> None:
    """The version is newer than ours: whoever did it meant something."""
    folder, http = served
    person = there(http, "Patient")[0]
    change(http, person, gender="other")
    assert verify(folder).code == ExitCode.MISMATCH

    done = trial(folder, "--repair")
    assert done.code == ExitCode.MISMATCH
    assert [i["action"] for i in done.document["repair"]] == ["left-changed"]
    assert "na het herstel" in done.err
    assert http.get(f"Patient/{person['id']}").json()["gender"] == "other"
    assert trial(folder).document["wrong"] == {"missing": 0, "different": 1, "duplicate": 0}


def test_an_identifier_that_was_taken_off_is_no_reason_to_make_a_second_one(
    served: tuple[Path, httpx.Client],
) -> None:
    """The object is still there, under its id: somebody changed it, and it is left."""
    folder, http = served
    task = there(http, "Task")[0]
    change(http, task, identifier=[{"system": "http://x.example", "value": "1"}])
    assert verify(folder).code == ExitCode.MISMATCH

    done = trial(folder, "--repair")
    assert [i["action"] for i in done.document["repair"]] == ["left-changed"]
    assert done.code == ExitCode.MISMATCH


def test_a_probe_says_what_is_there_whose_and_equal_or_not(
    served: tuple[Path, httpx.Client],
) -> None:
    """Reads only; the same on plan and on trial."""
    folder, http = served
    task = there(http, "Task")[0]
    remove(http, task)
    person = there(http, "Patient")[0]
    change(http, person, gender="other")
    before = versions(http, "Patient")

    for done in (typed("plan", "--probe", "--json", cwd=folder), trial(folder, "--probe")):
        probe = done.document["probe"]
        assert probe["Task"]["absent"] == 1
        assert probe["Patient"]["absent"] == 0
        mine = probe["Patient"]["there"]
        assert [(t["origin"], t["equal"]) for t in mine] == [
            ("this-folder", False),
            ("this-folder", True),
        ]
        assert mine[0]["count"] == 1
    assert versions(http, "Patient") == before

    forget_runs(folder)
    done = typed("plan", "--probe", "--json", cwd=folder)
    origins = {t["origin"] for t in done.document["probe"]["Patient"]["there"]}
    assert origins == {"own-client"}
