"""What the mapping may ask about the rest of the domain, answered from the history."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError

from kt_migrate.config import Application
from kt_migrate.history.definitions import Definitions
from kt_migrate.history.store import History
from kt_migrate.kt13.remembering import remembered
from kt_migrate.model import Supplied
from kt_migrate.plan.supplied import SuppliedValues

_OF_AN_ENTRY = ("endpoint", "definition_url")
"""Fields of an application that its entry in kt-migrate.yaml has as well."""


class HistoryLookup:
    """A `mapping.Lookup` over everything that was read."""

    def __init__(
        self,
        history: History,
        definitions: Definitions,
        supplied: SuppliedValues,
        applications: Mapping[str, Application],
    ) -> None:
        self._type_of = remembered(65_536)(history.type_of)
        self._definitions = definitions
        self._supplied = supplied
        self._applications = applications

    def type_of(self, link: str) -> str | None:
        """Return the KT 1.3 type of what the archive holds under a link, or None."""
        return self._type_of(link)

    def definition(self, identifier: str) -> str | None:
        """Return the link of the definition with this identifier; None: absent or ambiguous."""
        return self._definitions.link(identifier)

    def definition_name(self, identifier: str) -> str | None:
        """Return that definition's name."""
        return self._definitions.name(identifier)

    def supplied(self, link: str) -> Mapping[str, Supplied]:
        """Return the supplied values of one object, by field."""
        return self._supplied.of(link)

    def application(self, name: str) -> Application | None:
        """Return the entry of an application, or None: what was supplied goes before its own.

        What cannot be an entry is passed over here; the application's own rule says so.
        """
        own, supplied = self._applications.get(name), self._supplied.of(name)
        given = {field: supplied[field].value for field in _OF_AN_ENTRY if field in supplied}
        if not given:
            return own
        entry = {} if own is None else own.model_dump(exclude_none=True)
        if "endpoint" in given:
            entry.pop("reference", None)
        try:
            return Application.model_validate({**entry, **given})
        except ValidationError:
            return own
