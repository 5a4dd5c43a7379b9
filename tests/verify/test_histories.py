"""Mode `every-version`: the server's history must tell what was planned, in its order."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from kt_migrate.errors import CouldNotLookError
from kt_migrate.kt2.answers import Refused
from kt_migrate.kt2.search import Page
from kt_migrate.model import Resource
from kt_migrate.verify.compare import Histories, VerifyResult, compare
from kt_migrate.verify.histories import in_order, with_histories
from kt_migrate.verify.read_back import ReadBack
from verify.world import SYSTEM, Journals, patient, planned, stored, task


def named(letter: str) -> Resource:
    """Return the first patient with a name."""
    return patient(1, name=[{"family": letter}])


@dataclass
class Server:
    """Gives the history of one resource.

    Attributes:
        versions: letters, the oldest first.
        together: whether it gives them in one Bundle; else it refuses that.
        numbered: whether they have numbers.
        page: most of them that a page has.
        asked: every address that was asked.
    """

    versions: str
    together: bool = True
    numbered: bool = True
    page: int = 200
    asked: list[str] = field(default_factory=list)

    def _all(self) -> list[Resource]:
        numbers = [str(n) if self.numbered else f"v{n}" for n in range(1, len(self.versions) + 1)]
        made = zip(self.versions, numbers, strict=True)
        return [stored(named(letter), "p1", number) for letter, number in made]

    async def search(self, address: str) -> Page | Refused:
        """Give a page of the history, the newest first."""
        self.asked.append(address)
        if not self.together:
            return Refused(status=405, issues=())
        assert address.startswith("Patient/p1/_history?_count=200")
        start = int(address.rpartition("&from=")[2]) if "&from=" in address else 0
        found = self._all()[::-1]
        end = start + self.page
        rest = f"Patient/p1/_history?_count=200&from={end}" if end < len(found) else ""
        return Page(resources=found[start:end], next=rest, total=None)

    async def read(self, r4_type: str, logical_id: str) -> Resource | None:
        """Give one version by its number."""
        self.asked.append(f"{r4_type}/{logical_id}")
        number = logical_id.removeprefix("p1/_history/")
        return next((v for v in self._all() if v["meta"] == {"versionId": number}), None)


class Told(Journals):
    """Journals that know of versions that were not taken, or of what was there before."""

    def __init__(self, not_taken: frozenset[int] = frozenset(), *, before: bool = False) -> None:
        super().__init__({}, set())
        self._not_taken, self._before = not_taken, before

    def not_taken(self, seq: int) -> frozenset[int]:
        """Return which versions of the first write the server did not take."""
        return self._not_taken if seq == 1 else frozenset()

    def cut_short(self, seq: int) -> bool:
        """Return whether the first write was there before."""
        return self._before and seq == 1


def verified(
    folder: Path, plan: str, server: Server, written: Journals | None = None
) -> VerifyResult:
    """Plan a patient of these versions, and a task that has none; look at a server."""
    versions: Mapping[int, Sequence[Resource]] = {1: [named(letter) for letter in plan[:-1]]}
    written = written or Told()
    there = ReadBack(folder)
    number = str(len(server.versions)) if server.numbered else f"v{len(server.versions)}"
    there.keep([stored(named(server.versions[-1]), "p1", number)], SYSTEM + "Patient")
    there.keep([stored(task(1), "t1")], SYSTEM + "Task")
    with planned(folder, [named(plan[-1]), task(1)], versions) as made:
        result = compare(made, there, written, "me")
        result = asyncio.run(with_histories(made, server, there, written, result, {}))
    there.close()
    return result


@pytest.mark.parametrize(
    ("plan", "server", "told"),
    [
        ("abc", "abc", True),
        ("aba", "aba", True),
        # What somebody wrote in between does no harm; nor what is there once more.
        ("abc", "axbc", True),
        ("abc", "ac", False),
        ("abc", "bac", False),
        ("abca", "aca", False),
        ("abc", "c", False),
    ],
)
@pytest.mark.parametrize("kind", ["together", "by number", "in pages", "without numbers"])
def test_the_planned_versions_are_there_in_their_order(
    plan: str,
    server: str,
    told: bool,  # noqa: FBT001 (a case)
    kind: str,
    tmp_path: Path,
) -> None:
    """However the server gives them."""
    made = Server(
        server,
        together=kind != "by number",
        numbered=kind != "without numbers",
        page=1 if kind == "in pages" else 200,
    )
    result = verified(tmp_path, plan, made)

    assert result.passed is told
    assert result.histories == Histories(read=1)
    found = [(d.code, d.r4_type, d.link) for d in result.differences]
    link = "https://epd.example/Patient/1?link"
    assert found == ([] if told else [("verify-history", "Patient", link)])
    assert result.counts == ({} if told else {"verify-history": 1})
    assert result.findings.all == ()


def test_a_version_that_was_not_taken_is_not_missed(tmp_path: Path) -> None:
    """The error list has it; the others must be there."""
    assert verified(tmp_path, "abc", Server("ac"), Told(frozenset({2}))).passed
    assert not verified(tmp_path, "abc", Server("ac"), Told(frozenset({1}))).passed


def test_what_was_there_before_has_no_history_of_ours(tmp_path: Path) -> None:
    """It is counted, and not asked for."""
    server = Server("xc")
    result = verified(tmp_path, "abc", server, Told(before=True))

    assert result.passed
    assert result.histories == Histories(cut_short=1)
    assert server.asked == []


@pytest.mark.parametrize("numbered", [True, False])
def test_a_server_that_gives_no_versions_could_not_be_looked_at(
    numbered: bool,  # noqa: FBT001 (a case)
    tmp_path: Path,
) -> None:
    """That is no pass, and no difference."""
    server = Server("abc", together=False, numbered=numbered)
    if numbered:
        server.read = _nothing  # type: ignore[method-assign,assignment]
    with pytest.raises(CouldNotLookError, match="versions"):
        verified(tmp_path, "abc", server)


async def _nothing(_r4_type: str, _logical_id: str) -> None:
    return None


def test_a_last_state_that_differs_is_no_difference_of_its_history(tmp_path: Path) -> None:
    """It is reported once: by the comparison of last states."""
    result = verified(tmp_path, "abc", Server("abx"))

    assert result.counts == {"verify-different": 1}


def test_neighbours_that_are_equal_are_one() -> None:
    """A server makes no version of what changes nothing."""
    assert in_order("aab", "ab")
    assert not in_order("aba", "ab")
    assert in_order("", "")
