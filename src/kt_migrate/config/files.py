"""configs/<env>.yaml on disk: read, and held against its name and the domain."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from kt_migrate.config.environment import Environment
from kt_migrate.config.folder import Workspace
from kt_migrate.config.mistakes import Mistake
from kt_migrate.config.pasted import read_without_secrets
from kt_migrate.errors import ConfigurationError, lines, said
from kt_migrate.strict_yaml import YamlFile, parse_model


def config_path(workspace: Workspace, name: str) -> Path:
    """Return where an environment's file is."""
    return workspace.root / "configs" / f"{name}.yaml"


def read_file(workspace: Workspace, name: str) -> YamlFile:
    """Read an environment's file.

    Raises:
        ConfigurationError: it is not there, is no YAML, or a secret stands in it.
    """
    return read_without_secrets(config_path(workspace, name), f"configs/{name}.yaml")


def read_environment(workspace: Workspace, name: str) -> tuple[Environment, YamlFile]:
    """Read an environment's file, and see that it is that environment's.

    Raises:
        ConfigurationError: it is not there, is wrong, or has another environment's name.
    """
    file = read_file(workspace, name)
    environment = parse_model(Environment, file)
    for mistake in wrong_name(file, name):
        raise error_of((mistake,))
    return environment, file


def where_in_environment(workspace: Workspace, name: str, loc: tuple[str | int, ...]) -> str:
    """Return where something stands in configs/<name>.yaml, as `file:line:column`."""
    return read_environment(workspace, name)[1].where(loc)


def value_in(file: YamlFile, *loc: str | int) -> object:
    """Return what stands at a place, whatever else is wrong with the file; None: nothing."""
    node = file.data
    for step in loc:
        if isinstance(node, list) and isinstance(step, int) and step < len(node):
            node = node[step]
        else:
            node = node.get(step) if isinstance(node, dict) else None
    return node


def text_in(file: YamlFile, *loc: str | int) -> str:
    """Return the text that stands at a place; nothing when there is none."""
    value = value_in(file, *loc)
    return value if isinstance(value, str) else ""


def wrong_name(file: YamlFile, name: str) -> tuple[Mistake, ...]:
    """Say that a file is another environment's than its name says."""
    words = text_in(file, "environment")
    if words == name:
        return ()
    return (
        Mistake(
            code="other-environment",
            environments=(name,),
            places=(file.where(("environment",)),),
            what=said(
                "This file is for the environment {said}, not for {name}.", said=words, name=name
            ),
            fix=said("Environments never mix: correct the name, or the file."),
        ),
    )


def wrong_domain(workspace: Workspace, file: YamlFile, name: str) -> tuple[Mistake, ...]:
    """Say that an address is another domain's."""
    try:
        segments = urlsplit(text_in(file, "fhir_base_url")).path.split("/")
    except ValueError:
        segments = []
    domain = workspace.domain.domain
    if name == "local" or domain in segments:
        return ()
    return (
        Mistake(
            code="other-domain",
            environments=(name,),
            places=(file.where(("fhir_base_url",)), workspace.file.where(("domain",))),
            what=said("The address is not that of the domain {domain}.", domain=domain),
            fix=said("Correct the domain in the address, or in kt-migrate.yaml."),
        ),
    )


def error_of(mistakes: tuple[Mistake, ...]) -> ConfigurationError:
    """Return mistakes, at least one, as the error that stops a command."""
    first, *others = mistakes
    what = lines(dict.fromkeys((first.what, *(mistake.what for mistake in others))))
    return ConfigurationError(what, where=", ".join(first.places), fix=first.fix)
