"""run: behind a GO for exactly this plan; nothing is written when anything is not as it was."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import orjson
import pytest

from behind import (
    DOMAIN,
    Server,
    allowed,
    answering,
    instant,
    planned,
    probed,
    ran,
    removed,
    with_production,
)
from going import decision, give_go
from inside import typed
from kt_migrate.errors import ExitCode
from kt_migrate.gates.keeping import held_ledger
from kt_migrate.gates.records import Verdict
from kt_migrate.load.events import read_events
from kt_migrate.load.lock import run_lock
from kt_migrate.plan.binding import read_binding
from kt_migrate.reports.summary import write_report
from support import EXAMPLE

RUN = {env: Path(f"runs/{env}/001") for env in ("local", "prd2")}
ENV = "prd2"


@pytest.fixture(scope="session")
def going_workspace(new_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a working folder of which local and prd2 have a plan, a probe and a GO."""
    folder = shutil.copytree(new_workspace, tmp_path_factory.mktemp("going") / DOMAIN)
    shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True)
    with_production(folder)
    for env in RUN:
        run = planned(folder, env)
        with answering(folder, env):
            allowed(folder, env, run)
    return folder


@pytest.fixture
def going(going_workspace: Path, tmp_path: Path) -> Path:
    """Return a copy of it."""
    return shutil.copytree(going_workspace, tmp_path / DOMAIN)


@contextmanager
def nothing_written(folder: Path, env: str = ENV) -> Iterator[Server]:
    """See that nothing is written, and that no journal is left."""
    with answering(folder, env) as server:
        yield server
    assert server.written == 0
    assert not (folder / RUN[env] / "journal.sqlite").exists()


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a run refuses.

    Attributes:
        spoil: makes it so.
        code: how the command ends.
        english, dutch: what it says, as a pattern.
        more: what else is typed.
        asks: whether the server is asked anything.
    """

    spoil: Callable[[Path], object]
    code: ExitCode
    english: str
    dutch: str
    more: tuple[str, ...] = ()
    asks: bool = False


def put(name: str, text: str) -> Callable[[Path], object]:
    """Return who writes a file."""

    def write(folder: Path) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")

    return write


def edit(name: str, old: str, new: str) -> Callable[[Path], object]:
    """Return who changes a word of a file."""

    def change(folder: Path) -> None:
        text = (folder / name).read_text("utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new), "utf-8")

    return change


def bound_to(**components: str) -> Callable[[Path], object]:
    """Return who lets the plan have been made with something else."""

    def change(folder: Path) -> None:
        path = folder / RUN[ENV] / "binding.json"
        path.write_bytes(orjson.dumps({**orjson.loads(path.read_bytes()), **components}))

    return change


def meddled(folder: Path) -> None:
    """Change one value in the plan itself."""
    with closing(sqlite3.connect(folder / RUN[ENV] / "plan.sqlite")) as db:
        db.execute("UPDATE meta SET value = 'x' WHERE name = 'domain'")
        db.commit()


OWN = 'schema: kt-migrate-algorithm/1\nname: own\nversion: "1"\nextends: standard\n'
HOW = r"\([0-9a-f]{12} → [0-9a-f]{12}\)"
SINCE = "Changed since the plan was made: "
SINDS = "Veranderd sinds het plan is gemaakt: "


def stale(english: str, dutch: str, how: str = HOW) -> tuple[ExitCode, str, str]:
    """Return what a run says of one component that changed."""
    return ExitCode.PLAN_STALE, f"{SINCE}{english} {how}", f"{SINDS}{dutch} {how}"


STALE = {
    "the archive": Refusal(
        put("archive/new.json", "{}"),
        *stale("the archive", "het archief", HOW + r"[\s\S]*\+ new\.json"),
    ),
    "the algorithm": Refusal(
        put("own.yaml", OWN), *stale("the algorithm", "het algoritme"), ("--algorithm", "own.yaml")
    ),
    "the enrichment": Refusal(
        put("more.csv", "link,field,value\nhttp://a,group,x\n"),
        *stale("the enrichment", r"de verrijking \(enrichment\)"),
        ("--enrichment", "more.csv"),
    ),
    "kt-migrate.yaml": Refusal(
        edit("kt-migrate.yaml", "source_domains: [", "source_domains: [OTHER, "),
        *stale(r"kt-migrate\.yaml", r"kt-migrate\.yaml"),
    ),
    "the environment's file": Refusal(
        edit("configs/prd2.yaml", "client-of-prd2", "another-client"),
        *stale("the environment's settings", "de instellingen van de omgeving"),
    ),
    "the limits": Refusal(
        lambda _folder: None,
        *stale("the limits on the archive", "de grenzen van het archief"),
        ("--limit", "max_ratio=300"),
    ),
    "the tool": Refusal(
        bound_to(tool="0.0.1"),
        *stale("the version of kt-migrate", "de versie van kt-migrate", r"\(0\.0\.1 → \d"),
    ),
    "the profiles": Refusal(
        bound_to(profile="kt2 0.1"),
        *stale(
            r"the version of the KT 2\.0 profiles",
            r"de versie van de KT 2\.0-profielen",
            r"\(kt2 0\.1 → .+ \d",
        ),
    ),
    "the mode": Refusal(
        edit("kt-migrate.yaml", "algorithm:", "mode: every-version\nalgorithm:"),
        *stale(r"kt-migrate\.yaml", r"kt-migrate\.yaml"),
    ),
    "the mode, in the run folder": Refusal(
        bound_to(mode="every-version"),
        ExitCode.NO_GO,
        "The GO was given for something else: mode changed since",
        "De GO is voor iets anders gegeven: sindsdien veranderd: mode",
    ),
    "the plan itself": Refusal(meddled, *stale("the plan itself", "het plan zelf")),
}


def undone(folder: Path) -> None:
    """Begin to undo the run."""
    (folder / RUN[ENV] / "undo.sqlite").touch()


def sampled(folder: Path) -> None:
    """Let it be a sample."""
    (folder / RUN[ENV] / "sample.json").touch()


def without_plan(folder: Path) -> None:
    """Take the plan away."""
    shutil.rmtree(folder / "runs" / ENV)


def without_go(folder: Path) -> None:
    """Forget that anybody gave GO."""
    shutil.rmtree(folder / "gates")


def go_anew(folder: Path, **given: object) -> None:
    """Give GO again, and no other."""
    without_go(folder)
    bound = read_binding(folder / RUN[ENV])
    probe = json.loads((folder / f"runs/{ENV}/probe.json").read_bytes())["server_digest"]
    wanted = {"at": instant(), "binding": asdict(bound), "probe": probe, "plan": bound.plan}
    give_go(folder, ENV, **{**wanted, **given})


def expired(folder: Path) -> None:
    """Let the GO have held until an hour ago."""
    go_anew(folder, at=instant() - timedelta(hours=3), hours=2)


def for_another_plan(folder: Path) -> None:
    """Let the GO be for another plan."""
    go_anew(folder, plan="0" * 64)


def of_one(folder: Path) -> None:
    """Let one person have given it."""
    without_go(folder)
    with held_ledger(folder, ENV) as ledger:
        ledger.add(decision(ENV, read_binding(folder / RUN[ENV]).plan, at=instant()))


def taken_back(folder: Path) -> None:
    """Say NO-GO after it."""
    plan = read_binding(folder / RUN[ENV]).plan
    with held_ledger(folder, ENV) as ledger:
        ledger.add(decision(ENV, plan, verdict=Verdict.NO_GO, at=instant()))


def forged(folder: Path) -> None:
    """Change a word in the ledger."""
    path = folder / "gates" / f"{ENV}.ndjson"
    path.write_bytes(path.read_bytes().replace(b'"jws":"e', b'"jws":"f', 1))


def without_probe(folder: Path) -> None:
    """Lose what the server looked like."""
    (folder / f"runs/{ENV}/probe.json").unlink()


def probed_again(folder: Path) -> None:
    """Probe again, when the server has become another."""
    subscribe(folder)
    with answering(folder, ENV):
        probed(folder, ENV, folder / RUN[ENV])


def subscribe(folder: Path) -> None:
    """Let somebody have a subscription on the server."""
    resource = {
        "resourceType": "Subscription",
        "id": "s1",
        "meta": {"versionId": "1", "lastUpdated": "2026-11-26T08:00:00.000+00:00"},
        "status": "active",
        "reason": "x",
        "criteria": "Task?status=ready",
        "channel": {"type": "rest-hook", "endpoint": "https://portaal.example/melding"},
    }
    with closing(sqlite3.connect(folder / ".sandbox" / f"{ENV}.sqlite")) as db:
        db.execute(
            "INSERT INTO resource (r4_type, id, version, updated, origin, body)"
            " VALUES ('Subscription', 's1', 1, 0, '', ?)",
            (json.dumps(resource).encode(),),
        )
        db.commit()


def nothing(_folder: Path) -> None:
    """Change nothing."""


REFUSED = {
    **STALE,
    "no plan": Refusal(
        without_plan, ExitCode.USAGE, "There is no plan for prd2 yet", "Er is nog geen plan voor prd2"
    ),
    "a run that is none": Refusal(
        nothing, ExitCode.USAGE, "There is no such run", "Deze run is er niet", ("--run", "9")
    ),
    "a run that was undone": Refusal(
        undone, ExitCode.PLAN_STALE, "This run was undone", "Deze run is teruggedraaid"
    ),
    "a sample": Refusal(sampled, ExitCode.USAGE, "This run is a sample", "Deze run is een steekproef"),
    "no GO": Refusal(without_go, ExitCode.NO_GO, "Nobody gave GO for prd2", "Niemand gaf nog GO"),
    "a GO that expired": Refusal(expired, ExitCode.NO_GO, "The GO held until", "De GO gold tot"),
    "a GO for another plan": Refusal(
        for_another_plan, ExitCode.NO_GO, ".* was given for another plan", ".* voor een ander plan gegeven"
    ),
    "a GO of one person": Refusal(
        of_one, ExitCode.NO_GO, "One person gave GO; prd2 needs two", "Eén persoon gaf GO; voor prd2"
    ),
    "a NO-GO": Refusal(
        taken_back, ExitCode.NO_GO, "The last decision is NO-GO", "Het laatste besluit is NO-GO"
    ),
    "a forged GO": Refusal(
        forged, ExitCode.FORGED, "Line 1 is not what was signed", "Regel 1 is niet wat is ondertekend"
    ),
    "no probe": Refusal(
        without_probe,
        ExitCode.PLAN_STALE,
        "What the server looked like when GO was given, is gone",
        "Hoe de server eruitzag toen GO werd gegeven, is weg",
    ),
    "a probe of after the GO": Refusal(
        probed_again,
        ExitCode.PLAN_STALE,
        ".*saw another server than the GO was given for",
        ".*zag een andere server dan waarvoor GO is gegeven",
    ),
    "another domain's name": Refusal(
        nothing,
        ExitCode.USAGE,
        ".* not typed in full, so nothing was written",
        ".* niet voluit getypt, dus er is niets geschreven",
        ("--yes-run", "example"),
    ),
    "nobody to ask": Refusal(
        nothing,
        ExitCode.USAGE,
        ".* not typed in full, so nothing was written",
        ".* niet voluit getypt, dus er is niets geschreven",
        ("--yes-run", ""),
    ),
    "a server that changed": Refusal(
        subscribe,
        ExitCode.PLAN_STALE,
        "The server changed since the probe that the GO saw: the subscriptions in force",
        "De server is veranderd sinds de probe waarop de GO berust: de abonnementen van kracht",
        asks=True,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_a_run_refuses_it_refuses_before_it_writes(going: Path, case: str) -> None:
    """Each by a code of its kind, in a sentence that says what it is, in both languages."""
    refusal = REFUSED[case]
    refusal.spoil(going)
    runs = sorted(path.name for path in going.glob("runs/*/*"))

    with nothing_written(going) as server:
        done = ran(going, ENV, *refusal.more, lang="en")
        dutch = ran(going, ENV, *refusal.more)

    assert done.code == dutch.code == refusal.code, done.err
    said = re.fullmatch(r"Error: ([\s\S]*)\n  where: .+\n  do   : .+\n", done.err)
    assert said
    assert re.match(refusal.english, said[1]), said[1]
    assert re.match(f"Fout: {refusal.dutch}", dutch.err), dutch.err
    assert bool(server.asked) is refusal.asks
    assert sorted(path.name for path in going.glob("runs/*/*")) == runs


def test_a_plan_that_was_made_for_another_environment_is_refused(going: Path) -> None:
    """The sandbox's run folder is no plan of production, wherever somebody puts it."""
    with nothing_written(going) as server:
        shutil.rmtree(going / RUN[ENV])
        shutil.copytree(going / RUN["local"], going / RUN[ENV])
        done = ran(going, ENV, lang="en")

    assert done.code == ExitCode.CONFIGURATION
    assert "A run folder of prd2 holds a plan that was made for local." in done.err
    assert server.asked == []


@pytest.mark.parametrize("env", ["acc21", "acc22", "mgr2"])
def test_where_trials_are_made_a_run_is_refused(going: Path, env: str) -> None:
    """And says what to use instead; a trial on production is refused as ever."""
    english, dutch = ran(going, env, lang="en"), ran(going, env)

    assert english.code == dutch.code == ExitCode.USAGE
    assert f"A run is for production; {env} is for trials." in english.err
    assert f"Use kt-migrate trial --env {env}." in english.err
    assert f"Een run is voor productie; {env} is voor proeven." in dutch.err
    assert typed("trial", "--env", "prd2", cwd=going).code == ExitCode.USAGE


def test_what_is_cheapest_to_look_at_is_refused_first(going: Path) -> None:
    """With everything wrong at once, and put right one at a time: the order of the refusals."""
    whole = shutil.copytree(going, going.parent / "whole")
    subscribe(going)
    without_go(going)
    put("archive/new.json", "{}")(going)
    undone(going)
    name = ("--yes-run", "WRONG")

    def restore(part: str) -> None:
        shutil.rmtree(going / part, ignore_errors=True)
        shutil.copytree(whole / part, going / part)

    mended: Sequence[tuple[Callable[[], object], str]] = (
        (lambda: None, "was undone"),
        ((going / RUN[ENV] / "undo.sqlite").unlink, SINCE),
        ((going / "archive" / "new.json").unlink, "Nobody gave GO"),
        (lambda: restore("gates"), "not typed in full"),
    )
    with nothing_written(going) as server:
        for mend, says in mended:
            mend()
            assert says in ran(going, ENV, *name, lang="en").err
        assert server.asked == []
        with run_lock(going / RUN[ENV]):
            assert "The server changed" in ran(going, ENV, lang="en").err
    restore(".sandbox")
    with nothing_written(going), run_lock(going / RUN[ENV]):
        assert ran(going, ENV).code == ExitCode.LOCKED
    with answering(going, ENV):
        assert ran(going, ENV).code == ExitCode.OK


@pytest.mark.parametrize("env", ["local", "prd2"])
def test_a_run_writes_the_whole_plan_behind_its_go(going: Path, env: str) -> None:
    """To the environment's own host and no other; then there is nothing to do."""
    with answering(going, env) as server:
        done = ran(going, env, "--json")
        hosts = {host for _method, host, _path in server.asked}
        sent = server.written
        again = ran(going, env)

    assert done.code == ExitCode.OK, done.err
    assert len(hosts) == 1
    assert (hosts == {"prd2.koppeltaal.nl"}) is (env == "prd2")
    assert sent == server.written
    assert done.document["pending"] == 0
    assert done.document["go"]["by"] == "A. Beslisser"
    assert done.document["go"]["second"] == ("B. Tweede" if env == "prd2" else "")
    assert (
        f"Hierna: kt-migrate verify --env {env}\n        kt-migrate gate post --env {env}\n"
        in done.err
    )
    assert "Er is niets te doen" in again.out


def test_a_repair_on_production_writes_what_is_gone_behind_the_same_go(going: Path) -> None:
    """Only when it is asked for; and without a GO not even then."""
    journal = going / RUN[ENV] / "journal.sqlite"
    with answering(going, ENV) as server:
        assert ran(going, ENV).code == ExitCode.OK
        with closing(sqlite3.connect(journal)) as db:
            seq, task = db.execute("SELECT max(seq), server_id FROM entry").fetchone()
        removed(going, ENV, "Task", task)
        assert typed("verify", "--env", ENV, cwd=going).code == ExitCode.MISMATCH
        sent = server.written

        assert ran(going, ENV).code == ExitCode.MISMATCH
        assert server.written == sent
        done = ran(going, ENV, "--repair", "--json")
        assert server.written == sent + 1
        assert typed("verify", "--env", ENV, cwd=going).code == ExitCode.OK
        taken_back(going)
        assert ran(going, ENV, "--repair").code == ExitCode.NO_GO
        assert server.written == sent + 1

    assert done.code == ExitCode.OK, done.err
    assert [one["action"] for one in done.document["repair"]] == ["rewrite"]
    with closing(sqlite3.connect(journal)) as db:
        (now,) = db.execute("SELECT server_id FROM entry WHERE seq = ?", (seq,)).fetchone()
    assert now != task


def test_it_says_on_one_screen_what_it_is_going_to_do(going: Path) -> None:
    """Where to, which plan, whose GO, how much, who hears of it, how long, and how to stop it."""
    subscribe(going)
    with answering(going, ENV):
        shutil.rmtree(going / "gates")
        allowed(going, ENV, going / RUN[ENV])
        english = ran(going, ENV, "--rate", "22", "--yes-run", "WRONG", lang="en").out
        dutch = ran(going, ENV, "--yes-run", "WRONG").out
    plan = read_binding(going / RUN[ENV]).plan

    assert len(english.splitlines()) <= 24
    for line in (
        "Is going to write to prd2: https://prd2.koppeltaal.nl/api/v1/EXAMPLE/fhir/r4",
        f"Plan 001 ({plan[:12]})",
        "GO of A. Beslisser (zorgaanbieder) and B. Tweede, valid until ",
        "Patient                11      0     0",
        "24 objects were rejected",
        "--existing refuse",
        "Subscriptions in force: 1; at most 7 notifications.",
        "44 writing requests, time 2 s, over at about ",
        "kt-migrate status ",
        "kt-migrate control pause --env prd2 ",
        "kt-migrate control rate N --env prd2 ",
        "kt-migrate control stop --env prd2 ",
    ):
        assert line in english
    assert "Gaat schrijven naar prd2: https://prd2.koppeltaal.nl/" in dutch
    assert "Abonnementen van kracht: 1; hoogstens 7 notificaties." in dutch
    assert "Duur onbekend." in dutch


def test_at_a_terminal_the_name_of_the_domain_is_asked(going: Path) -> None:
    """In full, after it was said what will happen; another name writes nothing."""
    for name, code in (("EXAMPL", ExitCode.USAGE), ("EXAMPLE", ExitCode.OK)):
        with ExitStack() as stack:
            server = stack.enter_context(answering(going, ENV))
            stack.enter_context(patch("sys.stdin.isatty", lambda: True))
            prompt = stack.enter_context(patch("typer.prompt", return_value=name))
            assert ran(going, ENV, "--yes-run", "").code == code
        assert "EXAMPLE" in prompt.call_args.args[0]
        assert bool(server.written) is (code is ExitCode.OK)


def test_a_go_that_is_taken_back_while_a_person_thinks_is_no_go(going: Path) -> None:
    """It is looked at again after the name was typed."""

    def think(*_arguments: object, **_options: object) -> str:
        taken_back(going)
        return "EXAMPLE"

    with (
        nothing_written(going),
        patch("sys.stdin.isatty", lambda: True),
        patch("typer.prompt", think),
    ):
        assert ran(going, ENV, "--yes-run", "").code == ExitCode.NO_GO


def test_a_go_that_expires_on_the_way_stops_only_the_next_start(going: Path) -> None:
    """What was begun under it goes on to its end; who starts again needs another."""
    late = instant() + timedelta(hours=100)
    hours: list[int] = []
    with (
        answering(going, ENV) as server,
        patch("kt_migrate.cli.running.now", lambda: late if hours else instant()),
    ):
        server.before = lambda: hours.append(1)
        assert ran(going, ENV).code == ExitCode.OK
        sent = server.written
        assert ran(going, ENV).code == ExitCode.NO_GO
    assert server.written == sent > 0


def test_under_which_go_each_start_wrote_is_kept(going: Path) -> None:
    """In the journal, in the log beside the trace, and in the report."""
    digests = []
    for _start in range(2):
        with answering(going, ENV):
            digests.append(ran(going, ENV, "--json").document["go"]["digest"])
        go_anew(going)

    with closing(sqlite3.connect(going / RUN[ENV] / "journal.sqlite")) as db:
        meta = dict(db.execute("SELECT name, value FROM meta").fetchall())
    starts = [e for e in read_events(going / RUN[ENV]) if e["event"] == "start"]
    html, machine = write_report(going / RUN[ENV])
    assert len(set(digests)) == 2
    assert meta["go"] == ",".join(digests)
    assert [e["go"] for e in starts] == digests
    assert {e["trace_id"] for e in starts} == {meta["trace_id"]}
    assert [s["go"] for s in json.loads(machine.read_bytes())["starts"]] == digests
    assert all(digest[:12] in html.read_text("utf-8") for digest in digests)


def test_a_run_that_stopped_says_that_the_same_command_goes_on(going: Path) -> None:
    """And it does: what was there is not sent again, and the books are equal."""
    with answering(going, ENV) as server:
        server.before = lambda: os.kill(os.getpid(), signal.SIGINT if server.written == 5 else 0)
        first = ran(going, ENV, "--max-in-flight", "1", lang="en")
        sent = server.written
        server.before = lambda: None
        second = ran(going, ENV, "--json")

    assert first.code == ExitCode.INTERRUPTED
    assert "Not everything is written yet: the same command goes on." in first.out
    assert 0 < sent < 44
    assert second.code == ExitCode.OK
    assert server.written == 44
    there = sum(planned["there"] for planned in second.document["briefing"]["types"].values())
    assert there == sent
