"""Who brings what: left to another, expected of another, announced by another, and two of one."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from inside import typed
from kt_migrate.config import Suppliers, find_workspace, load_environment
from kt_migrate.config.claims import claim_of
from kt_migrate.errors import ClashError, ExitCode, UsageError
from kt_migrate.model import Key, Mode, Outcome
from kt_migrate.plan.announced import (
    NOBODY,
    Announced,
    digest_of,
    read_announced,
    write_owned,
)
from kt_migrate.plan.build import Inputs, build_plan
from kt_migrate.plan.enrichment import read_enrichment
from kt_migrate.plan.store import Plan
from support import APPLICATIONS, EXAMPLE, standard

PATIENTS = Suppliers(ours="Portaal", others={"EPD": ("Patient", "Practitioner")})


def planned(
    path: Path,
    suppliers: Suppliers,
    *,
    clients: tuple[str, ...] = (),
    announced: Announced = NOBODY,
    roots: tuple[Path, ...] = (EXAMPLE / "archive",),
    mode: Mode = Mode.LATEST,
) -> Plan:
    """Plan the example domain."""
    inputs = Inputs(
        roots=roots,
        source_domains=("EXAMPLE",),
        algorithm=standard(),
        enrichment=read_enrichment([EXAMPLE / "enrichment"]),
        applications=APPLICATIONS,
        meta={"domain": "EXAMPLE"},
        suppliers=suppliers,
        clients=tuple(
            (name, claim_of(text)) for name, text in (entry.split("=") for entry in clients)
        ),
        announced=announced,
        mode=mode,
    )
    build_plan(inputs, path)
    return Plan(path)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Return the plan of who is alone in the domain."""
    return planned(tmp_path_factory.mktemp("alone") / "plan.sqlite", Suppliers())


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Return the plan of who leaves patients and practitioners to another."""
    return planned(tmp_path_factory.mktemp("shared") / "plan.sqlite", PATIENTS)


def test_what_another_brings_is_not_written_and_what_refers_to_it_is(
    alone: Plan, shared: Plan
) -> None:
    """Nothing of ours is lost; the others' are out of scope, with their supplier as the reason."""
    whole, ours = set(alone.all_keys()), set(shared.all_keys())
    others = {key for key in whole if key.r4_type in {"Patient", "Practitioner"}}

    # What was rejected for lack of a patient that we could not make waits for who can.
    assert ours >= whole - others
    assert not {key.r4_type for key in ours} & {"Patient", "Practitioner"}
    assert others <= {one.key for one in shared.expected(needed=False)}
    fates = {
        (row.source_type, row.link): row.reason
        for row in shared.objects()
        if row.reason.startswith("other-supplier")
    }
    assert set(fates.values()) == {"other-supplier/EPD"}
    assert {source_type for source_type, _link in fates} == {"Patient", "Practitioner"}
    assert shared.books().unbalanced() == ()


def test_the_content_is_that_of_who_is_alone(alone: Plan, shared: Plan) -> None:
    """Whoever brings what it refers to: a reference is by temporary identifier."""
    left_out = {"reference-dropped", "requester-passed-over"}
    less = {row.link for row in alone.issues() if row.code in left_out}
    mine = {w.key: w.digest for w in shared.writes() if w.link not in less}
    theirs = {w.key: w.digest for w in alone.writes() if w.link not in less}

    assert len(theirs) > 20
    assert {key: theirs[key] for key in mine if key in theirs} == {
        key: digest for key, digest in mine.items() if key in theirs
    }


def test_the_plan_says_what_it_needs_of_whom(alone: Plan, shared: Plan) -> None:
    """Per object, as a line of the error list too; counted per supplier and type."""
    keys = {write.seq: write.key for write in alone.writes()}
    mine = set(shared.all_keys())
    known = {
        (keys[seq], keys[target])
        for seq, target in alone.references()
        if keys[seq] in mine and keys[target] not in mine
    }
    expected = {one.id: one for one in shared.expected()}
    numbers = {write.key: write.seq for write in shared.writes()}

    needed = {
        (shared.key(seq), expected[number].key) for seq, number in shared.expected_references()
    }
    assert known <= needed
    assert {target.r4_type for _seq, target in needed} == {"Patient", "Practitioner"}
    assert {one.supplier for one in expected.values()} == {"EPD"}
    noticed = Counter(row.detail for row in shared.issues() if row.code == "expected-of-other")
    assert noticed == {"EPD": len({target for _seq, target in needed})}
    counts = {(c.supplier, c.r4_type): c for c in shared.expected_counts()}
    patients = counts["EPD", "Patient"]
    assert patients.needed == len({t for _s, t in needed if t.r4_type == "Patient"})
    assert patients.waiting == len({s for s, t in needed if t.r4_type == "Patient"})
    assert patients.objects >= patients.needed > 0
    assert patients.announced == 0
    one = next(iter(needed))
    assert one[0] is not None
    assert shared.needs(numbers[one[0]])
    assert shared.expected_number(one[1]) in shared.needs(numbers[one[0]])


def test_earlier_versions_need_of_others_what_they_refer_to(tmp_path: Path, shared: Plan) -> None:
    """Mode every-version: nothing that another brings is written in any version."""
    with planned(tmp_path / "plan.sqlite", PATIENTS, mode=Mode.EVERY_VERSION) as plan:
        assert set(plan.all_keys()) == set(shared.all_keys())
        needed = Counter(number for _seq, number in plan.expected_references())
        latest = Counter(number for _seq, number in shared.expected_references())
        assert latest
        assert latest <= needed
        assert any(plan.count_versions(seq) for seq in plan.seqs())


def test_a_sender_brings_what_it_sent_first(tmp_path: Path, alone: Plan) -> None:
    """By the oldest version in the archive, whoever changed it later."""
    senders = {sender for (sender,) in alone._db.execute("SELECT DISTINCT sender FROM message")}
    first = {}
    for source_type, link, sender in alone._db.execute(
        "SELECT s.source_type, s.link, m.sender FROM sighting s JOIN message m"
        " ON m.identifier = s.message WHERE s.source_type = 'Patient' AND m.sender <> ''"
        " ORDER BY s.version DESC"
    ):
        first[source_type, link] = sender
    who = Counter(first.values()).most_common(1)[0][0]
    assert who in senders
    claims = Suppliers(ours="X", others={"Ander": (f"Patient sender:{who}",)})
    with planned(tmp_path / "plan.sqlite", claims) as plan:
        theirs = {one.link for one in plan.expected(needed=False)}

    assert theirs == {link for (_type, link), sender in first.items() if sender == who}


def test_each_write_has_the_client_that_claims_it(tmp_path: Path, alone: Plan) -> None:
    """And what none claims is the environment's own."""
    with planned(
        tmp_path / "plan.sqlite", Suppliers(), clients=("zorg=Patient", "taak=Task")
    ) as plan:
        by = {write.key.r4_type: plan.client(write.seq) for write in plan.writes()}
        assert plan.clients() == ("", "taak", "zorg")
        assert set(plan.all_keys()) == set(alone.all_keys())

    assert (by.pop("Patient"), by.pop("Task")) == ("zorg", "taak")
    assert set(by.values()) == {""}


def announcing(folder: Path, supplier: str, keys: set[Key], **other: object) -> Path:
    """Write a supplier's list."""
    owned: dict[str, list[str]] = {}
    for key in keys:
        owned.setdefault(key.r4_type, []).append(digest_of("EXAMPLE", key))
    content: dict[str, object] = {
        "schema": "kt-migrate-owned/1",
        "environment": "local",
        "domain": "EXAMPLE",
        "supplier": supplier,
        "clients": [f"client-{supplier}"],
        "owned": owned,
        "needs": {},
    }
    path = folder / f"{supplier}.json"
    path.write_text(json.dumps(content | other), "utf-8")
    return path


def read(workspace: Path, *paths: Path) -> Announced:
    """Read lists, as the working folder's own supplier."""
    found = find_workspace(workspace)
    return read_announced(paths, found, load_environment(found, "local"))


def test_what_the_archive_lacks_is_expected_of_who_announces_it(
    workspace: Path, tmp_path: Path, alone: Plan
) -> None:
    """A reference to nothing of ours is no reject when another brings it; else it is."""
    lean = tmp_path / "lean"
    keys = {key for key in alone.all_keys() if key.r4_type == "Practitioner"}
    for file in sorted((EXAMPLE / "archive").rglob("*.xml")):
        text = file.read_text("utf-8", "replace")
        if "CreateOrUpdatePractitioner" not in text:
            (lean / file.name).parent.mkdir(exist_ok=True)
            (lean / file.name).write_bytes(file.read_bytes())
    announced = read(workspace, announcing(tmp_path, "EPD", keys))
    us = Suppliers(ours="Portaal", others={"EPD": ("Practitioner",)})
    with planned(tmp_path / "p.sqlite", us, announced=announced, roots=(lean,)) as plan:
        found = {one.key: one for one in plan.expected()}

    assert found
    assert {one.announced for key, one in found.items() if key in keys} == {True}


def test_two_that_bring_one_object_are_stopped_before_there_is_a_plan(
    workspace: Path, tmp_path: Path, alone: Plan
) -> None:
    """Both are named, and how many, and the first links; no plan is left that could be executed."""
    keys = {key for key in alone.all_keys() if key.r4_type == "Patient"}
    announced = read(workspace, announcing(tmp_path, "EPD", keys))

    with pytest.raises(ClashError) as caught:
        planned(tmp_path / "plan.sqlite", Suppliers(ours="Portaal"), announced=announced)

    assert f"Portaal and EPD would both bring the same {len(keys)} objects" in caught.value.what
    assert min(keys).value in caught.value.what
    assert caught.value.exit_code is ExitCode.CLASH
    assert not (tmp_path / "plan.sqlite").exists()


def test_two_others_that_bring_one_object_are_named(workspace: Path, tmp_path: Path) -> None:
    """Though it is not our affair: neither of their lists can be right."""
    key = {Key(r4_type="Task", system="s", value="v")}
    lists = [announcing(tmp_path, name, key) for name in ("A", "B")]

    with pytest.raises(ClashError, match="A and B both bring the same 1 objects"):
        read(workspace, *lists)


def test_two_lists_that_cannot_both_be_right_are_refused(workspace: Path, tmp_path: Path) -> None:
    """An old one beside a new one; and two suppliers who write as one client."""
    first, second = announcing(tmp_path, "A", set()), announcing(tmp_path, "B", set())
    older = tmp_path / "older.json"
    older.write_bytes(first.read_bytes())

    for twice in ([first, first], [first, second, older]):
        with pytest.raises(UsageError, match="Two of these lists are of A"):
            read(workspace, *twice)
    shared = announcing(tmp_path, "B", set(), clients=["b", "client-A"])
    with pytest.raises(ClashError, match="A and B write with one client"):
        read(workspace, first, shared)


def test_the_digest_over_lists_is_of_what_they_say_in_whatever_order(
    workspace: Path, tmp_path: Path
) -> None:
    """A plan is bound to it: another content is another plan."""
    first, second = announcing(tmp_path, "A", set()), announcing(tmp_path, "B", set())
    found = read(workspace, first, second).sha256

    assert read(workspace, second, first).sha256 == found
    assert read(workspace, first).sha256 != found
    assert read(workspace).sha256 == ""
    announcing(tmp_path, "B", {Key(r4_type="Task", system="s", value="v")})
    assert read(workspace, first, second).sha256 != found


def test_what_we_cannot_make_is_expected_of_who_announces_it(
    workspace: Path, tmp_path: Path, alone: Plan
) -> None:
    """It is a reject of ours, and another has what we lack: what refers to it waits."""
    rejected = {
        row.link
        for row in alone.objects()
        if row.source_type == "Patient" and row.outcome is Outcome.REJECTED
    }
    assert rejected
    system = next(key.system for key in alone.all_keys() if key.r4_type == "Patient")
    keys = {Key(r4_type="Patient", system=system, value=link) for link in rejected}
    announced = read(workspace, announcing(tmp_path, "EPD", keys))

    with planned(tmp_path / "p.sqlite", Suppliers(ours="P"), announced=announced) as plan:
        expected = {one.key for one in plan.expected()}
        more = set(plan.all_keys()) - set(alone.all_keys())
        fates = {row.link: row.outcome for row in plan.objects() if row.source_type == "Patient"}

    assert expected
    assert expected <= keys
    assert more, "what refers to them is written now"
    assert {fates[link] for link in rejected} == {Outcome.REJECTED}


def test_who_announces_it_is_expected_to_bring_it_whatever_we_thought(
    workspace: Path, tmp_path: Path, alone: Plan
) -> None:
    """Our file says one supplier, another's list says itself: that is whom to call."""
    keys = {key for key in alone.all_keys() if key.r4_type == "Patient"}
    announced = read(workspace, announcing(tmp_path, "Zorg", keys))

    with planned(tmp_path / "p.sqlite", PATIENTS, announced=announced) as plan:
        expected = {one.key: one for one in plan.expected(needed=False)}

    assert {expected[key].supplier for key in keys} == {"Zorg"}
    assert {expected[key].announced for key in keys} == {True}
    others = {one.supplier for key, one in expected.items() if key not in keys}
    assert others == {"EPD"}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"environment": "mgr2"}, "another environment or domain"),
        ({"domain": "ANDER"}, "another environment or domain"),
        ({"schema": "kt-migrate-owned/9"}, "no list of what a supplier brings"),
        ({"owned": {"Task": ["geen"]}}, "no list of what a supplier brings"),
        ({"geheim": 1}, "no list of what a supplier brings"),
        ({"owned": {"Task": ["0" * 32, "0" * 32]}}, "no list of what a supplier brings"),
        ({"owned": {"Ta\nsk": []}}, "no list of what a supplier brings"),
        ({"needs": {"EPD": {"Task": ["geen"]}}}, "no list of what a supplier brings"),
        ({"needs": {"\x1b[2J": {}}}, "no list of what a supplier brings"),
        ({"clients": ["kt-migrate-local"]}, "writes with 1 clients of ours"),
    ],
)
def test_a_list_that_cannot_be_right_is_refused(
    workspace: Path, tmp_path: Path, changed: dict[str, object], said: str
) -> None:
    """And an absent one is, too."""
    with pytest.raises((UsageError, ClashError), match=said):
        read(workspace, announcing(tmp_path, "EPD", set(), **changed))
    with pytest.raises(UsageError, match="cannot be read"):
        read(workspace, tmp_path / "nergens.json")


def test_our_own_list_has_digests_only_and_is_read_by_another(
    workspace: Path, tmp_path: Path, shared: Plan
) -> None:
    """What it needs of others stands in it as well; no link, and who has none learns nothing."""
    path = workspace / "kt-migrate.yaml"
    others = json.dumps({"EPD": ["Patient", "Practitioner"]})
    text = path.read_text("utf-8")
    path.write_text(f"{text}\nsuppliers: {{ours: Portaal, others: {others}}}\n", "utf-8")
    ours = find_workspace(workspace)
    run = tmp_path / "run"
    run.mkdir()
    (run / "plan.sqlite").write_bytes(shared.path.read_bytes())

    written = write_owned(run, ours, load_environment(ours, "local"))

    assert written is not None
    content = json.loads(written.read_text("utf-8"))
    assert written.stat().st_mode & 0o077 == 0
    assert sum(map(len, content["owned"].values())) == shared.count()
    assert set(content["needs"]) == {"EPD"}
    assert set(content["needs"]["EPD"]) <= {"Patient", "Practitioner"}
    texts = [digest for digests in content["owned"].values() for digest in digests]
    assert all(len(digest) == 32 for digest in texts)
    with pytest.raises(UsageError, match="our own"):
        read(workspace, written)
    path.write_text(f"{text}\nsuppliers: {{ours: Ander}}\n", "utf-8")
    other = json.loads(written.read_text("utf-8")) | {"clients": ["client-portaal"]}
    written.write_text(json.dumps(other), "utf-8")
    announced = read(workspace, written)
    assert {announced.by(key) for key in shared.all_keys()} == {"Portaal"}
    assert announced.suppliers == {"client-portaal": "Portaal"}


def test_the_command_shows_it_and_a_clash_has_its_own_code(
    workspace: Path, tmp_path: Path, alone: Plan
) -> None:
    """`plan --others`; another list is another plan, and the same list is not."""
    path = workspace / "kt-migrate.yaml"
    text = path.read_text("utf-8")
    path.write_text(f"{text}\nsuppliers: {{ours: P, others: {{EPD: [Patient]}}}}\n", "utf-8")
    patients = {key for key in alone.all_keys() if key.r4_type == "Patient"}
    listed = str(announcing(tmp_path, "EPD", patients))

    first = typed("plan", "--others", listed, "--json", cwd=workspace)
    again = typed("plan", "--others", listed, "--json", cwd=workspace)
    without = typed("plan", "--json", cwd=workspace)
    tasks = {key for key in alone.all_keys() if key.r4_type == "Task"}
    clash = typed("plan", "--others", str(announcing(tmp_path, "EPD", tasks)), cwd=workspace)

    assert (first.code, again.code, without.code) == (0, 0, 0)
    (counted,) = first.document["suppliers"]["expected"]
    assert (counted["supplier"], counted["r4_type"]) == ("EPD", "Patient")
    assert 0 < counted["announced"] <= counted["needed"]
    assert Path(first.document["suppliers"]["owned"]).is_file()
    assert "EPD" in first.err
    assert [done.document["run"] for done in (first, again, without)] == ["001", "001", "002"]
    assert clash.code == ExitCode.CLASH
    assert "EPD" in clash.err
