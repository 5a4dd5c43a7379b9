"""What a sandbox is started with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

SEARCH_LIMIT = 2_200
"""After so many hits the reference service's searches end (server.md §1)."""

TYPES = (
    "ActivityDefinition",
    "AuditEvent",
    "CareTeam",
    "Device",
    "Endpoint",
    "Organization",
    "Patient",
    "Practitioner",
    "RelatedPerson",
    "Subscription",
    "Task",
)
"""The types of KT 2.0; any other is 404."""

ALL_SCOPES = " ".join(f"system/{r4_type}.cruds" for r4_type in TYPES)
"""The scope of a client that may do everything: KT 2.0's role Admin."""

WITHOUT_DELETE = ALL_SCOPES.replace(".cruds", ".crus")
"""The same for a client that may delete nothing, as is usual (TOP-KT-003)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A registered client.

    Attributes:
        client_id: also the id of its Device.
        jwks: its public keys.
        scopes: what it may do, as the token says it.
    """

    client_id: str
    jwks: Mapping[str, object]
    scopes: str = ALL_SCOPES


@dataclass(slots=True, kw_only=True)
class Faults:
    """Troubles on request; `every` counts requests that write, 0 is never. May change while on.

    Attributes:
        latency_ms: wait before each answer.
        capacity: so many requests are worked on at once (`latency_ms` each); the others wait for
            their turn. 0: any number.
        error_every: each nth write answers 500, without effect.
        throttle_every: each nth write answers 429.
        retry_after: how 429 says how long: `seconds`, `date`, or empty.
        drop_before_every: each nth write: connection gone before the effect.
        drop_after_every: each nth write: connection gone after the effect.
        half_every: each nth write: half an answer after the effect, then connection gone.
        login_error_every: each nth login answers 503.
        reset_every: each nth request of any kind: connection gone.
        lost_race_500: who loses a race of conditional creates gets 500 (HAPI-0389).
        token_seconds: life of a token.
        audit_delay_ms: so much later there is an AuditEvent of a call.
        audit_lost_every: each nth call leaves no AuditEvent; 1: there are none.
        count_off: added to the total of every `_summary=count`: a count that lies.
        clock_off: seconds that the server's clock is ahead: what its `Date` says, and by what it
            judges an assertion; negative: behind.
    """

    latency_ms: float = 0
    capacity: int = 0
    error_every: int = 0
    throttle_every: int = 0
    retry_after: str = "seconds"
    drop_before_every: int = 0
    drop_after_every: int = 0
    half_every: int = 0
    login_error_every: int = 0
    reset_every: int = 0
    lost_race_500: bool = False
    token_seconds: int = 300
    count_off: int = 0
    clock_off: float = 0
    audit_delay_ms: float = 0
    audit_lost_every: int = 0
    audits: int = field(default=0, repr=False)
    writes: int = field(default=0, repr=False)
    requests: int = field(default=0, repr=False)
    logins: int = field(default=0, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxSettings:
    """One sandbox.

    Attributes:
        base_path: path of the FHIR base: `/api/v1/EXAMPLE/fhir/r4`.
        clients: who may log in.
        store: SQLite file; survives a restart.
        upstream: base of another FHIR server that is the store instead; empty: SQLite.
        faults: troubles on request.
        conditional_create: whether If-None-Exist is offered (the standard calls it trial use).
        deletes: whether its statement offers delete; what a client may is in its scope.
        subscriptions: criteria of active Subscriptions that are there from the start; they
            notify nobody.
        search_limit: after so many hits a search ends without a word, as the reference service's
            do (server.md §1); 0: never. Another server as the store has limits of its own.
        makes_devices: whether a client that has no Device gets one; the reference service leaves
            that to the domain administration, and answers its creates with 400.
        profile_version: the version of the profiles that it says it runs; empty: the newest. It
            checks by that one when it is known, else by the newest.
        server_address: base that Location and paging links name; another than ours, as the
            reference service does.
    """

    base_path: str
    clients: tuple[Client, ...]
    store: Path
    upstream: str = ""
    faults: Faults = field(default_factory=Faults)
    conditional_create: bool = True
    deletes: bool = True
    subscriptions: tuple[str, ...] = ()
    search_limit: int = SEARCH_LIMIT
    makes_devices: bool = True
    profile_version: str = ""
    server_address: str = "http://fhir.invalid/fhir/DEFAULT"
