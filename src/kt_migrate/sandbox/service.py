"""One running sandbox: what every handler needs."""

from __future__ import annotations

import asyncio

from kt_migrate.sandbox import rules
from kt_migrate.sandbox.audit_events import Call
from kt_migrate.sandbox.login import Tokens
from kt_migrate.sandbox.settings import SandboxSettings
from kt_migrate.sandbox.sqlite_store import SqliteStore
from kt_migrate.sandbox.store import Page, Query, Saved, Trouble
from kt_migrate.sandbox.subscribing import APPLICATION, is_asked_for, subscription
from kt_migrate.sandbox.upstream_store import UpstreamStore


class Sandbox:
    """One running service: its settings, its store, its tokens."""

    def __init__(self, settings: SandboxSettings, public: str) -> None:
        self.settings = settings
        self.store: SqliteStore | UpstreamStore = (
            UpstreamStore(settings.upstream)
            if settings.upstream
            else SqliteStore(settings.store, search_limit=settings.search_limit)
        )
        root = settings.base_path.removesuffix("/fhir/r4")
        self.token_path = f"{root}/oauth2/token"
        self.base = public + settings.base_path
        self.token_endpoint = public + self.token_path
        self.tokens = Tokens(
            settings.clients, self.token_endpoint, self.store.burn, settings.faults
        )
        self._devices: dict[str, str] = {}
        self._one_device = asyncio.Lock()

    async def device(self, client_id: str) -> str:
        """Return `Device/<id>` of a client."""
        if not self.settings.makes_devices:
            return f"Device/{client_id}"
        if client_id not in self._devices:
            # One at a time: first requests come together, and a Device must not be made twice.
            async with self._one_device:
                if client_id not in self._devices:
                    self._devices[client_id] = f"Device/{await self.store.device(client_id)}"
        return self._devices[client_id]

    async def subscribe(self) -> None:
        """Keep the Subscriptions that the settings name, unless they are there already.

        They come from an application of their own: not ours, so only it may change them.
        """
        query = Query(r4_type="Subscription", parameters={"_count": ["200"]}, origins=None)
        wanted = self.settings.subscriptions
        found = await self.store.search(query) if wanted else None
        known = found.resources if isinstance(found, Page) else ()
        there = {str(resource.get("criteria")) for resource in known}
        for criteria in dict.fromkeys(wanted):
            if criteria not in there:
                owner = f"Device/{await self.store.device(APPLICATION)}"
                await self.store.create(rules.stamped(subscription(criteria), owner), None)

    async def look_at(self, saved: Saved) -> None:
        """Make a Subscription active that was asked for, as the service does after its answer.

        Another server as the store does so itself, when it does.
        """
        if is_asked_for(saved.resource) and not self.store.validates:
            await self.store.update({**saved.resource, "status": "active"}, saved.version)

    def note(self, call: Call) -> None:
        """Leave an AuditEvent of one call, when it is time, unless this is one that gets lost."""
        faults = self.settings.faults
        faults.audits += 1
        if faults.audit_lost_every and faults.audits % faults.audit_lost_every == 0:
            return
        if faults.audit_delay_ms:
            later = asyncio.get_running_loop().call_later
            later(faults.audit_delay_ms / 1000, self.store.audit, call)
        else:
            self.store.audit(call)

    async def has_device(self, client_id: str) -> bool:
        """Say whether a client has the Device that every create needs."""
        made = self.settings.makes_devices
        return made or not isinstance(await self.store.read("Device", client_id), Trouble)
