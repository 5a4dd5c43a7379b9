"""Turns conditional references into literal ones with the ids of the journal, and back."""

from __future__ import annotations

from functools import lru_cache

from kt_migrate.errors import JournalError
from kt_migrate.load.journal import ON_SERVER, Journal
from kt_migrate.model import Json, Key, Resource
from kt_migrate.plan.store import Plan

KEPT = 65_536
"""How many ids, and as many references, are remembered: memory does not grow with the plan."""


class References:
    """Knows, per planned resource, the logical id that the server gave it."""

    def __init__(self, plan: Plan, journal: Journal) -> None:
        self.plan = plan
        self._journal = journal
        self._id_of = lru_cache(maxsize=KEPT)(self._look_up)
        self.conditional = lru_cache(maxsize=KEPT)(self._conditional)

    def literal(self, resource: Resource) -> Resource:
        """Return a copy with every conditional reference replaced by `Type/<id>`.

        Raises:
            JournalError: a reference to what is not on the server; the order is broken.
        """
        copied = self._copy(resource)
        return copied if isinstance(copied, dict) else resource

    def _copy(self, value: Json) -> Json:
        if isinstance(value, list):
            return [self._copy(item) for item in value]
        if isinstance(value, dict):
            return {
                name: self._literal(item)
                if name == "reference" and isinstance(item, str)
                else self._copy(item)
                for name, item in value.items()
            }
        return value

    def _literal(self, reference: str) -> str:
        return self._id_of(reference) if "?identifier=" in reference else reference

    def _look_up(self, reference: str) -> str:
        key = parse_reference(reference)
        number = self.plan.expected_number(key)
        if number is not None and (server_id := self._journal.of_other(number)) is not None:
            return f"{key.r4_type}/{server_id}"
        write = self.plan.write(key)
        entry = None if write is None else self._journal.entry(write.seq)
        if entry is None or entry.state not in ON_SERVER:
            raise JournalError(
                "A reference to something that is not on the server.",
                where=key.r4_type,
                fix="Report this: the order of the plan is wrong.",
            )
        return f"{key.r4_type}/{entry.server_id}"

    def _conditional(self, reference: str) -> str:
        """Return the conditional reference for a logical id of the journal, else the text."""
        logical_id = reference.rpartition("/")[2]
        number = self._journal.other_of_id(logical_id)
        seq = self._journal.seq_of_id(logical_id) if number is None else None
        key = self.plan.key(seq) if seq is not None else None
        if number is not None:
            key = self.plan.expected_key(number)
        return reference if key is None else key.reference


def parse_reference(reference: str) -> Key:
    """Return the key that a conditional reference names.

    >>> parse_reference("Patient?identifier=http://a|b|c").value
    'b|c'
    """
    r4_type, _, identifier = reference.partition("?identifier=")
    system, _, value = identifier.partition("|")
    return Key(r4_type=r4_type, system=system, value=value)
