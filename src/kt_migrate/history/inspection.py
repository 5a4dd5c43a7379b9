"""What an archive holds (draaiboek K.3, P.5): everything that `kt-migrate inspect` shows.

Counts, dates, hosts, and names that are checked (`kt13.names`): nothing of anybody's content.
The same archive gives the same answer, whatever the order or the container of its files.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from kt_migrate.archive.limits import Limits
from kt_migrate.archive.passwords import Passwords, no_passwords
from kt_migrate.history.careplans import CAREPLAN, PARTS
from kt_migrate.history.completeness import Completeness, LookAtReferences
from kt_migrate.history.dossiers import Activities, Dossiers, LookAtDossiers
from kt_migrate.history.intake import DOCUMENT, HEADER
from kt_migrate.history.reading import nothing, read_archive
from kt_migrate.history.seen_messages import ControlList, Messages, look_at_messages
from kt_migrate.history.seen_objects import (
    Duplicates,
    ObjectsOfType,
    look_at_duplicates,
    look_at_objects,
    look_at_oddities,
)
from kt_migrate.history.store import History
from kt_migrate.kt13.definition import definition_identifier
from kt_migrate.scratch import room_on

_NO_BODY = frozenset((*PARTS, HEADER, DOCUMENT))


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What was found.

    Attributes:
        documents: files per kind (`model.DocumentKind`), `unreadable` and `no-message …` among
            them.
        messages: each counted once.
        control_list: was the buffer empty.
        objects: per type, sorted.
        activities, dossiers: open against closed.
        completeness: what is referred to and not there.
        duplicates: what is there more than once.
        odd: what is out of the ordinary, per code of the error catalogue.
    """

    documents: dict[str, int]
    messages: Messages
    control_list: ControlList
    objects: dict[str, ObjectsOfType]
    activities: Activities
    dossiers: Dossiers
    completeness: Completeness
    duplicates: Duplicates
    odd: dict[str, int]

    def as_json(self) -> dict[str, Any]:
        """Return it as `--json` prints it."""
        return asdict(self)


def inspect(
    roots: Sequence[Path],
    source_domains: Sequence[str] = (),
    progress: Callable[[int], None] = nothing,
    passwords: Passwords = no_passwords,
    limits: Limits | None = None,
) -> Inspection:
    """Read an archive and say what is in it. Writes nothing that stays.

    Raises:
        SourceError: an absent or empty archive.
        ConfigurationError: there is no room on the disk.
    """
    with TemporaryDirectory(prefix="kt-migrate-") as folder, room_on(Path(folder)):
        history = History(Path(folder))
        try:
            read_archive(roots, history, None, source_domains, progress, passwords, limits=limits)
            return look(history)
        finally:
            history.close()


def look(history: History) -> Inspection:
    """Say what is in a history that was read and decided on."""
    messages, control_list = look_at_messages(history.db)
    objects = look_at_objects(history)
    dossiers, completeness = _look_into(history)
    return Inspection(
        documents=history.documents(),
        messages=messages,
        control_list=control_list,
        objects=objects,
        activities=dossiers.activities(),
        dossiers=dossiers.dossiers(),
        completeness=completeness,
        duplicates=look_at_duplicates(history.db, messages.copies),
        odd=look_at_oddities(history),
    )


def _look_into(history: History) -> tuple[LookAtDossiers, Completeness]:
    """Look into every last state, once."""
    dossiers, references = LookAtDossiers(history), LookAtReferences(history.db)
    for source_type in sorted(set(history.types()) - _NO_BODY):
        for state in history.last_states(source_type):
            references.add(state)
            if source_type == CAREPLAN:
                dossiers.add(state)
            elif source_type == "ActivityDefinition":
                dossiers.add_definition(definition_identifier(state.body))
    return dossiers, references.found(dossiers.missing_definitions())
