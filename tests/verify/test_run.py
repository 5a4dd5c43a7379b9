"""Looking at a whole domain: a verdict, or none at all; and nothing but searches."""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kt_migrate.books import canonical, digest, hash_totals
from kt_migrate.errors import ConfigurationError, CouldNotLookError, SourceError
from kt_migrate.model import Resource
from kt_migrate.verify.compare import VerifyResult
from kt_migrate.verify.read_back import ReadBack
from kt_migrate.verify.run import verify
from kt_migrate.verify.written import NOTHING, Written
from verify.world import SYSTEM, Journals, Server, key, patient, planned, stored, task

INSTANT = "2026-01-01T00:00:00.000Z"


def verified(
    folder: Path,
    plan: Sequence[Resource],
    server: Server,
    *,
    written: Written = NOTHING,
    own_device: str = "",
) -> VerifyResult:
    """Verify a plan against a server."""
    with planned(folder, plan) as made:
        return asyncio.run(verify(made, server, folder, written=written, own_device=own_device))


def test_every_system_of_the_plan_is_read_and_nothing_else(tmp_path: Path) -> None:
    """Each with its own identifiers, and whoever waits is told how many came."""
    plan = [patient(1), patient(2), task(1)]
    server = Server([stored(r, f"{str(r['resourceType'])[0].lower()}{n}") for n, r in IDS], page=1)
    told: list[int] = []

    with planned(tmp_path, plan) as made:
        result = asyncio.run(verify(made, server, tmp_path, told.append))

    assert result.passed
    assert [(t.r4_type, t.found.count) for t in result.types] == [("Patient", 2), ("Task", 1)]
    assert told == [1, 1, 1]
    assert {asked.partition("&")[0] for asked in server.asked} == {
        f"{r4_type}?identifier=http%3A%2F%2Fkoppeltaal.nl%2Fmigration%2Fidentifier%2F{r4_type}%7C"
        for r4_type in ("Patient", "Task")
    }


IDS = [(1, patient(1)), (2, patient(2)), (1, task(1))]


def test_a_plan_that_writes_nothing_is_no_pass(tmp_path: Path) -> None:
    """It is an error, and the server is not even asked."""
    server = Server([stored(patient(1), "p1")])

    with pytest.raises(SourceError) as caught:
        verified(tmp_path, [], server)

    assert caught.value.what == "The plan writes nothing, so there is nothing to verify."
    assert caught.value.where == str(tmp_path / "plan.sqlite")
    assert "error list" in caught.value.fix
    assert server.asked == []


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> list[ReadBack]:
    """Return the list of the scratch databases that were let go of."""
    those: list[ReadBack] = []
    close = ReadBack.close

    def watched(self: ReadBack) -> None:
        those.append(self)
        close(self)

    monkeypatch.setattr(ReadBack, "close", watched)
    return those


@pytest.mark.parametrize(
    "server",
    [
        Server([stored(patient(1), "p1")], lie=1),
        Server([stored(patient(1), "p1")], lie=-1),
        Server([stored(patient(n), f"p{n}") for n in (1, 2, 3)], limit=2),
        Server([], lie=1),
    ],
    ids=["one more counted", "one less counted", "cut without a word", "all hidden"],
)
def test_could_not_look_is_no_difference(
    tmp_path: Path, closed: list[ReadBack], server: Server
) -> None:
    """Nothing is compared, so nothing is said to be missing; and nothing is left behind."""
    with pytest.raises(CouldNotLookError):
        verified(tmp_path, [patient(1)], server)

    assert len(closed) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["plan.sqlite"]


def test_the_scratch_file_is_let_go_of_after_a_pass_too(
    tmp_path: Path, closed: list[ReadBack]
) -> None:
    """It holds a domain's data."""
    assert verified(tmp_path, [patient(1)], Server([stored(patient(1), "p1")])).passed
    assert len(closed) == 1


def test_more_of_one_instant_than_a_search_shows_are_asked_by_name(tmp_path: Path) -> None:
    """By the keys of this type and system, and no others."""
    numbers = range(1, 6)
    there = [stored(patient(n), f"p{n}", at=INSTANT) for n in numbers]
    there += [stored(task(n), f"t{n}", at=INSTANT) for n in numbers]
    plan = [maker(n) for n in numbers for maker in (patient, task)]
    plan.append(patient(9) | {"identifier": [{"system": SYSTEM + "Other", "value": "urn:other"}]})
    there.append(stored(plan[-1], "p9", at=INSTANT))
    server = Server(there, page=2, limit=3)

    result = verified(tmp_path, plan, server)

    assert result.passed
    assert sum(t.found.count for t in result.types) == 11
    assert server.named == [key(r4_type, n) for r4_type in ("Patient", "Task") for n in numbers]


def test_journals_and_our_own_device_reach_the_comparison(tmp_path: Path) -> None:
    """They tell apart who changed or wrote what is there."""
    server = Server(
        [
            stored(patient(1, active=True), "p1", "2"),
            stored(patient(2), "p2"),
            stored(patient(3), "p3", device="them"),
        ]
    )
    written = Journals({"Patient/p1": "1"}, {"Patient/p2"})

    known = verified(tmp_path, [patient(1)], server, written=written, own_device="me")
    with planned(tmp_path, [patient(1)]) as made:
        unknown = asyncio.run(verify(made, server, tmp_path))

    assert known.counts == {"verify-changed": 1}
    assert known.unplanned.as_json() == {"earlier_run": 1, "other_origin": 1, "unknown": 0}
    assert unknown.counts == {"verify-different": 1}
    assert unknown.unplanned.as_json() == {"earlier_run": 0, "other_origin": 0, "unknown": 2}


def test_a_full_disk_is_said_and_no_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the folder, for that is where room must be made."""
    opened = ReadBack.__init__

    def small(self: ReadBack, folder: Path) -> None:
        opened(self, folder)
        self._db.execute("PRAGMA max_page_count = 12")

    monkeypatch.setattr(ReadBack, "__init__", small)
    server = Server([stored(patient(n), f"p{n}") for n in range(500)])

    with pytest.raises(ConfigurationError) as caught:
        verified(tmp_path, [patient(1)], server)

    assert caught.value.where == str(tmp_path)


FATES = ("equal", "missing", "double", "different", "changed")
UNPLANNED = ("earlier_run", "other_origin", "unknown")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(FATES), min_size=1, max_size=5),
    st.lists(st.sampled_from(UNPLANNED), max_size=4),
    st.integers(1, 3),
    st.randoms(use_true_random=False),
)
def test_the_verdict_is_what_happened_to_the_server(
    fates: list[str], others: list[str], page: int, chance: random.Random
) -> None:
    """Whatever the order and the pages: each difference once, none hides another."""
    there: list[Resource] = []
    for number, fate in enumerate(fates):
        content = patient(number, active=fate in ("different", "changed"))
        copies = {"missing": 0, "double": 2}.get(fate, 1)
        version = "2" if fate == "changed" else "1"
        there += [stored(content, f"p{number}-{copy}", version) for copy in range(copies)]
    for number, kind in enumerate(others):
        device = "them" if kind == "other_origin" else "me"
        there.append(stored(patient(100 + number), f"{kind}{number}", device=device))
    chance.shuffle(there)
    plan = [patient(number, active=False) for number in range(len(fates))]
    ids = {str(r["id"]) for r in there}
    journals = Journals(
        {f"Patient/{i}": "1" for i in ids}, {f"Patient/{i}" for i in ids if i[:7] == "earlier"}
    )

    with tempfile.TemporaryDirectory() as folder:
        result = verified(
            Path(folder), plan, Server(there, page=page), written=journals, own_device="me"
        )

    expected = {f"verify-{f}": n for f, n in Counter(fates).items() if f != "equal"}
    expected["verify-duplicate"] = expected.pop("verify-double", 0)
    assert result.counts == {code: n for code, n in expected.items() if n}
    assert result.passed is (set(fates) == {"equal"})
    assert result.duplicates is ("double" in fates)
    assert result.unplanned.as_json() == {kind: others.count(kind) for kind in UNPLANNED}
    (total,) = result.types
    assert total.found.count == len(there) - len(others)
    assert (total.found == total.planned) is result.passed
    assert total.planned == hash_totals(digests(plan))["Patient"]


def digests(plan: Sequence[Resource]) -> list[tuple[str, str]]:
    """Return (type, digest) of planned resources."""
    return [(str(r["resourceType"]), digest(canonical(r))) for r in plan]
