"""config check: every environment, and all of them together (draaiboek K.8, Bijlage A and B)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime

import typer

from kt_migrate.cli.clients import client_rows, clients_json
from kt_migrate.cli.options import DomainDir, Json, workspace_of
from kt_migrate.cli.screen import Screen
from kt_migrate.config import ROLES, Checked, Environment, Mistake, Side, check
from kt_migrate.errors import ExitCode
from kt_migrate.language import shown, tr

_config = typer.Typer(
    help=tr("The environments' files (draaiboek, Bijlage A and B)."),
    no_args_is_help=True,
    rich_markup_mode=None,
)


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.add_typer(_config, name="config")


@_config.command(
    "check",
    help=tr(
        "Check all environments together: what is shared or crossed, and what is "
        "lacking (draaiboek K.8, Bijlage A and B). Writes nothing, and talks to no "
        "server."
    ),
)
def config_check(domain_dir: DomainDir = None, json: Json = False) -> None:
    """Check the environments."""
    screen = Screen(json=json)
    workspace = workspace_of(domain_dir)
    checked = check(workspace, datetime.fromtimestamp(time.time(), UTC))
    for side in checked.sides:
        _table(screen, side)
    _list(screen, checked.mistakes, tr("Error"))
    _list(screen, checked.warnings, tr("Warning"))
    screen.say(_verdict(checked))
    if not checked.mistakes:
        screen.next("kt-migrate inspect")
    screen.document(
        {
            "domain": workspace.domain.domain,
            "environments": [side_json(side) for side in checked.sides],
            "mistakes": [mistake.as_json() for mistake in checked.mistakes],
            "warnings": [warning.as_json() for warning in checked.warnings],
            "passed": not checked.mistakes,
        }
    )
    if checked.mistakes:
        raise typer.Exit(ExitCode.CONFIGURATION)


def _verdict(checked: Checked) -> str:
    wrong, odd = len(checked.mistakes), len(checked.warnings)
    if not wrong:
        return tr("The environments are kept apart; {odd} warnings.", odd=odd)
    return tr(
        "{wrong} mistakes and {odd} warnings; no environment with a mistake is used.",
        wrong=wrong,
        odd=odd,
    )


def _list(screen: Screen, mistakes: Sequence[Mistake], word: str) -> None:
    """Print each with its places, and what to do."""
    for mistake in mistakes:
        screen.say(f"{word}: {shown(mistake.what)}")
        for place in mistake.places:
            screen.line(f"  {tr('where')}: {place}")
        screen.say(f"  {tr('do   ')}: {shown(mistake.fix)}")


def _table(screen: Screen, side: Side) -> None:
    """Print what there is to see of an environment."""
    environment = side.environment
    rows: list[tuple[object, ...]] = [(tr("role"), _role(side.name))]
    if environment is None:
        rows.append((tr("file"), tr("see below")))
    else:
        rows += _said(environment, side)
        rows += client_rows(side)
    screen.table(side.name, ("", f"configs/{side.name}.yaml"), rows)


def _role(name: str) -> str:
    words = {
        "local": tr("this machine (the sandbox)"),
        "acc21": tr("development"),
        "acc22": tr("acceptance and chain test"),
        "mgr2": tr("trial migration"),
        "prd2": tr("production"),
    }
    return f"{ROLES[name]} {words[name]}".lstrip()


def _said(environment: Environment, side: Side) -> list[tuple[object, ...]]:
    limits, key = environment.limits, environment.key
    none, unseen = tr("none"), tr("not seen")
    certified = side.certified
    return [
        ("host", environment.base),
        ("client", environment.client_id),
        (tr("key"), side.thumbprint or unseen),
        ("", f"{_kept(environment)} · {key.kid} · {key.algorithm}"),
        (
            tr("certificate"),
            certified.fingerprint if certified else unseen if environment.certificate else none,
        ),
        *([] if certified is None else [("", _until(certified.ends))]),
        ("CA", environment.ca_bundle or tr("the system's")),
        (tr("token host"), environment.token_host or tr("the same")),
        (
            tr("limits"),
            tr(
                "{max_in_flight} at once · {rate} · {error_share:g} wrong · "
                "{errors_in_a_row} in a row",
                max_in_flight=limits.max_in_flight,
                rate=_rate(limits.per_second),
                error_share=limits.error_share,
                errors_in_a_row=limits.errors_in_a_row,
            ),
        ),
    ]


def _rate(per_second: float) -> str:
    if per_second == 0:
        return tr("no limit of rate")
    return f"{per_second:g}/s"


def _until(ends: datetime) -> str:
    return tr("valid until {ends:%Y-%m-%d}", ends=ends)


def _kept(environment: Environment) -> str:
    """Say where the key is kept; never the arguments of a program."""
    key = environment.key
    if key.file is not None:
        return key.file
    if key.keyring is not None:
        return tr("from the keyring")
    return tr("from a program")


def side_json(side: Side) -> dict[str, object]:
    """Return an environment for `--json`; what could not be read is null."""
    said = side.environment
    certified = side.certified
    return {
        "environment": side.name,
        "role": ROLES[side.name] or None,
        "file": f"configs/{side.name}.yaml",
        "fhir_base_url": None if said is None else said.base,
        "client_id": None if said is None else said.client_id,
        "key": None
        if said is None
        else {
            "kept": said.key.kept,
            "kid": said.key.kid,
            "algorithm": said.key.algorithm,
            "thumbprint": side.thumbprint or None,
        },
        "certificate": None
        if certified is None
        else {"fingerprint": certified.fingerprint, "ends": certified.ends.isoformat()},
        "ca_bundle": None if said is None else said.ca_bundle,
        "trusted": list(side.trusted),
        "token_host": None if said is None else said.token_host,
        "credentials": clients_json(side),
        "limits": None if said is None else said.limits.model_dump(),
    }
