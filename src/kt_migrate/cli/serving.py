"""sandbox: a KT 2.0 resource service on this machine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from kt_migrate.cli.options import DomainDir, workspace_of
from kt_migrate.cli.registering import RegisteredClients, clients_of, registered
from kt_migrate.cli.screen import Screen
from kt_migrate.config import Workspace, load_environment
from kt_migrate.language import tr
from kt_migrate.sandbox.export import export
from kt_migrate.sandbox.settings import (
    ALL_SCOPES,
    SEARCH_LIMIT,
    WITHOUT_DELETE,
    Faults,
    SandboxSettings,
)

_sandbox = typer.Typer(
    help=tr(
        "A KT 2.0 resource service on this machine (draaiboek L.5). Serves this "
        "working folder's environment local."
    ),
    invoke_without_command=True,
    rich_markup_mode=None,
)

Upstream = Annotated[
    str,
    typer.Option(
        "--upstream",
        help=tr("FHIR base of another server as the store."),
    ),
]
SearchLimit = Annotated[
    int,
    typer.Option(
        "--search-limit",
        min=0,
        help=tr("A search stops after so many hits, as KT 2.0's do; 0: never."),
    ),
]
ProfileVersion = Annotated[
    str,
    typer.Option(
        "--profile-version",
        help=tr(
            "The version of the profiles that it says it runs; else that of "
            "configs/local.yaml, else the newest."
        ),
    ),
]
LatencyMs = Annotated[float, typer.Option("--latency-ms", help=tr("Wait per answer."))]
Capacity = Annotated[
    int,
    typer.Option(
        "--capacity",
        help=tr("So many requests worked on at once, each --latency-ms; the others wait."),
    ),
]
ErrorEvery = Annotated[
    int,
    typer.Option("--error-every", help=tr("Each nth write: 500.")),
]
ThrottleEvery = Annotated[
    int,
    typer.Option("--throttle-every", help=tr("Each nth write: 429.")),
]
RetryAfter = Annotated[
    str,
    typer.Option(
        "--retry-after",
        help=tr("With 429: seconds, date or none."),
    ),
]
DropBeforeEvery = Annotated[
    int,
    typer.Option(
        "--drop-before-every",
        help=tr("Connection gone before the effect."),
    ),
]
DropAfterEvery = Annotated[
    int,
    typer.Option(
        "--drop-after-every",
        help=tr("Connection gone after the effect."),
    ),
]
HalfEvery = Annotated[
    int,
    typer.Option(
        "--half-every",
        help=tr("Half an answer after the effect."),
    ),
]
LoginErrorEvery = Annotated[
    int,
    typer.Option(
        "--login-error-every",
        help=tr("Each nth login: 503."),
    ),
]
ResetEvery = Annotated[
    int,
    typer.Option(
        "--reset-every",
        help=tr("Each nth request: connection gone."),
    ),
]
LostRace500 = Annotated[
    bool,
    typer.Option(
        "--lost-race-500",
        help=tr("Who loses a race gets 500."),
    ),
]
TokenSeconds = Annotated[int, typer.Option("--token-seconds", help=tr("Life of a token."))]
CountOff = Annotated[
    int,
    typer.Option(
        "--count-off",
        help=tr("Add this to every count: a count that lies."),
    ),
]
AuditDelayMs = Annotated[
    float,
    typer.Option(
        "--audit-delay-ms",
        help=tr("AuditEvents come so much later."),
    ),
]
AuditLostEvery = Annotated[
    int,
    typer.Option(
        "--audit-lost-every",
        help=tr("Each nth call leaves no AuditEvent."),
    ),
]
NoConditionalCreate = Annotated[
    bool,
    typer.Option(
        "--no-conditional-create",
        help=tr("Do not offer If-None-Exist."),
    ),
]
NoDelete = Annotated[
    bool,
    typer.Option(
        "--no-delete",
        help=tr("Nobody may delete: not in the scope, not in the statement."),
    ),
]
Scopes = Annotated[
    str,
    typer.Option(
        "--scopes",
        help=tr("The token's scope, instead of everything: 'system/Patient.crus …'."),
    ),
]
Subscriptions = Annotated[
    list[str] | None,
    typer.Option(
        "--subscription",
        help=tr(
            "An active subscription, as in 'Task?status=ready'; repeatable. Nobody is notified."
        ),
    ),
]
ClockOff = Annotated[
    float,
    typer.Option(
        "--clock-off",
        help=tr("So many seconds the server's clock is ahead; negative: behind."),
    ),
]

_HTTP_PORT = 80


@dataclass(frozen=True, slots=True)
class Address:
    """Where a sandbox listens."""

    host: str
    port: int


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.add_typer(_sandbox, name="sandbox")


@_sandbox.callback()
def sandbox(
    context: typer.Context,
    upstream: Upstream = "",
    search_limit: SearchLimit = SEARCH_LIMIT,
    latency_ms: LatencyMs = 0,
    capacity: Capacity = 0,
    error_every: ErrorEvery = 0,
    throttle_every: ThrottleEvery = 0,
    retry_after: RetryAfter = "seconds",
    drop_before_every: DropBeforeEvery = 0,
    drop_after_every: DropAfterEvery = 0,
    half_every: HalfEvery = 0,
    login_error_every: LoginErrorEvery = 0,
    reset_every: ResetEvery = 0,
    lost_race_500: LostRace500 = False,
    token_seconds: TokenSeconds = 300,
    count_off: CountOff = 0,
    audit_delay_ms: AuditDelayMs = 0,
    audit_lost_every: AuditLostEvery = 0,
    no_conditional_create: NoConditionalCreate = False,
    profile_version: ProfileVersion = "",
    no_delete: NoDelete = False,
    scopes: Scopes = "",
    subscription: Subscriptions = None,
    clock_off: ClockOff = 0,
    client: RegisteredClients = None,
    domain_dir: DomainDir = None,
) -> None:
    """Serve until somebody stops it."""
    if context.invoked_subcommand is not None:
        return
    faults = Faults(
        latency_ms=latency_ms,
        capacity=capacity,
        error_every=error_every,
        throttle_every=throttle_every,
        retry_after=retry_after,
        drop_before_every=drop_before_every,
        drop_after_every=drop_after_every,
        half_every=half_every,
        login_error_every=login_error_every,
        reset_every=reset_every,
        lost_race_500=lost_race_500,
        token_seconds=token_seconds,
        count_off=count_off,
        audit_delay_ms=audit_delay_ms,
        audit_lost_every=audit_lost_every,
        clock_off=clock_off,
    )
    settings, address = settings_of(workspace_of(domain_dir), faults)
    allowed = scopes or (WITHOUT_DELETE if no_delete else ALL_SCOPES)
    _serve(
        replace(
            settings,
            clients=tuple(
                replace(one, scopes=allowed) for one in (*settings.clients, *registered(client))
            ),
            deletes=not no_delete,
            subscriptions=tuple(subscription or ()),
            upstream=upstream,
            search_limit=search_limit,
            conditional_create=not no_conditional_create,
            profile_version=profile_version or settings.profile_version,
        ),
        address,
    )


def _serve(settings: SandboxSettings, address: Address) -> None:
    from kt_migrate.sandbox.server import serve  # noqa: PLC0415 (a web server, only needed here)

    screen = Screen(json=False)
    serve(
        settings,
        address.host,
        address.port,
        lambda base: screen.say(tr("Sandbox ready: {base}", base=base)),
    )


def settings_of(workspace: Workspace, faults: Faults) -> tuple[SandboxSettings, Address]:
    """Return what the sandbox of a working folder serves, and where."""
    environment = load_environment(workspace, "local")
    url = urlsplit(environment.base)
    settings = SandboxSettings(
        base_path=url.path,
        clients=clients_of(workspace, environment),
        store=store_of(workspace),
        faults=faults,
        profile_version=environment.profile_version or "",
    )
    return settings, Address(url.hostname or "127.0.0.1", url.port or _HTTP_PORT)


def store_of(workspace: Workspace) -> Path:
    """Return where the sandbox of a working folder keeps its store."""
    return workspace.root / ".sandbox" / "store.sqlite"


@_sandbox.command(
    "export",
    help=tr("Write the store as NDJSON per type."),
)
def sandbox_export(
    directory: Annotated[Path, typer.Argument(help=tr("The folder."))],
    domain_dir: DomainDir = None,
) -> None:
    """Write the store as NDJSON."""
    counts = export(store_of(workspace_of(domain_dir)), directory)
    Screen(json=False).table(str(directory), ("R4", tr("count")), list(counts.items()))
