"""The objects of the dossiers that were drawn, as the plan has them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from kt_migrate.judging.planned import Dossiers, Named
from kt_migrate.model import Outcome
from kt_migrate.plan.life import Life
from kt_migrate.plan.rows import IssueRow, PlannedWrite, SuppliedRow
from kt_migrate.plan.sampling.population import PATIENT
from kt_migrate.plan.store import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One object of a dossier, or one that a dossier leans on.

    Attributes:
        source_type, link: which.
        outcome: its fate in the plan; None: the plan has no such object.
        reason: why; empty when it is migrated.
        writes: what it becomes.
        issues: what was said of it, errors and notices.
        supplied: rows of the enrichment that are about it.
        messages: identifiers of the messages that carried it.
        last: (message, version) of its last state.
        own: it belongs to this dossier, and not to whoever refers to it.
    """

    source_type: str
    link: str
    outcome: Outcome | None = None
    reason: str = ""
    writes: tuple[PlannedWrite, ...] = ()
    issues: tuple[IssueRow, ...] = ()
    supplied: tuple[SuppliedRow, ...] = ()
    messages: tuple[str, ...] = ()
    last: tuple[str, str] = ("", "")
    own: bool = True

    @property
    def named(self) -> Named:
        """Its type and link."""
        return self.source_type, self.link


def items_of(
    folder: Path, dossiers: Dossiers, keys: tuple[str, ...]
) -> dict[str, tuple[Item, ...]]:
    """Return the objects of some dossiers: the client first, what each leans on last.

    Args:
        folder: the run folder.
        dossiers: of that folder.
        keys: which dossiers.
    """
    path = folder / "plan.sqlite"
    with Plan(path) as plan, _Objects(path) as objects:
        rows = {
            key: list(_named(plan, dossiers, key, seqs))
            for key, seqs in dossiers.seqs(keys).items()
        }
        wanted = {named for found in rows.values() for named, _own in found}
        said = objects.said_of(wanted)
        made = {named: _item(plan, objects, named, said) for named in wanted}
        return {
            key: tuple(replace(made[named], own=own) for named, own in found)
            for key, found in rows.items()
        }


def objects_at(folder: Path, links: Iterable[str]) -> tuple[Item, ...]:
    """Return the objects that have some links, with their messages and nothing besides."""
    with _Objects(folder / "plan.sqlite") as objects:
        return tuple(
            Item(
                source_type=ended.source_type,
                link=link,
                outcome=ended.outcome,
                messages=tuple(dict.fromkeys(seen.message for seen in found)),
                last=next(((s.message, s.version) for s in found if s.by is None), ("", "")),
            )
            for link in sorted(links)
            for ended in objects.ends(link)
            if (found := objects.seen(link, ended))
        )


def _named(
    plan: Plan, dossiers: Dossiers, key: str, seqs: list[int]
) -> Iterator[tuple[Named, bool]]:
    """Yield (object, whether it is the dossier's own), each once."""
    own = [(PATIENT, key), *_sources(plan, seqs), *dossiers.rejected(key)]
    found = dict.fromkeys(own, True)
    for named in _sources(plan, dossiers.around(seqs)):
        found.setdefault(named, False)
    yield from found.items()


def _sources(plan: Plan, seqs: Iterable[int]) -> Iterator[Named]:
    for seq in seqs:
        write = plan.write_at(seq)
        if write is not None:
            yield write.source_type, write.link


def _item(
    plan: Plan,
    objects: _Objects,
    named: Named,
    said: dict[Named, list[IssueRow]],
) -> Item:
    source_type, link = named
    ended = next((one for one in objects.ends(link) if one.source_type == source_type), None)
    if ended is None:
        return Item(source_type=source_type, link=link)
    seen = objects.seen(link, ended)
    writes = [plan.write_at(one.seq) for one in objects.writes(link, ended)]
    last = next((one for one in seen if one.by is None), None)
    followers = [] if ended.write_seq is None else objects.followers(ended.write_seq)
    return Item(
        source_type=source_type,
        link=link,
        outcome=ended.outcome,
        reason=ended.reason,
        writes=tuple(one for one in writes if one is not None),
        issues=tuple(said.get(named, ())),
        supplied=tuple(row for row in plan.supplied(link) if row.source_type in ("", source_type)),
        messages=tuple(dict.fromkeys([*(one.message for one in seen), *followers])),
        last=("", "") if last is None else (last.message, last.version),
    )


class _Objects(Life):
    """Looks objects of a plan up."""

    def said_of(self, wanted: set[Named]) -> dict[Named, list[IssueRow]]:
        """Return what reading, mapping and planning said of some objects; reads all once."""
        found: dict[Named, list[IssueRow]] = {}
        rows = self._db.execute(
            "SELECT source_type, event, link, code, path, rule, detail FROM issue ORDER BY id"
        )
        for source_type, event, link, code, path, rule, detail in rows:
            if (source_type, link) in wanted:
                row = IssueRow(
                    source_type=source_type,
                    event=event,
                    link=link,
                    code=code,
                    path=path,
                    rule=rule,
                    detail=detail,
                )
                found.setdefault((source_type, link), []).append(row)
        return found

    def followers(self, seq: int) -> list[str]:
        """Return the messages of what ended in a write besides its own object: a status."""
        rows = self._db.execute(
            "SELECT s.message FROM object o JOIN sighting s ON s.id = o.sighting"
            " WHERE o.write_seq = ? ORDER BY s.id",
            (seq,),
        )
        return [str(message) for (message,) in rows]
