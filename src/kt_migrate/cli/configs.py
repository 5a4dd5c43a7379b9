"""config check: every environment, and all of them together (draaiboek K.8, Bijlage A and B)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime

import typer

from kt_migrate.cli.clients import client_rows, clients_json
from kt_migrate.cli.dutch_errors import dutch_error
from kt_migrate.cli.options import DomainDir, Json, workspace_of
from kt_migrate.cli.screen import Screen
from kt_migrate.config import ROLES, Checked, Environment, Mistake, Side, check
from kt_migrate.errors import ExitCode
from kt_migrate.language import tr

_config = typer.Typer(
    help=tr(
        "De bestanden van de omgevingen (draaiboek, Bijlage A en B).",
        "The environments' files (draaiboek, Bijlage A and B).",
    ),
    no_args_is_help=True,
    rich_markup_mode=None,
)


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.add_typer(_config, name="config")


@_config.command(
    "check",
    help=tr(
        "Kijk alle omgevingen samen na: wat is gedeeld of gekruist, en wat ontbreekt (draaiboek "
        "K.8, Bijlage A en B). Schrijft niets en praat met geen enkele server.",
        "Check all environments together: what is shared or crossed, and what is lacking "
        "(draaiboek K.8, Bijlage A and B). Writes nothing, and talks to no server.",
    ),
)
def config_check(domain_dir: DomainDir = None, json: Json = False) -> None:
    """Check the environments."""
    screen = Screen(json=json)
    workspace = workspace_of(domain_dir)
    checked = check(workspace, datetime.fromtimestamp(time.time(), UTC))
    for side in checked.sides:
        _table(screen, side)
    _list(screen, checked.mistakes, tr("Fout", "Error"))
    _list(screen, checked.warnings, tr("Let op", "Warning"))
    screen.say(_verdict(checked))
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
        return tr(
            f"De omgevingen zijn uit elkaar gehouden; {odd} keer Let op.",
            f"The environments are kept apart; {odd} warnings.",
        )
    return tr(
        f"{wrong} fouten en {odd} keer Let op; geen omgeving met een fout wordt gebruikt.",
        f"{wrong} mistakes and {odd} warnings; no environment with a mistake is used.",
    )


def _list(screen: Screen, mistakes: Sequence[Mistake], word: str) -> None:
    """Print each with its places, and what to do."""
    for mistake in mistakes:
        screen.say(f"{word}: {tr(dutch_error(mistake.what), mistake.what)}")
        for place in mistake.places:
            screen.line(f"  {tr('waar', 'where')}: {place}")
        screen.say(f"  {tr('doe  ', 'do   ')}: {tr(dutch_error(mistake.fix), mistake.fix)}")


def _table(screen: Screen, side: Side) -> None:
    """Print what there is to see of an environment."""
    environment = side.environment
    rows: list[tuple[object, ...]] = [(tr("rol", "role"), _role(side.name))]
    if environment is None:
        rows.append((tr("bestand", "file"), tr("niet te lezen; zie onder", "see below")))
    else:
        rows += _said(environment, side)
        rows += client_rows(side)
    screen.table(side.name, ("", f"configs/{side.name}.yaml"), rows)


def _role(name: str) -> str:
    words = {
        "local": tr("deze machine (de sandbox)", "this machine (the sandbox)"),
        "acc21": tr("ontwikkeling", "development"),
        "acc22": tr("acceptatie en ketentest", "acceptance and chain test"),
        "mgr2": tr("proefmigratie", "trial migration"),
        "prd2": tr("productie", "production"),
    }
    return f"{ROLES[name]} {words[name]}".lstrip()


def _said(environment: Environment, side: Side) -> list[tuple[object, ...]]:
    limits, key = environment.limits, environment.key
    none, unseen = tr("geen", "none"), tr("niet gezien", "not seen")
    certified = side.certified
    return [
        ("host", environment.base),
        ("client", environment.client_id),
        (tr("sleutel", "key"), side.thumbprint or unseen),
        ("", f"{_kept(environment)} · {key.kid} · {key.algorithm}"),
        (
            tr("certificaat", "certificate"),
            certified.fingerprint if certified else unseen if environment.certificate else none,
        ),
        *([] if certified is None else [("", _until(certified.ends))]),
        ("CA", environment.ca_bundle or tr("van het systeem", "the system's")),
        (tr("inloghost", "token host"), environment.token_host or tr("dezelfde", "the same")),
        (
            tr("grenzen", "limits"),
            tr(
                f"{limits.max_in_flight} tegelijk · {_rate(limits.per_second)} ·"
                f" {limits.error_share:g} fout · {limits.errors_in_a_row} op rij",
                f"{limits.max_in_flight} at once · {_rate(limits.per_second)} ·"
                f" {limits.error_share:g} wrong · {limits.errors_in_a_row} in a row",
            ),
        ),
    ]


def _rate(per_second: float) -> str:
    if per_second == 0:
        return tr("zonder snelheidsgrens", "no limit of rate")
    return f"{per_second:g}/s"


def _until(ends: datetime) -> str:
    return tr(f"geldig tot en met {ends:%Y-%m-%d}", f"valid until {ends:%Y-%m-%d}")


def _kept(environment: Environment) -> str:
    """Say where the key is kept; never the arguments of a program."""
    key = environment.key
    if key.file is not None:
        return key.file
    if key.keyring is not None:
        return tr("uit de sleutelring", "from the keyring")
    return tr("van een programma", "from a program")


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
