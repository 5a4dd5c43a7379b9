"""Two plans side by side: every object is unchanged or in one kind of change, and values stay inside."""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kt_migrate.errors import JournalError
from kt_migrate.model import Json
from kt_migrate.plan.compare import MOST_EXAMPLES, Comparison, Kind, What, changed_paths, compare
from kt_migrate.plan.writing import PlanContent, write_plan


@dataclass(frozen=True)
class Thing:
    """An object in a plan: how it ends, and what is written of it, by the last part of its key."""

    outcome: str = "migrated"
    reason: str = ""
    writes: tuple[tuple[str, str], ...] = (("", "a"),)


def planned(path: Path, things: dict[str, Thing], source_type: str = "Patient") -> Path:
    """Write a plan of some objects, by link."""
    keys = sorted(
        (link + part, link, text) for link, t in things.items() for part, text in t.writes
    )
    writes = [
        (n, source_type, "urn:s", key, 0, source_type, link, f"{text:0>64}", orjson.dumps({"birthDate": text}))
        for n, (key, link, text) in enumerate(keys, 1)
    ]  # fmt: skip
    first = {row[6]: row[0] for row in reversed(writes)}
    write_plan(
        path,
        PlanContent(
            meta=[],
            writes=writes,
            sightings=[
                (n, source_type, "", link, "", "", None, "")
                for n, link in enumerate(sorted(things), 1)
            ],
            objects=[
                (source_type, link, n, "", t.outcome, t.reason, first.get(link))
                for n, (link, t) in enumerate(sorted(things.items()), 1)
            ],
            hash_totals=[],
        ),
    )
    return path


def between(folder: Path, earlier: dict[str, Thing], later: dict[str, Thing]) -> Comparison:
    """Compare two plans of some objects."""
    one, other = (folder / name for name in ("earlier.sqlite", "later.sqlite"))
    return compare(planned(one, earlier), planned(other, later))


REJECTED = Thing("rejected", "value-missing", ())
ELSEWHERE = Thing("out_of_scope", "scope-types", ())


def kind(what: What, before: str, after: str, *paths: str) -> Kind:
    """Return a kind of change of patients."""
    return Kind(what=what, source_type="Patient", before=before, after=after, paths=paths)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (Thing(), Thing(), None),
        (REJECTED, REJECTED, None),
        (Thing(), REJECTED, kind(What.FATE, "migrated", "rejected value-missing")),
        (REJECTED, Thing(), kind(What.FATE, "rejected value-missing", "migrated")),
        (REJECTED, Thing("rejected", "code-unknown", ()), kind(What.FATE, "rejected value-missing", "rejected code-unknown")),
        (None, ELSEWHERE, kind(What.NEW, "", "out_of_scope scope-types")),
        (Thing(), None, kind(What.GONE, "migrated", "")),
        (Thing(), Thing(writes=(("", "b"),)), kind(What.CONTENT, "Patient", "Patient", "Patient.birthDate")),
        (Thing(), Thing(writes=(("", "a"), ("#2", "a"))), kind(What.MORE, "", "Patient")),
        (Thing(writes=(("", "a"), ("#2", "a"))), Thing(), kind(What.FEWER, "Patient", "")),
    ],
)  # fmt: skip
def test_a_change_is_of_one_kind(
    tmp_path: Path, before: Thing | None, after: Thing | None, expected: Kind | None
) -> None:
    """Whatever becomes of one object; another one stays as it was."""
    rest = {"urn:rest": Thing()}
    found = between(
        tmp_path,
        rest | ({"urn:x": before} if before else {}),
        rest | ({"urn:x": after} if after else {}),
    )

    assert found.kinds == (((expected, 1),) if expected else ())
    assert found.examples == ((("urn:x", expected),) if expected else ())
    assert found.unchanged == (1 if expected else 2)
    assert found.changed == len(found.kinds)


def test_examples_are_one_of_each_kind_first_and_the_biggest_kinds_first(tmp_path: Path) -> None:
    """Then a second of each; never more than ten."""
    later = {f"urn:{n:02}": Thing() for n in range(20)}
    earlier = {
        **{f"urn:{n:02}": REJECTED for n in range(12)},
        **{f"urn:{n:02}": ELSEWHERE for n in range(12, 15)},
        "urn:15": Thing(writes=(("", "z"),)),
    }
    found = between(tmp_path, earlier, later)

    assert [count for _kind, count in found.kinds] == [12, 4, 3, 1]
    assert [link for link, _kind in found.examples] == [
        "urn:00", "urn:16", "urn:12", "urn:15",
        "urn:01", "urn:17", "urn:13",
        "urn:02", "urn:18", "urn:14",
    ]  # fmt: skip
    assert len(found.examples) == MOST_EXAMPLES
    assert found.unchanged == 0


_THING = st.sampled_from(
    [
        Thing(),
        Thing(writes=(("", "b"),)),
        Thing(writes=(("", "a"), ("#2", "c"))),
        REJECTED,
        ELSEWHERE,
    ]
)
_THINGS = st.dictionaries(st.sampled_from([f"urn:{n}" for n in range(6)]), _THING, max_size=6)


@pytest.mark.property
@settings(max_examples=40)
@given(_THINGS, _THINGS)
def test_every_object_is_unchanged_or_changed_and_the_way_back_is_the_mirror(
    earlier: dict[str, Thing], later: dict[str, Thing]
) -> None:
    """Nothing is counted that did not change, and nothing that did is left out."""
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root)
        there, back = between(folder, earlier, later), between(folder, later, earlier)
        again = between(folder, earlier, later)

    same = {link for link in earlier.keys() & later.keys() if earlier[link] == later[link]}
    changed = {link for link, _kind in there.examples}
    assert there == again
    assert there.unchanged == back.unchanged == len(same)
    assert changed == (earlier.keys() | later.keys()) - same or len(there.examples) == MOST_EXAMPLES
    mirror = {
        What.NEW: What.GONE,
        What.GONE: What.NEW,
        What.MORE: What.FEWER,
        What.FEWER: What.MORE,
    }
    assert Counter(dict(back.kinds)) == Counter(
        {
            Kind(what=mirror.get(k.what, k.what), source_type=k.source_type, before=k.after, after=k.before, paths=k.paths): n
            for k, n in there.kinds
        }
    )  # fmt: skip


_JSON = st.recursive(
    st.sampled_from(["Jansen", "1980-01-02", True, None, 3]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@pytest.mark.property
@given(_JSON, _JSON)
def test_paths_are_shown_and_never_a_value(old: Json, new: Json) -> None:
    """There is a path when the two differ, and only then; each is made of names alone."""
    found = changed_paths(old, new, "Patient")

    if {type(old), type(new)} <= {dict}:
        old = {k: v for k, v in old.items() if v is not None}  # type: ignore[union-attr]
        new = {k: v for k, v in new.items() if v is not None}  # type: ignore[union-attr]
    assert bool(found) == (_bare(old) != _bare(new))
    assert all(set(path.split(".")) <= {"Patient", "a", "b", "c"} for path in found)
    assert list(found) == sorted(set(found))


def _bare(value: Json) -> Json:
    """Return a value in which what is null is not there: that is the same in FHIR."""
    if isinstance(value, dict):
        return {name: _bare(inner) for name, inner in value.items() if inner is not None}
    return [_bare(item) for item in value] if isinstance(value, list) else value


def test_only_a_plan_can_be_compared(tmp_path: Path) -> None:
    """A run without one is said to have none."""
    good = planned(tmp_path / "plan.sqlite", {})

    for one, other in ((good, tmp_path / "none"), (tmp_path / "none", good)):
        with pytest.raises(JournalError):
            compare(one, other)
